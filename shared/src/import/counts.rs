//! How many rows became what.
//!
//! Every committed chunk adds its counts to one of a few counter items, in the transaction that commits
//! it; so the sum of the items is the sum over the ledger pages at every moment, and what is pending is
//! what is left of the rows: `rows = created + updated + unchanged + skipped + deleted + failed + pending`.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Import;
use crate::concurrent::drained;
use crate::id::{AccountId, ChunkNo, ImportId};
use crate::ledger::{Outcome, Page, SkipReason};
use crate::services::Services;
use crate::store::{StoreError, Write, keys};

/// Imports whose counters are read at once.
const READS_AT_ONCE: usize = 32;

/// Declares [`Counts`]: the numbers of the one list, their sum, and the write that adds them to a counter item.
macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// The counts of an import.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Counts {
            $($(#[$doc])* pub $name: u64,)+
            /// Rows without an outcome yet; none while the file is being planned.
            #[serde(skip)]
            pub pending: Option<u64>,
        }

        impl Counts {
            /// Each number with its name, which is the attribute's.
            pub fn each(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name)),+].into_iter()
            }

            /// The sum of two counts.
            #[must_use]
            pub fn plus(&self, other: &Self) -> Self {
                Self { $($name: self.$name + other.$name,)+ pending: None }
            }
        }
    };
}

counts! {
    /// Rows that became something new.
    created,
    /// Rows that changed something.
    updated,
    /// Rows that found nothing to change.
    unchanged,
    /// Rows that were left out, for whatever reason.
    skipped,
    /// Skipped rows that are there already.
    duplicates,
    /// Rows that deleted something.
    deleted,
    /// Rows that could not be read or loaded.
    failed,
    /// The total duration of the created entries, in seconds.
    seconds,
    /// Chunks that are committed.
    chunks,
    /// Chunks that are undone.
    reverted,
    /// Entities that the undo removed, of those that could be seen.
    removed,
    /// Entries that were deleted by hand.
    dropped,
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

    /// The write that adds these counts to the counter item of a chunk.
    pub(crate) fn add_to(&self, account: AccountId, import: ImportId, chunk: ChunkNo) -> Write {
        let numbers: Vec<_> = self.each().filter(|&(_, number)| number > 0).collect();
        let parts: Vec<_> = numbers.iter().map(|(name, _)| format!("#{name} :{name}")).collect();
        let add = Write::update(keys::counts(account, import, chunk), &format!("ADD {}", parts.join(", ")));
        numbers.into_iter().fold(add, |add, (name, number)| add.bind(&format!(":{name}"), number))
    }

    /// The counts of a ledger page.
    pub fn of(page: &Page) -> Self {
        let mut counts = Self::default();
        page.outcomes.iter().for_each(|&(outcome, rows)| counts.count(outcome, u64::from(rows)));
        counts
    }

    /// Adds rows of one outcome.
    pub fn count(&mut self, outcome: Outcome, rows: u64) {
        let counter = match outcome {
            Outcome::Created => &mut self.created,
            Outcome::Updated => &mut self.updated,
            Outcome::Unchanged => &mut self.unchanged,
            Outcome::Skipped(reason) => {
                self.duplicates += if reason == SkipReason::AlreadyThere { rows } else { 0 };
                &mut self.skipped
            }
            Outcome::Deleted => &mut self.deleted,
            Outcome::Failed => &mut self.failed,
        };
        *counter += rows;
    }

    /// The six outcomes with their numbers of rows, in the order in which people are shown them.
    pub fn outcomes(&self) -> [(&'static str, u64); 6] {
        [
            ("created", self.created),
            ("updated", self.updated),
            ("unchanged", self.unchanged),
            ("skipped", self.skipped),
            ("deleted", self.deleted),
            ("failed", self.failed),
        ]
    }

    /// Rows that have their outcome.
    pub fn accounted(&self) -> u64 {
        self.outcomes().iter().map(|(_, rows)| rows).sum()
    }
}
