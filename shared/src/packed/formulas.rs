//! The formulas of a workbook for which no value is stored.
//!
//! A spreadsheet program stores the value of a formula beside it. A script that writes `<c r="B2"><f>A1*2</f></c>` has
//! none, and to `calamine` such a cell is blank. So the places of these cells are noted while the parts are inspected:
//!
//! | in the sheet's part | noted |
//! |---|---|
//! | `<f>` without `<v>`, or with an empty one | the cell, a shared formula's follower (`<f t="shared" si="0"/>`) as well |
//! | `<f t="array" ref="D2:D9">` without a value | each cell of the range that has no value of its own |
//! | `<c t="str">` with `<f>` and an empty `<v>` | not: a stored empty text, as of `=IF(A2="","",A2)` |
//! | `<f>` with a value, an error such as `#REF!` among them | not |

use std::collections::HashMap;

use quick_xml::events::{BytesStart, Event};

use super::limits::NotUnpacked;
use super::place::{MAX_COLUMNS, MAX_ROWS, Place};

/// The most cells that are noted of a workbook, at eight bytes each.
const MOST: usize = 4_000_000;

/// What was noted of all parts of a workbook.
#[derive(Default)]
pub(super) struct Formulas {
    /// By the name of the part, in lower case.
    noted: HashMap<String, Vec<Place>>,
    count: usize,
}

impl Formulas {
    /// Notes the cells of a part.
    pub fn note(&mut self, part: &str, mut places: Vec<Place>) {
        if !places.is_empty() {
            places.sort_unstable();
            places.dedup();
            self.count += places.len();
            self.noted.insert(part.to_owned(), places);
        }
    }

    /// How many cells may still be noted.
    pub fn room(&self) -> usize {
        MOST.saturating_sub(self.count)
    }

    /// The cells of the sheet of a part; `None` if the workbook does not say which part it is.
    pub fn of_sheet(&self, part: Option<&str>) -> Result<&[Place], NotUnpacked> {
        if self.noted.is_empty() {
            return Ok(&[]);
        }
        let part = part.ok_or_else(|| {
            NotUnpacked::Unreadable(
                "the spreadsheet has formulas without stored values, and does not say of which sheet they are: open it \
                 in a spreadsheet program and save it"
                    .to_owned(),
            )
        })?;
        Ok(self.noted.get(part).map_or(&[], Vec::as_slice))
    }
}

/// Sees the cells of one sheet's part, tag by tag.
#[derive(Default)]
pub(super) struct SheetScan {
    /// Where the next row and cell are that do not say it themselves.
    row: u32,
    column: u32,
    cell: Option<Cell>,
    in_value: bool,
    places: Vec<Place>,
}

/// The cell at hand.
struct Cell {
    place: Place,
    /// Its value is a text, which may be empty.
    is_text: bool,
    formula: bool,
    value: bool,
    /// The last cell of an array formula that begins here.
    array_end: Option<Place>,
}

impl SheetScan {
    /// Sees a tag or a text. `room` is how many cells may be noted.
    pub fn see(&mut self, event: &Event<'_>, room: usize) -> Result<(), NotUnpacked> {
        match event {
            Event::Start(tag) => self.open(tag),
            Event::Empty(tag) => {
                self.open(tag);
                self.close(tag.local_name().as_ref(), room)?;
            }
            Event::End(tag) => self.close(tag.local_name().as_ref(), room)?,
            Event::Text(text) if self.in_value => self.has_value(!text.trim().is_empty()),
            Event::CData(_) | Event::GeneralRef(_) if self.in_value => self.has_value(true),
            _ => {}
        }
        Ok(())
    }

    pub fn finish(self) -> Vec<Place> {
        self.places
    }

    fn has_value(&mut self, has: bool) {
        if let Some(cell) = &mut self.cell {
            cell.value |= has;
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>) {
        match (tag.local_name().as_ref(), &mut self.cell) {
            ("row", _) => {
                let row = tag.try_get_attribute("r").ok().flatten().and_then(|given| given.value.parse::<u32>().ok());
                self.row = row.map_or(self.row, |row| row.saturating_sub(1));
            }
            ("c", _) => {
                let mut cell = Cell {
                    place: Place { row: self.row, column: self.column },
                    is_text: false,
                    formula: false,
                    value: false,
                    array_end: None,
                };
                for given in tag.attributes().with_checks(false).flatten() {
                    match given.key.as_ref() {
                        "r" => cell.place = place(&given.value).unwrap_or(cell.place),
                        "t" => cell.is_text = &*given.value == "str",
                        _ => {}
                    }
                }
                self.column = cell.place.column;
                self.cell = Some(cell);
            }
            ("f", Some(cell)) => {
                // To `calamine` a value before it, where none may stand, is lost.
                (cell.formula, cell.value) = (true, false);
                let value = |name: &str| tag.try_get_attribute(name).ok().flatten();
                let is_array = value("t").is_some_and(|kind| ["array", "dataTable"].contains(&&*kind.value));
                let range = value("ref").filter(|_| is_array);
                cell.array_end = range.and_then(|range| place(range.value.rsplit(':').next()?));
            }
            ("v", Some(cell)) => {
                self.in_value = true;
                cell.value |= cell.is_text;
            }
            ("is", Some(cell)) => cell.value = true,
            _ => {}
        }
    }

    fn close(&mut self, name: &str, room: usize) -> Result<(), NotUnpacked> {
        match name {
            "row" => (self.row, self.column) = (self.row.saturating_add(1), 0),
            "v" => self.in_value = false,
            "c" => {
                self.column = self.column.saturating_add(1);
                if let Some(cell) = self.cell.take().filter(|cell| cell.formula && !cell.value) {
                    self.add(cell.place, cell.array_end.unwrap_or(cell.place), room)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes the cells from one to another.
    fn add(&mut self, from: Place, to: Place, room: usize) -> Result<(), NotUnpacked> {
        let rows = from.row..=to.row.max(from.row).min(MAX_ROWS - 1);
        let columns = from.column..=to.column.max(from.column).min(MAX_COLUMNS - 1);
        let count = rows.clone().count().saturating_mul(columns.clone().count());
        if count > room.saturating_sub(self.places.len()) {
            return Err(NotUnpacked::Unreadable(format!(
                "the spreadsheet has more than {MOST} formulas without stored values: open it in a spreadsheet program \
                 and save it"
            )));
        }
        let row = |row| columns.clone().map(move |column| Place { row, column });
        self.places.extend(rows.flat_map(row));
        Ok(())
    }
}

/// The place of a cell: `B7` is column 1 of row 6. `None` beyond what a sheet can have.
fn place(name: &str) -> Option<Place> {
    let name = name.trim_matches('$');
    let digits = name.find(|letter: char| !letter.is_ascii_alphabetic())?;
    let (letters, digits) = name.split_at(digits);
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let value = |letter: u8| u32::from(letter.to_ascii_uppercase() - b'A') + 1;
    let column = letters.bytes().fold(0, |sum, letter| sum * 26 + value(letter)) - 1;
    let row = digits.trim_start_matches('$').parse::<u32>().ok()?.checked_sub(1)?;
    (row < MAX_ROWS && column < MAX_COLUMNS).then_some(Place { row, column })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_from_the_first_cell() {
        for (name, at) in [
            ("A1", Some((0, 0))),
            ("b7", Some((6, 1))),
            ("$AA$10", Some((9, 26))),
            ("XFD1048576", Some((1_048_575, 16_383))),
            ("XFE1", None),
            ("A0", None),
            ("A1048577", None),
            ("AAAA1", None),
            ("7", None),
            ("A", None),
            ("", None),
        ] {
            assert_eq!(place(name), at.map(|(row, column)| Place { row, column }), "{name}");
        }
    }
}
