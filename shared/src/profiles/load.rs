//! The load of a chunk of profiles: which records its rows create, change and delete, and the ledger page.
//!
//! | step | file |
//! |---|---|
//! | what all rows of an import share | `job.rs` |
//! | a row and its plan to the wanted writes, without I/O | `decide.rs` |
//! | the wanted changes and deletions, in passes | `passes.rs` |
//! | the new records | `creates.rs` |
//! | the outcomes | `page.rs` |
//! | the removal of records which no row matched | `missing.rs` |
//!
//! Changes come first, because a match may be gone by now. A row with such a match is decided again without it, so the
//! row writes to the next match, or makes what it did not find. New records come last, when nothing is left to decide.

mod creates;
mod decide;
mod job;
mod missing;
mod page;
mod passes;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::job::Job;
pub use self::missing::remove_missing;
use self::passes::LoadedRow;
use super::planned::RowPlan;
use crate::id::Row;
use crate::import::ImportError;
use crate::kind::{HeldChunk, Loaded};
use crate::profile_form::Profiles;
use crate::records::rules::RecordRules;
use crate::table::Rows;

/// Writes the profiles and subprofiles of a claimed chunk's rows, whose plans are given by the rows' offsets in the chunk.
pub async fn load(
    held: &HeldChunk<'_>,
    rows: &Rows<'_, Profiles>,
    plans: &BTreeMap<u32, RowPlan>,
    rules: &[RecordRules<'_>],
) -> Result<Loaded, ImportError> {
    let job = Job::of(held.import)?;
    let first = held.chunk.first_row;
    let plan = |row: u64| u32::try_from(row - first).ok().and_then(|offset| plans.get(&offset)).cloned();
    let rows: Vec<LoadedRow<'_>> = rows
        .into_iter()
        .map(|row| LoadedRow::new(Row(row.row), row.line, row.parsed, plan(row.row).unwrap_or_default()))
        .collect();
    let rows = passes::change_all(held, &job, rules, rows).await?;
    creates::write_all(held, &job, rules, &rows).await?;
    Ok(page::page(held.chunk, &job, rows))
}
