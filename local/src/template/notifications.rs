//! Reads buckets from the template, with the queues which hear of their new objects.

use serde::Deserialize;
use serde_json::Value;

use super::intrinsics::Document;
use super::{Bucket, policies};
use crate::emulators::arn;
use crate::emulators::s3::Notification;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Properties {
    #[serde(default, rename = "BucketName")]
    _name: Value,
    #[serde(default)]
    notification_configuration: Configuration,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Configuration {
    #[serde(default)]
    queue_configurations: Vec<ToQueue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ToQueue {
    event: String,
    queue: String,
    filter: Option<Filter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Filter {
    s3_key: KeyFilter,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct KeyFilter {
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(tag = "Name", content = "Value", rename_all = "lowercase")]
enum Rule {
    Prefix(String),
    Suffix(String),
}

/// Reads the bucket with the given logical id. When AWS creates the bucket, S3 sends a test message to each of its
/// queues. Therefore each queue needs a policy which lets S3 send, and the bucket must depend on the policy.
pub(super) fn bucket(document: &Document, id: &str) -> Result<Bucket, String> {
    let properties: Properties = document.properties(id)?;
    let name = document.name(id)?;
    let mut notifications = Vec::new();
    for ToQueue { event, queue, filter } in properties.notification_configuration.queue_configurations {
        if event != "s3:ObjectCreated:*" {
            return Err(format!("only the event s3:ObjectCreated:* is supported, not {event}"));
        }
        let queue = arn::queue_name(&queue).ok_or_else(|| format!("no queue: {queue}"))?.to_owned();
        let policy = policies::admission(document, &name, &queue)?;
        let policy = policy.ok_or_else(|| format!("no policy lets S3 send to {queue}"))?;
        if !document.depends_on(id, policy) {
            return Err(format!("it does not wait for {policy}"));
        }
        let mut notification =
            Notification { queue, bucket: name.clone(), prefix: String::new(), suffix: String::new() };
        for rule in filter.map(|filter| filter.s3_key.rules).unwrap_or_default() {
            match rule {
                Rule::Prefix(prefix) => notification.prefix = prefix,
                Rule::Suffix(suffix) => notification.suffix = suffix,
            }
        }
        notifications.push(notification);
    }
    Ok(Bucket { name, notifications })
}
