//! What the rows of an import have to say to people, gathered from its ledger pages.
//!
//! When the import settles its findings are kept, if there are any; so the report of an import costs about the same whatever
//! its length. They are the first errors, and of the names that nobody knows those that sort first; where there are more,
//! that is said. They lie in one item, or in three where one does not take them. Before that the first pages are read.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use crate::id::ChunkNo;
use crate::import::Import;
use crate::ledger::{Chunk, ChunkGlance, Page, PageError};
use crate::services::Services;
use crate::store::packing::{packed, unpacked};
use crate::store::{StoreError, Write, keys};

/// At most so many errors are listed; the counts say how many there are.
const MOST_ERRORS: usize = 1000;
/// How large all errors are at most, in bytes: an item has at most 400 KB.
const ERROR_BYTES: usize = 200_000;
/// What an error takes besides its texts: row, line, and the lengths of the texts.
const ERROR_FRAME: usize = 16;
/// How large the names of each kind are at most, in bytes.
const NAME_BYTES: usize = 300_000;
/// How large all of it is at most in one item.
const ITEM_BYTES: usize = 350_000;
/// Where unknown users and projects lie apart.
const USERS: &str = "users";
const PROJECTS: &str = "projects";
/// What a name takes besides its text.
const NAME_FRAME: usize = 2;

/// Names that sort first among many.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FirstNames {
    names: BTreeSet<String>,
    #[serde(skip)]
    bytes: usize,
    /// The first name that had no room.
    #[serde(skip)]
    left_out: Option<String>,
}

impl FirstNames {
    fn add(&mut self, name: String) {
        if self.left_out.as_ref().is_some_and(|left_out| *left_out <= name) || self.names.contains(&name) {
            return;
        }
        self.bytes += name.len() + NAME_FRAME;
        self.names.insert(name);
        while self.bytes > NAME_BYTES
            && let Some(last) = self.names.pop_last()
        {
            self.bytes -= last.len() + NAME_FRAME;
            self.left_out = Some(last);
        }
    }

    /// The names, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// The findings of an import.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// The first errors, in the order of the rows.
    pub errors: Vec<PageError>,
    /// Users that nobody knows.
    pub unknown_users: FirstNames,
    /// Rows that name them, or no user at all.
    pub unknown_user_rows: u64,
    /// Projects that were not to be made.
    pub unknown_projects: FirstNames,
    /// How large the errors are, in bytes.
    #[serde(skip)]
    error_bytes: usize,
    /// There are more users, or projects, that nobody knows.
    #[serde(skip)]
    more_names: bool,
}

impl Findings {
    /// Adds what the next page says.
    pub(crate) fn add(&mut self, page: Page) {
        for error in page.errors {
            let bytes = error.size() + ERROR_FRAME;
            if self.errors.len() == MOST_ERRORS || self.error_bytes + bytes > ERROR_BYTES {
                // Those behind it stay out as well: the list is of the first ones.
                self.error_bytes = ERROR_BYTES;
                break;
            }
            self.error_bytes += bytes;
            self.errors.push(error);
        }
        let ChunkGlance::Entries(entries) = page.glance;
        entries.unknown_users.into_iter().for_each(|name| self.unknown_users.add(name));
        self.unknown_user_rows += u64::from(entries.unknown_user_rows);
        entries.unknown_projects.into_iter().for_each(|name| self.unknown_projects.add(name));
    }

    /// Whether there are more unknown users or projects than are named.
    pub fn has_more_names(&self) -> bool {
        self.more_names || self.unknown_users.left_out.is_some() || self.unknown_projects.left_out.is_some()
    }

    /// The writes that keep them, if there is something to keep.
    pub(crate) fn writes(self, import: &Import) -> Vec<Write> {
        if self.errors.is_empty() && self.unknown_user_rows == 0 && self.unknown_projects.is_empty() {
            return Vec::new();
        }
        let blob = |found: Vec<u8>| AttributeValue::B(Blob::new(found));
        let (account, id, more) = (import.account, import.id, self.has_more_names());
        let all = packed(&self);
        let head = |found, apart| {
            Write::update(keys::findings(account, id), "SET #found = :found, #more = :more, #apart = :apart")
                .bind_attribute(":found", blob(found))
                .bind(":more", more)
                .bind(":apart", apart)
        };
        if all.len() <= ITEM_BYTES {
            return vec![head(all, false)];
        }
        let names = |which, names: &FirstNames| {
            let key = keys::found_names(account, id, which);
            Write::update(key, "SET #names = :names").bind_attribute(":names", blob(packed(names)))
        };
        // The head last: what it leads to is there.
        let apart = [names(USERS, &self.unknown_users), names(PROJECTS, &self.unknown_projects)];
        let none = FirstNames::default;
        let rest = Self { unknown_users: none(), unknown_projects: none(), ..self };
        apart.into_iter().chain([head(packed(&rest), true)]).collect()
    }

    /// The findings of an import as of now; before its end, what its first pages say.
    pub async fn read(services: &Services, import: &Import) -> Result<Self, StoreError> {
        if import.is_folded() {
            let kept = services.store.get(&keys::findings(import.account, import.id)).await?.unwrap_or_default();
            let Some(AttributeValue::B(found)) = kept.get("found") else {
                return Ok(Self::default());
            };
            let is = |name: &str| matches!(kept.get(name), Some(AttributeValue::Bool(true)));
            let mut found = Self { more_names: is("more"), ..unpacked(found.as_ref())? };
            if is("apart") {
                found.unknown_users = names_apart(services, import, USERS).await?;
                found.unknown_projects = names_apart(services, import, PROJECTS).await?;
            }
            return Ok(found);
        }
        let mut found = Self::default();
        let first = keys::chunks(import.account, import.id, ChunkNo(0), ChunkNo(import.chunk_count()));
        let (items, _) = services.store.page(&first).await?;
        for item in items {
            Chunk::decode(item)?.page.into_iter().for_each(|page| found.add(page));
        }
        Ok(found)
    }
}

async fn names_apart(services: &Services, import: &Import, which: &str) -> Result<FirstNames, StoreError> {
    let item = services.store.get(&keys::found_names(import.account, import.id, which)).await?;
    match item.as_ref().and_then(|item| item.get("names")) {
        Some(AttributeValue::B(names)) => unpacked(names.as_ref()),
        _ => Err(StoreError::Shape("findings without their names".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::EntriesGlance;

    fn page(names: impl Iterator<Item = u32>) -> Page {
        let unknown_users = names.map(|name| format!("somebody {name:07}")).collect();
        let glance = ChunkGlance::Entries(EntriesGlance { unknown_users, ..EntriesGlance::default() });
        Page { glance, ..Page::default() }
    }

    #[test]
    fn of_very_many_unknown_names_those_that_sort_first_are_kept_whatever_their_order() {
        let (mut forwards, mut backwards) = (Findings::default(), Findings::default());
        for thousand in 0..300 {
            forwards.add(page(thousand * 1000..(thousand + 1) * 1000));
            backwards.add(page((299 - thousand) * 1000..(300 - thousand) * 1000));
        }
        assert_eq!(forwards.unknown_users.names, backwards.unknown_users.names);
        assert!(forwards.has_more_names() && backwards.has_more_names());
        let names: Vec<_> = (0..forwards.unknown_users.len()).map(|name| format!("somebody {name:07}")).collect();
        assert!(forwards.unknown_users.iter().eq(names.iter().map(String::as_str)));
        assert!(names.len() > 4000 && packed(&forwards).len() < NAME_BYTES + 100, "{} names", names.len());
    }

    #[test]
    fn a_few_names_and_errors_are_all_kept() {
        let mut found = Findings::default();
        found.add(page(0..3));
        found.add(page(2..5));
        assert_eq!((found.unknown_users.len(), found.has_more_names()), (5, false));
        assert_eq!(unpacked::<Findings>(&packed(&found)).map(|found| found.unknown_users.len()).ok(), Some(5));
    }
}
