//! Splits a whole file into records in a single pass, with the place of each record in the original object.

use std::ops::Range;

use super::places::Anchors;
use super::{Decoder, Dialect, Encoding, MAX_RECORD, RawField, RecordEnd, Splitter, Unreadable, is_blank};

/// A record of the file with its lines, its place and its cells.
#[derive(Debug)]
pub struct Record<'r> {
    /// Physical line, counted from 1, on which the record begins.
    pub line: u64,
    /// Physical line, counted from 1, on which the record ends.
    pub last_line: u64,
    /// Byte range of the record in the original object, without its line break.
    pub source: Range<u64>,
    pub ending: RecordEnd,
    /// `None` for a record longer than [`MAX_RECORD`], whose text was not kept.
    pub cells: Option<RecordCells<'r>>,
}

/// The fields of a record, and the text in which the fields stand.
#[derive(Clone, Copy, Debug)]
pub struct RecordCells<'r> {
    pub text: &'r str,
    pub fields: &'r [RawField],
}

/// Splits a text which is pushed piece by piece, and keeps no more text than the current record.
pub struct Records {
    splitter: Splitter,
    text: String,
    /// Position in the original object at which `text` begins.
    origin: u64,
    anchors: Anchors,
    /// Position at which the current record began, once the record is longer than [`MAX_RECORD`].
    oversized: Option<u64>,
}

impl Records {
    /// Splits a text which begins at byte `origin` of the object, on physical line `line`.
    pub fn new(dialect: Dialect, origin: u64, line: u64) -> Self {
        let splitter = Splitter::new(dialect, line);
        Self { splitter, text: String::new(), origin, anchors: Anchors::default(), oversized: None }
    }

    /// The text which is not split yet; callers append to this text.
    pub fn text(&mut self) -> &mut String {
        &mut self.text
    }

    /// Decodes the next bytes and appends their text, or with `None` the rest of the text after the last bytes.
    pub fn decode(&mut self, decoder: &mut Decoder, bytes: Option<&[u8]>) -> Result<(), Unreadable> {
        let (line, behind_cr) = self.splitter.begins();
        decoder.text_begins(line, behind_cr);
        match bytes {
            Some(bytes) => decoder.push(bytes, &mut self.text),
            None => decoder.finish(&mut self.text),
        }
    }

    /// Passes each complete record to `take` except blank records. The text must come from `decoder`.
    pub fn drain<E>(
        &mut self,
        decoder: &mut Decoder,
        mut take: impl FnMut(Record<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let encoding = decoder.encoding();
        self.anchors.extend(decoder.anchors());
        let mut place = Place { text: 0, source: self.origin };
        while self.splitter.scan(self.text.as_bytes()) {
            self.give(encoding, &mut place, RecordEnd::Complete, &mut take)?;
        }
        let pending = self.splitter.pending();
        let start = self.splitter.range().start;
        if pending > MAX_RECORD && self.oversized.is_none() {
            self.oversized = Some(place.advance(encoding, &mut self.anchors, &self.text, start));
        }
        if pending == 0 || self.oversized.is_some() {
            self.origin = place.advance(encoding, &mut self.anchors, &self.text, self.text.len());
            self.splitter.forget();
            self.text.clear();
        } else if start > 0 {
            self.origin = place.advance(encoding, &mut self.anchors, &self.text, start);
            self.splitter.rebase();
            self.text.drain(..start);
        }
        Ok(())
    }

    /// Ends the text after all text was pushed and drained; the last record may lack a line break.
    pub fn finish<E>(
        &mut self,
        encoding: Encoding,
        mut take: impl FnMut(Record<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut place = Place { text: 0, source: self.origin };
        match self.splitter.finish(self.text.as_bytes()) {
            Some(ending) => self.give(encoding, &mut place, ending, &mut take),
            None => Ok(()),
        }
    }

    fn give<E>(
        &mut self,
        encoding: Encoding,
        place: &mut Place,
        ending: RecordEnd,
        take: &mut impl FnMut(Record<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let range = self.splitter.range();
        let start = place.advance(encoding, &mut self.anchors, &self.text, range.start);
        let end = place.advance(encoding, &mut self.anchors, &self.text, range.end);
        let (start, oversized) = match self.oversized.take() {
            Some(start) => (start, true),
            None => (start, range.len() > MAX_RECORD),
        };
        let cells = RecordCells { text: &self.text, fields: self.splitter.fields() };
        if !oversized && is_blank(cells.text, cells.fields) {
            return Ok(());
        }
        take(Record {
            line: self.splitter.lines().0,
            last_line: self.splitter.lines().1,
            source: start..end,
            ending,
            cells: (!oversized).then_some(cells),
        })
    }
}

/// Progress of converting text positions to object positions.
struct Place {
    text: usize,
    source: u64,
}

impl Place {
    // The generic `drain` is compiled in other crates, which call this twice for each record.
    #[inline]
    fn advance(&mut self, encoding: Encoding, anchors: &mut Anchors, text: &str, to: usize) -> u64 {
        self.source = match encoding {
            Encoding::Utf8 => self.source + (to - self.text) as u64,
            _ => anchors.behind(encoding, &text[self.text..to], self.source),
        };
        self.text = to;
        self.source
    }
}
