//! The options by which a caller says how a file of profiles is read.

use super::keys::{WrongKeys, key_targets};
use super::pinned::PinnedSchema;
use crate::source::{Encoding, QuoteMark};
use crate::wire::wire_words;

wire_words! {
    /// The effect of a row on the profile, or subprofile, which the row's key finds.
    #[derive(Default)]
    ProfileAction {
        /// Each row makes a profile.
        #[default]
        Add = "add",
        /// A row changes the match, and is left out without a match.
        Update = "update",
        UpdateOrAdd = "update or add",
        /// A row with a match is left out.
        IgnoreOrAdd = "ignore or add",
        /// The match is removed. Only the columns of key fields are read.
        Delete = "delete",
    }
}

impl ProfileAction {
    /// True if a row of a collection's columns looks for the subprofile which the row changes or leaves alone.
    pub(super) fn finds_subprofiles(self) -> bool {
        matches!(self, Self::Update | Self::UpdateOrAdd | Self::IgnoreOrAdd)
    }
}

wire_words! {
    /// The treatment of a value which the field cannot hold.
    #[derive(Default)]
    InvalidValues {
        /// The row is an error.
        #[default]
        Error = "error",
        /// The cell counts as empty, and the row names the cell. The value of a key field stays an error.
        Empty = "empty",
    }
}

wire_words! {
    /// The record which a row of `action=delete` removes.
    #[derive(Default)]
    DeleteTarget {
        /// The profile, with all of its subprofiles.
        #[default]
        Profile = "profile",
        /// The subprofile alone.
        Subprofile = "subprofile",
    }
}

wire_words! {
    /// The treatment of a row whose key matches several profiles, or several subprofiles of a profile.
    #[derive(Default)]
    Matches {
        /// The row writes to the match with the lowest id.
        #[default]
        First = "first",
        /// The row writes to every match.
        All = "all",
        /// The row is an error.
        Refuse = "refuse",
    }
}

wire_words! {
    /// The effect of `action=update` and `action=update or add` on a match.
    #[derive(Default)]
    UpdatePolicy {
        /// Every cell of the row is written.
        #[default]
        Overwrite = "overwrite",
        /// A cell is written only into a field without a value.
        FillEmpty = "fill_empty",
        /// The match stays as it is.
        Skip = "skip",
    }
}

/// Reading options as given by the caller, with the schema. An option which is `None` is decided by the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileReading {
    pub schema: PinnedSchema,
    pub action: ProfileAction,
    /// The names of the fields by which a row finds its profile and subprofile: `ID`, names of fields, and
    /// `Collection.Field`. All must match.
    pub key_fields: Vec<String>,
    /// True if an empty cell leaves the field alone.
    pub ignore_empty: bool,
    pub invalid_values: InvalidValues,
    /// The quotes of a text table. Sheets and JSON have their own.
    pub quote: Option<QuoteMark>,
    /// An ASCII character other than a quote or a line break.
    pub delimiter: Option<u8>,
    pub encoding: Option<Encoding>,
}

impl ProfileReading {
    /// Checks the key fields against the schema, before any file is there.
    ///
    /// # Errors
    /// The first key field which is not in the schema.
    pub fn check_keys(&self) -> Result<(), WrongKeys> {
        key_targets(&self.schema, &self.key_fields).map(|_| ())
    }
}
