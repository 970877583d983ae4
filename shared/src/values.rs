//! The values that a cell can hold: dates, times of day, durations, numbers, names of people, and words.
//!
//! Each file reads one kind of value from the text of one cell. Whether the cells of a column agree, and which of two
//! readings a file means, is decided by `format`, from all cells of the column. Nothing here reads or writes.

pub mod dates;
pub(crate) mod durations;
pub mod hashtags;
pub(crate) mod names;
pub mod numbers;
pub(crate) mod times;
pub(crate) mod words;
