//! Time entries: from the rows of a file to stored entries, and from stored entries to lists and totals.
//!
//! An entry is stored in the partition of its chunk, and readers see the entry once the chunk is committed. The id is
//! derived from import and row, so a retry of a chunk writes the same items again.

pub mod by_hand;
pub(crate) mod draft;
pub mod entry;
pub mod filter;
pub mod imported;
mod join;
pub mod kind;
pub mod list;
mod load;
pub mod merged;
pub(crate) mod names;
pub(crate) mod parsed;
pub(crate) mod people;
pub(crate) mod resolve;
pub mod totals;
mod undo;

pub use entry::Entry;
