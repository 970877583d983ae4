//! Error responses of the Productive door: a JSON:API document with a list of error objects.
//!
//! The members of an error object are exactly those of the vendor's page: `status`, `code`, `title`, `detail`, and
//! `source` where an attribute is wrong. The status is a text. A pointer has no slash at its beginning.

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use shared::edit::EditError;
use shared::import::ImportError;
use shared::store::StoreError;

use super::negotiation::ANSWER_TYPE;
use crate::answer::{CELL, FIELDS, MESSAGE, shortened};
use crate::failure::{Failure, OVER_QUOTA, ask_later, complete, quota_status};

/// The value of `WWW-Authenticate`, which says how to authenticate.
const CHALLENGE: &str = "X-Auth-Token realm=\"waybill\"";

/// An error object of an answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ErrorObject {
    /// The HTTP status as a text, for example `422`.
    status: String,
    code: &'static str,
    title: &'static str,
    /// A text, or the errors of rows by model.
    detail: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
}

/// The attribute of the request to which an error belongs.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Source {
    pointer: String,
}

/// The facts of a kind of error which do not depend on the request.
#[derive(Clone, Copy, Debug)]
pub struct ErrorKind {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
}

const fn kind(status: StatusCode, code: &'static str, title: &'static str) -> ErrorKind {
    ErrorKind { status, code, title }
}

pub const UNAUTHENTICATED: ErrorKind = kind(StatusCode::UNAUTHORIZED, "invalid_auth_token", "Unauthenticated");
pub const ACCESS_DENIED: ErrorKind = kind(StatusCode::FORBIDDEN, "no_person", "Access Denied");
pub const CLIENT_ID: ErrorKind = kind(StatusCode::FORBIDDEN, "unsupported_client_id", "Unsupported Client Id");
pub const NOT_FOUND: ErrorKind = kind(StatusCode::NOT_FOUND, "record_not_found", "Record Not Found");
pub const WRONG_METHOD: ErrorKind = kind(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method Not Allowed");
pub const NOT_ACCEPTABLE: ErrorKind = kind(StatusCode::NOT_ACCEPTABLE, "not_acceptable", "Not Acceptable");
pub const OTHER_TYPE: ErrorKind =
    kind(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported Media Type");
pub const TOO_LARGE: ErrorKind = kind(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", "Payload Too Large");
pub const MALFORMED: ErrorKind = kind(StatusCode::BAD_REQUEST, "invalid_document", "Invalid Document");
pub const WRONG_KEY: ErrorKind = kind(StatusCode::BAD_REQUEST, "invalid_idempotency_key", "Invalid Idempotency Key");
pub const OTHER_RESOURCE: ErrorKind = kind(StatusCode::CONFLICT, "resource_mismatch", "Resource Mismatch");
pub const ALREADY_PROCESSED: ErrorKind =
    kind(StatusCode::CONFLICT, "import_already_processed", "Import Already Processed");
pub const NOT_PROCESSED: ErrorKind = kind(StatusCode::CONFLICT, "import_not_processed", "Import Not Processed");
pub const ALREADY_REVERTED: ErrorKind =
    kind(StatusCode::CONFLICT, "import_already_reverted", "Import Already Reverted");
pub const TOO_LATE: ErrorKind = kind(StatusCode::CONFLICT, "import_revert_expired", "Import Revert Expired");
pub const INVALID: ErrorKind = kind(StatusCode::UNPROCESSABLE_ENTITY, "invalid_attribute", "Invalid Attribute");
pub const UNSUPPORTED_ATTRIBUTE: ErrorKind =
    kind(StatusCode::BAD_REQUEST, "unsupported_attribute", "Unsupported Attribute");
pub const UNSUPPORTED_FILTER: ErrorKind = kind(StatusCode::BAD_REQUEST, "unsupported_filter", "Unsupported Filter");
pub const UNSUPPORTED_FILTER_VALUE: ErrorKind =
    kind(StatusCode::BAD_REQUEST, "unsupported_filter_value", "Unsupported Filter Value");
pub const UNSUPPORTED_SORT: ErrorKind = kind(StatusCode::BAD_REQUEST, "unsupported_sort", "Unsupported Sort");
pub const UNSUPPORTED_GROUP: ErrorKind = kind(StatusCode::BAD_REQUEST, "unsupported_group", "Unsupported Group");
pub const UNSUPPORTED_INCLUDE: ErrorKind = kind(StatusCode::BAD_REQUEST, "unsupported_include", "Unsupported Include");
pub const UNSUPPORTED_FIELDS: ErrorKind = kind(StatusCode::BAD_REQUEST, "unsupported_fields", "Unsupported Fields");
pub const UNSUPPORTED_PARAMETER: ErrorKind =
    kind(StatusCode::BAD_REQUEST, "unsupported_parameter", "Unsupported Parameter");
pub const INVALID_PAGE: ErrorKind = kind(StatusCode::BAD_REQUEST, "invalid_page", "Invalid Page");
pub const KEYSET_CONFLICT: ErrorKind = kind(StatusCode::BAD_REQUEST, "keyset_conflict", "Keyset Conflict");
pub const KEYSET_SORT: ErrorKind = kind(StatusCode::BAD_REQUEST, "keyset_unsupported_sort", "Keyset Unsupported Sort");
pub const KEYSET_CURSOR: ErrorKind = kind(StatusCode::BAD_REQUEST, "keyset_invalid_cursor", "Keyset Invalid Cursor");

impl ErrorKind {
    /// The error with a text for the caller.
    pub fn saying(self, detail: impl Into<String>) -> ProductiveError {
        ProductiveError::of(self.status, vec![self.object(json!(shortened(detail, MESSAGE)), None)])
    }

    /// The error object about an attribute, a relationship or another part of the document.
    pub fn at(self, pointer: &str, detail: impl Into<Value>) -> ErrorObject {
        self.object(detail.into(), Some(Source { pointer: shortened(pointer, CELL) }))
    }

    fn object(self, detail: Value, source: Option<Source>) -> ErrorObject {
        let ErrorKind { status, code, title } = self;
        ErrorObject { status: status.as_u16().to_string(), code, title, detail, source }
    }
}

/// An error response of the Productive door.
#[derive(Clone, Debug)]
pub struct ProductiveError {
    status: StatusCode,
    errors: Vec<ErrorObject>,
    failure: Option<Failure>,
}

impl ProductiveError {
    fn of(status: StatusCode, errors: Vec<ErrorObject>) -> Self {
        Self { status, errors, failure: None }
    }

    /// An error of wrong attributes, one object for each, all at once. The first object has the status of the answer.
    pub fn all(kind: ErrorKind, mut errors: Vec<ErrorObject>) -> Self {
        errors.truncate(FIELDS);
        Self::of(kind.status, errors)
    }

    /// 422 for an attribute with a wrong value.
    pub fn invalid(attribute: &str, detail: impl Into<Value>) -> Self {
        Self::all(INVALID, vec![INVALID.at(&format!("data/attributes/{attribute}"), detail)])
    }

    /// 401 for a token which is missing, unknown, revoked or expired, and for a missing organization.
    pub fn unauthenticated() -> Self {
        UNAUTHENTICATED.saying("You are not authenticated")
    }

    /// 403 for a token of another organization, and for a token without the scope for the request.
    pub fn access_denied() -> Self {
        ACCESS_DENIED.saying("You are not authorized to access this resource")
    }

    /// 404 for an unknown path, or for a resource which the organization does not have.
    pub fn not_found() -> Self {
        NOT_FOUND.saying("The requested record was not found")
    }

    /// 405 for a known path with another method.
    pub fn method_not_allowed() -> Self {
        WRONG_METHOD.saying("This path does not take this method")
    }

    /// 500 or 503, with the reason for the log.
    pub fn failed(failure: Failure) -> Self {
        let (code, title) = match failure.status {
            StatusCode::SERVICE_UNAVAILABLE => ("service_unavailable", "Service Unavailable"),
            _ => ("internal_error", "Internal Error"),
        };
        let kind = kind(failure.status, code, title);
        Self { failure: Some(failure.clone()), ..kind.saying(failure.message()) }
    }

    /// An error which the router did not answer, with the status given.
    pub fn plain(status: StatusCode, detail: &str) -> Self {
        kind(status, "request_refused", status.canonical_reason().unwrap_or("Request Refused")).saying(detail)
    }
}

impl From<StoreError> for ProductiveError {
    fn from(error: StoreError) -> Self {
        Self::failed(Failure::from(&error))
    }
}

impl From<ImportError> for ProductiveError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Missing(_) => Self::not_found(),
            ImportError::TooLate { .. } => TOO_LATE.saying(error.to_string()),
            ImportError::OverQuota(over) => {
                kind(quota_status(over), OVER_QUOTA, "Quota Exceeded").saying(over.to_string())
            }
            // The user of the token was deleted in this moment.
            ImportError::NoUser(_) => Self::unauthenticated(),
            ImportError::OtherRequest | ImportError::NeverStored => WRONG_KEY.saying(error.to_string()),
            error => Self::failed(Failure::from(&error)),
        }
    }
}

impl From<EditError> for ProductiveError {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Store(error) => error.into(),
            EditError::NotFound => Self::not_found(),
            EditError::Missing(name) => Self::invalid(name, "must exist"),
            EditError::Invalid(name) => Self::invalid(name, "is invalid"),
            EditError::Taken(name) => Self::invalid(name, "has already been taken"),
            EditError::InUse => {
                Self::all(INVALID, vec![INVALID.at("data", "Cannot delete record because dependent people exist")])
            }
            EditError::Forbidden(rule) => Self::all(INVALID, vec![INVALID.at("data", rule.to_string())]),
            EditError::TooMuch => Self::all(INVALID, vec![INVALID.at("data", error.to_string())]),
        }
    }
}

impl IntoResponse for ProductiveError {
    fn into_response(self) -> Response {
        let body = json!({ "errors": self.errors }).to_string();
        let mut answer = (self.status, [(CONTENT_TYPE, ANSWER_TYPE)], body).into_response();
        if self.errors.iter().any(|error| error.code == OVER_QUOTA) {
            ask_later(&mut answer);
        }
        complete(answer, CHALLENGE, self.failure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_objects_have_exactly_the_members_of_the_vendor() {
        let invalid = ProductiveError::invalid("import_data", "can't be blank");
        assert_eq!(
            json!(invalid.errors),
            json!([{
                "status": "422",
                "code": "invalid_attribute",
                "title": "Invalid Attribute",
                "detail": "can't be blank",
                "source": { "pointer": "data/attributes/import_data" },
            }])
        );
        assert_eq!(
            json!(ProductiveError::not_found().errors),
            json!([{
                "status": "404",
                "code": "record_not_found",
                "title": "Record Not Found",
                "detail": "The requested record was not found",
            }])
        );
    }
}
