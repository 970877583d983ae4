//! Parses the wishes of a caller which concern the import as a whole: the note and the name.

use serde_json::{Map, Value};

use super::wrong::Wrong;
use crate::shorten::shortened;

/// The most letters of a note; a longer note is cut. The note lies in the import's item, which every transition writes.
const NOTE: usize = 500;
/// The most bytes of a note or a name as sent.
const LONGEST: usize = 16_000;

/// The wishes of a caller besides the options.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// A remark for people, or `None`.
    pub note: Option<String>,
    /// The name of the file as the caller wants the name shown, or `None`.
    pub file_name: Option<String>,
}

/// Takes the wishes out of the fields of a request, whose other fields are options.
///
/// # Errors
/// Every refused field with the reason.
pub fn wishes(fields: &mut Map<String, Value>) -> Result<Wishes, Wrong> {
    let mut wrong = Wrong::new();
    let mut take = |name: &str, fields: &mut Map<String, Value>| match text(fields.remove(name)) {
        Ok(text) => text,
        Err(reason) => {
            wrong.insert(name.to_owned(), vec![reason]);
            None
        }
    };
    let note = take("note", fields).and_then(cut);
    let names = [take("file_name", fields), take("name", fields)];
    if let [Some(file_name), Some(name)] = &names
        && file_name != name
    {
        wrong.insert("name".to_owned(), vec!["is the same as file_name: send one of them".to_owned()]);
    }
    let [file_name, name] = names;
    if wrong.is_empty() { Ok(Wishes { note, file_name: file_name.or(name) }) } else { Err(wrong) }
}

/// Parses a note, for example from the metadata of an object.
pub fn read_note(value: Value) -> Result<Option<String>, String> {
    Ok(text(Some(value))?.and_then(cut))
}

fn text(value: Option<Value>) -> Result<Option<String>, String> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() > LONGEST => Err(format!("is longer than {LONGEST} bytes")),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err("must be a text".to_owned()),
    }
}

/// A note without control characters other than line breaks and tabs, cut to its length; `None` if nothing is left.
fn cut(note: String) -> Option<String> {
    let plain: String = note.trim().chars().filter(|&c| !c.is_control() || c == '\n' || c == '\t').collect();
    if plain.is_empty() { None } else { Some(shortened(plain, NOTE)) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;

    fn taken(fields: Value) -> Result<Wishes, Wrong> {
        let mut fields = fields.as_object().unwrap().clone();
        wishes(&mut fields)
    }

    #[test]
    fn notes_are_cut_and_names_have_two_spellings() {
        let note = |note: Value| taken(json!({ "note": note })).unwrap().note;
        assert_eq!(note(json!(" March \r\n\u{7} hours ")), Some("March \n hours".to_owned()));
        assert_eq!(note(json!("ä".repeat(1000))).unwrap().chars().count(), NOTE);
        assert_eq!((note(json!(null)), note(json!(" \n"))), (None, None));
        for (fields, name) in [
            (json!({ "name": "a.csv" }), Some("a.csv")),
            (json!({ "file_name": "a.csv", "name": null }), Some("a.csv")),
            (json!({ "file_name": "a.csv", "name": "a.csv" }), Some("a.csv")),
            (json!({}), None),
        ] {
            assert_eq!(taken(fields).unwrap().file_name.as_deref(), name);
        }
        for wrong in
            [json!({ "name": "a", "file_name": "b" }), json!({ "note": 1 }), json!({ "name": "x".repeat(20_000) })]
        {
            assert_eq!(taken(wrong).unwrap_err().len(), 1);
        }
    }
}
