//! Bytes to text, checked until the last byte.
//!
//! UTF-8 is assumed as long as the bytes are UTF-8. A file in Windows-1252 looks the same until its
//! first accent, so at the first byte that is not UTF-8 the decoder may still change its mind, if
//! everything so far was plain ASCII: that text reads the same either way and need not be read again.
//! After that every byte must fit Windows-1252, and the whole must look like it: text in another
//! code page, or UTF-8 with some broken bytes in it, would decode without an error and be mojibake.

mod doubt;

use std::borrow::Cow;

use encoding_rs::DecoderResult;

use super::encoding::{self, Encoding, HEAD};
use doubt::Doubt;

/// Why a file's bytes cannot be read as text. Positions are bytes of the object, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    #[error("the file is empty")]
    Empty,
    #[error("this is {0}, not a table of text")]
    NotText(&'static str),
    #[error("byte {at} (counted from 0) is zero: this is binary data, not text")]
    Binary { at: u64 },
    #[error("byte {at} (counted from 0) is not valid {encoding}{}", settle(*.encoding))]
    Invalid { at: u64, encoding: Encoding },
    #[error("byte {at} (counted from 0) fits neither utf-8 nor windows-1252: save the file as UTF-8")]
    Neither { at: u64 },
    #[error(
        "byte {at} (counted from 0) is not UTF-8, but what begins at byte {utf8} is: mend the file, or say \
         encoding=windows-1252 if all of it is"
    )]
    Mixed { at: u64, utf8: u64 },
    #[error(
        "the file is not UTF-8, and what stands at byte {at} (counted from 0) looks like {guess}, which is \
         not read: save it as UTF-8, or say encoding=windows-1252 if that is what it is"
    )]
    OtherEncoding { at: u64, guess: &'static str },
}

fn settle(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::Utf8 => ": save the file as UTF-8, or say its encoding",
        _ => "",
    }
}

/// Decodes a file's bytes, pushed in pieces of any size.
pub struct Decoder {
    asked: Option<Encoding>,
    state: State,
    /// Bytes of the object taken so far, those of a mark included.
    position: u64,
    mark: u64,
}

enum State {
    /// Nothing is decoded until this many bytes are there, or all.
    Head(Vec<u8>),
    Utf8 {
        /// The beginning of a character that the next piece completes.
        carry: Vec<u8>,
        /// Still open to Windows-1252: no mark, not asked for, only ASCII so far.
        open: bool,
        /// Where the first character stands that is not ASCII.
        first: Option<u64>,
    },
    Utf16(Encoding, encoding_rs::Decoder),
    Windows1252(Option<Box<Doubt>>),
}

impl Decoder {
    /// A decoder for a file whose encoding is `asked`, or is to be found.
    pub fn new(asked: Option<Encoding>) -> Self {
        Self { asked, state: State::Head(Vec::new()), position: 0, mark: 0 }
    }

    /// The encoding as far as it is known: once text has come out, it only ever changes from UTF-8 to
    /// Windows-1252, and only while all text was ASCII.
    pub fn encoding(&self) -> Encoding {
        match self.state {
            State::Head(_) | State::Utf8 { .. } => Encoding::Utf8,
            State::Utf16(encoding, _) => encoding,
            State::Windows1252(_) => Encoding::Windows1252,
        }
    }

    /// Length of the byte order mark, in bytes: where the text begins in the object.
    pub fn mark(&self) -> u64 {
        self.mark
    }

    /// How the encoding was found, for people.
    pub fn evidence(&self) -> String {
        let encoding = self.encoding();
        match (&self.state, self.asked, self.mark) {
            (_, Some(asked), _) if asked == encoding => format!("encoding {encoding}: as told"),
            (State::Windows1252(Some(doubt)), ..) => {
                format!("encoding {encoding}: byte {} (counted from 0) is not UTF-8", doubt.from)
            }
            (_, _, 1..) => format!("encoding {encoding}: by the mark at the beginning"),
            (State::Utf8 { open: true, .. }, ..) => {
                format!("encoding {encoding}: all of it is plain ASCII")
            }
            (State::Utf16(..), ..) => format!("encoding {encoding}: every second byte is zero"),
            _ => format!("encoding {encoding}: every byte fits"),
        }
    }

    /// Appends the text of `bytes` to `text`.
    pub fn push(&mut self, bytes: &[u8], text: &mut String) -> Result<(), Unreadable> {
        let State::Head(head) = &mut self.state else {
            return self.decode(bytes, false, text);
        };
        head.extend_from_slice(bytes);
        if head.len() < HEAD {
            return Ok(());
        }
        let head = std::mem::take(head);
        self.begin(&head)?;
        self.decode(&head[self.mark as usize..], false, text)
    }

    /// Says that all bytes have been pushed.
    pub fn finish(&mut self, text: &mut String) -> Result<(), Unreadable> {
        let mut rest = Vec::new();
        if let State::Head(head) = &mut self.state {
            let head = std::mem::take(head);
            if head.is_empty() {
                return Err(Unreadable::Empty);
            }
            self.begin(&head)?;
            rest = head[self.mark as usize..].to_vec();
        }
        self.decode(&rest, true, text)
    }

    /// Decides by the first bytes.
    fn begin(&mut self, head: &[u8]) -> Result<(), Unreadable> {
        // However many came at once, the same ones tell.
        let head = &head[..head.len().min(HEAD)];
        if let Some(kind) = encoding::other_kind(head) {
            return Err(Unreadable::NotText(kind));
        }
        let found = encoding::head(head);
        let agrees = |encoding: Encoding| {
            let asked = self.asked.unwrap_or(encoding);
            asked == encoding || asked.is_utf16() && encoding.is_utf16()
        };
        let marked = found.encoding.filter(|&encoding| agrees(encoding));
        let keeps_mark = found.mark > 0 && (marked.is_some() || self.asked.is_none());
        // A UTF-8 mark before text that is said to be Windows-1252 is still no part of it.
        let stray = found.encoding == Some(Encoding::Utf8) && found.mark > 0;
        self.mark = if keeps_mark || stray { found.mark as u64 } else { 0 };
        self.position = self.mark;
        self.state = match marked.or(self.asked) {
            Some(Encoding::Windows1252) => State::Windows1252(None),
            Some(encoding @ Encoding::Utf16Le) => utf16(encoding, encoding_rs::UTF_16LE),
            Some(encoding @ Encoding::Utf16Be) => utf16(encoding, encoding_rs::UTF_16BE),
            known => State::Utf8 { carry: Vec::new(), open: known.is_none(), first: None },
        };
        Ok(())
    }

    fn decode(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Unreadable> {
        let from = text.len();
        match &mut self.state {
            State::Head(_) => unreachable!("the head is read before anything is decoded"),
            State::Utf8 { .. } => self.decode_utf8(bytes, last, text)?,
            State::Utf16(..) => self.decode_utf16(bytes, last, text)?,
            State::Windows1252(_) => self.decode_windows1252(bytes, last, text)?,
        }
        match memchr::memchr(0, &text.as_bytes()[from..]) {
            None => Ok(()),
            Some(zero) => {
                let behind = self.encoding().source_len(&text[from + zero..]);
                Err(Unreadable::Binary { at: self.position - self.pending() - behind })
            }
        }
    }

    /// Bytes taken whose text has not come out yet.
    fn pending(&self) -> u64 {
        match &self.state {
            State::Utf8 { carry, .. } => carry.len() as u64,
            _ => 0,
        }
    }

    fn decode_utf8(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Unreadable> {
        let State::Utf8 { carry, open, first } = &mut self.state else {
            unreachable!("called in this state only");
        };
        let carried = carry.len();
        let joined;
        let all = if carried == 0 {
            bytes
        } else {
            joined = [carry.as_slice(), bytes].concat();
            carry.clear();
            &joined
        };
        let start = self.position - carried as u64;
        self.position += bytes.len() as u64;
        let (valid, rest, broken) = match std::str::from_utf8(all) {
            Ok(valid) => (valid, &[][..], false),
            Err(error) => {
                let (valid, rest) = all.split_at(error.valid_up_to());
                let valid = std::str::from_utf8(valid).expect("valid up to here");
                (valid, rest, error.error_len().is_some() || last)
            }
        };
        let ascii = encoding_rs::Encoding::ascii_valid_up_to(valid.as_bytes());
        let latin = *open && is_latin(text, &valid[..ascii], &all[ascii..valid.len()]);
        let (valid, rest) = if latin { (&valid[..ascii], &all[ascii..]) } else { (valid, rest) };
        if ascii < valid.len() {
            *open = false;
            first.get_or_insert(start + ascii as u64);
        }
        text.push_str(valid);
        if !broken && !latin {
            carry.extend_from_slice(rest);
            return Ok(());
        }
        let at = start + valid.len() as u64;
        if !*open {
            return Err(match (self.asked, self.mark) {
                (None, 0) => Unreadable::Mixed { at, utf8: first.unwrap_or(at) },
                _ => Unreadable::Invalid { at, encoding: Encoding::Utf8 },
            });
        }
        self.state = State::Windows1252(Some(Box::new(Doubt::new(at, text))));
        self.position = at;
        self.decode_windows1252(rest, last, text)
    }

    fn decode_utf16(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Unreadable> {
        let State::Utf16(encoding, decoder) = &mut self.state else {
            unreachable!("called in this state only");
        };
        let room = decoder
            .max_utf8_buffer_length_without_replacement(bytes.len())
            .expect("a piece in memory has a length that does not overflow");
        text.reserve(room);
        let (result, read) = decoder.decode_to_string_without_replacement(bytes, text, last);
        self.position += read as u64;
        match result {
            DecoderResult::InputEmpty => Ok(()),
            DecoderResult::OutputFull => unreachable!("there was room for all of it"),
            DecoderResult::Malformed(length, after) => {
                let at = self.position - u64::from(length) - u64::from(after);
                Err(Unreadable::Invalid { at, encoding: *encoding })
            }
        }
    }

    fn decode_windows1252(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Unreadable> {
        let State::Windows1252(doubt) = &mut self.state else {
            unreachable!("called in this state only");
        };
        if let Some(hole) = bytes.iter().position(|byte| HOLES.contains(byte)) {
            let at = self.position + hole as u64;
            let encoding = Encoding::Windows1252;
            return Err(match doubt {
                Some(_) => Unreadable::Neither { at },
                None => Unreadable::Invalid { at, encoding },
            });
        }
        let (decoded, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
        text.push_str(&decoded);
        self.position += bytes.len() as u64;
        match doubt {
            Some(doubt) => doubt.see(bytes, last),
            None => Ok(()),
        }
    }
}

/// Whether the first characters beyond ASCII, `bytes` and valid UTF-8, are the end of a word in Windows-1252 all the
/// same; `text` and `ascii` come before them.
fn is_latin(text: &str, ascii: &str, bytes: &[u8]) -> bool {
    let Some(character) = std::str::from_utf8(bytes).ok().and_then(|text| text.chars().next()) else {
        return false;
    };
    let mut before = text.bytes().chain(ascii.bytes()).rev();
    let mut last = [before.next().unwrap_or(0), before.next().unwrap_or(0)];
    last.reverse();
    doubt::ends_word(&last, &bytes[..character.len_utf8()])
}

impl Encoding {
    /// Decodes bytes that begin and end with whole characters, as those of a record do. Positions in
    /// an error count from the first of these bytes.
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, Unreadable> {
        if self == Self::Utf8 {
            return std::str::from_utf8(bytes)
                .map(Cow::Borrowed)
                .map_err(|error| Unreadable::Invalid { at: error.valid_up_to() as u64, encoding: self });
        }
        let state = match self {
            Self::Utf16Le => utf16(self, encoding_rs::UTF_16LE),
            Self::Utf16Be => utf16(self, encoding_rs::UTF_16BE),
            _ => State::Windows1252(None),
        };
        let mut decoder = Decoder { asked: Some(self), state, position: 0, mark: 0 };
        let mut text = String::new();
        decoder.decode(bytes, true, &mut text)?;
        Ok(Cow::Owned(text))
    }
}

fn utf16(encoding: Encoding, decoder: &'static encoding_rs::Encoding) -> State {
    State::Utf16(encoding, decoder.new_decoder_without_bom_handling())
}

/// The five bytes that Windows-1252 leaves without a character.
const HOLES: [u8; 5] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];
