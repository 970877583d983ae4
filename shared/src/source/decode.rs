//! Decodes a file's bytes to text, and checks the encoding until the last byte of the file.
//!
//! Promise: the text is decoded rightly under a named encoding, or the file is refused with the place of the first
//! byte which does not fit. Mojibake is never produced.
//!
//! UTF-8 is assumed as long as the bytes are valid UTF-8. A file in Windows-1252 looks like UTF-8 until its first
//! accent, and therefore the decoder may change the encoding at the first byte which is not UTF-8, provided all text
//! before this byte is plain ASCII. ASCII is the same bytes in both encodings, so the text already given out stays
//! right. From then on every byte must be a character of Windows-1252 and the whole file must look like Windows-1252,
//! because text in another code page, or UTF-8 with a few broken bytes, would decode as Windows-1252 without an error
//! and be mojibake. The decoder may also change from UTF-8 to CESU-8, which differs only in its pairs of surrogates.
//!
//! | bytes of the file | result |
//! |---|---|
//! | UTF-8, or ASCII | decoded |
//! | UTF-8 with pairs of surrogates | decoded as CESU-8 |
//! | UTF-8 except in some places | refused, with the first of the broken places |
//! | Windows-1252, and no other encoding reads better | decoded |
//! | another encoding | refused with its name ([`Guess`]); decoded if the option `encoding` names the encoding |
//!
//! A code page other than Windows-1252 is never guessed, only decoded at the caller's request.

mod doubt;
mod guess;
mod legacy;
mod page;
mod pieces;
mod surrogates;
mod traces;
mod unreadable;

use std::borrow::Cow;

use super::encoding::{self, Encoding, HEAD};
use super::kind::{self, BEGINNING};
use super::places::Anchor;
use doubt::Doubt;
use legacy::Legacy;
pub use unreadable::{Guess, Spot, Unreadable};

/// Decodes the bytes of a file, pushed in pieces of any size, to UTF-8 text.
pub struct Decoder {
    asked: Option<Encoding>,
    state: State,
    /// Count of bytes taken from the object so far, including the bytes of a byte order mark.
    position: u64,
    mark: u64,
    /// Physical line, counted from 1, on which the caller's text begins; `behind_cr` is true if a
    /// CR stands right before the text.
    line: u64,
    behind_cr: bool,
    /// Places at which the length of the text and the distance in the object drift apart;
    /// the caller takes these anchors away.
    anchors: Vec<Anchor>,
}

enum State {
    /// No byte is decoded before [`BEGINNING`] bytes have arrived, or all bytes of a shorter file.
    Head(Vec<u8>),
    Utf8 {
        /// The first bytes of a character which the next piece completes.
        carry: Vec<u8>,
        /// True while the encoding may still turn out to be Windows-1252, because the file has no mark, the caller
        /// named no encoding and all bytes so far are ASCII.
        open: bool,
        /// Byte position of the first character beyond ASCII.
        first: Option<u64>,
    },
    Cesu8 {
        carry: Vec<u8>,
        place: Anchor,
        /// Place of the first pair of surrogates.
        first: Spot,
    },
    Utf16 {
        encoding: Encoding,
        decoder: encoding_rs::Decoder,
        /// Count of bytes taken from the object whose character has not been decoded yet.
        pending: u64,
    },
    Windows1252(Option<Box<Doubt>>),
    Legacy(Box<Legacy>),
    /// The bytes are neither UTF-8 nor Windows-1252, and further bytes are read only to explain the refusal.
    Lost(Box<Doubt>),
}

impl Decoder {
    /// Creates a decoder for the encoding `asked` by the caller; with `None` the encoding is detected.
    pub fn new(asked: Option<Encoding>) -> Self {
        let state = State::Head(Vec::new());
        Self { asked, state, position: 0, mark: 0, line: 1, behind_cr: false, anchors: Vec::new() }
    }

    /// The encoding as far as it is known. Once text has been given out, the encoding changes at most from UTF-8 to
    /// Windows-1252, which requires ASCII text so far, or from UTF-8 to CESU-8.
    pub fn encoding(&self) -> Encoding {
        match &self.state {
            State::Head(_) | State::Utf8 { .. } | State::Lost(_) => Encoding::Utf8,
            State::Cesu8 { .. } => Encoding::Cesu8,
            State::Utf16 { encoding, .. } => *encoding,
            State::Windows1252(_) => Encoding::Windows1252,
            State::Legacy(legacy) => Encoding::Legacy(legacy.page),
        }
    }

    /// Length of the byte order mark in bytes, which is the position of the text in the object.
    pub fn mark(&self) -> u64 {
        self.mark
    }

    /// Places at which the length of the pushed text and the distance in the object drift apart.
    pub(super) fn anchors(&mut self) -> &mut Vec<Anchor> {
        &mut self.anchors
    }

    /// Sets the physical line on which the text begins to which the next bytes will be appended; `behind_cr` says
    /// whether a CR stands right before this text. Without this call the text begins at the beginning of the file.
    pub(super) fn text_begins(&mut self, line: u64, behind_cr: bool) {
        (self.line, self.behind_cr) = (line, behind_cr);
    }

    /// Evidence for the encoding as shown to people, for example `encoding utf-8: every byte fits`.
    pub fn evidence(&self) -> String {
        let encoding = self.encoding();
        match (&self.state, self.asked, self.mark) {
            (State::Cesu8 { first, .. }, None | Some(Encoding::Utf8), _) => format!(
                "encoding {encoding}: {first} and others are halves of characters, as MySQL, Oracle and Java write them; \
                 the characters are read"
            ),
            (_, Some(asked), _) if asked == encoding => format!("encoding {encoding}: as told"),
            (State::Windows1252(Some(doubt)), ..) => {
                format!("encoding {encoding}: {}", doubt.evidence())
            }
            (_, _, 1..) => format!("encoding {encoding}: by the mark at the beginning"),
            (State::Utf8 { open: true, .. }, ..) => {
                format!("encoding {encoding}: all of it is plain ASCII")
            }
            (State::Utf16 { .. }, ..) => format!("encoding {encoding}: every second byte is zero"),
            _ => format!("encoding {encoding}: every byte fits"),
        }
    }

    /// Refuses the file if the bytes decoded so far point to another encoding than Windows-1252, as far as
    /// the first bytes of a file allow the distinction. The header is checked with this function, because
    /// misread column names are unknown names.
    pub fn doubts(&self) -> Result<(), Unreadable> {
        match &self.state {
            State::Windows1252(Some(doubt)) => doubt.verdict(),
            _ => Ok(()),
        }
    }

    /// Decodes `bytes` and appends the text to `text`.
    pub fn push(&mut self, bytes: &[u8], text: &mut String) -> Result<(), Unreadable> {
        let State::Head(head) = &mut self.state else {
            return self.decode(bytes, false, text);
        };
        head.extend_from_slice(bytes);
        if head.len() < BEGINNING {
            return Ok(());
        }
        let head = std::mem::take(head);
        self.begin(&head)?;
        self.decode(&head[self.mark as usize..], false, text)
    }

    /// Ends the file after all bytes have been pushed, and appends the text of the bytes still held back.
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

    /// Chooses the encoding by the first bytes of the file, and refuses a file which is no text.
    fn begin(&mut self, head: &[u8]) -> Result<(), Unreadable> {
        if let Some(kind) = kind::other_kind(head) {
            return Err(Unreadable::NotText(kind));
        }
        // Only the first `HEAD` bytes count, so the choice is independent of the sizes of the pieces.
        let found = encoding::head(&head[..head.len().min(HEAD)]);
        let agrees = |encoding: Encoding| {
            let asked = self.asked.unwrap_or(encoding);
            asked == encoding || asked.is_utf16() && encoding.is_utf16()
        };
        let marked = found.encoding.filter(|&encoding| agrees(encoding));
        let keeps_mark = found.mark > 0 && (marked.is_some() || self.asked.is_none());
        // A UTF-8 mark is no part of the text, even if the caller named another encoding for the text.
        let stray = found.encoding == Some(Encoding::Utf8) && found.mark > 0;
        self.mark = if keeps_mark || stray { found.mark as u64 } else { 0 };
        self.position = self.mark;
        self.state = State::of(marked.or(self.asked), self.mark);
        Ok(())
    }

    fn decode(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Unreadable> {
        let from = text.len();
        let decoded = match &mut self.state {
            State::Head(_) => unreachable!("the head is read before anything is decoded"),
            State::Utf8 { .. } => self.decode_utf8(bytes, last, text),
            State::Cesu8 { .. } => self.decode_cesu8(bytes, last, text),
            State::Utf16 { .. } => self.decode_utf16(bytes, last, text),
            State::Windows1252(_) => self.decode_windows1252(bytes, last, text),
            State::Legacy(_) => return self.decode_legacy(bytes, last, text),
            State::Lost(doubt) => return doubt.look(bytes, last),
        };
        // The text ends at the position of the decoding error, so a fault within the text comes earlier in the file.
        self.has_no_controls(text, from).and(decoded)
    }

    /// Refuses a zero byte in the text from `from` on, and also escapes of ISO-2022-JP, whose bytes look like ASCII.
    fn has_no_controls(&self, text: &str, from: usize) -> Result<(), Unreadable> {
        // The border between two pieces may lie within an escape.
        let mut at = from.saturating_sub(2);
        while let Some(found) = memchr::memchr2(0, guess::ESCAPE, &text.as_bytes()[at..]) {
            at += found;
            if text.as_bytes()[at] == 0 {
                return Err(Unreadable::Binary(self.spot(text, at)));
            }
            if self.asked.is_none()
                && let Some(guess) = guess::escaped(&text[at..])
            {
                return Err(Unreadable::Other { at: self.spot(text, at), guess });
            }
            at += 1;
        }
        Ok(())
    }

    /// Place in the object of the byte `at` of a text which ends at the decoder's position. The result
    /// is wrong for an anchored encoding.
    fn spot(&self, text: &str, at: usize) -> Spot {
        let pending = match &self.state {
            State::Utf8 { carry, .. } | State::Cesu8 { carry, .. } => carry.len() as u64,
            State::Utf16 { pending, .. } => *pending,
            _ => 0,
        };
        let behind = self.encoding().source_len(&text[at..]);
        Spot { byte: self.position - pending - behind, line: Some(self.line_of(text, at)) }
    }

    /// Physical line, counted from 1, of the byte `at` in the caller's text.
    fn line_of(&self, text: &str, at: usize) -> u64 {
        let counted = self.behind_cr && text.starts_with('\n');
        self.line + breaks(&text.as_bytes()[..at], false) - u64::from(counted)
    }
}

impl State {
    /// Initial state for a known encoding, or for detection with `None`; `position` is the
    /// byte at which the text begins.
    fn of(known: Option<Encoding>, position: u64) -> Self {
        let utf16 = |encoding, decoder: &'static encoding_rs::Encoding| Self::Utf16 {
            encoding,
            decoder: decoder.new_decoder_without_bom_handling(),
            pending: 0,
        };
        match known {
            None | Some(Encoding::Utf8) => Self::Utf8 { carry: Vec::new(), open: known.is_none(), first: None },
            Some(Encoding::Cesu8) => Self::Cesu8 {
                carry: Vec::new(),
                place: Anchor { text: position, source: position },
                first: Spot { byte: position, line: None },
            },
            Some(encoding @ Encoding::Utf16Le) => utf16(encoding, encoding_rs::UTF_16LE),
            Some(encoding @ Encoding::Utf16Be) => utf16(encoding, encoding_rs::UTF_16BE),
            Some(Encoding::Windows1252) => Self::Windows1252(None),
            Some(Encoding::Legacy(page)) => Self::Legacy(Box::new(Legacy::new(page, position))),
        }
    }
}

impl Encoding {
    /// Decodes bytes which begin and end with whole characters, as the bytes of a record do. In an error positions
    /// count from the first of these bytes, and lines from 1.
    pub fn decode(self, bytes: &[u8]) -> Result<Cow<'_, str>, Unreadable> {
        let whole = match self {
            Self::Utf8 => std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| error.valid_up_to()),
            Self::Cesu8 => surrogates::decode_whole(bytes),
            _ => {
                let mut decoder = Decoder { state: State::of(Some(self), 0), ..Decoder::new(Some(self)) };
                let mut text = String::new();
                decoder.decode(bytes, true, &mut text)?;
                Ok(Cow::Owned(text))
            }
        };
        let spot = |byte: usize| Spot { byte: byte as u64, line: Some(1 + breaks(&bytes[..byte], false)) };
        whole.map_err(|byte| Unreadable::Invalid { at: spot(byte), encoding: self })
    }
}

/// Counts the line breaks, with CR LF as a single break; `behind_cr` is true if a CR comes right before the bytes.
fn breaks(bytes: &[u8], behind_cr: bool) -> u64 {
    let mut before = if behind_cr { b'\r' } else { 0 };
    let mut count = 0;
    for at in memchr::memchr2_iter(b'\n', b'\r', bytes) {
        let follows = match at.checked_sub(1) {
            Some(last) => bytes[last],
            None => std::mem::replace(&mut before, 0),
        };
        count += u64::from(bytes[at] == b'\r' || follows != b'\r');
    }
    count
}
