//! Parsers for the values in a cell: dates, times of day, durations, numbers, tags, names of people, and words.
//!
//! Each file parses a single kind of value from the text of a cell, without I/O. The module `format` decides from all
//! cells of a column whether the cells agree, and which of two readings the file means.

pub mod compared;
pub mod dates;
pub(crate) mod durations;
pub mod hashtags;
pub(crate) mod names;
pub mod numbers;
pub mod profile_value;
pub(crate) mod times;
pub(crate) mod words;
