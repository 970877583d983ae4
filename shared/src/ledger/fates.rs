//! The fate of a row's write to a record that stood before, in the undo of the import.

use crate::wire::wire_words;

wire_words! {
    /// The fate of a row's write in an undo; of several writes of a row the last in this list counts.
    #[derive(PartialOrd, Ord)]
    UndoFate {
        /// The changed fields have their former values.
        Restored = "restored",
        /// The deleted record is back.
        BroughtBack = "brought_back",
        /// A field stays as it is, because somebody who stands has written to the field since.
        Kept = "kept",
        /// The record is gone.
        Gone = "gone",
        /// A field stays as it is, because its former value is that of an undone import whose before-image has expired.
        Expired = "expired",
    }
}

/// Consecutive rows of a chunk with the same fate: the fate, the offset of the first row, and the number of rows.
pub type FateRun = (UndoFate, u32, u32);

/// The fate of a run, if the row at the offset lies in the run.
pub fn fate_at(&(fate, first, rows): &FateRun, offset: u64) -> Option<UndoFate> {
    (u64::from(first)..u64::from(first + rows)).contains(&offset).then_some(fate)
}

/// The fates of rows as runs; the offsets are ascending.
pub fn fate_runs(fates: impl IntoIterator<Item = (u32, UndoFate)>) -> Vec<FateRun> {
    let mut runs: Vec<FateRun> = Vec::new();
    for (offset, fate) in fates {
        match runs.last_mut() {
            Some((last, first, rows)) if *last == fate && *first + *rows == offset => *rows += 1,
            _ => runs.push((fate, offset, 1)),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_fate_without_a_gap_are_a_run() {
        let fates = [(0, UndoFate::Restored), (1, UndoFate::Restored), (3, UndoFate::Restored), (4, UndoFate::Gone)];
        let runs = [(UndoFate::Restored, 0, 2), (UndoFate::Restored, 3, 1), (UndoFate::Gone, 4, 1)];
        assert_eq!(fate_runs(fates), runs);
        assert_eq!(fate_runs([]), []);
    }
}
