//! How many rows became what.
//!
//! Every committed chunk adds its counts to one of a few counter items, in the transaction that commits
//! it; so the sum of the items is the sum over the ledger pages at every moment, and what is pending is
//! what is left of the rows: `rows = created + updated + unchanged + skipped + deleted + failed + pending`.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Import;
use crate::concurrent::drained;
use crate::id::{AccountId, ImportId};
use crate::ledger::Outcome;
use crate::services::Services;
use crate::store::{StoreError, keys};

/// Imports whose counters are read at once.
const READS_AT_ONCE: usize = 32;

/// The counts of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Rows that became something new.
    pub created: u64,
    /// Rows that changed something.
    pub updated: u64,
    /// Rows that found nothing to change.
    pub unchanged: u64,
    /// Rows that were left out, for their user or because they are there already.
    pub skipped: u64,
    /// Skipped rows that are there already.
    pub duplicates: u64,
    /// Rows that deleted something.
    pub deleted: u64,
    /// Rows that could not be read or loaded.
    pub failed: u64,
    /// The total duration of the created entries, in seconds.
    pub seconds: u64,
    /// Chunks that are committed.
    pub chunks: u64,
    /// Chunks that are undone.
    pub reverted: u64,
    /// Entities that the undo removed, of those that could be seen.
    pub removed: u64,
    /// Entries that were deleted by hand.
    pub dropped: u64,
    /// Rows without an outcome yet; none while the file is being planned.
    #[serde(skip)]
    pub pending: Option<u64>,
}

/// What an import created.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Entries.
    pub entries: u64,
    /// Projects.
    pub projects: u64,
    /// Tags.
    pub tags: u64,
}

/// How many entries some imports have created so far: one query for each, which costs a read unit or less, for the
/// counters of an import lie side by side and are charged by their bytes together. Read one by one each would cost a unit
/// of its own.
pub async fn created(
    services: &Services,
    imports: &[&Import],
) -> Result<HashMap<(AccountId, ImportId), u64>, StoreError> {
    let reads = imports.iter().map(|&import| async move {
        let counts = Counts::read(services, import).await?;
        Ok::<_, StoreError>(((import.account, import.id), counts.created))
    });
    Ok(drained(reads, READS_AT_ONCE).await?.into_iter().collect())
}

impl Counts {
    pub(super) async fn read(services: &Services, import: &Import) -> Result<Self, StoreError> {
        let parts: Vec<Self> = services.store.read_all(keys::all_counts(import.account, import.id)).await?;
        let mut counts = parts.iter().fold(Self::default(), |sum, part| sum.plus(part));
        counts.pending = import.rows.map(|rows| rows - counts.accounted());
        Ok(counts)
    }

    fn plus(&self, other: &Self) -> Self {
        Self {
            created: self.created + other.created,
            updated: self.updated + other.updated,
            unchanged: self.unchanged + other.unchanged,
            skipped: self.skipped + other.skipped,
            duplicates: self.duplicates + other.duplicates,
            deleted: self.deleted + other.deleted,
            failed: self.failed + other.failed,
            seconds: self.seconds + other.seconds,
            chunks: self.chunks + other.chunks,
            reverted: self.reverted + other.reverted,
            removed: self.removed + other.removed,
            dropped: self.dropped + other.dropped,
            pending: None,
        }
    }

    /// Adds a row.
    pub fn count(&mut self, outcome: Outcome) {
        let counter = match outcome {
            Outcome::Created => &mut self.created,
            Outcome::Skipped => &mut self.skipped,
            Outcome::Duplicate => {
                self.duplicates += 1;
                &mut self.skipped
            }
            Outcome::Failed => &mut self.failed,
        };
        *counter += 1;
    }

    /// Rows that have their outcome.
    pub fn accounted(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.skipped + self.deleted + self.failed
    }
}
