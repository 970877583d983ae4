//! What the ledger pages of an import say, gathered for people.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use shared::files::FileError;
use shared::id::{ChunkNo, Row};
use shared::import::{Import, ImportError};
use shared::ledger::{Chunk, PageError};
use shared::services::Services;
use shared::store::{StoreError, keys};

/// At most so many errors are listed; the counts say how many there are.
const MOST_ERRORS: usize = 1000;

/// The findings of an import.
#[derive(Debug, Default)]
pub struct Findings {
    /// The first errors, in the order of the rows.
    pub errors: Vec<PageError>,
    /// Users that nobody knows.
    pub unknown_users: BTreeSet<String>,
    /// Rows that name them.
    pub unknown_user_rows: u64,
    /// Projects that were not to be made.
    pub unknown_projects: BTreeSet<String>,
    /// Cells of the rows with errors, where they were asked for.
    pub cells: HashMap<Row, Vec<String>>,
}

/// Reads the findings from the pages; with `cells`, also the cells of failed rows from the file.
pub async fn findings(services: &Services, import: &Import, cells: bool) -> Result<Findings, ImportError> {
    let mut found = Findings::default();
    let mut query = keys::chunks(import.account, import.id, ChunkNo(0), ChunkNo(import.chunk_count()));
    loop {
        let (items, last) = services.store.page(&query).await?;
        for item in items {
            let mut chunk = Chunk::decode(item)?;
            let Some(page) = chunk.page.take() else {
                continue;
            };
            found.unknown_users.extend(page.unknown_users);
            found.unknown_user_rows += u64::from(page.unknown_user_rows);
            found.unknown_projects.extend(page.unknown_projects);
            let room = MOST_ERRORS - found.errors.len();
            let errors: Vec<_> = page.errors.into_iter().take(room).collect();
            if cells && !errors.is_empty() {
                read_cells(services, import, &chunk, &errors, &mut found.cells).await?;
            }
            found.errors.extend(errors);
        }
        match last {
            Some(last) => query = query.after(last),
            None => return Ok(found),
        }
    }
}

async fn read_cells(
    services: &Services,
    import: &Import,
    chunk: &Chunk,
    errors: &[PageError],
    cells: &mut HashMap<Row, Vec<String>>,
) -> Result<(), ImportError> {
    let (Some(table), Some(layout)) = (import.table(), import.reading(services).await?.layout) else {
        return Ok(());
    };
    let span = chunk.span();
    let bytes = match services.files.ranges(table, span.ranges()).await {
        Ok(bytes) => bytes,
        // The errors stand without the cells.
        Err(FileError::Missing | FileError::Replaced) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let rows = layout.rows(&span, &bytes).map_err(|error| StoreError::Shape(error.to_string()))?;
    let failed: BTreeSet<Row> = errors.iter().map(|error| error.row).collect();
    for row in &rows {
        if failed.contains(&Row(row.row)) {
            cells.insert(Row(row.row), row.cells().into_iter().map(Cow::into_owned).collect());
        }
    }
    Ok(())
}
