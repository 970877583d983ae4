//! The scan that a list is asked for: filters and a sort, which stay the same from page to page.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use shared::import::list::{ListOrder, TimeRange};

/// The length limit of a time in a filter, in bytes. RFC 3339 with nanoseconds and an offset has 35.
const LONGEST_TIME: usize = 40;
/// The number of nanoseconds in a millisecond, for rounding a filter's time to the precision of stored times.
const MILLISECOND: i128 = 1_000_000;

/// The filters and the sort of a list, which a cursor carries from page to page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The filters by words, in the list's order of fields. A record has to pass each of these filters.
    pub included: Vec<Included>,
    /// The filter on `created_at`, or `None` without such a filter.
    pub created: Option<Bound>,
    /// The filter on `updated_at`, or `None` without such a filter.
    pub updated: Option<Bound>,
    pub sort: Sort,
}

/// The filter `filter[FIELD][include]`: a record passes if its field has one of the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Included {
    /// The name of the filtered field, for example `status`.
    pub field: &'static str,
    /// The words, each once, in the order of the request. There is at least one word.
    pub words: Vec<&'static str>,
}

impl Included {
    /// `true` if both filters let the same records pass.
    pub fn is_same(&self, other: &Self) -> bool {
        self.field == other.field
            && self.words.len() == other.words.len()
            && self.words.iter().all(|word| other.words.contains(word))
    }
}

/// The field and the direction of a sort. Records with equal values follow by id, in the same direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The field by which the list is sorted.
    pub field: ListOrder,
    /// `true` for the lowest value first, as with `asc`.
    pub ascending: bool,
}

impl Sort {
    /// The highest id first, which is the order of lists of imports and mappings.
    pub const LATEST: Self = Self { field: ListOrder::Id, ascending: false };
    /// The lowest id first, which is the order of rows in their file.
    pub const FIRST: Self = Self { field: ListOrder::Id, ascending: true };
}

/// The sorts by the names in `sort[…]`. A cursor writes the place of a sort in this table, so the order belongs to
/// the version of cursors.
pub const SORTS: [(&str, ListOrder); 3] =
    [("id", ListOrder::Id), ("created_at", ListOrder::CreatedAt), ("updated_at", ListOrder::UpdatedAt)];

/// The operators by the names in `filter[…_at][…]`. A cursor writes the place of an operator in this table.
pub const OPERATORS: [(&str, Operator); 4] =
    [("lt", Operator::Lt), ("lte", Operator::Lte), ("gt", Operator::Gt), ("gte", Operator::Gte)];

/// A comparison of a record's time with the time of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// The record's time is earlier than the filter's.
    Lt,
    /// The record's time is not later than the filter's.
    Lte,
    /// The record's time is later than the filter's.
    Gt,
    /// The record's time is not earlier than the filter's.
    Gte,
}

impl Operator {
    fn name(self) -> &'static str {
        OPERATORS.iter().find(|(_, operator)| *operator == self).map_or("", |(name, _)| name)
    }
}

/// A filter on a time, for example `gte` with `2026-03-01`, which is the start of that day in UTC.
#[derive(Clone, Debug)]
pub struct Bound {
    pub operator: Operator,
    /// The time as the request spells the time, for the envelope and the cursor.
    pub text: String,
    /// The time which the text means, to the nanosecond.
    at: Timestamp,
}

/// Two spellings of a time are the same filter.
impl PartialEq for Bound {
    fn eq(&self, other: &Self) -> bool {
        (self.operator, self.at) == (other.operator, other.at)
    }
}

impl Eq for Bound {}

impl Bound {
    /// Parses an ISO date, which is the start of that day in UTC, or a date with a time and an offset.
    /// `None` for another text.
    pub fn parse(operator: Operator, text: &str) -> Option<Self> {
        let at = match text.len() {
            10 => text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp(),
            0..=LONGEST_TIME => text.parse().ok()?,
            _ => return None,
        };
        Some(Self { operator, text: text.to_owned(), at })
    }

    /// The milliseconds that the filter lets pass. Stored times are whole milliseconds.
    fn range(&self) -> TimeRange {
        let nanoseconds = self.at.as_nanosecond();
        let floor = i64::try_from(nanoseconds.div_euclid(MILLISECOND)).unwrap_or_default();
        let ceiling = floor + i64::from(nanoseconds.rem_euclid(MILLISECOND) != 0);
        let TimeRange { from, to } = TimeRange::ALL;
        match self.operator {
            Operator::Lt => TimeRange { from, to: to.min(ceiling - 1) },
            Operator::Lte => TimeRange { from, to: to.min(floor) },
            Operator::Gt => TimeRange { from: from.max(floor + 1), to },
            Operator::Gte => TimeRange { from: from.max(ceiling), to },
        }
    }

    fn shown(&self) -> Value {
        json!({ self.operator.name(): self.text })
    }
}

impl Scan {
    /// The words of the filter on a field, or `None` without such a filter.
    pub fn words(&self, field: &str) -> Option<&[&'static str]> {
        self.included.iter().find(|included| included.field == field).map(|included| included.words.as_slice())
    }

    /// The range of `created_at` and the range of `updated_at`.
    pub fn ranges(&self) -> (TimeRange, TimeRange) {
        let range = |bound: &Option<Bound>| bound.as_ref().map_or(TimeRange::ALL, Bound::range);
        (range(&self.created), range(&self.updated))
    }

    /// The filters for the envelope, one object for each filtered field.
    pub fn filtered_by(&self) -> Vec<Value> {
        let included = self.included.iter().map(|Included { field, words }| {
            let include = words.join(",");
            json!({ *field: { "include": include } })
        });
        let created = self.created.as_ref().map(|bound| json!({ "created_at": bound.shown() }));
        let updated = self.updated.as_ref().map(|bound| json!({ "updated_at": bound.shown() }));
        included.chain([created, updated].into_iter().flatten()).collect()
    }

    /// The sorts for the envelope, one object for each field.
    pub fn sorted_by(&self) -> Value {
        let name = SORTS.iter().find(|(_, field)| *field == self.sort.field).map_or("", |(name, _)| name);
        json!([{ name: if self.sort.ascending { "asc" } else { "desc" } }])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_day_in_utc_or_has_an_offset() {
        let day = 1_772_323_200_000;
        for (text, from) in [
            ("2026-03-01", Some(day)),
            ("2026-03-01T00:00:00Z", Some(day)),
            ("2026-03-01T02:00:00+02:00", Some(day)),
            ("2026-03-01 02:00:00.5+02:00", Some(day + 500)),
            ("2026-03-01T00:00:00", None),
            ("2026-03-01T", None),
            ("2026-13-01", None),
            ("yesterday", None),
            ("", None),
            ("1772323200", None),
        ] {
            let bound = Bound::parse(Operator::Gte, text);
            assert_eq!(bound.map(|bound| bound.range().from), from, "{text}");
        }
        assert!(Bound::parse(Operator::Gt, &format!("2026-03-01T00:00:00.{}Z", "0".repeat(40))).is_none());
    }

    #[test]
    fn each_operator_lets_the_right_milliseconds_pass() {
        let ms = 1_772_323_200_000;
        for (text, floor, ceiling) in
            [("2026-03-01T00:00:00Z", ms, ms), ("2026-03-01T00:00:00.0001Z", ms, ms + 1), ("1969-12-31", 0, 0)]
        {
            let of = |operator| Bound::parse(operator, text).unwrap().range();
            if floor == 0 {
                assert!([Operator::Lt, Operator::Lte].into_iter().all(|operator| of(operator).to < 0));
                assert_eq!((of(Operator::Gt), of(Operator::Gte)), (TimeRange::ALL, TimeRange::ALL));
                continue;
            }
            assert_eq!((of(Operator::Lt).to, of(Operator::Lte).to), (ceiling - 1, floor), "{text}");
            assert_eq!((of(Operator::Gt).from, of(Operator::Gte).from), (floor + 1, ceiling), "{text}");
        }
    }
}
