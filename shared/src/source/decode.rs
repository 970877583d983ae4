//! Bytes to text, checked until the last byte.
//!
//! UTF-8 is assumed as long as the bytes are UTF-8. A file in Windows-1252 looks the same until its
//! first accent, so at the first byte that is not UTF-8 the decoder may still change its mind, if
//! everything so far was plain ASCII: that text reads the same either way and need not be read again.
//! After that every byte must fit Windows-1252, and the whole must look like it: text in another
//! code page, or UTF-8 with some broken bytes in it, would decode without an error and be mojibake.
//! UTF-8 may turn into CESU-8 as well, which is the same but for pairs of surrogates.
//!
//! | the bytes | the file |
//! |---|---|
//! | UTF-8, or ASCII | is read |
//! | pairs of surrogates in UTF-8 | is read as CESU-8 |
//! | UTF-8 but for some places | is refused with the first of them |
//! | Windows-1252, and no other encoding reads better | is read |
//! | another encoding | is refused with its name ([`Guess`]), and is read with `encoding` |
//!
//! What only the caller can know is never guessed: another code page than Windows-1252 is read if it is asked for.

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

/// Decodes a file's bytes, pushed in pieces of any size.
pub struct Decoder {
    asked: Option<Encoding>,
    state: State,
    /// Bytes of the object taken so far, those of a mark included.
    position: u64,
    mark: u64,
    /// The physical line on which the caller's text begins, and whether a CR came right before it.
    line: u64,
    behind_cr: bool,
    /// Where the text's length does not tell the place in the object; for the caller to take.
    anchors: Vec<Anchor>,
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
    Cesu8 {
        carry: Vec<u8>,
        place: Anchor,
        /// Where the first pair of surrogates stands.
        first: Spot,
    },
    Utf16 {
        encoding: Encoding,
        decoder: encoding_rs::Decoder,
        /// Bytes taken whose character has not come out yet.
        pending: u64,
    },
    Windows1252(Option<Box<Doubt>>),
    Legacy(Box<Legacy>),
    /// Neither UTF-8 nor Windows-1252: more of it is looked at to tell why.
    Lost(Box<Doubt>),
}

impl Decoder {
    /// A decoder for a file whose encoding is `asked`, or is to be found.
    pub fn new(asked: Option<Encoding>) -> Self {
        let state = State::Head(Vec::new());
        Self { asked, state, position: 0, mark: 0, line: 1, behind_cr: false, anchors: Vec::new() }
    }

    /// The encoding as far as it is known: once text has come out, it only ever changes from UTF-8 to
    /// Windows-1252, and only while all text was ASCII, or from UTF-8 to CESU-8.
    pub fn encoding(&self) -> Encoding {
        match &self.state {
            State::Head(_) | State::Utf8 { .. } | State::Lost(_) => Encoding::Utf8,
            State::Cesu8 { .. } => Encoding::Cesu8,
            State::Utf16 { encoding, .. } => *encoding,
            State::Windows1252(_) => Encoding::Windows1252,
            State::Legacy(legacy) => Encoding::Legacy(legacy.page),
        }
    }

    /// Length of the byte order mark, in bytes: where the text begins in the object.
    pub fn mark(&self) -> u64 {
        self.mark
    }

    /// Where the text that was pushed and its place in the object drift apart.
    pub(super) fn anchors(&mut self) -> &mut Vec<Anchor> {
        &mut self.anchors
    }

    /// Says on which physical line the text begins that the next bytes will be appended to, and whether it does right behind
    /// a CR. Without this it is the beginning of the file.
    pub(super) fn text_begins(&mut self, line: u64, behind_cr: bool) {
        (self.line, self.behind_cr) = (line, behind_cr);
    }

    /// How the encoding was found, for people.
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

    /// Whether what was decoded by now is in another encoding than it was read in, as far as that can be told so early: names
    /// of columns that were misread are unknown for that reason.
    pub fn doubts(&self) -> Result<(), Unreadable> {
        match &self.state {
            State::Windows1252(Some(doubt)) => doubt.verdict(),
            _ => Ok(()),
        }
    }

    /// Appends the text of `bytes` to `text`.
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
        if let Some(kind) = kind::other_kind(head) {
            return Err(Unreadable::NotText(kind));
        }
        // However many came at once, the same ones tell.
        let found = encoding::head(&head[..head.len().min(HEAD)]);
        let agrees = |encoding: Encoding| {
            let asked = self.asked.unwrap_or(encoding);
            asked == encoding || asked.is_utf16() && encoding.is_utf16()
        };
        let marked = found.encoding.filter(|&encoding| agrees(encoding));
        let keeps_mark = found.mark > 0 && (marked.is_some() || self.asked.is_none());
        // A UTF-8 mark before text that is said to be in another encoding is still no part of it.
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
        // The text ends where an error is, so what is wrong in it comes first.
        self.has_no_controls(text, from).and(decoded)
    }

    /// Refuses a zero in the text from `from` on, and escapes of ISO-2022-JP, which look like ASCII.
    fn has_no_controls(&self, text: &str, from: usize) -> Result<(), Unreadable> {
        // An escape may have been cut.
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

    /// The place of a byte in a text that ends where the decoder is; not of an encoding that is anchored.
    fn spot(&self, text: &str, at: usize) -> Spot {
        let pending = match &self.state {
            State::Utf8 { carry, .. } | State::Cesu8 { carry, .. } => carry.len() as u64,
            State::Utf16 { pending, .. } => *pending,
            _ => 0,
        };
        let behind = self.encoding().source_len(&text[at..]);
        Spot { byte: self.position - pending - behind, line: Some(self.line_of(text, at)) }
    }

    /// The physical line of a byte in the caller's text.
    fn line_of(&self, text: &str, at: usize) -> u64 {
        let counted = self.behind_cr && text.starts_with('\n');
        self.line + breaks(&text.as_bytes()[..at], false) - u64::from(counted)
    }
}

impl State {
    /// The state of a decoder for an encoding that is known, or for one that is to be found.
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
    /// Decodes bytes that begin and end with whole characters, as those of a record do. Positions in
    /// an error count from the first of these bytes, and its lines from 1.
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

/// How many line breaks there are, a CR LF being one; `behind_cr`: a CR comes before.
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
