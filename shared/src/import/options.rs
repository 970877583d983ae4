//! What the caller asked for.

pub(crate) mod read;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::format::{FormatName, Mapping, ReadingOptions, Remembered};
use crate::id::ThingId;
use crate::packed::Wanted;
use crate::source::Encoding;
use crate::values::dates::DateOrder;
use crate::values::numbers::DecimalMark;

/// How a file is to be read and loaded. What is left out is found from the file, or is the default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// The format; none: found from the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FormatName>,
    /// Which column is what, for a table that is no format's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<Mapping>,
    /// Whether a file without either is read by the mapping that is remembered for its header.
    #[serde(skip_serializing_if = "is_true")]
    pub recall: bool,
    /// Who gets the entries of unknown users; none: those rows are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_user: Option<ThingId>,
    /// Whether tags are imported.
    pub import_tags: bool,
    /// Whether unknown projects are created; else their entries come without a project.
    pub autocreate_projects: bool,
    /// Whether people that nobody knows are made users.
    #[serde(skip_serializing_if = "is_false")]
    pub autocreate_users: bool,
    /// What becomes of rows that are there already.
    pub duplicates: Duplicates,
    /// The delimiter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<u8>,
    /// The encoding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// The order of day, month and year.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_order: Option<DateOrder>,
    /// The decimal mark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal_mark: Option<DecimalMark>,
    /// The sheet of a spreadsheet; none: the only one that fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
}

/// What becomes of a row that is there already: an import that is not undone made an entry of the same row, and it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// An entry like any other.
    #[default]
    Create,
    /// It is skipped, and counted.
    Skip,
}

/// A word that says neither.
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
    /// The defaults, but for how the file is to be read.
    pub fn reading_as(reading: ReadingOptions) -> Self {
        let ReadingOptions { format, mapping, remembered: _, delimiter, encoding, date_order, decimal_mark } = reading;
        Self { format, mapping, delimiter, encoding, date_order, decimal_mark, ..Self::default() }
    }

    /// Whether it matters what is remembered for headers.
    pub fn asks_memory(&self) -> bool {
        self.recall && self.format.is_none() && self.mapping.is_none()
    }

    /// What tells the sheet of a spreadsheet, beside what is remembered for headers.
    pub fn wanted(&self, remembered: &Remembered) -> Wanted {
        let (mapping, sheet) = (self.mapping.clone(), self.sheet.clone());
        Wanted { format: self.format, mapping, remembered: self.recalled(remembered), sheet }
    }

    /// What concerns the reading of the file, beside what is remembered for headers.
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
