//! All entries of an account, through the search for a page of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{EntryPage, Walk, WantedPage};
use crate::concurrent::drained;
use crate::entries::by_hand;
use crate::entries::filter::EntryFilter;
use crate::id::{AccountId, ChunkNo, ImportId};
use crate::import::{Import, Roll};
use crate::services::Services;
use crate::store::{StoreError, decode, keys};
use crate::things::reference::referrers;

/// Imports read, or counted, at once.
const IMPORTS_AT_ONCE: usize = 32;

/// The page of an account's entries that pass a filter. The total is counted if the filter lets every entry through.
pub async fn of_account(
    services: &Services,
    account: AccountId,
    filter: &EntryFilter,
    wanted: &WantedPage,
) -> Result<EntryPage, StoreError> {
    let mut walk = Walk::new(services, account, filter, wanted);
    let total = walk_account(services, account, filter, &mut walk).await?;
    Ok(walk.page(total))
}

/// Walks the entries; returns how many there are, if nothing is filtered out.
async fn walk_account(
    services: &Services,
    account: AccountId,
    filter: &EntryFilter,
    walk: &mut Walk<'_>,
) -> Result<Option<u64>, StoreError> {
    let mut hand = by_hand::counts(services, account).await?;
    hand.reverse();
    let roll = Roll::read(services, account).await?;
    if filter.is_empty() {
        return unfiltered(services, account, &hand, &roll, walk).await.map(Some);
    }
    let candidates = candidates(services, account, filter).await?;
    let may = |import: ImportId| {
        filter.admits_import(import.0) && candidates.as_ref().is_none_or(|candidates| candidates.contains(&import))
    };
    let standing = roll.standing().filter(|(_, line)| line.standing() != Some(0)).map(|(import, _)| import);
    let wanted: Vec<_> = standing.filter(|&import| may(import) && !walk.is_past(import)).collect();
    for some in wanted.chunks(IMPORTS_AT_ONCE) {
        for import in imports(services, account, some).await?.values().rev() {
            if walk.is_done() {
                return Ok(None);
            }
            walk.import(import).await?;
        }
    }
    if may(ImportId::HAND) && !walk.is_done() {
        walk.by_hand(&hand).await?;
    }
    Ok(None)
}

/// The page by arithmetic; the count of all entries.
async fn unfiltered(
    services: &Services,
    account: AccountId,
    hand: &[(ChunkNo, u64)],
    roll: &Roll,
    walk: &mut Walk<'_>,
) -> Result<u64, StoreError> {
    let mut total: u64 = hand.iter().map(|(_, standing)| standing).sum();
    // What is not settled yet is counted import by import.
    let running: Vec<_> =
        roll.standing().filter(|(_, line)| line.standing().is_none()).map(|(import, _)| import).collect();
    let running = imports(services, account, &running).await?;
    let counted = drained(running.values().map(|import| import.counts(services)), IMPORTS_AT_ONCE).await?;
    let counted: BTreeMap<_, _> =
        running.keys().copied().zip(counted.iter().map(|counts| counts.created - counts.dropped)).collect();

    let mut wanted = Vec::new();
    let mut covered = 0;
    for (import, line) in roll.standing() {
        let standing = line.standing().or(counted.get(&import).copied()).unwrap_or_default();
        total += standing;
        // One that is running may hold more by the time it is read, so it is not passed over.
        let passed = wanted.is_empty() && line.standing().is_some() && walk.pass_over(standing);
        if standing > 0 && !passed && !walk.is_past(import) && covered < walk.needed() {
            wanted.push(import);
            // How many lie behind the entry that the page begins behind is not known.
            covered += if walk.begins_in(import) { 0 } else { standing };
        }
    }
    for some in wanted.chunks(IMPORTS_AT_ONCE) {
        for import in imports(services, account, some).await?.values().rev() {
            if walk.is_done() {
                return Ok(total);
            }
            walk.import(import).await?;
        }
    }
    if !walk.is_done() {
        walk.by_hand(hand).await?;
    }
    Ok(total)
}

/// Those of the imports that are to be seen, by number.
async fn imports(
    services: &Services,
    account: AccountId,
    wanted: &[ImportId],
) -> Result<BTreeMap<ImportId, Import>, StoreError> {
    let keys: Vec<_> = wanted.iter().map(|&import| keys::import(account, import)).collect();
    let mut found = BTreeMap::new();
    for item in services.store.get_many(&keys).await? {
        let import: Import = decode(item)?;
        if !import.status.is_gone() {
            found.insert(import.id, import);
        }
    }
    Ok(found)
}

/// The imports that can hold what passes: those that refer to the users, projects and tags that are asked for. Nothing,
/// if none is.
async fn candidates(
    services: &Services,
    account: AccountId,
    filter: &EntryFilter,
) -> Result<Option<BTreeSet<ImportId>>, StoreError> {
    let mut candidates: Option<BTreeSet<ImportId>> = None;
    for any in filter.named() {
        let mut imports = BTreeSet::new();
        for (kind, id) in any {
            imports.extend(referrers(services, account, kind, id).await?);
        }
        candidates = Some(match candidates {
            None => imports,
            Some(before) => &before & &imports,
        });
    }
    Ok(candidates)
}
