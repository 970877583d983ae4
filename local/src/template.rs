//! Parses the deployment's template, so the local stack has no definitions of its own.
//!
//! Tables, indexes, queues, time-outs, batch sizes, caps, prefixes and the permissions of each role come
//! from `template.yaml`, which is compiled into this program. A change of the template is therefore a change
//! of the local stack.
//!
//! - Parameters have their default values, and a resource whose condition does not hold then is not there.
//! - Resources of other types than tables, buckets, queues, functions, roles and policies of queues are not read.
//! - A property which this parser does not know is refused instead of skipped, except for the list [`IGNORED`], whose
//!   properties make no difference on a laptop.
//! - A resource without a name of its own is called by its logical id.

pub mod alarms;
mod create;
mod functions;
mod intrinsics;
mod notifications;
mod policies;

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use alarms::Alarm;
pub use create::CreateError;
pub use policies::{Permission, Role};

use crate::emulators::s3::Notification;
use intrinsics::Document;

/// The text of the template with which this program was built.
const TEMPLATE: &str = include_str!("../../template.yaml");

/// Properties which make no difference on a laptop: prices, the safety of stored data, the stream (see
/// `emulators::dynamodb`), and the package, size and environment of a function.
const IGNORED: [(&str, &[&str]); 4] = [
    (
        TABLE,
        &[
            "BillingMode",
            "DeletionProtectionEnabled",
            "PointInTimeRecoverySpecification",
            "SSESpecification",
            "StreamSpecification",
        ],
    ),
    (
        BUCKET,
        &[
            "BucketEncryption",
            "CorsConfiguration",
            "LifecycleConfiguration",
            "OwnershipControls",
            "PublicAccessBlockConfiguration",
            "VersioningConfiguration",
        ],
    ),
    (QUEUE, &["KmsMasterKeyId", "SqsManagedSseEnabled"]),
    (
        FUNCTION,
        &[
            "Architectures",
            "CodeUri",
            "Description",
            "Environment",
            "Handler",
            "KmsKeyArn",
            "MemorySize",
            "Runtime",
            "Tracing",
        ],
    ),
];

const TABLE: &str = "AWS::DynamoDB::Table";
const BUCKET: &str = "AWS::S3::Bucket";
const QUEUE: &str = "AWS::SQS::Queue";
const QUEUE_POLICY: &str = "AWS::SQS::QueuePolicy";
const FUNCTION: &str = "AWS::Serverless::Function";
const ROLE: &str = "AWS::IAM::Role";
const ALARM: &str = "AWS::CloudWatch::Alarm";
const HTTP_API: &str = "AWS::Serverless::HttpApi";
const PIPE: &str = "AWS::Pipes::Pipe";
const LOG_GROUP: &str = "AWS::Logs::LogGroup";
const PARAMETER: &str = "AWS::SSM::Parameter";

/// The resources of a template, each by its logical id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub tables: BTreeMap<String, Table>,
    pub buckets: BTreeMap<String, Bucket>,
    pub queues: BTreeMap<String, Queue>,
    pub functions: BTreeMap<String, Function>,
    pub alarms: BTreeMap<String, Alarm>,
}

/// A DynamoDB table with its keys and its global secondary indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub attributes: Vec<Attribute>,
    pub keys: Vec<Key>,
    pub indexes: Vec<Index>,
    /// Attribute with the time at which an item expires, in seconds. `None` if items of the table never expire.
    pub time_to_live: Option<String>,
}

/// An attribute which is part of a key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Attribute {
    pub attribute_name: String,
    /// Type of the attribute: `S` for text, `N` for numbers or `B` for bytes.
    pub attribute_type: String,
}

/// A part of a table's or an index's key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Key {
    pub attribute_name: String,
    /// Role of the attribute: `HASH` for the partition key, or `RANGE` for the sort key.
    pub key_type: String,
}

/// A global secondary index of a table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Index {
    pub index_name: String,
    pub key_schema: Vec<Key>,
    pub projection: Projection,
}

/// The attributes which an index copies from an item.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Projection {
    /// Kind of projection: `ALL`, `KEYS_ONLY` or `INCLUDE`.
    pub projection_type: String,
    #[serde(default)]
    pub non_key_attributes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    /// Rules which say which queue hears of which new objects.
    pub notifications: Vec<Notification>,
}

/// A queue, with the attributes for its creation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
}

/// The properties of a function which Lambda needs to call it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Logical id of the function in the template, for example `LoaderFunction`.
    pub name: String,
    /// Role which lists the function's permissions.
    pub role: Role,
    /// Name of the log group to which the function writes.
    pub log_group: String,
    pub timeout: Duration,
    /// Queues whose messages call the function.
    pub messages: Vec<Messages>,
    /// Interval between two scheduled calls. `None` for a function without a schedule.
    pub schedule: Option<Duration>,
    /// Number of retries after a failed call of the schedule.
    pub retries: u32,
    /// Number of simultaneous calls which are reserved for the function, and at the same time its largest number of
    /// calls. `None` without a reservation.
    pub reserved_concurrency: Option<usize>,
    /// True if Lambda lets a chain of messages pass through the function more than about sixteen times.
    pub may_loop: bool,
}

/// The connection from a queue to a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Messages {
    /// Name of the queue which Lambda polls.
    pub queue: String,
    pub batch_size: usize,
    /// True if the answer lists the failed messages. Otherwise an answer means that every message succeeded.
    pub reports_failures: bool,
    /// Largest number of batches from this queue which the function handles at once. `None` without a limit.
    pub maximum_concurrency: Option<usize>,
}

/// The reasons for which the template cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("the template is not readable: {0}")]
    Syntax(String),
    #[error("{id}: {reason}")]
    Resource { id: String, reason: String },
}

impl Template {
    /// The template with which this program was built, parsed once in a process.
    pub fn embedded() -> Result<&'static Self, TemplateError> {
        static EMBEDDED: OnceLock<Template> = OnceLock::new();
        match EMBEDDED.get() {
            Some(template) => Ok(template),
            None => {
                let template = Self::parse(TEMPLATE)?;
                Ok(EMBEDDED.get_or_init(|| template))
            }
        }
    }

    /// Parses the text of a template.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let document = Document::parse(text)?;
        Ok(Self {
            tables: document.all(TABLE, table)?,
            buckets: document.all(BUCKET, notifications::bucket)?,
            queues: document.all(QUEUE, queue)?,
            functions: document.all(FUNCTION, functions::read)?,
            alarms: document.all(ALARM, alarms::read)?,
        })
    }

    /// The notification rules of all buckets.
    pub fn notifications(&self) -> Vec<Notification> {
        self.buckets.values().flat_map(|bucket| bucket.notifications.clone()).collect()
    }
}

impl Document {
    /// Reads all resources of a type, and returns them by logical id.
    fn all<T>(
        &self,
        kind: &str,
        read: impl Fn(&Self, &str) -> Result<T, String>,
    ) -> Result<BTreeMap<String, T>, TemplateError> {
        self.of_kind(kind)
            .map(|id| match read(self, id) {
                Ok(resource) => Ok((id.to_owned(), resource)),
                Err(reason) => Err(TemplateError::Resource { id: id.to_owned(), reason }),
            })
            .collect()
    }

    /// Deserializes the properties of a resource, without the ignored properties.
    fn properties<T: DeserializeOwned>(&self, id: &str) -> Result<T, String> {
        self.read(self.kind(id), self.raw(id)?.clone())
    }

    /// Resolves and deserializes properties of a resource type, without the ignored properties of the type.
    fn read<T: DeserializeOwned>(&self, kind: Option<&str>, mut properties: Map<String, Value>) -> Result<T, String> {
        let ignored = IGNORED.iter().find(|(ignoring, _)| kind == Some(*ignoring));
        let ignored = ignored.map_or(&[][..], |(_, names)| names);
        properties.retain(|name, _| !ignored.contains(&name.as_str()));
        let properties = self.resolve(&Value::Object(properties))?;
        serde_json::from_value(properties).map_err(|error| error.to_string())
    }
}

fn table(document: &Document, id: &str) -> Result<Table, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase", deny_unknown_fields)]
    struct Properties {
        #[serde(default, rename = "TableName")]
        _name: Value,
        attribute_definitions: Vec<Attribute>,
        key_schema: Vec<Key>,
        #[serde(default)]
        global_secondary_indexes: Vec<Index>,
        time_to_live_specification: Option<TimeToLive>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase", deny_unknown_fields)]
    struct TimeToLive {
        attribute_name: String,
        enabled: bool,
    }
    let properties: Properties = document.properties(id)?;
    Ok(Table {
        name: document.name(id)?,
        attributes: properties.attribute_definitions,
        keys: properties.key_schema,
        indexes: properties.global_secondary_indexes,
        time_to_live: properties
            .time_to_live_specification
            .filter(|time_to_live| time_to_live.enabled)
            .map(|time_to_live| time_to_live.attribute_name),
    })
}

fn queue(document: &Document, id: &str) -> Result<Queue, String> {
    let properties: BTreeMap<String, Value> = document.properties(id)?;
    let attributes = properties.into_iter().filter(|(name, _)| name != "QueueName");
    Ok(Queue {
        name: document.name(id)?,
        // SQS itself refuses attributes with unknown names.
        attributes: attributes.map(|(name, value)| (name, text(&value))).collect(),
    })
}

/// Converts a value into the text of a queue attribute, which is JSON unless the value is text already.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
