//! The shown spelling of a name which rows write in several ways: the spelling which sorts first.
//!
//! Loaders see the rows of an import in any order and at the same time. The spelling which sorts first is the same for
//! every order, so neither a retry nor a race changes a name. A loader which finds a later spelling on a thing made by
//! its own import corrects the spelling, unless somebody has edited the thing by hand.

use std::collections::BTreeMap;

use crate::id::{AccountId, ImportId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Write};
use crate::things::Thing;

/// `true` if the spelling `name` replaces the spelling `than`: any spelling replaces an empty spelling.
pub fn is_earlier(name: &str, than: &str) -> bool {
    !name.is_empty() && (than.is_empty() || name < than)
}

/// Puts a spelling under its key, unless the key has an earlier spelling. A new key may have an empty spelling.
pub fn keep_first<K: Ord>(names: &mut BTreeMap<K, String>, key: K, name: String) {
    let known = names.entry(key).or_default();
    if is_earlier(&name, known) {
        *known = name;
    }
}

/// Reads a thing whose spelling is to be corrected to `name`. Returns `None` if another import made the thing, somebody
/// has edited or removed the thing, or `name` does not sort before the present spelling.
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

/// A write with the update expression `set`, in which `:name` is the new spelling. Refused if the thing was edited by
/// hand or removed in between.
pub fn respelling(account: AccountId, thing: &Thing, set: &str, name: &str) -> Write {
    Write::update(keys::thing(account, thing.kind(), thing.id), set)
        .when("#created_by = :import AND #version = :one")
        .bind(":name", name)
        .bind(":import", thing.created_by)
        .bind(":one", 1)
}
