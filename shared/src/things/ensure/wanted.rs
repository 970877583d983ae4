//! The shared things which rows name, to be found or made, and the rule for spellings: the spelling which sorts first
//! wins.

use crate::id::{AccountId, ThingId};
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::Kind;
use crate::things::Thing;
use crate::things::find::KeyPlace;
use crate::things::maker::Maker;
use crate::things::note::Note;
use crate::things::spelling::{is_earlier, respelling, to_respell};

/// A project, tag or company named by rows, to be found or made.
pub struct WantedThing {
    pub kind: Kind,
    pub key: String,
    pub name: String,
    pub client: Option<Client>,
}

impl WantedThing {
    /// `true` if a loader makes the thing when nobody has made it: always for tags and companies, by
    /// option for projects.
    pub fn may_be_made(&self, maker: &Maker) -> bool {
        matches!(self.kind, Kind::Tag | Kind::Company) || maker.makes_projects
    }

    /// The first choice of place for the key, valid if nothing else lies there.
    pub fn place(&self, account: AccountId) -> KeyPlace {
        KeyPlace::first(account, self.kind, &self.key)
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
pub async fn respell(
    services: &Services,
    maker: &Maker,
    wanted: &WantedThing,
    thing: &Thing,
) -> Result<(), StoreError> {
    respell_client(services, maker, wanted.client.as_ref()).await?;
    if thing.created_by == maker.import && is_earlier(&wanted.name, &thing.name) {
        set_spelling(services, maker, (wanted.kind, thing.id), &wanted.name).await?;
    }
    Ok(())
}

/// Like [`respell`], for the client of projects; does nothing without a client.
pub async fn respell_client(services: &Services, maker: &Maker, client: Option<&Client>) -> Result<(), StoreError> {
    match client {
        Some(client) if client.respell => set_spelling(services, maker, (Kind::Client, client.id), &client.name).await,
        _ => Ok(()),
    }
}

async fn set_spelling(
    services: &Services,
    maker: &Maker,
    named: (Kind, ThingId),
    name: &str,
) -> Result<(), StoreError> {
    if let Some(thing) = to_respell(services, maker.account, maker.import, named, name).await? {
        // Another loader may have put an earlier spelling in between.
        let set = respelling(maker.account, &thing, "SET #name = :name", name).and_when("#name > :name");
        services.store.attempt(set).await?;
    }
    Ok(())
}
