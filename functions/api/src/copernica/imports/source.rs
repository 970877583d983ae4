//! The rows of an import: an address, a text, or an array of objects.

use axum::body::Bytes;
use serde_json::{Map, Value};
use shared::fetch::{Location, WrongLocation};

use super::super::error::CopernicaError;
use super::super::given::Given;
use super::super::request::Asked;
use super::input::{word_of, wrong};

/// The place of the rows.
#[derive(Debug)]
pub enum RowsGiven {
    /// The parser fetches the file from an address.
    Located(Location),
    /// The request has the file.
    Sent(Bytes),
}

impl RowsGiven {
    /// Reads `location` or `source`, of which there must be exactly one. `has_delimiter` tells whether the caller gave a
    /// delimiter, which a text of CSV needs.
    pub fn read(asked: &Asked, has_delimiter: bool) -> Result<Self, CopernicaError> {
        let body = &asked.body;
        let format = word_of(body, "format")?.map(|format| format.to_lowercase());
        if let Some(format) = format.as_deref().filter(|format| !matches!(*format, "csv" | "json")) {
            return Err(wrong("format", format!("must be csv or json: {format:?}")));
        }
        let location = word_of(body, "location")?;
        let source = body.member("source").filter(|source| !is_nothing(source));
        match (location, source) {
            (Some(location), None) => located(&location).map(Self::Located),
            (None, Some(source)) => sent(asked, source, format.as_deref(), has_delimiter).map(Self::Sent),
            (None, None) => Err(wrong("location", "or source is needed")),
            (Some(_), Some(_)) => Err(wrong("location", "and source are given; one of them is taken")),
        }
    }
}

fn is_nothing(given: &Given) -> bool {
    match given {
        Given::Null | Given::Flag(false) => true,
        Given::Text(text) => text.is_empty(),
        _ => false,
    }
}

fn located(text: &str) -> Result<Location, CopernicaError> {
    Location::parse(text).map_err(|error| match error {
        WrongLocation::Malformed(why) => wrong("location", why),
        WrongLocation::Refused(why) => wrong("location", why),
    })
}

/// The file in `source`. An array of JSON is taken as the caller wrote it, so that numbers keep their digits.
fn sent(asked: &Asked, source: &Given, format: Option<&str>, has_delimiter: bool) -> Result<Bytes, CopernicaError> {
    const OBJECTS: &str = "must be an array of objects";
    if let Some(text) = source.text() {
        let is_json = text.trim_start().starts_with(['[', '{']);
        match format {
            Some("csv") if is_json => return Err(wrong("source", "begins like JSON, and format is csv")),
            Some("json") | None if is_json || format.is_some() => {
                let rows: Given =
                    serde_json::from_str(&text).map_err(|error| wrong("source", format!("is no JSON: {error}")))?;
                if !is_objects(&rows) {
                    return Err(wrong("source", OBJECTS));
                }
            }
            _ if !has_delimiter => return Err(wrong("delimiter", "is needed for a source of CSV")),
            _ => {}
        }
        return Ok(Bytes::from(text));
    }
    match asked.json_member("source") {
        Some(text) if is_objects(source) => Ok(text),
        None => from_form(source).map(Bytes::from).ok_or_else(|| wrong("source", OBJECTS)),
        Some(_) => Err(wrong("source", OBJECTS)),
    }
}

/// True for a list with objects alone, of which there must be one.
fn is_objects(given: &Given) -> bool {
    match given {
        Given::List(items) => !items.is_empty() && items.iter().all(|item| matches!(item, Given::Map(_))),
        _ => false,
    }
}

/// The JSON of an array of objects that a form wrote with brackets, as in `source[0][Email]=…`.
fn from_form(source: &Given) -> Option<String> {
    let object = |item: &Given| {
        let members =
            item.members()?.into_iter().map(|(name, value)| Some((name.to_owned(), Value::String(value.text()?))));
        members.collect::<Option<Map<_, _>>>().map(Value::Object)
    };
    let objects: Vec<Value> = source.items()?.into_iter().map(object).collect::<Option<_>>()?;
    (!objects.is_empty()).then(|| Value::Array(objects).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<String, String> {
        let asked = Asked::of_json(json).expect("a request");
        let has_delimiter = asked.body.member("delimiter").is_some();
        match RowsGiven::read(&asked, has_delimiter) {
            Ok(RowsGiven::Sent(bytes)) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
            Ok(RowsGiven::Located(location)) => Ok(location.shown()),
            Err(error) => Err(format!("{error:?}")),
        }
    }

    #[test]
    fn rows_come_from_an_address_a_text_or_an_array() {
        for (json, rows) in [
            (r#"{"location":"https://example.com/a.csv?signature=x"}"#, "https://example.com/a.csv"),
            (r#"{"source":"Email\nrobin@example.com","delimiter":","}"#, "Email\nrobin@example.com"),
            (r#"{"source":"Email\nx","delimiter":",","format":"CSV"}"#, "Email\nx"),
            (r#"{"source":" [{\"Email\":\"x\"}]"}"#, r#" [{"Email":"x"}]"#),
            (r#"{"source":"[{\"Email\":\"x\"}]","format":"json"}"#, r#"[{"Email":"x"}]"#),
            (r#"{"source":[{"Score":1.50},{}],"location":""}"#, r#"[{"Score":1.50},{}]"#),
            (r#"{"source":[{"a":1}],"source":[{"a":2}]}"#, r#"[{"a":2}]"#),
        ] {
            assert_eq!(read(json).as_deref(), Ok(rows), "{json}");
        }
    }

    #[test]
    fn rows_of_another_form_are_refused_with_the_parameter() {
        for (json, why) in [
            ("{}", "location or source is needed"),
            (r#"{"source":"","location":null}"#, "location or source is needed"),
            (r#"{"source":"a\nb","delimiter":",","location":"https://example.com/a"}"#, "one of them is taken"),
            (r#"{"location":"ftp://example.com/a.csv"}"#, "location is not https"),
            (r#"{"location":"https://127.0.0.1/a.csv"}"#, "not public"),
            (r#"{"location":"somewhere"}"#, "location is no URL"),
            (r#"{"source":"a\nb"}"#, "delimiter is needed"),
            (r#"{"source":"a\nb","format":"xml"}"#, "format must be csv or json"),
            (r#"{"source":"[{}]","format":"csv","delimiter":","}"#, "begins like JSON"),
            (r#"{"source":"a\nb","format":"json"}"#, "source is no JSON"),
            (r#"{"source":"{\"a\":1}"}"#, "array of objects"),
            (r#"{"source":"[[1]]"}"#, "array of objects"),
            (r#"{"source":"[{\"a\":1}"}"#, "source is no JSON"),
            (r#"{"source":[]}"#, "array of objects"),
            (r#"{"source":[[1]]}"#, "array of objects"),
            (r#"{"source":{"data":[{}]}}"#, "array of objects"),
        ] {
            let error = read(json).expect_err(json);
            assert!(error.contains(why), "{json}: {error}");
        }
    }

    #[test]
    fn a_form_writes_objects_with_brackets() {
        let form = Given::of_form(b"source[0][Email]=robin%40example.com&source[0][Score]=1&source[1][Email]=")
            .expect("a form");
        let source = form.member("source").and_then(from_form);
        assert_eq!(source.as_deref(), Some(r#"[{"Email":"robin@example.com","Score":"1"},{"Email":""}]"#));
        let flat = Given::of_form(b"source[]=x").expect("a form");
        assert_eq!(flat.member("source").and_then(from_form), None);
    }
}
