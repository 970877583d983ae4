//! The import: its options, its progress, and every change of its status.
//!
//! ```text
//! new → queued → processing → complete | partially_complete | failed | incomplete
//! queued → unsupported              any status but rolled_back → rolling_back → rolled_back
//! new | queued → incomplete         (cancelled, or given up: the file or its plan never came)
//! incomplete → new | queued         (resumed)
//! processing → rolling_back → failed                          (aborted at the first failed row)
//! queued → failed                   (the join of the file with the records that stand, or a quota, forbids the load)
//! ```
//!
//! A status changes in one transaction with an event for the outbox and a line of history, and only if the import has
//! not changed since the caller read it. If two workers change the status at once, the second gets an error. An import
//! may come to a status twice, so the time of the last change tells, which grows with each change.
//!
//! A message is sent *before* a transition which needs the message. The message's handler makes the transition if the
//! transition is missing, so a crash between the two loses nothing.

mod body;
mod counts;
mod create;
mod error;
mod event;
pub mod held;
mod history;
mod import_type;
mod joined;
pub(crate) mod lane;
pub mod list;
pub(crate) mod messages;
mod options;
mod parts;
mod progress;
mod resume;
pub(crate) mod roll;
mod slice;
mod start;
mod status;
mod transition;

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use body::{begin_fetch, store_body};
pub use counts::{Counts, Tally, created};
pub use create::{CLAIM_LIFETIME, NewImport, Once, Origin, create, create_noted, create_or_find};
pub use error::ImportError;
pub use event::{EVENT_LIFETIME, StoredEvent};
pub use history::{HistoryLine, HistoryPlace, history};
pub use import_type::ImportType;
pub use joined::{Cost, JoinWay, Joined, MissingRecords, Units};
pub use lane::Lane;
pub use options::read::{Wrong, asked, delimiter};
pub use options::wishes::{Wishes, read_note, wishes};
pub use options::{ContactOptions, Duplicates, EntryOptions, OnError, Options, ProfileOptions};
pub use parts::{PartsUpload, begin_parts, complete_parts};
pub use progress::Progress;
pub use resume::{UPLOAD_WINDOW, resume};
pub use roll::{Line, Roll, RollOf, dropped};
pub use start::start;
pub use status::Status;
pub use transition::{Asker, Change, transition};

use crate::fetch::{FileContent, Location};
use crate::files::place::InboxPlace;
use crate::files::{Object, UPLOADS};
use crate::format::{FormatName, RememberedMapping};
use crate::id::{AccountId, ChunkNo, ImportId, MappingId, RecordId, ScheduleId, ThingId};
use crate::retention;
use crate::services::Services;
use crate::store::{Item, Query, StoreError, decode, encode, keys};
use crate::table::Verdict;
use crate::things::maker::Maker;
use crate::things::reference::Kept;

/// An import as stored. All times are milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Import {
    /// The account to which the import belongs.
    pub account: AccountId,
    /// The number of the import within the account, from 1.
    #[serde(rename = "number")]
    pub id: ImportId,
    /// The present status, changed only by [`transition()`].
    pub status: Status,
    /// The kind of the file's rows. An item without the attribute belongs to an import of time entries.
    #[serde(rename = "type", default, skip_serializing_if = "ImportType::is_time_entries")]
    pub import_type: ImportType,
    /// The name of the file as the caller gave it, for example `March.csv`.
    pub file_name: String,
    /// The user who made the import.
    pub user: ThingId,
    /// The options with which the file is read and loaded.
    #[serde(default)]
    pub options: Options,
    /// The time at which the import was made. Everything created by the import carries the same time, so a retry writes
    /// the same values.
    pub created_at: i64,
    /// The time of the last change of status.
    pub updated_at: i64,
    /// The number of changes of status so far, the making included. Changes by functions of the version before the attribute are
    /// not counted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sequence: u64,
    /// The time at which the plan was complete and loading began, or `None` before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<i64>,
    /// The last moment at which the undo of the import can be asked for, set when the load begins for the first time. `None`
    /// before, and for an import whose undo can be asked for at any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_until: Option<i64>,
    /// The time at which the last row got an outcome, or the import was stopped, or `None` before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<i64>,
    /// The time at which the undo was complete, or `None` for an import which is not undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reverted_at: Option<i64>,
    /// The pinned file, or `None` until the file is in the bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Object>,
    /// The table unpacked from a packed file, which then holds the rows, or `None` for a plain file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unpacked: Option<Object>,
    /// The key at which the file is awaited or to which the door or the parser puts the file, or `None` for drops.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub awaits: Option<String>,
    /// The address from which the parser fetches the file, or `None` if the file comes in another way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<Location>,
    /// The schedule that made the import, or `None` for an import that somebody made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleId>,
    /// The content of the file of an import that a schedule made. `None` before the file is stored, and for other imports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<FileContent>,
    /// The number of tries to fetch the file, of which the last may be under way.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub fetches: u64,
    /// The time at which the latest try to fetch the file has ended for certain, or `None` before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fetch_until: Option<i64>,
    /// `true` if somebody started the import, made with `autostart=false`, before its file was there.
    #[serde(default, skip_serializing_if = "is_false")]
    pub released: bool,
    /// The person who started the import before its file was there, for the history, or `None` if nobody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starter: Option<Asker>,
    /// The upload by which the file comes in parts, or `None` if the file comes in another way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<PartsUpload>,
    /// The caller's note on the import, or `None` without a note.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The number of rows in every chunk but the last.
    pub rows_per_chunk: u32,
    /// The number of data rows, or `None` until the plan is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// The number of chunks, or `None` until the plan is complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunks: Option<u64>,
    /// The number of chunks with rows of the file, if further chunks stand behind them, in which records are removed as
    /// missing. `None` before the removal begins, and for an import without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_chunks: Option<u64>,
    /// What the join of the file with the records that stand has left for the loaders, or `None` before, and for an import
    /// whose kind has no such join.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined: Option<Joined>,
    /// The format of the file as detected by the plan, or `None` until then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<FormatName>,
    /// The remembered mapping by which the file is read. The first parser which reads the file so pins the mapping, and
    /// all later parsers use the pinned mapping, even if the account remembers a different mapping by then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recalled: Option<RememberedMapping>,
    /// The id of the remembered mapping for which the settled import stands, or `None` if the import stands for no
    /// mapping.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remembered: Option<MappingId>,
    /// The first and the last day of the entries as loaded, or `None` until the import settles, or without entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<(Date, Date)>,
    /// `true` once the totals are folded; afterwards no loader commits a chunk.
    #[serde(default, skip_serializing_if = "is_false")]
    pub sealed: bool,
    /// `true` if the file was dropped into the bucket.
    #[serde(default, skip_serializing_if = "is_false")]
    pub dropped: bool,
    /// The lane in which the import takes turns, or `None` for an import which takes no lane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<Lane>,
    /// How many times a person resumed the import. Totals folded in an earlier round never overwrite those of a later
    /// round ([`Write::in_round`](crate::store::Write::in_round)).
    #[serde(default, skip_serializing_if = "is_first")]
    pub round: u32,
    /// The place in the lane, or `None` for an import which was never started, and for a drop of time entries whose place
    /// is its own number. A resumed import takes its place at the end of the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<u64>,
    /// The status which the import had when it was last stopped, or `None` for an import which was never stopped, or which
    /// was resumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Status>,
    /// The time until which a resumed import waits for the end of edits by hand which found the import sealed, or
    /// `None` for an import which need not wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rests_until: Option<i64>,
    /// `true` while the import is undone because a row failed; the undo then ends as `failed`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub aborting: bool,
    /// The number of entities created, or `None` until the import settles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tally: Option<Tally>,
    /// Things made by the import which stayed after the undo, because entries of other imports or of people refer to
    /// the things.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept: Vec<Kept>,
    /// The first people or profiles of the import which stayed after the undo, because somebody else wrote to them since.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept_records: Vec<RecordId>,
    /// The first subprofiles of the import which stayed after the undo.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept_subprofiles: Vec<RecordId>,
    /// The reason, for people, why the import ended without loading all rows, or `None` unless the import was stopped
    /// or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Import {
    /// The import with this number, or [`ImportError::Missing`].
    pub async fn find(services: &Services, account: AccountId, import: ImportId) -> Result<Self, ImportError> {
        let found = services.store.get(&keys::import(account, import)).await?;
        found.map_or(Err(ImportError::Missing(import)), |item| Ok(decode(item)?))
    }

    /// The import with this number, or `None` for a number without an import.
    pub async fn get(services: &Services, account: AccountId, import: ImportId) -> Result<Option<Self>, StoreError> {
        services.store.read(&keys::import(account, import)).await
    }

    /// The verdict of the plan on the file: layout or refusal. Empty until the plan is complete.
    pub async fn verdict(&self, services: &Services) -> Result<Verdict, StoreError> {
        Ok(services.store.read(&keys::verdict(self.account, self.id)).await?.unwrap_or_default())
    }

    /// The present counts, read from the counter items.
    pub async fn counts(&self, services: &Services) -> Result<Counts, StoreError> {
        Counts::read(services, self).await
    }

    /// `true` if no chunk of the import can be committed any more: the import is settled and, if it was stopped midway,
    /// its last loader has ended.
    pub fn is_sealed(&self) -> bool {
        let stopped_midway = self.status == Status::Incomplete && self.chunks.is_some();
        self.status.is_settled() && (!stopped_midway || self.is_folded())
    }

    /// `true` if the totals of the chunks are folded. An item written before the flag `sealed` existed is folded if the
    /// item has a tally.
    pub fn is_folded(&self) -> bool {
        self.sealed || self.tally.is_some()
    }

    /// `true` if the file was dropped into the bucket. In an item written before the flag `dropped` existed, the key of
    /// the file tells.
    pub fn is_dropped(&self) -> bool {
        self.dropped || self.source.as_ref().is_some_and(|source| InboxPlace::of(&source.key).is_some())
    }

    /// The lane in which the import takes turns, or `None` for an import which takes no lane. An item written before the
    /// attribute `lane` existed has the lane of its kind of arrival.
    pub fn lane(&self) -> Option<Lane> {
        self.lane.or(self.is_dropped().then_some(Lane::Entries))
    }

    /// `true` if the import has a last step after it settles: its place in a lane is given up, and the report of a drop is
    /// written. The import stays in the index of the sweep until the step is done.
    pub fn has_last_step(&self) -> bool {
        self.is_dropped() || self.lane().is_some()
    }

    /// `true` if each record to which the import writes gives a message for follow-up work.
    pub fn has_follow_ups(&self) -> bool {
        self.options.profiles.followups
    }

    /// `true` if the import was resumed, and edits by hand which found it sealed may still be at work.
    pub fn rests(&self, services: &Services) -> bool {
        self.rests_until.is_some_and(|until| until > services.clock.now_ms())
    }

    /// `true` if a row failed of an import which is to be aborted in that case.
    pub fn is_to_abort(&self, counts: &Counts) -> bool {
        self.status == Status::Processing && self.options.on_error == OnError::Abort && counts.failed > 0
    }

    /// `true` if the import waits for its file, rather than for somebody to start the import.
    pub fn awaits_file(&self) -> bool {
        self.status == Status::New && self.source.is_none()
    }

    /// `true` if the import stays `new` once its file is there, until somebody starts the import.
    pub fn is_held(&self) -> bool {
        !self.options.autostart && !self.released
    }

    /// The status with which the import was made. Each repetition of a request is answered with this status.
    pub fn first_status(&self) -> Status {
        let is_uploaded = self.awaits.as_deref().is_some_and(|key| key.starts_with(UPLOADS));
        if is_uploaded || !self.options.autostart { Status::New } else { Status::Queued }
    }

    /// The import in the role of maker of shared things.
    pub fn maker(&self) -> Maker {
        let makes_projects = self.options.entries.autocreate_projects;
        Maker { account: self.account, import: self.id, at: self.created_at, makes_projects }
    }

    /// The number of chunks; 0 until the plan is complete.
    pub fn chunk_count(&self) -> u64 {
        self.chunks.unwrap_or_default()
    }

    /// The number of chunks with rows of the file; 0 until the plan is complete.
    pub fn file_chunk_count(&self) -> u64 {
        self.file_chunks.unwrap_or(self.chunk_count())
    }

    /// `true` if the chunk has no rows of the file, and records are removed as missing in it.
    pub fn removes_in(&self, chunk: ChunkNo) -> bool {
        self.file_chunks.is_some_and(|of_file| chunk.0 >= of_file)
    }

    /// The query for the items of all chunks.
    pub fn all_chunks(&self) -> Query {
        keys::first_chunks(self.account, self.id, self.chunk_count())
    }

    /// The object which holds the rows: the unpacked table if there is any, else the file.
    pub fn table(&self) -> Option<&Object> {
        self.unpacked.as_ref().or(self.source.as_ref())
    }

    /// The time after which the undo of the import could no longer be asked for, if the time is over.
    pub fn undo_ended(&self, services: &Services) -> Option<Timestamp> {
        let until = self.undo_until.filter(|until| services.clock.now_ms() > *until)?;
        Some(Timestamp::from_millisecond(until).expect("stored times came from a clock"))
    }

    /// The time at which an item expires that the import writes at the time `at` (milliseconds since the epoch) and that undos
    /// need, in seconds since the epoch. `None` for an item that never expires.
    pub fn expiry(&self, at: i64) -> Option<i64> {
        Some(retention::expiry(at, self.undo_until? - self.started_at?))
    }

    /// The time since the import was made.
    pub fn age(&self, services: &Services) -> Duration {
        Duration::from_millis((services.clock.now_ms() - self.created_at).max(0).unsigned_abs())
    }

    /// The time at which the import was made.
    pub fn created(&self) -> Timestamp {
        Timestamp::from_millisecond(self.created_at).expect("stored times came from a clock")
    }

    /// The import as a stored item, with the attributes of the indexes.
    pub fn item(&self) -> Item {
        let mut item = encode(&keys::import(self.account, self.id), self);
        let text = |text: String| AttributeValue::S(text);
        item.insert("list".to_owned(), text(keys::list_value(self.account)));
        item.insert("listed".to_owned(), text(keys::listed_value(self.account, self.status.name())));
        item.insert("changed".to_owned(), text(keys::changed_value((self.updated_at, self.id.0))));
        if !self.status.is_settled() {
            item.insert("open".to_owned(), text("open".to_owned()));
            item.insert("opened".to_owned(), text(format!("{:015}#{}#{}", self.created_at, self.account, self.id)));
        }
        item
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_first(round: &u32) -> bool {
    *round == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}
