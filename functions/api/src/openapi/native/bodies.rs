//! The shapes of errors, and of the description itself.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

use super::imports::StatusWord;

/// An error other than wrong fields, with the members of RFC 9457. The content type is `application/json`, or
/// `application/problem+json` for a client which accepts that type and prefers no other.
#[derive(ToSchema)]
#[schema(as = Problem)]
pub struct ProblemObject {
    /// The HTTP status of the answer, repeated for clients which keep only the body.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// The standard name of the status, for example `Not Found`.
    title: String,
    /// A sentence for people about this request, at most 2,000 letters long.
    detail: String,
    /// The path of the request without its query, cut at 200 letters.
    instance: String,
    /// The present status of the import, with status 409 only.
    #[schema(nullable = false)]
    status_now: Option<StatusWord>,
    /// The word `quota_exceeded`, if a quota of the account refuses the request.
    #[schema(nullable = false, example = "quota_exceeded")]
    code: Option<String>,
    /// The quota that refuses the request: `open_imports` or `file_bytes`. The member stands beside `code` only.
    #[schema(nullable = false, example = "open_imports")]
    quota: Option<String>,
    /// The most that the quota allows, from 1. The member stands beside `code` only.
    #[schema(nullable = false)]
    most: Option<u64>,
    /// The same text as `detail`, with status 429 only, for clients of the vendor's older pages.
    #[schema(nullable = false)]
    error: Option<String>,
}

/// Wrong parameters or fields, all of which one answer names, up to a hundred.
#[derive(ToSchema)]
pub struct FieldErrors {
    /// The messages for each wrong parameter or field by its name, at most ten messages each. An unknown name comes
    /// with the nearest name which is known.
    errors: BTreeMap<String, Vec<String>>,
}

/// Fields that are well formed and refused for their values, for example an unknown user or a file that no format fits.
#[derive(ToSchema)]
pub struct RefusedFields {
    /// The messages for each refused field by its name, at most ten messages each. A file is named by the field which
    /// holds the file, for example `source`.
    errors: BTreeMap<String, Vec<String>>,
    /// A mapping which may read a file that no format fits, with its score from 0 to 100 and the evidence for each
    /// column. The member is absent if no mapping is sure enough.
    #[schema(nullable = false)]
    suggested_mapping: Option<BTreeMap<String, Value>>,
}

/// The body of a request that changes the status of an import. The body may be absent, and any other member is answered
/// with 400 by its name.
#[derive(ToSchema)]
#[schema(as = Reason)]
#[serde(deny_unknown_fields)]
pub struct GivenReason {
    /// The reason of the change for the history of the import, of which the first 500 letters are kept. Without a
    /// reason the history shows `null`.
    reason: Option<String>,
}

/// A document in the form of OpenAPI 3.1, which describes every operation of all doors.
#[derive(ToSchema)]
pub struct Description {
    /// The version of OpenAPI by which the document is written.
    #[schema(example = "3.1.0")]
    openapi: String,
    /// The further members of an OpenAPI document, such as `info`, `paths` and `components`.
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}
