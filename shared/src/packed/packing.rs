//! Recognises the packing of a file by the first bytes.

/// The number of first bytes that [`Packing::of`] needs.
pub const MAGIC: usize = 64;

/// The packing of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// A gzip by RFC 1952, of one or more members.
    Gzip,
    /// A zip archive; an .xlsx spreadsheet is a zip archive.
    Zip,
    /// An array of JSON objects, or JSON objects one after the other.
    Json,
    /// The container of old Office documents, and of new Office documents with a password.
    Compound,
}

impl Packing {
    /// The packing by the first [`MAGIC`] bytes of a file, or by all bytes of a shorter file. `None` for a file
    /// that is not packed.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // The second signature is that of an empty archive.
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            [0xd0, 0xcf, 0x11, 0xe0, ..] => Some(Self::Compound),
            _ => is_json(bytes).then_some(Self::Json),
        }
    }

    /// True for kinds whose table has neither an encoding nor a delimiter of its own.
    pub fn is_sheet(self) -> bool {
        matches!(self, Self::Zip | Self::Json)
    }
}

/// True if the bytes begin with an array of objects, an empty array, or an object, behind a byte order mark and blanks.
fn is_json(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let Some((first, rest)) = text.split_first() else { return false };
    let second = rest.trim_ascii_start().first();
    matches!((first, second), (b'[', Some(b'{' | b']')) | (b'{', Some(b'"' | b'}')))
}
