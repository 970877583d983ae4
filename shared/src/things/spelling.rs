//! The spelling of a name that rows write in several ways: the one that sorts first.
//!
//! Loaders see the rows of an import in any order and at the same time. The spelling that sorts first is the same for each
//! order, so a retry or a race changes no name. A loader that meets a later spelling on a thing of its own import corrects it,
//! unless somebody has edited the thing by hand.

use std::collections::BTreeMap;

use crate::id::{AccountId, ImportId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Write};
use crate::things::Thing;

/// Whether a spelling replaces another: an empty one replaces none and is replaced by any.
pub fn is_earlier(name: &str, than: &str) -> bool {
    !name.is_empty() && (than.is_empty() || name < than)
}

/// Enters a spelling under its key, unless an earlier one stands there.
pub fn keep_first<K: Ord>(names: &mut BTreeMap<K, String>, key: K, name: String) {
    let known = names.entry(key).or_default();
    if is_earlier(&name, known) {
        *known = name;
    }
}

/// The thing, if the import made it, nobody has edited it and `name` sorts before its name.
pub async fn to_respell(
    services: &Services,
    account: AccountId,
    import: ImportId,
    (kind, id): (Kind, ThingId),
    name: &str,
) -> Result<Option<Thing>, StoreError> {
    let thing = Thing::get(services, account, kind, id).await?;
    Ok(thing.filter(|thing| thing.created_by == import && thing.version == 1 && is_earlier(name, &thing.name)))
}

/// The write `set`, which gives the thing the name `:name`; refused if the thing was edited by hand, or removed, meanwhile.
pub fn respelling(account: AccountId, thing: &Thing, set: &str, name: &str) -> Write {
    Write::update(keys::thing(account, thing.kind, thing.id), set)
        .when("#created_by = :import AND #version = :one")
        .bind(":name", name)
        .bind(":import", thing.created_by)
        .bind(":one", 1)
}
