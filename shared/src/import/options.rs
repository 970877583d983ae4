//! What the caller asked for.

pub(crate) mod read;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::format::{ReadingOptions, Remembered};
use crate::id::ThingId;
use crate::packed::Wanted;

/// How a file is to be read and loaded. An option that is left out is found from the file, or has its default. Stored and
/// shown, the groups are one flat list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// How the file is read, whatever the kind of its rows.
    #[serde(flatten)]
    pub reading: ReadingOptions,
    /// Whether a file without a format and a mapping is read by the mapping that is remembered for its header.
    #[serde(skip_serializing_if = "is_true")]
    pub recall: bool,
    /// The sheet of a spreadsheet; `None`: the only one that fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// How rows of time entries are loaded.
    #[serde(flatten)]
    pub entries: EntryOptions,
}

/// How rows of time entries are loaded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EntryOptions {
    /// The user who gets the entries of unknown users; `None`: their rows are left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_user: Option<ThingId>,
    /// Whether tags are imported.
    pub import_tags: bool,
    /// Whether unknown projects are created; else their entries come without a project.
    pub autocreate_projects: bool,
    /// Whether unknown people are made users.
    #[serde(skip_serializing_if = "is_false")]
    pub autocreate_users: bool,
    /// The treatment of rows that are there already.
    pub duplicates: Duplicates,
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
        Self { reading: ReadingOptions::default(), recall: true, sheet: None, entries: EntryOptions::default() }
    }
}

impl Default for EntryOptions {
    fn default() -> Self {
        Self {
            fallback_user: None,
            import_tags: true,
            autocreate_projects: true,
            autocreate_users: false,
            duplicates: Duplicates::default(),
        }
    }
}

impl Options {
    /// The defaults of a door: entries of unknown users go to the user who asks for the import.
    pub fn of_user(user: ThingId) -> Self {
        Self { entries: EntryOptions { fallback_user: Some(user), ..EntryOptions::default() }, ..Self::default() }
    }

    /// The defaults, but for how the file is to be read.
    pub fn reading_as(reading: ReadingOptions) -> Self {
        Self { reading, ..Self::default() }
    }

    /// Whether it matters what is remembered for headers.
    pub fn asks_memory(&self) -> bool {
        self.recall && self.reading.format.is_none() && self.reading.mapping.is_none()
    }

    /// How the sheet of a spreadsheet is told, given the mappings that are remembered for headers.
    pub fn wanted(&self, remembered: &Remembered) -> Wanted {
        let ReadingOptions { format, mapping, remembered, .. } = self.reading(remembered);
        Wanted { format, mapping, remembered, sheet: self.sheet.clone() }
    }

    /// How the file is read, given the mappings that are remembered for headers.
    pub fn reading(&self, remembered: &Remembered) -> ReadingOptions {
        ReadingOptions { remembered: self.recalled(remembered), ..self.reading.clone() }
    }

    fn recalled(&self, remembered: &Remembered) -> Remembered {
        if self.asks_memory() { remembered.clone() } else { Remembered::default() }
    }
}
