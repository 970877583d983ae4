//! The description of an operation, which the table of operations gives beside the path.
//!
//! The table says the summary, the answer and the body. The rest follows from the path and the answer: the parts of the
//! path, the parameters of the query, and the errors, which are the same everywhere.

use utoipa::ToSchema;
use utoipa::openapi::path::{Operation, OperationBuilder};

use super::operation::{Offered, Operations};
use super::request::Verb;
use crate::openapi::copernica::{Pages, ids_shown, operation_id, security, tag_of};
use crate::openapi::copernica::{body_of, errors, parts_of, queries, success};
use crate::openapi::shared::{Shape, idempotency_key, shape, shape_of};

/// The successful answer of an operation.
#[derive(Clone, Copy, Debug)]
pub enum Success {
    /// 200 with a document.
    Document(Shape),
    /// 200 with a page of a list.
    List(Shape),
    /// 200 with a page of profiles or subprofiles, which takes conditions and an order.
    Records(Shape),
    /// 200 with ids.
    Ids(Shape),
    /// 201 without a body, with the id and the address of the thing that was made.
    Made,
    /// 204 without a body.
    Changed,
    /// 204 without a body, or 201 as for a thing that was made.
    ChangedOrMade,
    /// 204 without a body, with the name of the thing that was deleted.
    Removed,
}

/// The description of an operation, as far as its path does not tell.
#[derive(Clone, Copy, Debug)]
pub struct Described {
    /// The summary of the operation, for example `Lists databases`.
    pub summary: &'static str,
    /// The answer to a request without any error.
    pub success: Success,
    /// The body that a request may have, as JSON or as a form.
    pub body: Option<Shape>,
    /// True if the query must have conditions, which choose the records to change.
    pub has_conditions: bool,
    /// True if a repeated request with the same `Idempotency-Key` has the effect of one request.
    pub is_repeatable: bool,
}

const fn described(summary: &'static str, success: Success) -> Described {
    Described { summary, success, body: None, has_conditions: false, is_repeatable: false }
}

/// Describes an operation that answers a document.
pub const fn shows<T: ToSchema>(summary: &'static str) -> Described {
    described(summary, Success::Document(shape::<T>()))
}

/// Describes an operation that answers a page of a list.
pub const fn lists<T: ToSchema>(summary: &'static str) -> Described {
    described(summary, Success::List(shape_of::<Pages<T>, T>()))
}

/// Describes an operation that answers a page of profiles or subprofiles.
pub const fn lists_records<T: ToSchema>(summary: &'static str) -> Described {
    described(summary, Success::Records(shape_of::<Pages<T>, T>()))
}

/// Describes an operation that answers ids.
pub const fn lists_ids(summary: &'static str) -> Described {
    described(summary, Success::Ids(ids_shown()))
}

/// Describes an operation that makes something.
pub const fn makes(summary: &'static str) -> Described {
    described(summary, Success::Made)
}

/// Describes an operation that changes something.
pub const fn changes(summary: &'static str) -> Described {
    described(summary, Success::Changed)
}

/// Describes an operation that changes all records which match, or makes one if the caller asks for one.
pub const fn changes_or_makes(summary: &'static str) -> Described {
    Described { has_conditions: true, ..described(summary, Success::ChangedOrMade) }
}

/// Describes an operation that deletes something.
pub const fn removes(summary: &'static str) -> Described {
    described(summary, Success::Removed)
}

impl Described {
    /// Adds the body of a request.
    pub const fn takes<T: ToSchema>(self) -> Self {
        Self { body: Some(shape::<T>()), ..self }
    }

    /// Adds the conditions that choose the records to change.
    pub const fn matching(self) -> Self {
        Self { has_conditions: true, ..self }
    }

    /// Adds the header `Idempotency-Key`.
    pub const fn once(self) -> Self {
        Self { is_repeatable: true, ..self }
    }

    /// The operation for the document: a method on a path with this description.
    pub fn operation<T: Operations>(&self, offered: &Offered<T>, verb: Verb) -> Operation {
        let path = format!("{}{}", offered.below, offered.path);
        let mut operation = OperationBuilder::new()
            .operation_id(Some(operation_id(verb.name(), &path)))
            .tag(tag_of(&path))
            .summary(Some(self.summary))
            .securities(Some(security()))
            .request_body(self.body.map(body_of));
        for parameter in parts_of(&path).into_iter().chain(queries(self)) {
            operation = operation.parameter(parameter);
        }
        if self.is_repeatable {
            operation = operation.parameter(idempotency_key());
        }
        for (status, answer) in success(self.success) {
            operation = operation.response(status, answer);
        }
        for (status, answer) in errors() {
            operation = operation.response(status, answer);
        }
        operation.build()
    }
}
