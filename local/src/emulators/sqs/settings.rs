//! The settings of a queue, converted from and to SQS's attributes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::SqsError;
use crate::emulators::arn;

/// Attributes by name. All values are text, which is the form in which SQS takes and returns attributes.
pub type Attributes = BTreeMap<String, String>;

/// The rules by which a queue hides, keeps and moves its messages. Times are in seconds, within SQS's own ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Time for which a received message is hidden, from 0 to 43,200 seconds.
    pub visibility_timeout: u32,
    /// Time for which a sent message is hidden, from 0 to 900 seconds.
    pub delay: u32,
    /// Time for which a message is kept after its sending, from 60 to 1,209,600 seconds.
    pub retention: u32,
    /// Time for which a receive waits by default, from 0 to 20 seconds.
    pub wait: u32,
    /// Rule for messages received too often. With `None` such messages stay in the queue.
    pub redrive: Option<Redrive>,
}

/// A dead-letter queue, with the number of receives after which a message moves there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redrive {
    /// Name of the dead-letter queue.
    pub queue: String,
    /// Largest number of receives, from 1 to 1,000. A message due for a further receive moves
    /// to the dead-letter queue.
    pub max_receive_count: u32,
}

/// The redrive policy in the form of the attribute, which is JSON within a string. `maxReceiveCount` may be
/// text or a number.
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
    /// Copies these settings, with the settings named in `attributes` replaced.
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

    /// Converts all settings into attributes.
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
    /// Parses the attribute `RedrivePolicy`. An empty value removes the policy.
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
