//! The options for loading rows of profiles.

use serde::{Deserialize, Serialize};

use crate::id::OwnerId;
use crate::profile_form::{DeleteTarget, InvalidValues, Matches, PinnedSchema, ProfileAction, UpdatePolicy};
use crate::source::QuoteMark;

/// The options for loading rows of profiles.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProfileOptions {
    /// The database of the profiles. `None` for imports of other types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<OwnerId>,
    /// The effect of a row on the profile which the row's key finds.
    #[serde(skip_serializing_if = "is_default")]
    pub action: ProfileAction,
    /// The names of the fields by which a row finds its profile and subprofile: `ID`, names of fields, and
    /// `Collection.Field`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub key_fields: Vec<String>,
    /// `true` if an empty cell leaves the field alone.
    #[serde(skip_serializing_if = "is_default")]
    pub ignore_empty_fields: bool,
    /// The treatment of a value which the field cannot hold.
    #[serde(skip_serializing_if = "is_default")]
    pub invalid_values: InvalidValues,
    /// The quotes of a text table, or `None` to find the quotes from the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<QuoteMark>,
    /// The record which a row of `action=delete` removes.
    #[serde(skip_serializing_if = "is_default")]
    pub delete_target: DeleteTarget,
    /// The treatment of a row with several matches.
    #[serde(skip_serializing_if = "is_default")]
    pub matches: Matches,
    /// The effect of an updating action on a match.
    #[serde(skip_serializing_if = "is_default")]
    pub update_policy: UpdatePolicy,
    /// `true` if profiles which no row matched are removed at the end; with key fields of a collection, the subprofiles of
    /// matching profiles.
    #[serde(skip_serializing_if = "is_default")]
    pub remove_missing: bool,
    /// The largest share of the database's profiles, or of the collection's subprofiles, from 0 to 1, which `remove_missing`
    /// may remove. `None` without a limit, and without `remove_missing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remove_missing_share: Option<f64>,
    /// `true` if every selection of the database is evaluated again at the end.
    #[serde(skip_serializing_if = "is_default")]
    pub rebuild: bool,
    /// `true` if each written profile and subprofile gives an event for follow-up work.
    #[serde(skip_serializing_if = "is_default")]
    pub followups: bool,
    /// The schema of the database as of the plan. The parser pins the schema before it reads the file; `None` before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<PinnedSchema>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
