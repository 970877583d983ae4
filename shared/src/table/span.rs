//! Chunks of rows, which the first pass cuts.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A range of rows which are loaded together, with their place in the object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChunkSpan {
    /// Number of the first row, counted from 1 without the header and blank lines.
    pub first_row: u64,
    pub rows: u32,
    /// Physical line on which the first record begins, counted from 1.
    pub first_line: u64,
    /// Position of the first byte of the first record in the original object.
    pub start: u64,
    /// Position after the last byte of the last record, without its line break.
    pub end: u64,
    /// Records between `start` and `end` which are too long to be read; nearly always empty.
    pub oversized: Vec<Oversized>,
}

/// A record over [`MAX_RECORD`](crate::source::MAX_RECORD), whose bytes need not be fetched again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Oversized {
    pub row: u64,
    pub line: u64,
    /// Physical line on which the record ends.
    pub last_line: u64,
    pub start: u64,
    pub end: u64,
    /// True if the record is too long because a quote in the record is never closed.
    pub unclosed: bool,
}

impl ChunkSpan {
    /// Byte ranges which [`Rows`](super::Rows) need: `start..end` without the records which are too long. The size of a
    /// chunk is thus bounded for any file.
    pub fn ranges(&self) -> impl Iterator<Item = Range<u64>> {
        let starts = std::iter::once(self.start).chain(self.oversized.iter().map(|long| long.end));
        let ends = self.oversized.iter().map(|long| long.start).chain(std::iter::once(self.end));
        starts.zip(ends).map(|(start, end)| start..end)
    }
}

/// Cuts the records of a file into chunks and holds the last record back. The last record may be a row of totals, and
/// a chunk which was given out cannot be taken back.
#[derive(Debug)]
pub(super) struct Chunks {
    rows_per_chunk: u32,
    rows: u64,
    current: Option<ChunkSpan>,
    done: Vec<ChunkSpan>,
    held: Option<Placed>,
    /// Last physical line of the last record in a chunk.
    last_line: u64,
    /// First and last line of a chunk which is too long to be loaded.
    too_long: Option<(u64, u64)>,
}

/// Largest size of a chunk in bytes, including its blank lines and without records over a megabyte. A loader holds
/// these bytes and the rows made of them in 512 MB, while a thousand ordinary rows are 0.2 MB.
const MAX_CHUNK: u64 = 64 << 20;

/// A chunk which no loader can hold, by its first and last line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "lines {first} to {last} hold {rows} rows at most, and more than {limit} MB: take out blank lines, or shorten the rows",
    limit = MAX_CHUNK >> 20
)]
pub(super) struct ChunkTooLong {
    first: u64,
    last: u64,
    /// Largest count of rows in a chunk.
    rows: u32,
}

/// The place of a data record in the file.
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

    /// Takes the chunks which are complete; each chunk is returned once.
    pub fn take(&mut self) -> Vec<ChunkSpan> {
        std::mem::take(&mut self.done)
    }

    /// Count of data rows so far, including the record held back.
    pub fn rows(&self) -> u64 {
        self.rows + u64::from(self.held.is_some())
    }

    pub fn add(&mut self, record: Placed) {
        if let Some(before) = self.held.replace(record) {
            self.put(before);
        }
    }

    /// Removes the last record from the rows.
    pub fn drop_last(&mut self) -> Option<Placed> {
        self.held.take()
    }

    /// Completes the last chunk, and returns the count of rows with the chunks which have not been taken.
    pub fn finish(mut self) -> Result<(u64, Vec<ChunkSpan>), ChunkTooLong> {
        if let Some(last) = self.held.take() {
            self.put(last);
        }
        self.complete();
        self.check()?;
        Ok((self.rows, self.done))
    }

    /// The error of the first chunk which is too long, if any.
    pub fn check(&self) -> Result<(), ChunkTooLong> {
        self.too_long.map_or(Ok(()), |(first, last)| Err(ChunkTooLong { first, last, rows: self.rows_per_chunk }))
    }

    /// Completes the current chunk, and notes a chunk which is too long to be loaded.
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
        // Two rows with blank lines between them, as a gzip file of a megabyte may contain.
        let mut chunks = Chunks::new(1000);
        chunks.add(placed(2, 10..20, false));
        chunks.add(placed(70_000_000, MAX_CHUNK..MAX_CHUNK + 11, false));
        let said = chunks.finish().map(|(rows, _)| rows).map_err(|error| error.to_string());
        assert_eq!(
            said,
            Err("lines 2 to 70000000 hold 1000 rows at most, and more than 64 MB: take out blank lines, or shorten the \
                 rows"
                .to_owned())
        );
        // The chunk before the limit is accepted, and a record which is not read adds nothing to the size.
        let mut chunks = Chunks::new(2);
        chunks.add(placed(2, 10..20, false));
        chunks.add(placed(3, 20..MAX_CHUNK, true));
        chunks.add(placed(4, MAX_CHUNK..2 * MAX_CHUNK, false));
        assert!(chunks.check().is_ok());
        assert!(chunks.finish().is_ok_and(|(rows, chunks)| rows == 3 && chunks.len() == 2));
    }
}
