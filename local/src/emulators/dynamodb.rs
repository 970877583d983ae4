//! DynamoDB: `dynoxide`, in memory or in a file.
//!
//! Measured: 41 of 41 of our checks and 577 of 601 of a public conformance suite, the rest being wording. It does not
//! throttle, never reports a transaction conflict, reads consistently whether asked to or not, and leaves expired items
//! where they are, as DynamoDB does for up to days. Streams stay off whatever the template says: each write to a table
//! with a stream searches its records, so the outbox would slow down with every import, and nothing reads it here.

use std::path::Path;

use dynoxide::Database;

use super::{Bound, Server, StartError};

/// The file in the data directory.
const FILE: &str = "dynamodb.sqlite";

pub(super) fn serve(bound: Bound, data: Option<&Path>) -> Result<Server, StartError> {
    let database = match data {
        Some(directory) => open(directory),
        None => Database::memory(),
    };
    let database = database.map_err(|error| StartError::Database(error.to_string()))?;
    Ok(bound.run(|listener, stopped| async move {
        if let Err(error) = dynoxide::server::serve_with_shutdown(listener, database, stopped.wait()).await {
            tracing::error!(error, "DynamoDB ended");
        }
    }))
}

fn open(directory: &Path) -> dynoxide::Result<Database> {
    let database = Database::new(&directory.join(FILE).to_string_lossy())?;
    // By default every commit waits for the disk, which takes ten times as long. What this sets is SQLite's NORMAL: the
    // log is ahead of the file, so a power cut may cost the last writes and never the whole.
    database.disable_bulk_loading()?;
    Ok(database)
}

#[cfg(test)]
mod tests;
