//! The options of an import, as asked for by its caller.

pub(crate) mod read;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::format::{FormatName, Mapping, ReadingOptions, Remembered};
use crate::id::ThingId;
use crate::packed::Wanted;
use crate::source::Encoding;
use crate::values::dates::DateOrder;
use crate::values::numbers::DecimalMark;

/// How a file is to be read and loaded. An option left out is detected from the file or has a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// The format, or `None` to detect the format from the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FormatName>,
    /// The field of each column, for a table in none of the known formats, or `None` without a mapping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<Mapping>,
    /// `true` if a file without format and mapping is read by the mapping remembered for its header.
    #[serde(skip_serializing_if = "is_true")]
    pub recall: bool,
    /// The user who gets the entries of unknown users, or `None` to skip the rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_user: Option<ThingId>,
    /// `true` if tags are imported.
    pub import_tags: bool,
    /// `true` if unknown projects are made; `false` to create entries without a project.
    pub autocreate_projects: bool,
    /// `true` if unknown people are made users.
    #[serde(skip_serializing_if = "is_false")]
    pub autocreate_users: bool,
    /// The handling of duplicate rows.
    pub duplicates: Duplicates,
    /// The delimiter as a byte, for example `b';'`, or `None` to detect the delimiter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<u8>,
    /// The encoding, or `None` to detect the encoding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// The order of day, month and year, or `None` to detect the order from all dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_order: Option<DateOrder>,
    /// The decimal mark, or `None` to detect the mark from all numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal_mark: Option<DecimalMark>,
    /// The name of a spreadsheet's sheet, or `None` for the only sheet which fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
}

/// The handling of a duplicate: a row for which an import, not undone since, created an entry, not deleted since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// The row creates an entry like any row.
    #[default]
    Create,
    /// The row is skipped and counted as a duplicate.
    Skip,
}

/// The error for a word which is neither `create` nor `skip`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither create nor skip")]
pub struct UnknownDuplicates(String);

impl FromStr for Duplicates {
    type Err = UnknownDuplicates;

    fn from_str(word: &str) -> Result<Self, UnknownDuplicates> {
        match word {
            "create" => Ok(Self::Create),
            "skip" => Ok(Self::Skip),
            other => Err(UnknownDuplicates(other.to_owned())),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_true(value: &bool) -> bool {
    *value
}

impl Default for Options {
    fn default() -> Self {
        Self {
            format: None,
            mapping: None,
            recall: true,
            fallback_user: None,
            import_tags: true,
            autocreate_projects: true,
            autocreate_users: false,
            duplicates: Duplicates::default(),
            delimiter: None,
            encoding: None,
            date_order: None,
            decimal_mark: None,
            sheet: None,
        }
    }
}

impl Options {
    /// Default options, except for the options given which concern the reading of the file.
    pub fn reading_as(reading: ReadingOptions) -> Self {
        let ReadingOptions { format, mapping, remembered: _, delimiter, encoding, date_order, decimal_mark } = reading;
        Self { format, mapping, delimiter, encoding, date_order, decimal_mark, ..Self::default() }
    }

    /// `true` if the file may be read by a remembered mapping.
    pub fn asks_memory(&self) -> bool {
        self.recall && self.format.is_none() && self.mapping.is_none()
    }

    /// The facts by which a sheet is chosen from a spreadsheet, given the account's remembered mappings.
    pub fn wanted(&self, remembered: &Remembered) -> Wanted {
        let (mapping, sheet) = (self.mapping.clone(), self.sheet.clone());
        Wanted { format: self.format, mapping, remembered: self.recalled(remembered), sheet }
    }

    /// The options which concern the reading of the file, given the account's remembered mappings.
    pub fn reading(&self, remembered: &Remembered) -> ReadingOptions {
        ReadingOptions {
            format: self.format,
            mapping: self.mapping.clone(),
            remembered: self.recalled(remembered),
            delimiter: self.delimiter,
            encoding: self.encoding,
            date_order: self.date_order,
            decimal_mark: self.decimal_mark,
        }
    }

    fn recalled(&self, remembered: &Remembered) -> Remembered {
        if self.asks_memory() { remembered.clone() } else { Remembered::default() }
    }
}
