//! Whole files through both passes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use shared::format::checks;

fuzz_target!(|bytes: &[u8]| checks::detect(bytes));
