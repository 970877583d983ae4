//! The encodings we read, and how a file's first bytes tell them apart.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An encoding that files of time entries come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Encoding {
    #[serde(rename = "utf-8")]
    Utf8,
    #[serde(rename = "utf-16le")]
    Utf16Le,
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// Also what calls itself Latin-1 or ISO-8859-1: the printable characters are the same.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// A name that is none of the encodings we read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown encoding {0:?}: known are utf-8, utf-16le, utf-16be, windows-1252")]
pub struct UnknownEncoding(pub String);

impl Encoding {
    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }

    /// How many bytes of the original object `text` was decoded from.
    ///
    /// This is exact because we never decode with replacement characters.
    pub fn source_len(self, text: &str) -> u64 {
        let bytes = text.as_bytes();
        let length = match self {
            Self::Utf8 => bytes.len(),
            Self::Windows1252 => characters(bytes),
            // One unit per character, and a second one for those that take four bytes in UTF-8.
            Self::Utf16Le | Self::Utf16Be => {
                2 * (characters(bytes) + bytes.iter().filter(|&&byte| byte >= 0xf0).count())
            }
        };
        length as u64
    }

    /// Whether this is one of the two byte orders of UTF-16.
    pub(super) fn is_utf16(self) -> bool {
        matches!(self, Self::Utf16Le | Self::Utf16Be)
    }
}

fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count()
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    fn from_str(name: &str) -> Result<Self, UnknownEncoding> {
        match name.trim().to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" => Ok(Self::Utf8),
            // A mark, where there is one, decides the byte order of what is just called UTF-16.
            "utf-16le" | "utf-16" | "utf16" | "utf16le" | "utf-16-le" => Ok(Self::Utf16Le),
            "utf-16be" | "utf16be" | "utf-16-be" => Ok(Self::Utf16Be),
            "windows-1252" | "cp1252" | "latin-1" | "latin1" | "iso-8859-1" | "ansi" => Ok(Self::Windows1252),
            _ => Err(UnknownEncoding(name.to_owned())),
        }
    }
}

/// How many first bytes are looked at before anything is decoded.
pub(super) const HEAD: usize = 256;

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// What a mark or the pattern of zero bytes says; `None` leaves UTF-8 or Windows-1252 open.
    pub encoding: Option<Encoding>,
    /// How many bytes of mark come before the text.
    pub mark: usize,
}

const MARKS: [(&[u8], Encoding); 3] =
    [(b"\xef\xbb\xbf", Encoding::Utf8), (b"\xff\xfe", Encoding::Utf16Le), (b"\xfe\xff", Encoding::Utf16Be)];

/// Reads the first bytes of a file: [`HEAD`] of them, or all there are.
pub(super) fn head(bytes: &[u8]) -> Head {
    for (mark, encoding) in MARKS {
        let Some(rest) = bytes.strip_prefix(mark) else {
            continue;
        };
        // A UTF-16 mark before text without a single zero byte is a broken mark, not Chinese: a
        // table's header is in Latin letters. The mark is left out and the text read for itself.
        let broken = encoding.is_utf16() && !rest.is_empty() && !rest.contains(&0);
        return Head { encoding: (!broken).then_some(encoding), mark: mark.len() };
    }
    Head { encoding: utf16_by_zeros(bytes), mark: 0 }
}

/// UTF-16 without a mark: Latin letters have a zero in every second byte, always on the same side.
fn utf16_by_zeros(bytes: &[u8]) -> Option<Encoding> {
    let zeros = |from: usize| bytes.iter().skip(from).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd, pairs) = (zeros(0), zeros(1), bytes.len() / 2);
    let most = |count: usize| pairs >= 4 && count * 10 >= pairs * 7;
    match (most(even), most(odd)) {
        (true, false) if odd == 0 => Some(Encoding::Utf16Be),
        (false, true) if even == 0 => Some(Encoding::Utf16Le),
        _ => None,
    }
}

/// Files that are no text, by their first bytes.
const KINDS: [(&[u8], &str); 17] = [
    (b"PK\x03\x04", "a zip archive or an .xlsx spreadsheet"),
    (b"\xd0\xcf\x11\xe0", "an old .xls spreadsheet or another Office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"{\\rtf", "a rich-text document"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\xff\xfe\x00\x00", "text in UTF-32, which is not read"),
    (b"\x00\x00\xfe\xff", "text in UTF-32, which is not read"),
    (b"\x7fELF", "a program"),
];

/// Texts that are no tables, by how they begin without blanks (lower-case).
const TEXTS: [(&[u8], &str); 8] = [
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML document"),
    (b"{\"", "JSON"),
    (b"{}", "JSON"),
    (b"[{", "JSON"),
    (b"[[", "JSON"),
    (b"[]", "JSON"),
];

/// What a file is that is no table, told by its first bytes.
pub(super) fn other_kind(bytes: &[u8]) -> Option<&'static str> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let letters = text.iter().filter(|byte| !byte.is_ascii_whitespace());
    let start: Vec<u8> = letters.take(9).map(u8::to_ascii_lowercase).collect();
    let binary = KINDS.iter().find(|(magic, _)| bytes.starts_with(magic));
    let texts = || TEXTS.iter().find(|(text, _)| start.starts_with(text));
    binary.or_else(texts).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test")]

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_length_in_the_original_is_that_of_the_bytes_decoded(text in "[a-zé€ß🏝\n]{0,40}") {
            let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            prop_assert_eq!(&Encoding::Utf16Le.decode(&utf16).unwrap(), &text);
            prop_assert_eq!(Encoding::Utf16Le.source_len(&text), utf16.len() as u64);
            prop_assert_eq!(Encoding::Utf8.source_len(&text), text.len() as u64);
            let latin = text.replace('🏝', "");
            let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(&latin);
            prop_assert_eq!(&Encoding::Windows1252.decode(&bytes).unwrap(), &latin);
            prop_assert_eq!(Encoding::Windows1252.source_len(&latin), bytes.len() as u64);
        }
    }

    #[test]
    fn encodings_are_known_by_the_names_people_use() {
        for (name, encoding) in [
            ("UTF-8", Encoding::Utf8),
            ("utf16", Encoding::Utf16Le),
            ("Latin1", Encoding::Windows1252),
            ("CP1252", Encoding::Windows1252),
        ] {
            assert_eq!(name.parse(), Ok(encoding), "{name}");
            assert_eq!(encoding.name().parse(), Ok(encoding));
        }
        assert!("ebcdic".parse::<Encoding>().is_err());
    }

    #[test]
    fn a_file_of_another_kind_is_told_by_its_first_bytes() {
        assert_eq!(other_kind(b"\xef\xbb\xbf <?XML version"), Some("an XML document"));
        assert_eq!(other_kind(b"{ \"a\": 1 }"), Some("JSON"));
        assert_eq!(other_kind(b"date,person"), None);
    }
}
