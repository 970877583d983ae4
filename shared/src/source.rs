//! Bytes to records: what a file's bytes say before anybody asks what they mean.
//!
//! This module takes the bytes of an object as they come, in pieces of any size, and gives text,
//! records and cells. It does no I/O and knows nothing of time entries. What it promises:
//!
//! - **Never mojibake.** [`Decoder`] finds the encoding from marks and bytes, goes on checking until
//!   the last byte, and either decodes rightly and says which encoding it used, or stops with the
//!   position of the byte that fits none ([`Unreadable`]).
//! - **Positions are those of the original object.** A record's byte range can be fetched again with a
//!   ranged read and decoded on its own, whatever the encoding: the text of every encoding that is read
//!   tells its place in the original, by its length ([`Encoding::source_len`]) or by anchors that the decoder leaves.
//! - **Lines are physical lines**, as an editor shows them: LF, CR LF and CR alone are one break each,
//!   also inside quotes. A record is named by the line on which it begins.
//! - **The same records however the bytes were cut.** [`Splitter`] is resumable at any byte, and its
//!   reading is that of `csv-core` with its defaults; the tests hold one against the other.
//! - **Bounded memory.** A record longer than [`MAX_RECORD`] is counted and named, not kept.
//!
//! The pass over a whole file is [`Records`]; a chunk that is in memory is split by [`Splitter`] in
//! place.

#[cfg(any(test, feature = "checks"))]
pub mod checks;
mod decode;
mod dialect;
mod encoding;
mod kind;
mod places;
mod records;
mod split;
mod torn;

pub use decode::{Decoder, Guess, Spot, Unreadable};
pub use dialect::{DELIMITERS, Judged, declared, judge};
pub use encoding::{CodePage, Encoding, UnknownEncoding};
pub use kind::OtherKind;
pub use records::{Cells, Record, Records};
pub use split::{Dialect, Ending, Field, MAX_TEXT, Splitter};
pub use torn::{Tear, is_blank, tear};

/// The longest record that is read, in bytes of its UTF-8 text: 1 MiB.
pub const MAX_RECORD: usize = 1 << 20;
