//! Finds the formulas of a workbook that have no stored value.
//!
//! A spreadsheet program stores the value of a formula beside the formula. A script that writes `<c
//! r="B2"><f>A1*2</f></c>` stores no value, and `calamine` reads such a cell as blank. The places of these cells are
//! therefore recorded while the parts are inspected:
//!
//! | in the sheet's part | recorded |
//! |---|---|
//! | `<f>` without `<v>`, or with an empty `<v>` | the cell, also with `<f t="shared" si="0"/>` |
//! | `<f t="array" ref="D2:D9">` without a value | each cell of the range that has no value of its own |
//! | `<c t="str">` with `<f>` and an empty `<v>` | none: an empty text is stored, as of `=IF(A2="","",A2)` |
//! | `<f>` with a value, which may be an error (`#REF!`) | none |

use std::collections::HashMap;

use quick_xml::events::{BytesStart, Event};

use super::limits::NotUnpacked;
use super::place::{CellPlace, MAX_COLUMNS, MAX_ROWS};

/// The largest number of cells recorded of a workbook, at eight bytes each.
const MOST: usize = 4_000_000;

/// The cells recorded of all parts of a workbook.
#[derive(Default)]
pub(super) struct Formulas {
    /// The cells by the name of the part, in lower case.
    noted: HashMap<String, Vec<CellPlace>>,
    count: usize,
}

impl Formulas {
    /// Records the cells of a part.
    pub fn note(&mut self, part: &str, mut places: Vec<CellPlace>) {
        if !places.is_empty() {
            places.sort_unstable();
            places.dedup();
            self.count += places.len();
            self.noted.insert(part.to_owned(), places);
        }
    }

    /// The number of cells that may still be recorded.
    pub fn room(&self) -> usize {
        MOST.saturating_sub(self.count)
    }

    /// The recorded cells of the sheet in a part. If the workbook does not say which part holds the sheet (`None`), the
    /// file is refused, unless no cell of the workbook was recorded.
    pub fn of_sheet(&self, part: Option<&str>) -> Result<&[CellPlace], NotUnpacked> {
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

/// The scan of a sheet's part, which visits the cells tag by tag.
#[derive(Default)]
pub(super) struct SheetScan {
    /// The place of the next row or cell whose tag does not give a place.
    row: u32,
    column: u32,
    cell: Option<Cell>,
    in_value: bool,
    places: Vec<CellPlace>,
}

/// The cell whose tag is open.
struct Cell {
    place: CellPlace,
    /// True if the value is a text, which may be empty.
    is_text: bool,
    formula: bool,
    value: bool,
    /// The last cell of the range, if the cell begins an array formula.
    array_end: Option<CellPlace>,
}

impl SheetScan {
    /// Visits a tag or a text. `room` is the number of cells that may still be recorded.
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

    pub fn finish(self) -> Vec<CellPlace> {
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
                    place: CellPlace { row: self.row, column: self.column },
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
                // `calamine` ignores a value before the formula, where the file format allows no value.
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

    /// Records all cells from one corner of a range to the opposite corner.
    fn add(&mut self, from: CellPlace, to: CellPlace, room: usize) -> Result<(), NotUnpacked> {
        let rows = from.row..=to.row.max(from.row).min(MAX_ROWS - 1);
        let columns = from.column..=to.column.max(from.column).min(MAX_COLUMNS - 1);
        let count = rows.clone().count().saturating_mul(columns.clone().count());
        if count > room.saturating_sub(self.places.len()) {
            return Err(NotUnpacked::Unreadable(format!(
                "the spreadsheet has more than {MOST} formulas without stored values: open it in a spreadsheet program \
                 and save it"
            )));
        }
        let row = |row| columns.clone().map(move |column| CellPlace { row, column });
        self.places.extend(rows.flat_map(row));
        Ok(())
    }
}

/// Parses the name of a cell: `B7` is column 1 of row 6. `None` for a place beyond the largest sheet.
fn place(name: &str) -> Option<CellPlace> {
    let name = name.trim_matches('$');
    let digits = name.find(|letter: char| !letter.is_ascii_alphabetic())?;
    let (letters, digits) = name.split_at(digits);
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let value = |letter: u8| u32::from(letter.to_ascii_uppercase() - b'A') + 1;
    let column = letters.bytes().fold(0, |sum, letter| sum * 26 + value(letter)) - 1;
    let row = digits.trim_start_matches('$').parse::<u32>().ok()?.checked_sub(1)?;
    (row < MAX_ROWS && column < MAX_COLUMNS).then_some(CellPlace { row, column })
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
            assert_eq!(place(name), at.map(|(row, column)| CellPlace { row, column }), "{name}");
        }
    }
}
