//! The stored form of a layout, which the readers of every version have in common.

#![allow(clippy::unwrap_used, reason = "a test")]

use serde_json::Value;

use super::{load, plainly, survey, tell};
use crate::format::{Layout, Plan, TimeEntries};
use crate::store::Item;
use crate::table::{StoredLayout, Verdict};

/// A layout as stored before the layout was split into a part of any table and a part of time entries.
const STORED: &str = include_str!("stored/layout.json");
/// The file with that layout.
const FILE: &[u8] = b"Start date;Start time;Duration;User;Amount (EUR)\n13/04/2024;09:00;0:30;Jo Field;2,50\n\
                      14/04/2024;10:00;1:00;Jo Field;-\n";

fn stored() -> Value {
    serde_json::from_str(STORED).unwrap()
}

fn plan() -> Plan {
    survey(FILE, &plainly(), 10, 7).unwrap()
}

#[test]
fn a_layout_is_stored_in_the_old_shape() {
    assert_eq!(serde_json::to_value(plan().layout).unwrap(), stored());
}

#[test]
fn an_old_layout_reads_the_file_as_today() {
    let layout: Layout = serde_json::from_str(STORED).unwrap();
    let plan = plan();
    assert_eq!(layout, plan.layout);
    let mut rows = Vec::new();
    load(FILE, &Plan { layout, ..plan }, |row| rows.push(tell(row)));
    assert_eq!(
        rows,
        [
            "2024-04-13 | 09:00:00- | 1800 s | name: Jo Field | amount: 2.50 | currency: EUR",
            "2024-04-14 | 10:00:00- | 3600 s | name: Jo Field",
        ]
    );
}

#[test]
fn an_item_without_the_later_fields_is_read() {
    let mut before = stored();
    for field in ["backslashes", "sheet"] {
        assert_eq!(before.as_object_mut().unwrap().remove(field), Some(Value::Bool(false)));
    }
    assert_eq!(serde_json::from_value::<Layout>(before).unwrap(), plan().layout);
}

#[test]
fn a_verdict_is_read_back_from_a_stored_item() {
    let item = serde_json::json!({ "layout": stored() });
    let item: Item = serde_dynamo::to_item(item).unwrap();
    let verdict: Verdict = serde_dynamo::from_item(item.clone()).unwrap();
    assert_eq!(verdict.layout, Some(StoredLayout::of(&plan().layout)));
    let layout = verdict.layout.as_ref().unwrap();
    assert_eq!(layout.decode::<TimeEntries>().unwrap(), plan().layout);
    assert_eq!(layout.headers(), plan().layout.headers);
    let again: Item = serde_dynamo::to_item(verdict).unwrap();
    assert_eq!(again, item);
}
