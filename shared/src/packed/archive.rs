//! The bytes of a workbook for `calamine`, with a limit on repeated reading.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use bytes::Bytes;

use super::cancellation::Cancellation;

/// The number of times that each byte may be read. Choosing a sheet and unpacking the sheet takes four passes at most:
/// the directory and the workbook's own parts, the beginning of each sheet, and a single sheet to the end.
const PASSES: u64 = 8;
/// The number of bytes that may be read in addition, for directories and headers.
const BESIDES: u64 = 1 << 20;

/// A file in memory. Reading fails when the work is cancelled, or when [`PASSES`] times the file have been read. Two
/// hundred sheets of a malicious workbook may share a single part, which would be inflated for each sheet.
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
