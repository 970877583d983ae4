//! Unpacks a sheet of an .xlsx spreadsheet into a table.

use std::any::Any;
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use calamine::{Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use super::archive::Archive;
use super::cancellation::Cancellation;
use super::cells::Epoch;
use super::hidden::HiddenCells;
use super::inspect::{Inspected, inspect};
use super::limits::{Limits, NotUnpacked};
use super::packing::Packing;
use super::place::CellPlace;
use super::rows::{Room, SheetRows, record};
use super::unpacked::{PIECE, Sink, Unpacked, WantedSheet};
use crate::table::{Form, NO_VALUE, excerpt, letters};

/// The largest number of columns that are read beyond the last column of the header.
const MOST_BESIDE: usize = 20;
/// The number of rows that are not blank among which the header is looked for, because titles and notes may
/// stand above the header.
const HEAD: usize = 30;
/// The largest number of sheets that are looked at.
const MAX_SHEETS: usize = 200;

/// Chooses a sheet by `wanted` and unpacks the sheet.
pub(super) fn unpack<F: Form>(
    file: Bytes,
    wanted: &WantedSheet<F>,
    limits: &Limits,
    cancellation: &Cancellation,
    sink: Sink<'_>,
) -> Result<Unpacked, NotUnpacked> {
    let inspected = inspect(&file, limits, cancellation)?;
    // `calamine` computes without overflow checks, so an absurd place of a cell may panic.
    let read = catch_unwind(AssertUnwindSafe(|| {
        let mut book = Book::open(file, limits, &inspected, cancellation)?;
        let (sheet, mut notes) = book.choose(wanted)?;
        notes.extend(book.table(&sheet, sink)?.said());
        Ok(Unpacked { evidence: sheet.evidence(), notes, ..Unpacked::from(Some(Packing::Zip)) })
    }));
    let read = read.unwrap_or_else(|panic| Err(damaged(&reason(&*panic))));
    // A cancelled reader ends with an error, which is not an error of the file.
    read.or_else(|error| cancellation.check().and(Err(error)))
}

fn reason(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it makes no sense".to_owned())
}

fn damaged(why: &dyn std::fmt::Display) -> NotUnpacked {
    NotUnpacked::Unreadable(format!("the spreadsheet cannot be read: {why}; save it anew, or as CSV"))
}

/// An open workbook with the limits for reading.
struct Book<'f> {
    xlsx: Xlsx<Archive>,
    epoch: Epoch,
    inspected: &'f Inspected,
    /// The limits for a whole sheet.
    room: Room,
    /// The rest of the limits for looking at the beginnings of all sheets.
    looked: Room,
    cancellation: Cancellation,
}

/// A sheet as found by the first rows.
#[derive(Default)]
struct Sheet {
    name: String,
    /// True if a spreadsheet program does not show the sheet.
    hidden: bool,
    /// The row of the header, or of the first row that is not blank if no header fits, counted from 1. `None`
    /// for an empty sheet.
    header: Option<u32>,
    fits: bool,
    /// The columns that have a role, if the header fits.
    roles: BTreeSet<usize>,
    /// A cell among the first rows whose formula has no stored value, as text for people. If the sheet does not fit,
    /// the first such cell of all the sheets that were looked at.
    formula: Option<String>,
    /// The number of columns that are read: the header's columns and some columns to the right.
    width: usize,
    /// The texts in the rows above the header.
    above: Vec<String>,
}

impl Sheet {
    fn evidence(&self) -> Vec<String> {
        let hidden = if self.hidden { "hidden " } else { "" };
        let mut from = format!("{hidden}sheet {:?} of an .xlsx spreadsheet", excerpt(&self.name));
        if let (Some(header), false) = (self.header, self.above.is_empty()) {
            from.push_str(&format!(", its header in row {header}; left out above it: {}", listed(&self.above)));
        }
        if let (false, Some(formula)) = (self.fits, &self.formula) {
            from.push_str(&format!(" ({formula})"));
        }
        vec![from]
    }
}

/// A candidate for the sheet to import.
struct Named {
    name: String,
    hidden: bool,
}

/// The hidden rows and columns of a sheet that were read.
#[derive(Default)]
struct Unseen {
    /// The number of hidden rows behind the header, and the first such row, counted from 1.
    rows: u64,
    first: u32,
    /// The names of the hidden columns.
    columns: Vec<String>,
}

impl Unseen {
    fn said(self) -> Vec<String> {
        let mut said = Vec::new();
        match (self.rows, self.first) {
            (0, _) => {}
            (1, first) => said.push(format!("1 row that the spreadsheet hides is read too: row {first}")),
            (rows, first) => {
                said.push(format!("{rows} rows that the spreadsheet hides are read too, the first is row {first}"));
            }
        }
        match self.columns.len() {
            0 => {}
            1 => said.push(format!("1 column that the spreadsheet hides is read too: {}", listed(&self.columns))),
            count => {
                said.push(format!("{count} columns that the spreadsheet hides are read too: {}", listed(&self.columns)))
            }
        }
        said
    }
}

/// A list of names for people, which quotes the first ten.
fn listed(names: &[String]) -> String {
    let shown = |name: &String| format!("{:?}", excerpt(name));
    let mut list = names.iter().take(10).map(shown).collect::<Vec<_>>().join(", ");
    if names.len() > 10 {
        list.push_str(&format!(" and {} more", names.len() - 10));
    }
    list
}

fn names(sheets: &[Named]) -> Vec<String> {
    sheets.iter().map(|sheet| sheet.name.clone()).collect()
}

/// The names of the sheets whose headers fit.
fn fitting(sheets: &[Sheet]) -> Vec<String> {
    sheets.iter().filter(|sheet| sheet.fits).map(|sheet| sheet.name.clone()).collect()
}

impl<'f> Book<'f> {
    fn open(
        file: Bytes,
        limits: &Limits,
        inspected: &'f Inspected,
        cancellation: &Cancellation,
    ) -> Result<Self, NotUnpacked> {
        let room = Room::new(limits, file.len() as u64);
        let cancellation = cancellation.clone();
        let xlsx = Xlsx::new(Archive::new(file, cancellation.clone())).map_err(|error| damaged(&error))?;
        let epoch = if xlsx.has_1904_epoch() { Epoch::Mac } else { Epoch::Windows };
        Ok(Self { xlsx, epoch, inspected, room, looked: room, cancellation })
    }

    /// The name of the part in which a sheet lies, or `None` if the workbook does not say.
    fn part(&self, sheet: &str) -> Option<String> {
        // If several sheets have the same name, `calamine` reads the first.
        let index = self.xlsx.sheets_metadata().iter().position(|other| other.name == sheet)?;
        self.inspected.parts.of_sheet(index)
    }

    /// The cells of a sheet whose formulas have no stored value.
    fn without_value(&self, sheet: &str) -> Result<&'f [CellPlace], NotUnpacked> {
        self.inspected.formulas.of_sheet(self.part(sheet).as_deref())
    }

    /// The rows and columns of a sheet that a spreadsheet program does not show.
    fn hidden_cells(&self, sheet: &str) -> HiddenCells {
        self.inspected.hidden.of_sheet(self.part(sheet).as_deref())
    }

    fn rows<'b>(
        &'b mut self,
        sheet: &str,
        without_value: &'b [CellPlace],
        room: Room,
    ) -> Result<Option<SheetRows<'b>>, NotUnpacked> {
        let around = (room, self.cancellation.clone());
        match self.xlsx.worksheet_cells_reader(sheet) {
            Ok(reader) => Ok(Some(SheetRows::new(sheet.to_owned(), reader, self.epoch, without_value, around))),
            // The sheet is a chart without cells.
            Err(XlsxError::NotAWorksheet(_)) => Ok(None),
            Err(error) => Err(damaged(&error)),
        }
    }

    /// The sheets that may be meant: the sheet named by the caller, else all sheets.
    fn named(&self, asked: Option<&str>) -> Result<Vec<Named>, NotUnpacked> {
        let sheets = self.xlsx.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
        let named =
            sheets.map(|sheet| Named { name: sheet.name.clone(), hidden: sheet.visible != SheetVisible::Visible });
        let mut all: Vec<Named> = named.collect();
        let Some(asked) = asked else { return Ok(all) };
        let asked_for = asked.trim().to_lowercase();
        match all.iter().position(|sheet| sheet.name.trim().to_lowercase() == asked_for) {
            Some(at) => Ok(vec![all.swap_remove(at)]),
            None => Err(NotUnpacked::Unreadable(format!(
                "`sheet` says {:?}, but the spreadsheet has {}",
                excerpt(asked),
                if all.is_empty() { "no sheets".to_owned() } else { listed(&names(&all)) }
            ))),
        }
    }

    /// Chooses the sheet to import, and returns the sheet with remarks on the remaining sheets:
    ///
    /// 1. the sheet that the caller names;
    /// 2. else the only visible sheet whose header fits (several such sheets are refused by name, and so is a hidden
    ///    sheet if no visible header fits);
    /// 3. else the first visible sheet that is not empty, which is then refused for the columns.
    ///
    /// A hidden sheet is read only if the caller names the sheet, and is mentioned in the remarks if the header fits.
    fn choose<F: Form>(&mut self, wanted: &WantedSheet<F>) -> Result<(Sheet, Vec<String>), NotUnpacked> {
        let named = self.named(wanted.sheet.as_deref())?;
        let (hidden, seen): (Vec<_>, Vec<_>) =
            named.into_iter().take(MAX_SHEETS).partition(|sheet| sheet.hidden && wanted.sheet.is_none());
        let mut sheets = Vec::new();
        for sheet in seen {
            sheets.extend(self.look::<F>(sheet, &wanted.options)?);
        }
        let (mut behind, mut notes) = (Vec::new(), Vec::new());
        for sheet in hidden {
            let name = excerpt(&sheet.name);
            match self.look::<F>(sheet, &wanted.options) {
                Ok(found) => behind.extend(found),
                // A hidden sheet that cannot be read does not spoil the visible sheets.
                Err(why) => {
                    self.cancellation.check()?;
                    notes.push(format!("the hidden sheet {name:?} could not be looked at: {why}"));
                }
            }
        }
        let (fitting, unseen) = (fitting(&sheets), fitting(&behind));
        let besides = match &unseen[..] {
            [] => None,
            [one] => Some(format!(
                "the hidden sheet {} can be imported as well, and is read if `sheet` names it",
                listed(std::slice::from_ref(one))
            )),
            all => Some(format!(
                "the hidden sheets {} can be imported as well, and each is read if `sheet` names it",
                listed(all)
            )),
        };
        if fitting.len() > 1 {
            let besides = besides.map(|said| format!("; {said}")).unwrap_or_default();
            return Err(NotUnpacked::Unreadable(format!(
                "the sheets {} can all be imported: say which with `sheet`, and import the others one by one{besides}",
                listed(&fitting)
            )));
        }
        if let ([], [first, ..]) = (&fitting[..], &unseen[..]) {
            let is_hidden = if unseen.len() == 1 {
                "the only sheet that can be imported is hidden"
            } else {
                "the sheets that can be imported are hidden"
            };
            let nothing = if sheets.iter().any(|sheet| sheet.header.is_some()) {
                "none of the sheets that are shown has the columns of a format"
            } else {
                "nothing is written in the sheets that are shown"
            };
            return Err(NotUnpacked::Unreadable(format!(
                "{is_hidden}: {}; {nothing}: name the sheet with `sheet` ({:?}) to import it all the same",
                listed(&unseen),
                excerpt(first)
            )));
        }
        notes.extend(besides);
        let written = |sheet: &Sheet| sheet.fits == (fitting.len() == 1) && sheet.header.is_some();
        let formula = sheets.iter().find_map(|sheet| sheet.formula.clone());
        if let Some(sheet) = sheets.into_iter().find(written) {
            return Ok((Sheet { formula, ..sheet }, notes));
        }
        let written: Vec<String> =
            behind.into_iter().filter(|sheet| sheet.header.is_some()).map(|sheet| sheet.name).collect();
        let empty = "the spreadsheet is empty: nothing is written in it";
        let said = if written.is_empty() {
            [empty.to_owned()].into_iter().chain(notes).collect::<Vec<_>>().join("; ")
        } else {
            format!(
                "nothing is written in the sheets that are shown, and the hidden ones ({}) do not have the columns of a format: say which \
                 with `sheet`, and what it is with `type` or `mapping`",
                listed(&written)
            )
        };
        Err(NotUnpacked::Unreadable(said))
    }

    /// Reads the beginning of a sheet. `None` for a chart.
    fn look<F: Form>(&mut self, named: Named, options: &F::Options) -> Result<Option<Sheet>, NotUnpacked> {
        let Named { name, hidden } = named;
        let without_value = self.without_value(&name)?;
        let room = self.looked;
        let Some(mut rows) = self.rows(&name, without_value, room)? else { return Ok(None) };
        let mut sheet = Sheet { name, hidden, ..Sheet::default() };
        let (mut cells, mut above) = (Vec::new(), Vec::new());
        for _ in 0..HEAD {
            let Some(row) = rows.next(&mut cells)? else { break };
            let formula = cells.iter().position(|cell| cell == NO_VALUE);
            let formula = formula.map(|column| format!("{}{row}", letters(column)));
            let roles = F::header_columns(&cells, options);
            let fits = roles.is_some();
            if let (true, Some(cell)) = (fits, &formula) {
                return Err(NotUnpacked::Unreadable(format!(
                    "the header of sheet {:?} has a formula whose value is not stored in the file, in cell {cell}: open \
                     the file in a spreadsheet program and save it, or write the name of the column there",
                    excerpt(&sheet.name)
                )));
            }
            let name = excerpt(&sheet.name);
            let said = |cell: String| format!("cell {cell} of sheet {name:?} has a formula whose value is not stored");
            sheet.formula = sheet.formula.or(formula.map(said));
            if fits || sheet.header.is_none() {
                // Remarks to the right of the table stand in columns without a name.
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
            above.extend(title.map(|title| excerpt(title)));
        }
        let left = rows.room();
        drop(rows);
        self.looked = left;
        Ok(Some(sheet))
    }

    /// Passes the table of a sheet to `sink`, with a line for each row from the first on. The lines above the header
    /// are blank. Hidden rows and columns are passed on and counted.
    fn table(&mut self, sheet: &Sheet, sink: Sink<'_>) -> Result<Unseen, NotUnpacked> {
        let (hidden, mut unseen) = (self.hidden_cells(&sheet.name), Unseen::default());
        let mut room = self.room;
        // A formula without a value in a column without a role is read as a blank cell.
        let mut without_value = self.without_value(&sheet.name)?.to_vec();
        without_value.retain(|place| sheet.roles.contains(&(place.column as usize)));
        let Some(mut rows) = self.rows(&sheet.name, &without_value, room)? else { return Ok(unseen) };
        let (mut cells, mut table, mut line) = (Vec::new(), Vec::new(), 1);
        while let Some(row) = rows.next(&mut cells)? {
            if sheet.header.is_some_and(|header| row < header) {
                continue;
            }
            if sheet.header == Some(row) {
                let named = (0..).zip(&cells).filter(|(_, name)| !name.trim().is_empty());
                let named = named.filter(|(column, _)| hidden.has_column(*column));
                unseen.columns.extend(named.map(|(_, name)| name.clone()));
            } else if hidden.has_row(row - 1) {
                unseen.first = if unseen.rows == 0 { row } else { unseen.first };
                unseen.rows += 1;
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
        sink(&table)?;
        Ok(unseen)
    }
}
