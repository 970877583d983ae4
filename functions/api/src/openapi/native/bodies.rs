//! The shapes of errors, and of the description itself.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use super::imports::StatusWord;

/// An error other than wrong fields, with the members of RFC 9457.
#[derive(ToSchema)]
#[schema(as = Problem)]
pub struct ProblemObject {
    /// The HTTP status
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// The name of the status
    title: String,
    /// What is wrong with this request
    detail: String,
    /// The path of the request
    instance: String,
    /// The present status of the import, with status 409 only
    #[schema(nullable = false)]
    status_now: Option<StatusWord>,
    /// The same as `detail`, with status 429 only
    #[schema(nullable = false)]
    error: Option<String>,
}

/// Wrong parameters or fields.
#[derive(ToSchema)]
pub struct FieldErrors {
    /// The messages for each wrong parameter or field
    errors: BTreeMap<String, Vec<String>>,
}

/// Fields that are refused.
#[derive(ToSchema)]
pub struct RefusedFields {
    /// The messages for each refused field
    errors: BTreeMap<String, Vec<String>>,
    /// A mapping for the columns of a file that no format fits
    #[schema(nullable = false)]
    suggested_mapping: Option<BTreeMap<String, Value>>,
}

/// The body of a request that changes the status of an import.
#[derive(ToSchema)]
#[schema(as = Reason)]
#[serde(deny_unknown_fields)]
pub struct GivenReason {
    /// The reason, for the history of the import; its first 500 letters are kept
    reason: Option<String>,
}

/// A document in the form of OpenAPI 3.1.
#[derive(ToSchema)]
pub struct Description {
    /// The version of OpenAPI
    #[schema(example = "3.1.0")]
    openapi: String,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}
