//! The evaluation of filters and sorts on a resource.
//!
//! Texts are compared without regard to case, white space and Unicode form, as names are. A missing text is an empty text. A
//! resource without a value passes `not_eq` and `not_contain`, and no comparison of order.

use std::cmp::Ordering;

use shared::things::names::normal;

use super::Sort;
use super::filter::{Condition, Filter, Operand, Operator};

/// A value of a resource, in the form in which filters compare values.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum<'a> {
    /// The absence of a value, which filters of texts take for an empty text.
    Null,
    Number(i64),
    Text(&'a str),
    /// A time in milliseconds since 1970.
    Time(i64),
    Flag(bool),
    Word(&'static str),
    Tags(&'a [String]),
}

/// A resource with values by which a list is filtered and sorted.
pub trait Filtered {
    /// The number of the resource, which settles the order of equal values.
    fn number(&self) -> u64;
    /// The value of a field which the list's filters or sorts name.
    fn datum(&self, field: &str) -> Datum<'_>;
}

impl Filter {
    /// True if the resource passes the filter.
    pub fn passes(&self, resource: &impl Filtered) -> bool {
        match self {
            Self::All(filters) => filters.iter().all(|filter| filter.passes(resource)),
            Self::Any(filters) => filters.iter().any(|filter| filter.passes(resource)),
            Self::Is(condition) => condition.holds(&resource.datum(condition.field)),
        }
    }
}

impl Condition {
    fn holds(&self, datum: &Datum<'_>) -> bool {
        let any = |test: fn(&Datum<'_>, &Operand) -> bool| self.operands.iter().any(|operand| test(datum, operand));
        match self.operator {
            Operator::Eq => any(is),
            Operator::NotEq => !any(is),
            Operator::Contains => any(contains),
            Operator::NotContain => !any(contains),
            Operator::Gt => any(|datum, operand| order(datum, operand) == Some(Ordering::Greater)),
            Operator::GtEq => any(|datum, operand| order(datum, operand).is_some_and(Ordering::is_ge)),
            Operator::Lt => any(|datum, operand| order(datum, operand) == Some(Ordering::Less)),
            Operator::LtEq => any(|datum, operand| order(datum, operand).is_some_and(Ordering::is_le)),
        }
    }
}

fn is(datum: &Datum<'_>, operand: &Operand) -> bool {
    match (datum, operand) {
        (Datum::Null, Operand::Null) => true,
        (Datum::Null, Operand::Text(wanted)) => wanted.is_empty(),
        (Datum::Text(text), Operand::Text(wanted)) => normal(text) == *wanted,
        (Datum::Tags(tags), Operand::Text(wanted)) => tags.iter().any(|tag| normal(tag) == *wanted),
        (Datum::Flag(flag), Operand::Flag(wanted)) => flag == wanted,
        (Datum::Word(word), Operand::Word(wanted)) => word == wanted,
        _ => order(datum, operand) == Some(Ordering::Equal),
    }
}

fn contains(datum: &Datum<'_>, operand: &Operand) -> bool {
    match (datum, operand) {
        (Datum::Null, Operand::Text(wanted)) => wanted.is_empty(),
        (Datum::Text(text), Operand::Text(wanted)) => normal(text).contains(wanted.as_str()),
        (Datum::Tags(tags), Operand::Text(wanted)) => tags.iter().any(|tag| normal(tag).contains(wanted.as_str())),
        _ => false,
    }
}

fn order(datum: &Datum<'_>, operand: &Operand) -> Option<Ordering> {
    match (datum, operand) {
        (Datum::Number(number), Operand::Number(wanted)) => Some(number.cmp(wanted)),
        (Datum::Time(at), Operand::Time(from, until)) => Some(match at {
            at if at < from => Ordering::Less,
            at if at >= until => Ordering::Greater,
            _ => Ordering::Equal,
        }),
        _ => None,
    }
}

/// A value in the form in which a list sorts it. Resources without a value come last, and first in descending order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortKey {
    Number(i64),
    Text(String),
    Null,
}

/// The place of a resource in a sorted list, by the sorts and then by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    keys: Vec<(SortKey, bool)>,
    number: u64,
}

impl Place {
    /// The place of a resource in a list with these sorts. Texts are sorted as they are compared,
    /// without regard to case.
    pub fn of(resource: &impl Filtered, sorts: &[Sort]) -> Self {
        let key = |sort: &Sort| {
            let key = match resource.datum(sort.field) {
                Datum::Null | Datum::Tags(_) => SortKey::Null,
                Datum::Number(number) | Datum::Time(number) => SortKey::Number(number),
                Datum::Text(text) => SortKey::Text(normal(text)),
                Datum::Flag(flag) => SortKey::Number(flag.into()),
                Datum::Word(word) => SortKey::Text(word.to_owned()),
            };
            (key, sort.descending)
        };
        Self { keys: sorts.iter().map(key).collect(), number: resource.number() }
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        let keys = self.keys.iter().zip(&other.keys);
        let of_keys = keys.map(|((one, descending), (other, _))| match descending {
            false => one.cmp(other),
            true => other.cmp(one),
        });
        of_keys.fold(Ordering::Equal, Ordering::then).then(self.number.cmp(&other.number))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
