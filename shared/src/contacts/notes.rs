//! The plans of a chunk's rows, for imports that change people who stand: written by the join, read by the loader of the
//! chunk.
//!
//! A plan tells which person a row has found by the address, or which later row acts in place of the row. Each run of the join
//! writes an **edition** of its own, and the transition which starts the load pins the edition in the import, so a second
//! parser which is late changes nothing that a loader reads.
//!
//! | effect | trace | who removes the items |
//! |---|---|---|
//! | plans of a chunk | their partition, computed from import and chunk | the undo of the chunk; else their lifetime ends |
//! | plans of an edition which was never pinned | the same | the same |

use std::collections::BTreeMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ChunkNo, ImportId, RecordId, Row};
use crate::import::Import;
use crate::services::Services;
use crate::store::keys::{self, Key};
use crate::store::packing::{packed, unpacked};
use crate::store::{Item, StoreError, Table};

/// The time after which plans expire, in seconds: longer than an import may take from its plan to its last chunk.
const LIFETIME: i64 = 30 * 24 * 3600;
/// The most plans in an item. A plan has some ten bytes.
const PLANS_AN_ITEM: usize = 5_000;

/// What the join found for a row of a person. A row for which the join noted nothing creates a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContactPlan {
    /// The person has the address of the row.
    Meets(RecordId),
    /// A later row of the file has the same address and acts; the row is skipped and names that row.
    YieldsTo(Row),
}

/// The place of the plans of a chunk's rows.
#[derive(Clone, Debug)]
pub struct ContactNotes {
    account: AccountId,
    import: ImportId,
    chunk: ChunkNo,
    /// The run of the join; `None` for an import which has no plans.
    edition: Option<String>,
}

impl ContactNotes {
    /// The plans of a chunk by which the import is loaded.
    pub fn of(import: &Import, chunk: ChunkNo) -> Self {
        let edition = import.joined.as_ref().and_then(|joined| joined.edition.clone());
        Self { account: import.account, import: import.id, chunk, edition }
    }

    /// The plans which a run of the join writes.
    pub fn of_run(import: &Import, chunk: ChunkNo, edition: &str) -> Self {
        Self { account: import.account, import: import.id, chunk, edition: Some(edition.to_owned()) }
    }

    /// Reads the plans by the offsets of their rows in the chunk.
    pub async fn read(&self, services: &Services) -> Result<BTreeMap<u32, ContactPlan>, StoreError> {
        let mut plans = BTreeMap::new();
        let Some(edition) = &self.edition else { return Ok(plans) };
        let query = keys::row_plans_of(self.account, self.import, self.chunk, edition);
        let mut pages = services.store.pages(query);
        while let Some(items) = pages.next().await? {
            for item in &items {
                plans.extend(plans_of(item)?);
            }
        }
        Ok(plans)
    }

    /// Packs the plans of a share of the file, by the offsets of their rows, into items.
    pub fn items(&self, share: u64, plans: &[(u32, ContactPlan)], now_ms: i64) -> Vec<(Table, Item)> {
        let Some(edition) = &self.edition else { return Vec::new() };
        let item = |(block, plans): (usize, &[(u32, ContactPlan)])| {
            let key = keys::row_plans(self.account, self.import, self.chunk, edition, (share, block));
            let mut item = key.attributes();
            item.insert("plans".to_owned(), AttributeValue::B(Blob::new(packed(&plans))));
            item.insert("expires".to_owned(), AttributeValue::N((now_ms / 1000 + LIFETIME).to_string()));
            (Table::Imports, item)
        };
        plans.chunks(PLANS_AN_ITEM).enumerate().map(item).collect()
    }

    /// Removes the plans of the chunk's rows of every run. A second call changes nothing.
    pub async fn erase(&self, services: &Services) -> Result<(), StoreError> {
        let query = keys::all_row_plans(self.account, self.import, self.chunk).keys_only();
        let items = services.store.all(query).await?;
        services.store.delete_all(items.iter().map(|item| Key::of(Table::Imports, item)).collect()).await
    }
}

fn plans_of(item: &Item) -> Result<Vec<(u32, ContactPlan)>, StoreError> {
    match item.get("plans") {
        Some(AttributeValue::B(plans)) => unpacked(plans.as_ref()),
        _ => Err(StoreError::Shape("an item of plans without plans of rows".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_come_out_of_their_items_as_they_went_in() -> Result<(), StoreError> {
        let (account, import, chunk) = (AccountId(1), ImportId(2), ChunkNo(3));
        let notes = ContactNotes { account, import, chunk, edition: Some("0123abcd".to_owned()) };
        let plan = |offset: u32| match offset % 3 {
            0 => (offset, ContactPlan::YieldsTo(Row(9_001))),
            _ => (offset, ContactPlan::Meets(RecordId(8_907_199_000_000_001 + u64::from(offset)))),
        };
        let plans: Vec<_> = (0..6_000).map(plan).collect();
        let items = notes.items(4, &plans, 1_700_000_000_000);
        let read = items.iter().map(|(_, item)| plans_of(item)).collect::<Result<Vec<_>, _>>()?.concat();
        assert_eq!((items.len(), read), (2, plans));
        let key = Key::of(Table::Imports, &items[1].1);
        assert_eq!((key.pk.as_str(), key.sk.as_str()), ("A#1#I#2#plans#3", "0123abcd#00004.00001"));
        let bytes = items[0].1["plans"].as_b().map_or(0, |bytes| bytes.as_ref().len());
        assert!(bytes < 60_000, "{bytes}");
        Ok(())
    }
}
