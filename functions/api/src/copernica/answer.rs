//! Answers of the door: documents, lists, and the headers of what was made and deleted.

use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Serialize, Serializer};

use super::caller::At;
use super::error::{CopernicaError, JSON};
use super::given::Given;
use crate::answer::{LARGEST, size};

/// The header with the id of what was made.
const CREATED: HeaderName = HeaderName::from_static("x-created");
/// The vendor's name for the header with the address of what was made, beside `Location`.
const X_LOCATION: HeaderName = HeaderName::from_static("x-location");
/// The header that names what was deleted, for example `profile 123`.
const DELETED: HeaderName = HeaderName::from_static("x-deleted");
/// The items on a page, unless the caller says otherwise, and the most that a caller may ask for.
const LIMIT: i64 = 100;
pub const MOST: i64 = 1000;

/// An answer with a document.
pub fn document(value: &impl Serialize) -> Result<Response, CopernicaError> {
    if size(value) > LARGEST {
        return Err(CopernicaError::saying(
            "Invalid data provided: the answer would be too large; ask for a smaller limit",
        ));
    }
    let body = serde_json::to_string(value)
        .map_err(|error| CopernicaError::plain(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()))?;
    Ok((StatusCode::OK, [(CONTENT_TYPE, JSON)], body).into_response())
}

/// The answer to a method that made something. `path` leads to the thing, below the door.
pub fn created(at: &At, id: u64, path: &str) -> Response {
    let location = HeaderValue::from_str(&format!("{}/v3/{path}", at.base));
    let mut answer = (StatusCode::CREATED, [(CREATED, HeaderValue::from(id))]).into_response();
    if let Ok(location) = location {
        answer.headers_mut().extend([(X_LOCATION, location.clone()), (LOCATION, location)]);
    }
    answer
}

/// The answer to a method that changed something, or found nothing to change.
pub fn changed() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// The answer to a method that deleted something, for example `profile` `123`.
pub fn deleted(sort: &str, id: impl std::fmt::Display) -> Response {
    let mut answer = StatusCode::NO_CONTENT.into_response();
    answer.headers_mut().extend(HeaderValue::from_str(&format!("{sort} {id}")).ok().map(|value| (DELETED, value)));
    answer
}

/// The page of a list that a caller asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The number of items before the page. A list from a negative number has no items.
    pub start: i64,
    /// The most items on the page. Below 1 the page has no items.
    pub limit: i64,
    /// True if the number of all items is asked for.
    pub with_total: bool,
}

impl Window {
    /// Reads `start`, `limit` and `total`.
    pub fn read(query: &Given) -> Self {
        let limit = query.member("limit").filter(|limit| limit.items().is_none_or(|items| !items.is_empty()));
        Self {
            start: query.member("start").map_or(0, Given::integer),
            limit: limit.map_or(LIMIT, Given::integer).min(MOST),
            with_total: query.member("total").is_none_or(Given::is_true),
        }
    }

    /// The number of items before the page and the most items on it.
    pub fn range(self) -> (usize, usize) {
        match (usize::try_from(self.start), usize::try_from(self.limit)) {
            (Ok(start), Ok(limit)) => (start, limit),
            _ => (0, 0),
        }
    }

    /// The list with the items of the page. `total` is left out unless asked for.
    pub fn list<T: Serialize>(self, data: Vec<T>, total: u64) -> List<T> {
        let Self { start, limit, with_total } = self;
        List { start, limit, count: data.len(), data, total: with_total.then_some(total) }
    }

    /// The list of the items that fall on the page.
    pub fn of_all<T: Serialize>(self, all: Vec<T>) -> List<T> {
        let total = all.len() as u64;
        let (start, limit) = self.range();
        self.list(all.into_iter().skip(start).take(limit).collect(), total)
    }
}

/// A list. The order of the members is the vendor's.
#[derive(Clone, Debug, Serialize)]
pub struct List<T> {
    start: i64,
    limit: i64,
    count: usize,
    data: Vec<T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
}

impl<T: Serialize> List<T> {
    /// A list inside of another document, with all of its items.
    pub fn whole(data: Vec<T>) -> Self {
        let count = data.len();
        let limit = MOST.max(i64::try_from(count).unwrap_or(i64::MAX));
        Self { start: 0, limit, count, data, total: Some(count as u64) }
    }
}

/// An object whose members stand in the order given.
#[derive(Clone, Debug)]
pub struct Ordered(pub Vec<(String, String)>);

impl Serialize for Ordered {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// A member that is a text if it has a value, else `false`.
#[derive(Clone, Debug)]
pub struct OrFalse(pub Option<String>);

impl Serialize for OrFalse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Some(text) => serializer.serialize_str(text),
            None => serializer.serialize_bool(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn window(query: &str) -> Window {
        Window::read(&Given::of_form(query.as_bytes()).expect("a query"))
    }

    #[test]
    fn a_page_is_echoed_and_negative_ones_are_empty() {
        let list = |query: &str| serde_json::to_string(&window(query).of_all(vec!["a", "b", "c"])).expect("JSON");
        assert_eq!(list(""), r#"{"start":0,"limit":100,"count":3,"data":["a","b","c"],"total":3}"#);
        assert_eq!(list("start=1&limit=1"), r#"{"start":1,"limit":1,"count":1,"data":["b"],"total":3}"#);
        assert_eq!(list("start=-2"), r#"{"start":-2,"limit":100,"count":0,"data":[],"total":3}"#);
        assert_eq!(list("limit=-2&total=false"), r#"{"start":0,"limit":-2,"count":0,"data":[]}"#);
        assert_eq!(list("limit=x&total=0"), r#"{"start":0,"limit":0,"count":0,"data":[]}"#);
        assert_eq!(window("limit=5000").limit, MOST);
        assert!(window("total=TRUE").with_total && !window("total=thisisfalse").with_total);
    }

    #[test]
    fn members_keep_their_order_and_an_absent_text_is_false() {
        let ordered = Ordered(vec![("b".to_owned(), "1".to_owned()), ("a".to_owned(), String::new())]);
        assert_eq!(serde_json::to_string(&ordered).ok().as_deref(), Some(r#"{"b":"1","a":""}"#));
        assert_eq!(json!([OrFalse(None), OrFalse(Some("x".to_owned()))]), json!([false, "x"]));
    }
}
