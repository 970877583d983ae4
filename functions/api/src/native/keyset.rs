//! Keyset lists of the native door: the page that a request asks for, and the JSON around the page.
//!
//! A cursor names the last record of a page, so records that are added or removed shift no page. A client may send a
//! cursor alone; a filter or sort beside the cursor must be the cursor's own, and only `per_page` may change from page to
//! page. [`super::parameters`] reads a request, [`super::cursor`] has the form of cursors.

use serde::Serialize;
use serde_json::Value;
use shared::import::list::MOST_COUNTED;
use shared::store::keys::ListPlace;
use utoipa::ToSchema;

use super::Problem;
use super::cursor::{Cursor, CursorKey, strange};
use super::parameters::{Asked, ListOf, PER_PAGE};
use super::scan::{Included, Scan};
use crate::answer::{LARGEST, Room};

/// The page of a list that a request asks for.
pub struct Keyset<'k> {
    of: ListOf,
    key: &'k CursorKey,
    start_cursor: Option<String>,
    pub scan: Scan,
    /// The place behind which the page begins, or `None` for the first page.
    pub after: Option<ListPlace>,
    pub per_page: usize,
}

/// A page of a list as the door answers the page.
#[derive(Debug, Serialize, ToSchema)]
pub struct Envelope<T> {
    /// The cursor of the request, or `null` on the first page.
    #[schema(required)]
    start_cursor: Option<String>,
    /// The cursor of the next page, or `null` on the last page.
    #[schema(required)]
    next_cursor: Option<String>,
    /// The most records of the page, as asked for or by default 50.
    per_page: usize,
    /// The number of records from the first of this page to the end of the list, at most 500.
    estimated_remaining_count: usize,
    /// An object for each filtered field in a fixed order, for example `{"status": {"include": "failed"}}`. The list is
    /// empty without a filter.
    #[schema(value_type = Vec<BTreeMap<String, BTreeMap<String, String>>>)]
    filtered_by: Vec<Value>,
    /// A list with an object for the sort, for example `{"id": "desc"}`, also for the default sort.
    #[schema(value_type = Vec<BTreeMap<String, String>>)]
    pub(super) sorted_by: Value,
    /// The records of the page in the order of the sort.
    records: Vec<T>,
}

impl<'k> Keyset<'k> {
    /// Reads the query of a request for a list.
    pub fn read(query: Option<&str>, of: ListOf, key: &'k CursorKey) -> Result<Self, Problem> {
        let Asked { start_cursor, per_page, included, created, updated, sort } = Asked::read(query, of.list)?;
        let (scan, after) = match start_cursor.as_deref() {
            None => (Scan { included, created, updated, sort: sort.unwrap_or(of.list.sort) }, None),
            Some(cursor) => {
                let Cursor { scan, place } = Cursor::read(cursor, key, of)?;
                let is_scans = |asked: &Included| scan.included.iter().any(|included| included.is_same(asked));
                let fits = included.iter().all(is_scans)
                    && (created.is_none() || created == scan.created)
                    && (updated.is_none() || updated == scan.updated)
                    && sort.is_none_or(|sort| sort == scan.sort);
                if !fits {
                    return Err(strange());
                }
                (scan, Some(place))
            }
        };
        Ok(Self { of, key, start_cursor, scan, after, per_page: per_page.unwrap_or(PER_PAGE) })
    }

    /// The answer with the page. `next` is the place behind which the next page begins, or `None` on the last page, and
    /// `remaining` the number of records from the first of the page on.
    pub fn answer<T>(self, records: Vec<T>, next: Option<ListPlace>, remaining: usize) -> Envelope<T> {
        let Self { of, key, start_cursor, scan, per_page, .. } = self;
        let (filtered_by, sorted_by) = (scan.filtered_by(), scan.sorted_by());
        let next_cursor = next.map(|place| Cursor { scan, place }.written(key, of));
        let estimated_remaining_count = remaining.min(MOST_COUNTED);
        Envelope { start_cursor, next_cursor, per_page, estimated_remaining_count, filtered_by, sorted_by, records }
    }

    /// The page of a list by id that is held in memory. `all` is ascending by id, and `show` makes the JSON of a record.
    pub fn page_of<T>(self, all: &[T], id: impl Fn(&T) -> u64, show: impl Fn(&T) -> Value) -> Envelope<Value> {
        let ascending = self.scan.sort.ascending;
        let is_left = |item: &&T| match self.after {
            None => true,
            Some((_, after)) if ascending => id(item) > after,
            Some((_, after)) => id(item) < after,
        };
        let mut left: Vec<&T> = all.iter().filter(is_left).collect();
        if !ascending {
            left.reverse();
        }
        let records = Room::of(LARGEST).fill(left.iter().take(self.per_page).map(|item| show(item)));
        let next = left.get(records.len()).and(left.get(records.len().wrapping_sub(1)));
        let next = next.map(|last| (0, id(last)));
        self.answer(records, next, left.len())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests;
