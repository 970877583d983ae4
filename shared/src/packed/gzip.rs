//! Unpacks a gzip that arrives in pieces of any size.

use std::io::Write;

use flate2::write::MultiGzDecoder;

use super::cancellation::Cancellation;
use super::limits::{Limits, NotUnpacked, is_bomb};
use super::packing::{MAGIC, Packing};
use super::unpacked::{Sink, Unpacked};

/// A decoder for a gzip with one or more members.
pub struct Gunzip {
    decoder: MultiGzDecoder<Vec<u8>>,
    limit: u64,
    packed: u64,
    unpacked: u64,
    /// The first bytes of the unpacked table, which show whether the gzip contains a further archive.
    head: Vec<u8>,
}

impl Gunzip {
    /// The number of packed bytes decoded at a time. At deflate's tightest ratio a slice gives 16 MB.
    pub const SLICE: usize = 16 * 1024;

    /// A decoder for a gzip whose table has at most `limits.table` bytes.
    pub fn new(limits: &Limits) -> Self {
        let decoder = MultiGzDecoder::new(Vec::new());
        Self { decoder, limit: limits.table, packed: 0, unpacked: 0, head: Vec::new() }
    }

    /// Decodes the next bytes of the file and passes the unpacked bytes to `sink`.
    pub fn push(&mut self, bytes: &[u8], sink: Sink<'_>) -> Result<(), NotUnpacked> {
        for slice in bytes.chunks(Self::SLICE) {
            let before = self.packed;
            self.packed += slice.len() as u64;
            let written = self.decoder.write_all(slice);
            written.map_err(|error| {
                NotUnpacked::Unreadable(format!("the gzip is damaged behind byte {before} (counted from 0): {error}"))
            })?;
            self.give(sink)?;
        }
        Ok(())
    }

    /// Ends the decoding after all bytes of the file have been pushed.
    pub fn finish(mut self, sink: Sink<'_>) -> Result<Unpacked, NotUnpacked> {
        // The checksum stands at the very end. Without a correct checksum the rows cannot be trusted.
        self.decoder.try_finish().map_err(|_| {
            NotUnpacked::Unreadable(format!(
                "the gzip is cut off after {} bytes, or its end is damaged: nothing of it is imported; send it again",
                self.packed
            ))
        })?;
        self.give(sink)?;
        let evidence = vec![format!("a gzip of {} bytes, {} unpacked", self.packed, self.unpacked)];
        Ok(Unpacked { evidence, ..Unpacked::from(Some(Packing::Gzip)) })
    }

    fn give(&mut self, sink: Sink<'_>) -> Result<(), NotUnpacked> {
        let out = self.decoder.get_mut();
        self.unpacked += out.len() as u64;
        if self.unpacked > self.limit {
            let limit = self.limit >> 20;
            return Err(NotUnpacked::TooLarge(format!("the gzip holds more than {limit} MB: split the file")));
        }
        if is_bomb(self.packed, self.unpacked) {
            return Err(NotUnpacked::Unreadable(format!(
                "the gzip is a bomb: its first {} bytes unpack to {}",
                self.packed, self.unpacked
            )));
        }
        if self.head.len() < MAGIC {
            self.head.extend(out.iter().take(MAGIC - self.head.len()));
        }
        let inner = match Packing::of(&self.head) {
            None => {
                let given = sink(out);
                out.clear();
                return given;
            }
            Some(Packing::Gzip) => "another gzip",
            Some(Packing::Zip) => "a zip archive or an .xlsx spreadsheet",
            Some(Packing::Json) => "JSON",
            Some(Packing::Compound) => "an old .xls spreadsheet or another Office document",
        };
        Err(NotUnpacked::Unreadable(format!("the gzip holds {inner}: unpack it once and import what is in it")))
    }
}

/// Unpacks a gzip that is in memory.
pub(super) fn unpack(
    bytes: &[u8],
    limits: &Limits,
    cancellation: &Cancellation,
    sink: Sink<'_>,
) -> Result<Unpacked, NotUnpacked> {
    let mut gunzip = Gunzip::new(limits);
    for slice in bytes.chunks(Gunzip::SLICE) {
        cancellation.check()?;
        gunzip.push(slice, sink)?;
    }
    gunzip.finish(sink)
}
