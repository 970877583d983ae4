//! The types of [`table`](crate::table) for files of profiles, and the layout of such a file.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::columns::LinkedColumn;
use super::options::InvalidValues;
use crate::table::{self, RowEnds};

/// The form of tables of profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profiles;

/// The part of a layout which only tables of profiles have. All that decides on a row is in here, the types and options of
/// the fields too, so a schema which changes later changes no row of a planned import.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileDecisions {
    profile_form: FormVersion,
    pub(super) columns: Vec<LinkedColumn>,
    /// The columns of the key fields, in the order of the caller.
    pub(super) keys: Vec<u32>,
    pub(super) ignore_empty: bool,
    pub(super) invalid_values: InvalidValues,
    pub(super) ends: RowEnds,
}

impl ProfileDecisions {
    pub(super) fn new(
        columns: Vec<LinkedColumn>,
        keys: Vec<u32>,
        (ignore_empty, invalid_values): (bool, InvalidValues),
        ends: RowEnds,
    ) -> Self {
        Self { profile_form: FormVersion, columns, keys, ignore_empty, invalid_values, ends }
    }
}

/// The version of the stored decisions, which this code writes and reads. A later version that changes the shape also reads
/// the shape before.
const VERSION: u8 = 1;

/// Stands for [`VERSION`] in stored decisions. Decisions of another version cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
struct FormVersion;

impl TryFrom<u8> for FormVersion {
    type Error = String;

    fn try_from(version: u8) -> Result<Self, String> {
        if version == VERSION {
            return Ok(Self);
        }
        Err(format!("a layout of profiles has version {version}, and this code reads version {VERSION}"))
    }
}

impl From<FormVersion> for u8 {
    fn from(_: FormVersion) -> Self {
        VERSION
    }
}

/// The part of a refusal which only tables of profiles have: nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ProfilesConsidered {}

/// The layout of a file of profiles.
pub type ProfileLayout = table::Layout<ProfileDecisions>;

impl ProfileLayout {
    /// The encoding, delimiter, headers and evidence as JSON, for the native API, the reports of dropped files and
    /// `waybill detect`.
    pub fn shown(&self) -> Value {
        json!({
            // A sheet of a workbook has neither encoding nor delimiter nor quotes.
            "encoding": (!self.sheet).then_some(self.encoding),
            "delimiter": (!self.sheet).then_some(char::from(self.delimiter)),
            "quote": (!self.sheet).then_some(if self.apostrophes { "single" } else { "double" }),
            "date_order": null,
            "decimal_mark": null,
            "headers": self.headers,
            "candidates": [],
            "evidence": self.evidence,
        })
    }
}
