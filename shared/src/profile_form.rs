//! Parses records to rows of profiles: the [`Form`](crate::table::Form) of files of profiles and subprofiles.
//!
//! The columns are those of a database, whose schema the import pins ([`PinnedSchema`]) before the file is read. Like
//! `table`, this module does no I/O. Promises:
//!
//! - **No guess.** A column belongs to the field of the same name, to an interest, or to a field of a collection. Two columns
//!   of one field, an unknown key field and a key field without a column refuse the file.
//! - **No silent loss.** A value that the field cannot hold is an error of its row, or with `invalid_values=empty` an empty
//!   cell which the row names. Columns without a field are named in the evidence.
//! - **Absent and empty differ.** An absent cell leaves the field alone, an empty cell empties the field. Cells are absent
//!   where an object of JSON lacks the key; with `ignore_empty` every empty cell is absent.
//! - **Apostrophes by evidence.** Cells in apostrophes, as the importer of Copernica takes them, are told from the whole
//!   file, or the file is refused with both readings (`watch.rs`).
//!
//! # Columns
//!
//! | name, without regard to case and blanks around it | holds |
//! |---|---|
//! | `ID` | the number of the profile, if `ID` is a key field |
//! | the name of a field | the field |
//! | `interest.NAME` | whether the profile has the interest: yes or no |
//! | `COLLECTION.FIELD`, with or without blanks around the dot | a field of a subprofile |
//!
//! | step | file |
//! |---|---|
//! | a header to fields and keys | `columns.rs`, `keys.rs`, `header.rs` |
//! | the first pass | `watch.rs` |
//! | the second pass | `read.rs` |

mod columns;
mod form;
mod header;
mod key_fields;
mod keys;
mod layout;
mod options;
mod pinned;
mod read;
mod row;
mod watch;

pub use header::ProfileHeader;
pub use key_fields::{FileKeys, KeyColumn, KeyField};
pub use keys::WrongKeys;
pub use layout::{ProfileDecisions, ProfileLayout, Profiles, ProfilesConsidered};
pub use options::{DeleteTarget, InvalidValues, Matches, ProfileAction, ProfileReading, UpdatePolicy};
pub use pinned::{PinnedCollection, PinnedField, PinnedInterest, PinnedSchema};
pub use row::{FieldCell, KeyValue, ProfileRow, RowKey, SubprofileRow};

#[cfg(test)]
mod tests;
