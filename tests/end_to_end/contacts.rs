//! Imports of contacts on the tables: what they write, what their undo leaves, and races over the same addresses.

mod cost;
mod office;
mod races;
mod replay;
mod undo;

pub use office::{Row, file};
