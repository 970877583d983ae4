//! The projects and tags that an import made.
//!
//! Its notes name everything that it touches, and only the things themselves tell who made them. So what it made is kept
//! as one item when it settles, and a page of it reads no more than the page. A thing that is deleted by hand
//! afterwards is counted out in the transaction that deletes it.

use std::collections::{BTreeSet, HashSet};

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::Import;
use crate::entity::Thing;
use crate::entity::note::Note;
use crate::id::{AccountId, ThingId};
use crate::ledger::{packed, unpacked};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{ITEMS_A_BATCH, StoreError, Write};

/// The most that one item tells of: it has at most 400 KB, and an id takes eight bytes.
const MOST: usize = 40_000;

/// What an import made and what of it stands, highest id first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// Projects.
    pub projects: Vec<ThingId>,
    /// Tags.
    pub tags: Vec<ThingId>,
}

impl Made {
    /// What stands as of now.
    pub async fn read(services: &Services, import: &Import) -> Result<Self, StoreError> {
        if import.tally.is_none() {
            return Self::by_notes(services, import).await;
        }
        let Some(item) = services.store.get(&keys::made(import.account, import.id)).await? else {
            return Ok(Self::default());
        };
        let Some(AttributeValue::B(made)) = item.get("made") else {
            return Self::by_notes(services, import).await;
        };
        let mut made: Self = unpacked(made.as_ref())?;
        if let Some(item) = services.store.get(&keys::unmade(import.account, import.id)).await? {
            let gone: HashSet<u64> = match item.get("ids") {
                Some(AttributeValue::Ns(ids)) => ids.iter().filter_map(|id| id.parse().ok()).collect(),
                _ => HashSet::new(),
            };
            for ids in [&mut made.projects, &mut made.tags] {
                ids.retain(|id| !gone.contains(&id.0));
            }
        }
        Ok(made)
    }

    /// What stands, read from the things that the notes name.
    pub(super) async fn by_notes(services: &Services, import: &Import) -> Result<Self, StoreError> {
        let mut made = Self::default();
        let mut pages = services.store.pages(keys::notes(import.account, import.id));
        while let Some(items) = pages.next().await? {
            for some in items.chunks(ITEMS_A_BATCH) {
                // A project may be noted with two clients: it was moved in between.
                let notes = Note::all(some)?.into_iter().filter(|note| note.kind != Kind::User);
                let wanted: BTreeSet<_> = notes.map(|note| (note.kind, note.id)).collect();
                let wanted: Vec<_> = wanted.into_iter().collect();
                for thing in Thing::get_many(services, import.account, &wanted).await? {
                    match thing.kind {
                        _ if thing.created_by != import.id || thing.is_spent() => {}
                        Kind::Project => made.projects.push(thing.id),
                        Kind::Tag => made.tags.push(thing.id),
                        Kind::Client | Kind::User => {}
                    }
                }
            }
        }
        for ids in [&mut made.projects, &mut made.tags] {
            ids.sort_unstable_by(|a, b| b.cmp(a));
            ids.dedup();
        }
        Ok(made)
    }

    /// The write that keeps it, if there is something to keep.
    pub(super) fn write(&self, import: &Import) -> Option<Write> {
        let key = keys::made(import.account, import.id);
        match self.projects.len() + self.tags.len() {
            0 => None,
            MOST.. => Some(Write::update(key, "SET #large = :true").bind(":true", true)),
            _ => {
                let blob = AttributeValue::B(Blob::new(packed(self)));
                Some(Write::update(key, "SET #made = :made").bind_attribute(":made", blob))
            }
        }
    }
}

/// A project or tag that an import made is deleted by hand.
pub fn unmade(account: AccountId, thing: &Thing) -> Write {
    let ids = AttributeValue::Ns(vec![thing.id.to_string()]);
    Write::update(keys::unmade(account, thing.created_by), "ADD #ids :ids").bind_attribute(":ids", ids)
}
