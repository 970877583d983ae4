//! The missing records of drawn worlds, and the reasons for which none may be removed.

use std::collections::BTreeMap;

use super::super::missing::{MissingSearch, ScannedRecord};
use super::super::rules::{JoinRules, MatchSearch};
use super::{DrawnRow, Letter, Oracle, World, hash, joined};
use crate::id::{ImportId, RecordId};
use crate::profile_form::{DeleteTarget, Matches, ProfileAction};

/// The import which removes missing records, and the time at which its join began.
pub(super) const OWN: ImportId = ImportId(9);
const BEGAN: i64 = 100;

/// The time at which a record was made or changed last: for some records after the join began.
fn written_at(id: u64) -> i64 {
    if id % 5 == 3 { BEGAN } else { BEGAN - 1 }
}

/// A record as the scan shows it.
pub(super) fn scanned(id: u64, parent: Option<u64>, key: Letter) -> ScannedRecord {
    ScannedRecord { id: RecordId(id), parent: parent.map(RecordId), key: hash(key), written_at: written_at(id) }
}

/// A search for the missing records of a world.
pub(super) fn search_of(world: &World) -> MissingSearch {
    MissingSearch::new(OWN, BEGAN, world.rules.search() == MatchSearch::ProfilesAndSubprofiles)
}

impl Oracle<'_> {
    /// The records which no row matches and which nobody has touched since, or `None` for rules that remove nothing.
    pub(super) fn missing(&self) -> Option<Vec<u64>> {
        let World { rules, rows, profiles, subprofiles } = self.0;
        let keys = |group: Letter| (0..rows.len()).filter(move |&row| group.is_some() && self.group(row) == group);
        let is_old = |id: &u64| written_at(*id) < BEGAN && id / 1_000_000_000 != OWN.0;
        if matches!(rules.action, ProfileAction::Add | ProfileAction::Delete) {
            return None;
        }
        match rules.search() {
            MatchSearch::Profiles => {
                let missing = profiles.iter().filter(|(_, key)| keys(*key).next().is_none());
                Some(missing.map(|(id, _)| *id).filter(is_old).collect())
            }
            MatchSearch::ProfilesAndSubprofiles => {
                let is_missing = |(_, parent, own): &&(u64, u64, Letter)| {
                    let group = profiles.iter().find(|(id, _)| id == parent).and_then(|(_, key)| *key);
                    let writes = |row: usize| self.acting(&self.profiles_of_key(row)).contains(parent);
                    let names = |row: usize| own.is_some() && rows[row].subprofile.flatten() == *own;
                    keys(group).any(writes) && !keys(group).any(names)
                };
                Some(subprofiles.iter().filter(is_missing).map(|(id, ..)| *id).filter(is_old).collect())
            }
            MatchSearch::Nothing | MatchSearch::Subprofiles => None,
        }
    }
}

#[test]
fn a_share_is_allowed_to_its_edge_and_a_file_without_a_match_only_by_a_share_of_one() {
    let rules = |has_subprofiles| JoinRules {
        action: ProfileAction::Update,
        target: DeleteTarget::Profile,
        matches: Matches::First,
        gathers: false,
        has_profile_key: true,
        has_subprofile_key: has_subprofiles,
        has_subprofiles,
    };
    let row = |key, subprofile| DrawnRow {
        key: Some(key),
        subprofile,
        cells: BTreeMap::new(),
        interests: BTreeMap::new(),
        subcells: BTreeMap::new(),
    };
    let refusal = |world: &World, most| joined(world, 3, 0).1.refusal(most);
    // A hundred profiles, of which the rows match all but some; ids with another digit were changed since.
    let profiles: Vec<_> = (0..100).map(|at| (1000 + 5 * at, Some(at))).collect();
    let missing = |count: u64| World {
        rules: rules(false),
        rows: (count..100).map(|key| row(key, None)).collect(),
        profiles: profiles.clone(),
        subprofiles: Vec::new(),
    };
    for (count, most, is_refused) in [
        (0, Some(0.0), false),
        (1, Some(0.0), true),
        (10, Some(0.1), false),
        (11, Some(0.1), true),
        (29, Some(0.29), false),
        (30, Some(0.29), true),
        (99, None, false),
        (100, None, true),
        (100, Some(0.999), true),
        (100, Some(1.0), false),
    ] {
        let said = refusal(&missing(count), most);
        assert_eq!(said.is_some(), is_refused, "{count} of 100 with {most:?}: {said:?}");
    }
    let said = refusal(&missing(100), None).expect("a reason");
    assert!(said.ends_with("as if the file belonged to another database"), "{said}");
    let said = refusal(&missing(11), Some(0.1)).expect("a reason");
    assert!(said.contains("11 of the 100 profiles") && said.contains("remove_missing_share"), "{said}");
    // Of two profiles the rows match one, whose subprofile they name not; the other has four subprofiles, and three belong
    // to a profile that people do not see.
    let subprofiles = (0..8).map(|at| (500 + 5 * at, [1000, 1005, 7][[0, 1, 1, 1, 1, 2, 2, 2][at as usize]], Some(at)));
    let world = World {
        rules: rules(true),
        rows: vec![row(0, Some(Some(77)))],
        profiles: profiles[..2].to_vec(),
        subprofiles: subprofiles.collect(),
    };
    assert_eq!(refusal(&world, Some(0.2)), None);
    let said = refusal(&world, Some(0.19)).expect("a reason");
    assert!(said.contains("1 of the 5 subprofiles"), "{said}");
    let empty = World { profiles: Vec::new(), ..missing(0) };
    assert_eq!(refusal(&empty, Some(0.0)), None);
}
