//! What rows name and has to be found or made, and how it is spelt: of several spellings the one that sorts first.

use crate::id::{AccountId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Write};
use crate::things::Thing;
use crate::things::find::Place;
use crate::things::maker::Maker;
use crate::things::note::Note;

/// A name to be found or made.
pub struct Wanted {
    pub kind: Kind,
    pub key: String,
    pub name: String,
    pub client: Option<Client>,
}

impl Wanted {
    /// Whether it is made where nobody has made it.
    pub fn may_be_made(&self, maker: &Maker) -> bool {
        self.kind == Kind::Tag || maker.makes_projects
    }

    /// Where it lies if nothing else lies there.
    pub fn place(&self, account: AccountId) -> Place {
        Place::first(account, self.kind, &self.key)
    }

    /// What is noted of it before it is touched.
    pub fn note(&self, id: ThingId) -> Note {
        Note { kind: self.kind, id, client: self.client.as_ref().map(|client| client.id) }
    }
}

/// A project's client, which is found or made with it.
#[derive(Clone)]
pub struct Client {
    pub id: ThingId,
    pub key: String,
    pub name: String,
    /// Its spelling may have to give way to `name`.
    pub respell: bool,
}

/// Takes the spelling that sorts first, on what this import made and nobody edited.
pub async fn respell(services: &Services, maker: &Maker, wanted: &Wanted, thing: &Thing) -> Result<(), StoreError> {
    respell_client(services, maker, wanted.client.as_ref()).await?;
    if thing.created_by == maker.import && thing.name > wanted.name {
        set_spelling(services, maker, wanted.kind, thing.id, &wanted.name).await?;
    }
    Ok(())
}

/// Likewise, on the client that projects have.
pub async fn respell_client(services: &Services, maker: &Maker, client: Option<&Client>) -> Result<(), StoreError> {
    match client {
        Some(client) if client.respell => set_spelling(services, maker, Kind::Client, client.id, &client.name).await,
        _ => Ok(()),
    }
}

async fn set_spelling(
    services: &Services,
    maker: &Maker,
    kind: Kind,
    id: ThingId,
    name: &str,
) -> Result<(), StoreError> {
    let ours = Thing::get(services, maker.account, kind, id).await?;
    if !ours.is_some_and(|thing| thing.created_by == maker.import && thing.version == 1 && thing.name.as_str() > name) {
        return Ok(());
    }
    let set = Write::update(keys::thing(maker.account, kind, id), "SET #name = :name")
        .when("#created_by = :import AND #version = :one AND #name > :name")
        .bind(":name", name)
        .bind(":import", maker.import)
        .bind(":one", 1);
    match services.store.write(set).await {
        Err(error) if !error.is_refused() => Err(error),
        _ => Ok(()),
    }
}
