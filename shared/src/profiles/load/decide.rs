//! Decides on the writes of a row, given what the join found for the row. A pure function of row, plan and options.
//!
//! | action | a match | no match |
//! |---|---|---|
//! | `add` | another profile is created | created |
//! | `update` | changed | skipped: `no_match` |
//! | `update or add` | changed | created |
//! | `ignore or add` | left alone: `match_kept` | created |
//! | `delete` | deleted | skipped: `no_match` |
//!
//! The table holds for the profile, and for the subprofile among those of the profile. A row of a file with subprofiles
//! leads or follows: of the rows with the key of a profile one writes the profile, and each writes its own subprofile.

use super::job::Job;
use crate::id::{RecordId, Row};
use crate::ledger::SkipReason;
use crate::profile_form::{DeleteTarget, Matches, ProfileAction, ProfileRow, RowKey, SubprofileRow, UpdatePolicy};
use crate::profiles::planned::{Act, MOST_MATCHES, RowPlan};
use crate::table::{ErrorCode, RowError};

/// The most matches which an error names.
const MOST_NAMED: usize = 5;

/// The writes which a row wants.
#[derive(Clone, Debug, PartialEq)]
pub struct RowWrites {
    pub profile: Effect,
    pub subprofile: Effect,
    /// The profile of the row's subprofile: a match, or the profile which the leader makes.
    pub parent: RecordId,
    /// The collection of the row's subprofile.
    pub collection: Option<u64>,
}

/// The write which a row wants of its profile, or of its subprofile. The values are those of [`Job::values`], which are made when
/// they are written: those of all rows of a chunk at once would take many times the memory of the chunk's bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// The row says nothing of the record.
    Nothing,
    /// The record is left out, or left alone.
    Left(SkipReason),
    /// A new record with the values of the row.
    Create,
    /// The values of the row in the matches.
    Change {
        records: Vec<RecordId>,
        /// `true` if only fields without a value are written.
        fills: bool,
    },
    /// The matches deleted.
    Delete(Vec<RecordId>),
}

impl RowWrites {
    fn left(reason: SkipReason) -> Self {
        Self { profile: Effect::Left(reason), subprofile: Effect::Nothing, parent: RecordId(0), collection: None }
    }
}

/// Decides on the writes of a row.
///
/// # Errors
/// The row cannot be loaded: an empty key, or several matches which the options refuse.
pub fn decide(job: &Job<'_>, number: Row, row: &ProfileRow<'_>, plan: &RowPlan) -> Result<RowWrites, RowError> {
    if let Act::YieldsTo(_) = plan.act {
        return Ok(RowWrites::left(SkipReason::SameKeyLater));
    }
    let row = RowInHand { job, number, row, plan, subprofile: row.subprofiles.first() };
    match job.options.action {
        ProfileAction::Add => Ok(row.add()),
        ProfileAction::Delete => row.delete(),
        ProfileAction::Update | ProfileAction::UpdateOrAdd | ProfileAction::IgnoreOrAdd => row.upsert(),
    }
}

/// A row with everything that decides on its writes.
struct RowInHand<'r> {
    job: &'r Job<'r>,
    number: Row,
    row: &'r ProfileRow<'r>,
    plan: &'r RowPlan,
    subprofile: Option<&'r SubprofileRow<'r>>,
}

impl<'r> RowInHand<'r> {
    /// The row's subprofile, unless all of its cells are empty.
    fn filled(&self) -> Option<&'r SubprofileRow<'r>> {
        self.subprofile.filter(|subprofile| !subprofile.is_blank())
    }

    fn collection(&self) -> Option<u64> {
        self.subprofile.map(|subprofile| subprofile.collection)
    }

    /// The profile which the row, or its leader, makes.
    fn made(&self) -> RecordId {
        match self.plan.act {
            Act::Follows(leader) => RecordId::of(self.job.import, leader),
            Act::Acts | Act::YieldsTo(_) => RecordId::of(self.job.import, self.number),
        }
    }

    /// A new profile, unless the leader makes it.
    fn created(&self) -> Effect {
        match self.plan.act {
            Act::Follows(_) => Effect::Nothing,
            Act::Acts | Act::YieldsTo(_) => Effect::Create,
        }
    }

    fn add(&self) -> RowWrites {
        let subprofile = self.filled().map_or(Effect::Nothing, |_| Effect::Create);
        RowWrites { profile: self.created(), subprofile, parent: self.made(), collection: self.collection() }
    }

    fn delete(&self) -> Result<RowWrites, RowError> {
        let has_subprofile_key = self.subprofile.is_some_and(|subprofile| has_values(&subprofile.key));
        let lacks_subprofile_key = self.job.finds_subprofiles && !has_subprofile_key;
        if self.row.key == RowKey::Nothing || lacks_subprofile_key {
            return Err(key_is_empty());
        }
        let RowPlan { profiles, subprofiles, .. } = self.plan;
        let target = self.job.options.delete_target;
        let matches = match target {
            // A profile without a matching subprofile is no match.
            DeleteTarget::Profile if self.job.finds_subprofiles && subprofiles.is_empty() => &[],
            DeleteTarget::Profile => profiles.as_slice(),
            DeleteTarget::Subprofile => subprofiles.as_slice(),
        };
        if matches.is_empty() {
            return Ok(RowWrites::left(SkipReason::NoMatch));
        }
        let deletion = Effect::Delete(self.chosen(matches)?);
        let (profile, subprofile) = match target {
            DeleteTarget::Profile => (deletion, Effect::Nothing),
            DeleteTarget::Subprofile => (Effect::Nothing, deletion),
        };
        Ok(RowWrites { profile, subprofile, parent: RecordId(0), collection: self.collection() })
    }

    fn upsert(&self) -> Result<RowWrites, RowError> {
        let adds = self.job.options.action != ProfileAction::Update;
        let has_key = self.row.key != RowKey::Nothing;
        let lacks_subprofile_key = self.filled().is_some_and(|subprofile| !has_values(&subprofile.key));
        if !adds && (!has_key || lacks_subprofile_key) {
            return Err(key_is_empty());
        }
        let matches = if has_key { self.plan.profiles.as_slice() } else { &[] };
        let chosen = self.chosen(matches)?;
        let Some(&parent) = chosen.first() else {
            if !adds {
                return Ok(RowWrites::left(SkipReason::NoMatch));
            }
            if has_key && self.job.finds_by_number {
                return Err(number_is_chosen());
            }
            return Ok(self.add());
        };
        let profile = match (self.plan.act, self.left_alone()) {
            (Act::Follows(_), _) => Effect::Nothing,
            (_, Some(reason)) => Effect::Left(reason),
            (_, None) => Effect::Change { records: chosen, fills: self.fills() },
        };
        let subprofile = match self.filled() {
            Some(subprofile) => self.upsert_subprofile(subprofile, adds)?,
            None => Effect::Nothing,
        };
        Ok(RowWrites { profile, subprofile, parent, collection: self.collection() })
    }

    /// The write of a subprofile whose profile stands.
    fn upsert_subprofile(&self, subprofile: &SubprofileRow<'_>, adds: bool) -> Result<Effect, RowError> {
        let matches = if has_values(&subprofile.key) { self.plan.subprofiles.as_slice() } else { &[] };
        let records = self.chosen(matches)?;
        Ok(match self.left_alone() {
            _ if records.is_empty() && adds => Effect::Create,
            _ if records.is_empty() => Effect::Left(SkipReason::NoMatch),
            Some(reason) => Effect::Left(reason),
            None => Effect::Change { records, fills: self.fills() },
        })
    }

    /// The reason why the action leaves a match alone, if it does.
    fn left_alone(&self) -> Option<SkipReason> {
        match (self.job.options.action, self.job.options.update_policy) {
            (ProfileAction::IgnoreOrAdd, _) => Some(SkipReason::MatchKept),
            (_, UpdatePolicy::Skip) => Some(SkipReason::Policy),
            (_, UpdatePolicy::Overwrite | UpdatePolicy::FillEmpty) => None,
        }
    }

    fn fills(&self) -> bool {
        self.job.options.update_policy == UpdatePolicy::FillEmpty
    }

    /// The matches to which the row writes.
    fn chosen(&self, matches: &[RecordId]) -> Result<Vec<RecordId>, RowError> {
        match self.job.options.matches {
            Matches::First => Ok(matches.iter().take(1).copied().collect()),
            Matches::Refuse if matches.len() > 1 => Err(several(matches)),
            Matches::All if matches.len() > MOST_MATCHES => {
                let message = format!("the key matches more than {MOST_MATCHES} records, to which a row may write");
                Err(RowError::of_row(ErrorCode::SeveralMatches, "", message))
            }
            Matches::All | Matches::Refuse => Ok(matches.to_vec()),
        }
    }
}

fn has_values(key: &RowKey<'_>) -> bool {
    matches!(key, RowKey::Values(_))
}

fn key_is_empty() -> RowError {
    RowError::of_row(ErrorCode::Missing, "", "key is empty: a row without a value in each key field matches nothing")
}

fn number_is_chosen() -> RowError {
    RowError::of_row(
        ErrorCode::UnknownId,
        "",
        "ID cannot be chosen: no profile has the ID, and a new profile gets its own",
    )
}

fn several(matches: &[RecordId]) -> RowError {
    let named: Vec<String> = matches.iter().take(MOST_NAMED).map(ToString::to_string).collect();
    let more = matches.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let message = format!("the key matches {} records: {}{more}", matches.len(), named.join(", "));
    RowError::of_row(ErrorCode::SeveralMatches, "", message)
}
