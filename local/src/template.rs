//! What is deployed, read from the template itself.
//!
//! The local stack has no definitions of its own: tables, indexes, queues, time-outs, batch sizes, caps, prefixes and
//! what each role allows come from `template.yaml`, compiled in, so a change there is a change here. Parameters have
//! their defaults. What this reader does not know it refuses rather
//! than skips, except for what [`IGNORED`] lists as making no difference on a laptop. Resources without a name of their
//! own are called by their logical id.

mod create;
mod functions;
mod intrinsics;
mod notifications;
mod policies;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub use create::CreateError;
pub use policies::{Permission, Role};

use crate::emulators::s3::Notification;
use intrinsics::Document;

/// The template that this binary was built with.
const TEMPLATE: &str = include_str!("../../template.yaml");

/// Properties that make no difference here: price, safety of what is kept, the stream (see `emulators::dynamodb`), and a
/// function's package, size and environment.
const IGNORED: [(&str, &[&str]); 4] = [
    (TABLE, &["BillingMode", "PointInTimeRecoverySpecification", "SSESpecification", "StreamSpecification"]),
    (
        BUCKET,
        &[
            "BucketEncryption",
            "CorsConfiguration",
            "LifecycleConfiguration",
            "OwnershipControls",
            "PublicAccessBlockConfiguration",
        ],
    ),
    (QUEUE, &["SqsManagedSseEnabled"]),
    (FUNCTION, &["Architectures", "CodeUri", "Description", "Environment", "Handler", "MemorySize", "Runtime"]),
];

const TABLE: &str = "AWS::DynamoDB::Table";
const BUCKET: &str = "AWS::S3::Bucket";
const QUEUE: &str = "AWS::SQS::Queue";
const QUEUE_POLICY: &str = "AWS::SQS::QueuePolicy";
const FUNCTION: &str = "AWS::Serverless::Function";
const ROLE: &str = "AWS::IAM::Role";
const LOG_GROUP: &str = "AWS::Logs::LogGroup";

/// The definitions, by logical id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub tables: BTreeMap<String, Table>,
    pub buckets: BTreeMap<String, Bucket>,
    pub queues: BTreeMap<String, Queue>,
    pub functions: BTreeMap<String, Function>,
}

/// A table with its indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub attributes: Vec<Attribute>,
    pub keys: Vec<Key>,
    pub indexes: Vec<Index>,
    /// The attribute that says when an item expires.
    pub time_to_live: Option<String>,
}

/// An attribute that some key is made of.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Attribute {
    pub attribute_name: String,
    /// `S`, `N` or `B`.
    pub attribute_type: String,
}

/// A part of a key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Key {
    pub attribute_name: String,
    /// `HASH` or `RANGE`.
    pub key_type: String,
}

/// A global secondary index.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Index {
    pub index_name: String,
    pub key_schema: Vec<Key>,
    pub projection: Projection,
}

/// What an index holds of an item.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Projection {
    /// `ALL`, `KEYS_ONLY` or `INCLUDE`.
    pub projection_type: String,
    #[serde(default)]
    pub non_key_attributes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub name: String,
    /// The new objects that a queue is told of.
    pub notifications: Vec<Notification>,
}

/// A queue and the attributes that it is created with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queue {
    pub name: String,
    pub attributes: BTreeMap<String, String>,
}

/// A function, as far as Lambda has to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// Its logical id.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The group of logs that it writes to, by name.
    pub log_group: String,
    pub timeout: Duration,
    /// The queues that drive it.
    pub messages: Vec<Messages>,
    /// How often it is called.
    pub schedule: Option<Duration>,
    /// How often a call of the schedule that failed is tried again.
    pub retries: u32,
    /// Calls at once that are set aside for it, and the most that it may have.
    pub reserved_concurrency: Option<usize>,
    /// Whether Lambda lets a chain of messages pass through it more than about sixteen times.
    pub may_loop: bool,
}

/// How a queue drives a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Messages {
    /// The queue's name.
    pub queue: String,
    pub batch_size: usize,
    /// Whether the answer says which messages failed; otherwise an answer means that all went well.
    pub reports_failures: bool,
    /// The most batches of this queue that the function works on at once.
    pub maximum_concurrency: Option<usize>,
}

/// Why the template cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("the template is not readable: {0}")]
    Syntax(String),
    #[error("{id}: {reason}")]
    Resource { id: String, reason: String },
}

impl Template {
    /// The definitions of this very version.
    pub fn embedded() -> Result<Self, TemplateError> {
        Self::parse(TEMPLATE)
    }

    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let document = Document::parse(text)?;
        Ok(Self {
            tables: document.all(TABLE, table)?,
            buckets: document.all(BUCKET, notifications::bucket)?,
            queues: document.all(QUEUE, queue)?,
            functions: document.all(FUNCTION, functions::read)?,
        })
    }

    /// The new objects that any queue is told of.
    pub fn notifications(&self) -> Vec<Notification> {
        self.buckets.values().flat_map(|bucket| bucket.notifications.clone()).collect()
    }
}

impl Document {
    /// All resources of a kind, by logical id.
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

    /// A resource's properties without those that make no difference here.
    fn properties<T: DeserializeOwned>(&self, id: &str) -> Result<T, String> {
        self.read(self.kind(id), self.raw(id)?.clone())
    }

    /// The properties of a resource of that kind, resolved, without those that make no difference here.
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
        // SQS itself refuses the names it does not know.
        attributes: attributes.map(|(name, value)| (name, text(&value))).collect(),
    })
}

/// A scalar as an attribute's text; anything else as JSON.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
