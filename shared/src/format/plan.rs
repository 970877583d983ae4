//! What the first pass gives: the layout and the chunks.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::layout::Layout;

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
}

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
        Self { rows_per_chunk, rows: 0, current: None, done: Vec::new(), held: None }
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
    pub fn finish(mut self) -> (u64, Vec<ChunkSpan>) {
        if let Some(last) = self.held.take() {
            self.put(last);
        }
        self.done.extend(self.current.take());
        (self.rows, self.done)
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
        if chunk.rows == self.rows_per_chunk {
            self.done.extend(self.current.take());
        }
    }
}
