//! The counts of an import: how many rows had which outcome.
//!
//! Every committed chunk adds its counts to a counter item in the transaction of the commit. The sum of the few counter
//! items therefore equals the sum over the ledger pages at every moment, and the rows left over are pending:
//!
//! `rows = created + updated + unchanged + skipped + deleted + failed + pending`

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::Import;
use super::slice::Slice;
use crate::concurrent::drained;
use crate::id::{AccountId, ChunkNo, ImportId};
use crate::ledger::{Outcome, Page, SkipReason, UndoFate};
use crate::services::Services;
use crate::store::{StoreError, Write, keys};

/// The most imports whose counters are read at once.
const READS_AT_ONCE: usize = 32;

/// Declares [`Counts`] from a single list of numbers, together with the sum of two counts and the names of the
/// attributes.
macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident,)+) => {
        /// The counts of an import, or the part in a single counter item.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Counts {
            $($(#[$doc])* pub $name: u64,)+
            /// Rows without an outcome yet, or `None` while the file is being planned.
            #[serde(skip)]
            pub pending: Option<u64>,
        }

        impl Counts {
            /// Each number with its name, which is also the name of the attribute in the counter item.
            pub fn each(&self) -> impl Iterator<Item = (&'static str, u64)> {
                [$((stringify!($name), self.$name)),+].into_iter()
            }

            /// The sum of two counts, number by number; `pending` is left out.
            #[must_use]
            pub fn plus(&self, other: &Self) -> Self {
                Self { $($name: self.$name + other.$name,)+ pending: None }
            }
        }
    };
}

counts! {
    /// Rows which created an entity.
    created,
    /// Rows which changed an entity.
    updated,
    /// Rows which found nothing to change.
    unchanged,
    /// Rows which were skipped, for whichever reason.
    skipped,
    /// Skipped rows which are duplicates; counted in `skipped` too.
    duplicates,
    /// Rows which deleted an entity.
    deleted,
    /// Rows which could not be parsed or loaded.
    failed,
    /// Records removed because no row matched them. They are no rows of the file.
    removed_missing,
    /// The total duration of the created entries in seconds.
    seconds,
    /// Chunks which are committed.
    chunks,
    /// Chunks which are undone.
    reverted,
    /// Visible entities which the undo removed; entities left by a died loader are not counted.
    removed,
    /// Entities which the undo kept, because somebody else wrote to them since.
    kept,
    /// Rows of which the undo restored the fields that they had changed in records which stood before.
    restored,
    /// Rows of which the undo brought the record back that they had deleted.
    brought_back,
    /// Rows whose changes the undo left in a record, because somebody else wrote to the fields since.
    changes_kept,
    /// Rows whose record was gone at the undo.
    gone,
    /// Rows whose changes the undo left in a record, because the former values are those of an undone import whose
    /// before-images have expired.
    expired,
    /// Committed chunks whose follow-ups are sent, of an import with follow-ups.
    told,
    /// Undone chunks whose follow-ups are sent, of an import with follow-ups.
    undo_told,
    /// Entities which were deleted by hand.
    dropped,
    /// Created rows whose entity is a shared thing, such as a company, and lies outside the chunk, or a subprofile alone;
    /// counted in `created` too.
    things,
}

/// The number of entities created by an import, and of the shared things which it made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// The number of entries, or of people.
    pub entries: u64,
    /// The number of projects.
    pub projects: u64,
    /// The number of tags.
    pub tags: u64,
    /// The number of companies.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub companies: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// The number of entities created so far per import.
///
/// Each import costs a query of a read unit or less, because the counter items of an import lie side by side and a
/// query is charged by the bytes of all items together. Reading the items individually would cost a unit per item.
pub async fn created(
    services: &Services,
    imports: &[&Import],
) -> Result<HashMap<(AccountId, ImportId), u64>, StoreError> {
    let reads = imports.iter().map(|&import| async move {
        let counts = Counts::read(services, import).await?;
        Ok::<_, StoreError>(((import.account, import.id), counts.entities()))
    });
    Ok(drained(reads, READS_AT_ONCE).await?.into_iter().collect())
}

impl Counts {
    pub(super) async fn read(services: &Services, import: &Import) -> Result<Self, StoreError> {
        let parts: Vec<Self> = services.store.read_all(keys::all_counts(import.account, import.id)).await?;
        Ok(Self::sum(&parts, import))
    }

    /// The sum of the counter items of an import.
    pub(super) fn sum(parts: &[Self], import: &Import) -> Self {
        let mut counts = parts.iter().fold(Self::default(), |sum, part| sum.plus(part));
        counts.pending = import.rows.map(|rows| rows - counts.accounted());
        counts
    }

    /// The write which adds these counts to the counter item of a chunk.
    pub(crate) fn add_to(&self, account: AccountId, import: ImportId, chunk: ChunkNo) -> Write {
        self.adding(account, import, chunk, [], "")
    }

    /// Like [`add_to`](Self::add_to) for a chunk which is committed at the time `now`, so the pace of the load is known
    /// ([`Slice`]).
    pub(crate) fn add_committed(&self, account: AccountId, import: ImportId, chunk: ChunkNo, now: i64) -> Write {
        let slice = Slice::at(now);
        let rows = self.accounted();
        self.adding(account, import, chunk, [(slice.attribute(), rows)], &slice.removing_older())
    }

    fn adding<const N: usize>(
        &self,
        account: AccountId,
        import: ImportId,
        chunk: ChunkNo,
        also: [(String, u64); N],
        rest: &str,
    ) -> Write {
        let own = self.each().map(|(name, number)| (name.to_owned(), number));
        let numbers: Vec<_> = own.chain(also).filter(|&(_, number)| number > 0).collect();
        let parts: Vec<_> = numbers.iter().map(|(name, _)| format!("#{name} :{name}")).collect();
        let add = Write::update(keys::counts(account, import, chunk), &format!("ADD {}{rest}", parts.join(", ")));
        numbers.into_iter().fold(add, |add, (name, number)| add.bind(&format!(":{name}"), number))
    }

    /// The counts of a ledger page, from its outcomes and removals alone.
    pub fn of(page: &Page) -> Self {
        let mut counts = Self { removed_missing: page.removed().len() as u64, ..Self::default() };
        page.outcomes.iter().for_each(|&(outcome, rows)| counts.count(outcome, u64::from(rows)));
        counts
    }

    /// Adds `rows` rows with the same outcome.
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

    /// Adds a row with its fate in an undo.
    pub(crate) fn count_fate(&mut self, fate: UndoFate) {
        *match fate {
            UndoFate::Restored => &mut self.restored,
            UndoFate::BroughtBack => &mut self.brought_back,
            UndoFate::Kept => &mut self.changes_kept,
            UndoFate::Gone => &mut self.gone,
            UndoFate::Expired => &mut self.expired,
        } += 1;
    }

    /// The six outcomes, each with its number of rows, in the order in which doors show the outcomes.
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

    /// The number of entities which were created in the partitions of the chunks.
    pub fn entities(&self) -> u64 {
        self.created - self.things
    }

    /// The number of rows which have an outcome.
    pub fn accounted(&self) -> u64 {
        self.outcomes().iter().map(|(_, rows)| rows).sum()
    }
}
