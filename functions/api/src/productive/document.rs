//! The documents that the door answers: resources, the related resources included with them, links and meta.
//!
//! - A resource is included once, people before companies, whatever refers to it.
//! - Every document has `meta.organization_features`, from the settings of the account or the vendor's set.
//! - Only a list has links.

use std::sync::LazyLock;

use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::caller::At;
use super::error::{INVALID_PAGE, ProductiveError};
use super::negotiation::ANSWER_TYPE;
use super::query::page::{Found, Links};
use super::query::{Fieldsets, Query};
use crate::answer::{LARGEST, size};

/// The types of resources.
pub const IMPORTS: &str = "imports";
pub const PEOPLE: &str = "people";
pub const COMPANIES: &str = "companies";

/// The features of an account without such settings, which are those in the vendor's examples.
static FEATURES: LazyLock<Map<String, Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("features.json")).expect("the file is a JSON object"));

/// A resource of a document.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    /// `imports`, `people` or `companies`.
    pub kind: &'static str,
    pub id: u64,
    pub attributes: Map<String, Value>,
    pub relationships: Map<String, Value>,
}

impl Resource {
    /// The JSON of the resource, with the members that the query asks for.
    fn shown(mut self, fields: &Fieldsets) -> Value {
        if let Some(names) = fields.get(self.kind) {
            self.attributes.retain(|name, _| names.contains(name));
            self.relationships.retain(|name, _| names.contains(name));
        }
        let mut shown = json!({ "id": self.id.to_string(), "type": self.kind });
        // With a set of fields, a resource may have no attributes or relationships left.
        for (name, members) in [("attributes", self.attributes), ("relationships", self.relationships)] {
            if !members.is_empty() || !fields.contains_key(self.kind) {
                shown[name] = Value::Object(members);
            }
        }
        shown
    }
}

/// The resources which a document includes.
#[derive(Debug, Default)]
pub struct Included {
    pub people: Vec<Resource>,
    pub companies: Vec<Resource>,
}

impl Included {
    /// Adds a resource, unless it is included already.
    fn add(into: &mut Vec<Resource>, resource: Resource) {
        if into.iter().all(|other| other.id != resource.id) {
            into.push(resource);
        }
    }

    pub fn person(&mut self, person: Resource) {
        Self::add(&mut self.people, person);
    }

    pub fn company(&mut self, company: Resource) {
        Self::add(&mut self.companies, company);
    }

    fn shown(self, fields: &Fieldsets) -> Vec<Value> {
        let by_id = |mut resources: Vec<Resource>| {
            resources.sort_by_key(|resource| resource.id);
            resources
        };
        by_id(self.people).into_iter().chain(by_id(self.companies)).map(|resource| resource.shown(fields)).collect()
    }
}

/// A document without its data.
fn document(at: &At, query: &Query, included: Included, mut meta: Map<String, Value>) -> Map<String, Value> {
    let features = at.account.settings.features.as_ref().unwrap_or(&FEATURES);
    meta.insert("organization_features".to_owned(), Value::Object(features.clone()));
    let mut document = Map::from_iter([("meta".to_owned(), Value::Object(meta))]);
    // A query that includes nothing gets no member, and a list without resources an empty one.
    if !query.include.is_empty() {
        document.insert("included".to_owned(), Value::Array(included.shown(&query.fields)));
    }
    document
}

fn answer(status: StatusCode, document: Map<String, Value>) -> Response {
    (status, [(CONTENT_TYPE, ANSWER_TYPE)], Value::Object(document).to_string()).into_response()
}

/// The answer with a single resource, and with further members of meta.
pub fn single(
    at: &At,
    query: &Query,
    status: StatusCode,
    (resource, included): (Resource, Included),
    meta: Map<String, Value>,
) -> Response {
    let mut document = document(at, query, included, meta);
    document.insert("data".to_owned(), resource.shown(&query.fields));
    answer(status, document)
}

/// The answer with a page of a list, at the path below the host.
pub fn list(
    at: &At,
    query: &Query,
    path: &str,
    kind: &'static str,
    (resources, included): (Vec<Resource>, Included),
    found: Found,
) -> Result<Response, ProductiveError> {
    let url = format!("{}{path}", at.base);
    let (links, meta) = Links { url: &url, kind, pairs: &query.pairs }.of(&query.page, found);
    let count = resources.len();
    let data: Vec<Value> = resources.into_iter().map(|resource| resource.shown(&query.fields)).collect();
    let mut document = document(at, query, included, meta);
    document.insert("data".to_owned(), Value::Array(data));
    document.insert("links".to_owned(), Value::Object(links));
    // Lambda refuses a larger answer, and a page by number cannot end early.
    if size(&document) > LARGEST {
        let fewer = (count / 2).max(1);
        return Err(INVALID_PAGE.saying(format!("The page is too large for an answer; ask for page[size]={fewer}")));
    }
    Ok(answer(StatusCode::OK, document))
}

/// A relationship to a resource, or to nothing.
pub fn related(kind: &str, id: Option<u64>) -> Value {
    match id {
        Some(id) => json!({ "data": { "type": kind, "id": id.to_string() } }),
        None => json!({ "data": null }),
    }
}
