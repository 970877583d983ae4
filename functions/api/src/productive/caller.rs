//! The caller of a request, by `X-Auth-Token` and `X-Organization-Id`.
//!
//! | request | answer |
//! |---|---|
//! | without a token, or with a token that is unknown, revoked or expired | 401 |
//! | without an organization, for there is nothing to authorize against | 401 |
//! | of a user who is disabled or deleted | 401 |
//! | with another organization than the token's | 403 |
//! | with a token that lacks the scope | 403 |

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use jiff::tz::TimeZone;
use shared::account::{Account, Principal, Scope};
use shared::id::AccountId;
use shared::services::Services;
use shared::store::keys::Kind;
use shared::things::{Thing, UserState};

use super::error::ProductiveError;
use super::negotiation::accepted;
use crate::base::Base;
use crate::observed::is_of;
use crate::{Door, access};

/// The header with the token, and the header with the number of the organization, which is the account.
pub const TOKEN: &str = "x-auth-token";
pub const ORGANIZATION: &str = "x-organization-id";
/// The header with which clients choose the vendor's newer behaviour, as a comma-separated list.
const FLAGS: &str = "x-feature-flags";
/// The flag with which filters compare times and not days.
const BY_INSTANTS: &str = "filteringSkipDatetimeCastToDate";

/// The authenticated caller of a request, with everything that an answer needs to know of the account.
pub struct At {
    /// The clients of the engine (tables, bucket, queues, clock).
    pub services: Services,
    pub principal: Principal,
    pub account: Account,
    /// The user of the token.
    pub user: Thing,
    /// The zone in which times are shown, and in which days begin.
    pub zone: TimeZone,
    /// True if filters compare times by days.
    pub by_days: bool,
    /// Scheme and host for links in the answer, without a trailing slash.
    pub base: String,
    /// The query of the request as sent.
    pub query: String,
}

impl At {
    pub fn id(&self) -> AccountId {
        self.principal.account
    }
}

/// A caller whose token has the scope for imports.
pub struct Importer(pub At);

/// A caller whose token has the scope for companies and people.
pub struct Member(pub At);

impl FromRequestParts<Door> for Importer {
    type Rejection = ProductiveError;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, ProductiveError> {
        at(parts, door, Scope::Import).await.map(Self)
    }
}

impl FromRequestParts<Door> for Member {
    type Rejection = ProductiveError;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, ProductiveError> {
        at(parts, door, Scope::Contacts).await.map(Self)
    }
}

/// The text of a header without spaces around it. `None` for an empty header.
fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let value = headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    value.filter(|value| !value.is_empty())
}

async fn at(parts: &mut Parts, door: &Door, scope: Scope) -> Result<At, ProductiveError> {
    let services = &door.services;
    let token = header(&parts.headers, TOKEN).ok_or_else(ProductiveError::unauthenticated)?;
    let principal = Principal::of_token(services, token).await?.ok_or_else(ProductiveError::unauthenticated)?;
    is_of(parts, principal.account);
    let organization = header(&parts.headers, ORGANIZATION).ok_or_else(ProductiveError::unauthenticated)?;
    if organization.parse() != Ok(principal.account) || !principal.may(scope, access(&parts.method)) {
        return Err(ProductiveError::access_denied());
    }
    let (account, user) = tokio::try_join!(
        Account::get(services, principal.account),
        Thing::get(services, principal.account, Kind::User, principal.user)
    )?;
    let user = user.filter(|user| user.user().is_some_and(|fields| fields.state == UserState::Active));
    let (Some(account), Some(user)) = (account, user) else { return Err(ProductiveError::unauthenticated()) };
    accepted(&parts.method, &parts.headers)?;
    let Ok(Base(base)) = Base::from_request_parts(parts, door).await;
    let flags = header(&parts.headers, FLAGS).unwrap_or_default();
    Ok(At {
        services: services.clone(),
        principal,
        zone: account.settings.zone(),
        account,
        user,
        by_days: !flags.split(',').any(|flag| flag.trim() == BY_INSTANTS),
        base,
        query: parts.uri.query().unwrap_or_default().to_owned(),
    })
}
