//! Schedules: imports of a file behind an address, again and again.
//!
//! A schedule is an item of the account with the order for its imports and the time of its next run. The sweep, which looks at all
//! imports each minute, also finds the schedules that are due and sends a message for each ([`due`]). The parser takes the message
//! and runs the schedule ([`run()`]): one request asks whether the file has changed, and only a changed file becomes an import, which
//! then goes the way of every import with an address.
//!
//! # Promises
//!
//! - **A run has one outcome.** The outcome, the time of the next run and, if the file has changed, the new import are written in
//!   one transaction, on the condition that nobody has changed the schedule since the run began. A second message for the same
//!   time finds another time of the next run, and does nothing.
//! - **A content is loaded once.** A run compares with the content that the schedule's imports loaded, as their own fetch saw it
//!   ([`crate::collect`]), and not with the answer to an earlier run's question.
//! - **No drift.** The times of runs are computed from the first time, never from the last run ([`Recurrence`]). Times that were
//!   missed are one run.
//! - **Nothing hangs.** A run that dies changed nothing, and its schedule is still due for the next sweep.
//!
//! # Which contents are not loaded again
//!
//! The run compares with the files of two imports of the schedule: the last one, and the last one before it that was loaded.
//!
//! | status of that import | its content, in a run by the clock | in a run for which a person asks |
//! |---|---|---|
//! | `complete`, `partially_complete` | is not loaded again | is not loaded again |
//! | `rolled_back` | is not loaded again, because the person who undid it does not want it | is loaded |
//! | `failed`, `unsupported` | is not loaded again, because the same file would fail again with each run | is loaded |
//! | `incomplete` | is not loaded again, because rows of it may stand, and a person can resume the import | is loaded |
//! | `incomplete` without a file, since no fetch succeeded | there is none, so the file is loaded | the same |
//! | any other | the run is `busy` and makes no request | the same |

mod due;
mod edit;
mod recurrence;
mod run;
mod schedule;

pub use due::send_due;
pub use edit::{MOST_SCHEDULES, NewSchedule, ScheduleChange, ask, change, create, remove};
pub use recurrence::{Every, Recurrence, WrongEvery};
pub use run::run;
pub use schedule::{ImportOrder, RunOutcome, Schedule, ScheduleState, ScheduledRun};

use crate::id::{AccountId, ScheduleId};
use crate::services::Services;
use crate::store::{StoreError, keys};

/// The schedule with this number, or `None` for a number without a schedule.
pub async fn get(services: &Services, account: AccountId, id: ScheduleId) -> Result<Option<Schedule>, StoreError> {
    services.store.read(&keys::schedule(account, id)).await
}

/// All schedules of an account, by number.
pub async fn all(services: &Services, account: AccountId) -> Result<Vec<Schedule>, StoreError> {
    services.store.read_all(keys::schedules(account)).await
}
