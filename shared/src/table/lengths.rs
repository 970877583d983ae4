//! Observes the number of cells in the rows of a file, compared with the header.

use super::headers::{Headers, RowEnds, Width};
use crate::source::RecordCells;
use crate::values::words;

/// Observations on the number of cells in the rows.
#[derive(Debug)]
pub struct RowLengths {
    ends: RowEnds,
    rows: u64,
    /// Count of rows without the cells of some named columns, and the line of the first such row.
    short: u64,
    first_short: Option<u64>,
    /// True if some row ends with an empty cell of a named column, so the program writes empty cells at the end.
    ends_empty: bool,
    /// Count of columns up to the last column with a name, and count of all columns.
    named: usize,
    columns: usize,
    /// Line of the first row with text in a nameless column at the end, and line of the first row which is
    /// too short for such a column.
    beyond: Option<u64>,
    before_end: Option<u64>,
}

impl RowLengths {
    /// Observes rows which have `surplus` empty cells after the last column.
    pub(super) fn new(headers: &Headers, surplus: u32) -> Self {
        let columns = headers.shown().len();
        let named = headers.shown().iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
        Self {
            ends: RowEnds { surplus, trimmed: false },
            rows: 0,
            short: 0,
            first_short: None,
            ends_empty: false,
            named,
            columns,
            beyond: None,
            before_end: None,
        }
    }

    /// Notes the number of cells in a record; returns true if the cells stand in their columns, so that they are
    /// evidence.
    #[inline]
    pub fn see(&mut self, line: u64, cells: RecordCells<'_>, headers: &Headers) -> bool {
        let width = match cells.fields.len() == self.columns {
            true => Width::Whole,
            false => self.ends.width(headers.shown(), cells.text, cells.fields),
        };
        self.rows += 1;
        let last = cells.fields.get(self.named.min(cells.fields.len()).saturating_sub(1));
        self.ends_empty |= last.is_some_and(|field| field.len() <= 2 && field.cell(cells.text).is_empty());
        if width == Width::Short {
            self.short += 1;
            self.first_short.get_or_insert(line);
        }
        let is_evidence = width == Width::Whole || width == Width::Short && !self.ends_empty;
        if is_evidence {
            self.see_end(line, cells);
        }
        is_evidence
    }

    /// Notes the text in nameless columns at the end of the header.
    #[inline]
    fn see_end(&mut self, line: u64, cells: RecordCells<'_>) {
        if self.named == self.columns {
            return;
        }
        let beyond = cells.fields.get(self.named..).unwrap_or_default();
        if beyond.iter().any(|field| !words::trimmed(field.cell(cells.text)).is_empty()) {
            self.beyond.get_or_insert(line);
        } else if cells.fields.len() < self.columns {
            self.before_end.get_or_insert(line);
        }
    }

    /// The way in which rows end.
    pub fn ends(&self) -> RowEnds {
        let Self { rows, short, ends_empty, .. } = *self;
        // A single short row among many has more likely lost a cell.
        let many = short > 1 && short * 20 >= rows || rows <= 4;
        RowEnds { trimmed: short > 0 && many && !ends_empty, ..self.ends }
    }

    /// Sentences for people about the ends of rows. `proof` names the last cells by which the form takes a short row for a
    /// whole row, for example "a date in its place".
    pub fn evidence(&self, proof: &str) -> impl Iterator<Item = String> {
        let ends = self.ends();
        let surplus =
            (ends.surplus > 0).then(|| format!("each row has {} empty cells more than the header", ends.surplus));
        let short = self.first_short.map(|line| match ends.trimmed {
            true => format!("line {line} is the first of rows that leave empty cells at their ends out"),
            false => format!(
                "line {line} is the first row that lacks its last cells: such a row is read if its last cell is {proof}"
            ),
        });
        surplus.into_iter().chain(short)
    }

    /// The reason for refusing a file in which some row has text beyond the last name, and another row is too short for
    /// this column.
    pub fn shifted(&self) -> Option<String> {
        let (beyond, short) = self.beyond.zip(self.before_end)?;
        Some(format!(
            "line {beyond} has something behind the last named column, and line {short} has fewer cells: the cells of some rows \
             have shifted, as where a decimal comma stands without quotes"
        ))
    }
}
