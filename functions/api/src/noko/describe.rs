//! The description of an endpoint, which the table of endpoints gives beside each handler.
//!
//! The table says the summary, the shape of the answer and the shape of the body. The rest follows from the endpoint:
//! its parameters from its row of the table of parameters, its errors from its path and its body.

use axum::http::{Method, StatusCode};
use utoipa::ToSchema;
use utoipa::openapi::path::{Operation, OperationBuilder};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{ArrayBuilder, Schema};
use utoipa::openapi::{ContentBuilder, HeaderBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Type};

use super::endpoint::Endpoint;
use crate::openapi::noko::{
    BAD_REQUEST, BUSY, FAILED, FORBIDDEN, INVALID, NOT_FOUND, TOO_LARGE, TOO_MANY, Told, UNAUTHORIZED, id, of_endpoint,
    security, tag_of,
};
use crate::openapi::shared::{Schemas, Shape, idempotency_key, plain, shape};

/// The successful answer of an endpoint.
#[derive(Clone, Copy, Debug)]
enum Success {
    /// 200 with an array of items and, where further pages exist, the header `Link`.
    Page(Shape),
    /// 200 with an object as the object is now.
    Object(Shape),
    /// 201 with the item that was created, and the header `Location`.
    Created(Shape),
    /// 202 with an import that is not done yet, and the address of its status as `Location`.
    Accepted(Shape),
    /// 204 without a body, for a change that shows nothing.
    Done,
}

/// The body of a request, which only endpoints that change something have.
#[derive(Clone, Copy, Debug)]
enum Body {
    /// A JSON object. If the object is not needed, a request without a body is taken as an empty object.
    Json { shape: Shape, is_needed: bool },
    /// A file with options, as a multipart body or as a form of pairs.
    Form(Shape),
}

/// The description of an endpoint, as far as the endpoint itself does not tell.
#[derive(Clone, Copy, Debug)]
pub struct Says {
    /// The summary of the operation, such as `Lists imports`, or a verb before the noun.
    summary: &'static str,
    /// The name of the resource, which follows the summary after a blank, or an empty text.
    noun: &'static str,
    /// The answer to a request without any error.
    success: Success,
    /// True if 204 is a further answer, for something that is not there yet.
    may_be_empty: bool,
    /// True if no request succeeds, because a rule of Waybill forbids every one.
    is_refused: bool,
    /// The body that a request may or must have, or `None` for a request without a body.
    body: Option<Body>,
}

const fn says(summary: &'static str, success: Success) -> Says {
    Says { summary, noun: "", success, may_be_empty: false, is_refused: false, body: None }
}

/// Describes an endpoint that answers a page of items.
pub const fn page<T: ToSchema>(summary: &'static str) -> Says {
    says(summary, Success::Page(shape::<T>()))
}

/// Describes an endpoint that answers an object as the object is now.
pub const fn object<T: ToSchema>(summary: &'static str) -> Says {
    says(summary, Success::Object(shape::<T>()))
}

/// Describes an endpoint that creates something and answers 201.
pub const fn created<T: ToSchema>(summary: &'static str) -> Says {
    says(summary, Success::Created(shape::<T>()))
}

/// Describes an endpoint that begins an import and answers 202, for which `Idempotency-Key` is described too.
pub const fn accepted<T: ToSchema>(summary: &'static str) -> Says {
    says(summary, Success::Accepted(shape::<T>()))
}

/// Describes an endpoint that changes something and answers 204.
pub const fn done(summary: &'static str) -> Says {
    says(summary, Success::Done)
}

/// Describes an endpoint that refuses every request with 422.
pub const fn refused(summary: &'static str) -> Says {
    Says { is_refused: true, ..done(summary) }
}

impl Says {
    /// Adds the name of the resource to a summary such as `Lists`.
    pub const fn of(self, noun: &'static str) -> Self {
        Self { noun, ..self }
    }

    /// Adds a JSON body that the request needs.
    pub const fn takes<T: ToSchema>(self) -> Self {
        Self { body: Some(Body::Json { shape: shape::<T>(), is_needed: true }), ..self }
    }

    /// Adds a JSON body that may be absent, which then means an empty object.
    pub const fn may_take<T: ToSchema>(self) -> Self {
        Self { body: Some(Body::Json { shape: shape::<T>(), is_needed: false }), ..self }
    }

    /// Adds a form with a file that the request needs.
    pub const fn takes_form<T: ToSchema>(self) -> Self {
        Self { body: Some(Body::Form(shape::<T>())), ..self }
    }

    /// Adds the answer 204, for something that is not there yet, such as the report of a running import.
    pub const fn or_nothing(self) -> Self {
        Self { may_be_empty: true, ..self }
    }

    /// Collects the schemas to which the description refers, so that every reference of the document leads somewhere.
    pub fn collect(&self, schemas: &mut Schemas) {
        if let Success::Page(shape) | Success::Object(shape) | Success::Created(shape) | Success::Accepted(shape) =
            self.success
        {
            shape.collect(schemas);
        }
        if let Some(Body::Json { shape, .. } | Body::Form(shape)) = self.body {
            shape.collect(schemas);
        }
    }

    /// The operation of an endpoint with this description. Parameters and errors follow from the endpoint, its
    /// path and its body.
    pub fn operation(&self, Endpoint { method, path, parameters }: &Endpoint) -> Operation {
        let is_list = matches!(self.success, Success::Page(_));
        let mut operation = OperationBuilder::new()
            .operation_id(Some(operation_id(method, path)))
            .tag(tag_of(path))
            .summary(Some(format!("{} {}", self.summary, self.noun).trim_end()))
            .securities(Some(security()))
            .request_body(self.body.map(Body::described));
        let has_id = path.contains("{id}");
        if has_id {
            operation = operation.parameter(id());
        }
        if matches!(self.success, Success::Accepted(_)) {
            operation = operation.parameter(idempotency_key());
        }
        for parameter in of_endpoint(parameters, is_list) {
            operation = operation.parameter(parameter);
        }
        if !self.is_refused {
            let (status, answer) = self.success.described();
            operation = operation.response(status.as_str(), answer);
        }
        if self.may_be_empty {
            let about = "The import is in progress; ask again later";
            operation = operation.response("204", ResponseBuilder::new().description(about));
        }
        let errors = [
            Some(BAD_REQUEST),
            Some(UNAUTHORIZED),
            Some(FORBIDDEN),
            has_id.then_some(NOT_FOUND),
            // A form that is too large is answered with 422.
            matches!(self.body, Some(Body::Json { .. })).then_some(TOO_LARGE),
            Some(INVALID),
            matches!(self.success, Success::Accepted(_)).then_some(TOO_MANY),
            Some(FAILED),
            Some(BUSY),
        ];
        for Told { status, name, .. } in errors.into_iter().flatten() {
            operation = operation.response(status.to_string(), Ref::from_response_name(name));
        }
        operation.build()
    }
}

/// The id of an operation, for example `noko_put_entries_id_approved`.
fn operation_id(method: &Method, path: &str) -> String {
    let path = path.replace(['{', '}'], "").replace('/', "_");
    format!("noko_{}{path}", method.as_str().to_ascii_lowercase())
}

impl Success {
    fn described(self) -> (StatusCode, Response) {
        let (status, about, schema): (_, _, Option<RefOr<Schema>>) = match self {
            Self::Page(items) => {
                let items = ArrayBuilder::new().items(items.reference()).build();
                (StatusCode::OK, "A page of the list, empty behind the end of the list", Some(RefOr::T(items.into())))
            }
            Self::Object(shape) => (StatusCode::OK, "The object as it is now", Some(shape.reference().into())),
            Self::Created(shape) => (StatusCode::CREATED, "The item that was created", Some(shape.reference().into())),
            Self::Accepted(shape) => {
                (StatusCode::ACCEPTED, "The import, which goes on after this answer", Some(shape.reference().into()))
            }
            Self::Done => (StatusCode::NO_CONTENT, "The change is made; the answer has no body", None),
        };
        let mut answer = ResponseBuilder::new().description(about);
        if let Some(schema) = schema {
            answer = answer.content("application/json", ContentBuilder::new().schema(Some(schema)).build());
        }
        let header = match self {
            Self::Page(_) => Some((
                "Link",
                "The URLs of the pages `first`, `prev`, `next` and `last`, as far as there are such pages; absent for a \
                 list of one page",
            )),
            Self::Created(_) => Some(("Location", "The URL of the item that was created")),
            Self::Accepted(_) => Some(("Location", "The URL at which the status of the import is shown")),
            Self::Object(_) | Self::Done => None,
        };
        if let Some((name, about)) = header {
            let header = HeaderBuilder::new().schema(Some(plain(Type::String))).description(Some(about)).build();
            answer = answer.header(name, header);
        }
        (status, answer.build())
    }
}

impl Body {
    fn described(self) -> RequestBody {
        let (shape, kinds, required): (_, &[&str], _) = match self {
            Self::Json { shape, is_needed: true } => (shape, &["application/json"], Required::True),
            Self::Json { shape, .. } => (shape, &["application/json"], Required::False),
            Self::Form(shape) => (shape, &["multipart/form-data", "application/x-www-form-urlencoded"], Required::True),
        };
        let content = ContentBuilder::new().schema(Some(shape.reference())).build();
        let body = RequestBodyBuilder::new().required(Some(required));
        kinds.iter().fold(body, |body, kind| body.content(*kind, content.clone())).build()
    }
}
