//! Pages of lists that are filtered or sorted: everything is read once, and only the page is kept in memory.
//!
//! A filtered list has to be read whole for its total, as a page by number tells it. A page behind a cursor ends the reading
//! as soon as the page is full.

use std::collections::BTreeMap;

use super::error::{ProductiveError, UNSUPPORTED_SORT};
use super::query::Query;
use super::query::matching::{Filtered, Place};
use super::query::page::{Found, Start};

/// The most resources up to the end of a sorted page. A later page would need too much memory.
const DEEPEST: u64 = 20_000;

/// Collects the page of a list by number, whose resources are passed in the order of ids.
pub struct Collected<'q, T> {
    query: &'q Query,
    total: u64,
    /// The first resources up to the end of the page, by place; without a sort, those of the page alone.
    first: BTreeMap<Place, T>,
}

impl<'q, T: Filtered> Collected<'q, T> {
    /// A page that nothing was passed to yet.
    pub fn new(query: &'q Query) -> Result<Self, ProductiveError> {
        let end = query.page.skip().saturating_add(query.page.size as u64);
        if !query.sort.is_empty() && end > DEEPEST {
            return Err(
                UNSUPPORTED_SORT.saying(format!("A sorted list ends after {DEEPEST}; filter it, or sort by id"))
            );
        }
        Ok(Self { query, total: 0, first: BTreeMap::new() })
    }

    /// Passes the next resource.
    pub fn push(&mut self, resource: T) {
        if !self.query.filter.passes(&resource) {
            return;
        }
        self.total += 1;
        let (skip, size) = (self.query.page.skip(), self.query.page.size as u64);
        if self.query.sort.is_empty() {
            if self.total > skip && self.total <= skip.saturating_add(size) {
                self.first.insert(Place::of(&resource, &[]), resource);
            }
            return;
        }
        self.first.insert(Place::of(&resource, &self.query.sort), resource);
        if self.first.len() as u64 > skip + size {
            self.first.pop_last();
        }
    }

    /// The resources of the page with the total.
    pub fn page(self) -> (Vec<T>, Found) {
        let skip =
            if self.query.sort.is_empty() { 0 } else { usize::try_from(self.query.page.skip()).unwrap_or(usize::MAX) };
        (self.first.into_values().skip(skip).take(self.query.page.size).collect(), Found::Total(self.total))
    }
}

/// Collects the page of a list behind a cursor.
pub struct Followed<'q, T> {
    query: &'q Query,
    found: Vec<T>,
}

impl<'q, T: Filtered> Followed<'q, T> {
    pub fn new(query: &'q Query) -> Self {
        Self { query, found: Vec::new() }
    }

    /// Passes the next resource in the order of ids.
    pub fn push(&mut self, resource: T) {
        if !self.is_full() && self.query.filter.passes(&resource) {
            self.found.push(resource);
        }
    }

    /// True once the page is full and a further resource is known.
    pub fn is_full(&self) -> bool {
        self.found.len() > self.query.page.size
    }

    /// The resources of the page, with the last one if more follow.
    pub fn page(mut self) -> (Vec<T>, Found) {
        let more = self.is_full();
        self.found.truncate(self.query.page.size);
        let last = self.found.last().filter(|_| more).map(Filtered::number);
        (self.found, Found::Next(last))
    }
}

/// The resource behind which a list begins, if a cursor says so.
pub fn after(query: &Query) -> Option<u64> {
    match query.page.start {
        Start::After(after) => after,
        Start::Number(_) => None,
    }
}

/// True for a page behind a cursor.
pub fn is_followed(query: &Query) -> bool {
    matches!(query.page.start, Start::After(_))
}
