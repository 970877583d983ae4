//! Keeps responses below the size that Lambda accepts.
//!
//! Lambda refuses a response of more than 6 MB. The limit applies to the response as JSON, in which the body is a
//! string, so each quote and each backslash of the body takes an additional byte. A response that grows with a file or
//! a request is therefore measured in that form and held below [`LARGEST`]: lists end early and say so, and texts are
//! cut and end in `…`.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value;
pub use shared::results::cells::CELL;
pub use shared::shorten::{cut, shortened};

/// The size limit of a body in bytes, measured as Lambda measures.
pub const LARGEST: usize = 4_000_000;
/// The length limit of an error message in characters.
pub const MESSAGE: usize = 2_000;
/// The number of fields that an error response names.
pub const FIELDS: usize = 100;

/// A writer that counts the bytes it receives, with quotes and backslashes counted twice.
struct Counted(usize);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let escaped = bytes.iter().filter(|&&byte| matches!(byte, b'"' | b'\\')).count();
        self.0 += bytes.len() + escaped;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The number of bytes that a value takes in a body, measured as Lambda measures.
pub fn size(value: &impl Serialize) -> usize {
    let mut counted = Counted(0);
    match serde_json::to_writer(&mut counted, value) {
        Ok(()) => counted.0,
        // Counting does not fail, and a value that cannot be encoded does not fit any response.
        Err(_) => usize::MAX,
    }
}

/// The number of bytes that may still be added to a response.
#[derive(Clone, Copy, Debug)]
pub struct Room(usize);

impl Room {
    /// Room for `bytes` bytes, measured as [`size`] measures.
    pub fn of(bytes: usize) -> Self {
        Self(bytes)
    }

    /// Takes room for a value and a comma. If too little room is left, takes nothing and returns `false`.
    pub fn take(&mut self, value: &impl Serialize) -> bool {
        let size = size(value).saturating_add(1);
        let fits = size <= self.0;
        if fits {
            self.0 -= size;
        }
        fits
    }

    /// Takes room for the items of a list, and returns the items up to the first that does not fit.
    pub fn fill<T: Serialize>(&mut self, items: impl IntoIterator<Item = T>) -> Vec<T> {
        items.into_iter().take_while(|item| self.take(item)).collect()
    }
}

/// Drops the end of a list that takes more than `bytes` bytes, and returns whether any item was dropped.
pub fn end_early(list: &mut Value, bytes: usize) -> bool {
    let Value::Array(items) = list else {
        return false;
    };
    let mut room = Room::of(bytes);
    let fit = items.iter().take_while(|item| room.take(item)).count();
    let ended = fit < items.len();
    items.truncate(fit);
    ended
}

/// Cuts every text inside a value to at most `letters` characters.
pub fn cut_all(value: &mut Value, letters: usize) {
    match value {
        Value::String(text) => cut(text, letters),
        Value::Array(items) => items.iter_mut().for_each(|item| cut_all(item, letters)),
        Value::Object(fields) => fields.values_mut().for_each(|field| cut_all(field, letters)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_as_large_as_lambda_finds_it() {
        for value in [json!("a\"b\\c\n\u{1}ä…"), json!({ "a": ["x", 1, null] }), json!([])] {
            let body = value.to_string();
            // The body as a JSON string, without the quotes around it.
            assert_eq!(size(&value), json!(body).to_string().len() - 2, "{body}");
        }
    }

    #[test]
    fn a_list_ends_before_it_is_too_large_and_texts_are_cut() {
        let mut list = json!(["aaaa", "bbbb", "cccc"]);
        assert!(end_early(&mut list, 20));
        assert_eq!(list, json!(["aaaa", "bbbb"]));
        assert!(!end_early(&mut list, 20));
        let mut nested = json!({ "a": ["aaaaa"], "b": 1 });
        cut_all(&mut nested, 3);
        assert_eq!(nested, json!({ "a": ["aa…"], "b": 1 }));
    }
}
