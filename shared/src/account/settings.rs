//! The settings of an account: the zone of its times, the features that the Productive door shows, and its quotas.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Account;
use crate::id::AccountId;
use crate::quotas::OwnQuotas;
use crate::services::Services;
use crate::store::{StoreError, Write, keys};

/// The settings of an account, each with a default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The name of a zone in the IANA database, for example `Europe/Berlin`, or `None` for UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// The features of the organization as the Productive door shows them, or `None` for the vendor's set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<Map<String, Value>>,
    /// The quotas that take the place of the stack's.
    #[serde(skip_serializing_if = "OwnQuotas::are_absent")]
    pub quotas: OwnQuotas,
}

impl Settings {
    /// The zone in which days begin and times are shown. A name that no zone has any more means UTC.
    pub fn zone(&self) -> TimeZone {
        self.time_zone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
    }
}

/// Replaces the settings of an account.
///
/// # Errors
/// [`StoreError::Refused`] if there is no such account.
pub async fn set(services: &Services, account: AccountId, settings: &Settings) -> Result<(), StoreError> {
    let set = Write::update(keys::account(account), "SET #settings = :settings").when_present();
    services.store.write(set.bind(":settings", settings)).await.map(drop)
}

/// The settings of an account, or `None` for a number without an account.
pub async fn get(services: &Services, account: AccountId) -> Result<Option<Settings>, StoreError> {
    Ok(Account::get(services, account).await?.map(|account| account.settings))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_found_by_its_name_and_is_utc_without_a_name() {
        let zone = |name: Option<&str>| Settings { time_zone: name.map(str::to_owned), ..Settings::default() }.zone();
        assert_eq!(zone(Some("Europe/Berlin")).iana_name(), Some("Europe/Berlin"));
        assert_eq!(zone(None), TimeZone::UTC);
        assert_eq!(zone(Some("Nowhere/Town")), TimeZone::UTC);
    }
}
