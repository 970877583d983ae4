//! What an import touches outside the partitions of its own rows, noted in its partition before the touch.
//!
//! So an undo can list it after any crash. Many notes are one item, and an item is found again by a digest of what it
//! says: written a second time it is the same item, and it never takes another's place. What is noted twice, by two
//! tries of a chunk, is worked off twice, which is no more than once.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ImportId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::packing::{packed, unpacked};
use crate::store::{Item, Key, StoreError, Table, Write};

/// Notes in one item: with a client they take up to twenty bytes each, and a write unit is a kilobyte.
const TOGETHER: usize = 40;

/// A note that an import touches a shared thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Note {
    /// What it touches.
    pub kind: Kind,
    /// Which.
    pub id: ThingId,
    /// A project's client: the undo has to find it when the project is gone already.
    pub client: Option<ThingId>,
}

impl Note {
    /// Writes notes.
    pub async fn put_all(
        services: &Services,
        account: AccountId,
        import: ImportId,
        notes: &[Self],
    ) -> Result<(), StoreError> {
        let item = |some: &[Self]| (Table::Imports, Self::item(account, import, some).1);
        services.store.put_all(notes.chunks(TOGETHER).map(item).collect()).await
    }

    /// The write of a few notes that are one item.
    pub fn put(account: AccountId, import: ImportId, notes: &[Self]) -> Write {
        let (key, item) = Self::item(account, import, notes);
        Write::put_item(key, item)
    }

    fn item(account: AccountId, import: ImportId, notes: &[Self]) -> (Key, Item) {
        let notes = packed(&notes);
        let key = keys::note(account, import, &notes);
        let mut item = key.attributes();
        item.insert("notes".to_owned(), AttributeValue::B(Blob::new(notes)));
        (key, item)
    }

    /// The notes in items, each once.
    pub fn all<'i>(items: impl IntoIterator<Item = &'i Item>) -> Result<BTreeSet<Self>, StoreError> {
        let mut notes = BTreeSet::new();
        for item in items {
            let Some(AttributeValue::B(some)) = item.get("notes") else {
                return Err(StoreError::Shape("an item of notes without notes".to_owned()));
            };
            notes.extend(unpacked::<Vec<Self>>(some.as_ref())?);
        }
        Ok(notes)
    }
}
