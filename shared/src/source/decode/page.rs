//! Code pages of one byte a letter, as the decoder weighs them against Windows-1252.

use std::sync::LazyLock;

use encoding_rs::{ISO_8859_2, MACINTOSH, WINDOWS_1250, WINDOWS_1254, WINDOWS_1257};

/// The five bytes that Windows-1252 leaves without a character.
pub(in crate::source::decode) const HOLES: [u8; 5] = [0x81, 0x8d, 0x8f, 0x90, 0x9d];

/// Longest word that is looked at as a whole.
pub(in crate::source::decode) const WORD: usize = 64;

/// A code page.
#[derive(Clone, Copy)]
pub(in crate::source::decode) enum Page {
    Of(&'static encoding_rs::Encoding),
    /// The upper half of a table.
    Table(&'static LazyLock<Vec<char>>),
}

/// Code page 850, DOS in Western Europe. 437 has most of its letters in the same places.
pub(in crate::source::decode) static CP850: LazyLock<Vec<char>> = LazyLock::new(|| {
    "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}"
        .chars()
        .collect()
});

/// The code pages that Windows-1252 is mistaken for.
pub(in crate::source::decode) static RIVALS: [Page; 6] = [
    Page::Of(MACINTOSH),
    Page::Table(&CP850),
    Page::Of(WINDOWS_1250),
    Page::Of(WINDOWS_1254),
    Page::Of(WINDOWS_1257),
    Page::Of(ISO_8859_2),
];

impl Page {
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
