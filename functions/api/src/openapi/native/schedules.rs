//! The shapes of schedules.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use utoipa::ToSchema;

use super::create::ScheduledImport;
use super::imports::{Time, TypeWord};

/// A new schedule. A member which is not known is answered with 400 by its name.
#[derive(ToSchema)]
#[schema(as = NewSchedule)]
#[serde(deny_unknown_fields)]
pub struct ScheduleAsked {
    /// The name under which people know the schedule, of which blanks around are removed.
    #[schema(max_length = 200, pattern = r"\S", example = "Hours of the workshop")]
    name: String,
    /// The interval between two runs, as an ISO 8601 duration from 15 minutes to 366 days, either of hours and minutes, which are
    /// exact, or of days, weeks, months and years, which are counted by the calendar in `time_zone`.
    #[schema(example = "P1D")]
    every: String,
    /// The time of the first run, with an offset, in the years 2000 to 2099. By default the schedule runs at once. All later
    /// runs are computed from this time.
    #[schema(nullable = false, format = "date-time", example = "2026-03-01T08:00:00+01:00")]
    starts_at: Option<String>,
    /// The name of a zone in the IANA database, by default the zone of the account.
    #[schema(nullable = false, example = "Europe/Berlin")]
    time_zone: Option<String>,
    /// The order for the import of each run.
    import: ScheduledImport,
}

/// The members of a schedule to be changed. A member left out stays as it is, and any other member is answered with 400.
#[derive(ToSchema)]
#[schema(as = ScheduleChange)]
#[serde(deny_unknown_fields)]
pub struct ScheduleChanged {
    /// Another name, of which blanks around are removed.
    #[schema(nullable = false, max_length = 200, pattern = r"\S", example = "Hours of the workshop")]
    name: Option<String>,
    /// Another interval between two runs, in the form of a new schedule's `every`.
    #[schema(nullable = false, example = "PT6H")]
    every: Option<String>,
    /// Another time from which the runs are computed.
    #[schema(nullable = false, format = "date-time", example = "2026-03-01T08:00:00+01:00")]
    starts_at: Option<String>,
    /// The name of another zone in the IANA database.
    #[schema(nullable = false, example = "Europe/Berlin")]
    time_zone: Option<String>,
    /// True stops the schedule, and false lets it go on.
    #[schema(nullable = false)]
    paused: Option<bool>,
}

/// A schedule with its next and its last run.
#[derive(ToSchema)]
#[schema(as = Schedule)]
pub struct ScheduleShown {
    /// The number of the schedule within the account, from 1, which is never used again.
    id: u64,
    /// The name under which people know the schedule.
    name: String,
    /// The state of the schedule.
    state: ScheduleStateWord,
    /// The interval between two runs as an ISO 8601 duration.
    every: String,
    /// The time of the first run, from which all later ones are computed.
    starts_at: Time,
    /// The name of the zone by whose calendar days, weeks, months and years are counted.
    time_zone: String,
    /// The time of the next run, in the past for a run that is late or under way. `null` while the schedule is paused, unless a
    /// person asked for a run.
    #[schema(required)]
    next_at: Option<Time>,
    /// The last run that has ended, or `null` before the first.
    #[schema(required)]
    last_run: Option<RunShown>,
    /// The number of failed runs in a row. Busy runs between them do not count.
    failures: u64,
    /// The order for the import of each run.
    import: OrderShown,
    /// The time at which the schedule was made.
    created_at: Time,
}

/// The order for the imports of a schedule, without their options.
#[derive(ToSchema)]
#[schema(as = ImportOrder)]
struct OrderShown {
    /// The kind of the file's rows.
    r#type: TypeWord,
    /// The address of the file without its query, cut at 200 letters.
    location: String,
    /// The name under which people see the file.
    file_name: String,
    /// The note on each import, or `null` for imports without a note.
    #[schema(required)]
    note: Option<String>,
    /// The id of the user who makes the imports.
    user: u64,
}

/// A run of a schedule that has ended.
#[derive(ToSchema)]
#[schema(as = ScheduledRun)]
struct RunShown {
    /// The time for which the run was due.
    due_at: Time,
    /// The time at which the run ended.
    at: Time,
    /// The outcome of the run.
    outcome: RunOutcomeWord,
    /// The number of the import that the run made, or because of which the schedule was busy. `null` with any other outcome.
    #[schema(required)]
    import: Option<u64>,
    /// The reason for which the run failed, or `null` with any other outcome.
    #[schema(required)]
    reason: Option<String>,
}

/// The last 20 runs of a schedule.
#[derive(ToSchema)]
#[schema(as = ScheduledRuns)]
pub struct RunsShown {
    /// The runs, the latest first.
    runs: Vec<RunShown>,
}

/// The state of a schedule: `active` runs at its times, `paused` waits for a person, and `failing` has failed ten times in a row
/// and runs once a day at most, until a run succeeds.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = ScheduleState)]
enum ScheduleStateWord {
    Active,
    Paused,
    Failing,
}

/// The outcome of a run.
/// - `imported`: the file has changed, and the run made an import.
/// - `unchanged`: the file has not changed.
/// - `busy`: the last import of the schedule has not ended, and the address was not asked.
/// - `failed`: the file cannot be fetched, or the user or the database is gone.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case", as = RunOutcome)]
enum RunOutcomeWord {
    Imported,
    Unchanged,
    Busy,
    Failed,
}
