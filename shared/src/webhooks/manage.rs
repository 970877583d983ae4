//! Making, listing, changing and deleting webhooks.

use serde::Deserialize;

use super::secret::Secret;
use super::webhook::{Disabling, FormerSecret, OVERLAP_MS, Webhook};
use crate::events::DisablingReason;
use crate::fetch::Location;
use crate::id::{AccountId, ThingId, WebhookId};
use crate::services::Services;
use crate::store::keys::{self, Counter};
use crate::store::{Patience, StoreError, Write, decode, retry};

/// The most webhooks of an account. All are read for each batch of events.
pub const MOST_WEBHOOKS: u64 = 20;

/// The facts by which a person makes a webhook.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    /// The account whose events the webhook gets.
    pub account: AccountId,
    /// The user who makes the webhook.
    pub user: ThingId,
    /// The address to which events are posted.
    pub url: Location,
    /// A remark for people, or `None`.
    pub description: Option<String>,
    /// The types of events, or `None` for all.
    pub types: Option<Vec<String>>,
}

/// The changes that a person makes to a webhook. `None` leaves a part as it is.
#[derive(Clone, Debug, Default)]
pub struct WebhookChanges {
    /// Another address.
    pub url: Option<Location>,
    /// Another remark, or `Some(None)` for none.
    pub description: Option<Option<String>>,
    /// Other types of events, or `Some(None)` for all.
    pub types: Option<Option<Vec<String>>>,
    /// True enables the webhook and forgets its failures; false disables the webhook.
    pub enabled: Option<bool>,
}

/// The counter of an account's webhooks.
#[derive(Default, Deserialize)]
struct Counted {
    /// The number given out last.
    n: u64,
    /// The number of webhooks that stand.
    standing: u64,
}

/// Makes a webhook with a new secret. `None` if the account has [`MOST_WEBHOOKS`] already.
pub async fn create(services: &Services, new: &NewWebhook) -> Result<Option<Webhook>, StoreError> {
    let counter = keys::counter(new.account, Counter::Webhooks);
    retry(Patience::new(), "other webhooks are being made", || async {
        let item = services.store.get(&counter).await?;
        let seen: Counted = item.map(decode).transpose()?.unwrap_or_default();
        if seen.standing >= MOST_WEBHOOKS {
            return Ok(Some(None));
        }
        let now = services.clock.now_ms();
        let webhook = Webhook {
            id: WebhookId(seen.n + 1),
            account: new.account,
            url: new.url.clone(),
            description: new.description.clone(),
            types: new.types.clone(),
            secret: Secret::draw(),
            former: None,
            created_at: now,
            created_by: new.user,
            updated_at: now,
            failing_since: None,
            disabled: None,
            version: 1,
        };
        // A deletion lowers the number of webhooks that stand and leaves the last number, so the number is added to.
        let raise = Write::update(counter.clone(), "SET #n = :next ADD #standing :one").when_counted("#n", seen.n);
        let raise = raise.bind(":next", seen.n + 1).bind(":one", 1);
        let put = Write::put(keys::webhook(new.account, webhook.id), &webhook).when_absent();
        let made = services.store.attempt_all(vec![raise, put]).await?;
        Ok(made.then_some(Some(webhook)))
    })
    .await
}

/// The webhook with this number, or `None` for an unknown or deleted one.
pub async fn get(services: &Services, account: AccountId, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
    services.store.read(&keys::webhook(account, id)).await
}

/// All webhooks of an account, by number.
pub async fn list(services: &Services, account: AccountId) -> Result<Vec<Webhook>, StoreError> {
    services.store.read_all(keys::webhooks(account)).await
}

/// Changes a webhook as a person asked. `None` for an unknown webhook.
pub async fn change(
    services: &Services,
    account: AccountId,
    id: WebhookId,
    changes: &WebhookChanges,
) -> Result<Option<Webhook>, StoreError> {
    changed(services, account, id, |webhook, now| {
        if let Some(url) = &changes.url {
            webhook.url.clone_from(url);
        }
        if let Some(description) = &changes.description {
            webhook.description.clone_from(description);
        }
        if let Some(types) = &changes.types {
            webhook.types.clone_from(types);
        }
        match changes.enabled {
            Some(true) => (webhook.disabled, webhook.failing_since) = (None, None),
            Some(false) if webhook.disabled.is_none() => {
                webhook.disabled = Some(Disabling { at: now, reason: DisablingReason::Asked });
            }
            Some(false) | None => {}
        }
    })
    .await
}

/// Gives a webhook a new secret. The secret before signs as well for 24 hours. `None` for an unknown webhook.
pub async fn rotate(services: &Services, account: AccountId, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
    changed(services, account, id, |webhook, now| {
        let secret = std::mem::replace(&mut webhook.secret, Secret::draw());
        webhook.former = Some(FormerSecret { secret, until: now + OVERLAP_MS });
    })
    .await
}

/// Deletes a webhook, whose deliveries are then neither sent nor shown, and expire. `false` for an unknown webhook.
pub async fn delete(services: &Services, account: AccountId, id: WebhookId) -> Result<bool, StoreError> {
    let gone = Write::delete(keys::webhook(account, id)).when_present();
    let lower = Write::update(keys::counter(account, Counter::Webhooks), "ADD #standing :less").bind(":less", -1);
    services.store.attempt_all(vec![gone, lower]).await
}

/// Applies a change to the webhook as it is now, and again if somebody else was first.
async fn changed(
    services: &Services,
    account: AccountId,
    id: WebhookId,
    apply: impl Fn(&mut Webhook, i64),
) -> Result<Option<Webhook>, StoreError> {
    retry(Patience::new(), "the webhook is being changed", || async {
        let Some(mut webhook) = get(services, account, id).await? else { return Ok(Some(None)) };
        let now = services.clock.now_ms();
        apply(&mut webhook, now);
        webhook.updated_at = now;
        let after = Webhook { version: webhook.version + 1, ..webhook.clone() };
        let made = services.store.attempt_all(write_changed(webhook).into()).await?;
        Ok(made.then_some(Some(after)))
    })
    .await
}

/// The write of a changed webhook, which is refused if the webhook was written or deleted since it was read.
pub(super) fn write_changed(webhook: Webhook) -> [Write; 1] {
    let seen = webhook.version;
    let after = Webhook { version: seen + 1, ..webhook };
    [Write::put(keys::webhook(after.account, after.id), &after).if_version(seen)]
}
