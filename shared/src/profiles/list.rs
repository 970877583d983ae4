//! Lists of profiles and of subprofiles, in the order of their ids or of a value.
//!
//! The page of a plain list of profiles passes over whole imports and partitions, and its total comes from their counters. A
//! list with a filter or an order reads all records of the table. So does a total that no counter tells
//! ([`crate::records::walk`]).

use std::collections::BTreeSet;

use super::filter::{Filter, Reading, Sortable, Subject};
use super::owned::Owned;
use super::selection::MemberWalk;
use super::terms;
use super::walk::OwnedWalk;
use crate::id::{AccountId, RecordId};
use crate::records::Record;
use crate::records::visible::VisibleRecords;
use crate::services::Services;
use crate::store::keys::{self, RecordKind};
use crate::store::{StoreError, Table};

/// The number of records beyond which a list in an order forgets those that do not fit the page.
const KEPT_AT_LEAST: usize = 1000;

/// The records that a list is made of.
pub enum Source<'s> {
    /// All records of a table.
    Table(OwnedWalk<'s>),
    /// The profiles of a view.
    View(Box<MemberWalk<'s>>),
}

impl Source<'_> {
    /// The next records, or `None` at the end. There may be none and more behind.
    pub async fn next(&mut self) -> Result<Option<Vec<Record>>, StoreError> {
        match self {
            Self::Table(walk) => walk.next().await,
            Self::View(walk) => walk.next().await,
        }
    }

    /// The number of all records, if counters tell.
    fn counted(&self) -> Option<u64> {
        match self {
            Self::Table(walk) => walk.counted(),
            Self::View(_) => None,
        }
    }

    /// Passes over the first `skip` records as far as counters tell where they end. Returns how many are left.
    async fn pass_over(&mut self, skip: u64) -> Result<u64, StoreError> {
        match self {
            Self::Table(walk) => walk.pass_over(skip).await,
            Self::View(_) => Ok(skip),
        }
    }
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListOrder {
    /// By a value, and by id among equal values.
    By(Subject),
    /// Another order each time.
    Random,
}

/// A page of a list.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// The filters, all of which a record matches.
    pub filters: Vec<Filter>,
    /// The order.
    pub order: ListOrder,
    /// `true` for the largest value first.
    pub descending: bool,
    /// The number of records before the page.
    pub start: usize,
    /// The most records on the page.
    pub limit: usize,
    /// `true` if the number of all records is asked for.
    pub with_total: bool,
}

impl ListQuery {
    fn is_plain(&self) -> bool {
        self.filters.is_empty() && self.order == ListOrder::By(Subject::Id) && !self.descending
    }
}

/// The records of a page, and the number of all records of the list if the query asks for the number.
pub async fn page(
    mut source: Source<'_>,
    reading: Reading<'_>,
    query: &ListQuery,
) -> Result<(Vec<Record>, Option<u64>), StoreError> {
    let counted = source.counted();
    if query.is_plain() && (counted.is_some() || !query.with_total) {
        let total = counted.filter(|_| query.with_total);
        let mut skip = usize::try_from(source.pass_over(query.start as u64).await?).unwrap_or(usize::MAX);
        let mut records = Vec::new();
        while records.len() < query.limit
            && let Some(next) = source.next().await?
        {
            let passed = skip.min(next.len());
            skip -= passed;
            records.extend(next.into_iter().skip(passed));
        }
        records.truncate(query.limit);
        return Ok((records, total));
    }
    let mut best = Best::new(query.start.saturating_add(query.limit), query.descending);
    let mut total = 0;
    while let Some(next) = source.next().await? {
        for record in next.into_iter().filter(|record| reading.matches(&query.filters, record)) {
            total += 1;
            let place = match query.order {
                ListOrder::By(subject) => reading.value(subject, &record),
                ListOrder::Random => random()?,
            };
            best.push(place, record);
        }
    }
    let records = best.sorted().into_iter().skip(query.start).collect();
    Ok((records, query.with_total.then_some(total)))
}

fn random() -> Result<Sortable, StoreError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::Sdk(error.to_string()))?;
    Ok(Sortable::Integer(i64::from_le_bytes(bytes).into()))
}

/// The first records of an order, in memory of a bounded size.
struct Best {
    most: usize,
    descending: bool,
    kept: Vec<(Sortable, Record)>,
}

impl Best {
    fn new(most: usize, descending: bool) -> Self {
        Self { most, descending, kept: Vec::new() }
    }

    fn push(&mut self, place: Sortable, record: Record) {
        self.kept.push((place, record));
        if self.kept.len() >= self.most.saturating_mul(2).max(KEPT_AT_LEAST) {
            self.shorten();
        }
    }

    fn shorten(&mut self) {
        let descending = self.descending;
        self.kept.sort_by(|(a, first), (b, second)| {
            let order = a.order(b);
            if descending { order.reverse() } else { order }.then(first.id.cmp(&second.id))
        });
        self.kept.truncate(self.most);
    }

    fn sorted(mut self) -> Vec<Record> {
        self.shorten();
        self.kept.into_iter().map(|(_, record)| record).collect()
    }
}

/// The subprofiles of a profile in a collection, by id. The profile is the caller's to judge.
pub async fn subprofiles_of(
    services: &Services,
    account: AccountId,
    owned: Owned<'_>,
    profile: RecordId,
) -> Result<Vec<Record>, StoreError> {
    let term = terms::subprofiles_of(owned.id(), profile);
    let found = services.store.all(keys::index_items(account, term.owner, &term.field, &term.value)).await?;
    let mut ids = BTreeSet::new();
    for item in found {
        let sk = keys::Key::of(Table::Workspace, &item).sk;
        let id = sk.parse().map_err(|_| StoreError::Shape(format!("an index item without an id: {sk}")))?;
        ids.insert(RecordId(id));
    }
    let mut records = VisibleRecords::new(services, account, RecordKind::Subprofile).read_now(&ids).await?;
    records.retain(|record| record.owner == Some(owned.id()) && record.parent == Some(profile));
    Ok(records)
}
