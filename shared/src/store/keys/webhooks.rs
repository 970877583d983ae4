//! The keys of webhooks, of their deliveries, and of the events about webhooks.

use super::Key;
use crate::id::{AccountId, WebhookId};
use crate::store::{Query, Table};

/// A webhook of an account, with its address and secrets.
pub fn webhook(account: AccountId, id: WebhookId) -> Key {
    Key::imports(format!("A#{account}#webhooks"), format!("{id:010}"))
}

/// All webhooks of an account, by number.
pub fn webhooks(account: AccountId) -> Query {
    Query::partition(Table::Imports, format!("A#{account}#webhooks"))
}

/// The deliveries of a webhook, by the time of the event, earliest first.
pub fn deliveries(account: AccountId, webhook: WebhookId) -> Query {
    Query::partition(Table::Imports, delivery_partition(account, webhook))
}

/// A delivery of a webhook. `place` is the time of the event in milliseconds since 1970, and a number made of the event's id.
pub fn delivery(account: AccountId, webhook: WebhookId, (at, number): (i64, u64)) -> Key {
    Key::imports(delivery_partition(account, webhook), format!("{at:015}#{number:016x}"))
}

/// The event of the outbox by which a webhook was disabled at `at_ms`, in milliseconds since 1970.
pub fn webhook_disabled(account: AccountId, webhook: WebhookId, at_ms: i64) -> Key {
    Key { table: Table::Events, pk: format!("A#{account}#W#{webhook}"), sk: format!("{at_ms:015}#disabled") }
}

fn delivery_partition(account: AccountId, webhook: WebhookId) -> String {
    format!("A#{account}#webhook#{webhook}")
}
