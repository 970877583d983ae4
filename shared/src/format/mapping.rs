//! A mapping, by which the caller names the field of each column so that any table can be read.
//!
//! A mapping is the way out of a refusal. A file without a known format is still a table, and its owner knows the
//! meaning of the columns. A mapping names columns as the header does, compared without regard to case, blanks around
//! the name and a question mark at the end, and gives a field for each.
//!
//! The mapping decides the meaning of a column and nothing about its cells. The order of dates, the decimal mark and
//! the like are decided by the file or refused, as in any format. Columns without a field are kept with the entry.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::columns::Role;

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

/// Each field with its accepted names, the preferred name first.
const FIELDS: [(Field, &[&str]); 22] = [
    (Field::Date, &["date", "start_date"]),
    (Field::Start, &["start", "start_time"]),
    (Field::End, &["end", "end_time", "stop"]),
    (Field::EndDate, &["end_date"]),
    (Field::Duration, &["duration"]),
    (Field::Hours, &["hours"]),
    (Field::Minutes, &["minutes"]),
    (Field::Seconds, &["seconds"]),
    (Field::Person, &["person", "name", "user"]),
    (Field::FirstName, &["first_name"]),
    (Field::LastName, &["last_name"]),
    (Field::Email, &["email", "e-mail"]),
    (Field::Client, &["client"]),
    (Field::Project, &["project"]),
    (Field::Task, &["task"]),
    (Field::Text, &["text", "description", "notes"]),
    (Field::Tags, &["tags"]),
    (Field::Billable, &["billable"]),
    (Field::Invoiced, &["invoiced"]),
    (Field::Rate, &["rate"]),
    (Field::Amount, &["amount"]),
    (Field::Currency, &["currency"]),
];

/// The fields which hold the duration of an entry.
const DURATIONS: [Field; 4] = [Field::Duration, Field::Hours, Field::Minutes, Field::Seconds];

impl Field {
    /// The name of the field in options and results, for example `end_date`.
    pub fn name(self) -> &'static str {
        FIELDS.iter().find(|(field, _)| *field == self).map_or("", |(_, names)| names[0])
    }

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

impl FromStr for Field {
    type Err = WrongMapping;

    fn from_str(name: &str) -> Result<Self, WrongMapping> {
        let word = name.trim().to_ascii_lowercase().replace([' ', '-'], "_").replace("e_mail", "e-mail");
        let found = FIELDS.iter().find(|(_, names)| names.contains(&word.as_str()));
        found.map(|(field, _)| *field).ok_or_else(|| WrongMapping::UnknownField(name.to_owned()))
    }
}

/// The reason why a mapping is invalid for any file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongMapping {
    #[error("unknown field {0:?}: known are {known}", known = FIELDS.map(|(field, _)| field.name()).join(", "))]
    UnknownField(String),
    #[error("{field} is said of two columns, {first:?} and {second:?}")]
    FieldTwice { field: Field, first: String, second: String },
    #[error("the column {0:?} is named twice")]
    ColumnTwice(String),
    #[error("a column without a name cannot be mapped")]
    Nameless,
    #[error("it names no column")]
    Empty,
}

/// The field of each column, by the column's name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Mapping(BTreeMap<String, Field>);

impl Mapping {
    /// Creates a mapping from pairs of a column name and a field name.
    pub fn new(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self, WrongMapping> {
        let mut fields = BTreeMap::new();
        for (column, field) in pairs {
            let (column, field) = (column.trim().to_owned(), field.parse()?);
            if column.is_empty() {
                return Err(WrongMapping::Nameless);
            }
            if let Some((first, _)) = fields.iter().find(|(_, other)| **other == field) {
                return Err(WrongMapping::FieldTwice { field, first: String::clone(first), second: column });
            }
            if fields.insert(column.clone(), field).is_some() {
                return Err(WrongMapping::ColumnTwice(column));
            }
        }
        if fields.is_empty() { Err(WrongMapping::Empty) } else { Ok(Self(fields)) }
    }

    /// The name of each column with the name of its field.
    pub fn columns(&self) -> BTreeMap<String, String> {
        self.0.iter().map(|(column, field)| (column.clone(), field.name().to_owned())).collect()
    }

    /// The name of each column with its field.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&String, &Field)> {
        self.0.iter()
    }

    /// Reasons for a refusal: fields which an entry needs and which are not mapped,
    /// and durations which are mapped twice.
    pub(super) fn lacks(&self) -> Vec<String> {
        let has = |field: Field| self.0.values().any(|other| *other == field);
        let durations: Vec<&str> = DURATIONS.into_iter().filter(|&field| has(field)).map(Field::name).collect();
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
