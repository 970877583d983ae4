//! A layout prepared for looking up columns by their role.

use super::columns::Role;
use super::decisions::{Assigned, ColumnReading, Decisions, Rules};
use super::time_entries::Layout;
use super::watch::who;
use crate::values::dates::DateOrder;
use crate::values::durations;
use crate::values::numbers::DecimalMark;

/// A layout prepared for looking up columns by their role.
pub(super) struct Readings<'l> {
    headers: &'l [String],
    by_role: [Option<Assigned>; Role::COUNT],
    /// The column of each role; [`NO_COLUMN`] for a role without a column.
    columns: [u32; Role::COUNT],
    without_role: Vec<(usize, &'l str)>,
    pub rules: Rules,
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
        let Decisions { columns: assigned, rules, .. } = &layout.decisions;
        for column in assigned {
            by_role[column.role as usize] = Some(*column);
            columns[column.role as usize] = column.column;
        }
        let has_role = |column: &usize| assigned.iter().any(|other| other.column as usize == *column);
        let names = layout.headers.iter().map(String::as_str).enumerate();
        let without_role = names.filter(|(column, _)| !has_role(column)).collect();
        let roles: Vec<_> = assigned.iter().map(|assigned| (assigned.role, assigned.column as usize)).collect();
        let amount = by_role[Role::Amount as usize].and_then(|amount| layout.headers.get(amount.column as usize));
        let currency = amount.and_then(|header| in_parentheses(header));
        Self { headers: &layout.headers, by_role, columns, without_role, rules: *rules, who: who(&roles), currency }
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
            Some(Assigned { reading: ColumnReading::Date(order), .. }) => order,
            _ => DateOrder::Ymd,
        }
    }

    pub fn mark(&self, role: Role) -> DecimalMark {
        match self.by_role[role as usize] {
            Some(Assigned { reading: ColumnReading::Number(mark), .. }) => mark,
            _ => DecimalMark::Dot,
        }
    }

    pub fn duration(&self, role: Role) -> durations::DurationReading {
        match self.by_role[role as usize] {
            Some(Assigned { reading: ColumnReading::Duration(reading), .. }) => reading,
            _ => durations::DurationReading::USUAL,
        }
    }
}

/// The text in parentheses at the end of a header, for example `EUR` in `Amount (EUR)`.
fn in_parentheses(header: &str) -> Option<&str> {
    let (_, behind) = header.split_once('(')?;
    let inside = behind.strip_suffix(')')?.trim();
    (!inside.is_empty()).then_some(inside)
}
