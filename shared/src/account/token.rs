//! Tokens, each of which admits a user of an account within some scopes.
//!
//! A token's text is shown once, when the token is made, and never stored. The table holds the SHA-256 of the text
//! as the key of the token's record. A request therefore finds the token by a single read, and a person who reads
//! the table cannot call with the hashes found there. The text has 256 random bits, so the hash needs no salt and
//! need not be slow.
//!
//! A token also has a small item in the account's partition, so that the account's tokens are listed without a scan.
//! The record of a revoked or expired token stays, so that the list can say when the token ended.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{AccountId, ThingId};
use crate::services::Services;
use crate::store::{StoreError, Write, decode, keys};

/// The beginning of every token that [`create`] makes, by which people and secret scanners recognise a token.
pub const PREFIX: &str = "waybill_";
/// The number of random bytes in a token's text.
const SECRET: usize = 32;
/// The number of hexadecimal digits of the hash that make up the short id of a token (`3f0a9c51d2e7`).
const ID: usize = 12;

/// A permission of a token. A principal has a list of scopes, and needs a fitting scope for each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The permission to read and write imports.
    Import,
    /// The permission to read and write entries, projects, tags and users.
    Workspace,
    /// The permission to read and write companies and people.
    Contacts,
    /// The permission to read and write databases, profiles and subprofiles.
    Profiles,
    /// The permission to read everything that the other scopes open, and to change nothing.
    Read,
}

/// The access that a request needs, where `GET` and `HEAD` read and all further methods write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The request reads stored data and changes nothing.
    Read,
    /// The request may create, change or delete stored data.
    Write,
}

/// The caller of a request, who is a user of an account and has the scopes of the token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Principal {
    /// The account to whose data the token gives access.
    pub account: AccountId,
    /// The user of the account who calls with the token.
    pub user: ThingId,
    /// The scopes of the token, in the order of the grant.
    pub scopes: Vec<Scope>,
}

/// A token's record in the table Workspace, whose key is the hash of the token's text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// The first 12 hexadecimal digits of the hash, by which people name the token.
    pub id: String,
    /// A name for people (for example the calling program), or an empty name for a token made by [`grant`].
    pub name: String,
    /// The caller whose requests carry the token.
    #[serde(flatten)]
    pub principal: Principal,
    /// The time at which the token was made, in milliseconds since 1970.
    pub created_at: i64,
    /// The time at which the token expires, in milliseconds since 1970. `None` for a token that does not expire.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// The time at which the token was revoked, in milliseconds since 1970. `None` for a token that was not revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<i64>,
    /// The last day (UTC) on which a request came with the token, or `None` before the first request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Date>,
}

/// The properties that [`create`] gives a new token.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// A name for people, e.g. the program that calls with the token.
    pub name: String,
    /// The caller whose requests carry the token.
    pub principal: Principal,
    /// The lifetime of the token, or `None` for a token that stays good until somebody revokes the token.
    pub lasts: Option<Duration>,
}

/// The reasons why a token cannot be revoked or rotated.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// A request to DynamoDB failed while the token was read or changed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The account has no token with this id.
    #[error("the account has no token {0}")]
    Missing(String),
    /// The token with this id is revoked or expired.
    #[error("token {0} has ended")]
    Ended(String),
}

/// The item by which an account's list of tokens finds a token's record.
#[derive(Serialize, Deserialize)]
struct Mention {
    hash: String,
}

impl Principal {
    /// The principal of the token with this text, or `None` if the token is unknown, revoked or expired. The first
    /// request of a day stores the day in the token's record.
    pub async fn of_token(services: &Services, text: &str) -> Result<Option<Self>, StoreError> {
        if text.is_empty() {
            return Ok(None);
        }
        let hash = hash(text);
        let Some(token) = services.store.read::<Token>(&keys::token(&hash)).await? else {
            return Ok(None);
        };
        let now = services.clock.now_ms();
        if token.has_ended(now) {
            return Ok(None);
        }
        let today = day(now);
        if token.last_used.is_none_or(|last| last < today) {
            note_use(services, &hash, today).await;
        }
        Ok(Some(token.principal))
    }

    /// Returns whether the scopes allow the access, where [`Scope::Read`] allows every kind of reading.
    pub fn may(&self, scope: Scope, access: Access) -> bool {
        self.scopes.contains(&scope) || (access == Access::Read && self.scopes.contains(&Scope::Read))
    }

    /// The name of the principal in an import's history, e.g. `user 1`.
    pub fn signature(&self) -> String {
        format!("user {}", self.user)
    }
}

impl Token {
    /// Returns whether the token is revoked or expired at `now_ms` (milliseconds since 1970).
    pub fn has_ended(&self, now_ms: i64) -> bool {
        self.revoked_at.is_some() || self.expires_at.is_some_and(|end| end <= now_ms)
    }
}

/// Makes a token and returns the text, which is stored nowhere, with the record.
pub async fn create(services: &Services, new: &NewToken) -> Result<(String, Token), StoreError> {
    let text = random_text();
    let token = grant_named(services, &text, new).await?;
    Ok((text, token))
}

/// Makes `text` a token of the principal, without a name and without expiry. If `text` is a
/// token already, nothing changes.
pub async fn grant(services: &Services, text: &str, principal: &Principal) -> Result<(), StoreError> {
    let new = NewToken { name: String::new(), principal: principal.clone(), lasts: None };
    match grant_named(services, text, &new).await {
        Err(error) if error.is_refused() => Ok(()),
        done => done.map(drop),
    }
}

async fn grant_named(services: &Services, text: &str, new: &NewToken) -> Result<Token, StoreError> {
    let (hash, now) = (hash(text), services.clock.now_ms());
    let token = Token {
        id: hash[..ID].to_owned(),
        name: new.name.clone(),
        principal: new.principal.clone(),
        created_at: now,
        expires_at: new.lasts.map(|lasts| later(now, lasts)),
        revoked_at: None,
        last_used: None,
    };
    let mention = Write::put(keys::token_of(new.principal.account, &token.id), &Mention { hash: hash.clone() });
    let record = Write::put(keys::token(&hash), &token);
    services.store.transact(vec![record.when_absent(), mention.when_absent()]).await?;
    Ok(token)
}

/// Reads an account's tokens, oldest first, including revoked and expired tokens.
pub async fn all(services: &Services, account: AccountId) -> Result<Vec<Token>, StoreError> {
    let mentions: Vec<Mention> = services.store.read_all(keys::tokens(account)).await?;
    let keys: Vec<_> = mentions.iter().map(|mention| keys::token(&mention.hash)).collect();
    let found = services.store.get_many(&keys).await?.into_iter().map(decode::<Token>);
    let mut tokens = found.collect::<Result<Vec<_>, _>>()?;
    tokens.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(tokens)
}

/// Revokes a token as of now; a token that was revoked before keeps the earlier time.
pub async fn revoke(services: &Services, account: AccountId, id: &str) -> Result<(), TokenError> {
    let (hash, _) = find(services, account, id).await?;
    let revoke = Write::update(keys::token(&hash), "SET #revoked_at = :now");
    let revoke = revoke.when("attribute_not_exists(#revoked_at)").bind(":now", services.clock.now_ms());
    services.store.attempt(revoke).await?;
    Ok(())
}

/// Replaces a token by a new token with the same name, user, scopes and lifetime. The old token stays good
/// for `overlap`, so that holders can change over, but never longer than before. A zero `overlap` revokes
/// the old token now.
pub async fn rotate(
    services: &Services,
    account: AccountId,
    id: &str,
    overlap: Duration,
) -> Result<(String, Token), TokenError> {
    let (hash, old) = find(services, account, id).await?;
    let now = services.clock.now_ms();
    if old.has_ended(now) {
        return Err(TokenError::Ended(id.to_owned()));
    }
    let lasts = old.expires_at.map(|end| Duration::from_millis((end - old.created_at).unsigned_abs()));
    let made = create(services, &NewToken { name: old.name.clone(), principal: old.principal.clone(), lasts }).await?;
    if overlap.is_zero() {
        revoke(services, account, id).await?;
    } else {
        let end = later(now, overlap);
        let end = old.expires_at.map_or(end, |before| before.min(end));
        services.store.write(Write::update(keys::token(&hash), "SET #expires_at = :end").bind(":end", end)).await?;
    }
    Ok(made)
}

async fn find(services: &Services, account: AccountId, id: &str) -> Result<(String, Token), TokenError> {
    let missing = || TokenError::Missing(id.to_owned());
    let mention: Mention = services.store.read(&keys::token_of(account, id)).await?.ok_or_else(missing)?;
    let token = services.store.read(&keys::token(&mention.hash)).await?.ok_or_else(missing)?;
    Ok((mention.hash, token))
}

/// Stores the day of a token's latest use. A failure is logged only, because the request itself is good.
async fn note_use(services: &Services, hash: &str, today: Date) {
    let note = Write::update(keys::token(hash), "SET #last_used = :today").when_present().bind(":today", today);
    if let Err(error) = services.store.write(note).await {
        tracing::debug!(%error, "the day of a token's use could not be stored");
    }
}

fn later(now_ms: i64, by: Duration) -> i64 {
    now_ms.saturating_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX))
}

fn day(now_ms: i64) -> Date {
    Timestamp::from_millisecond(now_ms).unwrap_or_default().to_zoned(TimeZone::UTC).date()
}

fn hash(text: &str) -> String {
    keys::hex(&Sha256::digest(text.as_bytes()))
}

fn random_text() -> String {
    let mut secret = [0; SECRET];
    getrandom::fill(&mut secret).expect("the system has random bytes");
    format!("{PREFIX}{}", keys::hex(&secret))
}
