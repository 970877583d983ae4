//! How far a file may be unpacked, and why it is not.

use crate::format::Refusal;

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
pub(super) fn is_bomb(packed: u64, unpacked: u64) -> bool {
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
