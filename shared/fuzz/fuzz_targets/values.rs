//! Fuzzes the parsing of cells as dates, times, numbers, durations and tags.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::format::checks;

fuzz_target!(|cell: &str| checks::values(cell));
