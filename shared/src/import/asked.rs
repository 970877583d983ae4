//! Options as people write them: in JSON, or as the texts of an object's metadata.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Map, Value};

use super::Options;
use crate::format::{Mapping, excerpt};
use crate::id::ThingId;

/// What is wrong, by field.
pub type Wrong = BTreeMap<String, Vec<String>>;

/// The options that `fields` ask for; what they leave out is as in `defaults`. A field that is not known is wrong, for
/// whoever wrote it meant something by it.
///
/// # Errors
/// Every field that cannot be taken, with the reason.
pub fn asked(fields: Map<String, Value>, defaults: Options) -> Result<Options, Wrong> {
    let mut options = defaults;
    let mut wrong = Wrong::new();
    for (name, value) in fields {
        if let Err(reason) = take(&mut options, &name, &value) {
            wrong.insert(name, vec![reason]);
        }
    }
    if wrong.is_empty() { Ok(options) } else { Err(wrong) }
}

fn take(options: &mut Options, name: &str, value: &Value) -> Result<(), String> {
    match name {
        "format" => match value.as_str() {
            Some(word) if ["auto", "autodetect"].iter().any(|auto| word.eq_ignore_ascii_case(auto)) => {
                options.format = None;
            }
            _ => options.format = word(value)?,
        },
        "mapping" => options.mapping = mapping(value)?,
        "fallback_user" => options.fallback_user = fallback_user(value)?,
        "import_tags" => options.import_tags = truth(value)?,
        "autocreate_projects" => options.autocreate_projects = truth(value)?,
        "autocreate_users" => options.autocreate_users = truth(value)?,
        "duplicates" => options.duplicates = word(value)?.unwrap_or_default(),
        "delimiter" => options.delimiter = one_of_four(value)?,
        "encoding" => options.encoding = word(value)?,
        "date_order" => options.date_order = word(value)?,
        "decimal_mark" => options.decimal_mark = word(value)?,
        "sheet" => options.sheet = text(value)?,
        _ => return Err("is not known".to_owned()),
    }
    Ok(())
}

/// One of a few words; null is as if it were left out.
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

/// Column to field, in an object or in the text of one, as metadata has it.
fn mapping(value: &Value) -> Result<Option<Mapping>, String> {
    let parsed;
    let pairs = match value {
        Value::Null => return Ok(None),
        Value::String(text) => {
            parsed = serde_json::from_str(text).unwrap_or_default();
            &parsed
        }
        other => other,
    };
    let pairs = pairs.as_object().ok_or("must be an object of columns and their fields")?;
    let pair = |(column, field): (&String, &Value)| {
        let field = field.as_str().ok_or_else(|| format!("the field of {column:?} must be a word"))?;
        Ok::<_, String>((column.clone(), field.to_owned()))
    };
    let pairs = pairs.iter().map(pair).collect::<Result<Vec<_>, _>>()?;
    Mapping::new(pairs).map(Some).map_err(|error| error.to_string())
}

fn truth(value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(truth) => Ok(*truth),
        Value::String(word) if word.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(word) if word.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
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

/// A delimiter as people write it.
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
