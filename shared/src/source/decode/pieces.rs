//! Decodes a piece of bytes in each encoding, and changes the decoder's encoding if the bytes demand so.
//!
//! Each function appends the text up to the first wrong byte and leaves the decoder's position at this byte. An
//! earlier fault within the text can then be located by counting back from the position.

use encoding_rs::DecoderResult;

use super::doubt::Doubt;
use super::legacy::Fault;
use super::page::HOLES;
use super::surrogates::{self, Found};
use super::traces;
use super::{Anchor, Decoder, Encoding, Spot, State, Unreadable};

impl Decoder {
    pub(super) fn decode_utf8(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Unreadable> {
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
                let begun = !last && matches!(surrogates::find(rest), Found::Begun);
                (valid, rest, !begun && (error.error_len().is_some() || last))
            }
        };
        // Nearly all pieces are ASCII throughout, which is quicker to see.
        let ascii = match valid.is_ascii() {
            true => valid.len(),
            false => encoding_rs::Encoding::ascii_valid_up_to(valid.as_bytes()),
        };
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
        let (open, first, rest) = (*open, *first, rest.to_vec());
        let at = start + valid.len() as u64;
        self.position = at;
        let spot = Spot { byte: at, line: Some(self.line_of(text, text.len())) };
        let is_pair = matches!(surrogates::find(&rest), Found::Pair(_));
        if is_pair && self.asked.is_none_or(|asked| asked == Encoding::Utf8) {
            let place = Anchor { text: at, source: at };
            self.state = State::Cesu8 { carry: Vec::new(), place, first: spot };
            self.decode_cesu8(&rest, last, text)
        } else if open {
            self.state = State::Windows1252(Some(Box::new(Doubt::new(spot, text))));
            self.decode_windows1252(&rest, last, text)
        } else {
            let first = first.map(|byte| Spot { byte, line: None });
            self.lose(spot, first, &rest, last, text)
        }
    }

    /// Reads on only to explain why the bytes from `spot` on, which are `rest` and
    /// the following pieces, are not UTF-8.
    fn lose(&mut self, spot: Spot, utf8: Option<Spot>, rest: &[u8], last: bool, text: &str) -> Result<(), Unreadable> {
        if self.asked.is_some() {
            return Err(Unreadable::Invalid { at: spot, encoding: self.encoding() });
        }
        let mut doubt = Box::new(Doubt::lost(spot, utf8, text));
        if self.mark > 0 {
            return Err(doubt.broken());
        }
        doubt.look(rest, last)?;
        self.state = State::Lost(doubt);
        Ok(())
    }

    pub(super) fn decode_cesu8(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Unreadable> {
        let State::Cesu8 { carry, place, first } = &mut self.state else {
            unreachable!("called in this state only");
        };
        self.position += bytes.len() as u64;
        let all = [carry.as_slice(), bytes].concat();
        let decoded = surrogates::decode(&all, place, text, &mut self.anchors);
        let (byte, rest, first) = (place.source, &all[decoded.read..], *first);
        carry.clear();
        if rest.is_empty() || !decoded.is_broken && !last {
            carry.extend_from_slice(rest);
            return Ok(());
        }
        self.position = byte;
        let spot = Spot { byte, line: Some(self.line_of(text, text.len())) };
        self.lose(spot, Some(first), rest, last, text)
    }

    pub(super) fn decode_utf16(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Unreadable> {
        let State::Utf16 { encoding, decoder, pending } = &mut self.state else {
            unreachable!("called in this state only");
        };
        let room = decoder
            .max_utf8_buffer_length_without_replacement(bytes.len())
            .expect("a piece in memory has a length that does not overflow");
        text.reserve(room);
        let from = text.len();
        let (result, read) = decoder.decode_to_string_without_replacement(bytes, text, last);
        self.position += read as u64;
        let encoding = *encoding;
        *pending = (*pending + read as u64).saturating_sub(encoding.source_len(&text[from..]));
        match result {
            DecoderResult::InputEmpty => Ok(()),
            DecoderResult::OutputFull => unreachable!("there was room for all of it"),
            DecoderResult::Malformed(length, after) => {
                let byte = self.position - u64::from(length) - u64::from(after);
                (self.position, *pending) = (byte, 0);
                let at = Spot { byte, line: Some(self.line_of(text, text.len())) };
                Err(Unreadable::Invalid { at, encoding })
            }
        }
    }

    pub(super) fn decode_windows1252(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Unreadable> {
        let State::Windows1252(doubt) = &mut self.state else {
            unreachable!("called in this state only");
        };
        let hole = bytes.iter().position(|byte| HOLES.contains(byte)).filter(|_| doubt.is_none());
        let readable = &bytes[..hole.unwrap_or(bytes.len())];
        let (decoded, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(readable);
        text.push_str(&decoded);
        self.position += readable.len() as u64;
        match doubt {
            Some(doubt) => doubt.see(bytes, last),
            None if hole.is_none() => Ok(()),
            None => {
                let at = Spot { byte: self.position, line: Some(self.line_of(text, text.len())) };
                Err(Unreadable::Invalid { at, encoding: Encoding::Windows1252 })
            }
        }
    }

    pub(super) fn decode_legacy(&mut self, bytes: &[u8], last: bool, text: &mut String) -> Result<(), Unreadable> {
        let State::Legacy(legacy) = &mut self.state else {
            unreachable!("called in this state only");
        };
        // A zero byte is never part of a character in a code page.
        let zero = memchr::memchr(0, bytes);
        let readable = &bytes[..zero.unwrap_or(bytes.len())];
        let decoded = legacy.decode(readable, last && zero.is_none(), text, &mut self.anchors);
        let encoding = Encoding::Legacy(legacy.page);
        let start = self.position;
        self.position += bytes.len() as u64;
        let spot = |byte| Spot { byte, line: Some(self.line_of(text, text.len())) };
        match (decoded, zero) {
            (Err(Fault::Invalid(byte)), _) => Err(Unreadable::Invalid { at: spot(byte), encoding }),
            (Err(Fault::Shifted(byte)), _) => {
                // The line break has already been appended to the text.
                let at = Spot { byte, line: Some(self.line_of(text, text.len() - 1)) };
                Err(Unreadable::Shifted { at, encoding })
            }
            (Ok(()), Some(zero)) => Err(Unreadable::Binary(spot(start + zero as u64))),
            (Ok(()), None) => Ok(()),
        }
    }
}

/// True if the first characters beyond ASCII, the valid UTF-8 in `bytes`, are really letters of a word in
/// Windows-1252 or another code page; `text` and then `ascii` stand before them.
fn is_latin(text: &str, ascii: &str, bytes: &[u8]) -> bool {
    let Some(character) = std::str::from_utf8(bytes).ok().and_then(|text| text.chars().next()) else {
        return false;
    };
    let mut before = text.bytes().chain(ascii.bytes()).rev();
    let mut last = [before.next().unwrap_or(0), before.next().unwrap_or(0)];
    last.reverse();
    traces::ends_word(&last, &bytes[..character.len_utf8()]) || traces::is_glued(last[1], character)
}
