//! The plans of a chunk's rows as stored: written by the join, read once by the loader of the chunk.
//!
//! Plans lie in items of their own, because the chunk's item is written again with each claim. Each run of the join writes an
//! **edition** of its own, and the transition which starts the load pins the edition in the import. So a second parser which is
//! late changes nothing that a loader reads.
//!
//! | effect | trace | who removes the items |
//! |---|---|---|
//! | plans of a chunk | their partition, computed from import and chunk | the undo of the chunk; else their lifetime ends |
//! | plans of an edition which was never pinned | the same | the same |
//!
//! Items that expire cost nothing, so an import which settles leaves its plans to their lifetime.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ChunkNo, ImportId, RecordId};
use crate::import::Import;
use crate::profiles::planned::{Act, RowPlan};
use crate::services::Services;
use crate::store::keys::{self, Key};
use crate::store::packing::{packed, unpacked};
use crate::store::{Item, StoreError, Table};

/// The bytes beyond which a block takes no further plan. A plan has some ten bytes, and with gathered cells more.
const BLOCK_BYTES: usize = 60_000;
/// The time after which plans expire, in seconds: longer than an import may take from its plan to its last chunk.
const LIFETIME: i64 = 30 * 24 * 3600;

/// The place of the plans of a chunk's rows.
#[derive(Clone, Debug)]
pub struct JoinNotes {
    pub account: AccountId,
    pub import: ImportId,
    pub chunk: ChunkNo,
    /// The run of the join, as eight or more hexadecimal digits; `None` for an import which was not joined.
    pub edition: Option<String>,
}

impl JoinNotes {
    /// The plans of a chunk by which the import is loaded.
    pub fn of(import: &Import, chunk: ChunkNo) -> Self {
        let edition = import.joined.as_ref().and_then(|joined| joined.edition.clone());
        Self { account: import.account, import: import.id, chunk, edition }
    }

    /// Reads the plans by the offsets of their rows in the chunk. A row without a plan acts, and has no match.
    pub async fn read(&self, services: &Services) -> Result<BTreeMap<u32, RowPlan>, StoreError> {
        let mut plans = BTreeMap::new();
        let Some(edition) = &self.edition else { return Ok(plans) };
        let query = keys::row_plans_of(self.account, self.import, self.chunk, edition);
        let mut pages = services.store.pages(query);
        while let Some(items) = pages.next().await? {
            for item in &items {
                for (offset, plan) in plans_of(item)? {
                    merge(plans.entry(offset).or_default(), plan);
                }
            }
        }
        Ok(plans)
    }

    /// Packs plans, ascending by the offsets of their rows, into the items of a share. Plans of a row in several shares add
    /// up.
    pub fn items(&self, share: u64, plans: &[(u32, RowPlan)], now_ms: i64) -> Vec<(Table, Item)> {
        let Some(edition) = &self.edition else { return Vec::new() };
        let item = |(block, plans): (usize, Vec<StoredPlan>)| {
            let key = keys::row_plans(self.account, self.import, self.chunk, edition, (share, block));
            let mut item = key.attributes();
            item.insert("plans".to_owned(), AttributeValue::B(Blob::new(packed(&plans))));
            item.insert("expires".to_owned(), AttributeValue::N((now_ms / 1000 + LIFETIME).to_string()));
            (Table::Imports, item)
        };
        blocks(plans).into_iter().enumerate().map(item).collect()
    }

    /// Writes the plans of a share. A second call leaves the same items.
    pub async fn write(&self, services: &Services, share: u64, plans: &[(u32, RowPlan)]) -> Result<(), StoreError> {
        services.store.put_all(self.items(share, plans, services.clock.now_ms())).await
    }

    /// Removes the plans of the chunk's rows of every run. A second call changes nothing.
    pub async fn erase(&self, services: &Services) -> Result<(), StoreError> {
        let query = keys::all_row_plans(self.account, self.import, self.chunk).keys_only();
        let items = services.store.all(query).await?;
        services.store.delete_all(items.iter().map(|item| Key::of(Table::Imports, item)).collect()).await
    }
}

/// Adds what a further share has found for a row.
fn merge(plan: &mut RowPlan, found: RowPlan) {
    if found.act != Act::Acts {
        plan.act = found.act;
    }
    plan.profiles.extend(found.profiles);
    plan.subprofiles.extend(found.subprofiles);
    plan.gathered.extend(found.gathered);
    plan.gathered_interests.extend(found.gathered_interests);
}

/// A plan as packed. Ids are differences from the id before, which is the first profile of the row before where there is none.
#[derive(Serialize, Deserialize)]
struct StoredPlan {
    offset: u32,
    act: Act,
    profiles: Vec<i64>,
    subprofiles: Vec<i64>,
    gathered: Vec<(u64, String)>,
    interests: Vec<(u64, bool)>,
}

/// The differences of ascending ids, the first of them from `last`, which becomes the first id.
fn differences(ids: &[RecordId], last: &mut u64) -> Vec<i64> {
    let mut before = *last;
    *last = ids.first().map_or(*last, |id| id.0);
    ids.iter().map(|id| id.0.wrapping_sub(std::mem::replace(&mut before, id.0)).cast_signed()).collect()
}

/// The ids of which [`differences`] made the differences.
fn ids(differences: Vec<i64>, last: &mut u64) -> Vec<RecordId> {
    let mut id = *last;
    let ids: Vec<RecordId> = differences
        .into_iter()
        .map(|difference| {
            id = id.wrapping_add(difference.cast_unsigned());
            RecordId(id)
        })
        .collect();
    *last = ids.first().map_or(*last, |id| id.0);
    ids
}

fn blocks(plans: &[(u32, RowPlan)]) -> Vec<Vec<StoredPlan>> {
    let mut blocks: Vec<Vec<StoredPlan>> = Vec::new();
    let (mut bytes, mut profile, mut subprofile) = (usize::MAX, 0, 0);
    for (offset, plan) in plans {
        if bytes >= BLOCK_BYTES {
            blocks.push(Vec::new());
            (bytes, profile, subprofile) = (0, 0, 0);
        }
        let stored = StoredPlan {
            offset: *offset,
            act: plan.act,
            profiles: differences(&plan.profiles, &mut profile),
            subprofiles: differences(&plan.subprofiles, &mut subprofile),
            gathered: plan.gathered.clone(),
            interests: plan.gathered_interests.clone(),
        };
        bytes += packed(&stored).len();
        blocks.last_mut().expect("a block was begun").push(stored);
    }
    blocks
}

fn plans_of(item: &Item) -> Result<Vec<(u32, RowPlan)>, StoreError> {
    let Some(AttributeValue::B(block)) = item.get("plans") else {
        return Err(StoreError::Shape("a block without plans of rows".to_owned()));
    };
    let (mut profile, mut subprofile) = (0, 0);
    let plan = |stored: StoredPlan| {
        let plan = RowPlan {
            act: stored.act,
            profiles: ids(stored.profiles, &mut profile),
            subprofiles: ids(stored.subprofiles, &mut subprofile),
            gathered: stored.gathered,
            gathered_interests: stored.interests,
        };
        (stored.offset, plan)
    };
    Ok(unpacked::<Vec<StoredPlan>>(block.as_ref())?.into_iter().map(plan).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Row;

    fn notes() -> JoinNotes {
        let (account, import, chunk) = (AccountId(1), ImportId(2), ChunkNo(3));
        JoinNotes { account, import, chunk, edition: Some("0123abcd".to_owned()) }
    }

    #[test]
    fn plans_come_out_of_their_items_as_they_went_in() -> Result<(), StoreError> {
        let ids = |ids: &[u64]| ids.iter().copied().map(RecordId).collect::<Vec<_>>();
        let plans = vec![
            (0, RowPlan { profiles: ids(&[8_907_199_000_000_001, 8_907_199_000_000_007]), ..RowPlan::default() }),
            (1, RowPlan { act: Act::YieldsTo(Row(9_001)), ..RowPlan::default() }),
            (
                2,
                RowPlan {
                    profiles: ids(&[7_000_000_001]),
                    subprofiles: ids(&[5, 9_000_000_001]),
                    ..RowPlan::default()
                },
            ),
            (
                999,
                RowPlan {
                    act: Act::Follows(Row(1)),
                    gathered: vec![(17, "Ada".to_owned())],
                    gathered_interests: vec![(5, true)],
                    ..RowPlan::default()
                },
            ),
        ];
        let items = notes().items(4, &plans, 1_700_000_000_000);
        let read: Vec<_> = items.iter().map(|(_, item)| plans_of(item)).collect::<Result<Vec<_>, _>>()?.concat();
        assert_eq!(read, plans);
        let key = Key::of(Table::Imports, &items[0].1);
        assert_eq!((key.pk.as_str(), key.sk.as_str()), ("A#1#I#2#plans#3", "0123abcd#00004.00000"));
        Ok(())
    }

    #[test]
    fn a_chunk_of_matched_rows_takes_less_than_nine_bytes_a_row_and_long_cells_take_several_items()
    -> Result<(), StoreError> {
        let matched = |offset: u32| {
            let id = RecordId(3_000_000_001 + u64::from(offset) * 7);
            (offset, RowPlan { profiles: vec![id], ..RowPlan::default() })
        };
        let plans: Vec<_> = (0..1000).map(matched).collect();
        let items = notes().items(0, &plans, 0);
        let bytes = |item: &Item| item["plans"].as_b().map_or(0, |bytes| bytes.as_ref().len());
        assert_eq!(items.len(), 1);
        assert!(bytes(&items[0].1) < 9_000, "{}", bytes(&items[0].1));
        let long = "x".repeat(1_000);
        let gathered = |offset| (offset, RowPlan { gathered: vec![(1, long.clone())], ..matched(offset).1 });
        let plans: Vec<_> = (0..300).map(gathered).collect();
        let items = notes().items(0, &plans, 0);
        assert!(items.len() > 4 && items.iter().all(|(_, item)| bytes(item) < BLOCK_BYTES + 2_000));
        let read: Vec<_> = items.iter().map(|(_, item)| plans_of(item)).collect::<Result<Vec<_>, _>>()?.concat();
        assert_eq!(read, plans);
        Ok(())
    }

    #[test]
    fn the_shares_of_a_row_add_up() {
        let mut plan = RowPlan { profiles: vec![RecordId(3)], ..RowPlan::default() };
        let act = Act::Follows(Row(2));
        merge(&mut plan, RowPlan { gathered: vec![(1, "a".to_owned())], ..RowPlan::default() });
        merge(&mut plan, RowPlan { act, subprofiles: vec![RecordId(4)], ..RowPlan::default() });
        let gathered = vec![(1, "a".to_owned())];
        let (profiles, subprofiles) = (vec![RecordId(3)], vec![RecordId(4)]);
        assert_eq!(plan, RowPlan { act, profiles, subprofiles, gathered, gathered_interests: Vec::new() });
    }
}
