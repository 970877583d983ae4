//! Prepares the merge of two tags by parting the tags: afterwards no entry has both.
//!
//! The totals of a tag are the sums over the references to the tag and to every tag merged into the tag. An entry with
//! two of these tags would count twice, so before a merge the merged tag is removed from entries with both tags.
//!
//! Glances of summaries and ledger pages rule out most chunks, and only the remaining chunks are read. Numbers of
//! chunks and entries are bounded, because a request has 29 seconds; a merge which would read or change more is refused
//! before any change. A request which dies midway has changed some of the entries, and does the rest when sent again.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::marks::each;
use super::{EditError, Rule};
use crate::concurrent::drained;
use crate::entries::Entry;
use crate::entries::by_hand::counts;
use crate::id::{AccountId, ChunkNo, EntryId, ImportId, ThingId};
use crate::import::Import;
use crate::ledger::{Chunk, ChunkState, Glance};
use crate::results::summary::Summary;
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{ITEMS_A_BATCH, StoreError, decode};
use crate::things::Thing;
use crate::things::reference::referrers;
use crate::things::retired::{Retirements, retirement};

/// The most chunks whose entries are read: about fifty read units for a thousand rows each.
pub const MOST_CHUNKS: usize = 1_000;
/// The most entries with both tags: about forty are changed in a transaction.
pub const MOST_SHARED: usize = 5_000;
/// The most chunks read at once.
const CHUNKS_IN_FLIGHT: usize = 16;

/// Removes `tag` from the entries which also have `root`.
pub(super) async fn part(
    services: &Services,
    account: AccountId,
    retirements: &Retirements,
    root: &Thing,
    tag: &Thing,
) -> Result<(), EditError> {
    let both = Both { root: ids(retirements, root), tag: ids(retirements, tag) };
    let of_root = referring(services, account, &both.root).await?;
    let of_tag = referring(services, account, &both.tag).await?;
    // A running import may still create an entry with both tags.
    let mut chunks = Vec::new();
    let all: Vec<_> = of_root.union(&of_tag).copied().filter(|&import| import != ImportId::HAND).collect();
    for some in all.chunks(ITEMS_A_BATCH) {
        let keys: Vec<_> = some.iter().map(|&import| keys::import(account, import)).collect();
        for item in services.store.get_many(&keys).await? {
            let import: Import = decode(item)?;
            if import.status.is_gone() {
                continue;
            }
            if !import.is_sealed() {
                return Err(EditError::Forbidden(Rule::Locked));
            }
            if of_root.contains(&import.id) && of_tag.contains(&import.id) {
                both.look_at(services, &import, &mut chunks).await?;
            }
        }
    }
    if of_root.contains(&ImportId::HAND) && of_tag.contains(&ImportId::HAND) {
        let standing = counts(services, account).await?.into_iter().filter(|(_, standing)| *standing > 0);
        chunks.extend(standing.map(|(chunk, _)| (ImportId::HAND, chunk)));
    }
    if chunks.len() > MOST_CHUNKS {
        return Err(EditError::Forbidden(Rule::TooManyShared));
    }
    let shared = chunks.into_iter().map(|chunk| both.entries(services, account, chunk));
    let shared: Vec<EntryId> = drained(shared, CHUNKS_IN_FLIGHT).await?.into_iter().flatten().collect();
    if shared.len() > MOST_SHARED {
        return Err(EditError::Forbidden(Rule::TooManyShared));
    }
    let merged = retirement(tag, Some(root));
    let parting = |_: &BTreeSet<ThingId>, retirements: &Retirements, entry: &Entry| {
        let mut parted = entry.clone();
        retirements.with(merged.clone()).resolve(&mut parted);
        Ok(Some(parted))
    };
    each(services, account, &shared, &parting).await.map(drop)
}

/// Two tags, each with the tags merged into it.
struct Both {
    root: BTreeSet<ThingId>,
    tag: BTreeSet<ThingId>,
}

/// The attributes of an entry which the search reads.
#[derive(Deserialize)]
struct Tagged {
    id: EntryId,
    #[serde(default)]
    tags: Vec<ThingId>,
}

fn ids(retirements: &Retirements, tag: &Thing) -> BTreeSet<ThingId> {
    retirements.meaning(Kind::Tag, tag.id).into_iter().collect()
}

async fn referring(
    services: &Services,
    account: AccountId,
    tags: &BTreeSet<ThingId>,
) -> Result<BTreeSet<ImportId>, StoreError> {
    let mut imports = BTreeSet::new();
    for &tag in tags {
        imports.extend(referrers(services, account, Kind::Tag, tag).await?);
    }
    Ok(imports)
}

impl Both {
    /// Adds the chunks of an import which may hold entries with both tags.
    async fn look_at(
        &self,
        services: &Services,
        import: &Import,
        chunks: &mut Vec<(ImportId, ChunkNo)>,
    ) -> Result<(), EditError> {
        let all = (ChunkNo(0), ChunkNo(import.chunk_count()));
        let mut ranges = Vec::new();
        match Summary::latest_first(import) {
            None => ranges.push(all),
            Some(summaries) => {
                let mut pages = services.store.pages(summaries);
                while let Some(items) = pages.next().await? {
                    for item in items {
                        let summary = Summary::decode(item)?;
                        let may = summary.glance().is_none_or(|glance| self.may_meet(&glance));
                        ranges.extend(may.then(|| summary.chunks()));
                    }
                }
            }
        }
        for (first, last) in ranges {
            let mut pages = services.store.pages(keys::chunks(import.account, import.id, first, last));
            while let Some(items) = pages.next().await? {
                for item in items {
                    let chunk = Chunk::decode(item)?;
                    let page = chunk.page.as_ref().filter(|_| chunk.state == ChunkState::Committed);
                    if page.is_some_and(|page| chunk.edited || self.may_meet(&page.glance())) {
                        chunks.push((import.id, chunk.number));
                    }
                }
                if chunks.len() > MOST_CHUNKS {
                    return Err(EditError::Forbidden(Rule::TooManyShared));
                }
            }
        }
        Ok(())
    }

    fn may_meet(&self, glance: &Glance<'_>) -> bool {
        let has = |tags: &BTreeSet<ThingId>| tags.iter().any(|&tag| glance.of(Kind::Tag, tag) > 0);
        has(&self.root) && has(&self.tag)
    }

    /// The entries of a chunk which have both tags.
    async fn entries(
        &self,
        services: &Services,
        account: AccountId,
        (import, chunk): (ImportId, ChunkNo),
    ) -> Result<Vec<EntryId>, StoreError> {
        let mut shared = Vec::new();
        let mut pages = services.store.pages(keys::entries(account, import, chunk).only("id, tags"));
        while let Some(items) = pages.next().await? {
            for item in items {
                let entry: Tagged = decode(item)?;
                let has = |tags: &BTreeSet<ThingId>| entry.tags.iter().any(|tag| tags.contains(tag));
                if has(&self.root) && has(&self.tag) {
                    shared.push(entry.id);
                }
            }
        }
        Ok(shared)
    }
}
