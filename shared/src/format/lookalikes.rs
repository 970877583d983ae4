//! Recognises files by their header which look like time entries in a known format and are not.
//!
//! The name of the program helps more than a list of missing columns: a person who reads "Clockify" knows at once
//! which file was exported. Some of these files have all columns which a known format needs, with other meanings.

use crate::table::Headers;
use crate::values::dates;

/// A known header of another program or of another kind of table.
struct LookAlike {
    name: &'static str,
    /// True if the header is refused even though the header has all columns of a format.
    first: bool,
    /// True if the rows are time entries, each with all of its hours.
    entries: bool,
    is: fn(&Headers) -> bool,
}

/// The first matching entry counts: programs come first, by columns which only they have, and kinds of tables follow.
/// The sources for the columns of each program are listed in `docs/formats.md`.
const LOOK_ALIKES: [LookAlike; 19] = [
    LookAlike {
        name: "Teamwork's time report",
        first: true,
        entries: true,
        is: |headers| {
            any(headers, &["is it billable"])
                || all(headers, &["date/time", "end date/time"])
                || all(headers, &["task list", "decimal hours"])
        },
    },
    LookAlike {
        name: "a timesheet report of QuickBooks Time (TSheets)",
        first: true,
        entries: true,
        is: |headers| {
            any(headers, &["jobcode", "jobcode 1", "local date", "local day", "local start time"])
                || all(headers, &["fname", "lname"])
        },
    },
    LookAlike {
        name: "time activities of QuickBooks",
        first: true,
        entries: true,
        is: |headers| {
            any(
                headers,
                &["product/service", "memo/description", "service item", "payroll item", "!timerhdr", "!timeact"],
            ) || all(headers, &["activity date", "duration"])
        },
    },
    LookAlike {
        name: "hours for Gusto's payroll",
        first: true,
        entries: false,
        is: |headers| {
            any(headers, &["gusto employee id", "missed break hours", "hours type"])
                || all(headers, &["hours", "hours 2", "notes 2"])
        },
    },
    LookAlike {
        name: "hours for ADP's payroll",
        first: true,
        entries: false,
        is: |headers| all(headers, &["co code", "file #"]) || all(headers, &["co code", "hours code"]),
    },
    LookAlike {
        name: "a report for payroll, with regular and overtime hours apart",
        first: true,
        entries: false,
        is: |headers| {
            let overtime = [
                "overtime hours",
                "overtime",
                "ot hours",
                "o/t hours",
                "double overtime hours",
                "double overtime",
                "double time hours",
            ];
            let regular = ["regular hours", "regular", "reg hours", "hours", "total hours", "total"];
            any(headers, &overtime) && any(headers, &regular)
        },
    },
    LookAlike {
        name: "a report for payroll, with the kind of hours in a column",
        first: true,
        entries: false,
        is: |headers| {
            any(
                headers,
                &[
                    "hours code",
                    "pay type",
                    "paytype",
                    "pay item",
                    "pay code",
                    "earning code",
                    "earnings code",
                    "earnings rate",
                ],
            )
        },
    },
    LookAlike {
        name: "Clockify's detailed report",
        first: true,
        entries: true,
        // The header follows the language of the account.
        is: |headers| {
            let duration = [
                "duration (h)",
                "duration (decimal)",
                "dauer (dezimal)",
                "dauer (dezimalzahl)",
                "durée (décimal)",
                "duración (decimal)",
                "duração (decimal)",
            ];
            any(headers, &duration) || all(headers, &["time (h)", "time (decimal)"])
        },
    },
    LookAlike {
        name: "Hubstaff's time report",
        first: true,
        entries: true,
        is: |headers| {
            all(headers, &["organization", "time zone", "member"]) || all(headers, &["total worked", "activity"])
        },
    },
    LookAlike {
        name: "Timely's report",
        first: true,
        entries: true,
        is: |headers| {
            any(headers, &["logged money", "planned money"]) || all(headers, &["logged hours", "budget spent"])
        },
    },
    LookAlike {
        name: "RescueTime's report",
        first: true,
        entries: false,
        is: |headers| {
            any(headers, &["time spent (seconds)"]) && any(headers, &["number of people", "productivity", "efficiency"])
        },
    },
    LookAlike {
        name: "Replicon's time entries",
        first: true,
        entries: true,
        is: |headers| any(headers, &["timesheetperioduri"]) || all(headers, &["entry date", "hours worked"]),
    },
    LookAlike {
        name: "a list of Jira worklogs",
        first: false,
        entries: true,
        is: |headers| {
            any(headers, &["ticket no", "issue key", "key"])
                && any(headers, &["timespent", "time spent", "time spent (h)", "time spent (seconds)"])
        },
    },
    LookAlike {
        name: "a list of projects",
        first: false,
        entries: false,
        is: |headers| {
            any(headers, &["budget", "budget by", "budget spent", "start date", "status", "active"])
                && any(headers, &["total hours", "budget", "estimate", "estimated hours"])
                && headers.has("project")
                && !any(headers, &["duration", "hours", "minutes"])
        },
    },
    LookAlike {
        name: "a list of start and end times without durations (as the `togglcsv` tool or Solidtime's \
               generic layout have them)",
        first: false,
        entries: true,
        is: |headers| headers.has("start") && any(headers, &["stop", "end"]) && !headers.has("duration"),
    },
    LookAlike {
        name: "a weekly pivot, with a column for each day",
        first: false,
        entries: false,
        is: |headers| headers.keys().filter(|key| is_day(key)).count() >= 5,
    },
    LookAlike {
        name: "a list of timesheets with both hours and minutes spent",
        first: false,
        entries: false,
        is: |headers| all(headers, &["start time", "hours", "time spent", "owner"]),
    },
    LookAlike {
        name: "a list of clients",
        first: false,
        entries: false,
        is: |headers| {
            any(headers, &["client", "client name", "name", "organization"])
                && any(headers, &["address", "phone", "street", "work phone"])
                && !any(headers, &["duration", "hours", "minutes"])
        },
    },
    LookAlike {
        name: "a summary, without a date for each entry",
        first: false,
        entries: false,
        is: |headers| {
            any(headers, &["duration", "hours", "minutes", "total hours", "registered time", "time (h)"])
                && any(headers, &["project", "client", "task", "user", "person", "tag"])
                && !headers.keys().any(|key| key.contains("date") || key.contains("day") || key == "start")
        },
    },
];

/// The name of the program or kind of table to which the header belongs; `None` if the header is not listed.
pub(super) fn name(headers: &Headers) -> Option<&'static str> {
    LOOK_ALIKES.iter().find(|other| (other.is)(headers)).map(|other| other.name)
}

/// The name of a program or kind of table whose header is refused even though the header has all columns of a format.
pub(super) fn before_formats(headers: &Headers) -> Option<&'static str> {
    LOOK_ALIKES.iter().find(|other| other.first && (other.is)(headers)).map(|other| other.name)
}

/// True if the header is known to belong to a table without time entries, or to entries
/// whose hours stand in several columns.
pub(super) fn are_no_entries(headers: &Headers) -> bool {
    LOOK_ALIKES.iter().any(|other| !other.entries && (other.is)(headers))
}

fn any(headers: &Headers, keys: &[&str]) -> bool {
    keys.iter().any(|key| has(headers, key))
}

fn all(headers: &Headers, keys: &[&str]) -> bool {
    keys.iter().all(|key| has(headers, key))
}

/// True if a column has this name, with separate words (`Service item`) or joined words (`service_item`).
fn has(headers: &Headers, name: &str) -> bool {
    headers.has(name) || headers.keys().any(|key| key.contains('_') && key.replace('_', " ") == name)
}

fn is_day(key: &str) -> bool {
    let word = key.split(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default();
    dates::read(key).is_some() || dates::is_weekday(word)
}
