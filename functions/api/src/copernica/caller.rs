//! Authentication: the account of a token, and the scope that a path needs: `import` for imports, `profiles` for the rest.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use shared::account::{Account, Principal, Scope};
use shared::id::AccountId;
use shared::services::Services;
use shared::store::keys::Kind;
use shared::things::{Thing, UserState};

use super::error::CopernicaError;
use crate::base::Base;
use crate::observed::is_of;
use crate::{Door, access};

/// The authenticated caller of a request.
pub struct At {
    /// The clients of the engine (tables, bucket, queues, clock).
    pub services: Services,
    /// The state of the doors, for whoever makes an import.
    pub door: Door,
    /// The caller by the token.
    pub principal: Principal,
    /// The account of the token.
    pub account: Account,
    /// The zone in which times are shown.
    pub zone: TimeZone,
    /// Scheme and host for links in the answer, without a trailing slash.
    pub base: String,
}

impl At {
    /// The caller with a token, if the token has the scope for a request with this method and this first part of the path.
    pub async fn of_token(
        parts: &mut Parts,
        door: &Door,
        (token, first): (Option<String>, Option<&str>),
    ) -> Result<Self, CopernicaError> {
        let services = &door.services;
        let token = token.ok_or_else(CopernicaError::invalid_token)?;
        let principal = Principal::of_token(services, &token).await?.ok_or_else(CopernicaError::invalid_token)?;
        is_of(parts, principal.account);
        let (account, user) = tokio::try_join!(
            Account::get(services, principal.account),
            Thing::get(services, principal.account, Kind::User, principal.user)
        )?;
        let is_active = user.is_some_and(|user| user.user().is_some_and(|fields| fields.state == UserState::Active));
        let account = account.filter(|_| is_active).ok_or_else(CopernicaError::invalid_token)?;
        let (scope, word) = scope_of(first);
        if !principal.may(scope, access(&parts.method)) {
            let message = format!("No permission to call this method: the token lacks the scope {word}");
            return Err(CopernicaError::saying(message));
        }
        let Ok(Base(base)) = Base::from_request_parts(parts, door).await;
        let zone = account.settings.zone();
        Ok(Self { services: services.clone(), door: door.clone(), principal, account, zone, base })
    }

    /// The number of the account.
    pub fn id(&self) -> AccountId {
        self.account.id
    }

    /// A time in the form of the vendor, in the account's zone.
    pub fn time(&self, ms: i64) -> String {
        shown_time(&self.zone, ms)
    }

    /// The present moment in the account's zone.
    pub fn now(&self) -> Zoned {
        moment(&self.zone, self.services.clock.now_ms())
    }
}

/// The scope that the first part of a path needs, with its word.
fn scope_of(first: Option<&str>) -> (Scope, &'static str) {
    match first {
        Some("imports" | "import") => (Scope::Import, "import"),
        _ => (Scope::Profiles, "profiles"),
    }
}

fn moment(zone: &TimeZone, ms: i64) -> Zoned {
    Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(zone.clone())
}

/// A time in the form `2026-11-30 21:05:09`.
pub fn shown_time(zone: &TimeZone, ms: i64) -> String {
    moment(zone, ms).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
