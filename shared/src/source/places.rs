//! Converts places in a decoded text to places in the object from which the text was decoded.
//!
//! In UTF-8, UTF-16 and code pages with one byte for each character, the text alone tells its length in the
//! object ([`Encoding::source_len`]). In CESU-8 and code pages whose characters differ in length, the text is
//! not enough: `€` has one byte or two in GBK, the same kanji has two or three in EUC-JP, and ISO-2022-JP has
//! escape sequences which are no characters.
//!
//! For these encodings the decoder, which sees text and bytes, leaves an [`Anchor`] wherever the distance
//! between text and object has changed. Anchors stand in front of a line break, which is a byte of its own in
//! each of these encodings, and after a pair of surrogates. Records begin and end only at line breaks, so the
//! place of every record is exact.
//!
//! Positions in the text count as if all earlier text had been UTF-8 with the same mark. Without anchors a position
//! in the text is therefore the position in the object.

use std::collections::VecDeque;

use super::Encoding;

/// A position in the text, and the position in the object from which the text was decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Anchor {
    pub text: u64,
    pub source: u64,
}

/// Anchors of text which is not split yet.
#[derive(Debug, Default)]
pub(super) struct Anchors {
    ahead: VecDeque<Anchor>,
    /// Distance by which positions in the object exceed positions in the text, modulo
    /// 2^64, after the last anchor passed.
    shift: u64,
}

impl Anchors {
    /// Takes the anchors of text which has been pushed.
    pub fn extend(&mut self, anchors: &mut Vec<Anchor>) {
        self.ahead.extend(anchors.drain(..));
    }

    /// Position in the object after `text`, which begins at byte `source` of the object.
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
