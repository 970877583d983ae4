//! The header `Idempotency-Key`, by which a repeated request has the effect of a single request.

use axum::http::HeaderMap;
use shared::id::ThingId;
use shared::import::Once;

/// The length limit of a key in bytes.
pub const LONGEST_KEY: usize = 255;

/// The identity of a request with an `Idempotency-Key`: the user, the key, and a digest of `content`. `None` for a
/// request without the header.
///
/// # Errors
///
/// If the header is empty, too long, or not plain text, returns the message for the caller.
pub fn once(headers: &HeaderMap, user: ThingId, content: &[&[u8]]) -> Result<Option<Once>, &'static str> {
    let mut keys = headers.get_all("idempotency-key").iter();
    let Some(key) = keys.next() else {
        return Ok(None);
    };
    if keys.any(|other| other != key) {
        return Err("The Idempotency-Key header is given twice");
    }
    match key.to_str().map(str::trim) {
        Ok(key) if key.len() > LONGEST_KEY => Err("The Idempotency-Key header has more than 255 letters"),
        Ok(key) if !key.is_empty() => Ok(Some(Once::new(user, key, content))),
        _ => Err("The Idempotency-Key header is empty, or no plain text"),
    }
}
