//! The cost of doubting an encoding is bounded for any bytes. The tests count inspected letters instead of time.

use super::super::Decoder;
use super::fit::LOOKS;
use super::sample;

/// Count of letters inspected while decoding bytes which may be Windows-1252.
fn work(bytes: &[u8]) -> u64 {
    LOOKS.set(0);
    let (mut decoder, mut text) = (Decoder::new(None), String::new());
    // Acceptance and refusal of the bytes are both fine here.
    let pushed = bytes.chunks(3_000).try_for_each(|piece| decoder.push(piece, &mut text));
    let _ = pushed.and_then(|()| decoder.finish(&mut text));
    LOOKS.get()
}

/// Bound of the cost. Seven code pages are weighed during the reading and nine during the naming of the encoding;
/// several rules may look at the same place, and a line or a word may begin before the last look is spent.
const MOST: u64 = (7 + 9) * 5 * sample::LOOKS;

#[test]
fn a_file_of_one_long_run_costs_no_more_than_a_text_of_words() {
    let mut cost = Vec::new();
    for byte in [0x85, 0x92, 0xa0, 0xc3, 0xd5, 0xe9, 0xf0, 0xfe_u8] {
        for behind in ["", "\u{1}", " \u{1}x"] {
            // The last byte may be undefined in Windows-1252, so that the encoding of the file has to be named.
            let end: Vec<u8> = behind.bytes().map(|byte| if byte == 1 { 0x81 } else { byte }).collect();
            let of = |length: usize| work(&[b"a\n", &vec![byte; length][..], &end].concat());
            let (some, more) = (of(10_000), of(20_000));
            assert!(more <= MOST, "0x{byte:02x}: {more} looks");
            assert!(more <= some + sample::LOOKS / 2, "0x{byte:02x}: {some} looks, and {more} of twice as many bytes");
            cost.push(more);
        }
    }
    assert!(cost.iter().any(|&looks| looks > sample::LOOKS), "some files are looked at to the bound");
}

#[test]
fn runs_of_many_bytes_and_of_words_without_end_cost_no_more() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut dice = |sides: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % sides
    };
    for round in 0..200 {
        let letters: Vec<u8> = (0..1 + dice(12)).map(|_| 0x80 + dice(0x80) as u8).collect();
        let ascii = dice(4);
        let bytes: Vec<u8> = (0..5_000)
            .map(|_| if dice(4) < ascii { b'a' + dice(26) as u8 } else { letters[dice(letters.len() as u64) as usize] })
            .collect();
        let looks = work(&bytes);
        assert!(looks <= MOST, "round {round}, {letters:?}: {looks} looks");
    }
}
