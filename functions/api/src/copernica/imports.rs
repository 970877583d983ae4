//! Imports of profiles: made, listed, shown and undone.
//!
//! The vendor has one word for the status of an import that waits, `ready for start`. The other words are Waybill's:
//!
//! | word | the import |
//! |---|---|
//! | `ready for start` | waits until somebody starts the import, or for an upload |
//! | `downloading` | has no file yet, because the parser fetches the file |
//! | `waiting` | waits for its turn among the imports of the database |
//! | `running` | loads rows |
//! | `finished` | has loaded its rows, of which some may have failed |
//! | `failed` | was refused, stopped or given up |
//! | `undoing`, `undone` | is or was undone |

mod create;
mod input;
mod source;

use std::cmp::Reverse;

use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use shared::concurrent::drained;
use shared::id::ImportId;
use shared::import::{Counts, Import, ImportType, Roll, RollOf, Status};
use shared::revert::ask;
use shared::schedules::{self, Schedule};
use shared::schema::database_ids;
use shared::store::{decode, keys};

use super::answer::{OrFalse, Window, changed, document};
use super::caller::At;
use super::error::CopernicaError;
use super::request::Asked;
use super::routes::Answered;
use crate::answer::{MESSAGE, shortened};
pub use create::create;

/// An import. Numbers are texts.
#[derive(Serialize)]
struct ImportShape {
    #[serde(rename = "ID")]
    id: String,
    name: String,
    #[serde(rename = "type")]
    action: &'static str,
    status: &'static str,
    totallines: String,
    #[serde(rename = "processedLines")]
    processed_lines: String,
    lastrun: OrFalse,
    nextrun: OrFalse,
    lasterror: OrFalse,
}

fn word(import: &Import) -> &'static str {
    let is_fetched = import.location.is_some() && import.source.is_none();
    match import.status {
        Status::New => "ready for start",
        Status::Queued if is_fetched => "downloading",
        Status::Queued => "waiting",
        Status::Processing => "running",
        Status::Complete | Status::PartiallyComplete => "finished",
        Status::Failed | Status::Incomplete | Status::Unsupported => "failed",
        Status::RollingBack => "undoing",
        Status::RolledBack => "undone",
    }
}

impl ImportShape {
    /// Reads the counts and the reason of an import, as far as its status has any. `schedules` has the schedule of the import,
    /// unless the schedule was deleted.
    async fn read(at: &At, import: &Import, schedules: &[Schedule]) -> Result<Self, CopernicaError> {
        let schedule = schedules.iter().find(|schedule| import.schedule == Some(schedule.id));
        let lastrun = schedule.and_then(|schedule| Some(schedule.last_run()?.at)).or(import.started_at);
        let counts = match import.started_at {
            Some(_) => import.counts(&at.services).await?,
            None => Counts::default(),
        };
        let failed = counts.failed;
        let error = match import.status {
            Status::Unsupported if import.reason.is_none() => {
                let refusal = import.verdict(&at.services).await?.refusal.unwrap_or_default();
                let reasons = refusal["reasons"].as_array().into_iter().flatten().filter_map(Value::as_str);
                Some(reasons.collect::<Vec<_>>().join("; "))
            }
            _ if import.reason.is_some() => import.reason.clone(),
            _ if failed > 0 => Some(format!("{failed} of {} lines failed", import.rows.unwrap_or(failed))),
            _ => None,
        };
        Ok(Self {
            id: import.id.to_string(),
            name: import.file_name.clone(),
            action: import.options.profiles.action.name(),
            status: word(import),
            totallines: import.rows.unwrap_or_default().to_string(),
            processed_lines: counts.accounted().to_string(),
            lastrun: OrFalse(lastrun.map(|ms| at.time(ms))),
            nextrun: OrFalse(schedule.and_then(|schedule| schedule.due).map(|ms| at.time(ms))),
            lasterror: OrFalse(error.map(|error| shortened(error, MESSAGE))),
        })
    }
}

/// The import of profiles with an id. An import of another type is not there.
pub async fn find(at: &At, text: &str) -> Result<Import, CopernicaError> {
    let missing = || CopernicaError::saying("No entity with supplied ID");
    let id: ImportId = text.parse().map_err(|_| missing())?;
    let import = Import::get(&at.services, at.id(), id).await?;
    import.filter(|import| import.import_type == ImportType::Profiles).ok_or_else(missing)
}

/// The schedules of the account, or none if no schedule made any of the imports.
async fn schedules_of(at: &At, imports: &[Import]) -> Result<Vec<Schedule>, CopernicaError> {
    match imports.iter().any(|import| import.schedule.is_some()) {
        true => Ok(schedules::all(&at.services, at.id()).await?),
        false => Ok(Vec::new()),
    }
}

/// The most rolls read at once. Each database has a roll of its imports.
const ROLLS_AT_ONCE: usize = 16;

/// Lists the imports into the databases of the account, the newest first.
pub async fn list(at: &At, asked: &Asked) -> Answered {
    let window = Window::read(&asked.query);
    let databases = database_ids(&at.services, at.id()).await?;
    let rolls = databases.into_iter().map(|database| Roll::read(&at.services, at.id(), RollOf::Profiles(database)));
    let rolls = drained(rolls, ROLLS_AT_ONCE).await?;
    let mut ids: Vec<ImportId> = rolls.iter().flat_map(Roll::all).map(|(import, _)| import).collect();
    ids.sort_unstable_by_key(|&id| Reverse(id));
    let total = ids.len() as u64;
    let (start, limit) = window.range();
    let keys: Vec<_> = ids.iter().skip(start).take(limit).map(|&id| keys::import(at.id(), id)).collect();
    let found = at.services.store.get_many(&keys).await?.into_iter().map(decode::<Import>);
    let mut imports: Vec<Import> = found.collect::<Result<_, _>>()?;
    imports.sort_unstable_by_key(|import| Reverse(import.id));
    let schedules = schedules_of(at, &imports).await?;
    let mut shapes = Vec::with_capacity(imports.len());
    for import in &imports {
        shapes.push(ImportShape::read(at, import, &schedules).await?);
    }
    document(&window.list(shapes, total))
}

pub async fn show(at: &At, import: &Import) -> Answered {
    let schedules = schedules_of(at, std::slice::from_ref(import)).await?;
    document(&ImportShape::read(at, import, &schedules).await?)
}

/// Begins the undo of an import. An undone import stays undone. An import whose undo can no longer be asked for is refused.
pub async fn revert(at: &At, import: &Import) -> Result<Response, CopernicaError> {
    ask(&at.services, import, &at.principal.signature()).await?;
    Ok(changed())
}
