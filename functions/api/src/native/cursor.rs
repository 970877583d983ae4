//! Cursors of keyset lists.
//!
//! A cursor carries the whole scan: filters, sort, and the place of the last record of a page. A client may therefore send
//! the cursor alone, as a well-known client does, which puts the cursor into a URL as it is. So a cursor consists of
//! `A–Z a–z 0–9 - _` and has at most 512 characters.
//!
//! # Layout
//!
//! | bytes | content |
//! |---|---|
//! | 1 | version |
//! | 1 | sort: field, and 128 for an ascending sort |
//! | 1 + n for each field with a filter by words | number of words, words |
//! | 1, or 2 + n | filter on `created_at`: 0, or operator, length and text of the time |
//! | 1, or 2 + n | the same for `updated_at` |
//! | 8, 8 | place: time in milliseconds, id |
//! | 16 | the first half of an HMAC-SHA-256 over list, account, import and all bytes before |
//!
//! The seal covers the version, so a flipped bit is never taken for an old version. List, account and, for a list of an
//! import or a webhook, its number are sealed and not written, because the request names all of them. Words are written as
//! their places among the words that the list knows, so a list may learn words but never reorders words. In a list of rows
//! the first half of the place is the number of rows shown so far. Cursors have no end: a scan may rest for a year. When a later version changes
//! the layout, a sealed cursor of an earlier version has expired.
//!
//! # Key
//!
//! The variable `CURSOR_KEY` has the key of the seal. On AWS the value is the parameter `CursorKey` of the stack, which
//! CloudFormation does not show (`NoEcho`), or the id of the stack, which AWS draws when the stack is made. So no secret lies
//! in the repository, a deployment needs no preparation, and all copies of the function agree. A generated secret in
//! Secrets Manager would cost money each month and gain little: the seal finds mistakes of clients and keeps clients from
//! building cursors, but a forged cursor gives no access, because a cursor is only a place in a list of the token's own account.
//! Elsewhere the key is derived from the name of the bucket, so that a cursor outlives a restart.

use std::env;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use shared::store::keys::{ListPlace, digest};

use super::Problem;
use super::parameters::{List, ListOf, Words};
use super::scan::{Bound, Included, OPERATORS, SORTS, Scan, Sort};

/// The version in the first byte of a cursor.
const VERSION: u8 = 2;
/// The length limit of a cursor in characters. A longer cursor is refused without decoding.
pub const LONGEST: usize = 512;
/// The length of the seal in bytes.
const SEAL: usize = 16;
/// The bit of an ascending sort.
const ASCENDING: u8 = 128;

/// The key that seals cursors.
#[derive(Clone)]
pub struct CursorKey(Hmac<Sha256>);

impl CursorKey {
    /// The key in the variable `CURSOR_KEY`, or a key derived from the name of the bucket.
    pub fn from_env(bucket: &str) -> Self {
        let given = env::var("CURSOR_KEY").ok().filter(|key| !key.is_empty());
        Self::of(&given.unwrap_or_else(|| digest(&[b"cursors", bucket.as_bytes()])))
    }

    fn of(key: &str) -> Self {
        Self(Hmac::new_from_slice(key.as_bytes()).expect("a key may have any length"))
    }

    /// The seal over a cursor's content. Whether a list is an import's or a webhook's follows from the name of the list, so no
    /// two cursors are sealed alike.
    fn seal(&self, ListOf { list, account, parent }: ListOf, content: &[u8]) -> Hmac<Sha256> {
        let mut seal = self.0.clone();
        seal.update(list.name.as_bytes());
        seal.update(&[0]);
        seal.update(&account.0.to_be_bytes());
        if let Some(parent) = parent {
            seal.update(&parent.to_be_bytes());
        }
        seal.update(content);
        seal
    }
}

/// A place in a scan, behind which the next page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub scan: Scan,
    pub place: ListPlace,
}

/// The answer to a cursor that was not made for the query.
pub fn strange() -> Problem {
    Problem::field("start_cursor", "does not belong to this query")
}

impl Cursor {
    /// The text of the cursor for a list.
    pub fn written(&self, key: &CursorKey, of: ListOf) -> String {
        self.sealed(VERSION, key, of)
    }

    fn sealed(&self, version: u8, key: &CursorKey, of: ListOf) -> String {
        let Scan { created, updated, sort, .. } = &self.scan;
        let field = position(&SORTS, sort.field);
        let mut bytes = vec![version, if sort.ascending { field | ASCENDING } else { field }];
        for Words { field, known } in of.list.included {
            let words = self.scan.words(field).unwrap_or_default().iter();
            let places = words.filter_map(|word| known.iter().position(|other| other == word));
            let places: Vec<u8> = places.filter_map(|at| u8::try_from(at).ok()).collect();
            bytes.push(u8::try_from(places.len()).expect("a scan names each of a few words once at most"));
            bytes.extend(places);
        }
        for bound in [created, updated] {
            match bound {
                None => bytes.push(0),
                Some(bound) => {
                    let length = u8::try_from(bound.text.len()).expect("times in filters are short");
                    bytes.extend([1 + position(&OPERATORS, bound.operator), length]);
                    bytes.extend(bound.text.as_bytes());
                }
            }
        }
        bytes.extend(self.place.0.to_be_bytes());
        bytes.extend(self.place.1.to_be_bytes());
        let seal = key.seal(of, &bytes).finalize().into_bytes();
        bytes.extend(&seal[..SEAL]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads the text of a cursor.
    ///
    /// # Errors
    /// A 400 for a cursor of another list, another account, another import or an older version, and for any other text.
    pub fn read(text: &str, key: &CursorKey, of: ListOf) -> Result<Self, Problem> {
        let bytes = (text.len() <= LONGEST).then(|| URL_SAFE_NO_PAD.decode(text).ok()).flatten();
        let bytes = bytes.ok_or_else(strange)?;
        let (content, seal) = bytes.split_last_chunk::<SEAL>().ok_or_else(strange)?;
        key.seal(of, content).verify_truncated_left(seal).map_err(|_| strange())?;
        match content.split_first() {
            Some((&VERSION, content)) => Reader(content).cursor(of.list).ok_or_else(strange),
            Some(_) => Err(Problem::field("start_cursor", "has expired")),
            None => Err(strange()),
        }
    }
}

/// The place of a value in a table of names, which the cursor writes in place of the value.
fn position<T: PartialEq>(names: &[(&str, T)], value: T) -> u8 {
    let at = names.iter().position(|(_, other)| *other == value);
    at.and_then(|at| u8::try_from(at).ok()).expect("the table has every value")
}

/// The content of a cursor behind the version.
struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn cursor(mut self, list: &List) -> Option<Cursor> {
        let sort = self.byte()?;
        let (_, field) = *SORTS.get(usize::from(sort & !ASCENDING))?;
        let sort = Sort { field, ascending: sort & ASCENDING != 0 };
        let mut included = Vec::new();
        for &Words { field, known } in list.included {
            let many = self.byte()?;
            let words = (0..many).map(|_| known.get(usize::from(self.byte()?)).copied()).collect::<Option<Vec<_>>>()?;
            if !words.is_empty() {
                included.push(Included { field, words });
            }
        }
        let (created, updated) = (self.bound()?, self.bound()?);
        let place = (i64::from_be_bytes(self.eight()?), u64::from_be_bytes(self.eight()?));
        self.0.is_empty().then_some(Cursor { scan: Scan { included, created, updated, sort }, place })
    }

    fn byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(byte)
    }

    fn eight(&mut self) -> Option<[u8; 8]> {
        let (&eight, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(eight)
    }

    fn bound(&mut self) -> Option<Option<Bound>> {
        let Some(operator) = self.byte()?.checked_sub(1) else {
            return Some(None);
        };
        let (_, operator) = *OPERATORS.get(usize::from(operator))?;
        let length = usize::from(self.byte()?);
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Bound::parse(operator, std::str::from_utf8(text).ok()?).map(Some)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests;
