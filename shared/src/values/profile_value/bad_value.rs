//! The reason why a field cannot hold a text.

use crate::wire::wire_words;

wire_words! {
    /// The kind of fault for which a field cannot hold a text.
    BadValueCode {
        Number = "invalid_number",
        Date = "invalid_date",
        Email = "invalid_email",
        Option = "invalid_option",
    }
}

/// The reason why a field cannot hold a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{how}")]
pub struct BadValue {
    pub code: BadValueCode,
    /// Completes a sentence that begins with the text, for example `is no whole number`.
    pub how: String,
}

impl BadValue {
    pub(super) fn new(code: BadValueCode, how: impl Into<String>) -> Self {
        Self { code, how: how.into() }
    }
}
