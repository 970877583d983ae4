//! Bytes to records: in any pieces the same, and as `csv-core` reads them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::source::checks;

fuzz_target!(|bytes: &[u8]| checks::split_and_decode(bytes));
