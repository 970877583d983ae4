//! Makes an import exactly once per request or event.
//!
//! One transaction puts the import under a number of its own, claims the source, and enters the import on the account's
//! roll. A retry, or a second event for the same object, finds the claim and gets the import made first. A number is
//! never used again.
//!
//! # Numbers
//!
//! | origin | how the number is drawn | why |
//! |---|---|---|
//! | a request at a door | `ADD n 1` before the transaction | simultaneous requests draw with a single write each |
//! | a drop, or an import which takes a place in a lane at once | counter n → n+1 (if still n) within the transaction | turns are taken in the order of numbers |
//!
//! The counter gives out `created_at` together with the number, so an import with a higher number is never older,
//! whatever the clocks of the functions show. Lists rely on this order ([`super::list`]).
//!
//! A number drawn by `ADD` becomes a gap if its transaction comes to nothing. A gap is harmless, because lists of
//! imports read the roll or the import items, never "all numbers up to the last".
//!
//! All imports of a user write to the user's count of references. On AWS, simultaneous transactions of a user therefore
//! conflict, and a single transaction succeeds at a time. The remaining requests wait with a jittered back-off, as do
//! imports whose number is taken.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::event::StoredEvent;
use super::transition::announce;
use super::{Import, ImportError, ImportType, Lane, Options, Status, lane, roll};
use crate::fetch::Location;
use crate::files::{Object, SOURCES, UPLOADS, key_part};
use crate::id::{AccountId, ImportId, MAX_IMPORTS, ScheduleId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Counter, Kind};
use crate::store::{Dated, Key, Patience, StoreError, Write};
use crate::things::note::Note;
use crate::things::{Thing, reference};

/// How long a source stays claimed, in seconds: longer than any event can be late.
pub const CLAIM_LIFETIME: i64 = 180 * 24 * 3600;
/// How long a request tries to make its import while further imports are being made: shorter than the API function's
/// time-out of 29 seconds.
const CREATION: Duration = Duration::from_secs(20);

/// The description of an import to be made.
#[derive(Clone, Debug)]
pub struct NewImport {
    /// The account in which the import is made.
    pub account: AccountId,
    /// The user who makes the import.
    pub user: ThingId,
    /// The kind of the file's rows.
    pub import_type: ImportType,
    /// The options with which the file is to be read and loaded.
    pub options: Options,
    /// The name of the file as the caller gave it.
    pub file_name: String,
    /// The caller's note on the import, or `None` without a note.
    pub note: Option<String>,
    /// The place of the file's bytes.
    pub origin: Origin,
    /// The identity of the request if its sender gave an `Idempotency-Key`, so the same request finds the same import;
    /// else `None`.
    pub once: Option<Once>,
}

impl NewImport {
    fn is_dropped(&self) -> bool {
        matches!(self.origin, Origin::Dropped { .. })
    }

    /// The status with which the import is made.
    fn first_status(&self) -> Status {
        match self.origin {
            Origin::Dropped { .. } => Status::Queued,
            Origin::Awaited { .. } => Status::New,
            Origin::Body { .. } | Origin::Located { .. } | Origin::Scheduled { .. } if self.options.autostart => {
                Status::Queued
            }
            Origin::Body { .. } | Origin::Located { .. } | Origin::Scheduled { .. } => Status::New,
        }
    }

    /// The lane in which the import takes its place as soon as it is made, or `None` for an import which takes no lane or
    /// is started later.
    fn lane_at_once(&self) -> Option<Lane> {
        Lane::of(self.import_type, &self.options, self.is_dropped()).filter(|_| self.first_status() == Status::Queued)
    }
}

/// The `Idempotency-Key` which a user gave to a request, with a digest of the request's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    user: ThingId,
    key: String,
    content: String,
}

impl Once {
    /// The identity of a user's request with this key and this content.
    pub fn new(user: ThingId, key: &str, content: &[&[u8]]) -> Self {
        Self { user, key: key.to_owned(), content: keys::digest(content) }
    }

    /// The import which an earlier copy of this request made, or `None` for a new request.
    pub async fn made(&self, services: &Services, account: AccountId) -> Result<Option<Import>, ImportError> {
        match services.store.read::<Claim>(&self.claim(account)).await? {
            Some(claim) => claim.import_of(services, account, Some(self)).await.map(Some),
            None => Ok(None),
        }
    }

    fn claim(&self, account: AccountId) -> Key {
        keys::request(account, self.user, &self.key)
    }
}

/// The place of an import's file when the import is made.
#[derive(Clone, Debug)]
pub enum Origin {
    /// The door holds the bytes and stores the file once the import is made ([`super::store_body`]), at a key derived
    /// from the import's number.
    Body {
        /// A nonce of the door for this request, so a retry of the transaction finds the import made first.
        token: String,
    },
    /// The file was dropped into the bucket; the import gets in line and waits for its turn.
    Dropped {
        /// The dropped object with its ETag.
        object: Object,
        /// The sequencer of the S3 event, which differs between two uploads to the same key.
        sequencer: String,
    },
    /// The parser is to fetch the file from an address and to store the file at a key derived from the import's number.
    Located {
        /// The address of the file.
        location: Location,
        /// A nonce of the door for this request, so a retry of the transaction finds the import made first.
        token: String,
    },
    /// The parser is to fetch the file from an address, because a schedule was due.
    Scheduled {
        /// The address of the file.
        location: Location,
        /// The schedule that makes the import.
        schedule: ScheduleId,
        /// The time for which the run was due, in milliseconds since 1970, so a second run for the same time finds the import.
        due: i64,
    },
    /// The file is to be uploaded to a key derived from the import's number.
    Awaited {
        /// A nonce of the caller for this request, so a retry of the transaction finds the import made first.
        token: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Claim {
    import: ImportId,
    expires: i64,
    /// The digest of the request, or `None` without an `Idempotency-Key`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    content: Option<String>,
}

impl Claim {
    async fn import_of(
        &self,
        services: &Services,
        account: AccountId,
        once: Option<&Once>,
    ) -> Result<Import, ImportError> {
        if self.content.as_ref() != once.map(|once| &once.content) {
            return Err(ImportError::OtherRequest);
        }
        Import::find(services, account, self.import).await
    }
}

/// Makes the import, or finds the import which its source already has.
pub async fn create(services: &Services, new: &NewImport) -> Result<Import, ImportError> {
    Ok(create_or_find(services, new).await?.0)
}

/// Makes the import, or finds the import which its source already has; `true` if the import was made now.
pub async fn create_or_find(services: &Services, new: &NewImport) -> Result<(Import, bool), ImportError> {
    let made = make(services, new, |_| None).await?;
    Ok(made.expect("a transaction without a note has no note to be refused"))
}

/// Makes the import like [`create_or_find`], together with the write that `note` gives for the import's number. `None` if the
/// condition of that write did not hold: then no import was made.
pub async fn create_noted(
    services: &Services,
    new: &NewImport,
    note: impl Fn(ImportId) -> Write,
) -> Result<Option<(Import, bool)>, ImportError> {
    make(services, new, |import| Some(note(import))).await
}

async fn make(
    services: &Services,
    new: &NewImport,
    note: impl Fn(ImportId) -> Option<Write>,
) -> Result<Option<(Import, bool)>, ImportError> {
    let (account, store) = (new.account, &services.store);
    let bucket = services.files.bucket();
    let claim_key = match (&new.once, &new.origin) {
        (Some(once), _) => once.claim(account),
        (None, Origin::Dropped { object, sequencer }) => {
            keys::source(account, bucket, &object.key, &format!("{}#{sequencer}", object.etag))
        }
        (None, Origin::Scheduled { schedule, due, .. }) => {
            keys::source(account, bucket, "scheduled", &format!("{schedule}#{due}"))
        }
        (None, Origin::Body { token } | Origin::Awaited { token } | Origin::Located { token, .. }) => {
            keys::source(account, bucket, "awaited", token)
        }
    };
    let (mut drawn, mut is_refused) = (None, false);
    let mut patience = Patience::lasting(CREATION);
    loop {
        if let Some(claim) = store.read::<Claim>(&claim_key).await? {
            return Ok(Some((claim.import_of(services, account, new.once.as_ref()).await?, false)));
        }
        if is_refused {
            return Ok(None);
        }
        let users = users_that_stand(services, new).await?;
        let Number { drawn: number, raise } = match drawn {
            Some(number) => Number { drawn: number, raise: None },
            None => Number::draw(services, new).await?,
        };
        let id = ImportId(number.number);
        if id.0 > MAX_IMPORTS {
            return Err(ImportError::Exhausted);
        }
        drawn = raise.is_none().then_some(number);
        let import = first_state(services, new, id, number.at);
        let expires = import.created_at / 1000 + CLAIM_LIFETIME;
        let content = new.once.as_ref().map(|once| once.content.clone());
        let claim = Claim { import: id, expires, content };
        let mut writes: Vec<_> = note(id).into_iter().collect();
        let is_noted = !writes.is_empty();
        writes.extend(held(&import, &users));
        writes.extend(raise);
        writes.extend([
            Write::put_item(keys::import(account, id), import.item()).when_absent(),
            Write::put(claim_key.clone(), &claim).when_absent(),
            roll::entered(&import),
        ]);
        if let Some(lane) = new.lane_at_once() {
            writes.push(lane::get_in_line(account, id, lane, id.0));
        }
        writes.extend(announce(&StoredEvent::of(&import, import.status, import.created_at), None));
        match store.transact(writes).await {
            Ok(()) => return Ok(Some((import, true))),
            // A run for the same time may have made the import, and the claim tells.
            Err(StoreError::Refused { at, .. }) if is_noted && at.contains(&0) => is_refused = true,
            // Another request made the claim, another drop took the number, or a user was deleted: read again.
            Err(StoreError::Refused { .. } | StoreError::Busy(_)) => {
                patience.wait(false, "many imports are being made at once").await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The number and the time for a new import.
struct Number {
    drawn: Dated,
    /// The write which takes the number, or `None` if the number is taken already.
    raise: Option<Write>,
}

impl Number {
    async fn draw(services: &Services, new: &NewImport) -> Result<Self, StoreError> {
        let (counter, now) = (keys::counter(new.account, Counter::Imports), services.clock.now_ms());
        if new.lane_at_once().is_none() {
            return Ok(Self { drawn: services.store.next_dated(counter, now).await?, raise: None });
        }
        let last = services.store.last_dated(&counter).await?;
        let drawn = last.next(now);
        let raise = Write::update(counter, "SET #n = :next, #at = :at").bind(":next", drawn.number);
        let raise = raise.bind(":at", drawn.at);
        let raise = match last.number {
            0 => raise.when_absent(),
            last => raise.when("#n = :last").bind(":last", last),
        };
        Ok(Self { drawn, raise: Some(raise) })
    }
}

/// The users whom the import names, or an error naming a user who does not exist.
async fn users_that_stand(services: &Services, new: &NewImport) -> Result<BTreeSet<ThingId>, ImportError> {
    let users = BTreeSet::from_iter([Some(new.user), new.options.entries.fallback_user].into_iter().flatten());
    let wanted: Vec<_> = users.iter().map(|&user| (Kind::User, user)).collect();
    let there = Thing::get_many(services, new.account, &wanted).await?;
    let stands = |user: &ThingId| there.iter().any(|thing| thing.id == *user);
    match users.iter().find(|user| !stands(user)) {
        Some(&gone) => Err(ImportError::NoUser(gone)),
        None => Ok(users),
    }
}

/// The writes by which the import refers to its users, so the users cannot be deleted before the import is undone.
fn held(import: &Import, users: &BTreeSet<ThingId>) -> Vec<Write> {
    let notes: Vec<_> = users.iter().map(|&id| Note { kind: Kind::User, id, client: None }).collect();
    let mut writes = vec![Note::put(import.account, import.id, &notes)];
    writes.extend(users.iter().flat_map(|&user| reference::refer(import.account, Kind::User, user, import.id)));
    writes
}

/// The key of an import's file under `prefix`; unique because the number of the import is part of the key.
fn file_key(prefix: &str, account: AccountId, import: ImportId, file_name: &str) -> String {
    format!("{prefix}/{account}/{import}/{}", key_part(file_name))
}

fn first_state(services: &Services, new: &NewImport, id: ImportId, now: i64) -> Import {
    let key = |prefix| Some(file_key(prefix, new.account, id, &new.file_name));
    let (source, awaits) = match &new.origin {
        Origin::Dropped { object, .. } => (Some(object.clone()), None),
        Origin::Body { .. } | Origin::Located { .. } | Origin::Scheduled { .. } => (None, key(SOURCES)),
        Origin::Awaited { .. } => (None, key(UPLOADS)),
    };
    let (location, schedule) = match &new.origin {
        Origin::Located { location, .. } => (Some(location.clone()), None),
        Origin::Scheduled { location, schedule, .. } => (Some(location.clone()), Some(*schedule)),
        Origin::Body { .. } | Origin::Dropped { .. } | Origin::Awaited { .. } => (None, None),
    };
    let at_once = new.lane_at_once();
    Import {
        account: new.account,
        id,
        status: new.first_status(),
        import_type: new.import_type,
        file_name: new.file_name.clone(),
        user: new.user,
        options: new.options.without_schema(),
        created_at: now,
        updated_at: now,
        sequence: 1,
        started_at: None,
        undo_until: None,
        completed_at: None,
        reverted_at: None,
        source,
        unpacked: None,
        awaits,
        location,
        schedule,
        content: None,
        fetches: 0,
        fetch_until: None,
        released: false,
        starter: None,
        parts: None,
        note: new.note.clone(),
        rows_per_chunk: services.rows_per_chunk,
        rows: None,
        chunks: None,
        file_chunks: None,
        format: None,
        joined: None,
        recalled: None,
        remembered: None,
        days: None,
        sealed: false,
        dropped: new.is_dropped(),
        lane: Lane::of(new.import_type, &new.options, new.is_dropped()),
        round: 0,
        // The place of a drop of time entries goes without saying.
        place: at_once.filter(|lane| *lane != Lane::Entries).map(|_| id.0),
        stopped: None,
        rests_until: None,
        aborting: false,
        tally: None,
        kept: Vec::new(),
        kept_records: Vec::new(),
        kept_subprofiles: Vec::new(),
        reason: None,
    }
}
