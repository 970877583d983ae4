//! The options of an import, as asked for by its caller.

mod profiles;
pub(crate) mod read;
mod read_profiles;
pub(crate) mod wishes;
mod wrong;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::contact_form::check::Rules;
use crate::contact_form::{ContactMapping, ContactReading};
use crate::format::{ReadingOptions, Remembered};
use crate::id::ThingId;
use crate::profile_form::{ProfileReading, UpdatePolicy};

pub use profiles::ProfileOptions;

/// How a file is to be read and loaded. An option left out is detected from the file or has a default. In the tables
/// and in JSON the groups of options form a single flat list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// The options for reading the file, which apply to rows of any kind.
    #[serde(flatten)]
    pub reading: ReadingOptions,
    /// `true` if a file without format and mapping is read by the mapping remembered for its header.
    #[serde(skip_serializing_if = "is_true")]
    pub recall: bool,
    /// The name of a spreadsheet's sheet, or `None` for the only sheet which fits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The consequence of a failed row.
    #[serde(skip_serializing_if = "OnError::is_skip")]
    pub on_error: OnError,
    /// `false` if the import waits, once its file is there, until somebody starts the import.
    #[serde(skip_serializing_if = "is_true")]
    pub autostart: bool,
    /// The handling of duplicate rows.
    pub duplicates: Duplicates,
    /// The options for loading rows of time entries.
    #[serde(flatten)]
    pub entries: EntryOptions,
    /// The options for loading rows of contacts.
    #[serde(flatten)]
    pub contacts: ContactOptions,
    /// The options for loading rows of profiles.
    #[serde(flatten)]
    pub profiles: ProfileOptions,
}

/// The consequence of a failed row for the import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnError {
    /// The row is left out, and all other rows are loaded.
    #[default]
    Skip,
    /// The whole import is undone and ends as failed.
    Abort,
}

impl OnError {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
    fn is_skip(&self) -> bool {
        *self == Self::Skip
    }
}

/// The error for a word which is neither `skip` nor `abort`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither skip nor abort")]
pub struct UnknownOnError(String);

impl FromStr for OnError {
    type Err = UnknownOnError;

    fn from_str(word: &str) -> Result<Self, UnknownOnError> {
        match word {
            "skip" => Ok(Self::Skip),
            "abort" => Ok(Self::Abort),
            other => Err(UnknownOnError(other.to_owned())),
        }
    }
}

/// The options for loading rows of time entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EntryOptions {
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
}

/// The options for loading rows of contacts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ContactOptions {
    /// The field of each column, for a table whose column names are not known.
    #[serde(rename = "contact_mapping", skip_serializing_if = "Option::is_none")]
    pub mapping: Option<ContactMapping>,
    /// The effect of a row on the person who has the address of the row already. `None` for an import which changes nobody.
    #[serde(rename = "contact_update_policy", skip_serializing_if = "Option::is_none")]
    pub update_policy: Option<UpdatePolicy>,
    /// The rules by which a row is an error.
    #[serde(skip_serializing_if = "is_for_files")]
    pub rules: Rules,
    /// The number of an import model, which a caller of the Productive door may give and read back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import_model_id: Option<u64>,
    /// Whether the import is a sample in the words of the Productive door; `None` for imports from elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<bool>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_for_files(rules: &Rules) -> bool {
    *rules == Rules::File
}

/// The handling of a duplicate: a row whose entity stands already. An entry stands if an import which is not undone
/// created it for the same row, and nobody deleted it since. A person stands if a person of the account has the same
/// address, or without an address the same name and company.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicates {
    /// The row is loaded like any row. A second person with the same address is an error of the row.
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
            reading: ReadingOptions::default(),
            recall: true,
            sheet: None,
            on_error: OnError::default(),
            autostart: true,
            duplicates: Duplicates::default(),
            entries: EntryOptions::default(),
            contacts: ContactOptions::default(),
            profiles: ProfileOptions::default(),
        }
    }
}

impl Default for EntryOptions {
    fn default() -> Self {
        Self { fallback_user: None, import_tags: true, autocreate_projects: true, autocreate_users: false }
    }
}

impl Options {
    /// The default options of a door: entries of unknown users go to `user`, who asks for the import.
    pub fn of_user(user: ThingId) -> Self {
        Self { entries: EntryOptions { fallback_user: Some(user), ..EntryOptions::default() }, ..Self::default() }
    }

    /// The options without a schema. A caller has the schema for a survey, and the parser pins the schema of its own time.
    pub(super) fn without_schema(&self) -> Self {
        Self { profiles: ProfileOptions { schema: None, ..self.profiles.clone() }, ..self.clone() }
    }

    /// Default options, except for the options given which concern the reading of the file.
    pub fn reading_as(reading: ReadingOptions) -> Self {
        Self { reading, ..Self::default() }
    }

    /// `true` if the file may be read by a remembered mapping.
    pub fn asks_memory(&self) -> bool {
        self.recall
            && self.reading.format.is_none()
            && self.reading.mapping.is_none()
            && self.contacts.mapping.is_none()
    }

    /// The options which concern the reading of the file, given the account's remembered mappings.
    pub fn reading(&self, remembered: &Remembered) -> ReadingOptions {
        ReadingOptions { remembered: self.recalled(remembered), ..self.reading.clone() }
    }

    /// The options which concern the reading of a file of contacts, given the account's remembered mappings.
    pub fn contact_reading(&self, remembered: &Remembered) -> ContactReading {
        ContactReading {
            mapping: self.contacts.mapping.clone(),
            remembered: self.recalled(remembered),
            delimiter: self.reading.delimiter,
            encoding: self.reading.encoding,
            rules: self.contacts.rules,
        }
    }

    /// The options which concern the reading of a file of profiles. Without a pinned schema no column has a field.
    pub fn profile_reading(&self) -> ProfileReading {
        let profiles = &self.profiles;
        ProfileReading {
            schema: profiles.schema.clone().unwrap_or_default(),
            action: profiles.action,
            key_fields: profiles.key_fields.clone(),
            ignore_empty: profiles.ignore_empty_fields,
            invalid_values: profiles.invalid_values,
            quote: profiles.quote,
            delimiter: self.reading.delimiter,
            encoding: self.reading.encoding,
        }
    }

    fn recalled(&self, remembered: &Remembered) -> Remembered {
        if self.asks_memory() { remembered.clone() } else { Remembered::default() }
    }
}
