//! The undo of a chunk of profiles.
//!
//! | effect of the import | trace | how the undo finds and reverses the effect | why twice is once |
//! |---|---|---|---|
//! | a changed field, a deletion | the image of the row | restored, unless somebody who stands wrote to the field since | the row is no writer any more |
//! | a new profile or subprofile | the chunk's partitions | removed, unless somebody who stands wrote to the record | a removed record is gone, an orphan is passed over |
//! | the plan of a row | the chunk's notes | erased | there are none left |
//! | the plans of a removal which never began | the number of missing records | erased, a share by each chunk | there are none left |
//! | a link to a profile | the image of the row | taken off like a changed field | the row is no writer any more |
//!
//! All of these hold for every record and are in [`crate::records::undo`].

use std::collections::BTreeSet;

use super::join::notes::JoinNotes;
use super::rules::{RecordFields, rules};
use crate::id::{ChunkNo, Row};
use crate::import::{Import, ImportError};
use crate::kind::{HeldChunk, Undone};
use crate::ledger::{Chunk, ChunkGlance, FollowUp, Followed, Page};
use crate::records::index::Indexable;
use crate::records::record::RecordRef;
use crate::records::restore::RowFate;
use crate::records::undo::{Records, TakenBack};
use crate::services::Services;
use crate::store::keys;

/// Takes back what the rows of a chunk wrote.
pub async fn take_back(held: &HeldChunk<'_>) -> Result<Undone, ImportError> {
    let HeldChunk { services, import, chunk, lease } = *held;
    let fields = RecordFields::now_or_pinned(services, import).await?;
    let (terms, has_field) = (|record: Indexable<'_>| fields.terms(record), |name: &str| fields.has(name));
    let rules = rules(&terms, &has_field);
    let records = Records { import, rules: &rules };
    let taken = records.take_back(services, chunk.number, lease).await?;
    let of_rows = taken.fates_of_rows();
    let TakenBack { kept, fates } = taken;
    JoinNotes::of(import, chunk.number).erase(services).await?;
    erase_removal(services, import, chunk.number).await?;
    // The page tells how many records could be seen; the partitions may hold leftovers of a loader which died.
    let made = chunk.page.as_ref().map_or(0, made);
    let removed = made.saturating_sub(chunk.dropped + chunk.dropped_subprofiles).saturating_sub(kept.len() as u64);
    let follow_ups = if import.has_follow_ups() { follow_ups(chunk, &kept, &fates) } else { Vec::new() };
    let mut rows: Vec<Row> = kept.into_iter().map(|(_, id)| id.row()).collect();
    rows.dedup();
    Ok(Undone { removed, kept: rows, fates: of_rows, follow_ups })
}

/// The records to which the undo of a chunk wrote, found by the chunk's own follow-ups, so a second try of the undo finds the
/// same.
fn follow_ups(chunk: &Chunk, kept: &[RecordRef], fates: &[(Row, RecordRef, RowFate)]) -> Vec<FollowUp> {
    let kept: BTreeSet<RecordRef> = kept.iter().copied().collect();
    let is_restored = |fate: RowFate| matches!(fate, RowFate::Restored | RowFate::BroughtBack);
    let restored = fates.iter().filter(|(_, _, fate)| is_restored(*fate));
    let restored: BTreeSet<(Row, RecordRef)> = restored.map(|&(row, record, _)| (row, record)).collect();
    let undone = |follow_up: &FollowUp| {
        let name = (follow_up.kind, follow_up.record);
        let row = Row(chunk.first_row + u64::from(follow_up.offset));
        let followed = match follow_up.followed {
            Followed::Created => (!kept.contains(&name)).then_some(Followed::Removed),
            Followed::Updated | Followed::Removed => restored.contains(&(row, name)).then_some(Followed::Restored),
            Followed::Restored => None,
        };
        followed.map(|followed| FollowUp { followed, ..*follow_up })
    };
    chunk.follow_ups.iter().filter_map(undone).collect()
}

/// Erases a share of what the join left for a removal that never began: its notes, and the items of its chunks, which no
/// undo of a chunk meets. Each chunk of the file erases as many as every other.
async fn erase_removal(services: &Services, import: &Import, chunk: ChunkNo) -> Result<(), ImportError> {
    let missing = import.joined.as_ref().and_then(|joined| joined.missing);
    let Some(missing) = missing.filter(|_| import.file_chunks.is_none()) else { return Ok(()) };
    let of_file = import.chunk_count().max(1);
    let end = of_file + missing.count.div_ceil(u64::from(import.rows_per_chunk));
    let mut items = Vec::new();
    for number in (of_file + chunk.0..end).step_by(usize::try_from(of_file).unwrap_or(usize::MAX)).map(ChunkNo) {
        JoinNotes::of(import, number).erase(services).await?;
        items.push(keys::chunk(import.account, import.id, number));
    }
    Ok(services.store.delete_all(items).await?)
}

/// The number of records which the chunk made.
fn made(page: &Page) -> u64 {
    match &page.glance {
        ChunkGlance::Profiles(glance) => u64::from(glance.profiles) + u64::from(glance.subprofiles),
        ChunkGlance::Entries(_) | ChunkGlance::Contacts(_) | ChunkGlance::ContactUpdates(_) => 0,
    }
}
