//! Parses options written by people: in JSON, or as texts in the metadata of an object.

use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Map, Value};

use super::read_profiles::{self, NOT_OF_PROFILES, OF_PROFILES, one_of};
use super::wrong::truth;
use crate::id::ThingId;
use crate::import::{Duplicates, ImportType, Options};
use crate::profile_form::UpdatePolicy;
use crate::shorten::shortened;
use crate::table::{MappedField, Mapping, excerpt};

pub use super::wrong::Wrong;

/// The most bytes of a mapping, enough for two hundred columns. The mapping lies in the import's item, which every
/// transition writes.
const LONGEST_MAPPING: usize = 16_000;
/// The most bytes of a column name in a mapping, because errors of rows repeat the name.
const LONGEST_COLUMN: usize = 200;
/// The most bytes of any further option: the longest are names of sheets with 31 letters.
const LONGEST: usize = 300;
/// The most fields reported as wrong, and the most letters of a field's name.
const MOST_WRONG: usize = 50;
const LONGEST_NAME: usize = 100;

/// Options which are not there yet.
const LATER: [&str; 3] = ["time_zone", "dry_run", "retry_of"];

/// Options which only imports of time entries have.
const OF_ENTRIES: [&str; 7] =
    ["format", "fallback_user", "import_tags", "autocreate_projects", "autocreate_users", "date_order", "decimal_mark"];

/// Parses the options in `fields` of an import of this type; options left out are as in `defaults`. An unknown field is
/// an error, since its author meant something by the field, and so is a value which is too long.
///
/// # Errors
/// Every refused field with the reason.
pub fn asked(import_type: ImportType, fields: Map<String, Value>, defaults: Options) -> Result<Options, Wrong> {
    let mut options = defaults;
    let mut wrong = Wrong::new();
    let is_given = |name: &str| fields.get(name).is_some_and(|value| !value.is_null());
    let (has_action, has_duplicates) = (is_given("action"), is_given("duplicates"));
    for (name, value) in fields {
        let taken = short(&name, &value).and_then(|()| take(import_type, &mut options, &name, &value));
        if let Err(reason) = taken
            && wrong.len() < MOST_WRONG
        {
            wrong.insert(shortened(name, LONGEST_NAME), vec![reason]);
        }
    }
    if import_type == ImportType::Profiles {
        read_profiles::complete(&mut options, has_action, &mut wrong);
    }
    if has_duplicates {
        refuse_contradiction(&options, &mut wrong);
    }
    if wrong.is_empty() { Ok(options) } else { Err(wrong) }
}

/// Refuses options which say both that a person who stands is left alone, and that the person is changed. The default of a
/// door contradicts nothing: `duplicates` decides on the rows on which `update_policy` does not.
fn refuse_contradiction(options: &Options, wrong: &mut Wrong) {
    let changes = options.contacts.update_policy.filter(|policy| *policy != UpdatePolicy::Skip);
    if let (Duplicates::Skip, Some(policy)) = (options.duplicates, changes) {
        let reason = format!(
            "duplicates=skip leaves out a row whose person stands, and update_policy={policy} lets the row change the \
             person: leave one of them out"
        );
        for name in ["duplicates", "update_policy"] {
            wrong.entry(name.to_owned()).or_insert_with(|| vec![reason.clone()]);
        }
    }
}

/// Refuses a value which is too long for its option, before the value is parsed.
fn short(name: &str, value: &Value) -> Result<(), String> {
    let most = match name {
        "mapping" => LONGEST_MAPPING,
        "key_fields" => read_profiles::LONGEST_KEYS,
        _ => LONGEST,
    };
    let length = match value {
        Value::String(text) => text.len(),
        other => other.to_string().len(),
    };
    if length <= most { Ok(()) } else { Err(format!("is longer than {most} bytes")) }
}

fn take(import_type: ImportType, options: &mut Options, name: &str, value: &Value) -> Result<(), String> {
    let is_contacts = import_type == ImportType::Contacts;
    match name {
        of_entries if import_type != ImportType::TimeEntries && OF_ENTRIES.contains(&of_entries) => {
            return Err(format!("belongs to an import of time entries, and this is a {import_type}"));
        }
        "update_policy" if is_contacts => {
            options.contacts.update_policy = one_of(value, UpdatePolicy::WORDS)?;
        }
        "update_policy" if import_type == ImportType::TimeEntries => {
            return Err(format!("belongs to an import of contacts or profiles, and this is a {import_type}"));
        }
        of_profiles if OF_PROFILES.contains(&of_profiles) => match import_type {
            ImportType::Profiles => read_profiles::take(&mut options.profiles, of_profiles, value)?,
            other => return Err(format!("belongs to an import of profiles, and this is a {other}")),
        },
        other if import_type == ImportType::Profiles && NOT_OF_PROFILES.contains(&other) => {
            return Err(format!("belongs to an import of time entries or contacts, and this is a {import_type}"));
        }
        "format" => match value.as_str() {
            Some(word) if ["auto", "autodetect"].iter().any(|auto| word.eq_ignore_ascii_case(auto)) => {
                options.reading.format = None;
            }
            _ => options.reading.format = word(value)?,
        },
        "mapping" => match value.as_str() {
            // The word `none` excludes remembered mappings too.
            Some(word) if word.trim().eq_ignore_ascii_case("none") => {
                (options.reading.mapping, options.contacts.mapping, options.recall) = (None, None, false);
            }
            _ if is_contacts => options.contacts.mapping = mapping(value)?,
            _ => options.reading.mapping = mapping(value)?,
        },
        "fallback_user" => options.entries.fallback_user = fallback_user(value)?,
        "import_tags" => options.entries.import_tags = truth(value)?,
        "autocreate_projects" => options.entries.autocreate_projects = truth(value)?,
        "autocreate_users" => options.entries.autocreate_users = truth(value)?,
        "duplicates" => options.duplicates = word(value)?.unwrap_or_default(),
        "on_error" => options.on_error = word(value)?.unwrap_or_default(),
        "delimiter" => options.reading.delimiter = one_of_four(value)?,
        "encoding" => options.reading.encoding = word(value)?,
        "date_order" => options.reading.date_order = word(value)?,
        "decimal_mark" => options.reading.decimal_mark = word(value)?,
        "sheet" => options.sheet = text(value)?,
        "autostart" => options.autostart = truth(value)?,
        later if LATER.contains(&later) => return Err("is not available yet".to_owned()),
        _ => return Err("is not known".to_owned()),
    }
    Ok(())
}

/// Parses a word out of a fixed set; null equals leaving the option out.
fn word<T: FromStr<Err: Display>>(value: &Value) -> Result<Option<T>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(word) => word.parse().map(Some).map_err(|error: T::Err| error.to_string()),
        _ => Err("must be a word".to_owned()),
    }
}

fn text(value: &Value) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone())),
        _ => Err("must be a text".to_owned()),
    }
}

/// Parses a mapping from column to field: a JSON object, or in metadata the text of a JSON object.
fn mapping<F: MappedField>(value: &Value) -> Result<Option<Mapping<F>>, String> {
    let parsed;
    let pairs = match value {
        Value::Null => return Ok(None),
        Value::String(text) => {
            parsed = serde_json::from_str(text).unwrap_or_default();
            &parsed
        }
        other => other,
    };
    let pairs = pairs.as_object().ok_or("must be an object of columns and their fields, or `none`")?;
    let pair = |(column, field): (&String, &Value)| {
        if column.len() > LONGEST_COLUMN {
            let column = shortened(column, LONGEST_NAME);
            return Err(format!("the column {column:?} is longer than {LONGEST_COLUMN} bytes"));
        }
        let field = field.as_str().ok_or_else(|| format!("the field of {column:?} must be a word"))?;
        Ok::<_, String>((column.clone(), field.to_owned()))
    };
    let pairs = pairs.iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    Mapping::new(pairs).map(Some).map_err(|error| error.to_string())
}

fn fallback_user(value: &Value) -> Result<Option<ThingId>, String> {
    let id = match value {
        Value::Null => return Ok(None),
        Value::String(word) if matches!(word.as_str(), "null" | "none") => return Ok(None),
        Value::String(digits) => digits.parse().ok(),
        number => number.as_u64().map(ThingId),
    };
    id.map(Some).ok_or_else(|| "must be the id of a user, or null".to_owned())
}

/// Parses a delimiter: one of four characters, or `tab`.
pub fn delimiter(word: &str) -> Option<u8> {
    match word {
        "," => Some(b','),
        ";" => Some(b';'),
        "|" => Some(b'|'),
        "\t" | "\\t" | "tab" => Some(b'\t'),
        _ => None,
    }
}

fn one_of_four(value: &Value) -> Result<Option<u8>, String> {
    match value {
        Value::Null => Ok(None),
        value => match value.as_str().and_then(delimiter) {
            Some(delimiter) => Ok(Some(delimiter)),
            None => {
                let given =
                    value.as_str().map_or_else(|| excerpt(&value.to_string()), |word| format!("{:?}", excerpt(word)));
                Err(format!("{given} is none of , ; tab |"))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use serde_json::json;

    use super::*;

    const ENTRIES: ImportType = ImportType::TimeEntries;

    fn wrong(name: &str, value: Value) -> String {
        let wrong = asked(ENTRIES, Map::from_iter([(name.to_owned(), value)]), Options::default()).unwrap_err();
        assert_eq!(wrong.len(), 1);
        let (name, reasons) = wrong.into_iter().next().unwrap();
        assert!(name.len() + reasons[0].len() < 500, "{name} {reasons:?}");
        reasons[0].clone()
    }

    #[test]
    fn every_option_is_bounded_and_what_is_too_long_is_not_repeated() {
        let long = "x".repeat(500_000);
        let names = [
            "format",
            "fallback_user",
            "import_tags",
            "autocreate_projects",
            "autocreate_users",
            "duplicates",
            "on_error",
            "delimiter",
            "encoding",
            "date_order",
            "decimal_mark",
            "sheet",
            "autostart",
            "mapping",
            "unknown",
        ];
        for name in names {
            for value in [json!(long), json!([long]), json!({ "Day": long }), json!({ &long: "date" })] {
                assert!(wrong(name, value).contains("is longer than"), "{name}");
            }
        }
        wrong(&long, json!(1));
        wrong("mapping", json!({ "x".repeat(400): "date" }));
        let many = (0..5000).map(|n| (n.to_string(), json!(n))).collect();
        assert_eq!(asked(ENTRIES, many, Options::default()).unwrap_err().len(), MOST_WRONG);
        // A mapping, none, and nothing said are three things.
        for (value, given, recall) in [
            (json!("none"), false, false),
            (json!(" None "), false, false),
            (json!(null), false, true),
            (json!({ "Day": "date" }), true, true),
            (json!("{\"Day\": \"date\"}"), true, true),
        ] {
            let options = asked(ENTRIES, Map::from_iter([("mapping".to_owned(), value)]), Options::default()).unwrap();
            assert_eq!((options.reading.mapping.is_some(), options.recall), (given, recall));
        }
        let sheet = "ä".repeat(31);
        let options = asked(ENTRIES, Map::from_iter([("sheet".to_owned(), json!(sheet))]), Options::default()).unwrap();
        assert_eq!(options.sheet, Some(sheet));
    }

    #[test]
    fn contacts_have_fields_of_their_own_and_none_of_the_options_of_time_entries() {
        let asked =
            |fields: Value| asked(ImportType::Contacts, fields.as_object().unwrap().clone(), Options::default());
        let options =
            asked(json!({ "mapping": { "Wer": "name" }, "duplicates": "skip", "encoding": "utf-8" })).unwrap();
        let columns = options.contacts.mapping.as_ref().unwrap().columns();
        assert_eq!(columns, [("Wer".to_owned(), "name".to_owned())].into());
        assert!(options.reading.mapping.is_none() && !options.asks_memory());
        let mut options = options;
        for policy in [None, Some(UpdatePolicy::Skip)] {
            options.contacts.update_policy = policy;
            let stored: Options = serde_json::from_value(serde_json::to_value(&options).unwrap()).unwrap();
            assert_eq!(stored, options);
        }
        for option in OF_ENTRIES {
            let wrong = asked(json!({ option: "ymd" })).unwrap_err();
            assert!(wrong[option][0].contains("belongs to an import of time entries"), "{wrong:?}");
        }
        let policy = |fields: Value| asked(fields).map(|options| options.contacts.update_policy);
        assert_eq!(policy(json!({ "update_policy": "fill_empty" })), Ok(Some(UpdatePolicy::FillEmpty)));
        assert_eq!(policy(json!({ "update_policy": null })), Ok(None));
        assert_eq!(policy(json!({ "update_policy": "skip", "duplicates": "skip" })), Ok(Some(UpdatePolicy::Skip)));
        let wrong = policy(json!({ "update_policy": "overwrite", "duplicates": "skip" })).unwrap_err();
        assert_eq!(wrong.keys().collect::<Vec<_>>(), ["duplicates", "update_policy"]);
        let wrong = asked(json!({ "mapping": { "Wer": "hours" } })).unwrap_err();
        assert!(wrong["mapping"][0].contains("unknown field"), "{wrong:?}");
        assert!(!asked(json!({ "mapping": "none" })).unwrap().asks_memory());
    }
}
