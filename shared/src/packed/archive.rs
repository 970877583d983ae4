//! The bytes of a workbook as `calamine` reads them.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use bytes::Bytes;

use super::cancellation::Cancellation;

/// How often each byte may be read. To find a sheet and give it away takes four passes at most: the directory and the
/// workbook's own parts, the beginning of each sheet, and one sheet to its end.
const PASSES: u64 = 8;
/// Bytes that may be read besides, of directories and headers.
const BESIDES: u64 = 1 << 20;

/// A file in memory. Reading ends with an error when nobody waits for the table any more, or when more is read than the
/// file has: two hundred sheets may share one part, which would be inflated for each of them.
pub(super) struct Archive {
    bytes: Cursor<Bytes>,
    left: u64,
    cancellation: Cancellation,
}

impl Archive {
    pub fn new(file: Bytes, cancellation: Cancellation) -> Self {
        let left = PASSES * file.len() as u64 + BESIDES;
        Self { bytes: Cursor::new(file), left, cancellation }
    }
}

impl Read for Archive {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.cancellation.check().map_err(|error| io::Error::other(error.to_string()))?;
        let length = self.bytes.read(into)?;
        let left = self.left.checked_sub(length as u64);
        self.left = left.ok_or_else(|| io::Error::other("its sheets share parts, or parts overlap"))?;
        Ok(length)
    }
}

impl Seek for Archive {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.bytes.seek(to)
    }
}
