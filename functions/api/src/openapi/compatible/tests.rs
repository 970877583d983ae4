use serde_json::{Value, json};

use super::breaks;

/// A small description with everything that the comparison looks at.
fn description() -> Value {
    json!({
        "security": [{ "token": [] }, { "bearer": [] }],
        "paths": {
            "/things": { "post": {
                "parameters": [
                    { "name": "sort", "in": "query", "required": false,
                        "schema": { "type": "string", "enum": ["asc", "desc"] } },
                    { "name": "page", "in": "query", "required": false,
                        "schema": { "type": "integer", "minimum": 1, "maximum": 100 } },
                ],
                "requestBody": { "required": false, "content": { "application/json": { "schema":
                    { "$ref": "#/components/schemas/Fields" } } } },
                "responses": {
                    "201": { "$ref": "#/components/responses/Made" },
                    "404": { "description": "none" },
                },
            } },
            "/open": { "get": { "security": [{}], "responses": { "204": { "description": "done" } } } },
        },
        "components": {
            "responses": { "Made": { "description": "made", "content": { "application/json": { "schema": {
                "type": "array", "items": { "$ref": "#/components/schemas/Thing" } } } } } },
            "schemas": {
                "Fields": { "type": "object", "additionalProperties": false, "properties": {
                    "name": { "type": ["string", "null"], "maxLength": 100 },
                    "size": { "type": "integer" },
                } },
                "Thing": { "type": "object", "required": ["id", "inner"], "properties": {
                    "id": { "type": "integer" },
                    "status": { "type": "string", "enum": ["new", "old"] },
                    "inner": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Inner" }] },
                    "nested": { "$ref": "#/components/schemas/Thing" },
                    "counts": { "type": "object", "additionalProperties": { "type": "integer" } },
                } },
                "Inner": { "type": "object", "required": ["url"], "properties": { "url": { "type": "string" } } },
            },
        },
    })
}

/// The description with another value at a place; without the place for null.
fn changed(pointer: &str, value: Value) -> Value {
    let mut description = description();
    let (parent, name) = pointer.rsplit_once('/').expect("a place");
    let name = name.replace("~1", "/");
    let parent = description.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer}"));
    match (parent, value) {
        (Value::Array(items), Value::Null) => drop(items.remove(name.parse().expect("a number"))),
        (Value::Array(items), value) if name == "-" => items.push(value),
        (Value::Array(items), value) => items[name.parse::<usize>().expect("a number")] = value,
        (Value::Object(members), Value::Null) => drop(members.remove(&name)),
        (Value::Object(members), value) => drop(members.insert(name, value)),
        (other, _) => panic!("{other} has no members"),
    }
    description
}

const POST: &str = "/paths/~1things/post";
const SCHEMAS: &str = "/components/schemas";

#[test]
fn each_kind_of_break_is_found_and_named() {
    for (pointer, value, said) in [
        ("/paths/~1things", json!(null), "POST /things: is gone"),
        ("/paths/~1things/post", json!(null), "POST /things: is gone"),
        ("/paths/~1open/get/security", json!([{ "token": [] }]), "GET /open: needs a token now"),
        ("/security/1", json!(null), "POST /things: no longer takes the token {\"bearer\":[]}"),
        (&format!("{POST}/parameters/0"), json!(null), "POST /things parameter \"sort\": is gone"),
        (&format!("{POST}/parameters/0/required"), json!(true), "POST /things parameter \"sort\": is required now"),
        (
            &format!("{POST}/parameters/-"),
            json!({ "name": "new", "in": "query", "required": true, "schema": { "type": "string" } }),
            "POST /things parameter \"new\": is required now",
        ),
        (
            &format!("{POST}/parameters/0/schema/enum/1"),
            json!(null),
            "POST /things parameter \"sort\": no longer takes \"desc\"",
        ),
        (
            &format!("{POST}/parameters/1/schema/type"),
            json!("boolean"),
            "POST /things parameter \"page\": no longer takes integer",
        ),
        (
            &format!("{POST}/parameters/1/schema/maximum"),
            json!(50),
            "POST /things parameter \"page\": maximum is lower",
        ),
        (
            &format!("{POST}/parameters/1/schema/minimum"),
            json!(2),
            "POST /things parameter \"page\": minimum is higher",
        ),
        (&format!("{POST}/requestBody/required"), json!(true), "POST /things request: is required now"),
        (&format!("{POST}/requestBody"), json!(null), "POST /things request: is gone"),
        (
            &format!("{POST}/requestBody/content/application~1json"),
            json!(null),
            "POST /things request: application/json is gone",
        ),
        (&format!("{SCHEMAS}/Fields/properties/size"), json!(null), "POST /things request.size: is no longer taken"),
        (&format!("{SCHEMAS}/Fields/required"), json!(["size"]), "POST /things request.size: is required now"),
        (
            &format!("{SCHEMAS}/Fields/properties/name/type"),
            json!("string"),
            "POST /things request.name: no longer takes null",
        ),
        (
            &format!("{SCHEMAS}/Fields/properties/name/maxLength"),
            json!(10),
            "POST /things request.name: maxLength is lower",
        ),
        (
            &format!("{SCHEMAS}/Fields/properties/name/pattern"),
            json!("^a"),
            "POST /things request.name: pattern is \"^a\" now",
        ),
        (
            &format!("{SCHEMAS}/Fields/properties/name/enum"),
            json!(["a"]),
            "POST /things request.name: takes some words only",
        ),
        (&format!("{POST}/responses/201"), json!(null), "POST /things 201: is gone"),
        (
            "/components/responses/Made/content/application~1json",
            json!(null),
            "POST /things 201: application/json is gone",
        ),
        (
            "/components/responses/Made/content/application~1json/schema",
            json!({ "$ref": "#/components/schemas/Thing" }),
            "POST /things 201: may be object",
        ),
        (&format!("{SCHEMAS}/Thing/properties/id"), json!(null), "POST /things 201[].id: is gone"),
        (&format!("{SCHEMAS}/Thing/required/0"), json!(null), "POST /things 201[].id: is not always there"),
        (&format!("{SCHEMAS}/Thing/properties/id/type"), json!("string"), "POST /things 201[].id: may be string"),
        (
            &format!("{SCHEMAS}/Thing/properties/status/type"),
            json!(["string", "null"]),
            "POST /things 201[].status: may be null",
        ),
        (&format!("{SCHEMAS}/Inner/properties/url"), json!(null), "POST /things 201[].inner.url: is gone"),
        (
            &format!("{SCHEMAS}/Thing/properties/counts/additionalProperties/type"),
            json!("string"),
            "POST /things 201[].counts.*: may be string",
        ),
    ] {
        let found = breaks(&description(), &changed(pointer, value.clone()));
        assert!(found.iter().any(|found| found == said), "{pointer} {value}: {found:?}");
    }
    let closed = |is_closed| changed(&format!("{SCHEMAS}/Fields/additionalProperties"), json!(is_closed));
    assert_eq!(breaks(&closed(true), &closed(false)), ["POST /things request: takes no further members now"]);
}

#[test]
fn what_only_grows_is_no_break() {
    assert_eq!(breaks(&description(), &description()), Vec::<String>::new());
    for (pointer, value) in [
        ("/paths/~1more", json!({ "get": { "responses": {} } })),
        ("/security/-", json!({ "other": [] })),
        ("/paths/~1open/get/responses/404", json!({ "description": "none" })),
        (&format!("{POST}/responses/404"), json!(null)),
        (&format!("{POST}/responses/202"), json!({ "description": "begun" })),
        (&format!("{POST}/parameters/-"), json!({ "name": "new", "in": "query", "schema": { "type": "string" } })),
        (&format!("{POST}/parameters/0/schema/enum/-"), json!("random")),
        (&format!("{POST}/parameters/0/schema/enum"), json!(null)),
        (&format!("{POST}/parameters/1/schema/maximum"), json!(1000)),
        (&format!("{POST}/parameters/1/schema/minimum"), json!(null)),
        (&format!("{SCHEMAS}/Fields/properties/more"), json!({ "type": "string" })),
        (&format!("{SCHEMAS}/Fields/properties/size/type"), json!(["integer", "null"])),
        (&format!("{SCHEMAS}/Thing/properties/more"), json!({ "type": "string" })),
        (&format!("{SCHEMAS}/Thing/properties/status/enum/-"), json!("older")),
        (&format!("{SCHEMAS}/Thing/properties/inner"), json!({ "$ref": "#/components/schemas/Inner" })),
        (&format!("{SCHEMAS}/Thing/required/-"), json!("status")),
    ] {
        let found = breaks(&description(), &changed(pointer, value.clone()));
        assert!(found.is_empty(), "{pointer} {value}: {found:?}");
    }
}
