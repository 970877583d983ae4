//! A queue's settings, as its attributes spell them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::SqsError;
use crate::emulators::arn;

/// Attributes by name, all values as text: the form in which SQS takes and gives them.
pub type Attributes = BTreeMap<String, String>;

/// What a queue does with its messages. Times are in seconds, the ranges are SQS's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How long a received message is hidden; 0 to 43,200.
    pub visibility_timeout: u32,
    /// How long a sent message is hidden; 0 to 900.
    pub delay: u32,
    /// How long a message is kept, counted from its sending; 60 to 1,209,600.
    pub retention: u32,
    /// How long a receive waits that does not say; 0 to 20.
    pub wait: u32,
    /// Where messages go that were received too often.
    pub redrive: Option<Redrive>,
}

/// A dead-letter queue and the number of receives after which a message goes there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// The dead-letter queue's name.
    pub queue: String,
    /// A message that was received this often and would be received again is moved; 1 to 1,000.
    pub max_receive_count: u32,
}

/// The redrive policy as the attribute has it: JSON in a string. `maxReceiveCount` comes as text or as a number.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct RedrivePolicy {
    dead_letter_target_arn: String,
    max_receive_count: serde_json::Value,
}

impl Default for Settings {
    fn default() -> Self {
        Self { visibility_timeout: 30, delay: 0, retention: 345_600, wait: 0, redrive: None }
    }
}

impl Settings {
    /// These settings with those that `attributes` names replaced.
    pub fn with(&self, attributes: &Attributes) -> Result<Self, SqsError> {
        let mut settings = self.clone();
        for (name, value) in attributes {
            match name.as_str() {
                "VisibilityTimeout" => settings.visibility_timeout = within(name, value, 0..=43_200)?,
                "DelaySeconds" => settings.delay = within(name, value, 0..=900)?,
                "MessageRetentionPeriod" => settings.retention = within(name, value, 60..=1_209_600)?,
                "ReceiveMessageWaitTimeSeconds" => settings.wait = within(name, value, 0..=20)?,
                "RedrivePolicy" => settings.redrive = Redrive::parse(value)?,
                _ => return Err(SqsError::InvalidAttributeName { name: name.clone() }),
            }
        }
        Ok(settings)
    }

    /// All settings as attributes.
    pub fn attributes(&self) -> Attributes {
        let mut attributes = Attributes::from([
            ("VisibilityTimeout".to_owned(), self.visibility_timeout.to_string()),
            ("DelaySeconds".to_owned(), self.delay.to_string()),
            ("MessageRetentionPeriod".to_owned(), self.retention.to_string()),
            ("ReceiveMessageWaitTimeSeconds".to_owned(), self.wait.to_string()),
        ]);
        if let Some(redrive) = &self.redrive {
            attributes.insert("RedrivePolicy".to_owned(), redrive.policy());
        }
        attributes
    }
}

impl Redrive {
    /// Reads the attribute; an empty one takes the policy away.
    fn parse(value: &str) -> Result<Option<Self>, SqsError> {
        if value.is_empty() {
            return Ok(None);
        }
        let invalid = || SqsError::InvalidAttributeValue { name: "RedrivePolicy".to_owned() };
        let policy: RedrivePolicy = serde_json::from_str(value).map_err(|_| invalid())?;
        let count = match &policy.max_receive_count {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Ok(Some(Self {
            queue: arn::queue_name(&policy.dead_letter_target_arn).ok_or_else(invalid)?.to_owned(),
            max_receive_count: within("maxReceiveCount", &count, 1..=1_000)?,
        }))
    }

    fn policy(&self) -> String {
        serde_json::json!({
            "deadLetterTargetArn": arn::queue(&self.queue),
            "maxReceiveCount": self.max_receive_count,
        })
        .to_string()
    }
}

fn within(name: &str, value: &str, range: std::ops::RangeInclusive<u32>) -> Result<u32, SqsError> {
    value
        .parse()
        .ok()
        .filter(|number| range.contains(number))
        .ok_or_else(|| SqsError::InvalidAttributeValue { name: name.to_owned() })
}
