//! A planned file which is compared with the entities that stand, before the first of its chunks is loaded.
//!
//! Because chunks are loaded in any order, the plan finds before the first chunk is loaded what stands already, and notes it for
//! the loaders. A kind decides by the rows' keys ([`crate::kind::Kind::join`]); this module passes over the file, and notes rows
//! of which a loader need know no more than that they stand ([`Chunk::there`]). A kind which finds more has notes of its own.
//!
//! For a long file a kind handles the keys in shares which fit in memory, with two passes over the file for each share.
//! A bit per row is all that is kept between shares.

use futures::{StreamExt, TryStreamExt, stream};

use super::bits::Bits;
use crate::concurrent::drained;
use crate::files::Object;
use crate::id::ChunkNo;
use crate::import::{Import, ImportError};
use crate::ledger::{Chunk, ChunkState, Outcome, Page, runs_attribute};
use crate::services::Services;
use crate::store::keys;
use crate::store::{Query, StoreError, Write};
use crate::table::{ErrorCode, Form, LayoutOf, Rows};

/// The most chunks whose bytes are fetched ahead.
const FETCHES_AHEAD: usize = 8;
/// The most chunk items written at once.
const WRITES_IN_FLIGHT: usize = 16;

/// A planned file with its import.
pub struct PlannedFile<'a, F: Form> {
    /// The clients.
    pub services: &'a Services,
    /// The import of the file.
    pub import: &'a Import,
    /// The object which holds the rows.
    source: &'a Object,
    /// The decisions by which rows are read.
    pub layout: &'a LayoutOf<F>,
    /// The number of data rows.
    pub rows: u64,
    chunks: u64,
}

/// The place of a row of a planned file, with its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenRow {
    /// The index of the row in the file, from 0.
    pub row: u64,
    /// The outcome which the row got before the import was stopped and resumed, or `None`.
    pub outcome: Option<Outcome>,
}

/// A row within which the file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CutRow {
    /// The physical line on which the row begins, from 1.
    pub line: u64,
    /// The number of cells.
    pub cells: usize,
    /// The number of columns up to the last one with a name.
    pub names: usize,
}

impl<'a, F: Form> PlannedFile<'a, F> {
    /// A planned file with the given numbers of rows and chunks.
    pub(super) fn new(
        services: &'a Services,
        import: &'a Import,
        source: &'a Object,
        layout: &'a LayoutOf<F>,
        (rows, chunks): (u64, u64),
    ) -> Self {
        Self { services, import, source, layout, rows, chunks }
    }

    /// The number of shares in which the keys of all rows are handled, so a share fits in memory; at least 1.
    pub fn shares(&self) -> u64 {
        self.shares_of(1)
    }

    /// The number of shares if a row takes as much memory as so many fingerprints.
    pub fn shares_of(&self, fingerprints: u64) -> u64 {
        (self.rows * fingerprints).div_ceil(self.services.fingerprints_at_once).max(1)
    }

    /// An empty set of rows.
    pub fn no_rows(&self) -> Bits {
        Bits::new(self.rows)
    }

    /// Reads the whole file, and passes each row which can be parsed to `see`, in the order of the file.
    pub async fn read(&self, mut see: impl FnMut(SeenRow, &F::Row<'_>)) -> Result<(), ImportError> {
        let mut pages = self.services.store.pages(self.all_chunks());
        while let Some(items) = pages.next().await? {
            let chunks: Vec<Chunk> = items.into_iter().map(Chunk::decode).collect::<Result<_, _>>()?;
            let fetch = |chunk: Chunk| async move {
                let bytes = self.services.files.ranges(self.source, chunk.span().ranges()).await?;
                Ok::<_, ImportError>((chunk, bytes))
            };
            let mut fetched = stream::iter(chunks.into_iter().map(fetch)).buffered(FETCHES_AHEAD);
            while let Some((chunk, bytes)) = fetched.try_next().await? {
                self.parse(&chunk, &bytes, &mut see)?;
            }
        }
        Ok(())
    }

    /// Reads a chunk of the file, and passes each row which can be parsed to `see`.
    pub async fn read_chunk(
        &self,
        number: ChunkNo,
        mut see: impl FnMut(SeenRow, &F::Row<'_>),
    ) -> Result<(), ImportError> {
        let key = keys::chunk(self.import.account, self.import.id, number);
        let Some(item) = self.services.store.get(&key).await? else { return Ok(()) };
        let chunk = Chunk::decode(item)?;
        let bytes = self.services.files.ranges(self.source, chunk.span().ranges()).await?;
        self.parse(&chunk, &bytes, &mut see)
    }

    /// The last row of the file, if the file ends within the row: nothing follows the row, not even a line break, and the row
    /// has fewer cells than the header has names, or an open quote. `None` for a file that is whole, as far as the file tells.
    pub async fn cut_row(&self) -> Result<Option<CutRow>, ImportError> {
        let Some(last) = self.chunks.checked_sub(1).map(ChunkNo) else { return Ok(None) };
        let key = keys::chunk(self.import.account, self.import.id, last);
        let Some(item) = self.services.store.get(&key).await? else { return Ok(None) };
        let chunk = Chunk::decode(item)?;
        if chunk.end < self.source.size {
            return Ok(None);
        }
        let bytes = self.services.files.ranges(self.source, chunk.span().ranges()).await?;
        let rows = Rows::<F>::new(self.layout, &chunk.span(), &bytes);
        let rows = rows.map_err(|error| StoreError::Shape(error.to_string()))?;
        let names = self.layout.headers.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
        Ok(rows.into_iter().last().and_then(|row| {
            let is_open = row.parsed.as_ref().is_err_and(|error| error.code == ErrorCode::UnclosedQuote);
            let cells = row.cells().len();
            (is_open || cells < names).then_some(CutRow { line: row.line, cells, names })
        }))
    }

    fn parse(
        &self,
        chunk: &Chunk,
        bytes: &[u8],
        see: &mut impl FnMut(SeenRow, &F::Row<'_>),
    ) -> Result<(), ImportError> {
        let rows = Rows::<F>::new(self.layout, &chunk.span(), bytes);
        let outcomes: Vec<_> = chunk.page.iter().flat_map(Page::each_outcome).collect();
        for row in &rows.map_err(|error| StoreError::Shape(error.to_string()))? {
            if let Ok(parsed) = &row.parsed {
                let outcome = outcomes.get((row.row - chunk.first_row) as usize).copied();
                see(SeenRow { row: row.row - 1, outcome }, parsed);
            }
        }
        Ok(())
    }

    fn all_chunks(&self) -> Query {
        keys::first_chunks(self.import.account, self.import.id, self.chunks)
    }

    /// Notes in the chunks which rows stand already. Chunks which are committed, or whose load has begun, are left alone.
    pub async fn note(&self, found: &Bits) -> Result<(), ImportError> {
        // An earlier run which died may have noted rows whose entities were deleted since.
        let noted = self.noted().await?;
        self.write(found, &noted).await
    }

    /// The chunks in which an earlier run noted rows.
    async fn noted(&self) -> Result<Bits, StoreError> {
        let mut noted = Bits::new(self.chunks);
        let mut pages = self.services.store.pages(self.all_chunks());
        while let Some(items) = pages.next().await? {
            for item in items {
                let chunk = Chunk::decode(item)?;
                if !chunk.there.is_empty() {
                    noted.set(chunk.number.0);
                }
            }
        }
        Ok(noted)
    }

    /// Notes the rows found in the chunks. A chunk is left alone if a second run has begun the load.
    async fn write(&self, found: &Bits, noted: &Bits) -> Result<(), ImportError> {
        let rows = u64::from(self.import.rows_per_chunk);
        let note = |number: ChunkNo| {
            let runs = found.runs(number.0 * rows, (number.0 + 1) * rows);
            (!runs.is_empty() || noted.get(number.0)).then_some(async move {
                let key = keys::chunk(self.import.account, self.import.id, number);
                let note = Write::update(key, "SET #there = :there")
                    .when("#state = :planned")
                    .bind_attribute(":there", runs_attribute(&runs))
                    .bind(":planned", ChunkState::Planned)
                    .in_round(self.import.round);
                self.services.store.attempt(note).await.map(drop)
            })
        };
        drained((0..self.chunks).map(ChunkNo).filter_map(note), WRITES_IN_FLIGHT).await?;
        Ok(())
    }
}
