//! Deletion of projects and tags whose references have no entries any more, and whose maker has settled.

use super::{EditError, Rule};
use crate::id::{AccountId, ImportId};
use crate::import::Import;
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Table, Write, decode};
use crate::things::Thing;
use crate::things::reference::{Reference, referrer};

/// The most references without entries which are deleted together with the thing, since a transaction takes a hundred
/// writes.
const MOST_EMPTY: usize = 90;

/// Refuses an edit which takes a thing off the list of things made by an import, while the import is not sealed: a running
/// fold builds the list and would miss the edit, and a resumed import may make the thing again.
pub async fn maker_has_settled(services: &Services, account: AccountId, thing: &Thing) -> Result<(), EditError> {
    if thing.created_by == ImportId::HAND {
        return Ok(());
    }
    let maker = Import::get(services, account, thing.created_by).await?;
    match maker {
        Some(maker) if !maker.is_sealed() && !maker.status.is_gone() => Err(EditError::Forbidden(Rule::Locked)),
        _ => Ok(()),
    }
}

/// The writes which delete all references to `things`. `None` if a reference has entries or may get entries, or if a
/// transaction cannot hold the writes.
pub async fn all_without_entries(
    services: &Services,
    account: AccountId,
    things: &[Thing],
) -> Result<Option<Vec<Write>>, StoreError> {
    let mut writes = Vec::new();
    for thing in things {
        match without_entries(services, account, thing).await? {
            Some(some) if writes.len() + some.len() + 3 * things.len() <= MOST_EMPTY + 3 => writes.extend(some),
            _ => return Ok(None),
        }
    }
    Ok(Some(writes))
}

async fn without_entries(
    services: &Services,
    account: AccountId,
    thing: &Thing,
) -> Result<Option<Vec<Write>>, StoreError> {
    // Totals are complete for projects and tags only, so every reference to a client or user counts as in use.
    if matches!(thing.kind(), Kind::Client | Kind::User) && thing.refs > 0 {
        return Ok(None);
    }
    let mut writes = Vec::new();
    for item in services.store.all(keys::references(account, thing.kind(), thing.id)).await? {
        let key = keys::Key::of(Table::Workspace, &item);
        let settled = match referrer(&key)? {
            ImportId::HAND => true,
            import => Import::get(services, account, import).await?.is_some_and(|import| import.is_sealed()),
        };
        let reference: Reference = decode(item)?;
        if !settled || reference.sums().entries != 0 || writes.len() == MOST_EMPTY {
            return Ok(None);
        }
        let delete = Write::delete(key).when("#hand_entries = :seen OR attribute_not_exists(#hand_entries)");
        writes.push(delete.bind(":seen", reference.hand_entries));
    }
    Ok(Some(writes))
}
