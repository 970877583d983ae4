//! The search for a page among all entries of an account: imports in descending order, then entries made by hand.

use std::collections::{BTreeMap, BTreeSet};

use super::{EntryPage, Walk, WantedPage};
use crate::concurrent::drained;
use crate::entries::by_hand;
use crate::entries::filter::EntryFilter;
use crate::id::{AccountId, ChunkNo, ImportId};
use crate::import::{Import, Roll, RollOf};
use crate::services::Services;
use crate::store::{StoreError, decode, keys};
use crate::things::reference::referrers;

/// The most imports read or counted at once.
const IMPORTS_AT_ONCE: usize = 32;

/// Finds the page of an account's entries which pass a filter. The total is counted only for an empty filter.
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

/// Walks the account's entries. Returns the number of all entries for an empty filter, else `None`.
async fn walk_account(
    services: &Services,
    account: AccountId,
    filter: &EntryFilter,
    walk: &mut Walk<'_>,
) -> Result<Option<u64>, StoreError> {
    let mut hand = by_hand::counts(services, account).await?;
    hand.reverse();
    let roll = Roll::read(services, account, RollOf::Entries).await?;
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

/// Finds the page by counting alone, and returns the number of all entries.
async fn unfiltered(
    services: &Services,
    account: AccountId,
    hand: &[(ChunkNo, u64)],
    roll: &Roll,
    walk: &mut Walk<'_>,
) -> Result<u64, StoreError> {
    let mut total: u64 = hand.iter().map(|(_, standing)| standing).sum();
    // The roll has no count for an import before the import settles, so the counters of the import are read.
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
        // A running import may hold more entries by the time of reading, so its count is no ground for skipping the
        // import.
        let passed = wanted.is_empty() && line.standing().is_some() && walk.pass_over(standing);
        if standing > 0 && !passed && !walk.is_past(import) && covered < walk.needed() {
            wanted.push(import);
            // If the page begins inside the import, the number of entries behind the start is unknown.
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

/// The visible imports among `wanted`, by number; undone imports are left out.
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

/// The imports which may hold passing entries, because the import refers to the users, projects and tags of the filter.
/// `None` if the filter names no user, project or tag, so every import may hold passing entries.
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
