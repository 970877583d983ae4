//! A run of a schedule: the question whether the file has changed, and the import of a changed file.
//!
//! | write | trace | why a second run for the same time is harmless |
//! |---|---|---|
//! | the note that the file is being read | `reading_until` in the item | the note has an end, before which the sweep sends no message |
//! | the outcome, and with a changed file the import | the time of the next run in the item | one transaction, on the item's version |
//! | the message that starts the import | – | the import is queued, and the sweep sends the message again |

use std::time::Duration;

use super::{RunOutcome, Schedule, ScheduledRun, get};
use crate::account::allowance::quotas;
use crate::fetch::{ContentDigest, FetchError, Fetched, FileContent};
use crate::id::{AccountId, ImportId, ScheduleId};
use crate::import::{Import, ImportError, Status, begin_fetch, create_noted};
use crate::metrics::count;
use crate::schema::Schema;
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::Kind;
use crate::things::{Thing, UserState};

/// The time that a run needs besides the reading of the file.
const ENDING: Duration = Duration::from_secs(60);

/// The end of a look at the file.
enum Looked {
    /// The file has changed, or was never loaded.
    Changed,
    /// No import is to be made.
    Ended { outcome: RunOutcome, import: Option<ImportId>, reason: Option<String> },
    /// Somebody changed the schedule.
    Overtaken,
}

impl Looked {
    fn failed(reason: impl Into<String>) -> Self {
        Self::Ended { outcome: RunOutcome::Failed, import: None, reason: Some(reason.into()) }
    }
}

/// The imports of a schedule with whose files a run compares.
struct Earlier {
    last: Option<Import>,
    loaded: Option<Import>,
}

/// Runs a schedule that is due at the time `due` (milliseconds since 1970). Does nothing if the run for this time has ended, if
/// another run is reading the file, or if the schedule was changed or deleted.
pub async fn run(services: &Services, account: AccountId, id: ScheduleId, due: i64) -> Result<(), ImportError> {
    loop {
        let now = services.clock.now_ms();
        let is_due =
            |schedule: &Schedule| schedule.due == Some(due) && schedule.reading_until.is_none_or(|until| until <= now);
        let Some(mut schedule) = get(services, account, id).await?.filter(is_due) else {
            tracing::info!(
                account = account.0,
                schedule = id.0,
                due,
                "a schedule has no such run any more, or another message runs it"
            );
            return Ok(());
        };
        let earlier = Earlier::read(services, &schedule).await?;
        let ended = match look(services, &mut schedule, &earlier).await? {
            Looked::Changed => make_import(services, &schedule, &earlier, due).await?,
            Looked::Ended { outcome, import, reason } => {
                let run = ScheduledRun { due, at: services.clock.now_ms(), outcome, import, reason };
                let next = schedule.after_run(run.clone());
                services.store.attempt(next.replacing()).await?.then_some(run)
            }
            Looked::Overtaken => None,
        };
        if let Some(run) = ended {
            let outcome = run.outcome.name();
            tracing::info!(
                account = account.0,
                schedule = id.0,
                import = run.import.map(|id| id.0),
                outcome,
                reason = run.reason,
                "a schedule ran"
            );
            count!(ScheduledRuns = 1_u64, Outcome = outcome);
            return Ok(());
        }
    }
}

/// Asks whether the file has changed, unless the schedule is busy or may not make an import.
async fn look(services: &Services, schedule: &mut Schedule, earlier: &Earlier) -> Result<Looked, ImportError> {
    if let Some(last) = earlier.last.as_ref().filter(|last| !last.is_sealed()) {
        return Ok(Looked::Ended { outcome: RunOutcome::Busy, import: Some(last.id), reason: None });
    }
    if let Some(reason) = forbidden(services, schedule).await? {
        return Ok(Looked::failed(reason));
    }
    let known = earlier.known(schedule.asked);
    let unchanged = Looked::Ended { outcome: RunOutcome::Unchanged, import: None, reason: None };
    // A schedule has one open import at most, so the number of open imports is judged at its making alone.
    let quota = quotas(services, schedule.account).await?.file_bytes.most();
    let file = match services.fetcher.open_unless(&schedule.order.location, &known, quota).await {
        Ok(Some(file)) => file,
        Ok(None) => return Ok(unchanged),
        Err(error) => return Ok(Looked::failed(error.to_string())),
    };
    match file.is_among(&known) {
        Some(true) => return Ok(unchanged),
        Some(false) => return Ok(Looked::Changed),
        None => {}
    }
    if !note_reading(services, schedule).await? {
        return Ok(Looked::Overtaken);
    }
    match content(file).await {
        Ok(content) if known.iter().any(|known| known.is_same(&content)) => Ok(unchanged),
        Ok(_) => Ok(Looked::Changed),
        Err(error) => Ok(Looked::failed(error.to_string())),
    }
}

/// The reason why the schedule may make no import, or `None`.
async fn forbidden(services: &Services, schedule: &Schedule) -> Result<Option<String>, StoreError> {
    let user = schedule.order.user;
    let thing = Thing::get(services, schedule.account, Kind::User, user).await?;
    let Some(thing) = thing else { return Ok(Some(no_user(user))) };
    if thing.user().is_some_and(|fields| fields.state == UserState::Disabled) {
        return Ok(Some(format!("user {user} is deactivated")));
    }
    let Some(database) = schedule.order.options.profiles.database else { return Ok(None) };
    let is_there = Schema::read(services, schedule.account, database).await?.is_some();
    Ok((!is_there).then(|| format!("database {database} does not exist")))
}

fn no_user(user: impl std::fmt::Display) -> String {
    format!("user {user} does not exist")
}

/// Notes that the file is being read, so the sweep sends no further message meanwhile. `false` if somebody changed the schedule.
async fn note_reading(services: &Services, schedule: &mut Schedule) -> Result<bool, StoreError> {
    let longest = i64::try_from((services.fetcher.limits.total + ENDING).as_millis()).unwrap_or(i64::MAX);
    schedule.reading_until = Some(services.clock.now_ms().saturating_add(longest));
    let is_noted = services.store.attempt(schedule.clone().replacing()).await?;
    schedule.version += 1;
    Ok(is_noted)
}

/// Reads a file to its end, without storing it.
async fn content(mut file: Fetched) -> Result<FileContent, FetchError> {
    let mut digest = ContentDigest::default();
    while let Some(bytes) = file.next().await? {
        digest.push(&bytes);
    }
    Ok(digest.finish(file.validators))
}

/// Makes the import of a changed file. `None` if somebody changed the schedule.
async fn make_import(
    services: &Services,
    schedule: &Schedule,
    earlier: &Earlier,
    due: i64,
) -> Result<Option<ScheduledRun>, ImportError> {
    let at = services.clock.now_ms();
    let ended = |import| ScheduledRun { due, at, outcome: RunOutcome::Imported, import, reason: None };
    let loaded_import = earlier.now_loaded();
    let note = |import| {
        let next = schedule.after_run(ended(Some(import)));
        Schedule { last_import: Some(import), loaded_import, ..next }.replacing()
    };
    match create_noted(services, &schedule.new_import(due), note).await {
        Ok(Some((import, is_new))) => {
            begin_fetch(services, &import, is_new).await;
            Ok(Some(ended(Some(import.id))))
        }
        Ok(None) => Ok(None),
        Err(ImportError::NoUser(user)) => {
            let reason = Some(no_user(user));
            let run = ScheduledRun { outcome: RunOutcome::Failed, reason, ..ended(None) };
            let is_written = services.store.attempt(schedule.after_run(run.clone()).replacing()).await?;
            Ok(is_written.then_some(run))
        }
        Err(error) => Err(error),
    }
}

impl Earlier {
    async fn read(services: &Services, schedule: &Schedule) -> Result<Self, StoreError> {
        let read = async |id: Option<ImportId>| match id {
            Some(id) => Import::get(services, schedule.account, id).await,
            None => Ok(None),
        };
        Ok(Self { last: read(schedule.last_import).await?, loaded: read(schedule.loaded_import).await? })
    }

    /// The contents that the run does not load again. `asked` is true if a person asked for the run.
    fn known(&self, asked: bool) -> Vec<FileContent> {
        let imports = [&self.last, &self.loaded].into_iter().flatten();
        let held = imports.filter(|import| !asked || has_loaded(import.status));
        let mut known: Vec<FileContent> = Vec::new();
        for content in held.filter_map(|import| import.content.clone()) {
            if !known.iter().any(|known| known.is_same(&content)) {
                known.push(content);
            }
        }
        known
    }

    /// The last import that has loaded its file, for the schedule that makes a further import.
    fn now_loaded(&self) -> Option<ImportId> {
        let last = self.last.as_ref().filter(|last| has_loaded(last.status));
        last.or(self.loaded.as_ref()).map(|import| import.id)
    }
}

/// `true` if the rows of an import with this status stand.
fn has_loaded(status: Status) -> bool {
    matches!(status, Status::Complete | Status::PartiallyComplete)
}
