//! What the first pass gives: the layout and the chunks.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::layout::Layout;
use super::refusal::Refusal;
use super::remembered::RememberedMapping;

/// Rows that are loaded together, and where they stand in the object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkSpan {
    /// Counted from 1, the header and blank lines left out.
    pub first_row: u64,
    pub rows: u32,
    /// The physical line on which the first record begins, counted from 1.
    pub first_line: u64,
    /// The first byte of the first record, in the original object.
    pub start: u64,
    /// The byte behind the last record, its line break left out.
    pub end: u64,
    /// Records between `start` and `end` that are too long to be read; none, nearly always.
    pub oversized: Vec<Oversized>,
}

/// A record over [`MAX_RECORD`](crate::source::MAX_RECORD), which need not be fetched again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oversized {
    pub row: u64,
    pub line: u64,
    /// The physical line on which it ends.
    pub last_line: u64,
    pub start: u64,
    pub end: u64,
    /// It is that long because a quote in it is never closed.
    pub unclosed: bool,
}

impl ChunkSpan {
    /// The bytes that [`Layout::rows`] wants: `start..end` without the records that are too long, so
    /// that a chunk's size has a bound whatever the file holds.
    pub fn ranges(&self) -> impl Iterator<Item = Range<u64>> {
        let starts = std::iter::once(self.start).chain(self.oversized.iter().map(|long| long.end));
        let ends = self.oversized.iter().map(|long| long.start).chain(std::iter::once(self.end));
        starts.zip(ends).map(|(start, end)| start..end)
    }
}

/// A whole file, planned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub layout: Layout,
    /// Data rows in all chunks.
    pub rows: u64,
    /// The chunks that [`Survey::take_chunks`](super::Survey::take_chunks) has not given yet.
    pub chunks: Vec<ChunkSpan>,
    /// The physical line of a row of totals at the end, which is no data row.
    pub total_row: Option<u64>,
    /// The remembered mapping that the file was read by.
    pub recalled: Option<RememberedMapping>,
}

/// Cuts a file's records into chunks, one record behind: the last one may be a row of totals, and a
/// chunk that was given away cannot be taken back.
#[derive(Debug)]
pub(super) struct Chunks {
    rows_per_chunk: u32,
    rows: u64,
    current: Option<ChunkSpan>,
    done: Vec<ChunkSpan>,
    held: Option<Placed>,
    /// The last line of the last record in a chunk.
    last_line: u64,
    /// The first and the last line of a chunk that is too long to be loaded.
    too_long: Option<(u64, u64)>,
}

/// The most bytes of a chunk, its blank lines included and its records over a megabyte left out: a loader holds them, and
/// the entries that they become, in 512 MB. A thousand usual rows are 0.2 MB.
const MAX_CHUNK: u64 = 64 << 20;

/// Where a data record stands.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub line: u64,
    pub last_line: u64,
    pub source: Range<u64>,
    pub oversized: bool,
    pub unclosed: bool,
}

impl Chunks {
    pub fn new(rows_per_chunk: u32) -> Self {
        let rows_per_chunk = rows_per_chunk.max(1);
        Self { rows_per_chunk, rows: 0, current: None, done: Vec::new(), held: None, last_line: 0, too_long: None }
    }

    /// The chunks that are complete, each once.
    pub fn take(&mut self) -> Vec<ChunkSpan> {
        std::mem::take(&mut self.done)
    }

    /// Data rows so far.
    pub fn rows(&self) -> u64 {
        self.rows + u64::from(self.held.is_some())
    }

    pub fn add(&mut self, record: Placed) {
        if let Some(before) = self.held.replace(record) {
            self.put(before);
        }
    }

    /// Leaves the last record out.
    pub fn drop_last(&mut self) -> Option<Placed> {
        self.held.take()
    }

    /// The number of rows and the chunks that have not been taken.
    pub fn finish(mut self) -> Result<(u64, Vec<ChunkSpan>), Refusal> {
        if let Some(last) = self.held.take() {
            self.put(last);
        }
        self.complete();
        self.check()?;
        Ok((self.rows, self.done))
    }

    /// Refuses the file for a chunk that is too long.
    pub fn check(&self) -> Result<(), Refusal> {
        self.too_long.map_or(Ok(()), |(first, last)| {
            let (rows, limit) = (self.rows_per_chunk, MAX_CHUNK >> 20);
            Err(Refusal::because(format!(
                "lines {first} to {last} hold {rows} rows at most, and more than {limit} MB: take out blank lines, or \
                 shorten the rows"
            )))
        })
    }

    /// Completes the chunk at hand.
    fn complete(&mut self) {
        let Some(chunk) = self.current.take() else { return };
        let bytes: u64 = chunk.ranges().map(|range| range.end.saturating_sub(range.start)).sum();
        if bytes > MAX_CHUNK {
            self.too_long.get_or_insert((chunk.first_line, self.last_line));
        }
        self.done.push(chunk);
    }

    fn put(&mut self, record: Placed) {
        self.rows += 1;
        let Placed { line, last_line, source: Range { start, end }, oversized, unclosed } = record;
        let row = self.rows;
        let chunk = self.current.get_or_insert_with(|| ChunkSpan {
            first_row: row,
            rows: 0,
            first_line: line,
            start,
            end,
            oversized: Vec::new(),
        });
        chunk.rows += 1;
        chunk.end = end;
        if oversized {
            chunk.oversized.push(Oversized { row, line, last_line, start, end, unclosed });
        }
        self.last_line = last_line;
        if chunk.rows == self.rows_per_chunk {
            self.complete();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(line: u64, source: Range<u64>, oversized: bool) -> Placed {
        Placed { line, last_line: line, source, oversized, unclosed: false }
    }

    #[test]
    fn a_chunk_that_no_loader_can_hold_refuses_the_file() {
        // Two rows with blank lines between them, as a gzip of a megabyte may have.
        let mut chunks = Chunks::new(1000);
        chunks.add(placed(2, 10..20, false));
        chunks.add(placed(70_000_000, MAX_CHUNK..MAX_CHUNK + 11, false));
        let said = chunks.finish().map(|(rows, _)| rows).map_err(|refusal| refusal.reasons.join("; "));
        assert_eq!(
            said,
            Err("lines 2 to 70000000 hold 1000 rows at most, and more than 64 MB: take out blank lines, or shorten the \
                 rows"
                .to_owned())
        );
        // The chunk before is fine, and a record that is not read does not count.
        let mut chunks = Chunks::new(2);
        chunks.add(placed(2, 10..20, false));
        chunks.add(placed(3, 20..MAX_CHUNK, true));
        chunks.add(placed(4, MAX_CHUNK..2 * MAX_CHUNK, false));
        assert!(chunks.check().is_ok());
        assert!(chunks.finish().is_ok_and(|(rows, chunks)| rows == 3 && chunks.len() == 2));
    }
}
