//! The validator of an import's JSON (`ETag`), by which a client asks whether the import has changed.
//!
//! A validator is weak: it stands for the import, its counts and its progress, and for no bytes. The counts of an import that
//! has ended no longer change, so its validator follows from its own item, and a request with the validator costs a single
//! read besides the token's. The validator of an import that runs needs the counters, which are a query more.

use axum::http::header::{ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use shared::import::{Import, ImportError, Progress};
use shared::services::Services;
use shared::store::StoreError;
use shared::store::keys::digest;

/// The number of hexadecimal digits in a validator, enough for any number of states of one import.
const DIGITS: usize = 24;
/// The version of the code, because another version may show other fields.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The validator of an import, with the progress if it was read.
pub struct Validator {
    tag: String,
    /// The progress, or `None` for an import that has ended.
    pub progress: Option<Progress>,
}

impl Validator {
    /// The validator of an import as it is now.
    pub async fn of(services: &Services, import: &Import) -> Result<Self, ImportError> {
        let progress = match import.is_sealed() {
            true => None,
            false => Some(Progress::read(services, import).await?),
        };
        let item = serde_json::to_vec(import).map_err(|error| StoreError::Shape(error.to_string()))?;
        let shown = |at: &Progress| format!("{:?}", (&at.counts, at.rows_per_second, at.seconds_left));
        let progressed = progress.as_ref().map(shown).unwrap_or_default();
        let digest = digest(&[VERSION.as_bytes(), &item, progressed.as_bytes()]);
        Ok(Self { tag: format!("W/\"{}\"", &digest[..DIGITS]), progress })
    }

    /// `true` if a client's request names this validator, so the client has the import as it is.
    pub fn is_named(&self, request: &HeaderMap) -> bool {
        let named = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        let own = opaque(&self.tag);
        named.flat_map(|tags| tags.split(',')).map(opaque).any(|tag| tag == "*" || tag == own)
    }

    /// Adds the validator to an answer.
    pub fn add_to(&self, answer: &mut Response) {
        let tag = HeaderValue::from_str(&self.tag).expect("hexadecimal digits in quotes");
        answer.headers_mut().insert(ETAG, tag);
    }

    /// The answer to a client that has the import as it is.
    pub fn unchanged(&self) -> Response {
        let mut answer = StatusCode::NOT_MODIFIED.into_response();
        self.add_to(&mut answer);
        answer
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_validator_is_found_in_any_spelling_of_the_header() {
        let validator = Validator { tag: "W/\"abc\"".to_owned(), progress: None };
        let is_named = |value: &str| {
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_str(value).unwrap())]);
            validator.is_named(&headers)
        };
        for value in ["W/\"abc\"", "\"abc\"", "*", "W/\"x\", W/\"abc\"", " \"abc\" ,\"y\""] {
            assert!(is_named(value), "{value}");
        }
        for value in ["", "abc", "W/\"abcd\"", "\"x\""] {
            assert!(!is_named(value), "{value}");
        }
        assert!(!validator.is_named(&HeaderMap::new()));
    }
}
