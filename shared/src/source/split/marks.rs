//! Which bytes of a text can mean something to the splitter.
//!
//! This is written so that compilers make vector instructions of it, on any processor and without unsafe code: each loop has a
//! known length and no branches. A processor's own instruction for the last step, a bit for each byte, is out of reach that way;
//! turning a square of eight by eight bits over is the next best.

use super::QUOTE;

/// How many bytes are searched for marks at once.
pub(super) const BLOCK: usize = 64;

/// Which of up to 64 bytes are marks, which is a delimiter, a quote, CR or LF: one bit for each, the first one lowest. What is at
/// most CR is taken for a mark as well, for that is one comparison instead of two; whoever reads such a mark passes it over.
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
    // The delimiter may be the byte that the block is filled up with.
    marks_of_block(&block, delimiter) & ((1 << part.len()) - 1)
}

/// Which bytes of a block are marks.
#[inline(always)]
pub(super) fn marks_of_block(block: &[u8; BLOCK], delimiter: u8) -> u64 {
    let mut flags = [0; BLOCK];
    for (flag, &byte) in flags.iter_mut().zip(block) {
        let is_mark = (byte == delimiter) | (byte <= b'\r') | (byte == QUOTE);
        *flag = 0_u8.wrapping_sub(u8::from(is_mark));
    }
    // Bit `row` of byte `column` is that of byte `8 * row + column` of the block.
    let mut square = 0;
    for (row, eight) in flags.as_chunks().0.iter().enumerate() {
        square |= u64::from_le_bytes(*eight) & 0x0101_0101_0101_0101 << row;
    }
    turned(square)
}

/// A square of eight by eight bits with its rows made columns: bits swap places in squares of two, of four and of eight.
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
