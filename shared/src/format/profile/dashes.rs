//! Observes dashes, to decide if a dash stands for an empty cell.
//!
//! Today's report of Toggl Track writes `-` into every empty cell, while in the file of another program a dash may
//! be the name of a project. The file is the evidence. A program which writes dashes leaves no cell of these
//! columns empty, and its dashes stand in more than one column or in a column where a dash can have no other
//! meaning (a duration, a date, an amount).

use super::Witness;
use crate::format::columns::Role;
use crate::source::Cells;
use crate::values::words;

/// Length in bytes of the longest cell which can be a dash, including quotes.
const LONGEST: usize = 5;

/// Counts of the dashes and of the empty cells in each column.
#[derive(Clone, Debug)]
pub(crate) struct DashProfile {
    /// Counts in the order of the table's columns.
    columns: Vec<Column>,
}

#[derive(Clone, Debug)]
struct Column {
    /// `None` if the column has no role and is therefore not observed.
    role: Option<Role>,
    dashes: u64,
    empty: u64,
    first: Option<Witness>,
}

impl DashProfile {
    pub fn new(roles: &[(Role, usize)]) -> Self {
        let role_of = |column| roles.iter().find(|(_, other)| *other == column).map(|(role, _)| *role);
        let last = roles.iter().map(|(_, column)| *column).max();
        let columns = 0..last.map_or(0, |last| last + 1);
        let column = |column| Column { role: role_of(column), dashes: 0, empty: 0, first: None };
        Self { columns: columns.map(column).collect() }
    }

    /// Notes the dashes and the empty cells of a record which begins on `line`.
    #[inline]
    pub fn see(&mut self, line: u64, cells: Cells<'_>) {
        for (seen, field) in self.columns.iter_mut().zip(cells.fields) {
            if field.len() > LONGEST || seen.role.is_none() {
                continue;
            }
            let cell = words::trimmed(field.cell(cells.text));
            if cell.is_empty() {
                seen.empty += 1;
            } else if words::is_dash(&cell) {
                seen.dashes += 1;
                seen.first.get_or_insert_with(|| Witness::new(line, &cell));
            }
        }
    }

    /// Count of the column's cells which are dashes.
    pub fn count(&self, column: usize) -> u64 {
        self.columns.get(column).map_or(0, |seen| seen.dashes)
    }

    /// The first cell of the file which is a dash.
    pub fn first(&self) -> Option<&Witness> {
        self.columns.iter().filter_map(|seen| seen.first.as_ref()).min_by_key(|first| first.line)
    }

    /// True if the cells alone show dashes to be empty cells.
    pub fn are_empty_cells(&self) -> bool {
        let mut with_dashes = self.columns.iter().filter(|seen| seen.dashes > 0).peekable();
        if with_dashes.peek().is_none() || with_dashes.clone().any(|seen| seen.empty > 0) {
            return false;
        }
        with_dashes.clone().any(|seen| seen.role.is_some_and(|role| !role.is_words())) || with_dashes.count() > 1
    }
}
