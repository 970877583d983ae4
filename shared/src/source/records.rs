//! The pass over a whole file: text in, records out, with their places in the original object.

use std::ops::Range;

use super::places::Anchors;
use super::{Decoder, Dialect, Encoding, Ending, Field, MAX_RECORD, Splitter, Unreadable, is_blank};

/// A record of the file.
#[derive(Debug)]
pub struct Record<'r> {
    /// The physical line on which it begins.
    pub line: u64,
    /// The physical line on which it ends.
    pub last_line: u64,
    /// Where it stands in the original object, its line break left out.
    pub source: Range<u64>,
    pub ending: Ending,
    /// `None` for a record that was longer than [`MAX_RECORD`] and is gone.
    pub cells: Option<Cells<'r>>,
}

/// The fields of a record and the text they stand in.
#[derive(Clone, Copy, Debug)]
pub struct Cells<'r> {
    pub text: &'r str,
    pub fields: &'r [Field],
}

/// Splits a text that is pushed piece by piece, keeping no more of it than the record at hand.
pub struct Records {
    splitter: Splitter,
    text: String,
    /// Where `text` begins in the original object.
    origin: u64,
    anchors: Anchors,
    /// Where the record at hand began, once it is longer than we keep.
    oversized: Option<u64>,
}

impl Records {
    /// Records of a text that begins at byte `origin` of the object, on physical line `line`.
    pub fn new(dialect: Dialect, origin: u64, line: u64) -> Self {
        let splitter = Splitter::new(dialect, line);
        Self { splitter, text: String::new(), origin, anchors: Anchors::default(), oversized: None }
    }

    /// The text that is still to be split; append to it.
    pub fn text(&mut self) -> &mut String {
        &mut self.text
    }

    /// Appends the text of the next bytes, or of none behind the last ones.
    pub fn decode(&mut self, decoder: &mut Decoder, bytes: Option<&[u8]>) -> Result<(), Unreadable> {
        let (line, behind_cr) = self.splitter.begins();
        decoder.text_begins(line, behind_cr);
        match bytes {
            Some(bytes) => decoder.push(bytes, &mut self.text),
            None => decoder.finish(&mut self.text),
        }
    }

    /// Gives each complete record to `take`, blank ones left out. The text is the decoder's.
    pub fn drain<E>(
        &mut self,
        decoder: &mut Decoder,
        mut take: impl FnMut(Record<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let encoding = decoder.encoding();
        self.anchors.extend(decoder.anchors());
        let mut place = Place { text: 0, source: self.origin };
        while self.splitter.scan(self.text.as_bytes()) {
            self.give(encoding, &mut place, Ending::Complete, &mut take)?;
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

    /// Says that all text has been pushed and drained: the last record may end without a line break.
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
        ending: Ending,
        take: &mut impl FnMut(Record<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let range = self.splitter.range();
        let start = place.advance(encoding, &mut self.anchors, &self.text, range.start);
        let end = place.advance(encoding, &mut self.anchors, &self.text, range.end);
        let (start, oversized) = match self.oversized.take() {
            Some(start) => (start, true),
            None => (start, range.len() > MAX_RECORD),
        };
        let cells = Cells { text: &self.text, fields: self.splitter.fields() };
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

/// How far the text has been turned into positions of the object.
struct Place {
    text: usize,
    source: u64,
}

impl Place {
    fn advance(&mut self, encoding: Encoding, anchors: &mut Anchors, text: &str, to: usize) -> u64 {
        self.source = match encoding {
            Encoding::Utf8 => self.source + (to - self.text) as u64,
            _ => anchors.behind(encoding, &text[self.text..to], self.source),
        };
        self.text = to;
        self.source
    }
}
