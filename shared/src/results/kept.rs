//! The records which the undo of an import kept, because somebody else wrote to them since.

use std::collections::HashSet;

use crate::id::{RecordId, Row};
use crate::import::Import;
use crate::ledger::Chunk;
use crate::services::Services;
use crate::store::keys::{self, Key, RecordKind};
use crate::store::{StoreError, Table};

/// The first records which an undo kept, in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptRecords {
    /// The people or the profiles.
    pub records: Vec<RecordId>,
    /// The subprofiles, each with the id of a row as profiles have them.
    pub subprofiles: Vec<RecordId>,
}

/// The records which the undo of the import kept, by the first `most` rows with such records in the chunks undone so far.
/// `kinds` are the kinds of records which the undo may keep. Where a row may have made records of several kinds, the rows are
/// looked up: what is left of a row was kept.
pub async fn kept_records(
    services: &Services,
    import: &Import,
    kinds: &[RecordKind],
    most: usize,
) -> Result<KeptRecords, StoreError> {
    let mut rows = Vec::new();
    let mut pages = services.store.pages(import.all_chunks());
    while rows.len() < most
        && let Some(items) = pages.next().await?
    {
        for item in items {
            let Chunk { first_row, kept: runs, .. } = Chunk::decode(item)?;
            let offsets = runs.into_iter().flat_map(|(first, rows)| first..first + rows);
            rows.extend(offsets.map(|offset| RecordId::of(import.id, Row(first_row + u64::from(offset)))));
        }
    }
    rows.truncate(most);
    if kinds.len() < 2 {
        return Ok(KeptRecords { records: rows, subprofiles: Vec::new() });
    }
    let key = |kind: RecordKind, id: RecordId| {
        keys::record(import.account, kind, import.id, id.row().chunk(import.rows_per_chunk), id.row())
    };
    let wanted: Vec<Key> = rows.iter().flat_map(|&id| kinds.iter().map(move |&kind| key(kind, id))).collect();
    let items = services.store.get_many(&wanted).await?;
    let there: HashSet<Key> = items.iter().map(|item| Key::of(Table::Workspace, item)).collect();
    let of = |kind: RecordKind| rows.iter().copied().filter(|&id| there.contains(&key(kind, id))).collect();
    Ok(KeptRecords { records: of(RecordKind::Profile), subprofiles: of(RecordKind::Subprofile) })
}
