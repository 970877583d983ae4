//! The part of JSON Schema that the document uses. An object may have only members that its schema names, unless the
//! schema says otherwise, so that the document forgets no member of an answer.

use anyhow::{Context, bail};
use serde_json::Value;

/// A value of the document, or the value to which its reference leads.
pub fn resolved<'d>(document: &'d Value, value: &'d Value) -> anyhow::Result<&'d Value> {
    match value["$ref"].as_str() {
        None => Ok(value),
        Some(place) => {
            let pointer = place.strip_prefix('#').with_context(|| format!("{place} leads elsewhere"))?;
            document.pointer(pointer).with_context(|| format!("{place} leads nowhere"))
        }
    }
}

/// Fails if a reference anywhere in `value` leads nowhere.
pub fn check_references(document: &Value, value: &Value) -> anyhow::Result<()> {
    if value.get("$ref").is_some() {
        resolved(document, value)?;
    }
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| check_references(document, item)),
        Value::Object(members) => members.values().try_for_each(|member| check_references(document, member)),
        _ => Ok(()),
    }
}

/// Sentences about the places at which a value does not fit a schema.
pub fn wrong(document: &Value, schema: &Value, value: &Value) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    walk(document, schema, value, "", &mut found)?;
    Ok(found)
}

fn walk(document: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) -> anyhow::Result<()> {
    let schema = resolved(document, schema)?;
    for (word, choices) in ["oneOf", "anyOf"].map(|word| (word, schema[word].as_array())) {
        let Some(choices) = choices else { continue };
        let mut fits = 0;
        for choice in choices {
            fits += usize::from(wrong(document, choice, value)?.is_empty());
        }
        if fits == 0 || (word == "oneOf" && fits > 1) {
            // The reason is seen best in the choice that is not null.
            let likely = choices.iter().rfind(|choice| choice["type"] != "null").context("no choice")?;
            let reasons = wrong(document, likely, value)?;
            found.push(format!("{at}: fits {fits} choices; {}", reasons.join("; ")));
        }
    }
    if schema.get("allOf").is_some() {
        bail!("{at}: allOf is not known here");
    }
    if !fits_type(&schema["type"], value) {
        found.push(format!("{at}: {value} is no {}", schema["type"]));
        return Ok(());
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        found.push(format!("{at}: {value} is none of {}", schema["enum"]));
    }
    let outside = |bound: &str| schema[bound].as_f64().zip(value.as_f64());
    if outside("minimum").is_some_and(|(least, value)| value < least)
        || outside("maximum").is_some_and(|(most, value)| value > most)
    {
        found.push(format!("{at}: {value} is out of range"));
    }
    if schema["format"] == "date-time" && !value.as_str().is_none_or(|text| text.ends_with('Z') && text.len() >= 20) {
        found.push(format!("{at}: {value} is no time"));
    }
    for (number, item) in value.as_array().into_iter().flatten().enumerate() {
        if schema["items"].is_object() {
            walk(document, &schema["items"], item, &format!("{at}/{number}"), found)?;
        }
    }
    let Some(members) = value.as_object().filter(|_| schema["type"] == "object") else { return Ok(()) };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !members.contains_key(name) {
            found.push(format!("{at}: {name} is missing"));
        }
    }
    for (name, member) in members {
        let at = format!("{at}/{name}");
        match (schema["properties"].get(name), &schema["additionalProperties"]) {
            (Some(schema), _) => walk(document, schema, member, &at, found)?,
            (None, rest @ Value::Object(_)) => walk(document, rest, member, &at, found)?,
            (None, Value::Bool(true)) => {}
            (None, _) => found.push(format!("{at}: is not documented")),
        }
    }
    Ok(())
}

fn fits_type(kind: &Value, value: &Value) -> bool {
    match kind {
        Value::Array(kinds) => kinds.iter().any(|kind| fits_type(kind, value)),
        Value::String(kind) => match kind.as_str() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            _ => value.is_object(),
        },
        _ => true,
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let document = serde_json::json!({ "components": { "schemas": { "Item": {
        "type": "object", "required": ["id"],
        "properties": { "id": { "type": "integer", "minimum": 1 }, "name": { "type": ["string", "null"] },
            "word": { "type": "string", "enum": ["a", "b"] },
            "link": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Item" }] } },
    } } } });
    let list = serde_json::json!({ "type": "array", "items": { "$ref": "#/components/schemas/Item" } });
    let said = |value: Value| wrong(&document, &list, &value).expect("a schema").join("\n");
    for value in [
        serde_json::json!([]),
        serde_json::json!([{ "id": 1, "name": null, "word": "a", "link": null }, { "id": 2, "link": { "id": 3 } }]),
    ] {
        assert_eq!(said(value), "");
    }
    for (value, reason) in [
        (serde_json::json!({}), ": {} is no \"array\""),
        (serde_json::json!([{}]), "/0: id is missing"),
        (serde_json::json!([{ "id": 0 }]), "/0/id: 0 is out of range"),
        (serde_json::json!([{ "id": "1" }]), "/0/id: \"1\" is no \"integer\""),
        (serde_json::json!([{ "id": 1, "name": 2 }]), "/0/name: 2 is no [\"string\",\"null\"]"),
        (serde_json::json!([{ "id": 1, "word": "c" }]), "/0/word: \"c\" is none of [\"a\",\"b\"]"),
        (serde_json::json!([{ "id": 1, "more": 1 }]), "/0/more: is not documented"),
        (serde_json::json!([{ "id": 1, "link": {} }]), "/0/link: fits 0 choices; : id is missing"),
    ] {
        assert_eq!(said(value), reason);
    }
    assert!(check_references(&document, &serde_json::json!([{ "$ref": "#/components/schemas/None" }])).is_err());
}
