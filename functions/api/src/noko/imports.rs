//! Imports: the list, one, its status, its details, its undo.

use axum::Json;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};
use shared::account::Principal;
use shared::format::FormatName;
use shared::id::{ImportId, ThingId};
use shared::import::{Import, Status};
use shared::revert;
use shared::services::Services;
use shared::store::{decode, keys};

use super::NokoError;
use super::caller::Importer;
use super::error::FieldError;
use super::filter::Query;
use super::paging::Paging;
use super::shape::{Shapes, word};
use crate::Door;
use crate::base::Base;
use crate::import_report::findings;

/// Imports read from the index at once.
const LISTED_AT_ONCE: usize = 100;

/// The import that the path names, if this door shows it: one that is undone is gone from here.
pub async fn visible(services: &Services, caller: &Principal, id: &str) -> Result<Import, NokoError> {
    let id = id.parse().map(ImportId).map_err(|_| NokoError::not_found())?;
    let import = Import::get(services, caller.account, id).await?.ok_or_else(NokoError::not_found)?;
    if is_gone(&import) { Err(NokoError::not_found()) } else { Ok(import) }
}

fn is_gone(import: &Import) -> bool {
    matches!(import.status, Status::RollingBack | Status::RolledBack)
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
            _ => query.parsed(IMPORT, "fallback_user")?.map(|id| Some(ThingId(id))),
        };
        Ok(Self {
            format: query.parsed(IMPORT, "type")?,
            user: query.parsed(IMPORT, "user")?.map(ThingId),
            fallback_user,
            import_tags: query.flag(IMPORT, "import_tags")?,
            autocreate_projects: query.flag(IMPORT, "autocreate_projects")?,
            from: query.parsed(IMPORT, "from")?,
            to: query.parsed(IMPORT, "to")?,
        })
    }

    fn matches(&self, import: &Import) -> bool {
        let day = import.created().to_zoned(TimeZone::UTC).date();
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

#[derive(Deserialize)]
struct Listed {
    number: ImportId,
}

/// `GET /imports`, newest first.
pub async fn list(
    State(door): State<Door>,
    Importer(caller): Importer,
    Base(base): Base,
    OriginalUri(uri): OriginalUri,
    query: Query,
) -> Result<(HeaderMap, Json<Vec<Value>>), NokoError> {
    let (paging, filter) = (Paging::of(&query)?, ImportFilter::of(&query)?);
    let services = &door.services;
    let mut found = Vec::new();
    let mut listed = keys::import_list(caller.account).descending().limit(LISTED_AT_ONCE);
    loop {
        let (items, last) = services.store.page(&listed).await?;
        let numbers: Vec<Listed> = items.into_iter().map(decode).collect::<Result<_, _>>()?;
        let keys: Vec<_> = numbers.iter().map(|listed| keys::import(caller.account, listed.number)).collect();
        let imports = services.store.get_many(&keys).await?.into_iter().map(decode::<Import>);
        let imports: Vec<Import> = imports.collect::<Result<_, _>>()?;
        found.extend(imports.into_iter().filter(|import| !is_gone(import) && filter.matches(import)));
        match last {
            Some(last) => listed = listed.after(last),
            None => break,
        }
    }
    found.sort_by_key(|import| std::cmp::Reverse(import.id));
    let page = paging.cut(found);
    let mut shapes = Shapes::new(&base, caller.account);
    shapes.learn(services, page.items.iter().flat_map(Shapes::named_by).collect()).await?;
    let mut imports = Vec::with_capacity(page.items.len());
    for import in &page.items {
        imports.push(shapes.import(services, import).await?);
    }
    Ok((paging.links(&base, &uri, &page), Json(imports)))
}

/// `GET /imports/:id`.
pub async fn get(
    State(door): State<Door>,
    Importer(caller): Importer,
    Base(base): Base,
    Path(id): Path<String>,
) -> Result<Json<Value>, NokoError> {
    let import = visible(&door.services, &caller, &id).await?;
    let mut shapes = Shapes::new(&base, caller.account);
    shapes.learn(&door.services, Shapes::named_by(&import)).await?;
    Ok(Json(shapes.import(&door.services, &import).await?))
}

/// `GET /imports/:id/status`.
pub async fn status(
    State(door): State<Door>,
    Importer(caller): Importer,
    Path(id): Path<String>,
) -> Result<Json<Value>, NokoError> {
    let import = visible(&door.services, &caller, &id).await?;
    Ok(Json(json!({ "status": word(import.status) })))
}

/// `GET /imports/:id/details`, and `/report`: 204 while the import is in progress.
pub async fn details(
    State(door): State<Door>,
    Importer(caller): Importer,
    Path(id): Path<String>,
) -> Result<Response, NokoError> {
    let services = &door.services;
    let import = visible(services, &caller, &id).await?;
    if !import.status.is_settled() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let counts = import.counts(services).await?;
    let mut found = findings(services, &import, true).await?;
    let mut errors: Vec<Value> = found
        .errors
        .iter()
        .map(|error| {
            let fields = found.cells.remove(&error.row).unwrap_or_default();
            json!({ "line": error.line, "fields": fields, "error": error.message })
        })
        .collect();
    if let Some(reason) = &import.reason {
        errors.insert(0, json!({ "line": 1, "fields": [], "error": reason }));
    }
    Ok(Json(json!({
        "entries_with_unknown_users": found.unknown_user_rows,
        "unknown_users": found.unknown_users,
        "line_errors": errors,
        "unknown_projects": found.unknown_projects,
        "entries_discarded": counts.failed + counts.skipped,
        "entries_imported": counts.created,
    }))
    .into_response())
}

/// `DELETE /imports/:id`: undone, whatever it is doing; gone from this door at once.
pub async fn delete(
    State(door): State<Door>,
    Importer(caller): Importer,
    Path(id): Path<String>,
) -> Result<StatusCode, NokoError> {
    let import = visible(&door.services, &caller, &id).await?;
    revert::ask(&door.services, &import, &caller.signature()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An id of something else in a query or body that does not exist.
pub(super) fn missing(field: &str) -> FieldError {
    FieldError::new("Import", field, "missing")
}
