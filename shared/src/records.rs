//! Records: fields which imports create and change, which people edit, and which stay after an undo if somebody else
//! wrote to the record. The room names no kind of record.
//!
//! A record lies at a key that follows from the row which created the record, so whatever an import created is found by
//! computing its partitions. Three rules hold for every record:
//!
//! - Each change is a single conditional write: the version is the version that was read.
//! - Whoever changes a field is remembered as its last writer, also if the field gets its former value back.
//! - The undo of the maker removes a record only if no standing writer is left.
//!
//! The tests hold the rules, with claims and references, against a replay of the recorded writes without those of undone
//! imports, over records in memory and with every order of steps that a seed draws.

pub mod ancestry;
pub mod apply;
pub mod change;
pub mod edited;
mod history;
pub mod image;
pub mod index;
mod moves;
pub mod record;
pub mod restore;
pub mod rules;
pub mod undo;
pub mod visible;
pub mod walk;
pub mod wanted;

#[cfg(test)]
mod tests;

pub use record::{Gone, HAND_CHUNK, Record, Writer};
