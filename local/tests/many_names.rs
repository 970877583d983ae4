//! Benchmarks a file in which every row has a tag of its own, through the command `waybill bench`.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::process::Command;

use serde_json::Value;

/// Number of rows, each with a name of its own. Settling and undo once held a future of eight
/// kilobytes for every name.
const ROWS: u32 = 12_000;

#[test]
fn an_import_of_very_many_tags_and_its_undo_stay_within_memory_and_price() {
    let bench = ["bench", "--rows", &ROWS.to_string(), "--runs", "1", "--distinct", "tags", "--json"];
    let ran = Command::new(env!("CARGO_BIN_EXE_waybill")).args(bench).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let told: Value = serde_json::from_slice(&ran.stdout).unwrap();
    println!("{told}");
    let number = |pointer: &str| told.pointer(pointer).and_then(Value::as_f64).unwrap();
    assert!(number("/peak_memory_kb") < 100_000.0, "{told}");
    for phase in ["import", "undo"] {
        let units = number(&format!("/{phase}/write_units_per_row"));
        assert!(units < 1.0 + 6.0, "{phase}: {units} write units a row");
    }
}
