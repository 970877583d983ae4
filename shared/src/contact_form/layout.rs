//! The types of [`table`](crate::table) for files of contacts, and the layout of such a file.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::check::Rules;
use super::columns::RowKinds;
use super::field::ContactField;
use crate::table::{self, RowEnds};

/// The form of tables of contacts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contacts;

/// The part of a layout which only tables of contacts have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactDecisions {
    /// The field of each column which has a field.
    pub(super) fields: Vec<(ContactField, u32)>,
    pub(super) kinds: RowKinds,
    pub(super) rules: Rules,
    pub(super) ends: RowEnds,
}

/// The part of a refusal which only tables of contacts have: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ContactsConsidered {}

/// The layout of a file of contacts.
pub type ContactLayout = table::Layout<ContactDecisions>;

impl ContactLayout {
    /// The encoding, delimiter, headers and evidence as JSON, for the native API, the reports of dropped files and
    /// `waybill detect`.
    pub fn shown(&self) -> Value {
        json!({
            // A sheet of a workbook has neither encoding nor delimiter.
            "encoding": (!self.sheet).then_some(self.encoding),
            "delimiter": (!self.sheet).then_some(char::from(self.delimiter)),
            "date_order": null,
            "decimal_mark": null,
            "headers": self.headers,
            "candidates": [],
            "evidence": self.evidence,
        })
    }
}
