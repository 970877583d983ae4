//! The cells of rows that failed, read again from the file for whoever wants to see them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use shared::drained::drained;
use shared::files::FileError;
use shared::format::Layout;
use shared::id::{ChunkNo, Row};
use shared::import::{Import, ImportError};
use shared::ledger::{Chunk, PageError};
use shared::services::Services;
use shared::store::{StoreError, keys};

/// Chunks read at once.
const IN_FLIGHT: usize = 8;

/// The cells of the rows that `errors` are about. What cannot be read any more is left out: the errors stand without it.
pub async fn cells(
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
    let Some(layout) = import.reading(services).await?.layout else {
        return Ok(HashMap::new());
    };
    // Chunk by chunk: its item holds its whole page.
    let reads = rows.into_iter().map(|(chunk, rows)| of_chunk(services, import, &layout, chunk, rows));
    Ok(drained(reads, IN_FLIGHT).await?.into_iter().flatten().collect())
}

async fn of_chunk(
    services: &Services,
    import: &Import,
    layout: &Layout,
    chunk: ChunkNo,
    wanted: BTreeSet<Row>,
) -> Result<Vec<(Row, Vec<String>)>, ImportError> {
    let item = services.store.get(&keys::chunk(import.account, import.id, chunk)).await?;
    let (Some(table), Some(item)) = (import.table(), item) else {
        return Ok(Vec::new());
    };
    let span = Chunk::decode(item)?.span();
    let bytes = match services.files.ranges(table, span.ranges()).await {
        Ok(bytes) => bytes,
        Err(FileError::Missing | FileError::Replaced) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let rows = layout.rows(&span, &bytes).map_err(|error| StoreError::Shape(error.to_string()))?;
    let wanted = rows.into_iter().filter(|row| wanted.contains(&Row(row.row)));
    Ok(wanted.map(|row| (Row(row.row), row.cells().into_iter().map(Cow::into_owned).collect())).collect())
}
