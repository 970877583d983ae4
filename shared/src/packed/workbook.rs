//! An .xlsx spreadsheet to the table of one of its sheets.

use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use calamine::{Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use super::archive::Archive;
use super::cells::Epoch;
use super::formulas::{Formulas, Place};
use super::inspect::inspect;
use super::rows::{Room, Rows, record};
use super::{Cancellation, Limits, NotUnpacked, PIECE, Sink, Unpacked, Wanted};
use crate::format::{self, NO_VALUE};

/// So many columns beside those of the header are read.
const MOST_BESIDE: usize = 20;
/// A header is looked for in so many rows that are not blank: titles and notes may stand above it.
const HEAD: usize = 30;
/// So many sheets are looked at.
const MAX_SHEETS: usize = 200;

/// Unpacks the sheet that is meant.
pub(super) fn unpack(
    file: Bytes,
    wanted: &Wanted,
    limits: &Limits,
    cancellation: &Cancellation,
    sink: Sink<'_>,
) -> Result<Unpacked, NotUnpacked> {
    let formulas = inspect(&file, limits, cancellation)?;
    // `calamine` does its sums unchecked, so that an absurd place of a cell may panic.
    let read = catch_unwind(AssertUnwindSafe(|| {
        let mut book = Book::open(file, limits, &formulas, cancellation)?;
        let sheet = book.choose(wanted)?;
        book.table(&sheet, sink)?;
        Ok(Unpacked { sheet: true, evidence: sheet.evidence() })
    }));
    let read = read.unwrap_or_else(|panic| Err(damaged(&reason(&*panic))));
    // The reader's error that ended a cancelled work is no error of the file.
    read.or_else(|error| cancellation.check().and(Err(error)))
}

fn reason(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it makes no sense".to_owned())
}

fn damaged(why: &dyn std::fmt::Display) -> NotUnpacked {
    NotUnpacked::Unreadable(format!("the spreadsheet cannot be read: {why}; save it anew, or as CSV"))
}

/// An open workbook.
struct Book<'f> {
    xlsx: Xlsx<Archive>,
    epoch: Epoch,
    formulas: &'f Formulas,
    /// The room for a sheet.
    room: Room,
    /// The room for the beginnings of all sheets that is left.
    looked: Room,
    cancellation: Cancellation,
}

/// A sheet and what stands at its beginning.
#[derive(Default)]
struct Sheet {
    name: String,
    /// The row of the header, if one fits, or else the first row that is not blank; from 1. None: an empty sheet.
    header: Option<u32>,
    fits: bool,
    /// The columns that have a role, if the header fits.
    roles: BTreeSet<usize>,
    /// Of which cell at its beginning the value is not stored; if it does not fit, of all the sheets that were looked at.
    formula: Option<String>,
    /// Columns of the header.
    width: usize,
    /// What stands in the rows above the header.
    above: Vec<String>,
}

impl Sheet {
    fn evidence(&self) -> Vec<String> {
        let mut from = format!("sheet {:?} of an .xlsx spreadsheet", format::excerpt(&self.name));
        if let (Some(header), false) = (self.header, self.above.is_empty()) {
            from.push_str(&format!(", its header in row {header}; left out above it: {}", listed(&self.above)));
        }
        if let (false, Some(formula)) = (self.fits, &self.formula) {
            from.push_str(&format!(" ({formula})"));
        }
        vec![from]
    }
}

/// Names for people, the first ten of them.
fn listed(names: &[String]) -> String {
    let shown = |name: &String| format!("{:?}", format::excerpt(name));
    let mut list = names.iter().take(10).map(shown).collect::<Vec<_>>().join(", ");
    if names.len() > 10 {
        list.push_str(&format!(" and {} more", names.len() - 10));
    }
    list
}

impl<'f> Book<'f> {
    fn open(
        file: Bytes,
        limits: &Limits,
        formulas: &'f Formulas,
        cancellation: &Cancellation,
    ) -> Result<Self, NotUnpacked> {
        let room = Room::new(limits, file.len() as u64);
        let cancellation = cancellation.clone();
        let xlsx = Xlsx::new(Archive::new(file, cancellation.clone())).map_err(|error| damaged(&error))?;
        let epoch = if xlsx.has_1904_epoch() { Epoch::Mac } else { Epoch::Windows };
        Ok(Self { xlsx, epoch, formulas, room, looked: room, cancellation })
    }

    /// The cells of a sheet whose formulas have no value.
    fn without_value(&self, sheet: &str) -> Result<&'f [Place], NotUnpacked> {
        // Of several sheets of one name `calamine` reads the first.
        let index = self.xlsx.sheets_metadata().iter().position(|other| other.name == sheet);
        index.map_or(Ok(&[]), |index| self.formulas.of_sheet(index))
    }

    fn rows<'b>(
        &'b mut self,
        sheet: &str,
        without_value: &'b [Place],
        room: Room,
    ) -> Result<Option<Rows<'b>>, NotUnpacked> {
        let around = (room, self.cancellation.clone());
        match self.xlsx.worksheet_cells_reader(sheet) {
            Ok(reader) => Ok(Some(Rows::new(sheet.to_owned(), reader, self.epoch, without_value, around))),
            // A chart.
            Err(XlsxError::NotAWorksheet(_)) => Ok(None),
            Err(error) => Err(damaged(&error)),
        }
    }

    /// The names of the sheets that people see; of all, if one is asked for.
    fn names(&self, wanted: &Wanted) -> Result<Vec<String>, NotUnpacked> {
        let sheets = self.xlsx.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        let Some(asked) = &wanted.sheet else {
            let seen = sheets.filter(|sheet| sheet.visible == SheetVisible::Visible);
            return Ok(seen.map(|sheet| sheet.name.clone()).collect());
        };
        let all: Vec<String> = sheets.map(|sheet| sheet.name.clone()).collect();
        let asked_for = asked.trim().to_lowercase();
        let same = |name: &String| name.trim().to_lowercase() == asked_for;
        match all.iter().find(|name| same(name)) {
            Some(name) => Ok(vec![name.clone()]),
            None => Err(NotUnpacked::Unreadable(format!(
                "`sheet` says {:?}, but the spreadsheet has {}",
                format::excerpt(asked),
                if all.is_empty() { "no sheets".to_owned() } else { listed(&all) }
            ))),
        }
    }

    /// The sheet that is meant: the one asked for, else the only one with a header that fits, else the first in which
    /// something is written, which is then refused for its columns.
    fn choose(&mut self, wanted: &Wanted) -> Result<Sheet, NotUnpacked> {
        let mut sheets = Vec::new();
        for name in self.names(wanted)?.into_iter().take(MAX_SHEETS) {
            sheets.extend(self.look(name, wanted)?);
        }
        let fitting: Vec<String> = sheets.iter().filter(|sheet| sheet.fits).map(|sheet| sheet.name.clone()).collect();
        if fitting.len() > 1 {
            return Err(NotUnpacked::Unreadable(format!(
                "the sheets {} can all be imported: say which with `sheet`, and import the others one by one",
                listed(&fitting)
            )));
        }
        let written = |sheet: &Sheet| sheet.fits == (fitting.len() == 1) && sheet.header.is_some();
        let formula = sheets.iter().find_map(|sheet| sheet.formula.clone());
        let chosen = sheets.into_iter().find(written).map(|sheet| Sheet { formula, ..sheet });
        chosen.ok_or_else(|| NotUnpacked::Unreadable("the spreadsheet is empty: nothing is written in it".to_owned()))
    }

    /// Looks at the beginning of a sheet.
    fn look(&mut self, name: String, wanted: &Wanted) -> Result<Option<Sheet>, NotUnpacked> {
        let without_value = self.without_value(&name)?;
        let room = self.looked;
        let Some(mut rows) = self.rows(&name, without_value, room)? else { return Ok(None) };
        let mut sheet = Sheet { name, ..Sheet::default() };
        let (mut cells, mut above) = (Vec::new(), Vec::new());
        for _ in 0..HEAD {
            let Some(row) = rows.next(&mut cells)? else { break };
            let formula = cells.iter().position(|cell| cell == NO_VALUE);
            let formula = formula.map(|column| format!("{}{row}", format::letters(column)));
            let roles = format::header_columns(&cells, wanted.format, wanted.mapping.as_ref(), &wanted.remembered);
            let fits = roles.is_some();
            if let (true, Some(cell)) = (fits, &formula) {
                return Err(NotUnpacked::Unreadable(format!(
                    "the header of sheet {:?} has a formula whose value is not stored in the file, in cell {cell}: open \
                     the file in a spreadsheet program and save it, or write the name of the column there",
                    format::excerpt(&sheet.name)
                )));
            }
            let name = format::excerpt(&sheet.name);
            let said = |cell: String| format!("cell {cell} of sheet {name:?} has a formula whose value is not stored");
            sheet.formula = sheet.formula.or(formula.map(said));
            if fits || sheet.header.is_none() {
                // Remarks to the right of the table are in columns without a name.
                let beside = if fits { MOST_BESIDE } else { 0 };
                let width = rows.columns().clamp(cells.len(), cells.len() + beside);
                (sheet.header, sheet.width, sheet.fits) = (Some(row), width, fits);
                sheet.roles = roles.unwrap_or_default();
            }
            if fits {
                sheet.above = above;
                break;
            }
            let title = cells.iter().find(|cell| !cell.is_empty() && *cell != NO_VALUE);
            above.extend(title.map(|title| format::excerpt(title)));
        }
        let left = rows.room();
        drop(rows);
        self.looked = left;
        Ok(Some(sheet))
    }

    /// Gives the table of a sheet away: a line for each row, from the first one on; blank above the header.
    fn table(&mut self, sheet: &Sheet, sink: Sink<'_>) -> Result<(), NotUnpacked> {
        let mut room = self.room;
        // A formula in a column without a role is as blank as its cell.
        let mut without_value = self.without_value(&sheet.name)?.to_vec();
        without_value.retain(|place| sheet.roles.contains(&(place.column as usize)));
        let Some(mut rows) = self.rows(&sheet.name, &without_value, room)? else { return Ok(()) };
        let (mut cells, mut table, mut line) = (Vec::new(), Vec::new(), 1);
        while let Some(row) = rows.next(&mut cells)? {
            if sheet.header.is_some_and(|header| row < header) {
                continue;
            }
            room.take(u64::from(row - line) + sheet.width as u64)?;
            table.resize(table.len() + (row - line) as usize, b'\n');
            let start = table.len();
            record(&cells, sheet.width, &mut table);
            room.take_text(table.len() - start)?;
            line = row + 1;
            if table.len() >= PIECE {
                sink(&table)?;
                table.clear();
            }
        }
        sink(&table)
    }
}
