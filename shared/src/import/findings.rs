//! What the rows of an import have to say to people, gathered from its ledger pages.
//!
//! When the import settles its findings are kept as one item, if there are any; so the report of an import costs the
//! same whatever its length. Only where a file names more unknown people or projects than the item takes are the pages
//! read again.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::Import;
use crate::id::ChunkNo;
use crate::ledger::{Chunk, Page, PageError, packed, unpacked};
use crate::services::Services;
use crate::store::{StoreError, Write, keys};

/// At most so many errors are listed; the counts say how many there are.
const MOST_ERRORS: usize = 1000;
/// How large the errors, and the names of each kind, may be in the item, in bytes: it has at most 400 KB.
const MOST_BYTES: usize = 100_000;

/// The findings of an import.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Findings {
    /// The first errors, in the order of the rows.
    pub errors: Vec<PageError>,
    /// Users that nobody knows.
    pub unknown_users: BTreeSet<String>,
    /// Rows that name them, or no user at all.
    pub unknown_user_rows: u64,
    /// Projects that were not to be made.
    pub unknown_projects: BTreeSet<String>,
}

impl Findings {
    /// Adds what the next page says.
    pub(super) fn add(&mut self, page: Page) {
        let room = MOST_ERRORS - self.errors.len();
        self.errors.extend(page.errors.into_iter().take(room));
        self.unknown_users.extend(page.unknown_users);
        self.unknown_user_rows += u64::from(page.unknown_user_rows);
        self.unknown_projects.extend(page.unknown_projects);
    }

    /// The write that keeps them, if there is something to keep.
    pub(super) fn write(&self, import: &Import) -> Option<Write> {
        if *self == Self::default() {
            return None;
        }
        let errors: usize = self.errors.iter().map(PageError::size).sum();
        let names = |names: &BTreeSet<String>| names.iter().map(String::len).sum::<usize>();
        let fits = [errors, names(&self.unknown_users), names(&self.unknown_projects)].iter().all(|&n| n <= MOST_BYTES);
        let key = keys::findings(import.account, import.id);
        let blob = |kept: &Self| AttributeValue::B(Blob::new(packed(kept)));
        Some(match fits {
            true => Write::update(key, "SET #found = :found").bind_attribute(":found", blob(self)),
            false => Write::update(key, "SET #large = :true").bind(":true", true),
        })
    }

    /// The findings of an import as of now.
    pub async fn read(services: &Services, import: &Import) -> Result<Self, StoreError> {
        if import.tally.is_some() {
            let kept = services.store.get(&keys::findings(import.account, import.id)).await?;
            match kept.map(|item| item.get("found").cloned()) {
                None => return Ok(Self::default()),
                Some(Some(AttributeValue::B(found))) => return unpacked(found.as_ref()),
                Some(_) => {}
            }
        }
        let mut found = Self::default();
        let mut pages =
            services.store.pages(keys::chunks(import.account, import.id, ChunkNo(0), ChunkNo(import.chunk_count())));
        while let Some(items) = pages.next().await? {
            for item in items {
                Chunk::decode(item)?.page.into_iter().for_each(|page| found.add(page));
            }
        }
        Ok(found)
    }
}
