//! What an account remembers: the mapping for a header.
//!
//! An import that was made with a mapping and settled `complete` or `partially_complete` is believed about its header, and
//! the next file with that header is read so ([`crate::format::Remembered`]). There is one item for each header. It holds
//! **sayings**: an import that was made with a mapping, the mapping, and the imports that stand for it, which are that import
//! and those that were read by the remembered mapping afterwards. Promises:
//!
//! - **The latest saying that somebody stands for is believed**; later means a higher number of the import that said it,
//!   whichever settled first. So what is believed does not depend on the order in which imports settle.
//! - **An import that is undone stands for nothing.** Its undo takes it out of the sayings; a saying without anybody goes, and
//!   the one before it is believed again; an item without sayings goes, with its name.
//! - **Nothing comes back by itself.** An import that was read by a mapping which was deleted, or taken back, while it ran
//!   stands for nothing.
//! - **Exactly once.** The item changes in the transaction that settles the import or begins its undo, under the condition that
//!   the item is the one that was seen; so a second delivery changes nothing.
//! - **Bounded**, see the constants. What falls off is forgotten, never misread.
//!
//! Files that were cancelled, failed or refused say nothing: nobody has seen that their mapping reads the file.

mod edit;
mod saying;

use crate::format::{HeaderFingerprint, Remembered};
use crate::id::{AccountId, ImportId, MappingId};
use crate::services::Services;
use crate::store::{Item, Key, StoreError, Write, decode, keys};

pub use edit::{LONGEST_MAPPING_NAME, WrongName, forget, rename};
pub use saying::{HeaderMemory, MadeWith, Saying};

/// The most headers that an account remembers a mapping for: all of them are read when a file is planned.
pub const MOST_MAPPINGS: usize = 200;

/// All that an account remembers, by id. An item that this version cannot read is passed over.
pub async fn all(services: &Services, account: AccountId) -> Result<Vec<HeaderMemory>, StoreError> {
    let items = services.store.all(keys::mappings(account)).await?;
    Ok(items.into_iter().filter_map(|item| readable(account, item)).collect())
}

/// What is remembered under an id.
pub async fn get(services: &Services, account: AccountId, id: MappingId) -> Result<Option<HeaderMemory>, StoreError> {
    Ok(Seen::at(services, account, id).await?.memory)
}

fn readable(account: AccountId, item: Item) -> Option<HeaderMemory> {
    match decode(item) {
        Ok(memory) => Some(memory),
        Err(error) => {
            tracing::warn!(account = account.0, %error, "a remembered mapping is passed over");
            None
        }
    }
}

/// What an account believes about headers.
pub async fn believed(services: &Services, account: AccountId) -> Result<Remembered, StoreError> {
    Ok(all(services, account).await?.iter().filter_map(HeaderMemory::believed).collect())
}

/// The writes by which an import that settles is remembered, to be part of the transaction that settles it, and the id of
/// what it says something about. Nothing, if it was read by a mapping that is not remembered any more.
pub async fn settled(
    services: &Services,
    account: AccountId,
    import: ImportId,
    names: &[String],
    made_with: MadeWith<'_>,
    now: i64,
) -> Result<Option<(MappingId, Vec<Write>)>, StoreError> {
    let header = HeaderFingerprint::of(names);
    let id = MappingId::derive(account, &header.to_string());
    let seen = Seen::at(services, account, id).await?;
    // Ids are hashes: of two headers with one id the later is remembered.
    let memory = seen.memory.clone().filter(|memory| memory.header == header);
    let Some(next) = HeaderMemory::said(memory, (id, header, names), import, made_with, now) else {
        return Ok(None);
    };
    let mut writes = vec![seen.becomes(Some(&next))];
    if seen.item.is_none() {
        writes.extend(room_for_one_more(services, account).await?);
    }
    Ok(Some((id, writes)))
}

/// The write by which an import that is undone takes back what it said; to be part of the transaction that begins its undo.
pub async fn undone(
    services: &Services,
    account: AccountId,
    import: ImportId,
    id: MappingId,
) -> Result<Option<Write>, StoreError> {
    let seen = Seen::at(services, account, id).await?;
    let said = seen.memory.clone().filter(|memory| memory.is_said_by(import));
    Ok(said.map(|memory| seen.becomes(memory.taken_back(import).as_ref())))
}

/// The write that forgets the mapping which nobody used for longest, if there is no room for another. One with a name is
/// forgotten last.
async fn room_for_one_more(services: &Services, account: AccountId) -> Result<Option<Write>, StoreError> {
    let all = all(services, account).await?;
    if all.len() < MOST_MAPPINGS {
        return Ok(None);
    }
    let oldest = all.into_iter().min_by_key(|memory| (memory.name.is_some(), memory.last_used()));
    Ok(oldest.map(|oldest| Write::delete(keys::mapping(account, oldest.id))))
}

/// An item as it was seen.
struct Seen {
    key: Key,
    item: Option<Item>,
    /// What it says; nothing, if this version cannot read it.
    memory: Option<HeaderMemory>,
}

impl Seen {
    async fn at(services: &Services, account: AccountId, id: MappingId) -> Result<Self, StoreError> {
        let key = keys::mapping(account, id);
        let item = services.store.get(&key).await?;
        let memory = item.clone().and_then(|item| readable(account, item));
        Ok(Self { key, item, memory })
    }

    /// The write that makes it what it is to be, unless it has changed meanwhile.
    fn becomes(&self, next: Option<&HeaderMemory>) -> Write {
        let write = match next {
            Some(next) => Write::put(self.key.clone(), next),
            None => Write::delete(self.key.clone()),
        };
        let Some(item) = &self.item else {
            return write.when_absent();
        };
        ["name", "sayings"].into_iter().fold(write, |write, name| match item.get(name) {
            Some(value) => {
                let seen = format!(":seen_{name}");
                write.and_when(&format!("#{name} = {seen}")).bind_attribute(&seen, value.clone())
            }
            None => write.and_when(&format!("attribute_not_exists(#{name})")),
        })
    }
}

#[cfg(test)]
mod tests;
