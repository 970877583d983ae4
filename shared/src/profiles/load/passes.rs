//! The changes and deletions which the rows of a chunk want, in passes, and the decisions on rows whose match is gone.
//!
//! | pass | writes |
//! |---|---|
//! | 1 | the profiles which rows change or delete |
//! | 2 | a link in each other profile of which a row makes or changes a subprofile |
//! | 3 | the subprofiles which rows change or delete |
//!
//! A link holds the profile as long as the row stands ([`subprofiles_field`]). It comes before the subprofile is written, so
//! that no undo of the profile's maker leaves the subprofile without a profile. A row of which a match is gone is decided again
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
use crate::records::Writer;
use crate::records::apply::{Applied, Changes, Target};
use crate::records::record::{RecordRef, subprofiles_field};
use crate::records::rules::RecordRules;
use crate::records::wanted::{Due, Wanted, due};
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
    /// The profiles which the row holds in this round, each with the subprofile that the row changes, or `None` for one that
    /// the row makes.
    holds: Vec<(RecordId, Option<RecordId>)>,
}

impl<'r> LoadedRow<'r> {
    /// A row which is not decided yet.
    pub fn new(row: Row, line: u64, parsed: Result<ProfileRow<'r>, RowError>, plan: RowPlan) -> Self {
        Self { row, line, parsed, plan, writes: None, applied: HashMap::new(), holds: Vec::new() }
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
        let before = self.plan.profiles.len() + self.plan.subprofiles.len();
        let mut plan = std::mem::take(&mut self.plan);
        plan.profiles.retain(|&id| !self.is_gone(RecordKind::Profile, id));
        plan.subprofiles.retain(|&id| !self.is_gone(RecordKind::Subprofile, id));
        self.plan = plan;
        before != self.plan.profiles.len() + self.plan.subprofiles.len()
    }

    /// The changes and deletions which the row wants of profiles, with its links in them, or of subprofiles.
    fn targets(&self, job: &Job<'_>, kind: RecordKind) -> Vec<Target> {
        let (Some(writes), Ok(parsed)) = (&self.writes, &self.parsed) else { return Vec::new() };
        let effect = if kind == RecordKind::Subprofile { &writes.subprofile } else { &writes.profile };
        let (records, wanted) = match effect {
            Effect::Nothing | Effect::Left(_) | Effect::Create => return Vec::new(),
            Effect::Delete(records) => (records, Wanted::Deletion),
            Effect::Change { records, fills } => {
                let fields = job.values(kind, parsed, &self.plan);
                let (members, links) = (BTreeMap::new(), BTreeSet::new());
                (records, Wanted::Change { fields, members, links, fills: *fills })
            }
        };
        let target = |&record: &RecordId| {
            let mut wanted = wanted.clone();
            if let (true, Wanted::Change { links, .. }) = (kind == RecordKind::Profile, &mut wanted) {
                links.extend(self.link().filter(|_| self.holds.iter().any(|(profile, _)| *profile == record)));
            }
            Target { row: self.row, kind, record, address: None, wanted }
        };
        records.iter().map(target).collect()
    }

    /// The name of the field by which the row holds the profile of its subprofile.
    fn link(&self) -> Option<String> {
        let collection = self.writes.as_ref()?.collection?;
        Some(subprofiles_field(OwnerId(collection)))
    }

    /// The link in a profile, where the row writes nothing else.
    fn link_in(&self, record: RecordId) -> Option<Target> {
        let (fields, members, links) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::from([self.link()?]));
        let wanted = Wanted::Change { fields, members, links, fills: false };
        Some(Target { row: self.row, kind: RecordKind::Profile, record, address: None, wanted })
    }

    fn is_gone(&self, kind: RecordKind, record: RecordId) -> bool {
        self.applied.get(&(kind, record)) == Some(&Applied::Gone)
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
        find_holds(&changes, (job, rules), &mut rows, &open).await?;
        let of_profiles = targets(job, &rows, &open, RecordKind::Profile);
        let held: BTreeSet<RecordId> =
            of_profiles.iter().filter(|(_, target)| has_link(target)).map(|(_, target)| target.record).collect();
        apply(&changes, &mut rows, of_profiles).await?;
        let links = links(&rows, &open, &held);
        apply(&changes, &mut rows, links).await?;
        share_outcomes(&mut rows, &open);
        let mut of_subprofiles = targets(job, &rows, &open, RecordKind::Subprofile);
        of_subprofiles.retain(|(at, target)| !rows[*at].is_gone(target.kind, target.record));
        apply(&changes, &mut rows, of_subprofiles).await?;
        open.retain(|&at| rows[at].forget_gone());
    }
    Ok(rows)
}

/// The changes and deletions which some rows want of profiles or of subprofiles, each with the place of its row.
fn targets(job: &Job<'_>, rows: &[LoadedRow<'_>], some: &[usize], kind: RecordKind) -> Vec<(usize, Target)> {
    some.iter().flat_map(|&at| rows[at].targets(job, kind).into_iter().map(move |target| (at, target))).collect()
}

fn has_link(target: &Target) -> bool {
    matches!(&target.wanted, Wanted::Change { links, .. } if !links.is_empty())
}

/// Finds the profiles which rows hold.
///
/// A row which makes a subprofile holds the profile, unless the import made the profile. A row which changes a subprofile holds
/// a profile which another import made.
async fn find_holds(
    changes: &Changes<'_>,
    (job, rules): (&Job<'_>, &[RecordRules<'_>]),
    rows: &mut [LoadedRow<'_>],
    some: &[usize],
) -> Result<(), ImportError> {
    // People's profiles stay, and those of the import go with the rows.
    let may_go = |profile: RecordId| profile.import() != job.import && !profile.import().is_by_hand();
    for &at in some {
        let row = &mut rows[at];
        let makes = row.writes.as_ref().filter(|writes| matches!(writes.subprofile, Effect::Create));
        let parent = makes.map(|writes| writes.parent).filter(|parent| parent.import() != job.import);
        row.holds = parent.into_iter().map(|parent| (parent, None)).collect();
    }
    let mut changed = targets(job, rows, some, RecordKind::Subprofile);
    changed.retain(|(at, target)| {
        matches!(target.wanted, Wanted::Change { .. }) && rows[*at].plan.profiles.iter().any(|&profile| may_go(profile))
    });
    let Some(of_subprofiles) = rules.iter().find(|rules| rules.kind == RecordKind::Subprofile) else { return Ok(()) };
    let names: Vec<RecordRef> = changed.iter().map(|(_, target)| (target.kind, target.record)).collect();
    let records = changes.records(&names).await?;
    for (at, target) in changed {
        let Some(record) = records.get(&(target.kind, target.record)) else { continue };
        let me = Writer::of(job.import, target.row);
        let due = due(Some(record), &target.wanted, me, of_subprofiles.terms, record.updated_at);
        if let (Due::Write { .. }, Some(parent)) = (due, record.parent.filter(|&parent| may_go(parent))) {
            rows[at].holds.push((parent, Some(target.record)));
        }
    }
    Ok(())
}

/// The links in the profiles which rows hold, but for those in profiles which are `held` already: each by the first of its rows.
fn links(rows: &[LoadedRow<'_>], some: &[usize], held: &BTreeSet<RecordId>) -> Vec<(usize, Target)> {
    let mut held = held.clone();
    let mut links = Vec::new();
    for &at in some {
        for (profile, _) in &rows[at].holds {
            if held.insert(*profile) {
                links.extend(rows[at].link_in(*profile).map(|link| (at, link)));
            }
        }
    }
    links
}

/// Notes the outcome of a link for each row that holds the profile. A subprofile goes with its profile.
fn share_outcomes(rows: &mut [LoadedRow<'_>], some: &[usize]) {
    let mut gone = BTreeSet::new();
    for &at in some {
        let of_row = rows[at].applied.iter().filter(|(_, outcome)| **outcome == Applied::Gone);
        gone.extend(of_row.map(|(name, _)| *name));
    }
    for &at in some {
        for (profile, subprofile) in std::mem::take(&mut rows[at].holds) {
            if gone.contains(&(RecordKind::Profile, profile)) {
                let subprofile = subprofile.map(|subprofile| (RecordKind::Subprofile, subprofile));
                let names = [(RecordKind::Profile, profile)].into_iter().chain(subprofile);
                rows[at].applied.extend(names.map(|name| (name, Applied::Gone)));
            }
        }
    }
}

/// Writes targets, and notes the outcomes for their rows. Of two deletions of a record the first counts, and the second finds
/// nothing.
async fn apply(
    changes: &Changes<'_>,
    rows: &mut [LoadedRow<'_>],
    targets: Vec<(usize, Target)>,
) -> Result<(), LeasedError> {
    let (mut wanted, mut of_rows, mut taken) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (at, target) in targets {
        let name = (target.kind, target.record);
        if taken.insert(name) {
            wanted.push(target);
            of_rows.push((at, name));
        } else {
            rows[at].applied.insert(name, Applied::Gone);
        }
    }
    for ((at, name), outcome) in of_rows.into_iter().zip(changes.apply(&wanted).await?) {
        rows[at].applied.insert(name, outcome);
    }
    Ok(())
}
