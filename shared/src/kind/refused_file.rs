//! The refusal of a file of any kind, without the types of the kind.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::table::Refusal;

/// The refusal of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct RefusedFile {
    /// Sentences for people, the decisive sentence first.
    pub reasons: Vec<String>,
    /// The whole refusal as shown to callers.
    pub shown: Value,
}

impl RefusedFile {
    /// The column names of the file; empty if the file is no table.
    pub fn headers(&self) -> Vec<String> {
        let names = self.shown["headers"].as_array().into_iter().flatten();
        names.filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }

    /// A mapping by which the file might be read, as shown to callers, or `None`.
    pub fn suggested_mapping(&self) -> Option<&Value> {
        self.shown.get("suggested_mapping").filter(|suggested| !suggested.is_null())
    }
}

impl fmt::Display for RefusedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reasons.join("; "))
    }
}

impl<C: Serialize> From<Refusal<C>> for RefusedFile {
    fn from(refusal: Refusal<C>) -> Self {
        Self { shown: serde_json::to_value(&refusal).expect("a refusal is plain data"), reasons: refusal.reasons }
    }
}
