//! The names in a chunk's rows, deduplicated.

use std::collections::{BTreeMap, HashMap};

use crate::entries::parsed::NamedPerson;
use crate::entries::parsed::{ParsedRow, PersonKey};
use crate::format::EntryRow;
use crate::id::ThingId;
use crate::things::names::{normal, tidy};
use crate::things::spelling::keep_first;

/// The clients, projects and tags named by a chunk's rows: normalised names, each with the spelling to be shown.
#[derive(Default)]
pub struct Names {
    pub clients: BTreeMap<String, String>,
    pub projects: BTreeMap<(String, String), String>,
    pub tags: BTreeMap<String, String>,
}

impl Names {
    /// Collects the names. A row which is skipped for want of a user contributes neither project nor tags.
    pub fn of(rows: &[ParsedRow<'_>], people: &HashMap<PersonKey, NamedPerson>, fallback: Option<ThingId>) -> Self {
        let mut names = Self::default();
        for entry in entries(rows) {
            let person = people.get(&PersonKey::of(&entry.person));
            if person.and_then(|person| owner(person, fallback)).is_none() {
                continue;
            }
            if let Some(project) = &entry.project {
                let client = entry.client.as_deref().map(normal).unwrap_or_default();
                if let Some(name) = &entry.client {
                    keep_first(&mut names.clients, client.clone(), tidy(name));
                }
                keep_first(&mut names.projects, (client, normal(project)), tidy(project));
            }
            for tag in &entry.tags {
                keep_first(&mut names.tags, normal(&tag.name), tidy(&tag.name));
            }
        }
        names
    }
}

pub fn entries<'a, 'r>(rows: &'a [ParsedRow<'r>]) -> impl Iterator<Item = &'a EntryRow<'r>> {
    rows.iter().filter(|row| !row.duplicate).filter_map(|row| row.entry.as_ref().ok())
}

/// The user who gets the entries of rows with this person, or `None` if the rows are skipped or fail.
pub fn owner(person: &NamedPerson, fallback: Option<ThingId>) -> Option<ThingId> {
    match person {
        NamedPerson::Known(user) => Some(*user),
        NamedPerson::Unknown => fallback,
        NamedPerson::Ambiguous(_) => None,
    }
}
