//! The changes and deletions which the rows of a chunk want, in passes, and the decisions on rows whose match is gone.
//!
//! | pass | writes |
//! |---|---|
//! | 1 | the profiles and subprofiles which rows change or delete |
//! | 2 | a link in each profile that stands and gets a new subprofile from a row which does not change the profile |
//!
//! A link holds the profile as long as the row stands ([`subprofiles_field`]). It comes before the subprofile, so that no
//! undo of the profile's maker leaves the subprofile without a profile. A row of which a match is gone is decided again
//! without the match, and takes part in the next round; a round takes at least one match from each of its rows.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::decide::{Effect, RowWrites, decide};
use super::job::Job;
use crate::id::{OwnerId, RecordId, Row};
use crate::import::ImportError;
use crate::kind::HeldChunk;
use crate::lease::LeasedError;
use crate::profile_form::ProfileRow;
use crate::profiles::planned::RowPlan;
use crate::records::apply::{Applied, Changes, Target};
use crate::records::record::RecordRef;
use crate::records::rules::RecordRules;
use crate::records::wanted::{Wanted, subprofiles_field};
use crate::store::keys::RecordKind;
use crate::table::RowError;

/// A row of a chunk on its way through the load.
pub struct LoadedRow<'r> {
    pub row: Row,
    /// The physical line on which the row begins.
    pub line: u64,
    pub parsed: Result<ProfileRow<'r>, RowError>,
    /// The plan, without matches which are gone by now.
    pub plan: RowPlan,
    /// The writes of the row. `None` before the first decision, and for a row which cannot be loaded.
    pub writes: Option<RowWrites>,
    /// The outcomes of the row's changes and deletions.
    pub applied: HashMap<RecordRef, Applied>,
}

impl<'r> LoadedRow<'r> {
    /// A row which is not decided yet.
    pub fn new(row: Row, line: u64, parsed: Result<ProfileRow<'r>, RowError>, plan: RowPlan) -> Self {
        Self { row, line, parsed, plan, writes: None, applied: HashMap::new() }
    }

    /// Decides on the writes of the row. A row which cannot be loaded gets its error.
    fn decide(&mut self, job: &Job<'_>) {
        let Ok(parsed) = &self.parsed else { return };
        match decide(job, self.row, parsed, &self.plan) {
            Ok(writes) => self.writes = Some(writes),
            Err(error) => {
                self.writes = None;
                self.parsed = Err(error);
            }
        }
    }

    /// Takes the matches from the plan which are gone. `false` if all are there.
    fn forget_gone(&mut self) -> bool {
        let gone = |kind: RecordKind, id: RecordId| self.applied.get(&(kind, id)) == Some(&Applied::Gone);
        let before = self.plan.profiles.len() + self.plan.subprofiles.len();
        let RowPlan { profiles, subprofiles, .. } = &mut self.plan;
        profiles.retain(|&id| !gone(RecordKind::Profile, id));
        subprofiles.retain(|&id| !gone(RecordKind::Subprofile, id));
        before != profiles.len() + subprofiles.len()
    }

    /// The changes and deletions of the row.
    fn targets(&self, job: &Job<'_>) -> Vec<Target> {
        let Some(writes) = &self.writes else { return Vec::new() };
        let of = |kind: RecordKind, effect: &Effect| {
            let (records, wanted) = match effect {
                Effect::Nothing | Effect::Left(_) | Effect::Create(_) => return Vec::new(),
                Effect::Delete(records) => (records, Wanted::Deletion),
                Effect::Change { records, values, fills } => {
                    let (fields, members, links) = (values.clone(), BTreeMap::new(), BTreeSet::new());
                    (records, Wanted::Change { fields, members, links, fills: *fills })
                }
            };
            let row = self.row;
            let target = |&record: &RecordId| Target { row, kind, record, address: None, wanted: wanted.clone() };
            records.iter().map(target).collect()
        };
        let mut targets: Vec<Target> = of(RecordKind::Profile, &writes.profile);
        if let Some(link) = self.link(job)
            && let Some(parent) = targets.iter_mut().find(|target| target.record == writes.parent)
            && let Wanted::Change { links, .. } = &mut parent.wanted
        {
            links.insert(link);
        }
        targets.extend(of(RecordKind::Subprofile, &writes.subprofile));
        targets
    }

    /// The link which the row's new subprofile needs in its profile, unless the import makes the profile too.
    fn link(&self, job: &Job<'_>) -> Option<String> {
        let writes = self.writes.as_ref()?;
        let makes = matches!(writes.subprofile, Effect::Create(_)) && writes.parent.import() != job.import;
        let collection = writes.collection.filter(|_| makes)?;
        Some(subprofiles_field(OwnerId(collection)))
    }
}

/// Decides on all rows, and writes to the records which stand. Afterwards only new records are left to be written.
pub async fn change_all<'r>(
    held: &HeldChunk<'_>,
    job: &Job<'_>,
    rules: &[RecordRules<'_>],
    mut rows: Vec<LoadedRow<'r>>,
) -> Result<Vec<LoadedRow<'r>>, ImportError> {
    let HeldChunk { services, import, chunk, lease } = *held;
    let changes = Changes::new((services, lease), (import, chunk), rules);
    let mut open: Vec<usize> = (0..rows.len()).collect();
    while !open.is_empty() {
        open.iter().for_each(|&at| rows[at].decide(job));
        apply(&changes, &mut rows, &open, |row| row.targets(job)).await?;
        let mut held_already: BTreeSet<RecordId> = BTreeSet::new();
        for &at in &open {
            let of_row = rows[at].targets(job).into_iter();
            let linked = of_row.filter(|target| target.kind == RecordKind::Profile && has_link(&target.wanted));
            held_already.extend(linked.map(|target| target.record));
        }
        let mut linked: BTreeMap<RecordId, Vec<usize>> = BTreeMap::new();
        for &at in &open {
            if let (Some(_), Some(writes)) = (rows[at].link(job), &rows[at].writes) {
                linked.entry(writes.parent).or_default().push(at);
            }
        }
        linked.retain(|parent, _| !held_already.contains(parent));
        let links = |row: &LoadedRow<'_>| -> Vec<Target> {
            let Some(link) = row.link(job) else { return Vec::new() };
            let parent = row.writes.as_ref().map(|writes| writes.parent);
            let (fields, members) = (BTreeMap::new(), BTreeMap::new());
            let wanted = Wanted::Change { fields, members, links: BTreeSet::from([link]), fills: false };
            let target = |record| Target { row: row.row, kind: RecordKind::Profile, record, address: None, wanted };
            parent.map(target).into_iter().collect()
        };
        let mut first: Vec<usize> = linked.values().map(|of_parent| of_parent[0]).collect();
        first.sort_unstable();
        apply(&changes, &mut rows, &first, links).await?;
        for (parent, of_parent) in linked {
            let name = (RecordKind::Profile, parent);
            let outcome = rows[of_parent[0]].applied.get(&name).copied();
            for at in of_parent.into_iter().skip(1) {
                rows[at].applied.extend(outcome.map(|outcome| (name, outcome)));
            }
        }
        open.retain(|&at| rows[at].forget_gone());
    }
    Ok(rows)
}

fn has_link(wanted: &Wanted) -> bool {
    matches!(wanted, Wanted::Change { links, .. } if !links.is_empty())
}

/// Writes the targets of some rows, and notes the outcomes. Of two deletions of a record the first counts, and the second
/// finds nothing.
async fn apply<'r>(
    changes: &Changes<'_>,
    rows: &mut [LoadedRow<'r>],
    some: &[usize],
    targets: impl Fn(&LoadedRow<'r>) -> Vec<Target>,
) -> Result<(), LeasedError> {
    let (mut wanted, mut of_rows, mut taken) = (Vec::new(), Vec::new(), BTreeSet::new());
    for &at in some {
        for target in targets(&rows[at]) {
            let name = (target.kind, target.record);
            if taken.insert(name) {
                wanted.push(target);
                of_rows.push((at, name));
            } else {
                rows[at].applied.insert(name, Applied::Gone);
            }
        }
    }
    for ((at, name), outcome) in of_rows.into_iter().zip(changes.apply(&wanted).await?) {
        rows[at].applied.insert(name, outcome);
    }
    Ok(())
}
