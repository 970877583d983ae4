//! The body of a request: a JSON:API document with one resource.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::Method;
use serde_json::{Map, Value};

use super::error::{
    CLIENT_ID, ErrorObject, MALFORMED, OTHER_RESOURCE, ProductiveError, TOO_LARGE, UNSUPPORTED_ATTRIBUTE,
};
use super::negotiation::taken;
use crate::answer::{CELL, shortened};
use crate::{BODY_LIMIT, Door};

/// The bytes of a body whose content type is fine. An absent body is empty. The bytes are parsed only when the handler has
/// judged everything that comes before the body.
pub struct Body(Bytes);

/// The resource in a body.
#[derive(Debug, Default)]
pub struct Sent {
    pub attributes: Map<String, Value>,
    pub relationships: Map<String, Value>,
}

impl FromRequest<Door> for Body {
    type Rejection = ProductiveError;

    async fn from_request(request: Request, door: &Door) -> Result<Self, ProductiveError> {
        let headers = request.headers().clone();
        let path = request.uri().path();
        let is_bulk = *request.method() == Method::POST && (path.ends_with("/companies") || path.ends_with("/people"));
        let too_large = || {
            let limit = BODY_LIMIT >> 20;
            TOO_LARGE.saying(format!("A body may have {limit} MB; larger files are taken by POST /api/v1/imports"))
        };
        let bytes = Bytes::from_request(request, door).await.map_err(|_| too_large())?;
        if bytes.len() > BODY_LIMIT {
            return Err(too_large());
        }
        if !bytes.is_empty() {
            taken(&headers, is_bulk)?;
        }
        Ok(Self(bytes))
    }
}

impl Body {
    /// The bytes, for the digest of an `Idempotency-Key`.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The resource in the body of an action that needs none, as [`read`](Self::read) reads it. Some clients send an empty
    /// object in place of no body.
    pub fn read_if_sent(&self, kind: &str, id: &str) -> Result<Option<Sent>, ProductiveError> {
        match serde_json::from_slice(&self.0) {
            Ok(Value::Object(document)) if document.is_empty() => Ok(None),
            _ => self.read(kind, Some(id)),
        }
    }

    /// The resource in the body, or `None` without a body. `id` is the id in the path, or `None` for a new resource.
    pub fn read(&self, kind: &str, id: Option<&str>) -> Result<Option<Sent>, ProductiveError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let document: Value = serde_json::from_slice(&self.0)
            .map_err(|error| MALFORMED.saying(format!("The body is no JSON: {error}")))?;
        let data = match document {
            Value::Object(mut document) => document.remove("data"),
            _ => None,
        };
        let mut data = match data {
            Some(Value::Object(data)) => data,
            Some(Value::Array(_)) => {
                let detail = "data must be one resource; create many records by POST /api/v2/imports";
                return Err(MALFORMED.saying(detail));
            }
            _ => return Err(MALFORMED.saying("data must be a resource")),
        };
        match data.get("type") {
            // Some clients send no type, and mean the type of the path.
            None | Some(Value::Null) => {}
            Some(Value::String(given)) if given == kind => {}
            Some(given) => {
                let given = shortened(given.to_string(), CELL);
                return Err(OTHER_RESOURCE.saying(format!("The type {given} is not the type of this path, {kind}")));
            }
        }
        let given = match data.get("id") {
            None | Some(Value::Null) => None,
            Some(Value::String(given)) if given.is_empty() => None,
            Some(Value::String(given)) => Some(given.clone()),
            Some(given) => Some(given.to_string()),
        };
        match (given, id) {
            (Some(_), None) => return Err(CLIENT_ID.saying("The id of a new record is not for the client to choose")),
            (Some(given), Some(id)) if given != id => {
                let given = shortened(given, CELL);
                return Err(OTHER_RESOURCE.saying(format!("The id {given} is not the id of this path, {id}")));
            }
            _ => {}
        }
        let mut members = |name: &str| match data.remove(name) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(members)) => Ok(members),
            Some(_) => Err(MALFORMED.saying(format!("{name} must be an object"))),
        };
        Ok(Some(Sent { attributes: members("attributes")?, relationships: members("relationships")? }))
    }
}

impl Sent {
    /// The errors for attributes that can neither be set nor are shown, and likewise for relationships. Clients send back
    /// what an answer has shown, so shown members that cannot be set are ignored.
    pub fn unsupported(&self, attributes: &[&str], relationships: &[&str]) -> Vec<ErrorObject> {
        let members = [("attributes", "Attribute", &self.attributes, attributes)].into_iter().chain([(
            "relationships",
            "Relationship",
            &self.relationships,
            relationships,
        )]);
        members
            .flat_map(|(part, what, given, known)| {
                let unknown = given.keys().filter(move |name| !known.contains(&name.as_str()));
                unknown.map(move |name| {
                    let name = shortened(name, CELL);
                    let detail = format!("{what} '{name}' is not supported on this endpoint");
                    UNSUPPORTED_ATTRIBUTE.at(&format!("data/{part}/{name}"), detail)
                })
            })
            .collect()
    }
}
