//! A schedule as stored, and the state into which the end of a run brings it.

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::Recurrence;
use crate::fetch::Location;
use crate::id::{AccountId, ImportId, ScheduleId, ThingId};
use crate::import::{ImportType, NewImport, Options, Origin};
use crate::store::{Item, Write, encode, keys};
use crate::wire::wire_words;

/// The number of failed runs in a row after which a schedule is tried once a day at most.
const MOST_FAILURES: u64 = 10;
/// The number of runs that a schedule remembers. They are part of its item, which each run writes.
const REMEMBERED_RUNS: usize = 20;
/// The shortest time between two runs of a failing schedule.
const DAY: Duration = Duration::from_secs(24 * 3600);

wire_words! {
    /// The outcome of a run.
    RunOutcome {
        /// The file has changed, and an import was made for it.
        Imported = "imported",
        /// The file has a content that the schedule loads no more, and nothing was made.
        Unchanged = "unchanged",
        /// The last import of the schedule has not ended, and the address was not asked.
        Busy = "busy",
        /// The file could not be asked for, or no import may be made.
        Failed = "failed",
    }
}

wire_words! {
    /// The state of a schedule.
    ScheduleState {
        /// The schedule runs at its times.
        Active = "active",
        /// The schedule has no next run until a person lets it go on.
        Paused = "paused",
        /// The last ten runs or more have failed, and the schedule runs once a day at most until a run succeeds.
        Failing = "failing",
    }
}

/// The order for the imports of a schedule, as a door read it from a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ImportOrder {
    /// The user who makes the imports.
    pub user: ThingId,
    /// The kind of the file's rows.
    #[serde(rename = "type")]
    pub import_type: ImportType,
    /// The options with which each file is read and loaded.
    pub options: Options,
    /// The name under which people see each file.
    pub file_name: String,
    /// The note on each import, or `None` without a note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The address of the file.
    pub location: Location,
}

/// A run that has ended. Times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledRun {
    /// The time for which the run was due.
    pub due: i64,
    /// The time at which the run ended.
    pub at: i64,
    /// The outcome.
    pub outcome: RunOutcome,
    /// The import that the run made, or because of which the schedule was busy. `None` with any other outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportId>,
    /// The reason for people why the run failed, or `None` with any other outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A schedule as stored. Times are milliseconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Schedule {
    /// The account to which the schedule belongs.
    pub account: AccountId,
    /// The number of the schedule within the account, from 1.
    pub id: ScheduleId,
    /// The name under which people know the schedule, at most 200 letters.
    pub name: String,
    /// The times of the runs.
    pub recurrence: Recurrence,
    /// The order for each import.
    pub order: ImportOrder,
    /// `true` if a person stopped the schedule.
    pub paused: bool,
    /// The time of the next run, which lies in the past if the run is late. `None` without a next run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<i64>,
    /// `true` if a person asked for the next run.
    pub asked: bool,
    /// The time until which a run may be reading the file, in which no other run for the same time begins. `None` before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading_until: Option<i64>,
    /// The last import that the schedule made, or `None` before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_import: Option<ImportId>,
    /// The last import before `last_import` that had loaded its file when the next one was made, or `None` without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loaded_import: Option<ImportId>,
    /// The number of failed runs since the last run that did not fail. Busy runs do not count.
    pub failures: u64,
    /// The last runs, the latest first.
    pub runs: Vec<ScheduledRun>,
    /// The time at which the schedule was made.
    pub created_at: i64,
    /// The number of writes of the item, by which a writer finds out that somebody else was first.
    pub version: u64,
}

impl Schedule {
    /// The state as people see it.
    pub fn state(&self) -> ScheduleState {
        match self.failures {
            _ if self.paused => ScheduleState::Paused,
            MOST_FAILURES.. => ScheduleState::Failing,
            _ => ScheduleState::Active,
        }
    }

    /// The last run that has ended, or `None` before the first.
    pub fn last_run(&self) -> Option<&ScheduledRun> {
        self.runs.first()
    }

    /// The import that a run for the time `due` makes.
    pub(super) fn new_import(&self, due: i64) -> NewImport {
        let order = self.order.clone();
        NewImport {
            account: self.account,
            user: order.user,
            import_type: order.import_type,
            options: order.options,
            file_name: order.file_name,
            note: order.note,
            origin: Origin::Scheduled { location: order.location, schedule: self.id, due },
            once: None,
        }
    }

    /// The schedule after a run, with the time of the next one. A clock that is behind the due time does not give the same time
    /// again.
    pub(super) fn after_run(&self, run: ScheduledRun) -> Self {
        let failures = match run.outcome {
            RunOutcome::Failed => self.failures + 1,
            RunOutcome::Busy => self.failures,
            RunOutcome::Imported | RunOutcome::Unchanged => 0,
        };
        let day = i64::try_from(DAY.as_millis()).unwrap_or(i64::MAX);
        let rest = if failures >= MOST_FAILURES { day - 1 } else { 0 };
        let from = run.at.max(run.due + rest);
        let runs = std::iter::once(run).chain(self.runs.iter().cloned()).take(REMEMBERED_RUNS).collect();
        Self {
            due: self.recurrence.after(from).filter(|_| !self.paused),
            asked: false,
            reading_until: None,
            failures,
            runs,
            ..self.clone()
        }
    }

    /// The write of this state over the state that had the version of this one.
    pub(super) fn replacing(mut self) -> Write {
        let seen = self.version;
        self.version += 1;
        Write::put_item(keys::schedule(self.account, self.id), self.item()).if_version(seen)
    }

    /// The schedule as a stored item. The index `open` has the schedule while a run is to come.
    pub(super) fn item(&self) -> Item {
        let mut item = encode(&keys::schedule(self.account, self.id), self);
        if let Some(due) = self.due {
            let from = due.max(self.reading_until.unwrap_or(due));
            let opened = keys::opened_schedule(from, self.account, self.id, due);
            item.insert("open".to_owned(), AttributeValue::S(keys::OPEN_SCHEDULE.to_owned()));
            item.insert("opened".to_owned(), AttributeValue::S(opened));
        }
        item
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn hourly() -> Schedule {
        let order = ImportOrder {
            user: ThingId(1),
            import_type: ImportType::TimeEntries,
            options: Options::default(),
            file_name: "hours.csv".to_owned(),
            note: None,
            location: Location::parse("https://files.example.com/hours.csv").unwrap(),
        };
        Schedule {
            account: AccountId(1),
            id: ScheduleId(1),
            name: "hours".to_owned(),
            recurrence: Recurrence { every: "PT1H".parse().unwrap(), starts_at: 0, time_zone: "UTC".to_owned() },
            order,
            paused: false,
            due: Some(HOUR),
            asked: false,
            reading_until: None,
            last_import: None,
            loaded_import: None,
            failures: 0,
            runs: Vec::new(),
            created_at: 0,
            version: 1,
        }
    }

    fn run(due: i64, outcome: RunOutcome) -> ScheduledRun {
        ScheduledRun { due, at: due + 5, outcome, import: None, reason: None }
    }

    #[test]
    fn ten_failures_in_a_row_slow_a_schedule_down_to_a_day_until_a_run_succeeds() {
        let mut schedule = hourly();
        for failed in 1..10 {
            schedule = schedule.after_run(run(failed * HOUR, RunOutcome::Failed));
            assert_eq!((schedule.state(), schedule.due), (ScheduleState::Active, Some((failed + 1) * HOUR)));
        }
        let busy = schedule.after_run(run(10 * HOUR, RunOutcome::Busy));
        assert_eq!((busy.failures, busy.due), (9, Some(11 * HOUR)));
        let failing = schedule.after_run(run(10 * HOUR, RunOutcome::Failed));
        assert_eq!((failing.state(), failing.due), (ScheduleState::Failing, Some(34 * HOUR)));
        let well = failing.after_run(run(34 * HOUR, RunOutcome::Unchanged));
        assert_eq!((well.state(), well.due), (ScheduleState::Active, Some(35 * HOUR)));
    }

    #[test]
    fn a_clock_behind_the_due_time_does_not_give_the_same_time_again_and_missed_times_are_one_run() {
        let early = ScheduledRun { at: HOUR - 5, ..run(HOUR, RunOutcome::Unchanged) };
        assert_eq!(hourly().after_run(early).due, Some(2 * HOUR));
        let late = ScheduledRun { at: 9 * HOUR, ..run(HOUR, RunOutcome::Unchanged) };
        assert_eq!(hourly().after_run(late).due, Some(10 * HOUR));
    }

    #[test]
    fn the_last_twenty_runs_are_remembered_the_latest_first() {
        let schedule =
            (1..30).fold(hourly(), |schedule, number| schedule.after_run(run(number * HOUR, RunOutcome::Unchanged)));
        let due: Vec<_> = schedule.runs.iter().map(|run| run.due / HOUR).collect();
        assert_eq!(due, (10..30).rev().collect::<Vec<_>>());
    }

    #[test]
    fn a_paused_schedule_is_in_no_index() {
        let paused = Schedule { paused: true, ..hourly() }.after_run(run(HOUR, RunOutcome::Unchanged));
        assert_eq!((paused.due, paused.item().contains_key("open")), (None, false));
        assert!(hourly().item().contains_key("open"));
    }
}
