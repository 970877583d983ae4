//! The cells of failed rows, read from the file again on request, because the ledger stores only the error.
//!
//! A cell is cut to [`CELL`] letters, and a row ends with `…` where its cells take more than `ROW` bytes. At most
//! `BYTES` of the file are read; errors in later chunks are shown without cells.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::concurrent::drained;
use crate::files::FileError;
use crate::id::{ChunkNo, Row};
use crate::import::{Import, ImportError};
use crate::ledger::{Chunk, PageError};
use crate::services::Services;
use crate::shorten::shortened;
use crate::store::{StoreError, keys};
use crate::table::{Form, LayoutOf, Rows};

/// The most chunks read at once.
const IN_FLIGHT: usize = 4;
/// The most letters of a cell, a name or a value which people are shown.
pub const CELL: usize = 200;
/// The most bytes of a row's cells.
const ROW: usize = 4_000;
/// The most bytes of the file which are read, limited by the memory of the API function.
const BYTES: u64 = 64 << 20;

/// The cells of the rows with errors, by row. Rows which cannot be read any more are missing; their errors are shown
/// without cells.
pub async fn cells<F: Form>(
    services: &Services,
    import: &Import,
    errors: &[PageError],
) -> Result<HashMap<Row, Vec<String>>, ImportError> {
    let mut rows: BTreeMap<ChunkNo, BTreeSet<Row>> = BTreeMap::new();
    for error in errors {
        rows.entry(error.row.chunk(import.rows_per_chunk)).or_default().insert(error.row);
    }
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let Some(layout) = import.verdict(services).await?.layout else {
        return Ok(HashMap::new());
    };
    let layout = layout.decode::<F>().map_err(|error| StoreError::Shape(error.to_string()))?;
    let keys: Vec<_> = rows.keys().map(|&chunk| keys::chunk(import.account, import.id, chunk)).collect();
    let (mut cells, mut left) = (HashMap::new(), BYTES);
    // Only a few chunks at a time, because the item of a chunk contains the whole ledger page.
    for some in keys.chunks(IN_FLIGHT) {
        let items = services.store.get_many(some).await?.into_iter();
        let mut chunks: Vec<Chunk> = items.map(Chunk::decode).collect::<Result<_, _>>()?;
        chunks.sort_by_key(|chunk| chunk.number);
        chunks.retain(|chunk| {
            left = left.saturating_sub(chunk.end.saturating_sub(chunk.start));
            left > 0
        });
        let wanted = chunks.into_iter().filter_map(|chunk| rows.remove(&chunk.number).map(|rows| (chunk, rows)));
        let reads = wanted.map(|(chunk, rows)| of_chunk::<F>(services, import, &layout, chunk, rows));
        cells.extend(drained(reads, IN_FLIGHT).await?.into_iter().flatten());
        if left == 0 {
            break;
        }
    }
    Ok(cells)
}

async fn of_chunk<F: Form>(
    services: &Services,
    import: &Import,
    layout: &LayoutOf<F>,
    chunk: Chunk,
    wanted: BTreeSet<Row>,
) -> Result<Vec<(Row, Vec<String>)>, ImportError> {
    let Some(table) = import.table() else { return Ok(Vec::new()) };
    let span = chunk.span();
    let bytes = match services.files.ranges(table, span.ranges()).await {
        Ok(bytes) => bytes,
        Err(FileError::Missing | FileError::Replaced) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let rows = Rows::<F>::new(layout, &span, &bytes).map_err(|error| StoreError::Shape(error.to_string()))?;
    let wanted = rows.into_iter().filter(|row| wanted.contains(&Row(row.row)));
    Ok(wanted.map(|row| (Row(row.row), shown(row.cells()))).collect())
}

/// The cells of a row, shortened.
fn shown(cells: Vec<Cow<'_, str>>) -> Vec<String> {
    let mut left = ROW;
    let mut shown = Vec::new();
    for cell in cells {
        let cell = shortened(cell, CELL);
        if cell.len() > left {
            shown.push("…".to_owned());
            break;
        }
        left = left.saturating_sub(cell.len() + 1);
        shown.push(cell);
    }
    shown
}
