//! The description of a page of the list of imports: filters, order and place.

use super::entry::Entry;
use crate::import::{Import, Status};
use crate::store::keys::{LAST_TIME, ListPlace};

/// The field by which a list is ordered; the number breaks ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListOrder {
    /// By the import's number.
    Id,
    /// By the time at which the import was made, which is the order by number.
    CreatedAt,
    /// By the time of the last change of status.
    UpdatedAt,
}

/// A range of times in milliseconds since 1970, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    /// The earliest time.
    pub from: i64,
    /// The latest time.
    pub to: i64,
}

impl TimeRange {
    /// The range of all times.
    pub const ALL: Self = Self { from: 0, to: LAST_TIME };

    fn has(self, at: i64) -> bool {
        (self.from..=self.to).contains(&at)
    }

    pub(super) fn is_empty(self) -> bool {
        self.from > self.to
    }
}

/// The description of a page.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// The statuses to find; empty for all.
    pub statuses: Vec<Status>,
    /// The range of `created_at`.
    pub created: TimeRange,
    /// The range of `updated_at`.
    pub updated: TimeRange,
    /// The field of the order.
    pub order: ListOrder,
    /// `true` if the smallest value comes first.
    pub ascending: bool,
    /// The place behind which the page begins, or `None` for the first page.
    pub after: Option<ListPlace>,
    /// The number of imports in a page, at least 1.
    pub take: usize,
}

impl ListQuery {
    /// The query with each range narrowed by the other: no import changes before it is made.
    pub(super) fn narrowed(mut self) -> Self {
        self.created.to = self.created.to.min(self.updated.to);
        // The filter on `updated_at` stays the caller's where it decides which index serves the list.
        if self.order == ListOrder::UpdatedAt {
            self.updated.from = self.updated.from.max(self.created.from);
        }
        self
    }

    pub(super) fn is_by_number(&self) -> bool {
        self.order != ListOrder::UpdatedAt
    }

    /// `true` if the index `list` serves the query.
    pub(super) fn is_plain(&self) -> bool {
        self.is_by_number() && self.statuses.is_empty() && self.updated == TimeRange::ALL
    }

    /// `true` if a filter crosses the order, so that entries in between may not match.
    pub(super) fn has_gaps(&self) -> bool {
        if self.is_by_number() { self.updated != TimeRange::ALL } else { self.created != TimeRange::ALL }
    }

    /// `true` if no import behind the entry can match.
    pub(super) fn ends_at(&self, entry: &Entry) -> bool {
        let beyond =
            if self.ascending { entry.created_at > self.created.to } else { entry.created_at < self.created.from };
        self.is_by_number() && beyond
    }

    pub(super) fn matches_entry(&self, entry: &Entry) -> bool {
        self.created.has(entry.created_at) && entry.updated_at.is_none_or(|at| self.updated.has(at))
    }

    /// `true` if the import, read from the table, still matches and stands where the index showed the import.
    pub(super) fn matches(&self, import: &Import, entry: &Entry) -> bool {
        let stands = self.is_by_number() || entry.updated_at == Some(import.updated_at);
        let of_status = self.statuses.is_empty() || self.statuses.contains(&import.status);
        stands && of_status && self.created.has(import.created_at) && self.updated.has(import.updated_at)
    }
}
