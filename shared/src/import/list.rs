//! Finds a page of an account's imports, by filters and in an order, at a price that does not depend on the place of the
//! page.
//!
//! # Indexes
//!
//! | index | partition | order | serves |
//! |---|---|---|---|
//! | `list` | account | number | lists by id or `created_at` without a filter on status or `updated_at` |
//! | `listed` | account and status | number | the other lists by id or `created_at` |
//! | `changed` | account and status | last change, then number | lists by `updated_at` |
//!
//! A list by several statuses merges one query for each status, and a list by `updated_at` of all imports merges ten. The
//! smallest place of all branches comes next, so a rare status costs no more than a frequent status.
//!
//! # Filters
//!
//! The counter that numbers imports also gives out `created_at`, which therefore never falls as the number rises. So the
//! order by `created_at` *is* the order by number, a filter on `created_at` is a range of numbers, and no index by
//! `created_at` exists. The first page of such a scan searches the range by halves (a read unit or two for each doubling
//! of the account); later pages have the cursor. A filter on `updated_at` is a range of the index `changed`.
//!
//! Two combinations cross: a filter on `updated_at` in an order by number, and a filter on `created_at` in an order by
//! `updated_at`. No index can serve both fields at once, unless each transition wrote an item per level of a tree of times. Such a
//! list is walked in its order, and entries that do not match are passed over in the index, without a read of the import:
//! some 100 entries cost a read unit. Because no import changes before it is made, each filter also bounds the other field,
//! which shortens the walk. A gap is passed once in a scan, for the next page begins behind it. A page passes over at most
//! 100,000 entries; a page that needs more is short though not the last, the only case of a short page.
//!
//! # Changes during a scan
//!
//! Indexes follow the table after a moment. Each import of a page is therefore read from the table itself, and an import
//! that has left the filter, or moved in the order, is dropped and the page filled up from behind. An import whose order
//! and filtered fields stand still appears exactly once in a scan.

mod entry;
mod query;
mod walk;

use std::collections::{HashMap, VecDeque};

use super::Import;
use crate::id::AccountId;
use crate::services::Services;
use crate::store::keys::{self, ListPlace};
use crate::store::{StoreError, decode};

use entry::Entry;
pub use query::{ListOrder, ListQuery, TimeRange};
pub use walk::MOST_COUNTED;
use walk::Walk;

/// The number of index entries read for the count alone, once the page is full. A list whose filters cross its order
/// therefore counts fewer imports than are there.
const WALKED_TO_COUNT: usize = 2_000;

/// A page of imports.
#[derive(Clone, Debug)]
pub struct ListPage {
    /// The imports in order.
    pub imports: Vec<Import>,
    /// The number of imports from the first of the page to the end of the list, at most [`MOST_COUNTED`].
    pub remaining: usize,
    /// The place behind which the next page begins, or `None` after the last page.
    pub next: Option<ListPlace>,
}

/// Finds a page of the account's imports.
pub async fn page(services: &Services, account: AccountId, query: ListQuery) -> Result<ListPage, StoreError> {
    let query = query.narrowed();
    if query.created.is_empty() || query.updated.is_empty() {
        return Ok(ListPage { imports: Vec::new(), remaining: 0, next: None });
    }
    let mut walk = Walk::start(services, account, &query).await?;
    let mut waiting = VecDeque::new();
    let mut imports = Vec::new();
    let mut last = None;
    while imports.len() < query.take {
        walk.gather(&mut waiting, query.take - imports.len()).await?;
        if waiting.is_empty() {
            break;
        }
        let some: Vec<Entry> = waiting.drain(..waiting.len().min(query.take - imports.len())).collect();
        let mut there = read(services, account, &some).await?;
        for entry in some {
            last = Some(entry.place);
            imports.extend(there.remove(&entry.import).filter(|import| query.matches(import, &entry)));
        }
    }
    // One entry behind the page tells whether there is a next page, and up to 500 make the count.
    walk.gather(&mut waiting, 1).await?;
    let next = match (waiting.is_empty(), walk.is_cut()) {
        (false, _) => last,
        (true, true) => walk.place(),
        (true, false) => None,
    };
    walk.allow(WALKED_TO_COUNT);
    walk.gather(&mut waiting, MOST_COUNTED.saturating_sub(imports.len())).await?;
    let remaining = (imports.len() + waiting.len()).min(MOST_COUNTED);
    Ok(ListPage { imports, remaining, next })
}

/// Reads the imports of index entries from the table, by number.
async fn read(services: &Services, account: AccountId, entries: &[Entry]) -> Result<HashMap<u64, Import>, StoreError> {
    let keys: Vec<_> = entries.iter().map(|entry| keys::import(account, entry.id())).collect();
    let imports = services.store.get_many(&keys).await?.into_iter().map(decode::<Import>);
    imports.map(|import| import.map(|import| (import.id.0, import))).collect()
}
