//! The comparison of two descriptions: the changes by which a client of the older one would break.
//!
//! | part | a client breaks if |
//! |---|---|
//! | operations | one is gone, or a way to send the token is gone |
//! | parameters | one is gone (unknown ones are refused), is required now, or takes less |
//! | request body | it is required now, a content type is gone, or it takes less |
//! | successes | a status or a content type is gone, or the body gives less |
//! | values taken | a type, a word of an enumeration or an optional member is gone, a member is required now, a bound is narrower |
//! | values given | a member is gone or is no longer always there, or a value may have a further type |
//!
//! A further word of an enumeration in an answer is no break: statuses grow.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
/// The depth at which the comparison of nested schemas ends. Schemas may contain themselves.
const DEEPEST: usize = 12;

/// The breaking changes from `old` to `new`, each with its place.
pub fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Found { old, new, breaks: BTreeSet::new() };
    for (path, item) in members(&old["paths"]) {
        for method in METHODS.into_iter().filter(|method| item.get(method).is_some()) {
            let at = format!("{} {path}", method.to_ascii_uppercase());
            match new["paths"][path].get(method) {
                None => found.add(&at, "is gone"),
                Some(now) => found.operation(&at, &item[method], now),
            }
        }
    }
    found.breaks.into_iter().collect()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn is_true(value: &Value) -> bool {
    *value == Value::Bool(true)
}

/// The direction of a body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// From a client to the service.
    Taken,
    /// From the service to a client.
    Given,
}

struct Found<'d> {
    old: &'d Value,
    new: &'d Value,
    breaks: BTreeSet<String>,
}

/// A schema without references, and its type apart from null.
struct Shape<'d> {
    types: BTreeSet<&'d str>,
    schema: &'d Value,
}

impl<'d> Found<'d> {
    fn add(&mut self, at: &str, what: impl AsRef<str>) {
        self.breaks.insert(format!("{at}: {}", what.as_ref()));
    }

    fn operation(&mut self, at: &str, old: &'d Value, new: &'d Value) {
        self.security(at, old, new);
        self.parameters(at, old, new);
        self.request(at, &old["requestBody"], &new["requestBody"]);
        for (status, answer) in members(&old["responses"]).filter(|(status, _)| status.starts_with('2')) {
            let at = format!("{at} {status}");
            let answer = resolved(self.old, answer);
            match new["responses"].get(status) {
                None => self.add(&at, "is gone"),
                Some(now) => self.contents(&at, answer, resolved(self.new, now), Direction::Given),
            }
        }
    }

    fn security(&mut self, at: &str, old: &'d Value, new: &'d Value) {
        let of = |document: &'d Value, operation: &'d Value| {
            operation.get("security").unwrap_or(&document["security"]).as_array().cloned().unwrap_or_default()
        };
        let (old, new) = (of(self.old, old), of(self.new, new));
        let is_open = |ways: &[Value]| ways.is_empty() || ways.contains(&Value::Object(Map::new()));
        if is_open(&old) && !is_open(&new) {
            self.add(at, "needs a token now");
        }
        for way in old.iter().filter(|way| !is_open(&new) && !new.contains(way)) {
            self.add(at, format!("no longer takes the token {way}"));
        }
    }

    fn parameters(&mut self, at: &str, old: &'d Value, new: &'d Value) {
        let of = |document: &'d Value, operation: &'d Value| -> Vec<&'d Value> {
            items(&operation["parameters"]).map(|parameter| resolved(document, parameter)).collect()
        };
        let same = |one: &Value, other: &Value| one["name"] == other["name"] && one["in"] == other["in"];
        let (before, now) = (of(self.old, old), of(self.new, new));
        for parameter in &before {
            let at = format!("{at} parameter {}", parameter["name"]);
            match now.iter().find(|other| same(parameter, other)) {
                None => self.add(&at, "is gone"),
                Some(other) => self.schema(&at, &parameter["schema"], &other["schema"], Direction::Taken, 0),
            }
        }
        for parameter in now.iter().filter(|parameter| is_true(&parameter["required"])) {
            let was = before.iter().find(|other| same(parameter, other));
            if was.is_none_or(|was| !is_true(&was["required"])) {
                self.add(&format!("{at} parameter {}", parameter["name"]), "is required now");
            }
        }
    }

    fn request(&mut self, at: &str, old: &'d Value, new: &'d Value) {
        let at = format!("{at} request");
        if is_true(&new["required"]) && !is_true(&old["required"]) {
            self.add(&at, "is required now");
        }
        if !old.is_null() && new.is_null() {
            self.add(&at, "is gone");
        } else {
            self.contents(&at, old, new, Direction::Taken);
        }
    }

    fn contents(&mut self, at: &str, old: &'d Value, new: &'d Value, direction: Direction) {
        for (kind, content) in members(&old["content"]) {
            match new["content"].get(kind) {
                None => self.add(at, format!("{kind} is gone")),
                Some(now) => self.schema(at, &content["schema"], &now["schema"], direction, 0),
            }
        }
    }

    fn schema(&mut self, at: &str, old: &'d Value, new: &'d Value, direction: Direction, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let (old, new) = (shape(self.old, old), shape(self.new, new));
        // A schema without a type means any value.
        let (narrow, wide, what) = match direction {
            Direction::Taken => (&old.types, &new.types, "no longer takes"),
            Direction::Given => (&new.types, &old.types, "may be"),
        };
        let lost: Vec<&str> = match wide.is_empty() {
            true => Vec::new(),
            false if narrow.is_empty() => vec!["any value"],
            false => narrow.difference(wide).copied().collect(),
        };
        if !lost.is_empty() {
            return self.add(at, format!("{what} {}", lost.join(", ")));
        }
        let (old, new) = (old.schema, new.schema);
        if direction == Direction::Taken {
            self.narrower(at, old, new);
        }
        if old["items"].is_object() && new["items"].is_object() {
            self.schema(&format!("{at}[]"), &old["items"], &new["items"], direction, depth + 1);
        }
        if old["additionalProperties"].is_object() && new["additionalProperties"].is_object() {
            let (old, new) = (&old["additionalProperties"], &new["additionalProperties"]);
            self.schema(&format!("{at}.*"), old, new, direction, depth + 1);
        }
        self.members(at, old, new, direction, depth);
        for word in ["oneOf", "anyOf"] {
            let (old, new): (Vec<_>, Vec<_>) = (items(&old[word]).collect(), items(&new[word]).collect());
            if old.len() > new.len() && direction == Direction::Taken {
                self.add(at, "takes fewer forms");
            } else if old.len() < new.len() && direction == Direction::Given {
                self.add(at, "has further forms");
            }
            for (old, new) in old.into_iter().zip(new) {
                self.schema(at, old, new, direction, depth + 1);
            }
        }
    }

    fn members(&mut self, at: &str, old: &'d Value, new: &'d Value, direction: Direction, depth: usize) {
        let is_required = |schema: &Value, name: &str| items(&schema["required"]).any(|required| required == name);
        for (name, member) in members(&old["properties"]) {
            let at = format!("{at}.{name}");
            match (new["properties"].get(name), direction) {
                (Some(now), _) => self.schema(&at, member, now, direction, depth + 1),
                (None, Direction::Given) => self.add(&at, "is gone"),
                (None, Direction::Taken) if new["additionalProperties"] == Value::Bool(false) => {
                    self.add(&at, "is no longer taken");
                }
                (None, Direction::Taken) => {}
            }
            if direction == Direction::Given && is_required(old, name) && !is_required(new, name) {
                self.add(&at, "is not always there");
            }
        }
        for name in items(&new["required"]).filter_map(Value::as_str) {
            if direction == Direction::Taken && !is_required(old, name) {
                self.add(&format!("{at}.{name}"), "is required now");
            }
        }
    }

    /// Compares the bounds of a value that clients send.
    fn narrower(&mut self, at: &str, old: &Value, new: &Value) {
        if let Some(words) = new["enum"].as_array() {
            match old["enum"].as_array() {
                None => self.add(at, "takes some words only"),
                Some(before) => {
                    for word in before.iter().filter(|word| !words.contains(word)) {
                        self.add(at, format!("no longer takes {word}"));
                    }
                }
            }
        }
        let number = |schema: &Value, bound: &str| schema[bound].as_f64();
        for bound in ["maximum", "maxLength", "maxItems", "exclusiveMaximum"] {
            if number(new, bound).is_some_and(|new| number(old, bound).is_none_or(|old| new < old)) {
                self.add(at, format!("{bound} is lower"));
            }
        }
        for bound in ["minimum", "minLength", "minItems", "exclusiveMinimum"] {
            if number(new, bound).is_some_and(|new| number(old, bound).is_none_or(|old| new > old)) {
                self.add(at, format!("{bound} is higher"));
            }
        }
        for rule in ["pattern", "format"] {
            if !new[rule].is_null() && new[rule] != old[rule] {
                self.add(at, format!("{rule} is {} now", new[rule]));
            }
        }
        let is_closed = |schema: &Value| schema["additionalProperties"] == Value::Bool(false);
        if is_closed(new) && !is_closed(old) {
            self.add(at, "takes no further members now");
        }
    }
}

fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let place = value["$ref"].as_str().and_then(|place| place.strip_prefix('#'));
    place.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

/// The shape of a schema. A value that may be null besides is written as a list of types, or as a choice with null.
fn shape<'d>(document: &'d Value, schema: &'d Value) -> Shape<'d> {
    let schema = resolved(document, schema);
    let choices: Vec<&'d Value> = items(&schema["oneOf"]).collect();
    if let [one, other] = choices[..]
        && (one["type"] == "null") != (other["type"] == "null")
    {
        let mut inner = shape(document, if one["type"] == "null" { other } else { one });
        inner.types.insert("null");
        return inner;
    }
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        kind => kind.as_str().into_iter().collect(),
    };
    Shape { types, schema }
}

mod tests;
