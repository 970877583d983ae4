//! The join of a file with the profiles and subprofiles that stand, before the first chunk is loaded.
//!
//! Chunks are loaded in any order, so the plan alone can tell which of two rows comes last, which row writes the profile that
//! several rows name, and which record a row matches. For each row it finds a [`RowPlan`](super::RowPlan):
//!
//! | question | file |
//! |---|---|
//! | which rows have the same key | `keys.rs`, `groups.rs` |
//! | which of them acts, yields, or follows | `rules.rs`, `groups.rs` |
//! | which records match | `groups.rs`, `matching.rs`, with records from `lookups.rs` or `scan.rs` |
//! | which cells does the row take over | `gather.rs` |
//! | where do the loaders read the plans | `notes.rs` |
//! | what does the import cost | `price.rs` |
//!
//! The first five do no I/O but for `lookups.rs`, `scan.rs` and `notes.rs`, and are held against an oracle (`tests.rs`).
//!
//! # Ways to the records
//!
//! A key with an indexed field, or with the number of the profile, can be looked up: a read unit for the index items of a value
//! and half a unit for each record. Other keys cost one scan of the database. Of two ways the join takes the cheaper one, by the
//! number of keys, the number of records, and the length of a few records. Lookups of a field with few different values lead to
//! many records; they are given up, in favour of the scan, when they have cost as much as the scan.
//!
//! Subprofiles are found by the index items of their profiles, or by a scan of the collection, likewise.
//!
//! # Memory
//!
//! A long file is handled in shares by the hash of the rows' keys ([`PlannedFile::shares_of`]). Each share takes a pass over the
//! file, one more for lookups, one more for cells to be taken over, and a scan of its own.

mod gather;
mod groups;
mod keys;
mod lookups;
mod matching;
pub mod notes;
mod price;
mod rules;
mod scan;
mod search;
#[cfg(test)]
mod tests;
mod visible;

use std::collections::BTreeMap;

use crate::concurrent::drained;
use crate::id::ChunkNo;
use crate::import::{Cost, ImportError, Joined};
use crate::kind::bits::Bits;
use crate::kind::planned_file::PlannedFile;
use crate::lease::nonce;
use crate::profile_form::{FileKeys, Profiles};
use crate::profiles::planned::RowPlan;
use crate::store::StoreError;
use gather::{GatheredCells, Gathering};
use groups::{Groups, KeyedRows};
use keys::HashedKey;
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

/// The first layer of the notes that hold cells. Lower layers are the plans by share.
const FIRST_LAYER_OF_CELLS: u64 = 50_000;

/// Finds the plans of the file's rows, and notes them for the loaders.
pub async fn join(file: &PlannedFile<'_, Profiles>) -> Result<Joined, ImportError> {
    let keys = file.layout.keys();
    let options = &file.import.options.profiles;
    let asked = (options.action, options.delete_target, options.matches);
    let rules = JoinRules::new(asked, options.ignore_empty_fields, &keys);
    let mut searching = Searching::new(file, rules, &keys)?;
    let mut estimate = LoadEstimate::new(file, rules, &keys);
    let edition = nonce();
    if rules.is_idle() {
        file.read(|seen, row| estimate.see(seen, row)).await?;
    } else {
        let shares = file.shares_of(FINGERPRINTS_A_ROW);
        let mut loaded = file.no_rows();
        let mut layers = FIRST_LAYER_OF_CELLS..;
        for share in 0..shares {
            let groups = grouped(file, rules, (share, shares), (&mut loaded, &mut estimate)).await?;
            let groups = searching.matched(groups, &loaded).await?;
            let plan = |row| groups.plan(row).unwrap_or_default();
            let plans = groups.rows_of_file().filter(|&row| !loaded.get(row)).map(|row| (row, plan(row)));
            let plans = plans.inspect(|(row, plan)| estimate.plan(*row, plan));
            write(file, &edition, share, plans.filter(|(_, plan)| *plan != RowPlan::default())).await?;
            if rules.gathers {
                gather(file, &groups, &edition, &loaded, &mut layers).await?;
            }
        }
    }
    let load = estimate.units(&keys).await?;
    let spent = file.services.store.consumed();
    let join = crate::import::Units { read: spent.read - load.sampled, write: spent.write };
    let edition = (!rules.is_idle()).then_some(edition);
    Ok(Joined { edition, cost: Cost { way: searching.way(), join, load: load.units } })
}
