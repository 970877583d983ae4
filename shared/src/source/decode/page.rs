//! Code pages with one byte for each letter, as the decoder weighs them against Windows-1252.

use std::sync::LazyLock;

use encoding_rs::{ISO_8859_2, MACINTOSH, WINDOWS_1250, WINDOWS_1254, WINDOWS_1257};

/// The five bytes which have no character in Windows-1252.
pub(in crate::source::decode) const HOLES: [u8; 5] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

/// Length in bytes of the longest word judged as a whole; longer words are judged in pieces of this length.
pub(in crate::source::decode) const WORD: usize = 64;

/// A code page with one byte for each letter.
#[derive(Clone, Copy)]
pub(in crate::source::decode) enum WeighedPage {
    Of(&'static encoding_rs::Encoding),
    /// A code page unknown to `encoding_rs`, given by the characters of the bytes 0x80 to 0xff.
    Table(&'static LazyLock<Vec<char>>),
}

/// Code page 850, used by DOS in Western Europe. Code page 437 has most of these letters in the same places.
pub(in crate::source::decode) static CP850: LazyLock<Vec<char>> = LazyLock::new(|| {
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}"
        .chars()
        .collect()
});

/// The code pages easily mistaken for Windows-1252.
pub(in crate::source::decode) static RIVALS: [WeighedPage; 6] = [
    WeighedPage::Of(MACINTOSH),
    WeighedPage::Table(&CP850),
    WeighedPage::Of(WINDOWS_1250),
    WeighedPage::Of(WINDOWS_1254),
    WeighedPage::Of(WINDOWS_1257),
    WeighedPage::Of(ISO_8859_2),
];

impl WeighedPage {
    pub fn decode(self, bytes: &[u8]) -> Vec<char> {
        match self {
            Self::Of(encoding) => encoding.decode_without_bom_handling(bytes).0.chars().collect(),
            Self::Table(upper) => bytes
                .iter()
                .map(|&byte| match byte.checked_sub(0x80) {
                    None => char::from(byte),
                    Some(place) => upper[usize::from(place)],
                })
                .collect(),
        }
    }
}

pub(in crate::source::decode) fn in_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}
