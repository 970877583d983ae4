//! Edits by hand of remembered mappings: rename and forget.

use super::{HeaderMemory, Seen};
use crate::id::{AccountId, MappingId};
use crate::services::Services;
use crate::store::{StoreError, Write, keys};

/// The most letters of a mapping's name.
pub const LONGEST_MAPPING_NAME: usize = 200;

/// The reasons why a text cannot be the name of a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongName {
    #[error("must not be blank; null takes the name away")]
    Blank,
    #[error("has more than {LONGEST_MAPPING_NAME} letters")]
    TooLong,
}

/// Names a remembered mapping, or removes the name if `name` is `None`. Returns the memory after the edit, or `None`
/// for an unknown id.
pub async fn rename(
    services: &Services,
    account: AccountId,
    id: MappingId,
    name: Option<&str>,
) -> Result<Result<Option<HeaderMemory>, WrongName>, StoreError> {
    let name = match name.map(str::trim) {
        Some("") => return Ok(Err(WrongName::Blank)),
        Some(name) if name.chars().count() > LONGEST_MAPPING_NAME => return Ok(Err(WrongName::TooLong)),
        name => name.map(str::to_owned),
    };
    loop {
        let seen = Seen::at(services, account, id).await?;
        let Some(memory) = &seen.memory else {
            return Ok(Ok(None));
        };
        let next = HeaderMemory { name: name.clone(), ..memory.clone() };
        if next == *memory {
            return Ok(Ok(Some(next)));
        }
        // A refusal means that an import settled or was undone in between, so the memory has changed: read again.
        if services.store.attempt(seen.becomes(Some(&next))).await? {
            return Ok(Ok(Some(next)));
        }
    }
}

/// Forgets a mapping, however many imports confirm the mapping. `false` if nothing is remembered under the id.
pub async fn forget(services: &Services, account: AccountId, id: MappingId) -> Result<bool, StoreError> {
    let forget = Write::delete(keys::mapping(account, id)).when_present();
    services.store.attempt(forget).await
}
