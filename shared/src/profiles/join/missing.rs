//! The records which no row of the file matches, for `remove_missing`, and the reasons for which nothing may be removed.
//!
//! The module does no I/O. The scan of each share of the file shows every record ([`MissingSearch::profile`],
//! [`MissingSearch::subprofile`]); a record counts in one share, that of its key.
//!
//! | key fields | missing records |
//! |---|---|
//! | of the database | profiles of which no row of the file has the key |
//! | of a collection too | subprofiles of the profiles to which rows of the file write, of which no row of that profile has the key |
//!
//! All rows of the file protect, also those which yield, follow, or have their outcome already, and every match is protected,
//! not only the lowest. A record with an empty key field is matched by no row, so it is missing like any other. Records which
//! the import itself made, and those to which anybody, or an undo, wrote since the join began, are not.

use super::groups::Groups;
use super::id_set::IdSet;
use super::keys::KeyHash;
use crate::id::{ImportId, RecordId};

/// The difference by which a share may be exceeded, because a share has no exact value: far below one record.
const ROUNDING: f64 = 1e-6;

/// A record as a scan shows it.
#[derive(Clone, Copy, Debug)]
pub struct ScannedRecord {
    pub id: RecordId,
    /// The profile of a subprofile.
    pub parent: Option<RecordId>,
    /// The key of the record; `None` if a key field holds nothing.
    pub key: Option<KeyHash>,
    /// The time at which anybody last wrote to the record, an undo too, in milliseconds since the epoch.
    pub written_at: i64,
}

/// The search for missing records in the shares of a file.
#[derive(Clone, Debug)]
pub struct MissingSearch {
    import: ImportId,
    /// The time at which the join began.
    began_at: i64,
    /// `true` if the missing records are subprofiles.
    of_subprofiles: bool,
    /// The share which is searched, and the number of shares.
    share: (u64, u64),
    /// All profiles of the database, for a search for subprofiles.
    profiles: IdSet,
    /// The number of profiles which people can see, and of subprofiles of the collection.
    standing_profiles: u64,
    standing_subprofiles: u64,
    /// `true` if a profile has the key of a row.
    has_match: bool,
    missing: IdSet,
}

impl MissingSearch {
    /// A search for an import, whose join began at a time in milliseconds since the epoch.
    pub fn new(import: ImportId, began_at: i64, of_subprofiles: bool) -> Self {
        Self {
            import,
            began_at,
            of_subprofiles,
            share: (0, 1),
            profiles: IdSet::default(),
            standing_profiles: 0,
            standing_subprofiles: 0,
            has_match: false,
            missing: IdSet::default(),
        }
    }

    /// Begins a share of the file, given as its number and the number of shares.
    pub fn begin_share(&mut self, share: (u64, u64)) {
        self.share = share;
    }

    /// Takes a profile. Each share takes every profile.
    pub fn profile(&mut self, groups: &Groups, profile: &ScannedRecord) {
        let (share, shares) = self.share;
        if share == 0 {
            self.standing_profiles += 1;
            if self.of_subprofiles {
                self.profiles.insert(profile.id);
            }
        }
        if profile.key.map_or(0, |key| key.share(shares)) != share {
            return;
        }
        if profile.key.is_some_and(|key| groups.has(key)) {
            self.has_match = true;
        } else if !self.of_subprofiles {
            self.miss(profile);
        }
    }

    /// Takes a subprofile, after the profiles of the share. `group` is the place of its profile among those to which rows of
    /// the share write ([`Groups::parents`]), or `None` for another profile. Each share takes every subprofile.
    pub fn subprofile(&mut self, groups: &Groups, subprofile: &ScannedRecord, group: Option<u32>) {
        let is_seen = |parent: RecordId| self.profiles.contains(parent);
        self.standing_subprofiles += u64::from(self.share.0 == 0 && subprofile.parent.is_some_and(is_seen));
        if let Some(group) = group
            && !subprofile.key.is_some_and(|key| groups.has_subprofile(group, key))
        {
            self.miss(subprofile);
        }
    }

    fn miss(&mut self, record: &ScannedRecord) {
        if record.id.import() != self.import && record.written_at < self.began_at {
            self.missing.insert(record.id);
        }
    }

    /// The missing records, in ascending order.
    pub fn missing(&self) -> impl Iterator<Item = RecordId> + '_ {
        self.missing.iter()
    }

    /// The number of missing records.
    pub fn count(&self) -> u64 {
        self.missing.count()
    }

    /// `true` if the missing records are subprofiles.
    pub fn is_of_subprofiles(&self) -> bool {
        self.of_subprofiles
    }

    /// The time at which the join began, in milliseconds since the epoch.
    pub fn began_at(&self) -> i64 {
        self.began_at
    }

    /// The reason for which nothing may be removed, if there is one. `most` is the largest share of the standing records which
    /// may be removed, or `None` without a limit; at 1 a file may also miss every record.
    pub fn refusal(&self, most: Option<f64>) -> Option<String> {
        if !self.has_match && self.standing_profiles > 0 && most.is_none_or(|most| most < 1.0) {
            let standing = self.standing_profiles;
            // Without a limit the caller's door has no such option either.
            let way = if most.is_some() { "; remove_missing_share=1 allows such a file" } else { "" };
            return Some(format!(
                "no row of the file matches any of the {standing} profiles of the database, as if the file belonged to another \
                 database{way}"
            ));
        }
        let (standing, records) = match self.of_subprofiles {
            true => (self.standing_subprofiles, "subprofiles of the collection"),
            false => (self.standing_profiles, "profiles of the database"),
        };
        let (missing, all) = (self.count() as f64, standing as f64);
        let most = most.filter(|most| missing > most * all + ROUNDING)?;
        let missing = self.count();
        Some(format!(
            "no row of the file matches {missing} of the {standing} {records}, more than the share of {most} which \
             remove_missing_share allows to be removed"
        ))
    }
}
