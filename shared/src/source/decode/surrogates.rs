//! Decodes CESU-8, which is UTF-8 with two surrogates of three bytes each for a character beyond U+FFFF.

use std::borrow::Cow;

use super::super::places::Anchor;

/// Count of bytes in a pair of surrogates.
const PAIR: usize = 6;

/// Result of the search for a pair of surrogates at the byte where valid UTF-8 ends.
pub(super) enum Found {
    /// A whole pair of surrogates, and the character coded by the pair.
    Pair(char),
    /// The beginning of a pair, which the next piece may complete.
    Begun,
    Neither,
}

/// Searches for a pair of surrogates at the beginning of the bytes.
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

/// Extent of the bytes which were decoded.
pub(super) struct Decoded {
    /// Count of decoded bytes. After them stands the beginning of a character, or a byte which is not UTF-8.
    pub read: usize,
    /// True if the bytes after the decoded bytes cannot begin a character.
    pub is_broken: bool,
}

/// Decodes `bytes`, which begin at `place`, appends their text to `text`, and adds an anchor after each pair.
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

/// Decodes bytes which begin and end with whole characters; the error is the position of the first
/// byte which belongs to no character.
pub(super) fn decode_whole(bytes: &[u8]) -> Result<Cow<'_, str>, usize> {
    let mut text = String::with_capacity(bytes.len());
    let Decoded { read, .. } = decode(bytes, &mut Anchor { text: 0, source: 0 }, &mut text, &mut Vec::new());
    if read == bytes.len() { Ok(Cow::Owned(text)) } else { Err(read) }
}
