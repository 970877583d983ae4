//! Merges of projects and tags, and deletions of tags and groups in use.
//!
//! A merge changes how entries are read, while entries stay as stored ([`crate::things::retired`]). A merge is
//! therefore a single transaction for any number of entries.

use super::{EditError, Rule, overlap, repeated, things, unused};
use crate::id::{AccountId, ImportId, ThingId};
use crate::results::made::unmade;
use crate::services::Services;
use crate::store::Write;
use crate::store::keys::Kind;
use crate::things::Thing;
use crate::things::retired::{Retirements, fenced, retire};

/// The longest chain of merges: when the last reference is dropped, a transaction may have to remove every thing of the
/// chain.
const DEEPEST: usize = 20;

/// Merges the thing `from` into `into`. `field` is the caller's name for `from`, used in errors.
pub async fn merge(
    services: &Services,
    account: AccountId,
    kind: Kind,
    into: ThingId,
    from: ThingId,
    field: &'static str,
) -> Result<(), EditError> {
    repeated(|| async {
        let root = Thing::get(services, account, kind, into).await?.ok_or(EditError::NotFound)?;
        let thing = Thing::get(services, account, kind, from).await?.ok_or(EditError::Missing(field))?;
        if into == from {
            return Err(EditError::Invalid(field));
        }
        if root.is_archived() || thing.is_archived() {
            return Err(EditError::Forbidden(Rule::ArchivedProject));
        }
        let retirements = Retirements::read(services, account).await?;
        let merged = retirements.meaning(kind, from);
        if merged.iter().any(|&id| retirements.steps(kind, id) >= DEEPEST) {
            return Err(EditError::Forbidden(Rule::MergedTooOften));
        }
        if thing.refs == 0 {
            return things::delete(services, account, kind, from).await.map(Some);
        }
        let mut writes = retire(account, &thing, Some(&root));
        if kind == Kind::Tag {
            overlap::part(services, account, &retirements, &root, &thing).await?;
            writes = fenced(writes, &thing, &root);
        }
        writes.extend(left(services, account, &thing).await?);
        Ok(services.store.attempt_all(writes).await?.then_some(()))
    })
    .await
}

/// Deletes a tag or a client, even with references to the thing. Afterwards entries are without the tag, and projects
/// without the client.
pub async fn delete(services: &Services, account: AccountId, kind: Kind, id: ThingId) -> Result<(), EditError> {
    repeated(|| async {
        match things::delete(services, account, kind, id).await {
            Err(EditError::InUse) => {}
            done => return done.map(Some),
        }
        let thing = Thing::get(services, account, kind, id).await?.ok_or(EditError::NotFound)?;
        let mut writes = retire(account, &thing, None);
        writes.extend(left(services, account, &thing).await?);
        Ok(services.store.attempt_all(writes).await?.then_some(()))
    })
    .await
}

/// The writes by which a retired thing drops its reference to its client, and leaves the list of things made by its
/// import.
async fn left(services: &Services, account: AccountId, thing: &Thing) -> Result<Vec<Write>, EditError> {
    let mut writes = Vec::new();
    if let Some(client) = thing.client() {
        writes.extend(crate::things::reference::let_go(services, account, Kind::Client, client).await?);
    }
    if thing.created_by != ImportId::HAND {
        unused::maker_has_settled(services, account, thing).await?;
        writes.extend(unmade(services, account, thing).await?);
    }
    Ok(writes)
}
