//! Functions and the events that drive them.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::intrinsics::Document;
use super::{Function, Messages};
use crate::emulators::arn;
use crate::emulators::s3::Notification;

/// The time-out of a function that does not say, in seconds, as SAM sets it.
const DEFAULT_TIMEOUT: u64 = 3;

/// Reads the function of that logical id.
pub(super) fn read(document: &Document, id: &str) -> Result<Function, String> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "PascalCase", deny_unknown_fields)]
    struct EventInvokeConfig {
        maximum_retry_attempts: Option<u32>,
        /// Here a failed call is tried again long before it is too old.
        #[serde(rename = "MaximumEventAgeInSeconds")]
        _maximum_age: Option<u32>,
        destination_config: Option<Value>,
    }
    let invoke: EventInvokeConfig = document.property(id, "EventInvokeConfig")?.unwrap_or_default();
    let failures = invoke.destination_config.unwrap_or_default();
    let on_failure = match failures.pointer("/OnFailure/Destination") {
        Some(destination) => Some(queue_of(destination)?),
        None => None,
    };
    let timeout = document.property(id, "Timeout")?.unwrap_or(DEFAULT_TIMEOUT);
    let mut function = Function {
        name: id.to_owned(),
        timeout: Duration::from_secs(timeout),
        messages: None,
        objects: Vec::new(),
        schedule: None,
        retries: invoke.maximum_retry_attempts.unwrap_or(2),
        on_failure,
    };
    let events = document.raw(id)?.get("Events").and_then(Value::as_object);
    // The router is served directly, whatever routes lead to it.
    for (name, event) in events.into_iter().flatten().filter(|(_, event)| event["Type"] != "HttpApi") {
        let read = || serde_json::from_value::<Event>(document.resolve(event)?).map_err(|error| error.to_string());
        let added = read().and_then(|event| event.add_to(&mut function));
        added.map_err(|reason| format!("event {name}: {reason}"))?;
    }
    Ok(function)
}

#[derive(Deserialize)]
#[serde(tag = "Type", content = "Properties")]
enum Event {
    #[serde(rename = "SQS")]
    Messages(MessagesEvent),
    #[serde(rename = "S3")]
    Objects(ObjectsEvent),
    Schedule(ScheduleEvent),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct MessagesEvent {
    queue: Value,
    #[serde(default = "ten")]
    batch_size: usize,
    #[serde(default)]
    function_response_types: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ObjectsEvent {
    bucket: String,
    events: Value,
    #[serde(default)]
    filter: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ScheduleEvent {
    schedule: String,
}

/// Lambda's batch size where none is given.
fn ten() -> usize {
    10
}

impl Event {
    fn add_to(self, function: &mut Function) -> Result<(), String> {
        match self {
            Self::Messages(event) => {
                if function.messages.is_some() {
                    return Err("a second queue for one function".to_owned());
                }
                function.messages = Some(Messages {
                    queue: queue_of(&event.queue)?,
                    batch_size: event.batch_size,
                    reports_failures: event.function_response_types == ["ReportBatchItemFailures"],
                });
            }
            Self::Objects(event) => {
                if event.events != "s3:ObjectCreated:*" {
                    return Err(format!("only s3:ObjectCreated:* is told of, not {}", event.events));
                }
                function.objects.push(notification(event.bucket, &event.filter)?);
            }
            Self::Schedule(event) => function.schedule = Some(rate(&event.schedule)?),
        }
        Ok(())
    }
}

/// An S3 notification, with its filter rules.
fn notification(bucket: String, filter: &Value) -> Result<Notification, String> {
    let mut notification = Notification { bucket, prefix: String::new(), suffix: String::new() };
    for rule in filter.pointer("/S3Key/Rules").and_then(Value::as_array).into_iter().flatten() {
        match (rule["Name"].as_str(), rule["Value"].as_str()) {
            (Some("prefix"), Some(value)) => value.clone_into(&mut notification.prefix),
            (Some("suffix"), Some(value)) => value.clone_into(&mut notification.suffix),
            _ => return Err(format!("no filter rule: {rule}")),
        }
    }
    Ok(notification)
}

/// `rate(5 minutes)` as a duration.
fn rate(schedule: &str) -> Result<Duration, String> {
    let parse = || {
        let (number, unit) = schedule.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
        let seconds = match unit.trim_end_matches('s') {
            "minute" => 60,
            "hour" => 3_600,
            "day" => 86_400,
            _ => return None,
        };
        Some(Duration::from_secs(number.parse::<u64>().ok()? * seconds))
    };
    parse().ok_or_else(|| format!("only rate(…) is understood, not {schedule:?}"))
}

/// The name of the queue that an ARN speaks of.
fn queue_of(arn: &Value) -> Result<String, String> {
    let name = arn.as_str().and_then(arn::queue_name);
    name.map(str::to_owned).ok_or_else(|| format!("no queue: {arn}"))
}
