//! Files that look like time entries of a format we read and are not, told by their headers.
//!
//! Naming them helps more than a list of missing columns: whoever sees "Clockify" knows at once which
//! file they took.

use super::dates;
use super::headers::Headers;

/// What a header is known to be.
struct LookAlike {
    name: &'static str,
    is: fn(&Headers) -> bool,
}

const LOOK_ALIKES: [LookAlike; 9] = [
    LookAlike {
        name: "Clockify's detailed report",
        is: |headers| headers.has("duration (h)") || headers.has("duration (decimal)"),
    },
    LookAlike {
        name: "a timesheet of Basecamp 3 or 4",
        is: |headers| all(headers, &["date", "person", "hours"]) && any(headers, &["item", "created", "recording"]),
    },
    LookAlike {
        name: "a list of Jira worklogs",
        is: |headers| {
            any(headers, &["ticket no", "issue key", "key"])
                && any(headers, &["timespent", "time spent", "time spent (h)", "time spent (seconds)"])
        },
    },
    LookAlike {
        name: "a list of projects",
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
        is: |headers| headers.has("start") && any(headers, &["stop", "end"]) && !headers.has("duration"),
    },
    LookAlike {
        name: "a weekly pivot, with a column for each day",
        is: |headers| headers.keys().filter(|key| is_day(key)).count() >= 5,
    },
    LookAlike {
        name: "a list of timesheets with both hours and minutes spent",
        is: |headers| all(headers, &["start time", "hours", "time spent", "owner"]),
    },
    LookAlike {
        name: "a list of clients",
        is: |headers| {
            any(headers, &["client", "client name", "name", "organization"])
                && any(headers, &["address", "phone", "street", "work phone"])
                && !any(headers, &["duration", "hours", "minutes"])
        },
    },
    LookAlike {
        name: "a summary, without a date for each entry",
        is: |headers| {
            any(headers, &["duration", "hours", "minutes", "total hours", "registered time", "time (h)"])
                && any(headers, &["project", "client", "task", "user", "person", "tag"])
                && !headers.keys().any(|key| key.contains("date") || key.contains("day") || key == "start")
        },
    },
];

/// The name of what a header looks like.
pub(super) fn name(headers: &Headers) -> Option<&'static str> {
    LOOK_ALIKES.iter().find(|other| (other.is)(headers)).map(|other| other.name)
}

fn any(headers: &Headers, keys: &[&str]) -> bool {
    keys.iter().any(|key| headers.has(key))
}

fn all(headers: &Headers, keys: &[&str]) -> bool {
    keys.iter().all(|key| headers.has(key))
}

fn is_day(key: &str) -> bool {
    let word = key.split(|letter: char| !letter.is_alphabetic()).next().unwrap_or_default();
    dates::read(key).is_some() || dates::is_weekday(word)
}
