//! The packing of a file, told by its first bytes.

/// How many first bytes [`Kind::of`] wants to see.
pub const MAGIC: usize = 4;

/// What a file is packed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// RFC 1952, one member or several.
    Gzip,
    /// A zip archive, which an .xlsx spreadsheet is.
    Zip,
    /// The container of old Office documents, and of new ones with a password.
    Compound,
}

impl Kind {
    /// By the first [`MAGIC`] bytes of a file, or all there are.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // The second is an archive of nothing.
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Self::Zip),
            [0xd0, 0xcf, 0x11, 0xe0, ..] => Some(Self::Compound),
            _ => None,
        }
    }
}
