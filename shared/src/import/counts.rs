//! The counts of an import: how many rows had which outcome.
//!
//! Every committed chunk adds its counts to a counter item in the transaction of the commit. The sum of the few counter
//! items therefore equals the sum over the ledger pages at every moment, and the rows left over are pending:
//!
//! `rows = created + updated + unchanged + skipped + deleted + failed + pending`

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Import;
use crate::concurrent::drained;
use crate::id::{AccountId, ImportId};
use crate::ledger::Outcome;
use crate::services::Services;
use crate::store::{StoreError, keys};

/// The most imports whose counters are read at once.
const READS_AT_ONCE: usize = 32;

/// The counts of an import, or the part in a single counter item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Rows which created an entity.
    pub created: u64,
    /// Rows which changed an entity.
    pub updated: u64,
    /// Rows which found nothing to change.
    pub unchanged: u64,
    /// Rows which were skipped, for want of a user or as duplicates.
    pub skipped: u64,
    /// Skipped rows which are duplicates; counted in `skipped` too.
    pub duplicates: u64,
    /// Rows which deleted an entity.
    pub deleted: u64,
    /// Rows which could not be parsed or loaded.
    pub failed: u64,
    /// The total duration of the created entries in seconds.
    pub seconds: u64,
    /// Chunks which are committed.
    pub chunks: u64,
    /// Chunks which are undone.
    pub reverted: u64,
    /// Visible entities which the undo removed; entities left by a died loader are not counted.
    pub removed: u64,
    /// Entries which were deleted by hand.
    pub dropped: u64,
    /// Rows without an outcome yet, or `None` while the file is being planned.
    #[serde(skip)]
    pub pending: Option<u64>,
}

/// The number of entities created by an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The number of entries.
    pub entries: u64,
    /// The number of projects.
    pub projects: u64,
    /// The number of tags.
    pub tags: u64,
}

/// The number of entries created so far per import.
///
/// Each import costs a query of a read unit or less, because the counter items of an import lie side by side and a
/// query is charged by the bytes of all items together. Reading the items individually would cost a unit per item.
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

    /// Adds a row with this outcome.
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

    /// The number of rows which have an outcome.
    pub fn accounted(&self) -> u64 {
        self.created + self.updated + self.unchanged + self.skipped + self.deleted + self.failed
    }
}
