//! Files in a wrapping: a table in a spreadsheet, or packed by gzip.
//!
//! What a file is, its first bytes say ([`Kind::of`]), never its name. A packed file is unpacked once, into the bytes of
//! a plain table, and everything behind works on those as on any file. Like `source` and `format`, this module does no
//! I/O: bytes go in, pieces of a table come out. What it promises:
//!
//! - **The same bytes give the same table**, so a second run after a death makes what the first one made.
//! - **Bounded while unpacking** ([`Limits`]), not after: the sizes that an archive declares are not believed. What
//!   goes over is refused with the limit that it broke. The bytes that come out are counted, of a sheet as of a gzip, for
//!   one text of a workbook may stand in any number of its cells.
//! - **Ended from outside** ([`Cancellation`]): a thread that unpacks looks at a flag at each tag, cell and piece.
//! - **A sheet's cells by their types.** Dates are ISO dates and durations H:MM:SS whatever they look like in the
//!   sheet; numbers have a dot and no marks; errors such as `#REF!` stay as they are, so that the row says so. A formula
//!   whose value is not stored is an error of its row too ([`NO_VALUE`](crate::format::NO_VALUE)).
//! - **Lines are the sheet's rows**: blank rows stay as blank lines, and breaks inside cells do not count.
//! - **No guess.** Of several sheets that could be meant none is taken. Half a gzip is none: the check sums are looked
//!   at, and nothing is planned before the end.
//!
//! One wrapping is taken off, not two: a gzip in a gzip, or a spreadsheet in a gzip, is refused by name.

mod archive;
mod cancellation;
mod cells;
mod formulas;
mod gzip;
mod hidden;
mod inspect;
mod parts;
mod rows;
mod shape;
mod workbook;

use crate::format::{FormatName, Mapping, Plan, ReadingOptions, Refusal, Remembered, Survey};

pub use cancellation::{CancelOnDrop, Cancellation};
pub use gzip::Gunzip;

/// How many first bytes [`Kind::of`] wants to see.
pub const MAGIC: usize = 4;

/// Bytes of a table that are surveyed, or given away, at a time.
const PIECE: usize = 256 * 1024;

/// What a file is packed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RFC 1952, one member or several.
    Gzip,
    /// A zip archive, which an .xlsx spreadsheet is.
    Zip,
    /// The container of old Office documents, and of new ones with a password.
    Compound,
}

impl Kind {
    /// By the first [`MAGIC`] bytes of a file, or all there are.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // The second is an archive of nothing.
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            [0xd0, 0xcf, 0x11, 0xe0, ..] => Some(Self::Compound),
            _ => None,
        }
    }
}

/// How far a file may be unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the table that comes out, of a gzip as of a sheet.
    pub table: u64,
    /// Bytes of an .xlsx as it is.
    pub workbook: u64,
    /// Bytes of all of its parts, unpacked.
    pub parts: u64,
    /// Cells of its sheet, those left empty between others included.
    pub cells: u64,
}

impl Limits {
    /// For the parser, which has 1024 MB and 15 minutes.
    ///
    /// A table passes through; 2 GiB are some twenty million rows, and unpack and upload in a few minutes. Of an .xlsx
    /// the file itself and its texts are held in memory, everything else passes through: the largest sheet there is
    /// (1,048,576 rows) of Toggl's fourteen columns fits all four limits, with 161 MB of table.
    pub const PARSER: Self = Self { table: 2 << 30, workbook: 128 << 20, parts: 1 << 30, cells: 20_000_000 };

    /// For a door, whose caller is waiting: about a second of work. What is larger is left to the parser.
    pub const DOOR: Self = Self { table: 32 << 20, workbook: 8 << 20, parts: 32 << 20, cells: 500_000 };
}

/// No honest file is packed tighter than this: exports of time trackers come to 5 to 40 times, cells that are all the
/// same to about 100. (Deflate itself ends at 1,032.)
const RATIO: u64 = 200;
/// So much may come out whatever went in: small files that repeat themselves pack tighter.
const GRACE: u64 = 16 << 20;

/// Whether so much, out of so little, is a bomb.
fn is_bomb(packed: u64, unpacked: u64) -> bool {
    unpacked > GRACE && unpacked / RATIO > packed
}

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum NotUnpacked {
    /// It is larger than the limits allow.
    #[error("{0}")]
    TooLarge(String),
    /// It is not what it seems, damaged, or not to be read in one way only.
    #[error("{0}")]
    Unreadable(String),
    /// The table in it is refused.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// Whoever wanted the table is gone.
    #[error("the table is not wanted any more")]
    Unwanted,
}

impl NotUnpacked {
    /// As the refusal of the whole file.
    pub fn into_refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) => *refusal,
            other => Refusal::because(other.to_string()),
        }
    }
}

impl From<Refusal> for NotUnpacked {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}

/// What the caller says about a spreadsheet.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The format, if it is known; it tells the header.
    pub format: Option<FormatName>,
    /// The columns of a table that is no format's, which tell its header.
    pub mapping: Option<Mapping>,
    /// What is remembered for headers; it counts where neither a format nor a mapping is said.
    pub remembered: Remembered,
    /// The name of the sheet.
    pub sheet: Option<String>,
}

/// Takes the pieces of a table as they come out.
pub type Sink<'s> = &'s mut dyn FnMut(&[u8]) -> Result<(), NotUnpacked>;

/// What was unpacked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpacked {
    /// It was a sheet: to be read by [`Survey::of_sheet`].
    pub sheet: bool,
    /// Where the table came from, for people.
    pub evidence: Vec<String>,
    /// What else is to be said of it: a hidden sheet that fits as well, rows that the spreadsheet hides.
    pub notes: Vec<String>,
}

impl Unpacked {
    /// A table that stands in the file as it is, or will come out of its packing.
    pub fn plain(sheet: bool) -> Self {
        Self { sheet, evidence: Vec::new(), notes: Vec::new() }
    }

    /// The survey for the table.
    pub fn survey(&self, options: ReadingOptions, rows_per_chunk: u32) -> Survey {
        if self.sheet { Survey::of_sheet(options, rows_per_chunk) } else { Survey::new(options, rows_per_chunk) }
    }

    /// Says in a plan where its table came from.
    pub fn tell(&self, plan: &mut Plan) {
        plan.layout.evidence.splice(0..0, self.evidence.iter().chain(&self.notes).cloned());
    }

    /// Says in a refusal what was looked at.
    pub fn tell_refused(&self, mut refusal: Refusal) -> Refusal {
        refusal.reasons.extend(self.evidence.iter().map(|from| format!("the table is from {from}")));
        refusal.reasons.extend(self.notes.iter().cloned());
        refusal
    }
}

/// Unpacks the table of a whole file, piece by piece, until `cancellation` says that nobody waits for it.
pub fn unpack(
    kind: Kind,
    bytes: bytes::Bytes,
    wanted: &Wanted,
    limits: &Limits,
    cancellation: &Cancellation,
    sink: Sink<'_>,
) -> Result<Unpacked, NotUnpacked> {
    match kind {
        Kind::Gzip => gzip::unpack(&bytes, limits, cancellation, sink),
        Kind::Zip => workbook::unpack(bytes, wanted, limits, cancellation, sink),
        Kind::Compound => Err(compound()),
    }
}

fn compound() -> NotUnpacked {
    NotUnpacked::Unreadable(
        "this is an old .xls spreadsheet, or one that is protected by a password: save it as .xlsx without a password, \
         or as CSV"
            .to_owned(),
    )
}

/// Surveys a file that is in memory, packed or not, for a caller who waits.
///
/// # Errors
///
/// [`NotUnpacked::TooLarge`] and [`NotUnpacked::Unwanted`] say nothing against the file: it is more than can be looked at
/// while somebody waits.
pub fn survey(
    bytes: bytes::Bytes,
    wanted: &Wanted,
    options: ReadingOptions,
    rows_per_chunk: u32,
    cancellation: &Cancellation,
) -> Result<Plan, NotUnpacked> {
    let Some(kind) = Kind::of(&bytes) else {
        let mut survey = Survey::new(options, rows_per_chunk);
        for piece in bytes.chunks(PIECE) {
            cancellation.check()?;
            survey.push(piece)?;
            survey.take_chunks();
        }
        return Ok(survey.finish()?);
    };
    let from = Unpacked::plain(kind == Kind::Zip);
    let mut survey = from.survey(options, rows_per_chunk);
    let unpacked = unpack(kind, bytes, wanted, &Limits::DOOR, cancellation, &mut |piece| {
        survey.push(piece)?;
        survey.take_chunks();
        Ok(())
    })?;
    let mut plan = survey.finish().map_err(|refusal| unpacked.tell_refused(refusal))?;
    unpacked.tell(&mut plan);
    Ok(plan)
}

#[cfg(test)]
mod tests;
