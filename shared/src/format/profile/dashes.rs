//! Observes dashes, to decide if a dash stands for an empty cell.
//!
//! Today's report of Toggl Track writes `-` into every empty cell, while in the file of another program a dash may
//! be the name of a project. The file is the evidence. A program which writes dashes leaves no cell of these
//! columns empty, and its dashes stand in more than one column or in a column where a dash can have no other
//! meaning (a duration, a date, an amount).

use super::weighing::Witness;
use crate::format::columns::Role;
use crate::source::{RawField, RecordCells};
use crate::values::words;

/// Length in bytes of the longest cell which can be a dash, including quotes.
const LONGEST: usize = 5;

/// Counts of the dashes and of the empty cells in each column.
#[derive(Clone, Debug)]
pub(crate) struct DashProfile {
    /// The columns which have a role, in the order of the table.
    columns: Vec<Column>,
}

#[derive(Clone, Debug)]
struct Column {
    column: usize,
    role: Role,
    dashes: u64,
    empty: u64,
    first: Option<Witness>,
}

impl DashProfile {
    pub fn new(roles: &[(Role, usize)]) -> Self {
        let column = |&(role, column)| Column { column, role, dashes: 0, empty: 0, first: None };
        let mut columns: Vec<Column> = roles.iter().map(column).collect();
        // Of several roles of a column the first counts.
        columns.sort_by_key(|seen| seen.column);
        columns.dedup_by_key(|seen| seen.column);
        Self { columns }
    }

    /// Notes the dashes and the empty cells of a record which begins on `line`.
    #[inline]
    pub fn see(&mut self, line: u64, cells: RecordCells<'_>) {
        for seen in &mut self.columns {
            let Some(field) = cells.fields.get(seen.column) else { return };
            match field.holds() {
                0 => seen.empty += 1,
                // Most cells that are short enough are seen by their first byte to be no dash.
                1..=LONGEST if !field.first_byte(cells.text).is_some_and(|byte| byte.is_ascii_alphanumeric()) => {
                    seen.see_closely(line, field, cells);
                }
                _ => {}
            }
        }
    }

    /// Count of the column's cells which are dashes.
    pub fn count(&self, column: usize) -> u64 {
        self.columns.iter().find(|seen| seen.column == column).map_or(0, |seen| seen.dashes)
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
        with_dashes.clone().any(|seen| !seen.role.is_words()) || with_dashes.count() > 1
    }
}

impl Column {
    #[inline(never)]
    fn see_closely(&mut self, line: u64, field: &RawField, cells: RecordCells<'_>) {
        if field.len() > LONGEST {
            return;
        }
        let cell = words::trimmed(field.cell(cells.text));
        if cell.is_empty() {
            self.empty += 1;
        } else if words::is_dash(&cell) {
            self.dashes += 1;
            self.first.get_or_insert_with(|| Witness::new(line, &cell));
        }
    }
}
