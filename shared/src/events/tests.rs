//! Tests of events: the JSON of stored items of this version and of the version before, and the schema's lists of words.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use super::*;

/// The item of a settled import in the JSON of DynamoDB, as this version stores it.
fn stored() -> Value {
    let counts =
        json!({ "created": { "N": "3" }, "failed": { "N": "1" }, "chunks": { "N": "1" }, "seconds": { "N": "5400" } });
    json!({
        "pk": { "S": "A#1#I#7" },
        "sk": { "S": "001790000000000#partially_complete" },
        "v": { "N": "1" },
        "type": { "S": "Import Partially Completed" },
        "id": { "S": "1-7-1790000000000-partially_complete" },
        "account": { "N": "1" },
        "import": { "N": "7" },
        "sequence": { "N": "3" },
        "import_type": { "S": "TimeEntryImport" },
        "status": { "S": "partially_complete" },
        "file_name": { "S": "March.csv" },
        "rows": { "N": "4" },
        "counts": { "M": counts },
        "by": { "S": "loader" },
        "created_at": { "N": "1789999990000" },
        "at": { "N": "1790000000000" },
        "expires": { "N": "1791209600" },
    })
}

/// The item of the same change as the version before stored it.
fn stored_before() -> Value {
    let mut item = stored();
    let members = item.as_object_mut().expect("an object");
    for name in ["sequence", "import_type", "file_name", "rows", "counts", "by", "created_at"] {
        members.remove(name);
    }
    // All ends had one type.
    item["type"]["S"] = json!("Import Completed");
    item
}

fn event(item: Value) -> Result<Value, StoreError> {
    let record: Record = serde_json::from_value(json!({ "dynamodb": { "NewImage": item } })).expect("a record");
    AnyEvent::of(record, "https://api.example.com/").map(|event| json!(event))
}

#[test]
fn an_item_becomes_plain_json_with_numbers_times_and_an_address() {
    let undone = json!({
        "removed": 0, "kept": 0, "restored": 0, "brought_back": 0, "changes_kept": 0, "gone": 0,
    });
    let expected = json!({
        "version": "1",
        "type": "Import Partially Completed",
        "id": "1-7-1790000000000-partially_complete",
        "sequence": 3,
        "account": 1,
        "import": 7,
        "import_type": "TimeEntryImport",
        "status": "partially_complete",
        "file_name": "March.csv",
        "counts": {
            "rows": 4, "pending": 0, "created": 3, "updated": 0, "unchanged": 0, "skipped": 0, "deleted": 0, "failed": 1,
            "duplicates": 0, "removed_missing": 0, "undone": undone,
        },
        "actor": "loader",
        "reason": null,
        "created_at": "2026-09-21T14:13:10.000Z",
        "occurred_at": "2026-09-21T14:13:20.000Z",
        "url": "https://api.example.com/api/v1/imports/7",
    });
    assert_eq!(event(stored()).expect("an event"), expected);
}

#[test]
fn an_item_of_the_version_before_gives_the_facts_that_it_has_under_version_0() {
    let expected = json!({
        "version": "0",
        "type": "Import Partially Completed",
        "id": "1-7-1790000000000-partially_complete",
        "account": 1,
        "import": 7,
        "status": "partially_complete",
        "occurred_at": "2026-09-21T14:13:20.000Z",
        "url": "https://api.example.com/api/v1/imports/7",
    });
    assert_eq!(event(stored_before()).expect("an event"), expected);
}

#[test]
fn a_nameless_file_and_an_unplanned_import_are_null() {
    let mut item = stored();
    item["file_name"]["S"] = json!("");
    item.as_object_mut().expect("an object").remove("rows");
    let event = event(item).expect("an event");
    assert_eq!(
        [&event["file_name"], &event["counts"]["rows"], &event["counts"]["pending"]],
        [&Value::Null, &Value::Null, &Value::Null]
    );
}

#[test]
fn a_later_version_and_an_item_that_is_no_event_are_told_apart() {
    let mut newer = stored();
    newer["v"]["N"] = json!("2");
    assert!(matches!(event(newer), Err(StoreError::Newer(2))));
    for spoil in ["status", "at", "by"] {
        let mut item = stored();
        item.as_object_mut().expect("an object").remove(spoil);
        assert!(matches!(event(item), Err(StoreError::Shape(_))), "{spoil}");
    }
    assert!(matches!(event(json!({ "pk": { "S": "A#1" } })), Err(StoreError::Shape(_))));
}

#[test]
fn the_schema_lists_the_words_and_numbers_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/events/event.schema.json");
    let text = fs::read_to_string(path).expect("the schema");
    let schema: Value = serde_json::from_str(&text).expect("JSON");
    let words = |name: &str| schema["properties"][name]["enum"].clone();
    assert_eq!(words("type"), json!(Status::ALL.map(Status::event)));
    assert_eq!(words("status"), json!(Status::WORDS));
    assert_eq!(words("import_type"), json!(ImportType::WORDS));
    let types: BTreeSet<_> = Status::ALL.map(Status::event).into();
    assert_eq!(types.len(), Status::ALL.len(), "each status has a type of its own");
    let event = event(stored()).expect("an event");
    for (schema, value) in [
        (&schema, &event),
        (&schema["properties"]["counts"], &event["counts"]),
        (&schema["properties"]["counts"]["properties"]["undone"], &event["counts"]["undone"]),
    ] {
        let members: BTreeSet<_> = value.as_object().expect("an object").keys().cloned().collect();
        let listed: BTreeSet<_> = schema["properties"].as_object().expect("members").keys().cloned().collect();
        let required: BTreeSet<String> = serde_json::from_value(schema["required"].clone()).expect("names");
        assert_eq!((&listed, &required), (&members, &members));
    }
}
