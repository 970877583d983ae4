//! The single transaction of an edit: the entries, with everything which is counted about the entries.

use std::collections::BTreeSet;

use super::EditError;
use crate::entries::Entry;
use crate::entries::by_hand::HAND_CHUNK;
use crate::id::{AccountId, EntryId, ImportId, ThingId};
use crate::import::{Import, dropped};
use crate::ledger::ChunkState;
use crate::results::summary;
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Write};
use crate::things::Thing;
use crate::things::reference::{Differences, Shift};
use crate::things::retired::Retirements;
use crate::things::sums::Sums;

/// The most writes which DynamoDB takes in a transaction.
pub(super) const MOST_WRITES: usize = 100;

/// An entry as stored and as it is to be; a missing `before` makes, a missing `after` deletes. All edits of a
/// transaction belong to the same import.
#[derive(Clone, Copy)]
pub(super) struct Edit<'e> {
    pub before: Option<&'e Entry>,
    pub after: Option<&'e Entry>,
}

/// The write which changes the count of entries made by hand in the entry's partition.
pub(super) fn counted(account: AccountId, id: EntryId, by: i64) -> Write {
    Write::update(keys::hand_count(account, id.row().chunk(HAND_CHUNK)), "ADD #n :by").bind(":by", by)
}

/// The writes which mark the chunk of an imported entry as edited, or count the deletion: on the chunk, which must
/// still be committed, in the summary, in the counters and on the roll.
pub(super) fn marks(import: &Import, id: EntryId, deleted: bool) -> Vec<Write> {
    let chunk = id.row().chunk(import.rows_per_chunk);
    let mark = Write::update(
        keys::chunk(import.account, import.id, chunk),
        if deleted { "SET #edited = :true ADD #dropped :one" } else { "SET #edited = :true" },
    );
    let mark = mark.when("#state = :committed").bind(":committed", ChunkState::Committed).bind(":true", true);
    let mut writes = vec![if deleted { mark.bind(":one", 1) } else { mark }];
    writes.extend(summary::mark(import, id, deleted));
    if deleted {
        let counts = keys::counts(import.account, import.id, chunk);
        writes.push(Write::update(counts, "ADD #dropped :one").bind(":one", 1));
        writes.push(dropped(import));
    }
    writes
}

/// The things to which an entry refers: user, project and tags.
fn named(entry: &Entry) -> impl Iterator<Item = (Kind, ThingId)> + '_ {
    let user = [(Kind::User, entry.user)];
    let project = entry.project.map(|id| (Kind::Project, id));
    user.into_iter().chain(project).chain(entry.tags.iter().map(|&id| (Kind::Tag, id)))
}

/// Sends `writes` together with all changes of references and totals caused by the edits; `false` if a condition was
/// refused because an item changed in between.
pub(super) async fn change(
    services: &Services,
    account: AccountId,
    edits: &[Edit<'_>],
    mut writes: Vec<Write>,
) -> Result<bool, EditError> {
    let Some(referrer) = edits.iter().find_map(|edit| edit.before.or(edit.after)).map(|entry| entry.id.import()) else {
        return Ok(true);
    };
    let mut shift = Shift::default();
    let Some(retirements) = touch_tags(services, account, edits, &mut shift).await? else {
        return Ok(false);
    };
    writes.extend(differences(edits).writes(services, account, referrer, &mut shift).await?);
    writes.extend(shift.writes(services, account, &retirements, ImportId::HAND).await?);
    if writes.len() > MOST_WRITES {
        return Err(EditError::TooMuch);
    }
    Ok(services.store.attempt_all(writes).await?)
}

/// The difference of totals per thing, and the users who are new among the participants of a project.
fn differences(edits: &[Edit<'_>]) -> Differences {
    let Differences { mut sums, mut participants } = Differences::default();
    for &Edit { before, after } in edits {
        if let Some(before) = before {
            let fewer = Sums::of(before).negated();
            named(before).for_each(|thing| sums.entry(thing).or_default().add(&fewer));
        }
        let Some(after) = after else { continue };
        let more = Sums::of(after);
        named(after).for_each(|thing| sums.entry(thing).or_default().add(&more));
        let is_new = before.is_none_or(|before| (before.user, before.project) != (after.user, after.project));
        if let Some(project) = after.project.filter(|_| is_new) {
            participants.entry((Kind::Project, project)).or_default().insert(after.user);
        }
    }
    Differences { sums, participants }
}

/// Fences the tags which edits give to entries with further tags, because an entry would count twice if two of its tags
/// were merged. The tags are read before the retirements, so a merge either is seen here or changes a tag which was
/// read. Returns the retirements, or `None` if a tag was deleted or merged in between.
async fn touch_tags(
    services: &Services,
    account: AccountId,
    edits: &[Edit<'_>],
    shift: &mut Shift,
) -> Result<Option<Retirements>, StoreError> {
    let several = edits.iter().filter(|edit| edit.after.is_some_and(|after| after.tags.len() > 1));
    let mut new: BTreeSet<ThingId> = BTreeSet::new();
    for edit in several.clone() {
        let had = |tag: &ThingId| edit.before.is_some_and(|before| before.tags.contains(tag));
        new.extend(edit.after.iter().flat_map(|after| &after.tags).filter(|tag| !had(tag)));
    }
    for id in new {
        let Some(tag) = Thing::get(services, account, Kind::Tag, id).await? else {
            return Ok(None);
        };
        shift.touch(tag);
    }
    let retirements = Retirements::read(services, account).await?;
    let meant = |tag: &ThingId| retirements.meant(Kind::Tag, *tag) == Some(*tag);
    let all_stand = several.flat_map(|edit| edit.after).all(|after| after.tags.iter().all(meant));
    Ok(all_stand.then_some(retirements))
}
