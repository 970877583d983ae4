//! Limits for unpacking a file, and the reasons why a file is not unpacked.

use crate::table::Refusal;

/// Limits for unpacking a file. A file beyond a limit is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The bytes of the unpacked table, for a gzip as well as for a sheet.
    pub table: u64,
    /// The bytes of an .xlsx file as sent.
    pub workbook: u64,
    /// The bytes of all parts of an .xlsx file, unpacked.
    pub parts: u64,
    /// The cells of the sheet, including empty cells between filled cells.
    pub cells: u64,
}

impl Limits {
    /// The limits for the parser, which has 1024 MB of memory and 15 minutes.
    ///
    /// A table is streamed. 2 GiB are some twenty million rows, which are unpacked and uploaded in a few minutes. Of an
    /// .xlsx file, memory holds the file itself and the texts, while everything else is streamed. The largest possible
    /// sheet (1,048,576 rows) with Toggl's fourteen columns fits all four limits, with 161 MB of table.
    pub const PARSER: Self = Self { table: 2 << 30, workbook: 128 << 20, parts: 1 << 30, cells: 20_000_000 };

    /// The limits for a door, whose caller waits: about a second of work. A larger file is left to the parser.
    pub const DOOR: Self = Self { table: 32 << 20, workbook: 8 << 20, parts: 32 << 20, cells: 500_000 };
}

/// The highest ratio of unpacked to packed bytes. Exports of time trackers reach 5 to 40, and a file of equal cells
/// reaches about 100. Deflate itself reaches 1,032.
const RATIO: u64 = 200;

/// The number of unpacked bytes that any file may have, because small repetitive files exceed the ratio.
const GRACE: u64 = 16 << 20;

/// Returns whether the unpacked bytes are so many for the packed bytes that the file is a decompression bomb.
pub(super) fn is_bomb(packed: u64, unpacked: u64) -> bool {
    unpacked > GRACE && unpacked / RATIO > packed
}

/// The reasons why a file was not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum NotUnpacked {
    /// The file is larger than the limits allow.
    #[error("{0}")]
    TooLarge(String),
    /// The file is not a packed table, is damaged, or can be read in several ways.
    #[error("{0}")]
    Unreadable(String),
    /// Nobody waits for the rest of the table: the work was cancelled, or the survey refused the table.
    #[error("the table is not wanted any more")]
    Unwanted,
}

impl NotUnpacked {
    /// The reason as the refusal of the whole file.
    pub fn into_refusal<C: Default>(self) -> Refusal<C> {
        Refusal::because(self.to_string())
    }
}
