//! The removal of the records which no row of the file matched, a chunk of them at a time.
//!
//! The join has noted an id for each row of the chunk. A record that is gone by now, or to which somebody or an undo has
//! written since the join began, stays as it is and is not counted.

use std::collections::BTreeMap;

use crate::id::Row;
use crate::import::{Counts, ImportError};
use crate::kind::{HeldChunk, Loaded};
use crate::ledger::{ChunkGlance, FollowUp, Followed, Page, ProfilesGlance};
use crate::profiles::planned::RowPlan;
use crate::records::apply::{Applied, Changes, Target};
use crate::records::rules::RecordRules;
use crate::records::wanted::Wanted;
use crate::store::StoreError;
use crate::store::keys::RecordKind;

/// Removes the records of a claimed chunk, whose plans are given by their offsets in the chunk.
pub async fn remove_missing(
    held: &HeldChunk<'_>,
    plans: &BTreeMap<u32, RowPlan>,
    rules: &[RecordRules<'_>],
) -> Result<Loaded, ImportError> {
    let HeldChunk { services, import, chunk, lease } = *held;
    let missing = import.joined.as_ref().and_then(|joined| joined.missing);
    let missing = missing.ok_or_else(|| StoreError::Shape(format!("import {} removes nothing", import.id)))?;
    let named = plans.iter().flat_map(|(&offset, plan)| {
        let row = Row(chunk.first_row + u64::from(offset));
        let profiles = plan.profiles.iter().map(move |&record| (row, RecordKind::Profile, record));
        profiles.chain(plan.subprofiles.iter().map(move |&record| (row, RecordKind::Subprofile, record)))
    });
    let wanted = Wanted::Removal { since: missing.began_at };
    let targets: Vec<Target> =
        named.map(|(row, kind, record)| Target { row, kind, record, address: None, wanted: wanted.clone() }).collect();
    let changes = Changes::new((services, lease), (import, chunk), rules);
    let applied = changes.apply(&targets).await?;
    let removed = targets.iter().zip(applied).filter(|(_, applied)| *applied == Applied::Written);
    let offset = |row: Row| u32::try_from(row.0 - chunk.first_row).expect("a chunk has few rows");
    let removed: Vec<FollowUp> = removed
        .map(|(&Target { row, kind, record, .. }, _)| {
            let followed = Followed::Removed;
            FollowUp { offset: offset(row), kind, record, followed }
        })
        .collect();
    let became: Vec<(u32, u64)> = removed.iter().map(|removed| (removed.offset, removed.record.0)).collect();
    let counts = Counts { removed_missing: became.len() as u64, ..Counts::default() };
    let page = Page { became, glance: ChunkGlance::Profiles(ProfilesGlance::default()), ..Page::default() };
    let follow_ups = if import.has_follow_ups() { removed } else { Vec::new() };
    Ok(Loaded { page, counts, follow_ups })
}
