//! Tokens: each is one user of one account, with some scopes.
//!
//! A token's text is shown once, when it is made. What is kept is its SHA-256, as the key of the token's record: a token leads
//! to its record by one read, and nobody who reads the table can call with what is found there. 256 random bits need no salt
//! and no slow hash. A mention in the account's own partition lets its tokens be listed without a scan.
//!
//! A revoked or expired token keeps its record, so that a list can say when it ended.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::id::{AccountId, ThingId};
use crate::services::Services;
use crate::store::{StoreError, Write, decode, keys};

/// How every token that is made begins, so that people and secret scanners recognise one.
pub const PREFIX: &str = "waybill_";
/// Random bytes of a token.
const SECRET: usize = 32;
/// Hexadecimal digits of the hash that name a token to people.
const ID: usize = 12;

/// What a token may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Reading and writing imports.
    Import,
    /// Reading and writing entries, projects, tags and users.
    Workspace,
    /// Reading all of it, and changing nothing.
    Read,
}

/// What a request does to what it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// It leaves everything as it is.
    Read,
    /// It may change something.
    Write,
}

/// Who makes a request: one user of one account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Principal {
    /// The account.
    pub account: AccountId,
    /// The user.
    pub user: ThingId,
    /// What the token may be used for.
    pub scopes: Vec<Scope>,
}

/// A token's record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// The beginning of the hash, by which people name the token.
    pub id: String,
    /// For people: what or whom the token is for.
    pub name: String,
    /// Who calls with it.
    #[serde(flatten)]
    pub principal: Principal,
    /// When it was made, in milliseconds since 1970.
    pub created_at: i64,
    /// When it ends, in milliseconds since 1970; absent, it does not end by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// When it was revoked, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<i64>,
    /// The last day (UTC) on which it was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Date>,
}

/// What is asked of a new token.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// For people: what or whom the token is for.
    pub name: String,
    /// Who calls with it.
    pub principal: Principal,
    /// How long it is good for; without an end, until it is revoked.
    pub lasts: Option<Duration>,
}

/// Why a token cannot be changed.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The account has no token of that id.
    #[error("the account has no token {0}")]
    Missing(String),
    /// The token is revoked or expired.
    #[error("token {0} has ended")]
    Ended(String),
}

/// The mention of a token among those of its account.
#[derive(Serialize, Deserialize)]
struct Mention {
    hash: String,
}

impl Principal {
    /// The principal of a token, if it is one that is good now. The first use of a day is noted.
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

    /// Whether the token may be used for that.
    pub fn may(&self, scope: Scope, access: Access) -> bool {
        self.scopes.contains(&scope) || (access == Access::Read && self.scopes.contains(&Scope::Read))
    }

    /// As the history names it.
    pub fn signature(&self) -> String {
        format!("user {}", self.user)
    }
}

impl Token {
    /// Whether it is revoked or expired.
    pub fn has_ended(&self, now_ms: i64) -> bool {
        self.revoked_at.is_some() || self.expires_at.is_some_and(|end| end <= now_ms)
    }
}

/// Makes a token: its text, which is nowhere else, and its record.
pub async fn create(services: &Services, new: &NewToken) -> Result<(String, Token), StoreError> {
    let text = random_text();
    let token = grant_named(services, &text, new).await?;
    Ok((text, token))
}

/// Makes a text the token of a principal, without an end; nothing changes if it is a token already.
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

/// An account's tokens, oldest first, those that have ended too.
pub async fn all(services: &Services, account: AccountId) -> Result<Vec<Token>, StoreError> {
    let mentions: Vec<Mention> = services.store.read_all(keys::tokens(account)).await?;
    let keys: Vec<_> = mentions.iter().map(|mention| keys::token(&mention.hash)).collect();
    let found = services.store.get_many(&keys).await?.into_iter().map(decode::<Token>);
    let mut tokens = found.collect::<Result<Vec<_>, _>>()?;
    tokens.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    Ok(tokens)
}

/// Ends a token now. One that has ended stays as it is.
pub async fn revoke(services: &Services, account: AccountId, id: &str) -> Result<(), TokenError> {
    let (hash, _) = find(services, account, id).await?;
    let revoke = Write::update(keys::token(&hash), "SET #revoked_at = :now");
    let revoke = revoke.when("attribute_not_exists(#revoked_at)").bind(":now", services.clock.now_ms());
    match services.store.write(revoke).await {
        Err(error) if !error.is_refused() => Err(error.into()),
        _ => Ok(()),
    }
}

/// Replaces a token by a new one of the same name, user, scopes and duration. The old one stays good for `overlap`, so that
/// its holders can change over; with none it ends now.
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

/// Notes a token's first use of a day. A use that cannot be noted is a use all the same.
async fn note_use(services: &Services, hash: &str, today: Date) {
    let note = Write::update(keys::token(hash), "SET #last_used = :today").when_present().bind(":today", today);
    if let Err(error) = services.store.write(note).await {
        tracing::debug!(%error, "the use of a token is not noted");
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
