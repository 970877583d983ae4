//! What an undo does with a record that its import created.
//!
//! Not the values decide but the last writers of the fields: somebody may change a field and change it back, and that
//! write stands. A record to which somebody else wrote stays after the undo of its maker, as an orphan, whatever the
//! values are.

use super::Record;

/// The fate of a record when its maker is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Nobody but the maker wrote to the record, so the record goes.
    Goes,
    /// Somebody else wrote to the record, so the record stays as an orphan.
    Stays,
    /// An earlier try of the undo kept the record, and people may have edited the record since.
    Stayed,
}

/// The fate of a record whose maker is undone. So far only people change records, and their writes always stand.
pub fn fate(record: &Record) -> Fate {
    match record {
        Record { orphan: true, .. } => Fate::Stayed,
        Record { writers, .. } if writers.is_empty() => Fate::Goes,
        Record { .. } => Fate::Stays,
    }
}

/// The record as it stays after the undo of its maker: marked, and in another version, so whoever read the record
/// before reads again.
pub fn orphaned(record: Record) -> Record {
    Record { orphan: true, version: record.version + 1, ..record }
}
