//! An .xlsx spreadsheet to the table of one of its sheets.

use std::any::Any;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use bytes::Bytes;
use calamine::{Reader, SheetType, SheetVisible, Xlsx, XlsxError};

use super::cells::Epoch;
use super::inspect::inspect;
use super::rows::{Room, Rows, record};
use super::{Limits, NotUnpacked, Sink, Unpacked, Wanted};
use crate::format;

/// So many columns beside those of the header are read.
const MOST_BESIDE: usize = 20;
/// A header is looked for in so many rows that are not blank: titles and notes may stand above it.
const HEAD: usize = 30;
/// So many sheets are looked at.
const MAX_SHEETS: usize = 200;
/// Bytes of the table that are given away at a time.
const PIECE: usize = 256 * 1024;

/// Unpacks the sheet that is meant.
pub(super) fn unpack(file: Bytes, wanted: &Wanted, limits: &Limits, sink: Sink<'_>) -> Result<Unpacked, NotUnpacked> {
    inspect(&file, limits)?;
    // `calamine` does its sums unchecked, so that an absurd place of a cell may panic.
    let read = catch_unwind(AssertUnwindSafe(|| {
        let mut book = Book::open(file, limits)?;
        let sheet = book.choose(wanted)?;
        book.table(&sheet, sink)?;
        Ok(Unpacked { sheet: true, evidence: sheet.evidence() })
    }));
    read.unwrap_or_else(|panic| Err(damaged(&reason(&*panic))))
}

fn reason(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it makes no sense".to_owned())
}

fn damaged(why: &dyn std::fmt::Display) -> NotUnpacked {
    NotUnpacked::Unreadable(format!("the spreadsheet cannot be read: {why}; save it anew, or as CSV"))
}

/// An open workbook.
struct Book<'l> {
    xlsx: Xlsx<Cursor<Bytes>>,
    epoch: Epoch,
    limits: &'l Limits,
}

/// A sheet and what stands at its beginning.
struct Sheet {
    name: String,
    /// The row of the header, if one fits, or else the first row that is not blank; from 1. None: an empty sheet.
    header: Option<u32>,
    fits: bool,
    /// Columns of the header.
    width: usize,
    /// What stands in the rows above the header.
    above: Vec<String>,
}

impl Sheet {
    fn evidence(&self) -> Vec<String> {
        let mut from = format!("sheet {:?} of an .xlsx spreadsheet", self.name);
        if let (Some(header), false) = (self.header, self.above.is_empty()) {
            from.push_str(&format!(", its header in row {header}; left out above it: {}", listed(&self.above)));
        }
        vec![from]
    }
}

/// Names for people, the first ten of them.
fn listed(names: &[String]) -> String {
    let mut list = names.iter().take(10).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ");
    if names.len() > 10 {
        list.push_str(&format!(" and {} more", names.len() - 10));
    }
    list
}

impl<'l> Book<'l> {
    fn open(file: Bytes, limits: &'l Limits) -> Result<Self, NotUnpacked> {
        let xlsx: Xlsx<_> = Xlsx::new(Cursor::new(file)).map_err(|error| damaged(&error))?;
        let epoch = if xlsx.has_1904_epoch() { Epoch::Mac } else { Epoch::Windows };
        Ok(Self { xlsx, epoch, limits })
    }

    fn rows(&mut self, sheet: &str) -> Result<Option<Rows<'_>>, NotUnpacked> {
        match self.xlsx.worksheet_cells_reader(sheet) {
            Ok(reader) => Ok(Some(Rows::new(reader, self.epoch, self.limits))),
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
        let same = |name: &String| name.trim().to_lowercase() == asked.trim().to_lowercase();
        match all.iter().find(|name| same(name)) {
            Some(name) => Ok(vec![name.clone()]),
            None => Err(NotUnpacked::Unreadable(format!(
                "`sheet` says {asked:?}, but the spreadsheet has {}",
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
        let chosen = sheets.into_iter().find(written);
        chosen.ok_or_else(|| NotUnpacked::Unreadable("the spreadsheet is empty: nothing is written in it".to_owned()))
    }

    /// Looks at the beginning of a sheet.
    fn look(&mut self, name: String, wanted: &Wanted) -> Result<Option<Sheet>, NotUnpacked> {
        let Some(mut rows) = self.rows(&name)? else { return Ok(None) };
        let mut sheet = Sheet { name, header: None, fits: false, width: 0, above: Vec::new() };
        let (mut cells, mut above) = (Vec::new(), Vec::new());
        for _ in 0..HEAD {
            let Some(row) = rows.next(&mut cells)? else { break };
            let fits = format::is_header(&cells, wanted.format, wanted.mapping.as_ref());
            if fits || sheet.header.is_none() {
                // Remarks to the right of the table are in columns without a name.
                let beside = if fits { MOST_BESIDE } else { 0 };
                let width = rows.columns().clamp(cells.len(), cells.len() + beside);
                (sheet.header, sheet.width, sheet.fits) = (Some(row), width, fits);
            }
            if fits {
                sheet.above = above;
                break;
            }
            above.extend(cells.iter().find(|cell| !cell.is_empty()).cloned());
        }
        Ok(Some(sheet))
    }

    /// Gives the table of a sheet away: a line for each row, from the first one on; blank above the header.
    fn table(&mut self, sheet: &Sheet, sink: Sink<'_>) -> Result<(), NotUnpacked> {
        let mut room = Room::new(self.limits);
        let Some(mut rows) = self.rows(&sheet.name)? else { return Ok(()) };
        let (mut cells, mut table, mut line) = (Vec::new(), Vec::new(), 1);
        while let Some(row) = rows.next(&mut cells)? {
            if sheet.header.is_some_and(|header| row < header) {
                continue;
            }
            room.take(u64::from(row - line) + sheet.width as u64)?;
            table.resize(table.len() + (row - line) as usize, b'\n');
            record(&cells, sheet.width, &mut table);
            line = row + 1;
            if table.len() >= PIECE {
                sink(&table)?;
                table.clear();
            }
        }
        sink(&table)
    }
}
