//! Turns the bytes of an object into text, records and cells, before any cell gets a meaning.
//!
//! Bytes arrive in pieces of any size. The module does no I/O and knows nothing of time entries. Promises:
//!
//! - **Never mojibake.** [`Decoder`] finds the encoding from marks and bytes and checks the encoding until the last
//!   byte. The result is rightly decoded text with the name of the encoding, or a refusal with the position of the
//!   byte which does not fit ([`Unreadable`]).
//! - **Positions belong to the original object.** The byte range of a record can be fetched again with a ranged read
//!   and decoded alone, in every encoding. A text's place in the object follows from its length
//!   ([`Encoding::source_len`]) or from anchors left by the decoder.
//! - **Lines are physical lines** as shown by an editor: LF, CR LF and CR alone are one line break each, inside
//!   quotes as well. A record is named by the line on which the record begins.
//! - **The same records for any pieces.** [`Splitter`] can resume at any byte, and splits like `csv-core` with
//!   default settings; the tests compare the two.
//! - **Bounded memory.** A record longer than [`MAX_RECORD`] is counted and named, and its text is dropped.
//!
//! [`Records`] makes the pass over a whole file; [`Splitter`] splits a chunk in memory in place.

#[cfg(any(test, feature = "checks"))]
pub mod checks;
mod decode;
mod dialect;
mod encoding;
mod kind;
mod places;
mod quotes;
mod records;
mod split;
mod torn;

pub use decode::{Decoder, Guess, Spot, Unreadable};
pub use dialect::{DELIMITERS, Judged, declared, judge};
pub use encoding::{CodePage, Encoding, UnknownEncoding};
pub use kind::OtherKind;
pub use quotes::{QuoteMark, QuoteRules, QuotedShare, is_in_apostrophes, looks_quoted};
pub use records::{Record, RecordCells, Records};
pub use split::{Dialect, MAX_TEXT, RawField, RecordEnd, Splitter};
pub use torn::{Tear, is_blank, tear};

/// Length of the longest record which is read, in bytes of UTF-8 text: 1 MiB.
pub const MAX_RECORD: usize = 1 << 20;
