//! CESU-8: UTF-8 in which a character beyond the first plane stands as its two surrogates of UTF-16, three bytes each.

use std::borrow::Cow;

use super::super::places::Anchor;

/// Bytes of a pair of surrogates.
const PAIR: usize = 6;

/// A pair of surrogates at the place where UTF-8 ends, or none.
pub(super) enum Found {
    /// A pair of surrogates, and its character.
    Pair(char),
    /// The beginning of a pair that the next piece may complete.
    Begun,
    Neither,
}

/// Looks for a pair of surrogates at the beginning of bytes.
pub(super) fn find(bytes: &[u8]) -> Found {
    let fits = |(at, &byte): (usize, &u8)| match at {
        0 | 3 => byte == 0xed,
        1 => (0xa0..=0xaf).contains(&byte),
        4 => (0xb0..=0xbf).contains(&byte),
        _ => (0x80..=0xbf).contains(&byte),
    };
    let head = &bytes[..bytes.len().min(PAIR)];
    if head.is_empty() || !head.iter().enumerate().all(fits) {
        return Found::Neither;
    }
    let &[_, b, c, _, e, f] = head else {
        return Found::Begun;
    };
    let bits = |byte: u8, mask: u8| u32::from(byte & mask);
    let (high, low) = (bits(b, 0x0f) << 6 | bits(c, 0x3f), bits(e, 0x0f) << 6 | bits(f, 0x3f));
    match char::from_u32(0x10000 + (high << 10 | low)) {
        Some(character) => Found::Pair(character),
        None => Found::Neither,
    }
}

/// How far bytes were decoded.
pub(super) struct Decoded {
    /// Bytes read. Behind them stands the beginning of a character, or no UTF-8.
    pub read: usize,
    /// Whether the bytes behind those that were read are no beginning of a character.
    pub is_broken: bool,
}

/// Appends the text of `bytes`, which stand at `place`, and an anchor behind each pair.
pub(super) fn decode(bytes: &[u8], place: &mut Anchor, text: &mut String, anchors: &mut Vec<Anchor>) -> Decoded {
    let mut read = 0;
    loop {
        let rest = &bytes[read..];
        let (valid, error) = match std::str::from_utf8(rest) {
            Ok(valid) => (valid, None),
            Err(error) => (std::str::from_utf8(&rest[..error.valid_up_to()]).expect("valid up to here"), Some(error)),
        };
        text.push_str(valid);
        read += valid.len();
        place.text += valid.len() as u64;
        place.source += valid.len() as u64;
        let Some(error) = error else {
            return Decoded { read, is_broken: false };
        };
        match find(&bytes[read..]) {
            Found::Pair(character) => {
                text.push(character);
                read += PAIR;
                place.text += character.len_utf8() as u64;
                place.source += PAIR as u64;
                anchors.push(*place);
            }
            Found::Begun => return Decoded { read, is_broken: false },
            Found::Neither => return Decoded { read, is_broken: error.error_len().is_some() },
        }
    }
}

/// The text of bytes that begin and end with whole characters; the first byte that belongs to none if there is one.
pub(super) fn decode_whole(bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
    let mut text = String::with_capacity(bytes.len());
    let Decoded { read, .. } = decode(bytes, &mut Anchor { text: 0, source: 0 }, &mut text, &mut Vec::new());
    if read == bytes.len() { Ok(Cow::Owned(text)) } else { Err(read) }
}
