//! Decodes the code pages of a single language or of a few languages, such as Windows-1251, Shift_JIS and GBK.
//!
//! Code pages with several bytes for a character are decoded line by line. In none of them can the byte of a line
//! break be part of a character, so the length of a line in the object is exact even if the text alone does not tell
//! how many bytes its characters had (see [`places`](super::super::places)). Bytes of delimiters, quotes, bars and
//! backslashes may be the second half of a character, for example `表` is 0x95 0x5C in Shift_JIS. The splitter
//! therefore looks for delimiters only in decoded text.
//!
//! ISO-2022-JP has a state. A chunk is decoded without the text before the chunk, so each line must end in ASCII, as
//! RFC 1468 demands for all lines with kanji. A line which ends in another character set is refused.

use encoding_rs::{DecoderResult, ISO_2022_JP};

use super::super::encoding::CodePage;
use super::super::places::Anchor;

/// Decodes the bytes of a code page, in pieces of any size.
pub(super) struct Legacy {
    pub page: CodePage,
    encoding: &'static encoding_rs::Encoding,
    decoder: encoding_rs::Decoder,
    /// Place in text and object after the last decoded byte.
    place: Anchor,
    /// Distance by which the object was ahead of the text at the last anchor, modulo 2^64.
    shift: u64,
    /// The last three bytes; `is_ascii` is true if the last escape sequence switched to ASCII.
    tail: u32,
    is_ascii: bool,
}

/// Position in the object of a byte which cannot be decoded.
pub(super) enum Fault {
    /// A byte which fits no character, or a control character which never occurs in text.
    Invalid(u64),
    /// The line break of a line which does not end in ASCII.
    Shifted(u64),
}

impl Legacy {
    /// Creates a decoder for bytes which begin at position `source` of the object.
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

    /// Decodes `bytes` and appends the text to `text`. An anchor is placed before each line break after which the
    /// distance between text and object has changed.
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
        // Some code pages map undefined bytes to C1 control characters, which never occur in text.
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

    /// Follows the escape sequences of ISO-2022-JP, which switch the character set.
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

/// True for the control characters of the set C1, which are U+0080 to U+009F.
pub(super) fn is_control(letter: char) -> bool {
    matches!(letter, '\u{80}'..='\u{9f}')
}
