//! The layout of a file: the decisions of the first pass, by which the second pass reads rows.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::candidate::Candidate;
use super::columns::{Format, Role};
use super::headers::RowEnds;
use super::name::FormatName;
use super::table::who;
use crate::source::{Dialect, Encoding};
use crate::values::dates::DateOrder;
use crate::values::durations;
use crate::values::numbers::DecimalMark;

/// All decisions needed to turn a chunk of the file into entries, with the evidence shown to people.
/// A layout takes a few KB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    pub format: FormatName,
    pub encoding: Encoding,
    pub delimiter: u8,
    /// Column names as shown, in the order of the file.
    pub headers: Vec<String>,
    /// Order of the entries' dates; `None` if all dates are the same under every order.
    pub date_order: Option<DateOrder>,
    /// Decimal mark; `None` if no number has a mark.
    pub decimal_mark: Option<DecimalMark>,
    /// The formats which were considered, with the chosen format first.
    pub candidates: Vec<Candidate>,
    /// Further decisions, each with the deciding cells: sentences for people.
    pub evidence: Vec<String>,
    pub(super) spaced: bool,
    #[serde(default)]
    pub(super) backslashes: bool,
    /// True if the bytes were made from a worksheet, so lines are rows of the sheet.
    #[serde(default)]
    pub sheet: bool,
    pub(super) columns: Vec<Assigned>,
    pub(super) rules: Rules,
}

/// Decisions which apply to every row of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rules {
    pub ends: RowEnds,
    /// True if a single dash is an empty cell.
    pub dashes: bool,
    /// True if the columns of hours, minutes and seconds hold parts of a duration.
    pub parts: bool,
    /// True if a row which names nobody is a row of subtotals.
    pub subtotals: bool,
}

impl Layout {
    /// The dialect of the file's records.
    pub(super) fn dialect(&self) -> Dialect {
        Dialect { delimiter: self.delimiter, spaced: self.spaced, backslashes: self.backslashes, sheet: self.sheet }
    }

    /// The encoding, delimiter, orders, headers, candidates and evidence as JSON, for the native API, the reports of
    /// dropped files and `waybill detect`.
    pub fn shown(&self) -> Value {
        json!({
            // A sheet of a workbook has neither encoding nor delimiter.
            "encoding": (!self.sheet).then_some(self.encoding),
            "delimiter": (!self.sheet).then_some(char::from(self.delimiter)),
            "date_order": self.date_order,
            "decimal_mark": self.decimal_mark,
            "headers": self.headers,
            "candidates": self.candidates,
            "evidence": self.evidence,
        })
    }
}

/// A column with its role, and the reading of its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Assigned {
    pub role: Role,
    pub column: u32,
    pub reading: Reading,
}

/// The decided reading of the cells in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Reading {
    Text,
    Date(DateOrder),
    Number(DecimalMark),
    Duration(durations::Reading),
}

/// A layout prepared for looking up columns by their role.
pub(super) struct Readings<'l> {
    headers: &'l [String],
    by_role: [Option<Assigned>; Role::COUNT],
    /// The column of each role; [`NO_COLUMN`] for a role without a column.
    columns: [u32; Role::COUNT],
    without_role: Vec<(usize, &'l str)>,
    pub format: &'static Format,
    pub rules: Rules,
    pub sheet: bool,
    /// Columns of which each row except a subtotal has at least one filled.
    pub who: Vec<usize>,
    /// The currency named in the header of the amounts, for example `EUR` in `Amount (EUR)`.
    pub currency: Option<&'l str>,
}

/// Stands for a missing column, since no row has so many cells.
const NO_COLUMN: u32 = u32::MAX;

impl<'l> Readings<'l> {
    pub fn new(layout: &'l Layout) -> Self {
        let (mut by_role, mut columns) = ([None; Role::COUNT], [NO_COLUMN; Role::COUNT]);
        for assigned in &layout.columns {
            by_role[assigned.role as usize] = Some(*assigned);
            columns[assigned.role as usize] = assigned.column;
        }
        let has_role = |column: &usize| layout.columns.iter().any(|other| other.column as usize == *column);
        let names = layout.headers.iter().map(String::as_str).enumerate();
        let without_role = names.filter(|(column, _)| !has_role(column)).collect();
        let format = layout.format.declaration();
        let roles: Vec<_> = layout.columns.iter().map(|assigned| (assigned.role, assigned.column as usize)).collect();
        let (rules, sheet) = (layout.rules, layout.sheet);
        let amount = by_role[Role::Amount as usize].and_then(|amount| layout.headers.get(amount.column as usize));
        let currency = amount.and_then(|header| in_parentheses(header));
        Self {
            headers: &layout.headers,
            by_role,
            columns,
            without_role,
            format,
            rules,
            sheet,
            who: who(&roles),
            currency,
        }
    }

    pub fn headers(&self) -> &'l [String] {
        self.headers
    }

    /// Indexes and names of the columns without a role, whose cells are kept with the entry.
    pub fn without_role(&self) -> &[(usize, &'l str)] {
        &self.without_role
    }

    /// The role of a column; `None` for a column without a role.
    pub fn role_of(&self, column: usize) -> Option<Role> {
        self.by_role.iter().flatten().find(|assigned| assigned.column as usize == column).map(|assigned| assigned.role)
    }

    #[inline]
    pub fn column(&self, role: Role) -> Option<usize> {
        let column = self.columns[role as usize];
        (column != NO_COLUMN).then_some(column as usize)
    }

    /// The index of a role's cell in a row; beyond the end of any row for a role without a column.
    #[inline(always)]
    pub fn place(&self, role: Role) -> usize {
        self.columns[role as usize] as usize
    }

    /// The name of the role's column as shown; empty without such a column.
    pub fn shown(&self, role: Role) -> &'l str {
        let column = self.column(role).and_then(|column| self.headers.get(column));
        column.map_or("", String::as_str)
    }

    pub fn order(&self, role: Role) -> DateOrder {
        match self.by_role[role as usize] {
            Some(Assigned { reading: Reading::Date(order), .. }) => order,
            _ => DateOrder::Ymd,
        }
    }

    pub fn mark(&self, role: Role) -> DecimalMark {
        match self.by_role[role as usize] {
            Some(Assigned { reading: Reading::Number(mark), .. }) => mark,
            _ => DecimalMark::Dot,
        }
    }

    pub fn duration(&self, role: Role) -> durations::Reading {
        match self.by_role[role as usize] {
            Some(Assigned { reading: Reading::Duration(reading), .. }) => reading,
            _ => durations::Reading::USUAL,
        }
    }
}

/// The text in parentheses at the end of a header, for example `EUR` in `Amount (EUR)`.
fn in_parentheses(header: &str) -> Option<&str> {
    let (_, behind) = header.split_once('(')?;
    let inside = behind.strip_suffix(')')?.trim();
    (!inside.is_empty()).then_some(inside)
}
