//! Keyset lists of the native door: the page that a request asks for, and the JSON around the page.
//!
//! A cursor names the last record of a page, so records that are added or removed shift no page. A client may send a
//! cursor alone; a filter or sort beside the cursor must be the cursor's own, and only `per_page` may change from page to
//! page. [`super::parameters`] reads a request, [`super::cursor`] has the form of cursors.

use serde_json::{Value, json};
use shared::id::AccountId;
use shared::import::list::MOST_COUNTED;
use shared::store::keys::ListPlace;

use super::Problem;
use super::cursor::{Cursor, CursorKey, strange};
use super::parameters::{Asked, List, PER_PAGE};
use super::scan::Scan;
use crate::answer::{LARGEST, Room};

/// The page of a list that a request asks for.
pub struct Keyset<'k> {
    list: &'static List,
    account: AccountId,
    key: &'k CursorKey,
    start_cursor: Option<String>,
    pub scan: Scan,
    /// The place behind which the page begins, or `None` for the first page.
    pub after: Option<ListPlace>,
    pub per_page: usize,
}

impl<'k> Keyset<'k> {
    /// Reads the query of a request for an account's list.
    pub fn read(
        query: Option<&str>,
        list: &'static List,
        account: AccountId,
        key: &'k CursorKey,
    ) -> Result<Self, Problem> {
        let Asked { start_cursor, per_page, statuses, created, updated, sort } = Asked::read(query, list)?;
        let (scan, after) = match start_cursor.as_deref() {
            None => {
                let (statuses, sort) = (statuses.unwrap_or_default(), sort.unwrap_or_default());
                (Scan { statuses, created, updated, sort }, None)
            }
            Some(cursor) => {
                let Cursor { scan, place } = Cursor::read(cursor, key, list.name, account)?;
                let is_same_set = |statuses: &Vec<_>| {
                    statuses.len() == scan.statuses.len()
                        && statuses.iter().all(|status| scan.statuses.contains(status))
                };
                let fits = statuses.is_none_or(|statuses| is_same_set(&statuses))
                    && (created.is_none() || created == scan.created)
                    && (updated.is_none() || updated == scan.updated)
                    && sort.is_none_or(|sort| sort == scan.sort);
                if !fits {
                    return Err(strange());
                }
                (scan, Some(place))
            }
        };
        Ok(Self { list, account, key, start_cursor, scan, after, per_page: per_page.unwrap_or(PER_PAGE) })
    }

    /// The JSON of the page. `next` is the place behind which the next page begins, or `None` on the last page, and
    /// `remaining` the number of records from the first of the page on.
    pub fn answer(self, records: Vec<Value>, next: Option<ListPlace>, remaining: usize) -> Value {
        let Self { list, account, key, start_cursor, scan, per_page, .. } = self;
        let (filtered_by, sorted_by) = (scan.filtered_by(), scan.sorted_by());
        let next = next.map(|place| Cursor { scan, place }.written(key, list.name, account));
        json!({
            "start_cursor": start_cursor,
            "next_cursor": next,
            "per_page": per_page,
            "estimated_remaining_count": remaining.min(MOST_COUNTED),
            "filtered_by": filtered_by,
            "sorted_by": sorted_by,
            "records": records,
        })
    }

    /// The page of a list by id that is held in memory. `all` is ascending by id, and `show` makes the JSON of a record.
    pub fn page_of<T>(self, all: &[T], id: impl Fn(&T) -> u64, show: impl Fn(&T) -> Value) -> Value {
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
