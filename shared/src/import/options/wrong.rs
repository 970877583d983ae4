//! The errors of options, and the truth values which options of all types have.

use std::collections::BTreeMap;

use serde_json::Value;

/// The errors by field: the reasons why each field was refused.
pub type Wrong = BTreeMap<String, Vec<String>>;

/// Parses a truth value: a boolean, or one of the words `true` and `false`.
pub(super) fn truth(value: &Value) -> Result<bool, String> {
    match value {
        Value::Bool(truth) => Ok(*truth),
        Value::String(word) if word.eq_ignore_ascii_case("true") => Ok(true),
        Value::String(word) if word.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err("must be true or false".to_owned()),
    }
}
