//! Fuzzes both passes, survey and rows, with whole files.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::format::checks;

fuzz_target!(|bytes: &[u8]| checks::detect(bytes));
