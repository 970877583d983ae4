//! The remembered mapping that a file is read by, once and for all of its import.
//!
//! What an account remembers may change between two runs of one plan: a parser dies, another import settles or is undone, and
//! the next parser would read the file otherwise than the first, whose chunks are there already. So the first parser that
//! reads a file by a remembered mapping **pins** the mapping to the import, before it writes a chunk, and every later one
//! reads by that. A parser that remembers nothing for the header pins nothing, which is most of them and costs nothing. Such
//! a parser and a later one that pins may disagree, and then the pin holds:
//!
//! | the parser without a pin | meets the pin |
//! |---|---|
//! | wrote chunks before | those that differ are written anew by the parser that pinned |
//! | writes its reading | only if none is there of a parser that pinned |
//! | begins the load, or refuses the file | only if nothing is pinned; else it leaves the import to the other |

use crate::format::{Remembered, RememberedMapping, Verdict};
use crate::import::{Import, ImportError, Status};
use crate::ledger::{Chunk, ChunkState};
use crate::mappings;
use crate::services::Services;
use crate::store::{StoreError, Write, decode, keys};

/// Holds of an import to which nothing is pinned.
pub const UNPINNED: &str = "attribute_not_exists(#recalled)";

/// What is remembered for headers, as far as it matters to an import's file.
pub async fn remembered(services: &Services, import: &Import) -> Result<Remembered, StoreError> {
    match &import.recalled {
        Some(pinned) => Ok([pinned.clone()].into_iter().collect()),
        None if import.options.asks_memory() => mappings::believed(services, import.account).await,
        None => Ok(Remembered::default()),
    }
}

/// Pins what the file is read by to its import, if it is read by a remembered mapping and none is pinned.
///
/// # Errors
/// [`ImportError::Status`] if the import is not to be planned any more, or another parser has pinned something else.
pub async fn pin(
    services: &Services,
    import: &mut Import,
    recalled: Option<&RememberedMapping>,
) -> Result<(), ImportError> {
    let Some(recalled) = recalled.filter(|_| import.recalled.is_none()) else {
        return Ok(());
    };
    let pin = Write::update(keys::import(import.account, import.id), "SET #recalled = :recalled")
        .when("#status = :queued")
        .and_when(UNPINNED)
        .bind(":recalled", recalled)
        .bind(":queued", Status::Queued);
    match services.store.write(pin).await {
        Ok(_) => {}
        Err(StoreError::Refused { found: Some(found), .. }) => {
            let found: Import = decode(*found)?;
            if found.status != Status::Queued || found.recalled.as_ref() != Some(recalled) {
                return Err(ImportError::Status { import: found.id, status: found.status });
            }
        }
        Err(error) => return Err(error.into()),
    }
    import.recalled = Some(recalled.clone());
    Ok(())
}

/// Writes a chunk anew that a parser without a pin has written otherwise. Nobody loads it: the load begins by a transition,
/// which that parser cannot make any more.
pub async fn overrule(services: &Services, import: &Import, found: Chunk, chunk: &Chunk) -> Result<(), StoreError> {
    if found.span() == chunk.span() || found.state != ChunkState::Planned {
        return Ok(());
    }
    let put = Write::put(keys::chunk(import.account, import.id, chunk.number), chunk)
        .when("#state = :planned AND attribute_not_exists(#lease)")
        .bind(":planned", ChunkState::Planned);
    match services.store.write(put).await {
        Err(error) if !error.is_refused() => Err(error),
        _ => Ok(()),
    }
}

/// Writes what a file was found to be.
///
/// # Errors
/// [`ImportError::Status`] if another parser reads the file by a mapping that is pinned.
pub async fn put_verdict(services: &Services, import: &Import, verdict: &Verdict) -> Result<(), ImportError> {
    let put = Write::put(keys::verdict(import.account, import.id), verdict);
    let put = if verdict.recalled { put } else { put.when(UNPINNED) };
    match services.store.write(put).await {
        Err(error) if error.is_refused() => Err(ImportError::Status { import: import.id, status: import.status }),
        written => Ok(written.map(drop)?),
    }
}
