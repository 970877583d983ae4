//! Notes: a record in the import's own partition of every shared thing which the import touches, written before the
//! touch.
//!
//! An undo reads the notes and so finds all references and things after any crash. Up to forty notes are packed into an
//! item whose key is a digest of the content. Writing the same notes twice gives the same item, and different notes
//! never overwrite each other. Two attempts of a chunk may write the same note in different items; the undo then works
//! the note off twice, and the second time has no effect.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ImportId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::packing::{packed, unpacked};
use crate::store::{Item, Key, StoreError, Table, Write};

/// Notes in an item: a note with a client takes up to twenty bytes, and a write unit covers a kilobyte.
const TOGETHER: usize = 40;

/// The record of a shared thing which an import touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Note {
    /// The kind of the thing: user, client, project, tag or company.
    pub kind: Kind,
    /// The id of the thing, which need not exist yet.
    pub id: ThingId,
    /// The client of a project, so the undo finds the client when the project is already removed, or `None` for all
    /// else.
    pub client: Option<ThingId>,
}

impl Note {
    /// Writes notes, forty to an item; a second call with the same notes changes nothing.
    pub async fn put_all(
        services: &Services,
        account: AccountId,
        import: ImportId,
        notes: &[Self],
    ) -> Result<(), StoreError> {
        let item = |some: &[Self]| (Table::Imports, Self::item(account, import, some).1);
        services.store.put_all(notes.chunks(TOGETHER).map(item).collect()).await
    }

    /// The write which puts a few notes in a single item.
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

    /// The notes in some items, deduplicated and sorted.
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
