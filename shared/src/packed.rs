//! Unpacks a gzip, a sheet of an .xlsx spreadsheet, or JSON, into the bytes of a plain table.
//!
//! The first bytes of a file say how the file is packed ([`Packing::of`]); the file's name is ignored. A packed file is
//! unpacked once, and all later steps read the plain table like any file. Like `source` and `table`, this module does
//! no I/O: bytes go in and pieces of a table come out. The promises are:
//!
//! - **The same bytes give the same table**, so a second run after a crash makes the same object as the first run.
//! - **Limits hold while unpacking** ([`Limits`]), because the sizes that an archive declares are not trusted. A file
//!   beyond a limit is refused with the limit in the message. The bytes of the table are counted for a sheet as well as
//!   for a gzip, because a single text of a workbook may stand in any number of its cells.
//! - **Unpacking can be cancelled** ([`Cancellation`]): the thread looks at a flag at each tag, cell and piece.
//! - **A sheet's cells are read by their types.** Dates become ISO dates and durations become H:MM:SS, whatever the
//!   sheet shows. Numbers get a dot before the fraction and no thousands separators. Errors like `#REF!` stay
//!   unchanged, so that the error of the row quotes the cell. A formula without a stored value is an error of the
//!   row as well ([`NO_VALUE`](crate::table::NO_VALUE)).
//! - **Lines are the sheet's rows**: blank rows stay as blank lines, and line breaks inside cells do not count.
//! - **Nothing is guessed.** If several sheets could be meant, the file is refused. Half a gzip is refused too, because
//!   the checksums are verified and nothing is planned before the end of the file.
//!
//! A single layer of packing is unpacked. A gzip in a gzip, or a spreadsheet or JSON in a gzip, is refused by name.

mod archive;
mod cancellation;
mod cells;
mod formulas;
mod gzip;
mod hidden;
mod inspect;
mod json;
mod limits;
mod packing;
mod parts;
mod place;
mod rows;
mod shape;
mod unpacked;
mod workbook;

use crate::table::{Form, Plan, RefusalOf, Survey};
use unpacked::PIECE;

pub use cancellation::{CancelOnDrop, Cancellation};
pub use gzip::Gunzip;
pub use json::{JsonKeys, JsonLines, Members};
pub use limits::{Limits, NotUnpacked};
pub use packing::{MAGIC, Packing};
pub use unpacked::{Sink, Unpacked, WantedSheet};

/// Unpacks the table of a file in memory, piece by piece, until the end or until `cancellation` is set.
pub fn unpack<F: Form>(
    kind: Packing,
    bytes: bytes::Bytes,
    wanted: &WantedSheet<F>,
    limits: &Limits,
    cancellation: &Cancellation,
    sink: Sink<'_>,
) -> Result<Unpacked, NotUnpacked> {
    match kind {
        Packing::Gzip => gzip::unpack(&bytes, limits, cancellation, sink),
        Packing::Zip => workbook::unpack(bytes, wanted, limits, cancellation, sink),
        Packing::Json => json::unpack(&bytes, limits, cancellation, sink),
        Packing::Compound => Err(compound()),
    }
}

fn compound() -> NotUnpacked {
    NotUnpacked::Unreadable(
        "this is an old .xls spreadsheet, or one that is protected by a password: save it as .xlsx without a password, \
         or as CSV"
            .to_owned(),
    )
}

/// The reason why a file in memory has no plan.
#[derive(Debug)]
pub enum NotSurveyed<F: Form> {
    /// The table could not be taken out of the file.
    NotUnpacked(NotUnpacked),
    /// The survey refused the table.
    Refused(Box<RefusalOf<F>>),
}

impl<F: Form> NotSurveyed<F> {
    /// The reason as the refusal of the whole file.
    pub fn into_refusal(self) -> RefusalOf<F> {
        match self {
            Self::NotUnpacked(why) => why.into_refusal(),
            Self::Refused(refusal) => *refusal,
        }
    }
}

impl<F: Form> From<NotUnpacked> for NotSurveyed<F> {
    fn from(why: NotUnpacked) -> Self {
        Self::NotUnpacked(why)
    }
}

/// Unpacks and surveys a file in memory for a caller who waits for the answer.
///
/// # Errors
///
/// [`NotUnpacked::TooLarge`] and [`NotUnpacked::Unwanted`] do not mean that the file is bad: the work is more than the
/// limits for a waiting caller allow, and the parser may still import the file.
pub fn survey<F: Form>(
    bytes: bytes::Bytes,
    wanted: &WantedSheet<F>,
    rows_per_chunk: u32,
    cancellation: &Cancellation,
) -> Result<Plan<F>, NotSurveyed<F>> {
    let refused = |refusal: RefusalOf<F>| NotSurveyed::Refused(Box::new(refusal));
    let options = wanted.options.clone();
    let Some(kind) = Packing::of(&bytes) else {
        let mut survey = Survey::new(options, rows_per_chunk);
        for piece in bytes.chunks(PIECE) {
            cancellation.check()?;
            survey.push(piece).map_err(refused)?;
            survey.take_chunks();
        }
        return survey.finish().map_err(refused);
    };
    let from = Unpacked::from(Some(kind));
    let mut survey = from.survey(options, rows_per_chunk);
    let mut why = None;
    let unpacked = unpack(kind, bytes, wanted, &Limits::DOOR, cancellation, &mut |piece| {
        let pushed = survey.push(piece);
        survey.take_chunks();
        pushed.map_err(|refusal| {
            why = Some(refusal);
            NotUnpacked::Unwanted
        })
    });
    if let Some(refusal) = why {
        return Err(refused(refusal));
    }
    let unpacked = unpacked?;
    let mut plan = survey.finish().map_err(|refusal| refused(unpacked.tell_refused(refusal)))?;
    unpacked.tell(&mut plan);
    Ok(plan)
}

#[cfg(test)]
mod tests;
