//! Mappings which an account remembers, each for a certain header.
//!
//! A caller who once named the fields of the columns need not repeat this for the next file of the same program. A
//! survey receives the account's remembered mappings and reads a file by the mapping for its header, unless the
//! caller names a format, gives a mapping or forbids remembered mappings. The evidence names the import from which
//! the mapping comes, and the way to read the file without the mapping.
//!
//! # The same header
//!
//! A mapping names columns, and a format knows columns by their names. The fingerprint of a header is therefore made
//! of its names, compared without regard to case, blanks, byte order marks and a question mark at the end.
//!
//! | difference between two files | header |
//! |---|---|
//! | encoding, delimiter, quotes, lines above the header, or a text table and a worksheet | the same |
//! | columns without a name | the same, as no mapping can name such a column |
//! | the order of the columns | the same, if each name occurs once |
//! | the order, and a name occurs twice | different, as the first column of a name is read |
//! | an additional, missing or different name | different |

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::headers::{Headers, key};
use crate::id::ImportId;

/// Identifies a header by 128 bits of SHA-256 over its names, written as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HeaderFingerprint(u128);

/// Error for a text which is no fingerprint of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 32 hexadecimal digits")]
pub struct NoFingerprint;

impl HeaderFingerprint {
    /// The fingerprint of a header with these names, as a [`Layout`](super::Layout) shows them.
    pub fn of(names: &[String]) -> Self {
        let named = names.iter().filter(|name| !name.is_empty());
        let mut keys: Vec<String> = named.map(|name| key(name)).collect();
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        if sorted.windows(2).all(|two| two[0] != two[1]) {
            keys = sorted;
        }
        let mut hash = Sha256::new();
        for key in &keys {
            hash.update((key.len() as u64).to_be_bytes());
            hash.update(key.as_bytes());
        }
        Self(u128::from_be_bytes(*hash.finalize().first_chunk().expect("32 bytes")))
    }
}

impl fmt::Display for HeaderFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for HeaderFingerprint {
    type Err = NoFingerprint;

    fn from_str(text: &str) -> Result<Self, NoFingerprint> {
        let digits = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        u128::from_str_radix(text, 16).ok().filter(|_| digits).map(Self).ok_or(NoFingerprint)
    }
}

impl TryFrom<String> for HeaderFingerprint {
    type Error = NoFingerprint;

    fn try_from(text: String) -> Result<Self, NoFingerprint> {
        text.parse()
    }
}

impl From<HeaderFingerprint> for String {
    fn from(fingerprint: HeaderFingerprint) -> Self {
        fingerprint.to_string()
    }
}

/// A mapping which an account remembers for a header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedMapping {
    /// Fingerprint of the header for which the mapping is used.
    pub header: HeaderFingerprint,
    /// Field name of each column. The names may come from another version of Waybill,
    /// with fields unknown to this version.
    pub columns: BTreeMap<String, String>,
    /// The import which was made with this mapping.
    pub import: ImportId,
    /// Time at which the import settled, in milliseconds since the epoch.
    pub since: i64,
    /// After the undo of `import`: another import which was read by this mapping and stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<ImportId>,
}

impl RememberedMapping {
    /// Evidence for a file which was read by this mapping; `else_read_as` is the format by which the file would be read
    /// without the mapping.
    pub(crate) fn evidence(&self, else_read_as: Option<&str>) -> String {
        let Self { import, since, .. } = self;
        let since = Timestamp::from_millisecond(*since).unwrap_or_default().to_zoned(TimeZone::UTC).date();
        let confirmed = self.confirmed_by.map(|other| format!(" (that one is undone, import {other} stands)"));
        let confirmed = confirmed.unwrap_or_default();
        let without = else_read_as.map(|format| format!(", as {format}")).unwrap_or_default();
        format!(
            "read by the mapping that import {import} was made with{confirmed}, remembered for this header since {since}; \
             `mapping=none` reads the file without it{without}"
        )
    }

    /// Evidence for a file which this mapping does not fit any more, with the reason.
    pub(crate) fn misfit(&self, why: &str) -> String {
        format!("the mapping of import {} is remembered for this header and does not fit any more: {why}", self.import)
    }
}

/// The mappings remembered by an account, at most one for each header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered(BTreeMap<HeaderFingerprint, RememberedMapping>);

impl FromIterator<RememberedMapping> for Remembered {
    fn from_iter<T: IntoIterator<Item = RememberedMapping>>(mappings: T) -> Self {
        Self(mappings.into_iter().map(|mapping| (mapping.header, mapping)).collect())
    }
}

impl Remembered {
    /// The mapping remembered for the header.
    pub(crate) fn of(&self, headers: &Headers) -> Option<&RememberedMapping> {
        // Most accounts remember no mapping, and a survey tries many lines as a header.
        if self.0.is_empty() {
            return None;
        }
        self.0.get(&HeaderFingerprint::of(headers.shown()))
    }
}
