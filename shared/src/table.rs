//! Parts of reading that hold for a table of any kind: headers, the lengths of rows, chunks, and errors of rows.

mod error;
mod headers;
mod lengths;
mod span;

pub(crate) use error::excerpt;
pub use error::{ErrorCode, NO_VALUE, RowError, VALUE};
pub use headers::{Headers, RowEnds};
pub(crate) use headers::{Width, is_too_long, key};
pub use lengths::RowLengths;
pub use span::{ChunkSpan, Oversized};
pub(crate) use span::{ChunkTooLong, Chunks, Placed};
