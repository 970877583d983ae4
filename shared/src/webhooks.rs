//! Webhooks: addresses of an account to which events are posted, signed by the scheme of Standard Webhooks.
//!
//! The scheme is the specification 1.0.0 of standard-webhooks/standard-webhooks, so receivers verify by the libraries that exist for
//! it. `docs/webhooks.md` is the page for receivers.
//!
//! # Promises
//!
//! - **At least once.** A delivery is stored before its message is sent, and the message is sent before the event's record leaves
//!   the stream of the outbox. The message of the next attempt is sent before the attempt is marked. A worker that dies in
//!   between leaves a message, so each waiting delivery always has one.
//! - **One delivery for an event.** The key of a delivery follows from the event's id, and a delivery is put only if it is absent. A
//!   record of the stream that comes twice makes one delivery.
//! - **A duplicate of a message sends twice at most.** A message names the attempt it is for, and a delivery counts its attempts in
//!   one conditional update. A message for an attempt that was made does nothing, so duplicates end with the next attempt.
//! - **Only public addresses.** An address is checked as the address of a file is ([`crate::fetch`]), when a person gives the address
//!   and again at each attempt.
//! - **Failure ends.** [`schedule`] has the times of the attempts. Five days of failures, or one answer of 410, disable the webhook,
//!   and an event tells so in the same transaction.
//!
//! # Why deliveries are items
//!
//! A message of SQS is delayed by 15 minutes at most and is kept for 14 days, whereas attempts are up to a day apart. So the item
//! says when the next attempt is due, a message that comes early is sent again, and people see each delivery with its answer.

mod attempt;
mod delivery;
mod fan_out;
mod hand;
mod manage;
mod message;
pub mod schedule;
mod secret;
mod webhook;

pub use attempt::attempt;
pub use delivery::{Attempted, Delivery, DeliveryId, DeliveryState, count_deliveries, deliveries, get_delivery};
pub use fan_out::fan_out;
pub use hand::{NotRetried, retry, send_test};
pub use manage::{MOST_WEBHOOKS, NewWebhook, WebhookChanges, change, create, delete, get, list, rotate};
pub use message::AttemptMessage;
pub use secret::Secret;
pub use webhook::{Disabling, FormerSecret, TEST, TYPES, Webhook};

#[cfg(test)]
mod tests;
