//! Making an import, once.
//!
//! One transaction raises the account's counter, puts the import under the new number, and claims the
//! source. A retry, or a second event for the same object, finds the claim and gets the import that the
//! first one made; a number is never used again.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::transition::announce;
use super::{Import, ImportError, Options, Status};
use crate::entity::note::Note;
use crate::entity::{Thing, reference};
use crate::files::{Object, UPLOADS, key_part};
use crate::id::{AccountId, ImportId, MAX_IMPORTS, ThingId};
use crate::inbox;
use crate::services::Services;
use crate::store::keys::{self, Counter, Kind};
use crate::store::{Key, StoreError, Write};

/// How long a source stays claimed, in seconds: longer than any event can be late.
const CLAIM_LIFETIME: i64 = 180 * 24 * 3600;
/// Tries for a number while others take theirs.
const ATTEMPTS: usize = 50;

/// What to import, for whom.
#[derive(Clone, Debug)]
pub struct NewImport {
    /// The account.
    pub account: AccountId,
    /// Who asks.
    pub user: ThingId,
    /// What was asked for.
    pub options: Options,
    /// The name of the file.
    pub file_name: String,
    /// Where its bytes are.
    pub origin: Origin,
    /// What makes a request that is sent again the same request, if its sender said so.
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

    /// What the same request has always, and no other: the name of the object that its file is put to.
    pub fn digest(&self) -> String {
        keys::digest(&[self.user.to_string().as_bytes(), self.key.as_bytes(), self.content.as_bytes()])
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
    /// In the bucket already.
    Stored(Object),
    /// Dropped into the bucket: it gets in line, and waits for its turn.
    Dropped {
        /// The object.
        object: Object,
        /// What tells this writing of the key from others.
        sequencer: String,
    },
    /// To be uploaded, to a key that is told by the import's number; the token makes a retry find the first try.
    Awaited {
        /// What the caller drew for this request.
        token: String,
    },
}

#[derive(Serialize, Deserialize)]
struct Claim {
    import: ImportId,
    expires: i64,
    /// What the request asked for, where it has a key of its own.
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

/// Likewise, and says whether it was made.
pub async fn create_or_find(services: &Services, new: &NewImport) -> Result<(Import, bool), ImportError> {
    let (account, store) = (new.account, &services.store);
    let bucket = services.files.bucket();
    let claim_key = match (&new.once, &new.origin) {
        (Some(once), _) => once.claim(account),
        (None, Origin::Stored(object)) => keys::source(account, bucket, &object.key, &object.etag),
        (None, Origin::Dropped { object, sequencer }) => {
            keys::source(account, bucket, &object.key, &format!("{}#{sequencer}", object.etag))
        }
        (None, Origin::Awaited { token }) => keys::source(account, bucket, "awaited", token),
    };
    let counter = keys::counter(account, Counter::Imports);
    for _ in 0..ATTEMPTS {
        if let Some(claim) = store.read::<Claim>(&claim_key).await? {
            return Ok((claim.import_of(services, account, new.once.as_ref()).await?, false));
        }
        let last = store.last_number(&counter).await?;
        if last >= MAX_IMPORTS {
            return Err(ImportError::Exhausted);
        }
        let import = first_state(services, new, ImportId(last + 1));
        let raise = Write::update(counter.clone(), "SET #n = :next").bind(":next", last + 1);
        let raise = if last == 0 { raise.when_absent() } else { raise.when("#n = :last").bind(":last", last) };
        let expires = import.created_at / 1000 + CLAIM_LIFETIME;
        let content = new.once.as_ref().map(|once| once.content.clone());
        let claim = Claim { import: import.id, expires, content };
        let mut writes = held(services, &import).await?;
        writes.extend([
            raise,
            Write::put_item(keys::import(account, import.id), import.item()).when_absent(),
            Write::put(claim_key.clone(), &claim).when_absent(),
        ]);
        if import.is_dropped() {
            writes.push(inbox::get_in_line(account, import.id));
        }
        writes.extend(announce(&import, import.status, &format!("user {}", new.user), None, import.created_at));
        match store.transact(writes).await {
            Ok(()) => return Ok((import, true)),
            Err(error) if error.is_refused() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(StoreError::Busy("many imports are being made at once".to_owned()).into())
}

/// The writes by which the import holds on to the users that it names, so that they stay as long as it does.
async fn held(services: &Services, import: &Import) -> Result<Vec<Write>, ImportError> {
    let users = BTreeSet::from_iter([Some(import.user), import.options.fallback_user].into_iter().flatten());
    let wanted: Vec<_> = users.iter().map(|&user| (Kind::User, user)).collect();
    let there = Thing::get_many(services, import.account, &wanted).await?;
    let stands = |user: &ThingId| there.iter().any(|thing| thing.id == *user && !thing.is_spent());
    if let Some(&gone) = users.iter().find(|user| !stands(user)) {
        return Err(ImportError::NoUser(gone));
    }
    let notes: Vec<_> = users.iter().map(|&id| Note { kind: Kind::User, id, client: None }).collect();
    let mut writes = vec![Note::put(import.account, import.id, &notes)];
    writes.extend(users.iter().flat_map(|&user| reference::refer(import.account, Kind::User, user, import.id)));
    Ok(writes)
}

/// The key that the file of an awaited import is uploaded to.
fn upload_key(account: AccountId, import: ImportId, file_name: &str) -> String {
    format!("{UPLOADS}/{account}/{import}/{}", key_part(file_name))
}

fn first_state(services: &Services, new: &NewImport, id: ImportId) -> Import {
    let now = services.clock.now_ms();
    let (status, source, awaits) = match &new.origin {
        Origin::Stored(object) | Origin::Dropped { object, .. } => (Status::Queued, Some(object.clone()), None),
        Origin::Awaited { .. } => (Status::New, None, Some(upload_key(new.account, id, &new.file_name))),
    };
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
        days: None,
        tally: None,
        kept: Vec::new(),
        reason: None,
    }
}
