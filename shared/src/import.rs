//! The import: what was asked for, how far it is, and every change of its status.
//!
//! ```text
//! new → queued → processing → complete | partially_complete | failed | incomplete
//! queued → unsupported              any of them but rolled_back → rolling_back → rolled_back
//! new | queued → incomplete         (cancelled, or given up: the file or its plan never came)
//! ```
//!
//! A status changes in one transaction with an event for the outbox and a line of history, and only
//! from the status that the caller saw; so of two who change it at once, one is told. A message is
//! sent *before* a transition that needs one: its handler makes the transition too if it finds it
//! undone, and a crash between the two loses nothing.

mod asked;
mod body;
mod counts;
mod create;
mod findings;
mod fold;
mod options;
pub(crate) mod roll;
mod settle;
mod shown;
mod status;
mod stop;
mod transition;

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use crate::entries::made::{Made, folded_steps, unmade};
pub use asked::{Wrong, asked, delimiter};
pub use body::store_body;
pub use counts::{Counts, Tally, created};
pub use create::{NewImport, Once, Origin, create, create_or_find};
pub use findings::{Findings, FirstNames};
pub use options::{Duplicates, Options};
pub use roll::{Line, Roll, dropped};
pub use settle::{go_on, settle, settle_soon, tally};
pub use shown::{shown, time};
pub use status::Status;
pub use stop::{cancel, stop};
pub use transition::{Change, HistoryLine, transition};

use crate::files::{FileError, Object};
use crate::format::{FormatName, Layout, RememberedMapping};
use crate::id::{AccountId, ImportId, MappingId, ThingId};
use crate::inbox;
use crate::lease::{LeasedError, OutOfTime};
use crate::queue::QueueError;
use crate::services::Services;
use crate::store::{Item, StoreError, decode, encode, keys};
use crate::things::ensure::Maker;
use crate::things::reference::Kept;

/// What can go wrong while an import is moved on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The queues.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// There is no such import.
    #[error("import {0} is not there")]
    Missing(ImportId),
    /// A user that it names is not there (any more).
    #[error("user {0} is not there")]
    NoUser(ThingId),
    /// The request's key was given to another request before.
    #[error("the same Idempotency-Key was sent with another request")]
    OtherRequest,
    /// The request's import was stopped before its file was stored, by a person or as its door had died.
    #[error(
        "the import of this Idempotency-Key was stopped before its file was stored; send the file under another key"
    )]
    NeverStored,
    /// Somebody else changed the status first, or it does not allow the step.
    #[error("import {import} is {status}")]
    Status {
        /// The import.
        import: ImportId,
        /// Its status.
        status: Status,
    },
    /// The account has made all the imports that ids allow.
    #[error("the account has no import numbers left")]
    Exhausted,
    /// It cannot go on, however often it is tried.
    #[error("{0}")]
    Impossible(String),
    /// The time of the invocation is up; another one goes on.
    #[error("no time is left")]
    OutOfTime,
}

impl From<OutOfTime> for ImportError {
    fn from(_: OutOfTime) -> Self {
        Self::OutOfTime
    }
}

impl From<LeasedError> for ImportError {
    fn from(error: LeasedError) -> Self {
        match error {
            LeasedError::Store(error) => Self::Store(error),
            LeasedError::OutOfTime(error) => error.into(),
        }
    }
}

impl ImportError {
    /// Whether the same request may succeed in a moment.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Store(error) => error.is_passing(),
            Self::File(error) => matches!(error, FileError::Unavailable(_)),
            Self::Queue(error) => matches!(error, QueueError::Unavailable(_)),
            Self::OutOfTime => true,
            _ => false,
        }
    }
}

/// An import, as it is stored. Times are milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// The account.
    pub account: AccountId,
    /// The number.
    #[serde(rename = "number")]
    pub id: ImportId,
    /// Where it stands.
    pub status: Status,
    /// The name of the file.
    pub file_name: String,
    /// Who made it.
    pub user: ThingId,
    /// What was asked for.
    #[serde(default)]
    pub options: Options,
    /// When it was made. What it creates carries this time, so that a retry writes the same values.
    pub created_at: i64,
    /// When its status changed last.
    pub updated_at: i64,
    /// When its rows began to be loaded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<i64>,
    /// When its last row got its outcome, or it was given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<i64>,
    /// When its undo was finished.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reverted_at: Option<i64>,
    /// The file, once it is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Object>,
    /// What was unpacked of the file, if it was packed: then its rows are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpacked: Option<Object>,
    /// The key that the file is awaited at, or that the door which made the import puts it to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub awaits: Option<String>,
    /// Rows of every chunk but the last.
    pub rows_per_chunk: u32,
    /// Data rows, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Chunks, once known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunks: Option<u64>,
    /// What the file was found to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FormatName>,
    /// The remembered mapping that the file is read by. It is set by the first parser that reads the file so, and holds for
    /// every other, whatever is remembered by then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recalled: Option<RememberedMapping>,
    /// What the import is remembered under, once it is settled and says something about its header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remembered: Option<MappingId>,
    /// The first and the last day of its entries as they were loaded, once it is settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<(Date, Date)>,
    /// What it created, once it is settled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tally: Option<Tally>,
    /// What stayed of it after its undo, for others refer to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Kept>,
    /// Why it ended without all of its rows, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What the file was found to be, or why it was refused.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Reading {
    /// How its rows are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
    /// Why they are not: a [`crate::format::Refusal`], as it is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<serde_json::Value>,
    /// The file is read by a remembered mapping.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub recalled: bool,
}

impl Import {
    /// The import with this number.
    pub async fn find(services: &Services, account: AccountId, import: ImportId) -> Result<Self, ImportError> {
        let found = services.store.get(&keys::import(account, import)).await?;
        found.map_or(Err(ImportError::Missing(import)), |item| Ok(decode(item)?))
    }

    /// The import, if it is there.
    pub async fn get(services: &Services, account: AccountId, import: ImportId) -> Result<Option<Self>, StoreError> {
        services.store.read(&keys::import(account, import)).await
    }

    /// What its file was found to be.
    pub async fn reading(&self, services: &Services) -> Result<Reading, StoreError> {
        Ok(services.store.read(&keys::reading(self.account, self.id)).await?.unwrap_or_default())
    }

    /// Its counts as of now.
    pub async fn counts(&self, services: &Services) -> Result<Counts, StoreError> {
        Counts::read(services, self).await
    }

    /// Whether no chunk of it is committed any more: settled, and if it was stopped midway, its last loader is gone.
    pub fn is_sealed(&self) -> bool {
        let stopped_midway = self.status == Status::Incomplete && self.chunks.is_some();
        self.status.is_settled() && (!stopped_midway || self.tally.is_some())
    }

    /// Whether its file was dropped into the bucket.
    pub fn is_dropped(&self) -> bool {
        self.source.as_ref().is_some_and(|source| inbox::Place::of(&source.key).is_some())
    }

    /// The import as the maker of shared things.
    pub fn maker(&self) -> Maker {
        let makes_projects = self.options.autocreate_projects;
        Maker { account: self.account, import: self.id, at: self.created_at, makes_projects }
    }

    /// How many chunks it has.
    pub fn chunk_count(&self) -> u64 {
        self.chunks.unwrap_or_default()
    }

    /// Where its rows are: in the file, or in what was unpacked of it.
    pub fn table(&self) -> Option<&Object> {
        self.unpacked.as_ref().or(self.source.as_ref())
    }

    /// How long ago it was made.
    pub fn age(&self, services: &Services) -> Duration {
        Duration::from_millis((services.clock.now_ms() - self.created_at).max(0).unsigned_abs())
    }

    /// When it was made.
    pub fn created(&self) -> Timestamp {
        Timestamp::from_millisecond(self.created_at).expect("stored times came from a clock")
    }

    fn item(&self) -> Item {
        let mut item = encode(&keys::import(self.account, self.id), self);
        let text = |text: String| AttributeValue::S(text);
        item.insert("list".to_owned(), text(keys::list_value(self.account)));
        if !self.status.is_settled() {
            item.insert("open".to_owned(), text("open".to_owned()));
            item.insert("opened".to_owned(), text(format!("{:015}#{}#{}", self.created_at, self.account, self.id)));
        }
        item
    }
}
