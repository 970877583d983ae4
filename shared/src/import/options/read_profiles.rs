//! Parses the options which only imports of profiles have, and checks that the options fit each other.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::wrong::{Wrong, truth};
use super::{Options, ProfileOptions};
use crate::id::OwnerId;
use crate::profile_form::{DeleteTarget, InvalidValues, Matches, ProfileAction, UpdatePolicy};
use crate::source::QuoteMark;
use crate::table::excerpt;

/// The options which only imports of profiles have.
pub(super) const OF_PROFILES: [&str; 13] = [
    "database",
    "action",
    "key_fields",
    "ignore_empty_fields",
    "invalid_values",
    "quote",
    "delete_target",
    "matches",
    "update_policy",
    "remove_missing",
    "remove_missing_share",
    "rebuild",
    "followups",
];

/// Options of imports of time entries and contacts alike, which mean nothing for profiles.
pub(super) const NOT_OF_PROFILES: [&str; 2] = ["mapping", "duplicates"];

/// The most key fields, and the most bytes of all their names.
const MOST_KEYS: usize = 20;
pub(super) const LONGEST_KEYS: usize = 4_000;

/// The share which `remove_missing` may remove if the caller names none.
const REMOVED_SHARE: f64 = 0.1;

/// Takes an option of imports of profiles.
///
/// # Errors
/// The reason for refusing the value.
pub(super) fn take(options: &mut ProfileOptions, name: &str, value: &Value) -> Result<(), String> {
    match name {
        "database" => options.database = database(value)?,
        "action" => options.action = one_of(value, ProfileAction::WORDS)?.unwrap_or_default(),
        "key_fields" => options.key_fields = key_fields(value)?,
        "ignore_empty_fields" => options.ignore_empty_fields = truth(value)?,
        "invalid_values" => options.invalid_values = one_of(value, InvalidValues::WORDS)?.unwrap_or_default(),
        "quote" => options.quote = one_of(value, QuoteMark::WORDS)?,
        "delete_target" => options.delete_target = one_of(value, DeleteTarget::WORDS)?.unwrap_or_default(),
        "matches" => options.matches = one_of(value, Matches::WORDS)?.unwrap_or_default(),
        "update_policy" => options.update_policy = one_of(value, UpdatePolicy::WORDS)?.unwrap_or_default(),
        "remove_missing" => options.remove_missing = truth(value)?,
        "remove_missing_share" => options.remove_missing_share = share(value)?,
        "rebuild" => options.rebuild = truth(value)?,
        "followups" => options.followups = truth(value)?,
        _ => return Err("is not known".to_owned()),
    }
    Ok(())
}

/// Parses a value which is one of some words; null equals leaving the option out.
pub(super) fn one_of<T: DeserializeOwned>(value: &Value, words: &[&str]) -> Result<Option<T>, String> {
    if value.is_null() {
        return Ok(None);
    }
    serde_json::from_value(value.clone()).map(Some).map_err(|_| {
        let given = value.as_str().map_or_else(|| excerpt(&value.to_string()), |word| format!("{:?}", excerpt(word)));
        format!("{given} is none of {}", words.join(", "))
    })
}

/// Parses the id of a database. Doors find the id of a name before.
fn database(value: &Value) -> Result<Option<OwnerId>, String> {
    match value {
        Value::Null => Ok(None),
        Value::Number(number) => number.as_u64().map(|id| Some(OwnerId(id))).ok_or_else(no_id),
        Value::String(text) => text.trim().parse().map(Some).map_err(|_| no_id()),
        _ => Err(no_id()),
    }
}

fn no_id() -> String {
    "must be the id of a database".to_owned()
}

/// Parses key fields: a list of names, or a text with such a list in JSON or with commas between the names.
fn key_fields(value: &Value) -> Result<Vec<String>, String> {
    let name = |name: &Value| name.as_str().map(|name| name.trim().to_owned());
    let list = |list: &[Value]| list.iter().map(name).collect::<Option<Vec<_>>>();
    let names = match value {
        Value::Null => Some(Vec::new()),
        Value::Array(names) => list(names),
        Value::String(text) if text.trim_start().starts_with('[') => {
            serde_json::from_str::<Vec<Value>>(text).ok().and_then(|names| list(&names))
        }
        Value::String(text) => Some(text.split(',').map(|name| name.trim().to_owned()).collect()),
        _ => None,
    };
    let mut names = names.ok_or_else(|| "must be a list of names of fields".to_owned())?;
    names.retain(|name| !name.is_empty());
    if names.len() > MOST_KEYS {
        return Err(format!("has {} names; {MOST_KEYS} are taken at most", names.len()));
    }
    Ok(names)
}

fn share(value: &Value) -> Result<Option<f64>, String> {
    let number = match value {
        Value::Null => return Ok(None),
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_f64(),
    };
    let number = number.filter(|share: &f64| (0.0..=1.0).contains(share));
    number.map(Some).ok_or_else(|| "must be a number from 0 to 1".to_owned())
}

/// Adds the reasons for which the options of an import of profiles do not fit each other. Without a word for the action,
/// rows with a key update or add, and rows without a key are added.
pub(super) fn complete(options: &mut Options, has_action: bool, wrong: &mut Wrong) {
    let profiles = &mut options.profiles;
    if !has_action && !profiles.key_fields.is_empty() {
        profiles.action = ProfileAction::UpdateOrAdd;
    }
    let mut refuse = |name: &str, reason: &str| {
        wrong.entry(name.to_owned()).or_insert_with(|| vec![reason.to_owned()]);
    };
    let action = profiles.action;
    let updates = matches!(action, ProfileAction::Update | ProfileAction::UpdateOrAdd);
    let names_subprofiles = profiles.key_fields.iter().any(|name| name.contains('.'));
    if profiles.database.is_none() {
        refuse("database", "is needed: the id or the name of a database");
    }
    if action != ProfileAction::Add && profiles.key_fields.is_empty() {
        refuse("key_fields", &format!("is needed for action={action}: the fields by which a row finds its profile"));
    }
    if action != ProfileAction::Delete && profiles.delete_target != DeleteTarget::Profile {
        refuse("delete_target", "belongs to action=delete");
    }
    if profiles.delete_target == DeleteTarget::Subprofile && !names_subprofiles {
        refuse("key_fields", "names no field of a collection, by which the subprofile to delete is found");
    }
    if !updates && profiles.update_policy != UpdatePolicy::Overwrite {
        refuse("update_policy", "belongs to the actions update, and update or add");
    }
    if action == ProfileAction::Add && profiles.matches != Matches::First {
        refuse("matches", "belongs to actions which look for a match");
    }
    if profiles.remove_missing {
        let keeps_rest = matches!(action, ProfileAction::Add | ProfileAction::Delete);
        if profiles.key_fields.is_empty() {
            refuse("remove_missing", "needs key_fields: the fields by which a row finds its profile");
        } else if keeps_rest {
            refuse("remove_missing", "belongs to the actions update, update or add, and ignore or add");
        } else if profiles.key_fields.iter().all(|name| name.contains('.')) {
            refuse("remove_missing", "needs a key field of the database beside those of the collection");
        }
        profiles.remove_missing_share.get_or_insert(REMOVED_SHARE);
    } else if profiles.remove_missing_share.is_some() {
        refuse("remove_missing_share", "belongs to remove_missing");
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests;
