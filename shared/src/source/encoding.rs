//! The encodings in which files are read, and their detection by the first bytes of a file.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An encoding in which files are read: any encoding of the Encoding Standard
/// (<https://encoding.spec.whatwg.org>) which has characters of its own, and CESU-8. Serialized, an encoding is
/// its lower-case name, for example `windows-1252`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    Utf8,
    /// UTF-8 in which a character beyond U+FFFF is written as two surrogates of three bytes each, by MySQL's `utf8`,
    /// Oracle's `UTF8` and Java. Characters of four bytes may stand beside them.
    Cesu8,
    Utf16Le,
    Utf16Be,
    /// Windows-1252, which also reads Latin-1 (ISO-8859-1), as the printable characters are the same.
    Windows1252,
    /// A code page of a single language or of a few languages: `windows-1251`, `shift_jis`, `gbk`.
    Legacy(CodePage),
}

/// A name which is no known encoding, as the caller wrote the name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown encoding {0:?}: known are the labels of the Encoding Standard, among them utf-8, utf-16le, windows-1250 to \
     windows-1258, iso-8859-2 to iso-8859-16, koi8-r, ibm866, macintosh, shift_jis, euc-jp, gbk, gb18030, big5 and euc-kr"
)]
pub struct UnknownEncoding(pub String);

/// Usual names which are missing in the Encoding Standard, each with the standard's label for the encoding.
const OTHER_NAMES: [(&str, &str); 14] = [
    // The byte order mark, if the file has a mark, decides the byte order of UTF-16 for a name without a byte order.
    ("utf16", "utf-16le"),
    ("utf16le", "utf-16le"),
    ("utf-16-le", "utf-16le"),
    ("utf16be", "utf-16be"),
    ("utf-16-be", "utf-16be"),
    ("latin-1", "windows-1252"),
    ("ansi", "windows-1252"),
    ("mac-roman", "macintosh"),
    ("macroman", "macintosh"),
    ("cp866", "ibm866"),
    ("cp932", "shift_jis"),
    ("cp936", "gbk"),
    ("cp949", "euc-kr"),
    ("cp950", "big5"),
];

/// The code pages of the Encoding Standard, except `x-user-defined`, whose characters are private, and `replacement`,
/// a label without characters by which browsers read encodings dangerous to them.
static CODE_PAGES: [&encoding_rs::Encoding; 34] = [
    encoding_rs::IBM866,
    encoding_rs::ISO_8859_2,
    encoding_rs::ISO_8859_3,
    encoding_rs::ISO_8859_4,
    encoding_rs::ISO_8859_5,
    encoding_rs::ISO_8859_6,
    encoding_rs::ISO_8859_7,
    encoding_rs::ISO_8859_8,
    encoding_rs::ISO_8859_8_I,
    encoding_rs::ISO_8859_10,
    encoding_rs::ISO_8859_13,
    encoding_rs::ISO_8859_14,
    encoding_rs::ISO_8859_15,
    encoding_rs::ISO_8859_16,
    encoding_rs::KOI8_R,
    encoding_rs::KOI8_U,
    encoding_rs::MACINTOSH,
    encoding_rs::WINDOWS_874,
    encoding_rs::WINDOWS_1250,
    encoding_rs::WINDOWS_1251,
    encoding_rs::WINDOWS_1253,
    encoding_rs::WINDOWS_1254,
    encoding_rs::WINDOWS_1255,
    encoding_rs::WINDOWS_1256,
    encoding_rs::WINDOWS_1257,
    encoding_rs::WINDOWS_1258,
    encoding_rs::X_MAC_CYRILLIC,
    encoding_rs::GBK,
    encoding_rs::GB18030,
    encoding_rs::BIG5,
    encoding_rs::EUC_JP,
    encoding_rs::ISO_2022_JP,
    encoding_rs::SHIFT_JIS,
    encoding_rs::EUC_KR,
];

/// A code page of the Encoding Standard, as an index into `CODE_PAGES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CodePage(u8);

impl CodePage {
    /// The `encoding_rs` encoding which decodes this code page.
    pub(super) fn encoding(self) -> &'static encoding_rs::Encoding {
        CODE_PAGES[usize::from(self.0)]
    }
}

/// The rule by which the length of a decoded text tells the count of its bytes in the object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    /// The count of bytes equals the length of the text in UTF-8.
    Bytes,
    /// Each character was a single byte.
    Characters,
    /// Each UTF-16 unit was two bytes.
    Units,
    /// The count of bytes equals the length in UTF-8, corrected by [anchors](super::places::Anchor).
    Anchored,
}

impl Encoding {
    /// Converts an encoding of `encoding_rs`; `None` if the encoding has private characters or no characters.
    pub(super) fn of(encoding: &'static encoding_rs::Encoding) -> Option<Self> {
        Some(match encoding {
            _ if encoding == encoding_rs::UTF_8 => Self::Utf8,
            _ if encoding == encoding_rs::UTF_16LE => Self::Utf16Le,
            _ if encoding == encoding_rs::UTF_16BE => Self::Utf16Be,
            _ if encoding == encoding_rs::WINDOWS_1252 => Self::Windows1252,
            _ => Self::Legacy(CodePage(CODE_PAGES.iter().position(|page| *page == encoding)? as u8)),
        })
    }

    fn measure(self) -> Measure {
        match self {
            Self::Utf8 => Measure::Bytes,
            Self::Cesu8 => Measure::Anchored,
            Self::Utf16Le | Self::Utf16Be => Measure::Units,
            Self::Windows1252 => Measure::Characters,
            Self::Legacy(page) if page.encoding().is_single_byte() => Measure::Characters,
            Self::Legacy(_) => Measure::Anchored,
        }
    }

    /// True if the length of a text in the object is known only by [anchors](super::places::Anchor).
    pub(super) fn is_anchored(self) -> bool {
        self.measure() == Measure::Anchored
    }

    /// Count of bytes in the object from which `text` was decoded, before any correction by anchors.
    ///
    /// The count is exact because the decoder never inserts replacement characters.
    pub fn source_len(self, text: &str) -> u64 {
        let bytes = text.as_bytes();
        let length = match self.measure() {
            Measure::Bytes | Measure::Anchored => bytes.len(),
            Measure::Characters => characters(bytes),
            // A character takes a single unit, and a second unit if the character has four bytes in UTF-8.
            Measure::Units => 2 * (characters(bytes) + bytes.iter().filter(|&&byte| byte >= 0xf0).count()),
        };
        length as u64
    }

    /// True for UTF-16 in either byte order.
    pub(super) fn is_utf16(self) -> bool {
        matches!(self, Self::Utf16Le | Self::Utf16Be)
    }
}

fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count()
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Utf8 => f.write_str("utf-8"),
            Self::Cesu8 => f.write_str("cesu-8"),
            Self::Utf16Le => f.write_str("utf-16le"),
            Self::Utf16Be => f.write_str("utf-16be"),
            Self::Windows1252 => f.write_str("windows-1252"),
            Self::Legacy(page) => f.write_str(&page.encoding().name().to_ascii_lowercase()),
        }
    }
}

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    fn from_str(name: &str) -> Result<Self, UnknownEncoding> {
        let lower = name.trim().to_ascii_lowercase();
        if matches!(lower.as_str(), "cesu-8" | "cesu8") {
            return Ok(Self::Cesu8);
        }
        let label = OTHER_NAMES.iter().find(|(other, _)| *other == lower).map_or(lower.as_str(), |(_, label)| label);
        let found = encoding_rs::Encoding::for_label(label.as_bytes()).and_then(Self::of);
        found.ok_or_else(|| UnknownEncoding(name.to_owned()))
    }
}

impl Serialize for Encoding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Encoding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(de::Error::custom)
    }
}

/// Count of first bytes inspected to detect UTF-16 without a mark.
pub(super) const HEAD: usize = 256;

/// Result of inspecting the first bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The encoding given by a byte order mark or by the pattern of zero bytes;
    /// `None` leaves UTF-8 and Windows-1252 open.
    pub encoding: Option<Encoding>,
    /// Length of the byte order mark before the text, in bytes.
    pub mark: usize,
}

const MARKS: [(&[u8], Encoding); 3] =
    [(b"\xef\xbb\xbf", Encoding::Utf8), (b"\xff\xfe", Encoding::Utf16Le), (b"\xfe\xff", Encoding::Utf16Be)];

/// Inspects the first bytes of a file, which are [`HEAD`] bytes or the whole of a shorter file.
pub(super) fn head(bytes: &[u8]) -> Head {
    for (mark, encoding) in MARKS {
        let Some(rest) = bytes.strip_prefix(mark) else {
            continue;
        };
        // A UTF-16 mark before text without a single zero byte is a broken mark and no Chinese text, since the header
        // of a table is in Latin letters. The mark is skipped and the encoding of the text is detected from the text.
        let broken = encoding.is_utf16() && !rest.is_empty() && !rest.contains(&0);
        return Head { encoding: (!broken).then_some(encoding), mark: mark.len() };
    }
    Head { encoding: utf16_by_zeros(bytes), mark: 0 }
}

/// Detects UTF-16 without a mark, in which Latin letters have a zero in every second byte, always on the same side.
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
            ("UTF-8", "utf-8"),
            ("utf16", "utf-16le"),
            ("UTF-16", "utf-16le"),
            ("Latin1", "windows-1252"),
            ("iso-8859-1", "windows-1252"),
            ("CP1252", "windows-1252"),
            ("cp1251", "windows-1251"),
            (" Windows-1251 ", "windows-1251"),
            ("SJIS", "shift_jis"),
            ("cp932", "shift_jis"),
            ("gb2312", "gbk"),
            ("KOI8-R", "koi8-r"),
            ("cp949", "euc-kr"),
            ("mac", "macintosh"),
            ("CESU-8", "cesu-8"),
        ] {
            let parsed: Encoding = name.parse().unwrap();
            assert_eq!(parsed.to_string(), encoding, "{name}");
            assert_eq!(encoding.parse(), Ok(parsed));
            let stored = serde_json::to_string(&parsed).unwrap();
            assert_eq!(stored, format!("{encoding:?}"));
            assert_eq!(serde_json::from_str::<Encoding>(&stored).unwrap(), parsed);
        }
        // Encodings without characters of their own, and unknown names.
        for name in ["ebcdic", "hz-gb-2312", "iso-2022-kr", "replacement", "x-user-defined", "utf-7", "cp437", ""] {
            assert!(name.parse::<Encoding>().is_err(), "{name}");
        }
    }
}
