//! Time entries: rows of a file to entries, and entries to lists and totals.
//!
//! An entry is stored in the partition of its chunk, and readers see it when the chunk is committed. Its id is derived from
//! the import and the row, so a retry of a chunk writes the same items.

pub mod by_hand;
pub(crate) mod draft;
pub mod entry;
pub mod filter;
pub mod list;
pub mod made;
pub mod merged;
pub(crate) mod names;
pub(crate) mod parsed;
pub(crate) mod people;
pub(crate) mod resolve;
pub mod summary;
pub mod totals;

pub use entry::Entry;
