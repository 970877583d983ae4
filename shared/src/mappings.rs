//! Remembered mappings: per account and table header, the mapping by which the next file with the same header is read.
//!
//! An import which was made with a mapping and settled `complete` or `partially_complete` is evidence that the mapping
//! fits its header, and the next file with the header is read by the same mapping ([`crate::format::Remembered`]). Each
//! header has an item of **sayings**. A saying holds the import made with a mapping, the mapping, and the imports
//! standing for the mapping: the import itself, and imports which were later read by the remembered mapping. Promises:
//!
//! - **The latest saying with a standing import is believed.** Later means a higher number of the saying's import,
//!   whichever import settled first, so the result does not depend on the order in which imports settle.
//! - **An undone import stands for nothing.** The undo removes the import from all sayings; a saying without imports is
//!   removed, and the saying before becomes believed again; an item without sayings is removed together with its name.
//! - **Nothing returns by itself.** An import stands for nothing if the mapping by which the import was read was
//!   deleted or undone while the import ran.
//! - **Exactly once.** The item changes in the transaction which settles the import or begins its undo, on the
//!   condition that the item is the same as when read, so a second delivery changes nothing.
//! - **Bounded** by the constants below. Whatever exceeds a bound is forgotten, never misread.
//!
//! Cancelled, failed and refused imports say nothing, since nobody has seen the mapping read the file.

mod edit;
mod saying;

use crate::format::{HeaderFingerprint, Remembered};
use crate::id::{AccountId, ImportId, MappingId};
use crate::services::Services;
use crate::store::{Item, Key, StoreError, Write, decode, keys};

pub use edit::{LONGEST_MAPPING_NAME, WrongName, forget, rename};
pub use saying::{HeaderMemory, MadeWith, Saying};

/// The most headers whose mapping an account remembers. All are read when a file is planned.
pub const MOST_MAPPINGS: usize = 200;

/// All remembered mappings of an account, in the order of the ids. Items which this version cannot parse are skipped
/// with a warning.
pub async fn all(services: &Services, account: AccountId) -> Result<Vec<HeaderMemory>, StoreError> {
    let items = services.store.all(keys::mappings(account)).await?;
    Ok(items.into_iter().filter_map(|item| readable(account, item)).collect())
}

/// The remembered mapping with this id, or `None` for an unknown id or an item which this version cannot parse.
pub async fn get(services: &Services, account: AccountId, id: MappingId) -> Result<Option<HeaderMemory>, StoreError> {
    Ok(Seen::at(services, account, id).await?.memory)
}

fn readable(account: AccountId, item: Item) -> Option<HeaderMemory> {
    match decode(item) {
        Ok(memory) => Some(memory),
        Err(error) => {
            tracing::warn!(account = account.0, %error, "a remembered mapping cannot be parsed and is skipped");
            None
        }
    }
}

/// The believed mapping per header, as needed for surveying a file.
pub async fn believed(services: &Services, account: AccountId) -> Result<Remembered, StoreError> {
    Ok(all(services, account).await?.iter().filter_map(HeaderMemory::believed).collect())
}

/// The writes which remember a settling import, and the id of the header's memory. The caller sends the writes in the
/// transaction which settles the import. `None` if the import was read by a mapping which is no longer remembered.
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
    // Ids are hashes. If two headers share an id, the header which settled later replaces the earlier header.
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

/// The write by which an undone import takes back its sayings, to be part of the transaction which begins the undo.
/// `None` if the import stands for nothing.
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

/// The write which forgets the mapping unused for longest, if the account has no room for a further mapping. Mappings
/// with a name are forgotten last.
async fn room_for_one_more(services: &Services, account: AccountId) -> Result<Option<Write>, StoreError> {
    let all = all(services, account).await?;
    if all.len() < MOST_MAPPINGS {
        return Ok(None);
    }
    let oldest = all.into_iter().min_by_key(|memory| (memory.name.is_some(), memory.last_used()));
    Ok(oldest.map(|oldest| Write::delete(keys::mapping(account, oldest.id))))
}

/// An item as read, to be written only if unchanged.
struct Seen {
    key: Key,
    item: Option<Item>,
    /// The parsed item, or `None` without an item, or if this version cannot parse the item.
    memory: Option<HeaderMemory>,
}

impl Seen {
    async fn at(services: &Services, account: AccountId, id: MappingId) -> Result<Self, StoreError> {
        let key = keys::mapping(account, id);
        let item = services.store.get(&key).await?;
        let memory = item.clone().and_then(|item| readable(account, item));
        Ok(Self { key, item, memory })
    }

    /// The write which replaces the item by `next`, or deletes the item, unless the item was changed in between.
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
