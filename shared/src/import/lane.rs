//! Lanes: imports that must not run at the same time take turns.
//!
//! The drops of an account share one lane, for a drop is compared with the entries of the drops before it. An import takes
//! its place in the transaction that makes it, in the order of the import numbers; the parser plans the first in line; and
//! whoever settles an import calls the next. Requests at a door take no lane.

use serde::{Deserialize, Serialize};

use super::{Import, ImportError};
use crate::id::{AccountId, ImportId};
use crate::queue::Message;
use crate::services::Services;
use crate::store::{StoreError, Write, decode, keys};

/// A lane of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Dropped files of time entries.
    Entries,
}

/// Who holds or awaits a turn.
#[derive(Serialize, Deserialize)]
struct Turn {
    import: ImportId,
}

/// The write by which a drop gets in line.
pub(crate) fn get_in_line(account: AccountId, import: ImportId) -> Write {
    Write::put(keys::turn(account, import), &Turn { import }).when_absent()
}

/// Whether a dropped import may be planned: nobody is before it.
pub(crate) async fn has_its_turn(services: &Services, import: &Import) -> Result<bool, StoreError> {
    Ok(!import.is_dropped() || whose_turn(services, import.account).await?.is_none_or(|first| first >= import.id))
}

async fn whose_turn(services: &Services, account: AccountId) -> Result<Option<ImportId>, StoreError> {
    let (items, _) = services.store.page(&keys::turns(account).limit(1)).await?;
    let turn: Option<Turn> = items.into_iter().next().map(decode).transpose()?;
    Ok(turn.map(|turn| turn.import))
}

/// Gives up the import's place in its lane and calls the next in line. Doing it twice is doing it once.
pub(crate) async fn leave(services: &Services, import: &Import) -> Result<(), ImportError> {
    services.store.write(Write::delete(keys::turn(import.account, import.id))).await?;
    if let Some(next) = whose_turn(services, import.account).await? {
        services.queues.send(&Message::Start { account: import.account, import: next }).await?;
    }
    Ok(())
}
