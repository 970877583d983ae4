//! The rules by which rows of one key share their work, and the way in which matches are found.
//!
//! | action | rows of one key | matches |
//! |---|---|---|
//! | `add` | each creates; in a file of subprofiles the first row of a profile's key creates the profile, the others follow | none are looked for |
//! | `update`, `update or add`, `ignore or add` | the last row of a whole key acts, the others yield; of the acting rows of a profile's key the last writes the profile, the others follow | profiles by their key, subprofiles by theirs among those of the profile |
//! | `delete` of subprofiles | the last row of a whole key acts | likewise; without a profile's key the subprofiles of the collection |
//! | `delete` of profiles | the last row to which a profile belongs acts | the profiles; with a subprofile's key those which have a matching subprofile |
//!
//! The whole key of a row is the key of its profile together with the key of its subprofile. A row whose cells say nothing of a
//! subprofile has the key of its profile alone.

use crate::profile_form::{DeleteTarget, FileKeys, Matches, ProfileAction};

/// The rules of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JoinRules {
    pub action: ProfileAction,
    pub target: DeleteTarget,
    pub matches: Matches,
    /// `true` if a row takes over cells of earlier rows of its key.
    pub gathers: bool,
    /// `true` if the file has key fields of the database.
    pub has_profile_key: bool,
    /// `true` if the file has key fields of a collection.
    pub has_subprofile_key: bool,
    /// `true` if the file has columns of a collection.
    pub has_subprofiles: bool,
}

/// The records among which matches are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MatchSearch {
    /// None.
    Nothing,
    /// The profiles of the database.
    Profiles,
    /// The profiles of the database, and then the subprofiles which matching profiles have in the collection.
    ProfilesAndSubprofiles,
    /// The subprofiles of the collection.
    Subprofiles,
}

impl JoinRules {
    /// The rules for a file with these key fields.
    pub fn new(
        (action, target, matches): (ProfileAction, DeleteTarget, Matches),
        ignore_empty: bool,
        keys: &FileKeys,
    ) -> Self {
        let gathers = ignore_empty && !matches!(action, ProfileAction::Add | ProfileAction::Delete);
        Self {
            action,
            target,
            matches,
            gathers,
            has_profile_key: !keys.profile.is_empty(),
            has_subprofile_key: !keys.subprofile.is_empty(),
            has_subprofiles: keys.collection.is_some(),
        }
    }

    /// `true` if no row depends on another row or on a record.
    pub fn is_idle(self) -> bool {
        match self.action {
            ProfileAction::Add => !self.has_subprofiles || !self.has_profile_key,
            _ => !self.has_profile_key && !self.has_subprofile_key,
        }
    }

    /// The records among which matches are looked for.
    pub fn search(self) -> MatchSearch {
        match (self.action, self.has_profile_key, self.has_subprofile_key) {
            (ProfileAction::Add, _, _) | (_, false, false) => MatchSearch::Nothing,
            (ProfileAction::Delete, false, true) => MatchSearch::Subprofiles,
            (_, false, true) => MatchSearch::Nothing,
            (_, true, false) => MatchSearch::Profiles,
            (_, true, true) => MatchSearch::ProfilesAndSubprofiles,
        }
    }

    /// `true` if a row deletes the profiles which have a matching subprofile.
    pub fn deletes_by_subprofiles(self) -> bool {
        self.action == ProfileAction::Delete && self.target == DeleteTarget::Profile && self.has_subprofile_key
    }

    /// The number of shares in which the file may be handled, out of as many as fit in memory. Rows of several keys may delete
    /// the same profile if only their subprofiles have keys, so all keys of such a file are handled at once.
    pub fn shares(self, fitting: u64) -> u64 {
        if self.deletes_by_subprofiles() && !self.has_profile_key { 1 } else { fitting }
    }

    /// `true` if a row without a subprofile's key is an error, also if the row says nothing of a subprofile.
    pub(super) fn needs_subprofile_key(self) -> bool {
        self.action == ProfileAction::Delete && self.has_profile_key && self.has_subprofile_key
    }

    /// `true` if a row whose subprofile's key is empty is an error.
    pub(super) fn refuses_empty_keys(self) -> bool {
        matches!(self.action, ProfileAction::Update | ProfileAction::Delete)
    }

    /// The matches on which a row acts, out of all of them in ascending order.
    pub fn acting<T>(self, matches: &[T]) -> &[T] {
        match self.matches {
            Matches::All => matches,
            Matches::First => &matches[..matches.len().min(1)],
            // A row with several matches is an error.
            Matches::Refuse => {
                if matches.len() == 1 {
                    matches
                } else {
                    &[]
                }
            }
        }
    }
}
