//! Changes of schedules that people make: new ones, other times, pauses, a run at once, and the deletion.
//!
//! Each change writes the whole item on the condition that its version is the one that was read, as a run does. A change that comes
//! while a run is under way wins: the run finds another version, reads the schedule again, and begins anew or leaves it alone.

use super::{Every, ImportOrder, Recurrence, Schedule, all, get};
use crate::id::{AccountId, ScheduleId};
use crate::queue::Message;
use crate::services::Services;
use crate::store::keys::Counter;
use crate::store::{Patience, StoreError, Write, keys, retry};

/// The most schedules of an account. Requests at the same moment may exceed the number by a few.
pub const MOST_SCHEDULES: usize = 100;
/// The message of the error after too many attempts of a change.
const KEPT_CHANGING: &str = "the schedule kept changing";

/// A schedule to be made.
#[derive(Clone, Debug)]
pub struct NewSchedule {
    /// The name, which is neither blank nor longer than 200 letters.
    pub name: String,
    /// The interval between two runs.
    pub every: Every,
    /// The time of the first run in milliseconds since 1970, or `None` for a first run at once.
    pub starts_at: Option<i64>,
    /// The name of a zone in the IANA database.
    pub time_zone: String,
    /// The order for each import.
    pub order: ImportOrder,
}

/// The members of a schedule that a person changes. `None` leaves the member as it is.
#[derive(Clone, Debug, Default)]
pub struct ScheduleChange {
    /// Another name, which is neither blank nor longer than 200 letters.
    pub name: Option<String>,
    /// Another interval.
    pub every: Option<Every>,
    /// Another time of the first run, in milliseconds since 1970.
    pub starts_at: Option<i64>,
    /// The name of another zone in the IANA database.
    pub time_zone: Option<String>,
    /// `true` to stop the schedule, `false` to let it go on.
    pub paused: Option<bool>,
}

/// Makes a schedule. `None` if the account has [`MOST_SCHEDULES`] already.
pub async fn create(services: &Services, account: AccountId, new: NewSchedule) -> Result<Option<Schedule>, StoreError> {
    if all(services, account).await?.len() >= MOST_SCHEDULES {
        return Ok(None);
    }
    let id = services.store.next_number(keys::counter(account, Counter::Schedules)).await?;
    let now = services.clock.now_ms();
    let NewSchedule { name, every, starts_at, time_zone, order } = new;
    let recurrence = Recurrence { every, starts_at: starts_at.unwrap_or(now), time_zone };
    let schedule = Schedule {
        account,
        id: ScheduleId(id),
        name,
        due: recurrence.after(now - 1),
        recurrence,
        order,
        paused: false,
        asked: false,
        reading_until: None,
        last_import: None,
        loaded_import: None,
        failures: 0,
        runs: Vec::new(),
        created_at: now,
        version: 1,
    };
    services.store.write(Write::put_item(keys::schedule(account, schedule.id), schedule.item()).when_absent()).await?;
    Ok(Some(schedule))
}

/// Changes a schedule. `None` for a number without a schedule. Other times, and the end of a pause, compute the next run anew and
/// forget the failures.
pub async fn change(
    services: &Services,
    account: AccountId,
    id: ScheduleId,
    wanted: &ScheduleChange,
) -> Result<Option<Schedule>, StoreError> {
    edited(services, account, id, |schedule| wanted.over(schedule, services.clock.now_ms())).await
}

/// Makes a run due at once, also of a paused schedule, and sends its message. `None` for a number without a schedule. A run that is
/// due already, or under way, becomes the run that was asked for.
pub async fn ask(services: &Services, account: AccountId, id: ScheduleId) -> Result<Option<Schedule>, StoreError> {
    let now = services.clock.now_ms();
    let asked = |schedule: Schedule| Schedule {
        due: schedule.due.filter(|&due| due <= now).or(Some(now)),
        asked: true,
        reading_until: None,
        ..schedule
    };
    let schedule = edited(services, account, id, asked).await?;
    if let Some(Schedule { due: Some(due), .. }) = schedule {
        let run = Message::Run { account, schedule: id, due };
        if let Err(error) = services.queues.send(&run).await {
            tracing::warn!(account = account.0, schedule = id.0, %error, "the message of a due schedule was not sent; the next sweep sends a new message");
        }
    }
    Ok(schedule)
}

/// Deletes a schedule, whose imports stay. `false` for a number without a schedule.
pub async fn remove(services: &Services, account: AccountId, id: ScheduleId) -> Result<bool, StoreError> {
    services.store.attempt(Write::delete(keys::schedule(account, id)).when_present()).await
}

async fn edited(
    services: &Services,
    account: AccountId,
    id: ScheduleId,
    edit: impl Fn(Schedule) -> Schedule,
) -> Result<Option<Schedule>, StoreError> {
    retry(Patience::new(), KEPT_CHANGING, || async {
        let Some(seen) = get(services, account, id).await? else { return Ok(Some(None)) };
        let next = edit(seen);
        let is_written = services.store.attempt(next.clone().replacing()).await?;
        Ok(is_written.then_some(Some(next)))
    })
    .await
}

impl ScheduleChange {
    fn over(&self, schedule: Schedule, now: i64) -> Schedule {
        let before = &schedule.recurrence;
        let recurrence = Recurrence {
            every: self.every.unwrap_or(before.every),
            starts_at: self.starts_at.unwrap_or(before.starts_at),
            time_zone: self.time_zone.clone().unwrap_or_else(|| before.time_zone.clone()),
        };
        let paused = self.paused.unwrap_or(schedule.paused);
        let name = self.name.clone().unwrap_or_else(|| schedule.name.clone());
        let has_new_times = self.every.is_some() || self.starts_at.is_some() || self.time_zone.is_some();
        if !has_new_times && paused == schedule.paused {
            return Schedule { name, ..schedule };
        }
        Schedule {
            name,
            due: recurrence.after(now - 1).filter(|_| !paused),
            recurrence,
            paused,
            asked: false,
            reading_until: None,
            failures: 0,
            ..schedule
        }
    }
}
