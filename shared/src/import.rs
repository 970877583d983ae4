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

mod body;
mod counts;
mod create;
mod error;
pub(crate) mod lane;
mod options;
pub(crate) mod roll;
mod status;
mod transition;

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use body::store_body;
pub use counts::{Counts, Tally, created};
pub use create::{NewImport, Once, Origin, create, create_or_find};
pub use error::ImportError;
pub use lane::Lane;
pub use options::read::{Wrong, asked, delimiter};
pub use options::{Duplicates, EntryOptions, Options};
pub use roll::{Line, Roll, dropped};
pub use status::Status;
pub use transition::{Change, HistoryLine, transition};

use crate::files::Object;
use crate::files::place::Place;
use crate::format::{FormatName, RememberedMapping, Verdict};
use crate::id::{AccountId, ImportId, MappingId, ThingId};
use crate::services::Services;
use crate::store::{Item, StoreError, decode, encode, keys};
use crate::things::maker::Maker;
use crate::things::reference::Kept;

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
    /// Whether the totals are folded, after which no loader commits a chunk.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sealed: bool,
    /// Whether the file was dropped into the bucket.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dropped: bool,
    /// The lane in which the import takes turns with others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
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
    pub async fn verdict(&self, services: &Services) -> Result<Verdict, StoreError> {
        Ok(services.store.read(&keys::verdict(self.account, self.id)).await?.unwrap_or_default())
    }

    /// Its counts as of now.
    pub async fn counts(&self, services: &Services) -> Result<Counts, StoreError> {
        Counts::read(services, self).await
    }

    /// Whether no chunk of it is committed any more: settled, and if it was stopped midway, its last loader is gone.
    pub fn is_sealed(&self) -> bool {
        let stopped_midway = self.status == Status::Incomplete && self.chunks.is_some();
        self.status.is_settled() && (!stopped_midway || self.is_folded())
    }

    /// Whether the totals of its chunks are folded. An item without the flag, as it was written before there was one, has
    /// the tally.
    pub fn is_folded(&self) -> bool {
        self.sealed || self.tally.is_some()
    }

    /// Whether its file was dropped into the bucket. An item without the flag, as it was written before there was one, has
    /// a file in the inbox.
    pub fn is_dropped(&self) -> bool {
        self.dropped || self.source.as_ref().is_some_and(|source| Place::of(&source.key).is_some())
    }

    /// Whether its file is still awaited, rather than the import not yet started.
    pub fn awaits_file(&self) -> bool {
        self.status == Status::New && self.source.is_none()
    }

    /// The import as the maker of shared things.
    pub fn maker(&self) -> Maker {
        let makes_projects = self.options.entries.autocreate_projects;
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}
