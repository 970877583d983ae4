//! Imports of contacts on the tables: what they write and change, what their undo leaves, and races over the same addresses.

mod cost;
mod log;
mod office;
mod races;
mod replay;
mod undo;
mod updates;

pub use office::{Row, file};
