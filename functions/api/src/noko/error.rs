//! Error responses in Noko's shape: `{"message", "errors": [{"resource", "field", "code"}]}`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use shared::edit::{EditError, Rule};
use shared::import::ImportError;
use shared::quotas::OverQuota;
use shared::store::StoreError;

use crate::answer::{CELL, FIELDS, MESSAGE, shortened};
use crate::failure::{Failure, OVER_QUOTA, ask_later, complete};
use crate::upload::UploadError;

/// An error response of the Noko door. A failure of the server keeps its reason for the log apart from the
/// message for the caller.
#[derive(Debug)]
pub struct NokoError {
    status: StatusCode,
    message: String,
    errors: Vec<FieldError>,
    failure: Option<Failure>,
}

/// The value of `WWW-Authenticate`, which says how to authenticate.
const CHALLENGE: &str = "Bearer realm=\"waybill\"";

/// An error of a request's field, in the vendor's terms of resource, field and code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    resource: &'static str,
    field: String,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// A mapping that may read the file, for a file that fits no format.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggested_mapping: Option<Value>,
}

impl FieldError {
    /// An error of `field` in `resource`, with one of the vendor's codes, e.g. `missing`.
    pub fn new(resource: &'static str, field: &str, code: &'static str) -> Self {
        Self { resource, field: shortened(field, CELL), code, message: None, suggested_mapping: None }
    }

    /// Adds a message in words, cut to the length limit of messages.
    pub fn saying(mut self, message: impl Into<String>) -> Self {
        self.message = Some(shortened(message, MESSAGE));
        self
    }

    /// Adds a mapping of columns with which the file may be imported.
    pub fn suggesting(mut self, mapping: Option<Value>) -> Self {
        self.suggested_mapping = mapping;
        self
    }
}

impl NokoError {
    /// An error with this status and message that names no field.
    pub(crate) fn plain(status: StatusCode, message: &str) -> Self {
        Self { status, message: shortened(message, MESSAGE), errors: Vec::new(), failure: None }
    }

    /// 400 for a request that is wrong as a whole.
    pub fn bad_request(message: &str) -> Self {
        Self::plain(StatusCode::BAD_REQUEST, message)
    }

    /// 401 for a missing, unknown, revoked or expired token.
    pub fn unauthorized() -> Self {
        Self::plain(StatusCode::UNAUTHORIZED, "Requires authentication")
    }

    /// 403 for a token without the scope for the request.
    pub fn forbidden() -> Self {
        Self::plain(StatusCode::FORBIDDEN, "The token does not have the permission for this")
    }

    /// 404 for an unknown path, or for a thing that the account does not have.
    pub fn not_found() -> Self {
        Self::plain(StatusCode::NOT_FOUND, "Not Found")
    }

    /// 405 for a known path with a different method.
    pub fn method_not_allowed() -> Self {
        Self::plain(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed")
    }

    /// 422 for a file, or a body with a file, that is too large for this door.
    pub fn too_large() -> Self {
        let way = format!(
            "a body of more than {} MB is not taken here; upload the file straight to S3: POST /api/v1/imports with \
             \"upload\": true",
            crate::BODY_LIMIT >> 20
        );
        Self::invalid(vec![FieldError::new("Import", "file", "too_large").saying(way)])
    }

    /// 413 for a body without a file that is too large.
    pub fn body_too_large() -> Self {
        Self::plain(StatusCode::PAYLOAD_TOO_LARGE, "The body is too large")
    }

    /// 422 for a request with wrong fields, all of which the response names.
    pub fn invalid(mut errors: Vec<FieldError>) -> Self {
        errors.truncate(FIELDS);
        Self { errors, ..Self::plain(StatusCode::UNPROCESSABLE_ENTITY, "Validation Failed") }
    }

    /// 422 for a file that is larger than a quota of the account, like a body that is too large, and 429 for too many open
    /// imports.
    fn over_quota(over: OverQuota) -> Self {
        match over {
            OverQuota::FileBytes { .. } => {
                Self::invalid(vec![FieldError::new("Import", "file", "too_large").saying(over.to_string())])
            }
            OverQuota::OpenImports { .. } => {
                let refused = Self::plain(StatusCode::TOO_MANY_REQUESTS, &over.to_string());
                Self { errors: vec![FieldError::new("Import", "base", OVER_QUOTA)], ..refused }
            }
        }
    }

    /// 500 or 503, with the reason for the log.
    pub fn failed(failure: Failure) -> Self {
        Self { failure: Some(failure.clone()), ..Self::plain(failure.status, failure.message()) }
    }

    /// The response for an edit that was refused or failed.
    pub fn of_edit(error: EditError, resource: &'static str) -> Self {
        let field = |field, code| Self::invalid(vec![FieldError::new(resource, field, code)]);
        match error {
            EditError::Store(error) => error.into(),
            EditError::NotFound => Self::not_found(),
            EditError::Missing(name) => field(name, "missing"),
            EditError::Invalid(name) => field(name, "invalid"),
            EditError::Taken(name) => field(name, "already_exists"),
            EditError::TooMuch => field("base", "too_many"),
            EditError::Forbidden(rule) => {
                let error = FieldError::new(resource, "base", code(rule));
                let refused = Self::plain(StatusCode::UNPROCESSABLE_ENTITY, &rule.to_string());
                Self { errors: vec![error], ..refused }
            }
            EditError::InUse => {
                let error = FieldError::new(resource, "entries", "dependent");
                let unable = Self::plain(StatusCode::UNPROCESSABLE_ENTITY, "Unable to be deleted");
                Self { errors: vec![error], ..unable }
            }
        }
    }
}

/// The vendor's code for a rule, or a code in the vendor's style for a rule that the vendor does not have.
fn code(rule: Rule) -> &'static str {
    match rule {
        Rule::Approved => "approved_and_locked",
        Rule::AlreadyApproved => "already_approved",
        Rule::Invoiced => "invoiced",
        Rule::ArchivedProject => "archived_project",
        Rule::Deletable => "deletable",
        Rule::Locked => "locked",
        Rule::Deactivated => "deactivated",
        Rule::NotDeactivated => "not_deactivated",
        Rule::Oneself => "authenticated_user",
        Rule::MergedTooOften => "too_many_merges",
        Rule::TooManyShared => "too_many_entries",
    }
}

impl From<StoreError> for NokoError {
    fn from(error: StoreError) -> Self {
        Self::failed(Failure::from(&error))
    }
}

impl From<ImportError> for NokoError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Missing(_) => Self::not_found(),
            ImportError::OtherRequest | ImportError::NeverStored => {
                let message = error.to_string();
                Self::invalid(vec![FieldError::new("Import", "Idempotency-Key", "invalid").saying(message)])
            }
            ImportError::OverQuota(over) => Self::over_quota(over),
            // The vendor's word for a thing which may not be deleted.
            ImportError::TooLate { .. } => {
                let refused = Self::plain(StatusCode::UNPROCESSABLE_ENTITY, &error.to_string());
                Self { errors: vec![FieldError::new("Import", "base", "deletable")], ..refused }
            }
            // The token's own user does not exist; a missing fallback user was reported earlier.
            ImportError::NoUser(_) => Self::unauthorized(),
            error => Self::failed(Failure::from(&error)),
        }
    }
}

impl From<UploadError> for NokoError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Refused(refusal) => {
                let error = FieldError::new("Import", "file", "invalid_file").saying(refusal.to_string());
                Self::invalid(vec![error.suggesting(refusal.suggested_mapping().cloned())])
            }
            UploadError::Delimiter(_) => {
                let error_of = FieldError::new("Import", "field_delimiter", "invalid_field_delimiter");
                Self::invalid(vec![error_of.saying(error.to_string())])
            }
            UploadError::Import(error) => error.into(),
        }
    }
}

impl IntoResponse for NokoError {
    fn into_response(self) -> Response {
        let mut body = json!({ "message": self.message });
        if !self.errors.is_empty() {
            body["errors"] = json!(self.errors);
        }
        let mut answer = (self.status, Json(body)).into_response();
        if self.errors.iter().any(|error| error.code == OVER_QUOTA) {
            ask_later(&mut answer);
        }
        complete(answer, CHALLENGE, self.failure)
    }
}
