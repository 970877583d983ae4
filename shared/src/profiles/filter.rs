//! Filters of lists: `name==value` and its siblings, all of which a record must match.
//!
//! | operator | matches |
//! |---|---|
//! | `==`, `!=`, `<>` | the same value, another value |
//! | `<`, `>`, `<=`, `>=` | a smaller value, a larger value, and so on |
//! | `=~`, `!~` | a text in which `%` stands for any letters and `_` for one letter |
//!
//! Numbers are compared as numbers, dates by time, every other value as a text without regard to case. The value of a
//! filter is converted like a value of the field first, unless the field is a text. A condition is trimmed as a whole and no
//! further: `name== x` asks for a value with a blank in front.

use std::cmp::Ordering;

use super::columns::{Columns, secret};
use crate::records::Record;
use crate::schema::Schema;
use crate::values::profile_value::FieldType;

/// What a filter or an order reads of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The value in a column, by its number.
    Column(usize),
    /// The id.
    Id,
    /// The secret, which the vendor calls `code`.
    Secret,
    /// The time of the last change.
    Modified,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
    Like,
    Unlike,
}

/// A condition of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    subject: Subject,
    operator: Operator,
    /// The value to compare with, in the form of the subject's values.
    value: Sortable,
    /// The value as text in lower case, for patterns.
    text: String,
}

/// A value in an order. Values of one subject are of one variant.
#[derive(Clone, Debug, PartialEq)]
pub enum Sortable {
    /// A whole number.
    Integer(i128),
    /// A number.
    Float(f64),
    /// A text in lower case, or a date, whose texts sort by time.
    Text(String),
}

impl Sortable {
    /// The order of two values.
    pub fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Integer(_) => 0,
            Self::Float(_) => 1,
            Self::Text(_) => 2,
        }
    }

    /// A converted value of a field type.
    pub fn of(field_type: FieldType, text: &str) -> Self {
        match field_type {
            FieldType::Integer => Self::Integer(text.parse().unwrap_or(0)),
            FieldType::Float => Self::Float(text.parse().unwrap_or(0.0)),
            _ => Self::Text(text.to_lowercase()),
        }
    }
}

/// Reads records for filters and orders.
#[derive(Clone, Copy)]
pub struct Reading<'c> {
    /// The database with its parts.
    pub schema: &'c Schema,
    /// The columns of the records.
    pub columns: &'c Columns,
    /// Formats a time in milliseconds since the epoch as the door shows times.
    pub time: &'c (dyn Fn(i64) -> String + Sync),
}

impl Reading<'_> {
    /// The subject with a name, without regard to case: a field, else `id`, `code` or `modified`. A name with a blank at its
    /// end is no name, like the vendor's.
    pub fn subject(&self, name: &str) -> Option<Subject> {
        if name.trim() != name {
            return None;
        }
        if let Some(at) = self.columns.place(name) {
            return Some(Subject::Column(at));
        }
        match name.to_ascii_lowercase().as_str() {
            "id" => Some(Subject::Id),
            "code" => Some(Subject::Secret),
            "modified" => Some(Subject::Modified),
            _ => None,
        }
    }

    /// The value of a record.
    pub fn value(&self, subject: Subject, record: &Record) -> Sortable {
        match subject {
            Subject::Column(at) => {
                let column = &self.columns.all[at];
                Sortable::of(column.field.field_type, &self.columns.shown(column, record))
            }
            Subject::Id => Sortable::Integer(record.id.0.into()),
            Subject::Secret => Sortable::Text(secret(self.schema, record).to_lowercase()),
            Subject::Modified => Sortable::Text((self.time)(record.updated_at)),
        }
    }

    fn text(&self, subject: Subject, record: &Record) -> String {
        match subject {
            Subject::Column(at) => self.columns.shown(&self.columns.all[at], record).to_lowercase(),
            Subject::Id => record.id.to_string(),
            Subject::Secret => secret(self.schema, record).to_lowercase(),
            Subject::Modified => (self.time)(record.updated_at),
        }
    }

    /// Reads a condition. `None` for a text without an operator, and for an unknown name.
    pub fn filter(&self, condition: &str) -> Option<Filter> {
        let (name, operator, value) = split(condition.trim())?;
        let subject = self.subject(name)?;
        let sortable = match subject {
            Subject::Column(at) => {
                let column = &self.columns.all[at];
                let field_type = column.field.field_type;
                let value = match field_type.is_text() {
                    true => value.to_owned(),
                    false => self.columns.converted(column, value),
                };
                Sortable::of(field_type, &value)
            }
            Subject::Id => Sortable::Integer(value.trim().parse().unwrap_or(0)),
            Subject::Secret | Subject::Modified => Sortable::Text(value.trim_end().to_lowercase()),
        };
        Some(Filter { subject, operator, value: sortable, text: value.to_lowercase() })
    }

    /// `true` if a record matches every filter.
    pub fn matches(&self, filters: &[Filter], record: &Record) -> bool {
        filters.iter().all(|filter| {
            if matches!(filter.operator, Operator::Like | Operator::Unlike) {
                let is_like = is_like(&self.text(filter.subject, record), &filter.text);
                return is_like == (filter.operator == Operator::Like);
            }
            let order = self.value(filter.subject, record).order(&filter.value);
            match filter.operator {
                Operator::Equal => order.is_eq(),
                Operator::Unequal => order.is_ne(),
                Operator::Less => order.is_lt(),
                Operator::LessOrEqual => order.is_le(),
                Operator::More => order.is_gt(),
                _ => order.is_ge(),
            }
        })
    }
}

/// The name, the operator and the value of a condition. The operator is the first run of its letters, at most two of them.
fn split(condition: &str) -> Option<(&str, Operator, &str)> {
    let is_sign = |byte: u8| matches!(byte, b'=' | b'<' | b'>' | b'!' | b'~');
    let bytes = condition.as_bytes();
    // A name has at least one letter.
    let at = (1..bytes.len()).find(|&at| is_sign(bytes[at]))?;
    let length = if bytes.get(at + 1).copied().is_some_and(is_sign) { 2 } else { 1 };
    let operator = match &condition[at..at + length] {
        "==" => Operator::Equal,
        "!=" | "<>" => Operator::Unequal,
        "<" => Operator::Less,
        "<=" => Operator::LessOrEqual,
        ">" => Operator::More,
        ">=" => Operator::MoreOrEqual,
        "=~" => Operator::Like,
        "!~" => Operator::Unlike,
        _ => return None,
    };
    Some((condition.get(..at)?, operator, &condition[at + length..]))
}

/// `true` if a text fits a pattern in which `%` stands for any letters and `_` for one. Both are in lower case.
pub fn is_like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let (mut at, mut in_pattern) = (0, 0);
    // The place behind the last `%`, and the first letter which that `%` has not taken yet.
    let mut last: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(in_pattern) {
            Some('%') => {
                in_pattern += 1;
                last = Some((in_pattern, at));
            }
            Some(&letter) if letter == '_' || letter == text[at] => {
                at += 1;
                in_pattern += 1;
            }
            _ => match last {
                Some((behind, taken)) => {
                    last = Some((behind, taken + 1));
                    (at, in_pattern) = (taken + 1, behind);
                }
                None => return false,
            },
        }
    }
    pattern[in_pattern..].iter().all(|&letter| letter == '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_split_at_its_first_operator() {
        for (condition, split_up) in [
            ("name==x", Some(("name", Operator::Equal, "x"))),
            ("name==", Some(("name", Operator::Equal, ""))),
            ("a b<>x=y", Some(("a b", Operator::Unequal, "x=y"))),
            ("n!= x", Some(("n", Operator::Unequal, " x"))),
            ("n<-1", Some(("n", Operator::Less, "-1"))),
            ("n<=1", Some(("n", Operator::LessOrEqual, "1"))),
            ("n>1", Some(("n", Operator::More, "1"))),
            ("n>=1", Some(("n", Operator::MoreOrEqual, "1"))),
            ("n=~%x", Some(("n", Operator::Like, "%x"))),
            ("n!~%x", Some(("n", Operator::Unlike, "%x"))),
            ("größe==ä", Some(("größe", Operator::Equal, "ä"))),
            ("n=1", None),
            ("n=<1", None),
            ("==1", None),
            ("n", None),
            ("", None),
        ] {
            assert_eq!(split(condition), split_up, "{condition:?}");
        }
    }

    #[test]
    fn patterns_agree_with_a_plain_recursive_reading() {
        fn plain(text: &[char], pattern: &[char]) -> bool {
            match pattern {
                [] => text.is_empty(),
                ['%', rest @ ..] => (0..=text.len()).any(|skip| plain(&text[skip..], rest)),
                ['_', rest @ ..] => !text.is_empty() && plain(&text[1..], rest),
                [letter, rest @ ..] => text.first() == Some(letter) && plain(&text[1..], rest),
            }
        }
        let all = |letters: &[char], most: usize| {
            let mut all = vec![String::new()];
            let mut from = 0;
            for _ in 0..most {
                let until = all.len();
                for at in from..until {
                    for letter in letters {
                        let longer = format!("{}{letter}", all[at]);
                        all.push(longer);
                    }
                }
                from = until;
            }
            all
        };
        let mut fits = 0;
        for pattern in all(&['a', 'b', '%', '_'], 4) {
            for text in all(&['a', 'b'], 4) {
                let chars = |text: &str| text.chars().collect::<Vec<_>>();
                let expected = plain(&chars(&text), &chars(&pattern));
                assert_eq!(is_like(&text, &pattern), expected, "{text:?} {pattern:?}");
                fits += usize::from(expected);
            }
        }
        assert!(fits > 1000, "{fits}");
    }
}
