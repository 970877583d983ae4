//! How a file is to be read: what the first pass found out and the second one goes by.

use serde::{Deserialize, Serialize};

use super::columns::{Format, Role};
use super::detect::Candidate;
use super::durations;
use super::headers::RowEnds;
use super::numbers::DecimalMark;
use super::table::who;
use super::{DateOrder, FormatName};
use crate::source::{Dialect, Encoding};

/// How a file is to be read, and why: everything that a chunk of it needs to be turned into entries,
/// with the evidence that people are shown. A few KB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    pub format: FormatName,
    pub encoding: Encoding,
    pub delimiter: u8,
    /// The column names as shown, in the order of the file.
    pub headers: Vec<String>,
    /// The order of the entries' dates; `None` if they read the same under each.
    pub date_order: Option<DateOrder>,
    /// The decimal mark; `None` if no number has one.
    pub decimal_mark: Option<DecimalMark>,
    /// The formats that were considered, the chosen one first.
    pub candidates: Vec<Candidate>,
    /// What else was found, and by which cells: sentences for people.
    pub evidence: Vec<String>,
    pub(super) spaced: bool,
    #[serde(default)]
    pub(super) backslashes: bool,
    /// The bytes were made from a sheet: lines are its rows.
    #[serde(default)]
    pub sheet: bool,
    pub(super) columns: Vec<Assigned>,
    pub(super) rules: Rules,
}

/// What the whole file says of how each of its rows is to be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rules {
    pub ends: RowEnds,
    /// A dash alone is an empty cell.
    pub dashes: bool,
    /// The columns of hours, minutes and seconds hold parts of one duration.
    pub parts: bool,
    /// A row that names nobody is a row of subtotals.
    pub subtotals: bool,
}

impl Layout {
    /// How the file's records are written.
    pub(super) fn dialect(&self) -> Dialect {
        Dialect { delimiter: self.delimiter, spaced: self.spaced, backslashes: self.backslashes, sheet: self.sheet }
    }
}

/// A column that has a role, and how its cells are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Assigned {
    pub role: Role,
    pub column: u32,
    pub reading: Reading,
}

/// How the cells of a column are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Reading {
    Text,
    Date(DateOrder),
    Number(DecimalMark),
    Duration(durations::Reading),
}

/// A layout, made ready for looking up columns by their role.
pub(super) struct Readings<'l> {
    headers: &'l [String],
    by_role: [Option<Assigned>; Role::COUNT],
    /// The column of each role, or [`NO_COLUMN`].
    columns: [u32; Role::COUNT],
    without_role: Vec<(usize, &'l str)>,
    pub format: &'static Format,
    pub rules: Rules,
    pub sheet: bool,
    /// Columns of which a row has one filled unless it is of subtotals.
    pub who: Vec<usize>,
    /// The currency that the header of the amounts names: `EUR` of `Amount (EUR)`.
    pub currency: Option<&'l str>,
}

/// Stands for the column of a role that has none: no row is that long.
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

    /// The columns that have no role, with their names.
    pub fn without_role(&self) -> &[(usize, &'l str)] {
        &self.without_role
    }

    /// The role of a column.
    pub fn role_of(&self, column: usize) -> Option<Role> {
        self.by_role.iter().flatten().find(|assigned| assigned.column as usize == column).map(|assigned| assigned.role)
    }

    #[inline]
    pub fn column(&self, role: Role) -> Option<usize> {
        let column = self.columns[role as usize];
        (column != NO_COLUMN).then_some(column as usize)
    }

    /// The place of a role's cell in a row; beyond the end of any row if there is none.
    #[inline(always)]
    pub fn place(&self, role: Role) -> usize {
        self.columns[role as usize] as usize
    }

    /// A role's column as shown.
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

/// `EUR` of `Amount (EUR)`.
fn in_parentheses(header: &str) -> Option<&str> {
    let (_, behind) = header.split_once('(')?;
    let inside = behind.strip_suffix(')')?.trim();
    (!inside.is_empty()).then_some(inside)
}
