//! Tests of JSON: what becomes a row, an error of a row, or a refusal, and that nothing of a value is lost on the way.

use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{WantedSheet, entries, refusal, table};
use crate::packed::{JsonKeys, JsonLines, Limits};
use crate::source::{Dialect, Splitter};
use crate::table::{Fault, Given};

/// The lines of some JSON.
fn lines(json: &str) -> String {
    table(json.as_bytes(), &WantedSheet::default()).unwrap().0
}

#[test]
fn elements_become_lines_under_the_keys_in_order_of_appearance() {
    let json = r#" [ {"b": 1.50, "a": "x, \"y\""}, {"a": null, "c": true}, {"c": "", "b": -2e3} ] "#;
    assert_eq!(lines(json), "\"b\",\"a\",\"c\"\n1.50,\"x, \"\"y\"\"\",\n, ,true\n-2e3,,\"\"\n");
    let evidence = table(json.as_bytes(), &WantedSheet::default()).unwrap().1.evidence;
    assert_eq!(evidence, ["JSON of 3 elements with 3 different keys"]);
    let ndjson = "\u{feff}{\"a\": 1}\n{\"a\": 2}{\"b\":3}\n\n";
    assert_eq!(lines(ndjson), "\"a\",\"b\"\n1,\n2,\n,3\n");
}

#[test]
fn entries_are_the_same_from_json_and_from_a_table() {
    let csv = "date,person,hours,description,todo,list,company,project\n\
               2026-03-05,Kim,1.5,Draw,,,Orchard,Website\n2026-03-06,Kim,2,\"two\nlines\",,,Orchard,Website\n";
    let json = json!([
        { "date": "2026-03-05", "person": "Kim", "hours": 1.5, "description": "Draw", "todo": "", "list": null,
          "company": "Orchard", "project": "Website" },
        { "date": "2026-03-06", "person": "Kim", "hours": 2, "description": "two\nlines", "company": "Orchard",
          "project": "Website" },
    ]);
    // The order of the keys is that of the file.
    let text = serde_json::to_string(&json).unwrap();
    assert_eq!(entries(text.as_bytes()), entries(csv.as_bytes()));
}

#[test]
fn faults_are_cells_of_their_rows_and_every_element_is_a_row() {
    let long = format!("{{\"a\": \"{}\"}}", "x".repeat(2 << 20));
    let json = format!(
        r#"[{{"a": 1}}, {{"a": {{"b": [1, "]"]}}}}, {{"a": 1, "a": 2}}, 7, [1], "text", {{}}, {{"a": null}}, {{"a": "\ud800"}}, {{"a": "\ufdd0"}}, {long}, {{"a": 3}}]"#
    );
    let lines = lines(&json);
    let faults: Vec<_> =
        lines.lines().skip(1).map(|line| Fault::of(line.trim_matches('"')).map(|fault| fault.0)).collect();
    use Fault::{Nested, NoObject, NoText, NoValue, TooLong, Twice};
    let expected = [
        None,
        Some(Nested),
        Some(Twice),
        Some(NoObject),
        Some(NoObject),
        Some(NoObject),
        Some(NoValue),
        Some(NoValue),
        Some(NoText),
        Some(NoText),
        Some(TooLong),
        None,
    ];
    assert_eq!(faults, expected);
    assert!(lines.lines().nth(2).unwrap().contains(r#"{""b"": [1, ""]""]}"#), "{lines}");
}

#[test]
fn damaged_json_is_refused_as_a_whole() {
    for (json, why) in [
        ("[{\"a\": 1}", "ends before the array does"),
        ("[{\"a\": 1},", "ends before the array does"),
        ("[{\"a\": 1}, {\"a\"", "ends in the middle of an element"),
        ("[{\"a\": 1}, {\"a\": \"x", "ends in the middle of an element"),
        ("[{\"a\": 1} {\"a\": 2}]", "has '{' in a place"),
        ("[{\"a\": 1},]", "has ']' in a place"),
        ("[{\"a\": 1}],", "has ',' in a place"),
        ("[{\"a\": 1}]\n{}", "has '{' in a place"),
        ("{\"a\": 1},{\"a\": 2}", "has ',' in a place"),
        ("[{\"a\": 1}, {\"a\": 01}]", "element 2 (from byte 11) is no JSON"),
        ("[{\"a\": 1}, nul]", "element 2 (from byte 11) is no JSON"),
        ("[{\"a\": 1}, {'a': 1}]", "element 2 (from byte 11) is no JSON"),
        ("[{\"a\": 1]}]", "is no JSON"),
        ("[]", "the JSON array is empty"),
        ("[{}, {}]", "no object in the JSON has a key"),
        ("[{\"\": 1}]", "no object in the JSON has a key"),
        ("{\"data\": [{\"a\": 1}]}", "the JSON is one object"),
    ] {
        let refused = refusal(json.as_bytes());
        assert!(refused.contains(why), "{json}: {refused}");
    }
    let mut wrong = b"[{\"a\": \"".to_vec();
    wrong.extend_from_slice(b"\xff\"}]");
    assert!(refusal(&wrong).contains("element 1"), "{}", refusal(&wrong));
    let deep = format!("[{{\"a\": {}", "[".repeat(100_000));
    assert!(refusal(deep.as_bytes()).contains("ends in the middle"));
    let deep = format!("[{{\"a\": {}{}}}]", "[".repeat(1_000), "]".repeat(1_000));
    // Nested deeply is nested.
    assert!(lines(&deep).contains("n[[["));
}

#[test]
fn keys_and_lines_are_bounded() {
    let many: Map<_, _> = (0..1001).map(|key| (key.to_string(), json!(1))).collect();
    assert!(refusal(json!([many]).to_string().as_bytes()).contains("1000 different keys"));
    let long = json!([{ "k".repeat(33 * 1024): 1 }]).to_string();
    assert!(refusal(long.as_bytes()).contains("different keys"));
    // A thousand keys make a line of a thousand bytes from an object of two.
    let keys: Map<_, _> = (0..1000).map(|key| (key.to_string(), json!(1))).collect();
    let bomb = format!("[{}{}]", json!(keys), ",{}".repeat(100_000));
    assert!(refusal(bomb.as_bytes()).contains("is a bomb"));
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| json!(number)),
        (-1e6..1e6f64).prop_map(|number| json!(number)),
        Just(json!("")),
        Just(json!(" ")),
        "[ a\",\n\r;'é\u{1f600}\\\\]{0,6}".prop_map(Value::String),
    ]
}

fn objects() -> impl Strategy<Value = Vec<Map<String, Value>>> {
    let object = prop::collection::btree_map("[abc\", ]{1,2}", value(), 0..5);
    prop::collection::vec(object.prop_map(|object| object.into_iter().collect()), 1..20)
}

/// A value as the reader of a line finds the value.
fn given(value: Option<&Value>) -> Given<String> {
    match value {
        None => Given::Absent,
        Some(Value::Null) => Given::Null,
        Some(Value::String(text)) => Given::Value(text.clone()),
        Some(other) => Given::Value(other.to_string()),
    }
}

/// True if an element leaves its line blank, so that a fault takes the line's place.
fn is_blank(object: &Map<String, Value>) -> bool {
    object.values().all(|value| value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty()))
}

proptest! {
    #[test]
    fn absent_null_and_empty_come_back_as_three_things(objects in objects(), lines in any::<bool>(), cut in 1usize..40) {
        let written: Vec<_> = objects.iter().map(|object| serde_json::to_string(object).unwrap()).collect();
        let json = if lines { written.join("\n") } else { format!("[{}]", written.join(" ,")) };
        prop_assume!(objects.iter().flatten().any(|(key, _)| !key.trim().is_empty()));
        // In pieces of any size.
        let mut keys = JsonKeys::default();
        json.as_bytes().chunks(cut).try_for_each(|piece| keys.push(piece)).unwrap();
        let mut made = Vec::new();
        let mut sink = |piece: &[u8]| { made.extend_from_slice(piece); Ok(()) };
        let mut writer = JsonLines::new(keys.finish().unwrap(), &Limits::PARSER);
        json.as_bytes().chunks(cut).try_for_each(|piece| writer.push(piece, &mut sink)).unwrap();
        writer.finish(&mut sink).unwrap();
        let text = String::from_utf8(made).unwrap();

        let mut splitter = Splitter::new(Dialect { delimiter: b',', spaced: false, backslashes: false, apostrophes: false, sheet: true }, 1);
        prop_assert!(splitter.scan(text.as_bytes()));
        let names: Vec<String> = splitter.fields().iter().map(|field| field.cell(&text).into_owned()).collect();
        for (object, number) in objects.iter().zip(2..) {
            prop_assert!(splitter.scan(text.as_bytes()));
            prop_assert_eq!(splitter.lines().0, number);
            prop_assert_eq!(splitter.fields().len(), names.len());
            if is_blank(object) {
                let cell = splitter.fields()[0].cell(&text);
                prop_assert_eq!(Fault::of(&cell), Some((Fault::NoValue, "")));
                continue;
            }
            for (name, field) in names.iter().zip(splitter.fields()) {
                let read = match Given::of(Some(field), &text) {
                    Given::Absent => Given::Absent,
                    Given::Null => Given::Null,
                    Given::Value(cell) => Given::Value(Cow::into_owned(cell)),
                };
                prop_assert_eq!(read, given(object.get(name)));
            }
        }
        prop_assert!(!splitter.scan(text.as_bytes()));
    }
}
