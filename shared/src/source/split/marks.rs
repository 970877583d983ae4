//! Finds the marks of a text, which are the bytes that can mean something to the splitter.
//!
//! The loops have a fixed length and no branches, so that the compiler emits vector instructions on any processor without unsafe
//! code. A processor's own instruction for the last step, which makes a bit of each byte, cannot be reached this way; transposing
//! a square of eight by eight bits is the next best.

pub(super) const QUOTE: u8 = b'"';
/// The number of bytes searched for marks at once.
pub(super) const BLOCK: usize = 64;

/// A bit for each of up to 64 bytes, the first byte lowest: 1 for a mark, which is a delimiter, a quote, CR or LF. Every byte up to
/// CR counts as a mark, because a single comparison finds all of these bytes; the splitter passes over the surplus marks.
#[inline]
pub(super) fn marks(block: &[u8], delimiter: u8) -> u64 {
    match block.first_chunk() {
        Some(block) => marks_of_block(block, delimiter),
        None => marks_of_part(block, delimiter),
    }
}

/// The bytes behind the last whole block of a text.
#[cold]
#[inline(never)]
fn marks_of_part(part: &[u8], delimiter: u8) -> u64 {
    let mut block = [0; BLOCK];
    block[..part.len()].copy_from_slice(part);
    // The delimiter may be the byte which fills up the block.
    marks_of_block(&block, delimiter) & ((1 << part.len()) - 1)
}

/// The marks of a block, a bit for each byte.
#[inline(always)]
pub(super) fn marks_of_block(block: &[u8; BLOCK], delimiter: u8) -> u64 {
    let mut flags = [0; BLOCK];
    for (flag, &byte) in flags.iter_mut().zip(block) {
        let is_mark = (byte == delimiter) | (byte <= b'\r') | (byte == QUOTE);
        *flag = 0_u8.wrapping_sub(u8::from(is_mark));
    }
    // Bit `row` of byte `column` belongs to byte `8 * row + column` of the block.
    let mut square = 0;
    for (row, eight) in flags.as_chunks().0.iter().enumerate() {
        square |= u64::from_le_bytes(*eight) & 0x0101_0101_0101_0101 << row;
    }
    turned(square)
}

/// Transposes a square of eight by eight bits, by swapping bits in squares of two, of four and of eight.
#[inline(always)]
fn turned(mut square: u64) -> u64 {
    for (distance, half) in [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0x0000_0000_f0f0_f0f0)] {
        let swapped = (square ^ square >> distance) & half;
        square ^= swapped ^ swapped << distance;
    }
    square
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn marks_are_found_as_one_by_one(
            block in prop::collection::vec(prop_oneof![Just(b','), Just(QUOTE), Just(b'\n'), Just(b'\r'), any::<u8>(), b' '..=b'~'], 0..=BLOCK),
            delimiter in prop::sample::select(vec![b',', b';', b'\t', 0]),
        ) {
            let is_mark = |byte: u8| byte == delimiter || byte == QUOTE || byte <= b'\r';
            let plain = block.iter().enumerate().fold(0, |marks, (at, &byte)| marks | u64::from(is_mark(byte)) << at);
            prop_assert_eq!(marks(&block, delimiter), plain);
        }
    }
}
