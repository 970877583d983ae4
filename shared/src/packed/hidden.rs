//! The rows and columns of a workbook's sheets that a spreadsheet program does not show.
//!
//! A filter hides the rows that it leaves out, a group those that are folded away, and people hide columns by hand; the file holds all of
//! them. A hidden row is an entry like any other, so it is imported, and the evidence says how many there are: a person who
//! counts the rows on the screen counts fewer. `calamine` does not say what is hidden, so it is noted while the parts are inspected:
//!
//! | in the sheet's part | hidden |
//! |---|---|
//! | `<row hidden="1">`, or a height of 0 (`ht="0"`) | the row |
//! | `<col min="3" max="5" hidden="1">`, or a width of 0 | the columns from the third to the fifth |

use std::collections::HashMap;

use quick_xml::events::{BytesStart, Event};

use super::place::{MAX_COLUMNS, MAX_ROWS};

/// The most runs of hidden rows and columns that are noted of a workbook, at eight bytes each: twice those of the largest sheet of which every
/// second row is hidden.
const MOST: usize = 1 << 20;

/// What was noted of all sheets of a workbook.
#[derive(Default)]
pub(super) struct Hidden {
    /// By the name of the part, in lower case.
    noted: HashMap<String, HiddenCells>,
    count: usize,
}

/// The hidden rows and columns of a sheet, counted from 0: runs of them with their first and last, in the order of the sheet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct HiddenCells {
    rows: Vec<(u32, u32)>,
    columns: Vec<(u32, u32)>,
}

impl Hidden {
    /// Notes what is hidden in the sheet of a part.
    pub fn note(&mut self, part: &str, cells: HiddenCells) {
        let count = cells.rows.len() + cells.columns.len();
        if count > 0 {
            self.count += count;
            self.noted.insert(part.to_owned(), cells);
        }
    }

    /// How many runs may still be noted. What is hidden beyond is not counted.
    pub fn room(&self) -> usize {
        MOST.saturating_sub(self.count)
    }

    /// What is hidden in the sheet of a part.
    pub fn of_sheet(&self, part: Option<&str>) -> HiddenCells {
        part.and_then(|part| self.noted.get(part)).cloned().unwrap_or_default()
    }
}

impl HiddenCells {
    /// Whether a row, counted from 0, is hidden.
    pub fn has_row(&self, row: u32) -> bool {
        has(&self.rows, row)
    }

    /// Whether a column, counted from 0, is hidden.
    pub fn has_column(&self, column: u32) -> bool {
        self.columns.iter().any(|(first, last)| (*first..=*last).contains(&column))
    }
}

/// Whether a number is in one of the runs, which are in order.
fn has(runs: &[(u32, u32)], number: u32) -> bool {
    let behind = runs.partition_point(|(_, last)| *last < number);
    runs.get(behind).is_some_and(|(first, _)| *first <= number)
}

/// Sees the rows and columns of one sheet's part, tag by tag.
#[derive(Default)]
pub(super) struct HiddenScan {
    /// The next row that does not say which it is.
    next: u32,
    cells: HiddenCells,
}

impl HiddenScan {
    /// Sees a tag. `room` is how many runs may be noted.
    pub fn see(&mut self, event: &Event<'_>, room: usize) {
        let (Event::Start(tag) | Event::Empty(tag)) = event else { return };
        match tag.local_name().as_ref() {
            "row" => self.row(tag, room),
            "col" => self.columns(tag, room),
            _ => {}
        }
    }

    pub fn finish(self) -> HiddenCells {
        self.cells
    }

    fn row(&mut self, tag: &BytesStart<'_>, room: usize) {
        let (mut row, mut is_hidden) = (self.next, false);
        for given in tag.attributes().with_checks(false).flatten() {
            match given.key.as_ref() {
                "r" => row = given.value.parse::<u32>().map_or(row, |row| row.saturating_sub(1)),
                "hidden" => is_hidden |= is_true(&given.value),
                "ht" => is_hidden |= is_nothing(&given.value),
                _ => {}
            }
        }
        self.next = row.saturating_add(1);
        let has_room = self.noted() < room;
        if is_hidden && row < MAX_ROWS {
            match self.cells.rows.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(row) => *last = row,
                _ if has_room => self.cells.rows.push((row, row)),
                _ => {}
            }
        }
    }

    fn columns(&mut self, tag: &BytesStart<'_>, room: usize) {
        let (mut first, mut last, mut is_hidden) = (None, None, false);
        for given in tag.attributes().with_checks(false).flatten() {
            let number = || given.value.parse::<u32>().ok().and_then(|number| number.checked_sub(1));
            match given.key.as_ref() {
                "min" => first = number(),
                "max" => last = number(),
                "hidden" => is_hidden |= is_true(&given.value),
                "width" => is_hidden |= is_nothing(&given.value),
                _ => {}
            }
        }
        if let (true, Some(first), Some(last)) = (is_hidden, first, last)
            && first <= last
            && first < MAX_COLUMNS
            && self.noted() < room
            && self.cells.columns.len() < MAX_COLUMNS as usize
        {
            self.cells.columns.push((first, last));
        }
    }

    fn noted(&self) -> usize {
        self.cells.rows.len() + self.cells.columns.len()
    }
}

/// A boolean of XML Schema.
fn is_true(value: &str) -> bool {
    matches!(value.trim(), "1" | "true")
}

/// Whether a height or a width is none.
fn is_nothing(value: &str) -> bool {
    value.trim().parse::<f64>().is_ok_and(|size| size == 0.0)
}
