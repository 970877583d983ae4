//! Making an import, once.
//!
//! One transaction puts the import under a number of its own, claims its source, and enters it on the account's roll. A
//! retry, or a second event for the same object, finds the claim and gets the import that the first one made; a number is
//! never used again.
//!
//! # Numbers
//!
//! | origin | how its number is drawn | why |
//! |---|---|---|
//! | a request at a door | `ADD n 1` before the transaction | any number of requests at once get theirs with one write each |
//! | a drop | counter n → n+1 (if still n) within the transaction | drops take turns by number, so a number must not appear after a higher one |
//!
//! A number that was drawn by `ADD` and whose transaction came to nothing is a gap. A gap is harmless, because whatever
//! lists imports reads the roll or the import items, never "all numbers up to the last".
//!
//! All imports of a user write to that user's count of references, so on AWS transactions that are made at the same
//! time conflict, and of those in conflict one succeeds at a time. The others wait with a jittered back-off, as do drops that
//! find their number taken.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::transition::announce;
use super::{Import, ImportError, Lane, Options, Status, lane, roll};
use crate::files::{Object, SOURCES, UPLOADS, key_part};
use crate::id::{AccountId, ImportId, MAX_IMPORTS, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Counter, Kind};
use crate::store::{Key, Patience, StoreError, Write};
use crate::things::note::Note;
use crate::things::{Thing, reference};

/// How long a source stays claimed, in seconds: longer than any event can be late.
const CLAIM_LIFETIME: i64 = 180 * 24 * 3600;
/// How long an import is tried to be made while others are made: shorter than the API function's time-out of 29 seconds.
const CREATION: Duration = Duration::from_secs(20);

/// An import that is to be made.
#[derive(Clone, Debug)]
pub struct NewImport {
    /// The account.
    pub account: AccountId,
    /// Who asks.
    pub user: ThingId,
    /// How its file is to be read and loaded.
    pub options: Options,
    /// The name of the file.
    pub file_name: String,
    /// Where its bytes are.
    pub origin: Origin,
    /// The identity of the request, if its sender gave it a key: the same request again finds the same import.
    pub once: Option<Once>,
}

/// The key that a user gave to a request (`Idempotency-Key`), and a digest of what it asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    user: ThingId,
    key: String,
    content: String,
}

impl Once {
    /// The user's request with this key, which says this.
    pub fn new(user: ThingId, key: &str, content: &[&[u8]]) -> Self {
        Self { user, key: key.to_owned(), content: keys::digest(content) }
    }

    /// The import that this request has made before.
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

/// Where the bytes of an import are.
#[derive(Clone, Debug)]
pub enum Origin {
    /// In the hands of the door, which stores them as soon as the import is made ([`super::store_body`]), at a key that is
    /// told by the import's number; the token makes a retry find the first try.
    Body {
        /// A nonce of the door for this request.
        token: String,
    },
    /// Dropped into the bucket: it gets in line, and waits for its turn.
    Dropped {
        /// The object.
        object: Object,
        /// The sequencer of the S3 event, which tells this writing of the key from others.
        sequencer: String,
    },
    /// To be uploaded, to a key that is told by the import's number; the token makes a retry find the first try.
    Awaited {
        /// A nonce of the caller for this request.
        token: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Claim {
    import: ImportId,
    expires: i64,
    /// A digest of the request, where it has an `Idempotency-Key`.
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

/// Makes the import; or finds it, if its source has one.
pub async fn create(services: &Services, new: &NewImport) -> Result<Import, ImportError> {
    Ok(create_or_find(services, new).await?.0)
}

/// Makes the import, or finds it if its source has one; `true` if it was made.
pub async fn create_or_find(services: &Services, new: &NewImport) -> Result<(Import, bool), ImportError> {
    let (account, store) = (new.account, &services.store);
    let bucket = services.files.bucket();
    let claim_key = match (&new.once, &new.origin) {
        (Some(once), _) => once.claim(account),
        (None, Origin::Dropped { object, sequencer }) => {
            keys::source(account, bucket, &object.key, &format!("{}#{sequencer}", object.etag))
        }
        (None, Origin::Body { token } | Origin::Awaited { token }) => keys::source(account, bucket, "awaited", token),
    };
    let mut drawn = None;
    let mut patience = Patience::lasting(CREATION);
    loop {
        if let Some(claim) = store.read::<Claim>(&claim_key).await? {
            return Ok((claim.import_of(services, account, new.once.as_ref()).await?, false));
        }
        let users = users_that_stand(services, new).await?;
        let Number { import: id, raise } = match drawn {
            Some(id) => Number { import: id, raise: None },
            None => Number::draw(services, new).await?,
        };
        if id.0 > MAX_IMPORTS {
            return Err(ImportError::Exhausted);
        }
        drawn = raise.is_none().then_some(id);
        let import = first_state(services, new, id);
        let expires = import.created_at / 1000 + CLAIM_LIFETIME;
        let content = new.once.as_ref().map(|once| once.content.clone());
        let claim = Claim { import: id, expires, content };
        let mut writes = held(&import, &users);
        writes.extend(raise);
        writes.extend([
            Write::put_item(keys::import(account, id), import.item()).when_absent(),
            Write::put(claim_key.clone(), &claim).when_absent(),
            roll::entered(account, id),
        ]);
        if import.lane.is_some() {
            writes.push(lane::get_in_line(account, id));
        }
        writes.extend(announce(&import, import.status, &format!("user {}", new.user), None, import.created_at));
        match store.transact(writes).await {
            Ok(()) => return Ok((import, true)),
            // Another request has the claim, another drop the number; or a user went.
            Err(StoreError::Refused { .. } | StoreError::Busy(_)) => {
                patience.wait(false, "many imports are being made at once").await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The number of an import that is to be made.
struct Number {
    import: ImportId,
    /// The write that takes the number, if it is not taken yet.
    raise: Option<Write>,
}

impl Number {
    async fn draw(services: &Services, new: &NewImport) -> Result<Self, StoreError> {
        let counter = keys::counter(new.account, Counter::Imports);
        if !matches!(new.origin, Origin::Dropped { .. }) {
            let import = ImportId(services.store.next_number(counter).await?);
            return Ok(Self { import, raise: None });
        }
        let last = services.store.last_number(&counter).await?;
        let raise = Write::update(counter, "SET #n = :next").bind(":next", last + 1);
        let raise = if last == 0 { raise.when_absent() } else { raise.when("#n = :last").bind(":last", last) };
        Ok(Self { import: ImportId(last + 1), raise: Some(raise) })
    }
}

/// The users that the import is to name.
async fn users_that_stand(services: &Services, new: &NewImport) -> Result<BTreeSet<ThingId>, ImportError> {
    let users = BTreeSet::from_iter([Some(new.user), new.options.entries.fallback_user].into_iter().flatten());
    let wanted: Vec<_> = users.iter().map(|&user| (Kind::User, user)).collect();
    let there = Thing::get_many(services, new.account, &wanted).await?;
    let stands = |user: &ThingId| there.iter().any(|thing| thing.id == *user && !thing.is_spent());
    match users.iter().find(|user| !stands(user)) {
        Some(&gone) => Err(ImportError::NoUser(gone)),
        None => Ok(users),
    }
}

/// The writes by which the import holds on to the users that it names, so that they stay as long as it does.
fn held(import: &Import, users: &BTreeSet<ThingId>) -> Vec<Write> {
    let notes: Vec<_> = users.iter().map(|&id| Note { kind: Kind::User, id, client: None }).collect();
    let mut writes = vec![Note::put(import.account, import.id, &notes)];
    writes.extend(users.iter().flat_map(|&user| reference::refer(import.account, Kind::User, user, import.id)));
    writes
}

/// The key of an import's file under `prefix`; no other import has it, for no other has the number.
fn file_key(prefix: &str, account: AccountId, import: ImportId, file_name: &str) -> String {
    format!("{prefix}/{account}/{import}/{}", key_part(file_name))
}

fn first_state(services: &Services, new: &NewImport, id: ImportId) -> Import {
    let now = services.clock.now_ms();
    let key = |prefix| Some(file_key(prefix, new.account, id, &new.file_name));
    let (status, source, awaits) = match &new.origin {
        Origin::Dropped { object, .. } => (Status::Queued, Some(object.clone()), None),
        Origin::Body { .. } => (Status::Queued, None, key(SOURCES)),
        Origin::Awaited { .. } => (Status::New, None, key(UPLOADS)),
    };
    let lane = matches!(new.origin, Origin::Dropped { .. }).then_some(Lane::Entries);
    Import {
        account: new.account,
        id,
        status,
        file_name: new.file_name.clone(),
        user: new.user,
        options: new.options.clone(),
        created_at: now,
        updated_at: now,
        started_at: None,
        completed_at: None,
        reverted_at: None,
        source,
        unpacked: None,
        awaits,
        rows_per_chunk: services.rows_per_chunk,
        rows: None,
        chunks: None,
        format: None,
        recalled: None,
        remembered: None,
        days: None,
        sealed: false,
        dropped: lane.is_some(),
        lane,
        tally: None,
        kept: Vec::new(),
        reason: None,
    }
}
