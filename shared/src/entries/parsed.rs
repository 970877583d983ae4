//! The rows of a chunk after parsing, and the users, projects and tags to which the names in the rows resolve.

use std::collections::HashMap;

use crate::format::{self, EntryRow, Fingerprint};
use crate::id::{Row, ThingId};
use crate::table::RowError;
use crate::things::names::normal;
use crate::things::user::normal_email;

/// A row of the file after parsing.
pub struct ParsedRow<'a> {
    /// The 1-based number of the data row within the file.
    pub row: Row,
    /// The physical line of the file on which the row begins.
    pub line: u64,
    /// The hash of the row's content, by which duplicates are found, or `None` if the row could not be parsed.
    pub fingerprint: Option<Fingerprint>,
    /// `true` if the plan found the same row among the account's standing entries.
    pub duplicate: bool,
    /// The fields of the row, or the reason why a cell could not be parsed.
    pub entry: Result<EntryRow<'a>, RowError>,
}

/// The key by which a person in a row is looked up: the e-mail address, else the full name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PersonKey {
    /// The row names no person.
    Nobody,
    /// The e-mail address in lower case.
    Email(String),
    /// The full name, normalised, if the row has no address.
    Name(String),
}

impl PersonKey {
    /// The key of the person in a row.
    pub fn of(person: &format::RowPerson<'_>) -> Self {
        match (person.email.as_deref(), person.name.as_deref()) {
            (Some(email), _) => Self::Email(normal_email(email)),
            (None, Some(name)) => Self::Name(normal(name)),
            (None, None) => Self::Nobody,
        }
    }
}

/// The users, projects and tags to which a chunk's names resolve.
#[derive(Default)]
pub struct Named {
    /// The persons named by the rows.
    pub people: HashMap<PersonKey, NamedPerson>,
    /// Projects by client and name, both normalised, or `None` for an unknown project which the import may not make.
    pub projects: HashMap<(String, String), Option<ThingId>>,
    /// Tags by normalised name.
    pub tags: HashMap<String, ThingId>,
}

/// The users to whom a person in a row resolves.
#[derive(Clone, Debug, PartialEq)]
pub enum NamedPerson {
    /// Exactly this user.
    Known(ThingId),
    /// No user of the account has the address or name.
    Unknown,
    /// Several users share the name.
    Ambiguous(Vec<ThingId>),
}
