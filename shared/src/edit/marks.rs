//! Approvals and invoice marks on entries, one by one or many at once.
//!
//! Entries of a chunk are changed together, as many as a transaction can hold, and each transaction leaves all totals
//! right. A request which dies midway has changed some of the entries, and does the rest when sent again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::change::{Edit, MOST_WRITES, change, marks};
use super::entries::{maker, place};
use super::{EditError, KEPT_CHANGING, Rule};
use crate::concurrent::drained;
use crate::entries::Entry;
use crate::entries::by_hand::HAND_CHUNK;
use crate::id::{AccountId, ChunkNo, EntryId, ImportId, Row, ThingId};
use crate::import::Import;
use crate::services::Services;
use crate::store::keys::Kind;
use crate::store::{Patience, StoreError, Write, decode};
use crate::things::Thing;
use crate::things::retired::Retirements;

/// The most entries which a request marks, well within the 29 seconds of the API function.
pub const MOST_AT_ONCE: usize = 1000;
/// The most entries changed in a transaction, as long as the entries name few things.
const TOGETHER: usize = 40;
/// The most chunks whose entries are changed at once.
const CHUNKS_IN_FLIGHT: usize = 8;

/// A change of an entry's approval or invoice mark.
#[derive(Clone, Copy, Debug)]
pub enum Mark {
    /// Approved by the user at the time given in milliseconds since the epoch.
    Approved(ThingId, i64),
    /// No longer approved.
    Unapproved,
    /// Invoiced on the day given, or no longer invoiced for `None`.
    Invoiced(Option<Date>),
}

/// Marks a single entry, or fails with the rule which forbids the mark.
pub async fn mark(services: &Services, account: AccountId, id: EntryId, mark: Mark) -> Result<(), EditError> {
    let marking =
        |archived: &BTreeSet<ThingId>, _: &Retirements, entry: &Entry| marked(archived, entry, mark).map(Some);
    let changed = each(services, account, &[id], &marking).await?;
    if changed == 0 { Err(EditError::NotFound) } else { Ok(()) }
}

/// Marks several entries. Entries which do not exist, and entries whose mark a rule forbids, stay as they are.
pub async fn mark_all(services: &Services, account: AccountId, ids: &[EntryId], mark: Mark) -> Result<(), EditError> {
    let marking = |archived: &BTreeSet<ThingId>, _: &Retirements, entry: &Entry| Ok(marked(archived, entry, mark).ok());
    each(services, account, ids, &marking).await.map(drop)
}

fn marked(archived: &BTreeSet<ThingId>, entry: &Entry, mark: Mark) -> Result<Entry, EditError> {
    let is_archived = entry.project.is_some_and(|project| archived.contains(&project));
    let mut entry = entry.clone();
    match mark {
        Mark::Approved(..) | Mark::Unapproved if is_archived => {
            return Err(EditError::Forbidden(Rule::ArchivedProject));
        }
        Mark::Approved(..) if entry.approved_at.is_some() => return Err(EditError::Forbidden(Rule::AlreadyApproved)),
        Mark::Approved(by, at) => (entry.approved_at, entry.approved_by) = (Some(at), Some(by)),
        Mark::Unapproved => (entry.approved_at, entry.approved_by) = (None, None),
        Mark::Invoiced(day) => (entry.invoiced_at, entry.invoiced) = (day, Some(day.is_some())),
    }
    Ok(entry)
}

/// The function which computes a changed entry from archived projects, retirements and the resolved entry, or returns
/// `None` to leave the entry as it is.
type Change<'c> = dyn Fn(&BTreeSet<ThingId>, &Retirements, &Entry) -> Result<Option<Entry>, EditError> + Sync + 'c;

/// Changes entries, chunk by chunk. Returns how many of the entries exist.
pub(super) async fn each(
    services: &Services,
    account: AccountId,
    ids: &[EntryId],
    how: &Change<'_>,
) -> Result<usize, EditError> {
    let mut of_imports: BTreeMap<ImportId, BTreeSet<EntryId>> = BTreeMap::new();
    for &id in ids.iter().filter(|id| id.row() != Row(0)) {
        of_imports.entry(id.import()).or_default().insert(id);
    }
    let mut chunks: BTreeMap<(ImportId, ChunkNo), Vec<EntryId>> = BTreeMap::new();
    for (import, ids) in of_imports {
        let rows = match import {
            ImportId::HAND => HAND_CHUNK,
            import => match Import::get(services, account, import).await? {
                Some(import) => import.rows_per_chunk,
                None => continue,
            },
        };
        ids.into_iter().for_each(|id| chunks.entry((import, id.row().chunk(rows))).or_default().push(id));
    }
    let changed = chunks.into_values().map(|ids| of_chunk(services, account, ids, how));
    Ok(drained(changed, CHUNKS_IN_FLIGHT).await?.into_iter().sum())
}

/// Changes entries of a chunk in transactions which run in turn.
async fn of_chunk(
    services: &Services,
    account: AccountId,
    mut ids: Vec<EntryId>,
    how: &Change<'_>,
) -> Result<usize, EditError> {
    let mut patience = Patience::new();
    let (mut changed, mut together) = (0, TOGETHER);
    while !ids.is_empty() {
        let some = &ids[..together.min(ids.len())];
        match together_changed(services, account, some, how).await {
            Ok(Some(there)) => {
                changed += there;
                ids.drain(..some.len());
                patience = Patience::new();
            }
            Ok(None) => patience.wait(false, KEPT_CHANGING).await?,
            // Entries which name many things are changed in smaller transactions.
            Err(EditError::TooMuch) if together > 1 => together /= 2,
            Err(error) => return Err(error),
        }
    }
    Ok(changed)
}

/// Changes the entries in a single transaction. Returns the number of entries which exist, or `None` if an item changed
/// in between.
async fn together_changed(
    services: &Services,
    account: AccountId,
    ids: &[EntryId],
    how: &Change<'_>,
) -> Result<Option<usize>, EditError> {
    let Some(&first) = ids.first() else { return Ok(Some(0)) };
    let import = match maker(services, account, first).await {
        Err(EditError::NotFound) => return Ok(Some(0)),
        import => import?,
    };
    let keys: Vec<_> = ids.iter().map(|&id| place(account, id, import.as_ref())).collect();
    let stored: Vec<Entry> =
        services.store.get_many(&keys).await?.into_iter().map(decode).collect::<Result<_, StoreError>>()?;
    let retirements = Retirements::read(services, account).await?;
    let archived = archived(services, account, &retirements, &stored).await?;
    let mut edits = Vec::new();
    for before in &stored {
        let mut seen = before.clone();
        retirements.resolve(&mut seen);
        if let Some(mut after) = how(&archived, &retirements, &seen)?.filter(|after| *after != seen) {
            after.version = before.version + 1;
            after.updated_at = services.clock.now_ms();
            edits.push((before, after));
        }
    }
    let put = |(before, after): &(&Entry, Entry)| {
        let write = Write::put(place(account, before.id, import.as_ref()), after);
        write.if_version(before.version)
    };
    let mut writes: Vec<_> = edits.iter().map(put).collect();
    if writes.is_empty() {
        return Ok(Some(stored.len()));
    }
    writes.extend(import.iter().flat_map(|import| marks(import, first, false)));
    if writes.len() > MOST_WRITES {
        return Err(EditError::TooMuch);
    }
    let edits: Vec<_> =
        edits.iter().map(|(before, after)| Edit { before: Some(*before), after: Some(after) }).collect();
    Ok(change(services, account, &edits, writes).await?.then_some(stored.len()))
}

/// The archived projects among the projects of the entries.
async fn archived(
    services: &Services,
    account: AccountId,
    retirements: &Retirements,
    entries: &[Entry],
) -> Result<BTreeSet<ThingId>, StoreError> {
    let wanted: BTreeSet<_> = entries.iter().filter_map(|entry| retirements.project(entry)).collect();
    let wanted: Vec<_> = wanted.into_iter().map(|id| (Kind::Project, id)).collect();
    let projects = Thing::get_many(services, account, &wanted).await?.into_iter();
    Ok(projects.filter(Thing::is_archived).map(|thing| thing.id).collect())
}
