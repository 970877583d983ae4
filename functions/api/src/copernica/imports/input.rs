//! The parameters of an import as the vendor names and casts them.

use serde::de::DeserializeOwned;
use shared::import::{OnError, Options, ProfileOptions, delimiter};
use shared::profile_form::{DeleteTarget, ProfileAction};
use shared::profiles::check::{WrongOption, wrong_options};
use shared::profiles::pin::pinned;
use shared::schema::Schema;

use super::super::caller::At;
use super::super::databases::text_of;
use super::super::error::CopernicaError;
use super::super::given::Given;

/// The delimiters that the vendor takes.
const DELIMITERS: [u8; 3] = [b'\t', b',', b';'];
/// The most letters in the name of an import.
const LONGEST_NAME: usize = 200;
/// The most key fields.
const MOST_KEYS: usize = 50;

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
    let texts = match body.member("keyFields") {
        None | Some(Given::Null) => Vec::new(),
        Some(given) => match given.items() {
            Some(items) => items.into_iter().map(|item| item.text().ok_or_else(unfit)).collect::<Result<_, _>>()?,
            None => given.text().filter(|name| !name.trim().is_empty()).into_iter().collect(),
        },
    };
    if texts.len() > MOST_KEYS {
        return Err(wrong("keyFields", format!("may name {MOST_KEYS} fields at most")));
    }
    Ok(texts.into_iter().map(|name: String| name.trim().to_owned()).collect())
}

/// A parameter that is one of the words, without regard to case.
fn choice<T: DeserializeOwned>(body: &Given, name: &str, words: &[&str]) -> Result<Option<T>, CopernicaError> {
    let Some(text) = word_of(body, name)? else { return Ok(None) };
    let parsed = serde_json::from_value(text.to_lowercase().into());
    parsed.map(Some).map_err(|_| wrong(name, format!("must be one of {}: {text:?}", words.join(", "))))
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

/// The options of an import into a database.
pub fn options(at: &At, schema: &Schema, body: &Given) -> Result<Options, CopernicaError> {
    let flag = |name: &str| body.member(name).is_some_and(Given::is_true);
    let key_fields = key_fields(body)?;
    let default = if key_fields.is_empty() { ProfileAction::Add } else { ProfileAction::UpdateOrAdd };
    let profiles = ProfileOptions {
        database: Some(schema.database.id),
        action: choice(body, "action", &ProfileAction::WORDS)?.unwrap_or(default),
        key_fields,
        ignore_empty_fields: flag("ignoreEmptyFields"),
        delete_target: choice(body, "deleteTarget", &DeleteTarget::WORDS)?.unwrap_or_default(),
        remove_missing: flag("removeMissing"),
        rebuild: flag("rebuild"),
        followups: flag("followups"),
        ..ProfileOptions::default()
    };
    if let Some(WrongOption { option, why }) = wrong_options(&profiles, &pinned(schema, &at.now())).into_iter().next() {
        return Err(wrong(&spelt(option), why));
    }
    let mut options = Options { profiles, on_error: OnError::Skip, ..Options::of_user(at.principal.user) };
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
        assert_eq!(keys(r#"{"keyFields":""}"#), Ok(vec![]));
        assert_eq!(keys(r#"{"keyFields":[" Email ","ID"]}"#), Ok(vec!["Email".to_owned(), "ID".to_owned()]));
        assert_eq!(keys(r#"{"keyFields":"Email"}"#), Ok(vec!["Email".to_owned()]));
        let form = Given::of_form(b"keyFields%5B0%5D=Email&keyFields[]=Orders.Number").expect("a form");
        let found = key_fields(&form).map_err(|error| said(&error));
        assert_eq!(found, Ok(vec!["Email".to_owned(), "Orders.Number".to_owned()]));
        assert!(keys(r#"{"keyFields":[["Email"]]}"#).is_err_and(|error| error.contains("keyFields")));
    }

    #[test]
    fn words_are_taken_without_regard_to_case_and_others_are_named() {
        let action = |json: &str| choice::<ProfileAction>(&body(json), "action", &ProfileAction::WORDS);
        assert_eq!(action(r#"{"action":" Update OR Add "}"#).ok(), Some(Some(ProfileAction::UpdateOrAdd)));
        assert_eq!(action(r#"{"action":""}"#).ok(), Some(None));
        let error = action(r#"{"action":"add or update"}"#).expect_err("no action");
        assert!(said(&error).contains("add, update, update or add, ignore or add, delete"), "{error:?}");
        let delimiter = |json: &str| delimiter_of(&body(json)).ok();
        assert_eq!(delimiter(r#"{"delimiter":"\t"}"#), Some(Some(b'\t')));
        assert_eq!(delimiter(r#"{"delimiter":"\\t"}"#), Some(Some(b'\t')));
        assert_eq!(delimiter(r#"{"delimiter":";"}"#), Some(Some(b';')));
        assert_eq!(delimiter("{}"), Some(None));
        assert_eq!(delimiter(r#"{"delimiter":"|"}"#), None);
    }

    #[test]
    fn options_are_spelt_as_the_vendor_spells_parameters() {
        assert_eq!(["key_fields", "remove_missing", "rebuild"].map(spelt), ["keyFields", "removeMissing", "rebuild"]);
    }
}
