//! From places in a text to places in the object that it was decoded from.
//!
//! The text of UTF-8, of UTF-16 and of code pages of one byte a character tells its length in the object by itself
//! ([`Encoding::source_len`]). Of CESU-8 and of code pages whose characters differ in length no text tells: `€` has one byte or
//! two in GBK, the same kanji two or three in EUC-JP, and ISO-2022-JP has escapes that are no characters. There the decoder, which
//! sees both, leaves an [`Anchor`] wherever the distance between the two has changed: in front of a line break, which is a byte
//! of its own in each of these encodings, and behind a pair of surrogates. Records begin and end at line breaks and nowhere else,
//! so the places that are asked for are exact.
//!
//! Positions in the text are counted as if the text before had been UTF-8 with the same mark: as long as nothing is anchored, a
//! position in the text is the position in the object.

use std::collections::VecDeque;

use super::Encoding;

/// A place in the text, and the place in the object that it was decoded from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    pub text: u64,
    pub source: u64,
}

/// Anchors of text that has yet to be split.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    ahead: VecDeque<Anchor>,
    /// By how much a position in the object exceeds that in the text, modulo 2^64: behind the last anchor that was passed.
    shift: u64,
}

impl Anchors {
    /// Takes the anchors of text that has been pushed.
    pub fn extend(&mut self, anchors: &mut Vec<Anchor>) {
        self.ahead.extend(anchors.drain(..));
    }

    /// The place behind `text`, which begins at byte `source` of the object.
    pub fn behind(&mut self, encoding: Encoding, text: &str, source: u64) -> u64 {
        if !encoding.is_anchored() {
            return source + encoding.source_len(text);
        }
        let to = source.wrapping_sub(self.shift) + text.len() as u64;
        while let Some(anchor) = self.ahead.pop_front_if(|anchor| anchor.text <= to) {
            self.shift = anchor.source.wrapping_sub(anchor.text);
        }
        to.wrapping_add(self.shift)
    }
}
