//! Dashes that stand for empty cells.
//!
//! Toggl Track's report of today writes `-` into every cell in which nothing stands. In the file of another program a dash may be
//! a project's name. The file tells: a program that writes dashes leaves no cell of these columns empty, and its dashes stand
//! in more than one column, or in one where a dash can mean nothing else (a duration, a date, an amount).

use super::Witness;
use crate::format::columns::Role;
use crate::source::Cells;
use crate::values::words;

/// The longest cell that can be a dash, in bytes, with quotes around it.
const LONGEST: usize = 5;

/// The cells of each column that are a dash, or empty.
#[derive(Clone, Debug)]
pub(crate) struct DashProfile {
    /// By column of the table.
    columns: Vec<Column>,
}

#[derive(Clone, Debug)]
struct Column {
    /// `None` if the column has no role; then it is not watched.
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

    /// Sees the cells of a record.
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

    /// How many cells of a column are dashes.
    pub fn count(&self, column: usize) -> u64 {
        self.columns.get(column).map_or(0, |seen| seen.dashes)
    }

    /// The first dash of the file.
    pub fn first(&self) -> Option<&Witness> {
        self.columns.iter().filter_map(|seen| seen.first.as_ref()).min_by_key(|first| first.line)
    }

    /// Whether the cells alone say that a dash is an empty cell.
    pub fn are_empty_cells(&self) -> bool {
        let mut with_dashes = self.columns.iter().filter(|seen| seen.dashes > 0).peekable();
        if with_dashes.peek().is_none() || with_dashes.clone().any(|seen| seen.empty > 0) {
            return false;
        }
        with_dashes.clone().any(|seen| seen.role.is_some_and(|role| !role.is_words())) || with_dashes.count() > 1
    }
}
