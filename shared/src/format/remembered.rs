//! Mappings that an account remembers, each for one header.
//!
//! Whoever has said once which column is what need not say so of the next file of the same program. A survey is given what
//! the account remembers, and reads a file by the mapping for its header unless the caller names a format, gives a mapping
//! or wants none. The evidence then says from which import the mapping is, and how to read the file without it.
//!
//! # The same header
//!
//! A mapping names columns, and a format knows columns by their names, so the fingerprint of a header is that of its
//! names, compared as everywhere (case, blanks, byte order marks, a question mark at the end):
//!
//! | two files differ in | the header is |
//! |---|---|
//! | encoding, delimiter, quotes, lines above the header, or are a table and a sheet | the same |
//! | columns without a name | the same: no mapping can name one |
//! | the order of the columns | the same, if each name comes once |
//! | the order, and a name comes twice | another: the first column of a name is the one that is read |
//! | a name more, a name less, another name | another |

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::columns::Role;
use super::headers::{self, Headers};
use super::mapping::Mapping;
use super::{FormatName, ReadingOptions, detect};
use crate::id::ImportId;

/// What tells a header from others: 128 bits of SHA-256 over its names, written as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HeaderFingerprint(u128);

/// A text that is no fingerprint of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 32 hexadecimal digits")]
pub struct NoFingerprint;

impl HeaderFingerprint {
    /// The fingerprint of a header with these names, as a [`Layout`](super::Layout) shows them.
    pub fn of(names: &[String]) -> Self {
        let named = names.iter().filter(|name| !name.is_empty());
        let mut keys: Vec<String> = named.map(|name| headers::key(name)).collect();
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

/// A mapping that is remembered for a header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RememberedMapping {
    /// The header that it is for.
    pub header: HeaderFingerprint,
    /// Columns and the names of their fields. They may have been written by a version that knows other fields.
    pub columns: BTreeMap<String, String>,
    /// The import that was made with it.
    pub import: ImportId,
    /// When that import settled, in milliseconds since the epoch.
    pub since: i64,
    /// Where that import is undone: another that was read by it and stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<ImportId>,
}

impl RememberedMapping {
    /// The mapping and the columns of a header by their roles, or why this version cannot read the header by it.
    fn fit(&self, headers: &Headers) -> Result<Mapping, String> {
        let mapping = Mapping::new(self.columns.clone()).map_err(|wrong| wrong.to_string())?;
        mapping.roles(headers).map_err(|refusal| refusal.to_string())?;
        Ok(mapping)
    }

    /// What the evidence says of a file that was read by it; `else_read_as` is the format that the header has by itself.
    fn evidence(&self, else_read_as: Option<FormatName>) -> String {
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
}

/// What an account remembers: a mapping at most for each header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remembered(BTreeMap<HeaderFingerprint, RememberedMapping>);

impl FromIterator<RememberedMapping> for Remembered {
    fn from_iter<T: IntoIterator<Item = RememberedMapping>>(mappings: T) -> Self {
        Self(mappings.into_iter().map(|mapping| (mapping.header, mapping)).collect())
    }
}

/// The mapping that a file is read by, if it is read by one.
#[derive(Default)]
pub(super) struct Mapped {
    /// The caller's, or the remembered one.
    pub mapping: Option<Mapping>,
    /// Whence it is, if it is the remembered one.
    pub recalled: Option<RememberedMapping>,
    /// What is said of what is remembered for the header, for people.
    pub said: Option<String>,
}

impl ReadingOptions {
    /// The mapping that a file with this header is read by.
    pub(super) fn mapped(&self, headers: &Headers) -> Mapped {
        match (&self.mapping, self.format) {
            (Some(mapping), _) => Mapped { mapping: Some(mapping.clone()), ..Mapped::default() },
            (None, Some(_)) => Mapped::default(),
            (None, None) => self.remembered.recall(headers),
        }
    }
}

impl Remembered {
    /// What is remembered for a header, if this version can read the header by it.
    fn recall(&self, headers: &Headers) -> Mapped {
        // Most accounts remember nothing, and a survey looks at many lines for a header.
        if self.0.is_empty() {
            return Mapped::default();
        }
        let Some(remembered) = self.0.get(&HeaderFingerprint::of(headers.shown())) else {
            return Mapped::default();
        };
        match remembered.fit(headers) {
            Ok(mapping) => {
                let detected = detect::detect(headers).ok().map(|candidates| candidates[0].format);
                let said = Some(remembered.evidence(detected));
                Mapped { mapping: Some(mapping), recalled: Some(remembered.clone()), said }
            }
            Err(why) => {
                let import = remembered.import;
                let said = format!(
                    "the mapping of import {import} is remembered for this header and does not fit any more: {why}"
                );
                Mapped { said: Some(said), ..Mapped::default() }
            }
        }
    }

    /// The columns of a header that have a role, if the header is read by what is remembered for it.
    pub(super) fn roles(&self, headers: &Headers) -> Option<Vec<(Role, usize)>> {
        self.recall(headers).mapping?.roles(headers).ok()
    }
}
