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
mod limits;
mod packing;
mod parts;
mod place;
mod rows;
mod shape;
mod unpacked;
mod workbook;

use crate::format::{Plan, ReadingOptions, Survey};
use unpacked::PIECE;

pub use cancellation::{CancelOnDrop, Cancellation};
pub use gzip::Gunzip;
pub use limits::{Limits, NotUnpacked};
pub use packing::{Kind, MAGIC};
pub use unpacked::{Sink, Unpacked, Wanted};

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
