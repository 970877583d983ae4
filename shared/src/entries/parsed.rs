//! The rows of a chunk as they were parsed, and the users, projects and tags that their names stand for.

use std::collections::HashMap;

use crate::format::{self, EntryRow, Fingerprint, RowError};
use crate::id::{Row, ThingId};
use crate::things::names::normal;
use crate::things::user::normal_email;

/// A row as it was parsed.
pub struct ParsedRow<'a> {
    /// Its number.
    pub row: Row,
    /// The physical line where it begins.
    pub line: u64,
    /// What tells it from others, if it could be read.
    pub fingerprint: Option<Fingerprint>,
    /// It is there already.
    pub duplicate: bool,
    /// What it says.
    pub entry: Result<EntryRow<'a>, RowError>,
}

/// How a row names a person: its e-mail address, else the full name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonKey {
    /// Not at all.
    Nobody,
    /// By address, in lower case.
    Email(String),
    /// By name, normalised.
    Name(String),
}

impl PersonKey {
    /// The key of what a row says.
    pub fn of(person: &format::Person<'_>) -> Self {
        match (person.email.as_deref(), person.name.as_deref()) {
            (Some(email), _) => Self::Email(normal_email(email)),
            (None, Some(name)) => Self::Name(normal(name)),
            (None, None) => Self::Nobody,
        }
    }
}

/// What the names of a chunk mean.
#[derive(Default)]
pub struct Named {
    /// Whom the rows name.
    pub people: HashMap<PersonKey, Person>,
    /// Projects by client and name, both normalised; none: unknown, and not to be made.
    pub projects: HashMap<(String, String), Option<ThingId>>,
    /// Tags by name, normalised.
    pub tags: HashMap<String, ThingId>,
}

/// Whom a row's name means.
#[derive(Clone, Debug, PartialEq)]
pub enum Person {
    /// This user.
    Known(ThingId),
    /// Nobody here.
    Unknown,
    /// Several users.
    Ambiguous(Vec<ThingId>),
}
