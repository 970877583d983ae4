//! The findings of an import: errors and unknown names, gathered from its ledger pages for people.
//!
//! The findings are stored when the import settles, so a report costs about the same for imports of any length.
//! Findings hold the first errors, and among unknown names the names which sort first; a flag tells if there are more.
//! All findings lie in a single item, or in three items if a single item is too small. Before the import settles, the
//! first ledger pages are read instead.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use crate::import::Import;
use crate::ledger::{Chunk, Page, PageError};
use crate::services::Services;
use crate::store::packing::{packed, unpacked};
use crate::store::{StoreError, Write, keys};

/// The most errors in the findings; the counts of the import tell the full number.
pub const MOST_ERRORS: usize = 1000;
/// The most bytes of all errors, below the 400 KB which an item can hold.
const ERROR_BYTES: usize = 200_000;
/// The bytes of an error beside its texts: row, line, and the lengths of the texts.
const ERROR_FRAME: usize = 16;
/// The most bytes of all unknown users, and of all unknown projects.
const NAME_BYTES: usize = 300_000;
/// The most bytes of findings kept in a single item.
const ITEM_BYTES: usize = 350_000;
/// The parts of the keys under which unknown users and projects lie if a single item is too small.
const USERS: &str = "users";
const PROJECTS: &str = "projects";
/// The bytes of a name beside its text.
const NAME_FRAME: usize = 2;

/// The names which sort first among very many names, up to a bound in bytes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FirstNames {
    names: BTreeSet<String>,
    #[serde(skip)]
    bytes: usize,
    /// The lowest name for which there was no room, or `None` if all names fit.
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

    /// The names in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// The number of names kept, which excludes the names left out.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// `true` if no name is kept.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// The findings of an import, or of the ledger pages added so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// The first errors in the order of the rows.
    pub errors: Vec<PageError>,
    /// Users named by rows but unknown to the account, as spelt in the file.
    pub unknown_users: FirstNames,
    /// The number of rows which name an unknown user or no user at all.
    pub unknown_user_rows: u64,
    /// Projects named by rows which the account lacks and the import may not create.
    pub unknown_projects: FirstNames,
    /// The bytes of the errors so far.
    #[serde(skip)]
    error_bytes: usize,
    /// `true` if the stored findings leave out unknown users or projects.
    #[serde(skip)]
    more_names: bool,
}

impl Findings {
    /// Adds the errors and unknown names of the next ledger page.
    pub(crate) fn add(&mut self, page: Page) {
        for error in page.errors {
            let bytes = error.size() + ERROR_FRAME;
            if self.errors.len() == MOST_ERRORS || self.error_bytes + bytes > ERROR_BYTES {
                // Later errors stay out too, even short errors, because the list is a list of the first errors.
                self.error_bytes = ERROR_BYTES;
                break;
            }
            self.error_bytes += bytes;
            self.errors.push(error);
        }
        let unknown = page.glance.into_unknown();
        unknown.users.into_iter().for_each(|name| self.unknown_users.add(name));
        self.unknown_user_rows += u64::from(unknown.user_rows);
        unknown.projects.into_iter().for_each(|name| self.unknown_projects.add(name));
    }

    /// `true` if there are more unknown users or projects than the findings name.
    pub fn has_more_names(&self) -> bool {
        self.more_names || self.unknown_users.left_out.is_some() || self.unknown_projects.left_out.is_some()
    }

    /// The writes which store the findings, or no writes if nothing was found.
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
            return vec![head(all, false).in_round(import.round)];
        }
        let names = |which, names: &FirstNames| {
            let key = keys::found_apart(account, id, which);
            Write::update(key, "SET #names = :names").bind_attribute(":names", blob(packed(names)))
        };
        // The head is written last, so the items to which the head leads exist.
        let apart = [names(USERS, &self.unknown_users), names(PROJECTS, &self.unknown_projects)];
        let none = FirstNames::default;
        let rest = Self { unknown_users: none(), unknown_projects: none(), ..self };
        apart.into_iter().chain([head(packed(&rest), true)]).map(|write| write.in_round(import.round)).collect()
    }

    /// The present findings of an import; until the import settles, only the first ledger pages are considered.
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
        let (items, _) = services.store.page(&import.all_chunks()).await?;
        for item in items {
            Chunk::decode(item)?.page.into_iter().for_each(|page| found.add(page));
        }
        Ok(found)
    }
}

async fn names_apart(services: &Services, import: &Import, which: &str) -> Result<FirstNames, StoreError> {
    let item = services.store.get(&keys::found_apart(import.account, import.id, which)).await?;
    match item.as_ref().and_then(|item| item.get("names")) {
        Some(AttributeValue::B(names)) => unpacked(names.as_ref()),
        _ => Err(StoreError::Shape("findings without their names".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{ChunkGlance, EntriesGlance};

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
