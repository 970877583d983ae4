//! The join of a file with the profiles and subprofiles that stand, before the first chunk is loaded.
//!
//! Chunks are loaded in any order, so the plan alone can tell which of two rows comes last, which row writes the profile that
//! several rows name, and which record a row matches. For each row it finds a [`RowPlan`](super::RowPlan):
//!
//! | question | file |
//! |---|---|
//! | which rows have the same key | `keys.rs`, `keyed.rs` |
//! | which of them acts, yields, or follows | `rules.rs`, `groups.rs` |
//! | which records match | `groups.rs`, `matching.rs`, with records from `lookups.rs` (of the fields in `ready.rs`) or `scan.rs` |
//! | which cells does the row take over | `gather.rs` |
//! | which records does no row match | `missing.rs`, `id_set.rs` |
//! | where do the loaders read the plans | `notes.rs` |
//! | what does the import cost | `price.rs` |
//!
//! The first five do no I/O but for `lookups.rs`, `ready.rs`, `scan.rs` and `notes.rs`, and are held against an oracle (`tests.rs`).
//!
//! # Ways to the records
//!
//! A key with an indexed field, or with the number of the profile, can be looked up: a read unit for the index items of a value
//! and half a unit for each record. Other keys cost one scan of the database. Of two ways the join takes the cheaper one, by the
//! number of keys, the number of records, and the length of a few records. Lookups of a field with few different values lead to
//! many records; they are given up, in favour of the scan, when they have cost as much as the scan.
//!
//! Subprofiles are found by the index items of their profiles, or by a scan of the collection, likewise. A join that is to find
//! the missing records scans, because it has to meet every record.
//!
//! # Files that must not remove anything
//!
//! A file which is no complete list of its database refuses the whole import, before its first chunk is loaded: a file without
//! rows, a file cut within a row, a file in which no row has a key, a file that matches no record, and one that misses more
//! records than the caller allows. A row that cannot be read refuses nothing: the other rows are loaded, and nothing is removed.
//!
//! # Memory
//!
//! A long file is handled in shares by the hash of the rows' keys ([`PlannedFile::shares_of`]). Each share takes a pass over the
//! file, one more for lookups, one more for cells to be taken over, and a scan of its own.

mod gather;
mod groups;
mod id_set;
mod keyed;
mod keys;
mod lookups;
mod matching;
mod missing;
pub mod notes;
mod price;
mod ready;
mod rules;
mod scan;
mod search;
#[cfg(test)]
mod tests;

use crate::concurrent::drained;
use crate::id::{ChunkNo, MAX_ROWS, RecordId};
use crate::import::{Cost, ImportError, JoinWay, Joined, MissingRecords, Units};
use crate::kind::bits::Bits;
use crate::kind::planned_file::{CutRow, PlannedFile};
use crate::lease::nonce;
use crate::profile_form::{FileKeys, Profiles};
use crate::profiles::planned::RowPlan;
use crate::store::StoreError;
use gather::{GatheredCells, Gathering};
use groups::Groups;
use keyed::KeyedRows;
use keys::HashedKey;
use missing::MissingSearch;
use notes::JoinNotes;
use price::LoadEstimate;
use rules::JoinRules;
use search::Searching;

/// The memory of a row, in fingerprints of 20 bytes.
const FINGERPRINTS_A_ROW: u64 = 3;
/// The most bytes of cells, taken over by other rows, that a pass over the file holds.
const GATHERED_BYTES: usize = 16 << 20;
/// The most chunks whose plans are written at once.
const CHUNKS_IN_FLIGHT: usize = 8;

/// The end of a reason for which an import that removes missing records is refused.
const NOTHING: &str = "nothing was loaded, and nothing was removed";

/// The first layer of the notes that hold cells. Lower layers are the plans by share.
const FIRST_LAYER_OF_CELLS: u64 = 50_000;

/// Finds the plans of the file's rows, and notes them for the loaders.
pub async fn join(file: &PlannedFile<'_, Profiles>) -> Result<Joined, ImportError> {
    let refusal = if file.import.options.profiles.remove_missing { unfit(file).await? } else { None };
    if refusal.is_some() {
        return Ok(priced(file, refusal));
    }
    let keys = file.layout.keys();
    let options = &file.import.options.profiles;
    let asked = (options.action, options.delete_target, options.matches);
    let rules = JoinRules::new(asked, options.ignore_empty_fields, &keys);
    let mut estimate = LoadEstimate::new(file, rules);
    let mut found = JoinFound { way: JoinWay::Nothing, missing: None, refusal: None };
    let mut edition = None;
    if rules.is_idle() {
        file.read(|seen, row| estimate.see(seen, row)).await?;
    } else {
        let run = JoinRun { file, rules, edition: nonce() };
        found = run.plan(&keys, &mut estimate).await?;
        edition = Some(run.edition);
    }
    let load = estimate.units().await?;
    let JoinFound { way, missing, refusal } = found;
    let joined = priced(file, refusal);
    Ok(Joined { edition, missing, cost: Cost { way, load, ..joined.cost }, ..joined })
}

/// A join with the units that were spent so far, without an edition.
fn priced(file: &PlannedFile<'_, Profiles>, refusal: Option<String>) -> Joined {
    let spent = file.services.store.consumed();
    let join = Units { read: spent.read, write: spent.write };
    let cost = Cost { way: JoinWay::Nothing, join, load: Units::default() };
    Joined { refusal, ..Joined::new(None, cost) }
}

/// The reason for which a file must not remove anything, if the file tells without any record.
async fn unfit(file: &PlannedFile<'_, Profiles>) -> Result<Option<String>, ImportError> {
    if file.rows == 0 {
        return Ok(Some(format!("the file has no rows, so every record would be missing; {NOTHING}")));
    }
    let cut = file.cut_row().await?;
    Ok(cut.map(|CutRow { line, cells, names }| {
        format!(
            "the file ends within the row on line {line}, which has {cells} of {names} cells and no line break behind it, so \
             further rows may be lost; a whole file ends with a line break; {NOTHING}"
        )
    }))
}

/// The result of a run of the join, besides the notes.
struct JoinFound {
    way: JoinWay,
    missing: Option<MissingRecords>,
    refusal: Option<String>,
}

/// A run of the join.
struct JoinRun<'f> {
    file: &'f PlannedFile<'f, Profiles>,
    rules: JoinRules,
    edition: String,
}

impl JoinRun<'_> {
    /// Finds and notes the plans, a share of the file after the other, and then the missing records.
    async fn plan(&self, keys: &FileKeys, estimate: &mut LoadEstimate<'_>) -> Result<JoinFound, ImportError> {
        let mut searching = Searching::begin(self.file, self.rules, keys).await?;
        let shares = self.rules.shares(self.file.shares_of(FINGERPRINTS_A_ROW));
        // The rows which have their outcome, in a resumed import.
        let mut loaded = self.file.no_rows();
        let mut layers = FIRST_LAYER_OF_CELLS..;
        let (mut read, mut keyed_rows) = (0, 0);
        for share in 0..shares {
            let mut keyed = KeyedRows::new(self.rules);
            self.file
                .read(|seen, row| {
                    let subprofile = row.subprofiles.first().filter(|subprofile| !subprofile.is_blank());
                    let subprofile = subprofile.map(|subprofile| HashedKey::of_row(&subprofile.key));
                    keyed.see(seen.row, HashedKey::of_row(&row.key), subprofile, (share, shares));
                    if share == 0 {
                        read += 1;
                        estimate.see(seen, row);
                        if seen.outcome.is_some() {
                            loaded.set(seen.row);
                        }
                    }
                })
                .await?;
            let groups = searching.matched(Groups::of(keyed), &loaded, (share, shares)).await?;
            keyed_rows += groups.row_count();
            let plans = groups.rows_of_file().filter(|&row| !loaded.get(row)).filter_map(|row| {
                let plan = groups.plan(row).unwrap_or_default();
                estimate.plan(row, &plan);
                (plan != RowPlan::default()).then_some((row, plan))
            });
            self.write(share, plans).await?;
            if self.rules.gathers {
                self.gather(&groups, &loaded, &mut layers).await?;
            }
        }
        let found = JoinFound { way: searching.way(), missing: None, refusal: None };
        match searching.into_missing() {
            // A row that cannot be read fails, and its key is not known.
            Some(missing) if read == self.file.rows => {
                let refusal = self.refusal(&missing, keyed_rows);
                if refusal.is_none() {
                    estimate.remove(missing.count());
                    self.note_missing(&missing).await?;
                }
                let (count, began_at) = (missing.count(), missing.began_at());
                Ok(JoinFound { missing: Some(MissingRecords { count, began_at }), refusal, ..found })
            }
            _ => Ok(found),
        }
    }

    /// The reason for which the missing records must not be removed, given the number of rows with a key.
    fn refusal(&self, missing: &MissingSearch, keyed_rows: u64) -> Option<String> {
        let most = self.file.import.options.profiles.remove_missing_share;
        let reason = if keyed_rows == 0 {
            Some("no row of the file has a value in each key field, so every record would be missing".to_owned())
        } else if self.behind_the_file() + missing.count() > MAX_ROWS {
            Some(format!("the file and the {} missing records are too many for an import", missing.count()))
        } else {
            missing.refusal(most)
        };
        reason.map(|reason| format!("{reason}; {NOTHING}"))
    }

    /// The number of rows up to the end of the file's last chunk, if the chunk were full.
    fn behind_the_file(&self) -> u64 {
        self.file.rows.next_multiple_of(u64::from(self.file.import.rows_per_chunk))
    }

    /// Notes the missing records as plans of rows behind the file's last chunk.
    async fn note_missing(&self, missing: &MissingSearch) -> Result<(), StoreError> {
        let plan = |id: RecordId| match missing.is_of_subprofiles() {
            true => RowPlan { subprofiles: vec![id], ..RowPlan::default() },
            false => RowPlan { profiles: vec![id], ..RowPlan::default() },
        };
        self.write(0, (self.behind_the_file()..).zip(missing.missing().map(plan))).await
    }

    /// Finds and notes the cells which rows of a share take over, in layers of notes of their own.
    async fn gather(
        &self,
        groups: &Groups,
        loaded: &Bits,
        layers: &mut impl Iterator<Item = u64>,
    ) -> Result<(), ImportError> {
        let mut gathering = Gathering::begin(groups, GATHERED_BYTES);
        loop {
            self.file.read(|seen, row| gathering.see(seen.row, row)).await?;
            let found = gathering.end_pass().into_iter().filter(|(row, _)| !loaded.get(*row));
            let plans = found.map(|(row, GatheredCells { cells, interests })| {
                (row, RowPlan { gathered: cells, gathered_interests: interests, ..RowPlan::default() })
            });
            self.write(layers.next().unwrap_or(u64::MAX), plans).await?;
            if !gathering.goes_on() {
                return Ok(());
            }
        }
    }

    /// Writes the plans of rows, ascending, into a layer of their chunks' notes.
    async fn write(&self, layer: u64, plans: impl Iterator<Item = (u64, RowPlan)>) -> Result<(), StoreError> {
        let import = self.file.import;
        let rows = u64::from(import.rows_per_chunk);
        let mut plans = plans.peekable();
        let chunks = std::iter::from_fn(move || {
            let chunk = plans.peek()?.0 / rows;
            let mut own = Vec::new();
            while let Some((row, plan)) = plans.next_if(|(row, _)| row / rows == chunk) {
                own.push(((row % rows) as u32, plan));
            }
            Some((ChunkNo(chunk), own))
        });
        let writes = chunks.map(|(chunk, plans)| {
            let edition = Some(self.edition.clone());
            let notes = JoinNotes { account: import.account, import: import.id, chunk, edition };
            async move { notes.write(self.file.services, layer, &plans).await }
        });
        drained(writes, CHUNKS_IN_FLIGHT).await.map(drop)
    }
}
