//! The pin of a remembered mapping to an import, so all parsers of the import read the file by the same mapping.
//!
//! Remembered mappings may change between two runs of a plan: a parser dies, a second import settles or is undone, and
//! the next parser would read the file differently from the first parser, whose chunks are stored already. The first
//! parser which reads a file by a remembered mapping therefore **pins** the mapping to the import before writing a
//! chunk, and every later parser uses the pinned mapping. A parser without a remembered mapping for the header, which
//! is the usual case, pins nothing and pays nothing. If such a parser and a later parser with a pin disagree, the pin
//! wins:
//!
//! | the parser without a pin | rule |
//! |---|---|
//! | wrote chunks before the pin | the parser with the pin writes differing chunks again |
//! | writes the verdict | only if no mapping is pinned |
//! | begins the load, or refuses the file | only if no mapping is pinned; else the parser leaves the import alone |

use crate::import::{Import, ImportError, Status};
use crate::ledger::{Chunk, ChunkState};
use crate::mappings;
use crate::services::Services;
use crate::store::{StoreError, Write, decode, keys};
use crate::table::{Remembered, RememberedMapping, Verdict};

/// A condition: no mapping is pinned to the import.
pub const UNPINNED: &str = "attribute_not_exists(#recalled)";

/// The remembered mappings by which the import's file may be read: the pinned mapping alone if there is any.
pub async fn remembered(services: &Services, import: &Import) -> Result<Remembered, StoreError> {
    match &import.recalled {
        Some(pinned) => Ok([pinned.clone()].into_iter().collect()),
        None if import.options.asks_memory() => mappings::believed(services, import.account).await,
        None => Ok(Remembered::default()),
    }
}

/// Pins the mapping `recalled` to the import. Does nothing if the file is read without a remembered mapping, or a
/// mapping is pinned already.
///
/// # Errors
/// [`ImportError::Status`] if the import is not queued any more, or a second parser pinned a different mapping.
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

/// Writes a chunk again if a parser without a pin wrote the chunk differently. No loader reads the earlier chunk,
/// because loading begins by a transition, which the pin denies to the parser without a pin.
pub async fn overrule(services: &Services, import: &Import, found: Chunk, chunk: &Chunk) -> Result<(), StoreError> {
    if found.span() == chunk.span() || found.state != ChunkState::Planned {
        return Ok(());
    }
    let put = Write::put(keys::chunk(import.account, import.id, chunk.number), chunk)
        .when("#state = :planned AND attribute_not_exists(#lease)")
        .bind(":planned", ChunkState::Planned);
    services.store.attempt(put).await.map(drop)
}

/// Writes the verdict on a file: the layout, or the refusal.
///
/// # Errors
/// [`ImportError::Status`] if the verdict comes from a parser without a pin, and a mapping is pinned.
pub async fn put_verdict(services: &Services, import: &Import, verdict: &Verdict) -> Result<(), ImportError> {
    let put = Write::put(keys::verdict(import.account, import.id), verdict);
    let put = if verdict.recalled { put } else { put.when(UNPINNED) };
    if services.store.attempt(put).await? {
        Ok(())
    } else {
        Err(ImportError::Status { import: import.id, status: import.status })
    }
}
