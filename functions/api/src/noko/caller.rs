//! Authentication: finds the token in any place where the vendor's clients send tokens.

use axum::extract::{FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use shared::account::{Principal, Scope};
use shared::services::Services;
use shared::store::keys::Kind;
use shared::things::{Thing, UserState};

use super::NokoError;
use super::query::Query;
use super::shape::Shapes;
use crate::base::Base;
use crate::observed::is_of;
use crate::{Door, access};

/// The authenticated caller of a request, with the clients of the engine and the base URL for links.
pub struct At {
    /// The clients of the engine (tables, bucket, queues, clock).
    pub services: Services,
    /// The account, the user and the scopes of the token.
    pub caller: Principal,
    /// Scheme and host for links in the response, without a trailing slash.
    pub base: String,
}

impl At {
    /// A builder for the JSON of a response to this caller.
    pub fn shapes(&self) -> Shapes {
        Shapes::new(&self.base, self.caller.account)
    }
}

/// A caller whose token has the scope for imports.
pub struct Importer(pub At);

/// A caller whose token has the scope for entries, projects, tags and users.
pub struct Member(pub At);

impl FromRequestParts<Door> for Importer {
    type Rejection = NokoError;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, NokoError> {
        at(parts, door, Scope::Import).await.map(Self)
    }
}

impl FromRequestParts<Door> for Member {
    type Rejection = NokoError;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, NokoError> {
        at(parts, door, Scope::Workspace).await.map(Self)
    }
}

/// The layer that refuses a request without a `User-Agent`, on every path.
pub async fn with_user_agent(request: Request, next: Next) -> Result<Response, NokoError> {
    match request.headers().get(USER_AGENT).is_some_and(|agent| !agent.as_bytes().trim_ascii().is_empty()) {
        true => Ok(next.run(request).await),
        false => Err(NokoError::bad_request("The User-Agent header is missing")),
    }
}

async fn at(parts: &mut Parts, door: &Door, scope: Scope) -> Result<At, NokoError> {
    let token = token(&parts.headers, parts.uri.query().unwrap_or_default()).ok_or_else(NokoError::unauthorized)?;
    let caller = Principal::of_token(&door.services, &token).await?.ok_or_else(NokoError::unauthorized)?;
    is_of(parts, caller.account);
    if !caller.may(scope, access(&parts.method)) {
        return Err(NokoError::forbidden());
    }
    // Every endpoint extracts its caller, so unknown query parameters are refused on all paths.
    Query::of(parts)?;
    let user = Thing::get(&door.services, caller.account, Kind::User, caller.user).await?;
    if user.as_ref().and_then(Thing::user).is_none_or(|user| user.state == UserState::Disabled) {
        return Err(NokoError::unauthorized());
    }
    let Ok(Base(base)) = Base::from_request_parts(parts, door).await;
    Ok(At { services: door.services.clone(), caller, base })
}

/// Finds the token: in a header of the vendor's, in `Authorization` (as Bearer, or as the user name of Basic),
/// or in the query.
fn token(headers: &HeaderMap, query: &str) -> Option<String> {
    let header = |name: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        value.filter(|value| !value.is_empty())
    };
    if let Some(token) = header("x-nokotoken").or_else(|| header("x-freckletoken")) {
        return Some(token.to_owned());
    }
    if let Some((scheme, value)) = header(AUTHORIZATION.as_str()).and_then(|value| value.split_once(' ')) {
        if scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token") {
            return Some(value.trim().to_owned());
        }
        if scheme.eq_ignore_ascii_case("basic") {
            let decoded = STANDARD.decode(value.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok())?;
            return decoded.split(':').next().map(str::to_owned);
        }
    }
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).ok()?;
    let named = |name: &str| matches!(name, "noko_token" | "freckle_token" | "access_token");
    pairs.into_iter().find(|(name, _)| named(name)).map(|(_, token)| token)
}
