//! The fields which a mapping of a table of time entries may give to columns.
//!
//! A mapping is the way out of a refusal. A file without a known format is still a table, and its owner knows the
//! meaning of the columns. The order of dates, the decimal mark and the like are decided by the file or refused, as in
//! any format. Columns without a field are kept with the entry.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::columns::Role;
use crate::table::{self, MappedField};

/// The field of each column of a table of time entries, by the column's name.
pub type Mapping = table::Mapping<Field>;

/// The meaning of a column in a mapped table; serialized in snake case, for example `end_date`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The day, alone or followed by a time of day.
    Date,
    /// The time of day, or date and time of day, at which the entry began.
    Start,
    /// The time of day, or date and time of day, at which the entry ended.
    End,
    /// The day of the end, if this day has a column of its own.
    EndDate,
    /// A duration which names its unit: `1:30:00`, `90 min`, `1.5 h`.
    Duration,
    /// A duration whose bare numbers count hours: `1.5`; `1:30` is an hour and a half.
    Hours,
    /// A duration whose bare numbers count minutes.
    Minutes,
    /// A duration whose bare numbers count seconds.
    Seconds,
    /// First and last name, or "Last, First", or an e-mail address.
    Person,
    FirstName,
    LastName,
    Email,
    Client,
    Project,
    Task,
    Text,
    /// Tags in a single cell, separated by commas.
    Tags,
    Billable,
    Invoiced,
    /// The amount of money for an hour.
    Rate,
    Amount,
    Currency,
}

impl MappedField for Field {
    const FIELDS: &'static [(Self, &'static [&'static str])] = &[
        (Self::Date, &["date", "start_date"]),
        (Self::Start, &["start", "start_time"]),
        (Self::End, &["end", "end_time", "stop"]),
        (Self::EndDate, &["end_date"]),
        (Self::Duration, &["duration"]),
        (Self::Hours, &["hours"]),
        (Self::Minutes, &["minutes"]),
        (Self::Seconds, &["seconds"]),
        (Self::Person, &["person", "name", "user"]),
        (Self::FirstName, &["first_name"]),
        (Self::LastName, &["last_name"]),
        (Self::Email, &["email", "e-mail"]),
        (Self::Client, &["client"]),
        (Self::Project, &["project"]),
        (Self::Task, &["task"]),
        (Self::Text, &["text", "description", "notes"]),
        (Self::Tags, &["tags"]),
        (Self::Billable, &["billable"]),
        (Self::Invoiced, &["invoiced"]),
        (Self::Rate, &["rate"]),
        (Self::Amount, &["amount"]),
        (Self::Currency, &["currency"]),
    ];
}

/// The fields which hold the duration of an entry.
const DURATIONS: [Field; 4] = [Field::Duration, Field::Hours, Field::Minutes, Field::Seconds];

impl Field {
    pub(super) fn role(self) -> Role {
        match self {
            Self::Date => Role::Date,
            Self::Start => Role::Start,
            Self::End => Role::End,
            Self::EndDate => Role::EndDate,
            Self::Duration => Role::Duration,
            Self::Hours => Role::Hours,
            Self::Minutes => Role::Minutes,
            Self::Seconds => Role::Seconds,
            Self::Person => Role::Person,
            Self::FirstName => Role::FirstName,
            Self::LastName => Role::LastName,
            Self::Email => Role::Email,
            Self::Client => Role::Client,
            Self::Project => Role::Project,
            Self::Task => Role::Task,
            Self::Text => Role::Text,
            Self::Tags => Role::Tags,
            Self::Billable => Role::Billable,
            Self::Invoiced => Role::Invoiced,
            Self::Rate => Role::Rate,
            Self::Amount => Role::Amount,
            Self::Currency => Role::Currency,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Mapping {
    /// Reasons for a refusal: fields which an entry needs and which are not mapped,
    /// and durations which are mapped twice.
    pub(super) fn lacks(&self) -> Vec<String> {
        let has = |field: Field| self.has(field);
        let durations: Vec<&str> = DURATIONS.into_iter().filter(|&field| has(field)).map(MappedField::name).collect();
        let mut reasons = Vec::new();
        if !has(Field::Date) && !has(Field::Start) {
            reasons.push("it names no date (a column for date, or for start if that holds the date)".to_owned());
        }
        if durations.is_empty() && !(has(Field::Start) && has(Field::End)) {
            reasons.push(
                "it names no duration (a column for duration, hours, minutes or seconds, or for both start and end)"
                    .to_owned(),
            );
        }
        // Hours, minutes and seconds may be parts of a duration; the cells decide.
        if durations.len() > 1 && has(Field::Duration) {
            reasons.push(format!("it names {} durations ({})", durations.len(), durations.join(", ")));
        }
        reasons
    }
}
