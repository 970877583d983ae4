//! The filters of a list: what may be filtered, and how a query is read into a tree of conditions.
//!
//! | written | means |
//! |---|---|
//! | `filter[name]=x`, `filter[name][eq]=x` | the name is x |
//! | `filter[name][]=x&filter[name][]=y`, `filter[name]=x,y` | one of them; a name or a title may contain commas, so `x,y` is also compared whole |
//! | `filter[archived_at]`, `filter[archived_at]=null` | no value |
//! | `filter[name][contains]=x` | an operator; [`Operator`] has all |
//! | `filter[name]=x&filter[email]=y` | both |
//! | `filter[$op]=or&filter[0][name]=x&filter[1][email]=y` | a group: one of its members |
//! | `filter[0][$op]=or&filter[0][0][name]=x&…` | a group within a group, four deep |

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use shared::things::names::normal;

use super::brackets::Node;
use crate::answer::{CELL, shortened};
use crate::productive::error::{ProductiveError, UNSUPPORTED_FILTER, UNSUPPORTED_FILTER_VALUE};

/// The number of groups that may lie within each other. A deeper filter is answered with 400 `unsupported_filter`.
const DEEPEST: usize = 4;
/// The name which holds the operator of a group, `and` or `or`.
const GROUP: &str = "$op";

/// The comparison of a condition, which decides the kinds of fields to which the comparison applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// The value is equal to one of the operands.
    Eq,
    /// The value is equal to none of the operands. A missing value passes, unless `null` or an empty
    /// text is an operand.
    NotEq,
    /// The text, or a label of the list, contains one of the operands.
    Contains,
    /// The text, or every label of the list, contains none of the operands.
    NotContain,
    /// The value is greater than the operand, and a time lies behind the operand's day.
    Gt,
    /// The value is the operand or greater, and a time lies within the operand's day or behind.
    GtEq,
    /// The value is less than the operand, and a time lies before the operand's day.
    Lt,
    /// The value is the operand or less, and a time lies within the operand's day or before.
    LtEq,
}

/// The operators by the words in a query, for example `filter[name][not_eq]`.
const OPERATORS: [(&str, Operator); 8] = [
    ("eq", Operator::Eq),
    ("not_eq", Operator::NotEq),
    ("contains", Operator::Contains),
    ("not_contain", Operator::NotContain),
    ("gt", Operator::Gt),
    ("gt_eq", Operator::GtEq),
    ("lt", Operator::Lt),
    ("lt_eq", Operator::LtEq),
];

/// The kind of values which a field has, which decides the form of operands and the operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The number of a resource, from 0, for example `7`.
    Id,
    /// An integer, which may be negative.
    Number,
    /// A text that may contain commas: a value with commas is compared whole and by its parts. Texts are compared
    /// without regard to case.
    Name,
    /// A text without commas, so commas separate values. Texts are compared without regard to case.
    Text,
    /// A point in time, compared by days of the account's zone unless the client asks for instants.
    Time,
    /// A boolean, sent as `true`, `false`, `1` or `0`.
    Flag,
    /// One of some words, each of which may be given by its number as well, for example `archived` or `2`.
    Words(&'static [(&'static str, &'static str)]),
    /// A list of labels, of which one has to be equal or to contain the operand.
    Tags,
}

impl Kind {
    /// Whether a field of this kind may be compared by the operator. Any other pair is
    /// answered with 400 `unsupported_filter`.
    fn takes(self, operator: Operator) -> bool {
        match operator {
            Operator::Eq | Operator::NotEq => true,
            Operator::Contains | Operator::NotContain => matches!(self, Self::Name | Self::Text | Self::Tags),
            Operator::Gt | Operator::GtEq | Operator::Lt | Operator::LtEq => {
                matches!(self, Self::Id | Self::Number | Self::Time)
            }
        }
    }
}

/// A field by which a list may be filtered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name in the query, for example `company_id`.
    pub name: &'static str,
    /// The kind of the field's values.
    pub kind: Kind,
}

/// A value with which a condition compares, in the form in which resources have their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// The absence of a value, written `null` or as an empty text. For texts both are texts like any other.
    Null,
    /// A number, also that of a resource.
    Number(i64),
    /// A text in the form in which texts are compared: tidied, in lower case and normalised.
    Text(String),
    /// A day, or a millisecond, from the first instant to the last, which is excluded, in milliseconds since 1970.
    Time(i64, i64),
    /// A boolean, true for `true` and `1`.
    Flag(bool),
    /// A word of the field's own words, also if the query names the word by its number.
    Word(&'static str),
}

/// A comparison of a field with some values, which holds or does not hold for a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The name of the field in the query.
    pub field: &'static str,
    /// The comparison, which the field's kind takes.
    pub operator: Operator,
    /// One value, or several for operators of equality and containment. The list is never empty.
    pub operands: Vec<Operand>,
}

/// A filter of a list, as a tree of groups with conditions as leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Every filter of the group has to hold. An empty group holds for everything.
    All(Vec<Filter>),
    /// At least one filter of the group has to hold. The group is never empty.
    Any(Vec<Filter>),
    /// A single condition has to hold.
    Is(Condition),
}

impl Default for Filter {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl Filter {
    /// True if the filter holds for everything, so the list can be read without looking at values.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::All(filters) if filters.is_empty())
    }
}

/// The facts by which the filters of a request are read.
#[derive(Clone, Copy)]
pub struct Filtering<'a> {
    /// The fields of the list. A field which is not among these is answered with 400 `unsupported_filter`.
    pub fields: &'static [Field],
    /// The zone of the account, in which a day begins and ends.
    pub zone: &'a TimeZone,
    /// True if times are compared by days, as is the case unless `X-Feature-Flags` asks for instants.
    pub by_days: bool,
}

impl Filtering<'_> {
    /// Reads the tree of names behind `filter`. A value without a field is an error.
    pub fn read(&self, node: &Node) -> Result<Filter, ProductiveError> {
        if let Some(value) = node.last() {
            return Err(unknown(value));
        }
        self.group(node, 0)
    }

    fn group(&self, node: &Node, depth: usize) -> Result<Filter, ProductiveError> {
        let mut members = Vec::new();
        let mut is_any = false;
        for (name, inner) in &node.names {
            if name == GROUP {
                is_any = match inner.last() {
                    Some("and") => false,
                    Some("or") => true,
                    other => return Err(unfit(other.unwrap_or_default(), GROUP)),
                };
            } else if is_number(name) {
                if depth == DEEPEST {
                    return Err(UNSUPPORTED_FILTER.saying(format!("Filters are grouped more than {DEEPEST} deep")));
                }
                members.push(self.group(inner, depth + 1)?);
            } else {
                self.conditions(name, inner, &mut members)?;
            }
        }
        members.retain(|member| !member.is_empty());
        Ok(if is_any && !members.is_empty() { Filter::Any(members) } else { Filter::All(members) })
    }

    /// Adds the conditions on a field, one for each operator of the query.
    fn conditions(&self, name: &str, node: &Node, found: &mut Vec<Filter>) -> Result<(), ProductiveError> {
        let field = self.fields.iter().find(|field| field.name == name).ok_or_else(|| unknown(name))?;
        let mut equal = listed(node)?;
        for (operator, inner) in &node.names {
            if is_number(operator) {
                continue;
            }
            let known = OPERATORS.into_iter().find(|(word, known)| word == operator && field.kind.takes(*known));
            let (_, operator) = known.ok_or_else(|| {
                let (operator, name) = (shortened(operator, CELL), shortened(name, CELL));
                UNSUPPORTED_FILTER
                    .saying(format!("Filter '{name}' does not support the operator '{operator}' on this endpoint"))
            })?;
            let values = listed(inner)?;
            if inner.names.keys().any(|name| !is_number(name)) {
                return Err(unknown(name));
            }
            match operator {
                Operator::Eq => equal.extend(values),
                operator => found.push(self.condition(*field, operator, &values)?),
            }
        }
        let has_operators = node.names.keys().any(|name| !is_number(name) && *name != "eq");
        if !equal.is_empty() || !has_operators {
            found.push(self.condition(*field, Operator::Eq, &equal)?);
        }
        Ok(())
    }

    fn condition(&self, field: Field, operator: Operator, values: &[String]) -> Result<Filter, ProductiveError> {
        let separated = values.iter().flat_map(|value| {
            let parts = value.split(',').map(str::trim);
            match (field.kind, operator) {
                (Kind::Name, Operator::Eq | Operator::NotEq) if value.contains(',') => {
                    parts.filter(|part| !part.is_empty()).chain([value.as_str()]).collect()
                }
                (Kind::Name, _) => vec![value.as_str()],
                _ => parts.collect(),
            }
        });
        let operand = |value: &str| self.operand(field.kind, value).ok_or_else(|| unfit(value, field.name));
        let operands = separated.map(operand).collect::<Result<Vec<_>, _>>()?;
        let is_order = matches!(operator, Operator::Gt | Operator::GtEq | Operator::Lt | Operator::LtEq);
        if operands.is_empty() || is_order && (operands.len() > 1 || operands.contains(&Operand::Null)) {
            return Err(unfit(&values.join(","), field.name));
        }
        Ok(Filter::Is(Condition { field: field.name, operator, operands }))
    }

    fn operand(&self, kind: Kind, value: &str) -> Option<Operand> {
        let is_text = matches!(kind, Kind::Name | Kind::Text | Kind::Tags);
        // The vendor's client library sends a name without a value for nil.
        if matches!(value, "null" | "") && !is_text {
            return Some(Operand::Null);
        }
        match kind {
            Kind::Id => value.parse::<u64>().ok().and_then(|id| i64::try_from(id).ok()).map(Operand::Number),
            Kind::Number => value.parse().ok().map(Operand::Number),
            Kind::Name | Kind::Text | Kind::Tags => Some(Operand::Text(normal(value))),
            Kind::Time => self.time(value),
            Kind::Flag => match value {
                "true" | "1" => Some(Operand::Flag(true)),
                "false" | "0" => Some(Operand::Flag(false)),
                _ => None,
            },
            Kind::Words(words) => {
                let word = words.iter().find(|(word, number)| *word == value || *number == value);
                word.map(|(word, _)| Operand::Word(word))
            }
        }
    }

    /// A day, or a time with an offset. `None` for a day that no calendar has and for any other text, which are
    /// answered with 400 `unsupported_filter_value`.
    fn time(&self, value: &str) -> Option<Operand> {
        let is_date = value.len() == "2026-01-02".len();
        let instant = value.parse::<Timestamp>().ok().filter(|_| !is_date);
        let day = match instant {
            Some(instant) => instant.to_zoned(self.zone.clone()).date(),
            None => value.parse::<Date>().ok().filter(|_| is_date)?,
        };
        if self.by_days {
            let start = |day: Date| Some(day.to_zoned(self.zone.clone()).ok()?.timestamp().as_millisecond());
            return Some(Operand::Time(start(day)?, start(day.checked_add(1.day()).ok()?)?));
        }
        let at = match instant {
            Some(instant) => instant.as_millisecond(),
            None => day.to_zoned(self.zone.clone()).ok()?.timestamp().as_millisecond(),
        };
        Some(Operand::Time(at, at + 1))
    }
}

fn is_number(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// The values of a name, also those sent as `[0]=…&[1]=…`, whose order does not matter.
fn listed(node: &Node) -> Result<Vec<String>, ProductiveError> {
    let mut values = node.values.clone();
    for (name, inner) in node.names.iter().filter(|(name, _)| is_number(name)) {
        if !inner.names.is_empty() {
            return Err(unknown(name));
        }
        values.extend(inner.values.iter().cloned());
    }
    Ok(values)
}

fn unknown(name: &str) -> ProductiveError {
    UNSUPPORTED_FILTER.saying(format!("Filter '{}' is not supported on this endpoint", shortened(name, CELL)))
}

fn unfit(value: &str, name: &str) -> ProductiveError {
    let value = shortened(value, CELL);
    UNSUPPORTED_FILTER_VALUE.saying(format!("Value '{value}' is not supported for filter '{name}' on this endpoint"))
}
