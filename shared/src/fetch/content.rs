//! The content of a fetched file, by which a later fetch of the same address tells whether the file has changed.
//!
//! | fact | from | tells |
//! |---|---|---|
//! | ETag | the server's answer | the server answers 304 to `If-None-Match`; a strong ETag also tells equal and different bytes |
//! | Last-Modified | the server's answer | the server answers 304 to `If-Modified-Since` |
//! | SHA-256 and size | the bytes | equal and different bytes, whatever the server says |
//!
//! A validator belongs to the host that gave it, and is sent to no other host. A time of change is kept only if the answer is at
//! least a second younger (RFC 9110, 8.8.2.2), because a file may change twice within a second.

use hyper::HeaderMap;
use hyper::header::{DATE, ETAG, HeaderName, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use jiff::SignedDuration;
use jiff::fmt::rfc2822;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::store::keys::hex;

/// The longest ETag in bytes that is kept.
const LONGEST_ETAG: usize = 200;

/// The validators that a server gave with a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileValidators {
    /// The host that gave the validators, for example `files.example.com`.
    pub host: String,
    /// The ETag with its quotes, for example `"5d8c"` or `W/"5d8c"`, or `None` if the server gave none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// The time of the file's last change as the server writes it, or `None` if the server gave none, or one that does not tell
    /// two changes apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

/// The content of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileContent {
    /// The validators of the answer with the file.
    pub validators: FileValidators,
    /// The SHA-256 of the bytes, as 64 hexadecimal digits.
    pub sha256: String,
    /// The number of bytes.
    pub size: u64,
}

/// The digest of a content whose bytes come in pieces.
#[derive(Default)]
pub struct ContentDigest {
    hash: Sha256,
    size: u64,
}

impl ContentDigest {
    /// Adds the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// The content whose bytes were added, with the validators of the answer that brought the bytes.
    pub fn finish(self, validators: FileValidators) -> FileContent {
        FileContent { validators, sha256: hex(&self.hash.finalize()), size: self.size }
    }
}

impl FileContent {
    /// `true` if both have the same bytes.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.size, &self.sha256) == (other.size, &other.sha256)
    }
}

impl FileValidators {
    /// The validators in the head of an answer of `host`.
    pub(super) fn of(host: &str, headers: &HeaderMap) -> Self {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let etag = text(ETAG).filter(|etag| is_etag(etag));
        let last_modified = text(LAST_MODIFIED).filter(|changed| text(DATE).is_some_and(|now| is_older(changed, now)));
        Self { host: host.to_owned(), etag: etag.map(str::to_owned), last_modified: last_modified.map(str::to_owned) }
    }

    /// The ETag if it is strong, which means that different bytes have different ETags.
    fn strong(&self) -> Option<&str> {
        self.etag.as_deref().filter(|etag| !etag.starts_with("W/"))
    }

    /// Tells by validators alone whether the file is one of `known`. `None` if only the bytes can tell. `size` is the number of
    /// bytes that the server announced, or `None` without an announcement.
    pub(super) fn is_among(&self, known: &[FileContent], size: Option<u64>) -> Option<bool> {
        let of_host = known.iter().map(|known| &known.validators).filter(|known| known.host == self.host);
        let strong: Vec<&str> = of_host.filter_map(Self::strong).collect();
        match self.strong() {
            _ if known.is_empty() => Some(false),
            Some(etag) if strong.contains(&etag) => Some(true),
            Some(_) if strong.len() == known.len() => Some(false),
            _ if size.is_some_and(|size| known.iter().all(|known| known.size != size)) => Some(false),
            _ => None,
        }
    }
}

/// The headers by which a request to `host` asks for a file only if the file is none of `known`.
pub(super) fn conditions(known: &[FileContent], host: &str) -> Vec<(HeaderName, String)> {
    let of_host: Vec<_> = known.iter().map(|known| &known.validators).filter(|known| known.host == host).collect();
    let etags: Vec<_> = of_host.iter().filter_map(|known| known.etag.as_deref()).collect();
    let mut headers = Vec::new();
    if !etags.is_empty() {
        headers.push((IF_NONE_MATCH, etags.join(", ")));
    }
    // A time tells one content from later ones, and not two contents from all others.
    if let [FileContent { validators: FileValidators { last_modified: Some(changed), .. }, .. }] = known
        && !of_host.is_empty()
    {
        headers.push((IF_MODIFIED_SINCE, changed.clone()));
    }
    headers
}

fn is_etag(text: &str) -> bool {
    let opaque = text.strip_prefix("W/").unwrap_or(text);
    let inner = opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    text.len() <= LONGEST_ETAG && inner.is_some_and(|inner| !inner.contains('"'))
}

/// `true` if a change at the time `changed` is at least a second older than an answer at the time `now`.
fn is_older(changed: &str, now: &str) -> bool {
    let time = |text: &str| rfc2822::parse(text).ok().map(|time| time.timestamp());
    let times = time(changed).zip(time(now));
    times.is_some_and(|(changed, now)| now.duration_since(changed) >= SignedDuration::from_secs(1))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;

    const HOST: &str = "files.example.com";

    fn validators(etag: Option<&str>, changed: Option<&str>) -> FileValidators {
        FileValidators {
            host: HOST.to_owned(),
            etag: etag.map(str::to_owned),
            last_modified: changed.map(str::to_owned),
        }
    }

    fn content(bytes: &str, etag: Option<&str>, changed: Option<&str>) -> FileContent {
        let mut digest = ContentDigest::default();
        digest.push(bytes.as_bytes());
        digest.finish(validators(etag, changed))
    }

    #[test]
    fn a_time_within_the_second_of_the_answer_and_a_broken_etag_are_not_kept() {
        let of = |headers: &[(HeaderName, &str)]| {
            let pairs = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
            FileValidators::of(HOST, &pairs.collect())
        };
        let changed = "Tue, 01 Dec 2026 10:00:00 GMT";
        for (etag, kept) in [("\"a\"", true), ("W/\"a\"", true), ("a", false), ("\"", false), ("\"a\", \"b\"", false)] {
            assert_eq!(of(&[(ETAG, etag)]).etag.is_some(), kept, "{etag}");
        }
        for (now, kept) in [
            ("Tue, 01 Dec 2026 10:00:00 GMT", false),
            ("Tue, 01 Dec 2026 10:00:01 GMT", true),
            ("Tue, 01 Dec 2026 09:59:00 GMT", false),
            ("soon", false),
        ] {
            assert_eq!(of(&[(LAST_MODIFIED, changed), (DATE, now)]).last_modified.is_some(), kept, "{now}");
        }
        assert_eq!(of(&[(LAST_MODIFIED, changed)]), validators(None, None));
    }

    #[test]
    fn strong_etags_and_sizes_decide_and_all_else_is_left_to_the_bytes() {
        let strong = [content("abc", Some("\"1\""), None)];
        let weak = [content("abc", Some("W/\"1\""), None)];
        let plain = [content("abc", None, None)];
        let both = [strong[0].clone(), plain[0].clone()];
        for (etag, known, size, told) in [
            (Some("\"1\""), &strong[..], None, Some(true)),
            (Some("\"2\""), &strong[..], Some(3), Some(false)),
            (Some("W/\"1\""), &strong[..], Some(3), None),
            (Some("W/\"1\""), &weak[..], Some(3), None),
            (Some("\"1\""), &weak[..], Some(3), None),
            (None, &plain[..], Some(3), None),
            (None, &plain[..], Some(4), Some(false)),
            (None, &plain[..], None, None),
            (Some("\"2\""), &both[..], Some(3), None),
            (Some("\"2\""), &both[..], Some(4), Some(false)),
            (None, &plain[..0], None, Some(false)),
        ] {
            assert_eq!(validators(etag, None).is_among(known, size), told, "{etag:?} {known:?} {size:?}");
        }
        let elsewhere = FileValidators { host: "other.example.com".to_owned(), ..validators(Some("\"1\""), None) };
        assert_eq!(elsewhere.is_among(&strong, Some(3)), None);
    }

    #[test]
    fn validators_go_to_their_host_alone() {
        let changed = "Tue, 01 Dec 2026 10:00:00 GMT";
        let (first, second) = (content("abc", Some("\"1\""), Some(changed)), content("abd", Some("W/\"2\""), None));
        let both = [(IF_NONE_MATCH, "\"1\"".to_owned()), (IF_MODIFIED_SINCE, changed.to_owned())];
        assert_eq!(conditions(std::slice::from_ref(&first), HOST), both);
        assert_eq!(conditions(&[first.clone(), second], HOST), [(IF_NONE_MATCH, "\"1\", W/\"2\"".to_owned())]);
        assert_eq!(conditions(&[first], "other.example.com"), []);
    }
}
