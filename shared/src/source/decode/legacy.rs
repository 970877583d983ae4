//! Code pages of one language or of a few.
//!
//! Those of several bytes a character are decoded line by line: in none of them can a byte of a line break be part of a character,
//! so a line's length in the object is exact wherever its characters' are not told by the text (see [`places`](super::super::places)).
//! The bytes of delimiters, quotes, bars and backslashes may well be the second half of a character (`表` is 0x95 0x5C in
//! Shift_JIS); nobody looks for them before the bytes are text.
//!
//! ISO-2022-JP has a state. A chunk is decoded without the text before it, so each line has to end in ASCII, as RFC 1468 says of
//! all lines with kanji; one that ends in another set is refused.

use encoding_rs::{DecoderResult, ISO_2022_JP};

use super::super::encoding::CodePage;
use super::super::places::Anchor;

/// Decodes a code page, in pieces of any size.
pub(super) struct Legacy {
    pub page: CodePage,
    encoding: &'static encoding_rs::Encoding,
    decoder: encoding_rs::Decoder,
    /// The place behind what was decoded.
    place: Anchor,
    /// How far the object was ahead of the text at the last anchor, modulo 2^64.
    shift: u64,
    /// The last three bytes, and whether the last escape was one to ASCII.
    tail: u32,
    is_ascii: bool,
}

/// A byte that cannot be read, by its place in the object.
pub(super) enum Fault {
    /// A byte that fits no character, or only a control that no text has.
    Invalid(u64),
    /// The line break of a line that ends outside of ASCII.
    Shifted(u64),
}

impl Legacy {
    /// A decoder of bytes that begin at `source`.
    pub fn new(page: CodePage, source: u64) -> Self {
        let encoding = page.encoding();
        Self {
            page,
            encoding,
            decoder: encoding.new_decoder_without_bom_handling(),
            place: Anchor { text: source, source },
            shift: 0,
            tail: 0,
            is_ascii: true,
        }
    }

    /// Appends the text of `bytes`; an anchor comes before each line break behind which the distance to the object has changed.
    pub fn decode(
        &mut self,
        bytes: &[u8],
        last: bool,
        text: &mut String,
        anchors: &mut Vec<Anchor>,
    ) -> Result<(), Fault> {
        if self.encoding.is_single_byte() {
            return self.piece(bytes, last, text);
        }
        let mut rest = bytes;
        while let Some(line) = memchr::memchr2(b'\n', b'\r', rest) {
            self.piece(&rest[..line], false, text)?;
            self.anchor(anchors);
            self.piece(&rest[line..=line], false, text)?;
            if !self.is_ascii {
                return Err(Fault::Shifted(self.place.source - 1));
            }
            rest = &rest[line + 1..];
        }
        self.piece(rest, last, text)?;
        if last {
            self.anchor(anchors);
        }
        Ok(())
    }

    fn anchor(&mut self, anchors: &mut Vec<Anchor>) {
        let shift = self.place.source.wrapping_sub(self.place.text);
        if shift != self.shift {
            self.shift = shift;
            anchors.push(self.place);
        }
    }

    fn piece(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Fault> {
        let room = self
            .decoder
            .max_utf8_buffer_length_without_replacement(bytes.len())
            .expect("a piece in memory has a length that does not overflow");
        text.reserve(room);
        let from = text.len();
        let (result, read) = self.decoder.decode_to_string_without_replacement(bytes, text, last);
        if self.encoding == ISO_2022_JP {
            self.follow(&bytes[..read]);
        }
        let source = self.place.source;
        self.place.source += read as u64;
        self.place.text += (text.len() - from) as u64;
        // Where a code page has no character, some have a control of the eighties; text has none of them.
        if let Some(control) = text[from..].find(is_control) {
            let before = text[from..from + control].chars();
            let length = if self.encoding.is_single_byte() {
                before.count()
            } else {
                self.encoding.encode(&text[from..from + control]).0.len()
            };
            text.truncate(from + control);
            return Err(Fault::Invalid(source + length as u64));
        }
        match result {
            DecoderResult::InputEmpty => Ok(()),
            DecoderResult::OutputFull => unreachable!("there was room for all of it"),
            DecoderResult::Malformed(length, after) => {
                Err(Fault::Invalid(self.place.source - u64::from(length) - u64::from(after)))
            }
        }
    }

    /// Follows the escapes of ISO-2022-JP.
    fn follow(&mut self, bytes: &[u8]) {
        const ESCAPE: u32 = 0x1b;
        for &byte in bytes {
            self.tail = (self.tail << 8 | u32::from(byte)) & 0xff_ffff;
            if self.tail >> 16 == ESCAPE {
                self.is_ascii = self.tail & 0xffff == u32::from(u16::from_be_bytes(*b"(B"));
            }
        }
    }
}

/// Controls of which C1 consists.
pub(super) fn is_control(letter: char) -> bool {
    matches!(letter, '\u{80}'..='\u{9f}')
}
