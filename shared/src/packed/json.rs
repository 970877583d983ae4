//! Turns JSON into lines: an array of objects, or an object after the other (NDJSON), becomes a table with a column for each key.
//!
//! The plan and the loaders read ranges of bytes of lines, so JSON is unpacked like a spreadsheet. The promises are:
//!
//! - **An element is a row.** Element n is row n, whatever the element is. The header has all keys in the order of their first
//!   appearance, at most a thousand.
//! - **Absent, null and empty stay three things** ([`Given`](crate::table::Given)).
//! - **Numbers and booleans are their text**, as written: `1.50` stays `1.50`.
//! - **A fault concerns its row.** An object or list as a value, a key that an object has twice, an element that is no object
//!   or is longer than 1 MB is an error of that row, with the key as column ([`Fault`](crate::table::Fault)).
//! - **Damaged JSON is refused as a whole**, with the element and the byte, because nothing behind the damage can be trusted.
//! - **Bounded.** Memory holds an element and the keys. The table has the limits of all unpacked tables: a thousand keys
//!   make a long line of the shortest object.
//!
//! The keys are known at the end, and the header stands at the beginning: the file is read twice, by [`JsonKeys`] and then by
//! [`JsonLines`].

mod elements;
mod keys;
mod lines;
mod object;

use super::cancellation::Cancellation;
use super::limits::{Limits, NotUnpacked};
use super::unpacked::{PIECE, Sink, Unpacked};

pub use keys::JsonKeys;
pub use lines::JsonLines;
pub use object::Members;

/// Unpacks JSON that is in memory.
pub(super) fn unpack(
    bytes: &[u8],
    limits: &Limits,
    cancellation: &Cancellation,
    sink: Sink<'_>,
) -> Result<Unpacked, NotUnpacked> {
    let mut keys = JsonKeys::default();
    for piece in bytes.chunks(PIECE) {
        cancellation.check()?;
        keys.push(piece)?;
    }
    let mut lines = JsonLines::new(keys.finish()?, limits);
    for piece in bytes.chunks(PIECE) {
        cancellation.check()?;
        lines.push(piece, sink)?;
    }
    lines.finish(sink)
}
