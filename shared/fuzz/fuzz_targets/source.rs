//! Fuzzes decoding and splitting: any pieces give the same records, which equal the records of `csv-core`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::source::checks;

fuzz_target!(|bytes: &[u8]| checks::split_and_decode(bytes));
