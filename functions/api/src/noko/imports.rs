//! Imports: the list, one, its status, its details, its undo.

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
use shared::drained::drained;
use shared::format::FormatName;
use shared::id::{AccountId, ImportId, ThingId};
use shared::import::{Findings, Import, Options, Roll};
use shared::revert;
use shared::services::Services;
use shared::store::{decode, keys};

use super::NokoError;
use super::caller::{At, Importer};
use super::filter::Query;
use super::input::{Id, id};
use super::paging::{Page, Paging};
use super::shape::{Shapes, word};
use crate::import_report::cells;

/// Imports shown at once: of one that is running, the counters are read.
const SHOWN_AT_ONCE: usize = 8;

/// The import that the path names, if this door shows it: one that is undone is gone from here.
pub async fn visible(at: &At, id: u64) -> Result<Import, NokoError> {
    let import = Import::get(&at.services, at.caller.account, ImportId(id)).await?;
    import.filter(|import| !import.status.is_gone()).ok_or_else(NokoError::not_found)
}

/// Filters of the list.
struct ImportFilter {
    format: Option<FormatName>,
    user: Option<ThingId>,
    /// `fallback_user=null` asks for imports without one.
    fallback_user: Option<Option<ThingId>>,
    import_tags: Option<bool>,
    autocreate_projects: Option<bool>,
    from: Option<Date>,
    to: Option<Date>,
}

impl ImportFilter {
    fn of(query: &Query) -> Result<Self, NokoError> {
        const IMPORT: &str = "Import";
        let fallback_user = match query.get("fallback_user") {
            Some("null") => Some(None),
            _ => query.read(IMPORT, "fallback_user", id)?.map(|id| Some(ThingId(id))),
        };
        Ok(Self {
            format: query.parsed(IMPORT, "type")?,
            user: query.read(IMPORT, "user", id)?.map(ThingId),
            fallback_user,
            import_tags: query.flag(IMPORT, "import_tags")?,
            autocreate_projects: query.flag(IMPORT, "autocreate_projects")?,
            from: query.day(IMPORT, "from")?,
            to: query.day(IMPORT, "to")?,
        })
    }

    fn is_empty(&self) -> bool {
        let options = self.fallback_user.is_none() && self.import_tags.is_none() && self.autocreate_projects.is_none();
        options && self.format.is_none() && self.user.is_none() && self.from.is_none() && self.to.is_none()
    }

    fn matches(&self, import: &Listed) -> bool {
        let day = Timestamp::from_millisecond(import.created_at).unwrap_or_default().to_zoned(TimeZone::UTC).date();
        let options = &import.options;
        self.format.is_none_or(|format| import.format.or(options.format) == Some(format))
            && self.user.is_none_or(|user| import.user == user)
            && self.fallback_user.is_none_or(|fallback| options.fallback_user == fallback)
            && self.import_tags.is_none_or(|tags| options.import_tags == tags)
            && self.autocreate_projects.is_none_or(|projects| options.autocreate_projects == projects)
            && self.from.is_none_or(|from| day >= from)
            && self.to.is_none_or(|to| day <= to)
    }
}

/// What the index of imports holds of one.
#[derive(Deserialize)]
struct Listed {
    number: ImportId,
    user: ThingId,
    #[serde(default)]
    options: Options,
    format: Option<FormatName>,
    created_at: i64,
}

/// `GET /imports`, newest first.
pub async fn list(
    Importer(at): Importer,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let (paging, filter) = (Paging::of(&query)?, ImportFilter::of(&query)?);
    let (services, account) = (&at.services, at.caller.account);
    let roll = Roll::read(services, account).await?;
    let Page { items, more, total, after } = match filter.is_empty() {
        true => {
            let numbers = roll.standing().map(|(import, _)| import);
            let skip = usize::try_from(paging.skip()).unwrap_or(usize::MAX);
            let items: Vec<_> = numbers.skip(skip).take(paging.take()).collect();
            Page {
                items,
                more: roll.len() > paging.skip() + paging.take() as u64,
                total: Some(roll.len()),
                after: None,
            }
        }
        false => filtered(services, account, &paging, &filter, &roll).await?,
    };
    let keys: Vec<_> = items.iter().map(|&import| keys::import(account, import)).collect();
    let imports = services.store.get_many(&keys).await?.into_iter().map(decode::<Import>);
    let mut items: Vec<Import> = imports.collect::<Result<_, _>>()?;
    items.retain(|import| !import.status.is_gone());
    items.sort_by_key(|import| std::cmp::Reverse(import.id));

    let mut shapes = at.shapes();
    shapes.learn(services, items.iter().flat_map(Shapes::named_by).collect()).await?;
    let shown = drained(items.iter().map(|import| shapes.import(services, import)), SHOWN_AT_ONCE).await?;
    Ok((paging.links(&at.base, &uri, &Page { items, more, total, after }), Json(shown)))
}

/// The page of those that pass, from the index, which holds what is filtered by.
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

/// `GET /imports/:id`.
pub async fn get(Importer(at): Importer, Id(id): Id) -> Result<Json<Value>, NokoError> {
    let import = visible(&at, id).await?;
    let mut shapes = at.shapes();
    shapes.learn(&at.services, Shapes::named_by(&import)).await?;
    Ok(Json(shapes.import(&at.services, &import).await?))
}

/// `GET /imports/:id/status`.
pub async fn status(Importer(at): Importer, Id(id): Id) -> Result<Json<Value>, NokoError> {
    let import = visible(&at, id).await?;
    Ok(Json(json!({ "status": word(&import) })))
}

/// `GET /imports/:id/details`, and `/report`: 204 while the import is in progress.
pub async fn details(Importer(at): Importer, Id(id): Id) -> Result<Response, NokoError> {
    let services = &at.services;
    let import = visible(&at, id).await?;
    if !import.is_sealed() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let counts = import.counts(services).await?;
    let found = Findings::read(services, &import).await?;
    let mut cells = cells(services, &import, &found.errors).await?;
    let mut errors: Vec<Value> = found
        .errors
        .iter()
        .map(|error| {
            let fields = cells.remove(&error.row).unwrap_or_default();
            json!({ "line": error.line, "fields": fields, "error": error.message })
        })
        .collect();
    if let Some(last) = found.errors.last().filter(|_| counts.failed > found.errors.len() as u64) {
        let more = counts.failed - found.errors.len() as u64;
        let told = match found.errors.len() {
            1000 => "thousand".to_owned(),
            told => told.to_string(),
        };
        let error = format!("and {more} more rows that could not be read; the first {told} are told");
        errors.push(json!({ "line": last.line, "fields": [], "error": error }));
    }
    if found.has_more_names() {
        let error = "more users or projects are unknown than are named; those that sort first are named";
        errors.push(json!({ "line": 1, "fields": [], "error": error }));
    }
    if let Some(reason) = &import.reason {
        errors.insert(0, json!({ "line": 1, "fields": [], "error": reason }));
    }
    Ok(Json(json!({
        "entries_with_unknown_users": found.unknown_user_rows,
        "unknown_users": found.unknown_users,
        "line_errors": errors,
        "unknown_projects": found.unknown_projects,
        "entries_discarded": import.rows.map_or(0, |rows| rows - counts.created),
        "entries_imported": counts.created,
    }))
    .into_response())
}

/// `DELETE /imports/:id`: undone, whatever it is doing; gone from this door at once.
pub async fn delete(Importer(at): Importer, Id(id): Id) -> Result<StatusCode, NokoError> {
    let import = visible(&at, id).await?;
    revert::ask(&at.services, &import, &at.caller.signature()).await?;
    Ok(StatusCode::NO_CONTENT)
}
