//! The endpoints that list imports, show an import, its status and its details, and undo an import.

use std::collections::HashSet;

use axum::Json;
use axum::extract::OriginalUri;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::format::FormatName;
use shared::id::{AccountId, ImportId, ThingId};
use shared::import::{Import, ImportType, Options, Roll, RollOf, Tally, created};
use shared::results::findings::{Findings, FirstNames};
use shared::results::made::tally;
use shared::revert;
use shared::services::Services;
use shared::store::{decode, keys};

use super::NokoError;
use super::caller::{At, Importer};
use super::input::{Id, id};
use super::paging::{Page, Paging};
use super::query::Query;
use super::shape::{Shapes, word};
use crate::answer::{CELL, MESSAGE, Room, shortened};
use shared::dispatch::cells;

/// The bytes that errors, and each list of names, may take in an import's report.
const MOST_OF_ERRORS: usize = 2_500_000;
const MOST_OF_NAMES: usize = 700_000;

/// The import with this id. 404 for an import of contacts, and for an import that is being undone or is undone: this door
/// does not show either.
pub async fn visible(at: &At, id: u64) -> Result<Import, NokoError> {
    let import = Import::get(&at.services, at.caller.account, ImportId(id)).await?;
    let shows = |import: &Import| import.import_type == ImportType::TimeEntries && !import.status.is_gone();
    import.filter(shows).ok_or_else(NokoError::not_found)
}

/// The filters of the list of imports.
struct ImportFilter {
    /// The formats to match, from `type` and `format`. If a query gives both, an import must match both.
    formats: Vec<FormatName>,
    user: Option<ThingId>,
    /// The fallback user to match. `Some(None)`, from `fallback_user=null`, matches imports without a fallback user.
    fallback_user: Option<Option<ThingId>>,
    import_tags: Option<bool>,
    autocreate_projects: Option<bool>,
    from: Option<Date>,
    to: Option<Date>,
}

impl ImportFilter {
    fn of(query: &Query) -> Result<Self, NokoError> {
        let formats = [query.parsed("type")?, query.parsed("format")?];
        let fallback_user = |text: &str| match text {
            "null" => Some(None),
            text => id(text).map(|id| Some(ThingId(id))),
        };
        Ok(Self {
            formats: formats.into_iter().flatten().collect(),
            user: query.read("user", id)?.map(ThingId),
            fallback_user: query.read("fallback_user", fallback_user)?,
            import_tags: query.flag("import_tags")?,
            autocreate_projects: query.flag("autocreate_projects")?,
            from: query.day("from")?,
            to: query.day("to")?,
        })
    }

    fn is_empty(&self) -> bool {
        let options = self.fallback_user.is_none() && self.import_tags.is_none() && self.autocreate_projects.is_none();
        options && self.formats.is_empty() && self.user.is_none() && self.from.is_none() && self.to.is_none()
    }

    fn matches(&self, import: &Listed) -> bool {
        let day = Timestamp::from_millisecond(import.created_at).unwrap_or_default().to_zoned(TimeZone::UTC).date();
        let options = &import.options;
        self.formats.iter().all(|&format| import.format.or(options.reading.format) == Some(format))
            && self.user.is_none_or(|user| import.user == user)
            && self.fallback_user.is_none_or(|fallback| options.entries.fallback_user == fallback)
            && self.import_tags.is_none_or(|tags| options.entries.import_tags == tags)
            && self.autocreate_projects.is_none_or(|projects| options.entries.autocreate_projects == projects)
            && self.from.is_none_or(|from| day >= from)
            && self.to.is_none_or(|to| day <= to)
    }
}

/// The attributes of an import in the index that lists imports.
#[derive(Deserialize)]
struct Listed {
    number: ImportId,
    user: ThingId,
    #[serde(default)]
    options: Options,
    format: Option<FormatName>,
    created_at: i64,
}

/// `GET /imports` returns the account's imports, newest first.
pub async fn list(
    Importer(at): Importer,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let (paging, filter) = (Paging::of(&query)?, ImportFilter::of(&query)?);
    let (services, account) = (&at.services, at.caller.account);
    let roll = Roll::read(services, account, RollOf::Entries).await?;
    let Page { items, more, total, after } = match filter.is_empty() {
        true => paging.cut(roll.standing().map(|(import, _)| import).collect()),
        false => filtered(services, account, &paging, &filter, &roll).await?,
    };
    let keys: Vec<_> = items.iter().map(|&import| keys::import(account, import)).collect();
    let imports = services.store.get_many(&keys).await?.into_iter().map(decode::<Import>);
    let mut items: Vec<Import> = imports.collect::<Result<_, _>>()?;
    items.retain(|import| !import.status.is_gone());
    items.sort_by_key(|import| std::cmp::Reverse(import.id));

    let mut shapes = at.shapes();
    shapes.learn(services, items.iter().flat_map(Shapes::named_by).collect()).await?;
    let tallies = tallies(services, &items).await?;
    let shown = items.iter().zip(&tallies).map(|(import, tally)| shapes.import(import, tally)).collect();
    Ok(paging.answer(&at.base, &uri, Page { items, more, total, after }, shown))
}

/// The numbers of things that each import created. For an import that is running, the entries are counted so far, and
/// projects and tags as 0, because counting these would take a read for each.
async fn tallies(services: &Services, imports: &[Import]) -> Result<Vec<Tally>, NokoError> {
    let running: Vec<&Import> = imports.iter().filter(|import| import.tally.is_none()).collect();
    let entries = created(services, &running).await?;
    let so_far = |import: &Import| Tally {
        entries: entries.get(&(import.account, import.id)).copied().unwrap_or_default(),
        ..Tally::default()
    };
    Ok(imports.iter().map(|import| import.tally.unwrap_or_else(|| so_far(import))).collect())
}

/// A page of the imports that match the filter, found by the index, which has all attributes of the filter.
async fn filtered(
    services: &Services,
    account: AccountId,
    paging: &Paging,
    filter: &ImportFilter,
    roll: &Roll,
) -> Result<Page<ImportId>, NokoError> {
    let standing: HashSet<_> = roll.standing().map(|(import, _)| import).collect();
    let skip = usize::try_from(paging.skip()).unwrap_or(usize::MAX);
    let enough = skip.saturating_add(paging.take() + 1);
    let mut found = Vec::new();
    let mut query = keys::import_list(account).descending();
    loop {
        let (items, last) = services.store.page(&query).await?;
        let listed: Vec<Listed> = items.into_iter().map(decode).collect::<Result<_, _>>()?;
        let passed = listed.into_iter().filter(|import| standing.contains(&import.number) && filter.matches(import));
        found.extend(passed.map(|import| import.number));
        match last {
            Some(last) if found.len() < enough => query = query.after(last),
            _ => break,
        }
    }
    let items = found.iter().copied().skip(skip).take(paging.take()).collect();
    Ok(Page { items, more: found.len() >= enough, total: None, after: None })
}

/// `GET /imports/:id` returns the import with the numbers of entries, projects and tags that it created.
pub async fn get(Importer(at): Importer, Id(id): Id) -> Result<Json<Value>, NokoError> {
    let import = visible(&at, id).await?;
    let mut shapes = at.shapes();
    shapes.learn(&at.services, Shapes::named_by(&import)).await?;
    let tally = match import.tally {
        Some(tally) => tally,
        None => tally(&at.services, &import).await?,
    };
    Ok(Json(shapes.import(&import, &tally)))
}

/// `GET /imports/:id/status` returns the import's status in the vendor's words.
pub async fn status(Importer(at): Importer, Id(id): Id) -> Result<Json<Value>, NokoError> {
    let import = visible(&at, id).await?;
    Ok(Json(json!({ "status": word(&import) })))
}

/// `GET /imports/:id/details` and `/report` return the errors and unknown names of the import. 204 while the
/// import is in progress.
pub async fn details(Importer(at): Importer, Id(id): Id) -> Result<Response, NokoError> {
    let services = &at.services;
    let import = visible(&at, id).await?;
    if !import.is_sealed() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let counts = import.counts(services).await?;
    let found = Findings::read(services, &import).await?;
    let mut cells = cells(services, &import, &found.errors).await?;
    let of_rows = found.errors.iter().map(|error| {
        let fields = cells.remove(&error.row).unwrap_or_default();
        json!({ "line": error.line, "fields": fields, "error": shortened(&error.message, MESSAGE) })
    });
    let mut room = Room::of(MOST_OF_ERRORS);
    let mut errors: Vec<Value> = room.fill(of_rows);
    let more = counts.failed.saturating_sub(errors.len() as u64);
    if more > 0 {
        let told = match errors.len() {
            1000 => "thousand".to_owned(),
            told => told.to_string(),
        };
        let error = format!("and {more} more rows that could not be read; the first {told} are told");
        let line = found.errors.get(errors.len().saturating_sub(1)).map_or(1, |last| last.line);
        errors.push(json!({ "line": line, "fields": [], "error": error }));
    }
    if found.has_more_names() {
        let error = "more users or projects are unknown than are named; those that sort first are named";
        errors.push(json!({ "line": 1, "fields": [], "error": error }));
    }
    if let Some(reason) = &import.reason {
        errors.insert(0, json!({ "line": 1, "fields": [], "error": shortened(reason, MESSAGE) }));
    }
    let named = |names: &FirstNames| Room::of(MOST_OF_NAMES).fill(names.iter().map(|name| shortened(name, CELL)));
    let (users, projects) = (named(&found.unknown_users), named(&found.unknown_projects));
    let untold = found.unknown_users.len() + found.unknown_projects.len() - users.len() - projects.len();
    if untold > 0 {
        let error = format!("and {untold} more unknown users or projects, which are not named");
        errors.push(json!({ "line": 1, "fields": [], "error": error }));
    }
    Ok(Json(json!({
        "entries_with_unknown_users": found.unknown_user_rows,
        "unknown_users": users,
        "line_errors": errors,
        "unknown_projects": projects,
        "entries_discarded": import.rows.map_or(0, |rows| rows - counts.created),
        "entries_imported": counts.created,
    }))
    .into_response())
}

/// `DELETE /imports/:id` begins the undo of the import in any status. The door stops showing the import at once. An import whose
/// undo can no longer be asked for is answered with 422, as a thing that may not be deleted.
pub async fn delete(Importer(at): Importer, Id(id): Id) -> Result<StatusCode, NokoError> {
    let import = visible(&at, id).await?;
    revert::ask(&at.services, &import, &at.caller.signature()).await?;
    Ok(StatusCode::NO_CONTENT)
}
