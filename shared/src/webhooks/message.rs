//! The message that asks for an attempt.

use serde::{Deserialize, Serialize};

use super::delivery::{Delivery, DeliveryId};
use crate::id::{AccountId, WebhookId};
use crate::queue::QueueError;

/// The version of the messages.
const VERSION: u32 = 1;

/// A message of the queue of webhooks. The delivery itself says what is sent and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptMessage {
    /// The account of the webhook.
    pub account: AccountId,
    /// The webhook to which the event is posted.
    pub webhook: WebhookId,
    /// The delivery that is waiting.
    pub delivery: DeliveryId,
    /// The number of attempts before the one that the message asks for. A message for an attempt that was made does nothing.
    #[serde(default)]
    pub attempts: u32,
}

#[derive(Serialize, Deserialize)]
struct Envelope {
    v: u32,
    deliver: AttemptMessage,
}

impl AttemptMessage {
    /// The message for the next attempt of a delivery.
    pub(super) fn of(delivery: &Delivery) -> Self {
        let Delivery { account, webhook, id, attempts, .. } = *delivery;
        Self { account, webhook, delivery: id, attempts }
    }

    /// The body of the SQS message, for example
    /// `{"v":1,"deliver":{"account":1,"webhook":2,"delivery":"1790000000000-9f86d081884c7d65","attempts":0}}`.
    pub fn encode(&self) -> String {
        let envelope = Envelope { v: VERSION, deliver: self.clone() };
        serde_json::to_string(&envelope).expect("a message is plain data")
    }

    /// Parses the body of an SQS message.
    ///
    /// # Errors
    /// [`QueueError::Shape`] for another text and for a later version. No sweep sends a message of webhooks again, so a message of a
    /// later version fails, and comes again when the newer function is deployed.
    pub fn decode(body: &str) -> Result<Self, QueueError> {
        let Envelope { v, deliver } =
            serde_json::from_str(body).map_err(|error| QueueError::Shape(error.to_string()))?;
        if v == VERSION { Ok(deliver) } else { Err(QueueError::Shape(format!("version {v} is not known here"))) }
    }
}
