//! The outcomes of a chunk's rows, and the ledger page.

use super::decide::{Effect, RowWrites};
use super::job::Job;
use super::passes::LoadedRow;
use crate::id::{ImportId, RecordId};
use crate::kind::Loaded;
use crate::ledger::{Chunk, ChunkGlance, FollowUp, Followed, Outcome, PageError, ProfilesGlance, SkipReason};
use crate::profile_form::{Matches, ProfileAction};
use crate::profiles::planned::Act;
use crate::records::apply::Applied;
use crate::store::keys::RecordKind;

/// The most other matches which the page names for a row.
const MOST_OTHERS: usize = 10;

/// The ledger page and the counts of the rows.
pub fn page(chunk: &Chunk, job: &Job<'_>, rows: Vec<LoadedRow<'_>>) -> Loaded {
    let mut loaded = Loaded::default();
    let mut glance = ProfilesGlance::default();
    for mut row in rows {
        let offset = u32::try_from(row.row.0 - chunk.first_row).expect("a chunk has few rows");
        if job.options.followups {
            loaded.follow_ups.extend(row.follow_ups(job.import, offset));
        }
        if let Ok(parsed) = &mut row.parsed {
            let emptied = std::mem::take(&mut parsed.emptied).into_iter();
            glance.emptied.extend(emptied.map(|cell| PageError::of(row.row, row.line, cell)));
        }
        let outcome = match (&row.writes, row.parsed.as_ref().err()) {
            (_, Some(error)) => {
                loaded.page.errors.push(PageError::of(row.row, row.line, error.clone()));
                Outcome::Failed
            }
            (Some(writes), None) => {
                glance.profiles += u32::from(matches!(writes.profile, Effect::Create));
                glance.subprofiles += u32::from(matches!(writes.subprofile, Effect::Create));
                let outcome = row.outcome(writes);
                let makes_no_profile = !matches!(writes.profile, Effect::Create);
                loaded.counts.things += u64::from(outcome == Outcome::Created && makes_no_profile);
                if outcome != Outcome::Created
                    && let Some(id) = row.acted_on(writes)
                {
                    loaded.page.became.push((offset, id.0));
                }
                outcome
            }
            (None, None) => Outcome::Unchanged,
        };
        if let Act::YieldsTo(later) = row.plan.act {
            glance.later.push((offset, later.0));
        }
        glance.others.extend(row.others(job).map(|others| (offset, others)));
        loaded.counts.count(outcome, 1);
        loaded.page.push(outcome);
    }
    loaded.page.glance = ChunkGlance::Profiles(glance);
    loaded.page.bound_errors();
    loaded.page = loaded.page.fitted();
    loaded
}

impl LoadedRow<'_> {
    /// The records to which the row wrote.
    fn follow_ups(&self, import: ImportId, offset: u32) -> Vec<FollowUp> {
        let Some(writes) = &self.writes else { return Vec::new() };
        let mut written: Vec<FollowUp> = Vec::new();
        let mut tell = |kind, record, followed| written.push(FollowUp { offset, kind, record, followed });
        for (kind, effect) in [(RecordKind::Profile, &writes.profile), (RecordKind::Subprofile, &writes.subprofile)] {
            let (records, followed) = match effect {
                Effect::Nothing | Effect::Left(_) => continue,
                Effect::Create => {
                    tell(kind, RecordId::of(import, self.row), Followed::Created);
                    continue;
                }
                Effect::Change { records, .. } => (records, Followed::Updated),
                Effect::Delete(records) => (records, Followed::Removed),
            };
            let is_written = |record: &&RecordId| self.applied.get(&(kind, **record)) == Some(&Applied::Written);
            records.iter().filter(is_written).for_each(|&record| tell(kind, record, followed));
        }
        written
    }

    /// The strongest outcome of the row's writes.
    fn outcome(&self, writes: &RowWrites) -> Outcome {
        let both = [(RecordKind::Profile, &writes.profile), (RecordKind::Subprofile, &writes.subprofile)];
        let outcomes = both.into_iter().filter_map(|(kind, effect)| self.outcome_of(kind, effect));
        outcomes.max_by_key(|outcome| strength(*outcome)).unwrap_or(Outcome::Unchanged)
    }

    fn outcome_of(&self, kind: RecordKind, effect: &Effect) -> Option<Outcome> {
        let best = |records: &[RecordId], written: Outcome| {
            let of = |id: &RecordId| match self.applied.get(&(kind, *id)) {
                Some(Applied::Written) => written,
                Some(Applied::Unchanged | Applied::Held) => Outcome::Unchanged,
                Some(Applied::Gone) | None => Outcome::Skipped(SkipReason::NoMatch),
            };
            records.iter().map(of).max_by_key(|outcome| strength(*outcome))
        };
        match effect {
            Effect::Nothing => None,
            Effect::Left(reason) => Some(Outcome::Skipped(*reason)),
            Effect::Create => Some(Outcome::Created),
            Effect::Change { records, .. } => best(records, Outcome::Updated),
            Effect::Delete(records) => best(records, Outcome::Deleted),
        }
    }

    /// The record which the row changed, deleted or left alone: of several the first.
    fn acted_on(&self, writes: &RowWrites) -> Option<RecordId> {
        let first = |effect: &Effect, matches: &[RecordId]| match effect {
            Effect::Change { records, .. } | Effect::Delete(records) => records.first().copied(),
            Effect::Left(SkipReason::MatchKept | SkipReason::Policy) => matches.first().copied(),
            Effect::Left(_) | Effect::Nothing | Effect::Create => None,
        };
        let profile = first(&writes.profile, &self.plan.profiles);
        profile.or_else(|| first(&writes.subprofile, &self.plan.subprofiles))
    }

    /// The other matches of the row, if the row wrote to the first alone.
    fn others(&self, job: &Job<'_>) -> Option<Vec<u64>> {
        let names = job.options.matches == Matches::First
            && job.options.action != ProfileAction::Add
            && self.parsed.is_ok()
            && self.plan.act == Act::Acts;
        let others: Vec<u64> = self.plan.profiles.iter().skip(1).take(MOST_OTHERS).map(|id| id.0).collect();
        (names && !others.is_empty()).then_some(others)
    }
}

/// The order of outcomes: of a row's two writes the stronger is the outcome of the row.
fn strength(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Created => 5,
        Outcome::Updated => 4,
        Outcome::Deleted => 3,
        Outcome::Unchanged => 2,
        Outcome::Skipped(_) => 1,
        Outcome::Failed => 0,
    }
}
