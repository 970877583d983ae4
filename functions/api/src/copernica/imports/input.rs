//! The parameters of an import as the vendor names and casts them.

use serde_json::{Map, Value};
use shared::import::{Options, Wrong, delimiter};
use shared::profiles::asked_profiles;
use shared::schema::Schema;

use super::super::caller::At;
use super::super::databases::text_of;
use super::super::error::CopernicaError;
use super::super::given::Given;

/// The delimiters that the vendor takes.
const DELIMITERS: [u8; 3] = [b'\t', b',', b';'];
/// The options which the engine names in reasons against other options.
const OTHERS: [&str; 3] = ["key_fields", "remove_missing", "delete_target"];
/// The most letters in the name of an import.
const LONGEST_NAME: usize = 200;

/// `Invalid data provided`, with the parameter and the reason.
pub fn wrong(parameter: &str, why: impl std::fmt::Display) -> CopernicaError {
    CopernicaError::saying(format!("Invalid data provided: {parameter} {why}"))
}

/// A text parameter without blanks around it; `None` if the parameter is absent or empty.
pub fn word_of(body: &Given, name: &str) -> Result<Option<String>, CopernicaError> {
    let text = text_of(body, name)?.map(|text| text.trim().to_owned());
    Ok(text.filter(|text| !text.is_empty()))
}

/// The name that the caller gave the import, without control characters.
pub fn name_of(body: &Given) -> Result<Option<String>, CopernicaError> {
    let name = word_of(body, "name")?;
    Ok(name.map(|name| name.chars().filter(|letter| !letter.is_control()).take(LONGEST_NAME).collect()))
}

/// The names of the key fields: a list, or a single name.
fn key_fields(body: &Given) -> Result<Vec<String>, CopernicaError> {
    let unfit = || wrong("keyFields", "must be a list of names of fields");
    match body.member("keyFields") {
        None | Some(Given::Null) => Ok(Vec::new()),
        Some(given) => match given.items() {
            Some(items) => items.into_iter().map(|item| item.text().ok_or_else(unfit)).collect(),
            None => Ok(given.text().into_iter().collect()),
        },
    }
}

/// The parameters with those names in Waybill's own API that stand for them.
const WORDS: [(&str, &str); 2] = [("action", "action"), ("deleteTarget", "delete_target")];
const FLAGS: [(&str, &str); 4] = [
    ("ignoreEmptyFields", "ignore_empty_fields"),
    ("removeMissing", "remove_missing"),
    ("rebuild", "rebuild"),
    ("followups", "followups"),
];

/// The parameters as fields of Waybill's own API. Words are taken without regard to case, and absent ones left out.
fn fields(schema: &Schema, body: &Given) -> Result<Map<String, Value>, CopernicaError> {
    let mut fields = Map::new();
    fields.insert("database".to_owned(), schema.database.id.0.into());
    fields.insert("key_fields".to_owned(), key_fields(body)?.into());
    for (name, own) in WORDS {
        if let Some(word) = word_of(body, name)? {
            fields.insert(own.to_owned(), word.to_lowercase().into());
        }
    }
    for (name, own) in FLAGS {
        if let Some(flag) = body.member(name) {
            fields.insert(own.to_owned(), flag.is_true().into());
        }
    }
    Ok(fields)
}

/// The delimiter of the file, if the caller gave one.
fn delimiter_of(body: &Given) -> Result<Option<u8>, CopernicaError> {
    let text = text_of(body, "delimiter")?.filter(|text| !text.is_empty());
    let parse = |text: String| {
        let known = delimiter(&text).filter(|known| DELIMITERS.contains(known));
        known.ok_or_else(|| wrong("delimiter", format!("must be a tab, a comma or a semicolon: {text:?}")))
    };
    text.map(parse).transpose()
}

/// The name of an option as this door spells the name: `key_fields` is `keyFields`.
fn spelt(option: &str) -> String {
    let mut parts = option.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| {
        let (initial, rest) = part.split_at(part.chars().next().map_or(0, char::len_utf8));
        name + &initial.to_uppercase() + rest
    })
}

/// The reasons of the engine, with the names of this door.
fn refused(reasons: &Wrong) -> CopernicaError {
    let sentence = |(name, reasons): (&String, &Vec<String>)| {
        let reasons = reasons.join("; ");
        // The engine names the option in some of its reasons, and other options in others.
        let reasons = reasons.strip_prefix(&format!("`{name}` ")).unwrap_or(&reasons);
        let reasons = OTHERS.iter().fold(reasons.to_owned(), |reasons, other| reasons.replace(other, &spelt(other)));
        format!("{} {reasons}", spelt(name))
    };
    let sentences: Vec<String> = reasons.iter().map(sentence).collect();
    CopernicaError::saying(format!("Invalid data provided: {}", sentences.join("; ")))
}

/// The options of an import into a database.
pub async fn options(at: &At, schema: &Schema, body: &Given) -> Result<Options, CopernicaError> {
    let defaults = Options::of_user(at.principal.user);
    let asked = asked_profiles(&at.services, at.id(), fields(schema, body)?, defaults).await?;
    let (mut options, _) = asked.map_err(|reasons| refused(&reasons))?;
    // The vendor knows no limit to what is removed.
    options.profiles.remove_missing_share = None;
    options.reading.delimiter = delimiter_of(body)?;
    options.autostart = body.member("autostart").is_none_or(|given| *given == Given::Null || given.is_true());
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(json: &str) -> Given {
        Given::of_json(json.as_bytes()).expect("JSON")
    }

    fn said(error: &CopernicaError) -> String {
        format!("{error:?}")
    }

    #[test]
    fn key_fields_come_as_a_list_a_map_of_a_form_or_a_single_name() {
        let keys = |json: &str| key_fields(&body(json)).map_err(|error| said(&error));
        assert_eq!(keys("{}"), Ok(vec![]));
        assert_eq!(keys(r#"{"keyFields":null}"#), Ok(vec![]));
        assert_eq!(keys(r#"{"keyFields":["Email","ID"]}"#), Ok(vec!["Email".to_owned(), "ID".to_owned()]));
        assert_eq!(keys(r#"{"keyFields":"Email"}"#), Ok(vec!["Email".to_owned()]));
        let form = Given::of_form(b"keyFields%5B0%5D=Email&keyFields[]=Orders.Number").expect("a form");
        let found = key_fields(&form).map_err(|error| said(&error));
        assert_eq!(found, Ok(vec!["Email".to_owned(), "Orders.Number".to_owned()]));
        assert!(keys(r#"{"keyFields":[["Email"]]}"#).is_err_and(|error| error.contains("keyFields")));
    }

    #[test]
    fn a_delimiter_is_one_of_the_vendors_three() {
        let delimiter = |json: &str| delimiter_of(&body(json)).ok();
        assert_eq!(delimiter(r#"{"delimiter":"\t"}"#), Some(Some(b'\t')));
        assert_eq!(delimiter(r#"{"delimiter":"\\t"}"#), Some(Some(b'\t')));
        assert_eq!(delimiter(r#"{"delimiter":";"}"#), Some(Some(b';')));
        assert_eq!(delimiter("{}"), Some(None));
        assert_eq!(delimiter(r#"{"delimiter":"|"}"#), None);
    }

    #[test]
    fn options_are_spelt_as_the_vendor_spells_parameters() {
        let spelt_as = WORDS.iter().chain(&FLAGS).all(|(name, own)| spelt(own) == *name);
        assert!(spelt_as);
        assert_eq!(spelt("key_fields"), "keyFields");
    }
}
