//! Who calls: the token in any of the vendor's ways.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::request::Parts;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use shared::account::{Principal, Scope};

use super::NokoError;
use crate::Door;

/// A caller who may use imports.
pub struct Importer(pub Principal);

/// A caller who may use entries, projects, tags and users.
pub struct Member(pub Principal);

impl FromRequestParts<Door> for Importer {
    type Rejection = NokoError;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, NokoError> {
        caller(parts, door, Scope::Import).await.map(Self)
    }
}

impl FromRequestParts<Door> for Member {
    type Rejection = NokoError;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, NokoError> {
        caller(parts, door, Scope::Workspace).await.map(Self)
    }
}

async fn caller(parts: &Parts, door: &Door, scope: Scope) -> Result<Principal, NokoError> {
    if parts.headers.get(USER_AGENT).is_none_or(|agent| agent.as_bytes().trim_ascii().is_empty()) {
        return Err(NokoError::bad_request("The User-Agent header is missing"));
    }
    let token = token(&parts.headers, parts.uri.query().unwrap_or_default()).ok_or_else(NokoError::unauthorized)?;
    let principal = Principal::of_token(&door.services, &token).await?.ok_or_else(NokoError::unauthorized)?;
    if principal.may(scope) { Ok(principal) } else { Err(NokoError::forbidden()) }
}

/// The token: a header of its own, `Authorization` as Bearer or as the user name of Basic, or the query.
fn token(headers: &HeaderMap, query: &str) -> Option<String> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
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
