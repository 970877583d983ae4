//! Reads functions from the template, with their roles and the events which call them.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::intrinsics::Document;
use super::{FUNCTION, Function, Messages, policies};
use crate::emulators::arn;

/// Time-out in seconds of a function whose properties name none, which is SAM's default.
const DEFAULT_TIMEOUT: u64 = 3;
/// Number of retries of a failed asynchronous call, which is Lambda's default.
const DEFAULT_RETRIES: u32 = 2;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Properties {
    role: String,
    logging_config: LoggingConfig,
    timeout: Option<u64>,
    #[serde(default)]
    events: Map<String, Value>,
    #[serde(default)]
    event_invoke_config: EventInvokeConfig,
    reserved_concurrent_executions: Option<usize>,
    #[serde(default)]
    recursive_loop: RecursiveLoop,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct LoggingConfig {
    log_group: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct EventInvokeConfig {
    maximum_retry_attempts: Option<u32>,
    /// The age is ignored, because the local retries of a failed call end long before any such limit.
    #[serde(rename = "MaximumEventAgeInSeconds")]
    _maximum_age: Option<u32>,
}

#[derive(Default, Deserialize)]
enum RecursiveLoop {
    Allow,
    #[default]
    Terminate,
}

/// Reads the function with the given logical id.
pub(super) fn read(document: &Document, id: &str) -> Result<Function, String> {
    let mut written = document.function(id)?;
    // HTTP events are removed, because the local server calls the router directly for every route.
    if let Some(events) = written.get_mut("Events").and_then(Value::as_object_mut) {
        events.retain(|_, event| event["Type"] != "HttpApi");
    }
    let properties: Properties = document.read(Some(FUNCTION), written)?;
    let role = arn::role_name(&properties.role).ok_or_else(|| format!("no role: {}", properties.role))?;
    let mut function = Function {
        name: id.to_owned(),
        role: policies::role(document, role)?,
        log_group: properties.logging_config.log_group,
        timeout: Duration::from_secs(properties.timeout.unwrap_or(DEFAULT_TIMEOUT)),
        messages: Vec::new(),
        schedule: None,
        retries: properties.event_invoke_config.maximum_retry_attempts.unwrap_or(DEFAULT_RETRIES),
        reserved_concurrency: properties.reserved_concurrent_executions,
        may_loop: matches!(properties.recursive_loop, RecursiveLoop::Allow),
    };
    for (name, event) in properties.events {
        let event = serde_json::from_value::<Event>(event).map_err(|error| error.to_string());
        let added = event.and_then(|event| event.add_to(&mut function));
        added.map_err(|reason| format!("event {name}: {reason}"))?;
    }
    Ok(function)
}

#[derive(Deserialize)]
#[serde(tag = "Type", content = "Properties")]
enum Event {
    #[serde(rename = "SQS")]
    Messages(MessagesEvent),
    Schedule(ScheduleEvent),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct MessagesEvent {
    queue: String,
    #[serde(default = "ten")]
    batch_size: usize,
    #[serde(default)]
    function_response_types: Vec<String>,
    scaling_config: Option<ScalingConfig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ScalingConfig {
    maximum_concurrency: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ScheduleEvent {
    schedule: String,
}

/// Lambda's batch size for a queue whose event names no size.
fn ten() -> usize {
    10
}

impl Event {
    fn add_to(self, function: &mut Function) -> Result<(), String> {
        match self {
            Self::Messages(event) => function.messages.push(Messages {
                queue: arn::queue_name(&event.queue).ok_or_else(|| format!("no queue: {}", event.queue))?.to_owned(),
                batch_size: event.batch_size,
                reports_failures: event.function_response_types == ["ReportBatchItemFailures"],
                maximum_concurrency: event.scaling_config.map(|config| config.maximum_concurrency),
            }),
            Self::Schedule(event) => function.schedule = Some(rate(&event.schedule)?),
        }
        Ok(())
    }
}

/// Parses a schedule such as `rate(5 minutes)` into a duration.
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
