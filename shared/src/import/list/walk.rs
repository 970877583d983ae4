//! The walk through the index entries of a list, merged over the statuses.

use std::collections::VecDeque;

use futures::future::try_join_all;

use super::entry::Entry;
use super::query::{ListQuery, TimeRange};
use crate::id::{AccountId, MAX_IMPORTS};
use crate::import::Status;
use crate::services::Services;
use crate::store::keys::{self, LAST_TIME, ListPlace};
use crate::store::{Pages, Query, Store, StoreError};

/// The number up to which the imports from the page on are counted.
pub const MOST_COUNTED: usize = 500;
/// The smallest number of entries that a branch reads at once.
const FEWEST_AT_ONCE: usize = 64;
/// The same in a list whose filters cross its order, so that a walk through many entries takes few requests.
const FEWEST_AT_ONCE_IN_GAPS: usize = 250;

/// The entries of one partition of an index, read as the walk comes to them.
struct Branch<'s> {
    pages: Pages<'s>,
    read: VecDeque<Entry>,
    is_done: bool,
    is_by_number: bool,
}

impl Branch<'_> {
    /// Reads further entries until an entry waits or the partition ends.
    async fn fill(&mut self) -> Result<(), StoreError> {
        while self.read.is_empty() && !self.is_done {
            match self.pages.next().await? {
                Some(items) => {
                    let entries = items.iter().map(|item| Entry::of(item, self.is_by_number));
                    self.read = entries.collect::<Result<_, _>>()?;
                }
                None => self.is_done = true,
            }
        }
        Ok(())
    }
}

/// The merged branches of a list.
pub(super) struct Walk<'a> {
    query: &'a ListQuery,
    branches: Vec<Branch<'a>>,
    /// The last entry that the walk has taken.
    last: Option<Entry>,
    /// The number of entries that the walk may still take.
    left: usize,
    is_done: bool,
}

impl<'a> Walk<'a> {
    /// Begins the walk of a query whose ranges are not empty.
    pub(super) async fn start(
        services: &'a Services,
        account: AccountId,
        query: &'a ListQuery,
    ) -> Result<Self, StoreError> {
        let is_by_number = query.is_by_number();
        let queries = match is_by_number {
            true => by_number(services, account, query).await?,
            false => by_change(account, query),
        };
        let fewest = if query.has_gaps() { FEWEST_AT_ONCE_IN_GAPS } else { FEWEST_AT_ONCE };
        let at_once = ((MOST_COUNTED + 1) / queries.len().max(1)).max(fewest);
        let branch = |branch: Query| Branch {
            pages: services.store.pages(branch.ascending(query.ascending).limit(at_once)),
            read: VecDeque::new(),
            is_done: false,
            is_by_number,
        };
        let mut branches: Vec<_> = queries.into_iter().map(branch).collect();
        let filling: Vec<_> = branches.iter_mut().map(|branch| branch.fill()).collect();
        try_join_all(filling).await?;
        Ok(Self { query, branches, last: None, left: services.portions.entries_a_page, is_done: false })
    }

    /// `true` if the walk ended before the list did.
    pub(super) fn is_cut(&self) -> bool {
        self.left == 0 && !self.is_done
    }

    /// The place up to which the walk has come.
    pub(super) fn place(&self) -> Option<ListPlace> {
        self.last.map(|entry| entry.place)
    }

    /// Lets the walk take at most `entries` further entries.
    pub(super) fn allow(&mut self, entries: usize) {
        self.left = self.left.min(entries);
    }

    /// Adds matching entries until `wanted` are waiting or the walk ends.
    pub(super) async fn gather(&mut self, waiting: &mut VecDeque<Entry>, wanted: usize) -> Result<(), StoreError> {
        while waiting.len() < wanted && self.left > 0 {
            let Some(entry) = self.next().await? else {
                break;
            };
            // While a transition is under way, an index may show an import under two statuses.
            let is_again = self.last.is_some_and(|last| last.import == entry.import);
            self.last = Some(entry);
            if !is_again && self.query.matches_entry(&entry) {
                waiting.push_back(entry);
            }
        }
        Ok(())
    }

    /// The next entry of all branches in the order of the list, or `None` at the end.
    async fn next(&mut self) -> Result<Option<Entry>, StoreError> {
        if self.is_done {
            return Ok(None);
        }
        for branch in &mut self.branches {
            branch.fill().await?;
        }
        let ascending = self.query.ascending;
        let places = self.branches.iter().enumerate().filter_map(|(at, branch)| Some((branch.read.front()?.place, at)));
        let first = if ascending { places.min() } else { places.max() };
        let entry = first.and_then(|(_, at)| self.branches[at].read.pop_front());
        let entry = entry.filter(|entry| !self.query.ends_at(entry));
        self.is_done = entry.is_none();
        self.left = self.left.saturating_sub(1);
        Ok(entry)
    }
}

/// The statuses whose partitions are read.
fn statuses(query: &ListQuery) -> &[Status] {
    match query.statuses.as_slice() {
        [] => &Status::ALL,
        some => some,
    }
}

/// The queries of a list by number.
async fn by_number(services: &Services, account: AccountId, query: &ListQuery) -> Result<Vec<Query>, StoreError> {
    let (mut low, mut high) = (0, MAX_IMPORTS);
    match (query.after, query.ascending) {
        (Some((_, last)), true) => low = last.saturating_add(1),
        (Some((_, last)), false) => high = last.saturating_sub(1),
        (None, true) if query.created.from > TimeRange::ALL.from => {
            low = first_made_at(&services.store, account, query.created.from).await?;
        }
        (None, false) if query.created.to < TimeRange::ALL.to => {
            high = first_made_at(&services.store, account, query.created.to + 1).await?.saturating_sub(1);
        }
        (None, _) => {}
    }
    if low > high {
        return Ok(Vec::new());
    }
    if query.is_plain() {
        return Ok(vec![keys::numbered_imports(account, low, high)]);
    }
    Ok(statuses(query).iter().map(|status| keys::numbered_imports_of(account, status.name(), low, high)).collect())
}

/// The queries of a list by the last change.
fn by_change(account: AccountId, query: &ListQuery) -> Vec<Query> {
    let (mut low, mut high) = ((query.updated.from.max(0), 0), (query.updated.to.min(LAST_TIME), MAX_IMPORTS));
    match (query.after, query.ascending) {
        (Some((at, last)), true) => low = low.max((at, last.saturating_add(1))),
        (Some((at, last)), false) => high = high.min((at, last.saturating_sub(1))),
        (None, _) => {}
    }
    if low > high {
        return Vec::new();
    }
    statuses(query).iter().map(|status| keys::changed_imports_of(account, status.name(), low, high)).collect()
}

/// The number of the first import that was made at the time `at` or later, or the number behind the last import. The search
/// halves the numbers, because a higher number is never older.
async fn first_made_at(store: &Store, account: AccountId, at: i64) -> Result<u64, StoreError> {
    let (mut low, mut high) = match last_up_to(store, account, MAX_IMPORTS).await? {
        Some(entry) if entry.created_at >= at => (0, entry.import),
        Some(entry) => return Ok(entry.import + 1),
        None => return Ok(0),
    };
    // All imports below `low` are older than `at`, and the import `high` is not.
    while low < high {
        let middle = low + (high - low) / 2;
        match last_up_to(store, account, middle).await? {
            Some(entry) if entry.created_at >= at => high = entry.import,
            _ => low = middle + 1,
        }
    }
    Ok(high)
}

/// The import with the highest number up to `high`, or `None` if no import has such a number.
async fn last_up_to(store: &Store, account: AccountId, high: u64) -> Result<Option<Entry>, StoreError> {
    let query = keys::numbered_imports(account, 0, high).ascending(false).limit(1);
    let (items, _) = store.page(&query).await?;
    items.first().map(|item| Entry::of(item, true)).transpose()
}
