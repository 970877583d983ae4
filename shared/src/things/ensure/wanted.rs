//! The shared things which rows name, to be found or made, and the rule for spellings: the spelling which sorts first
//! wins.

use crate::id::{AccountId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Write};
use crate::things::Thing;
use crate::things::find::Place;
use crate::things::maker::Maker;
use crate::things::note::Note;

/// A project or tag named by rows, to be found or made.
pub struct Wanted {
    pub kind: Kind,
    pub key: String,
    pub name: String,
    pub client: Option<Client>,
}

impl Wanted {
    /// `true` if a loader makes the thing when nobody has made it: always for tags, by option for projects.
    pub fn may_be_made(&self, maker: &Maker) -> bool {
        self.kind == Kind::Tag || maker.makes_projects
    }

    /// The first choice of place for the key, valid if nothing else lies there.
    pub fn place(&self, account: AccountId) -> Place {
        Place::first(account, self.kind, &self.key)
    }

    /// The note to be written before the first write to the thing.
    pub fn note(&self, id: ThingId) -> Note {
        Note { kind: self.kind, id, client: self.client.as_ref().map(|client| client.id) }
    }
}

/// The client of a project, found or made together with the project.
#[derive(Clone)]
pub struct Client {
    pub id: ThingId,
    pub key: String,
    pub name: String,
    /// `true` if the stored spelling may have to give way to `name`, which sorts first.
    pub respell: bool,
}

/// Gives a thing made by this import, and edited by nobody since, the spelling which sorts first.
pub async fn respell(services: &Services, maker: &Maker, wanted: &Wanted, thing: &Thing) -> Result<(), StoreError> {
    respell_client(services, maker, wanted.client.as_ref()).await?;
    if thing.created_by == maker.import && thing.name > wanted.name {
        set_spelling(services, maker, wanted.kind, thing.id, &wanted.name).await?;
    }
    Ok(())
}

/// Like [`respell`], for the client of projects; does nothing without a client.
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
    services.store.attempt(set).await.map(drop)
}
