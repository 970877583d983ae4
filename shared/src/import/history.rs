//! The history of an import: a line for each change of status, which tells who changed the status, when and why.
//!
//! The lines of an import have different times, and a line is written once, in the transaction of its change.

use serde::{Deserialize, Serialize};

use super::Status;
use crate::id::{AccountId, ImportId};
use crate::services::Services;
use crate::store::{StoreError, decode, keys};

/// A line of an import's history, which people can read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryLine {
    /// The time of the change in milliseconds since the epoch.
    pub at: i64,
    /// The status which the import got.
    pub status: Status,
    /// The author of the change: `user 7`, or the name of a function such as `sweep`.
    pub by: String,
    /// The reason, for people, or `None` if the change speaks for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// The place of a line in a history: its time and its status.
pub type HistoryPlace = (i64, Status);

impl HistoryLine {
    /// The place of the line in its history.
    pub fn place(&self) -> HistoryPlace {
        (self.at, self.status)
    }
}

/// At most `most` lines of an import's history behind a place, oldest first, by a single query.
pub async fn history(
    services: &Services,
    account: AccountId,
    import: ImportId,
    after: Option<HistoryPlace>,
    most: usize,
) -> Result<Vec<HistoryLine>, StoreError> {
    let query = keys::histories(account, import).limit(most);
    let query = match after {
        Some((at, status)) => query.after(keys::history(account, import, at, status.name()).attributes()),
        None => query,
    };
    let (items, _) = services.store.page(&query).await?;
    items.into_iter().map(decode).collect()
}
