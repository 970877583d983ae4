//! The entries which an import created, as the entries are now, a page at a time.
//!
//! The ledger tells which rows created entries ([`crate::results::rows`]), also for an entry which was deleted by hand since.
//! Between the first and the last row of a page lie no entries but the page's own, so a query of that range per chunk reads
//! each entry once. Nothing is left of an undone import.

use std::collections::HashMap;

use super::Entry;
use crate::concurrent::drained;
use crate::id::Row;
use crate::import::Import;
use crate::results::rows::{self, RowOutcome, RowPage, RowPlace, RowQuery};
use crate::services::Services;
use crate::store::{StoreError, keys};
use crate::things::retired::Retirements;

/// The most chunks read at once.
const CHUNKS_AT_ONCE: usize = 8;

/// A row which created an entry.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedEntry {
    /// The number of the data row within the file, from 1.
    pub row: Row,
    /// The entry as people see it now, or `None` if the entry was deleted by hand.
    pub entry: Option<Entry>,
}

impl ImportedEntry {
    /// `true` if the entry was edited by hand since.
    pub fn is_edited(&self) -> bool {
        self.entry.as_ref().is_some_and(|entry| entry.version > 1)
    }
}

/// A page of the entries which an import created.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportedPage {
    /// The entries in the order of the rows.
    pub entries: Vec<ImportedEntry>,
    /// The number of entries from the first of the page to the end of the list.
    pub remaining: u64,
    /// The place behind which the next page begins, or `None` after the last page.
    pub next: Option<RowPlace>,
}

/// Finds a page of at most `take` entries which an import created, behind the place `after`.
pub async fn page(
    services: &Services,
    import: &Import,
    ascending: bool,
    after: Option<RowPlace>,
    take: usize,
) -> Result<ImportedPage, StoreError> {
    if import.status.is_gone() {
        return Ok(ImportedPage::default());
    }
    let query = RowQuery { outcomes: vec![RowOutcome::Created], ascending, after, take };
    let page = rows::page(services, import, &query).await?;
    let spans = page.spans(import.rows_per_chunk);
    let RowPage { rows, remaining, next } = page;
    let reads = spans.into_iter().map(|(chunk, (first, last))| {
        services.store.read_all::<Entry>(keys::entries_between(import.account, import.id, chunk, first, last))
    });
    let entries = drained(reads, CHUNKS_AT_ONCE).await?.into_iter().flatten();
    let mut entries: HashMap<Row, Entry> = entries.map(|entry| (entry.id.row(), entry)).collect();
    let retirements = Retirements::read(services, import.account).await?;
    entries.values_mut().for_each(|entry| retirements.resolve(entry));
    let entries = rows.iter().map(|found| ImportedEntry { row: found.row, entry: entries.remove(&found.row) });
    Ok(ImportedPage { entries: entries.collect(), remaining, next })
}
