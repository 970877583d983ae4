//! The profiles and subprofiles which an import created, as they are now, a page at a time.
//!
//! The ledger tells which rows created something ([`crate::results::rows`]), also if it was deleted since. Between the first
//! and the last row of a page lie no records but the page's own, so a query of that range per chunk and kind reads each
//! record once. Of an undone import nothing is listed.

use std::collections::HashMap;

use crate::concurrent::drained;
use crate::id::Row;
use crate::import::Import;
use crate::records::Record;
use crate::results::rows::{self, RowOutcome, RowPage, RowPlace, RowQuery};
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::{self, RecordKind};

/// The most queries under way at once.
const QUERIES_AT_ONCE: usize = 8;

/// A row which created a profile, a subprofile, or both.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedProfile {
    /// The number of the data row within the file, from 1.
    pub row: Row,
    /// The profile, or `None` if the row created none or the profile is gone.
    pub profile: Option<Record>,
    /// The subprofile, or `None` if the row created none or the subprofile is gone.
    pub subprofile: Option<Record>,
}

/// A page of the profiles which an import created.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportedProfiles {
    /// The rows in order.
    pub profiles: Vec<ImportedProfile>,
    /// The number of rows from the first of the page to the end of the list.
    pub remaining: u64,
    /// The place behind which the next page begins, or `None` after the last page.
    pub next: Option<RowPlace>,
}

/// Finds a page of at most `take` rows which created something, behind the place `after`.
pub async fn page(
    services: &Services,
    import: &Import,
    ascending: bool,
    after: Option<RowPlace>,
    take: usize,
) -> Result<ImportedProfiles, StoreError> {
    if import.status.is_gone() {
        return Ok(ImportedProfiles::default());
    }
    let query = RowQuery { outcomes: vec![RowOutcome::Created], ascending, after, take };
    let page = rows::page(services, import, &query).await?;
    let spans = page.spans(import.rows_per_chunk);
    let RowPage { rows, remaining, next } = page;
    let (mut profiles, mut subprofiles) = (HashMap::new(), HashMap::new());
    for (kind, found) in [(RecordKind::Profile, &mut profiles), (RecordKind::Subprofile, &mut subprofiles)] {
        let reads = spans.iter().map(|(&chunk, &span)| {
            let query = keys::records_between(import.account, kind, import.id, chunk, span);
            services.store.read_all::<Record>(query)
        });
        let records = drained(reads, QUERIES_AT_ONCE).await?.into_iter().flatten();
        found.extend(records.filter(|record| record.gone.is_none()).map(|record| (record.id.row(), record)));
    }
    let imported = rows.iter().map(|found| {
        let (profile, subprofile) = (profiles.remove(&found.row), subprofiles.remove(&found.row));
        ImportedProfile { row: found.row, profile, subprofile }
    });
    Ok(ImportedProfiles { profiles: imported.collect(), remaining, next })
}
