//! `Idempotency-Key`: a request that is sent again is the same request.

use axum::http::HeaderMap;
use shared::id::ThingId;
use shared::import::Once;

/// The longest key, in letters.
const LONGEST_KEY: usize = 255;

/// What makes the same request of a user the same, if it has a key; `content` is what it says.
///
/// # Errors
///
/// If the header is there and says nothing that can be read, in words.
pub fn once(headers: &HeaderMap, user: ThingId, content: &[&[u8]]) -> Result<Option<Once>, &'static str> {
    let Some(key) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match key.to_str().map(str::trim) {
        Ok(key) if key.len() > LONGEST_KEY => Err("The Idempotency-Key header has more than 255 letters"),
        Ok(key) if !key.is_empty() => Ok(Some(Once::new(user, key, content))),
        _ => Err("The Idempotency-Key header is empty, or no plain text"),
    }
}
