//! Guesses the encoding of a file which is neither UTF-8 nor Windows-1252, to name the encoding in the refusal.
//!
//! A refusal helps the caller by naming the value of the option `encoding` which reads the file. A value which
//! reads the file wrongly is worse than none, since the caller would import mojibake. An encoding is proposed only
//! if all of these conditions hold:
//!
//! - The encoding reads the sample without an error, and nearly all words follow
//!   the habits of their script ([`words::Fit`]).
//! - Every other encoding with a different reading of the sample makes more words odd: two words more at least, or a
//!   single word more if both encodings are of the same script.
//! - For a script other than Latin the detector, which knows the frequent pairs of
//!   letters, finds the same encoding; for East Asia some letters are also among the most
//!   frequent letters of their language ([`words::Fit::is_familiar`]).
//!
//! Otherwise the refusal names only the script.

mod words;

use chardetng::EncodingDetector;
use encoding_rs::*;

use super::super::encoding::Encoding as Known;
use super::page::{CP850, WeighedPage};
use super::unreadable::Guess;
use words::Fit;

/// First byte of each escape sequence in ISO-2022-JP.
pub(super) const ESCAPE: u8 = 0x1b;

/// Encodings, each with a description of its text for the refusal. The encodings of Latin
/// letters come last, from Windows-1258 on.
static KINDS: [(&encoding_rs::Encoding, &str); 27] = [
    (WINDOWS_1251, "Cyrillic text"),
    (KOI8_R, "Cyrillic text"),
    (KOI8_U, "Cyrillic text"),
    (IBM866, "Cyrillic text"),
    (ISO_8859_5, "Cyrillic text"),
    (X_MAC_CYRILLIC, "Cyrillic text"),
    (WINDOWS_1253, "Greek text"),
    (ISO_8859_7, "Greek text"),
    (WINDOWS_1255, "Hebrew text"),
    (ISO_8859_8, "Hebrew text"),
    (WINDOWS_1256, "Arabic text"),
    (ISO_8859_6, "Arabic text"),
    (WINDOWS_874, "Thai text"),
    (GBK, "Chinese text"),
    (BIG5, "Chinese text"),
    (SHIFT_JIS, "Japanese text"),
    (EUC_JP, "Japanese text"),
    (EUC_KR, "Korean text"),
    (WINDOWS_1258, "Vietnamese text"),
    (WINDOWS_1250, "Central European text"),
    (ISO_8859_2, "Central European text"),
    (WINDOWS_1254, "Turkish text"),
    (WINDOWS_1257, "Baltic text"),
    (ISO_8859_13, "Baltic text"),
    (ISO_8859_4, "Baltic text"),
    (MACINTOSH, "text of an old Mac (Mac Roman)"),
    (WINDOWS_1252, "Western European text"),
];

/// Pairs of a well-known encoding and a less known twin. The first is proposed if both read the file alike.
const TWINS: [(&encoding_rs::Encoding, &encoding_rs::Encoding); 6] = [
    (KOI8_R, KOI8_U),
    (WINDOWS_1253, ISO_8859_7),
    (WINDOWS_1255, ISO_8859_8),
    (WINDOWS_1250, ISO_8859_2),
    (WINDOWS_1257, ISO_8859_13),
    (WINDOWS_1257, ISO_8859_4),
];

/// Fewest letters beyond ASCII for which an encoding is proposed.
const LETTERS: u32 = 6;

/// Code pages of Latin letters, including code page 850 of DOS.
const LATIN: [WeighedPage; 9] = [
    WeighedPage::Of(WINDOWS_1250),
    WeighedPage::Of(ISO_8859_2),
    WeighedPage::Of(WINDOWS_1254),
    WeighedPage::Of(WINDOWS_1257),
    WeighedPage::Of(ISO_8859_13),
    WeighedPage::Of(WINDOWS_1258),
    WeighedPage::Of(MACINTOSH),
    WeighedPage::Of(WINDOWS_1252),
    WeighedPage::Table(&CP850),
];

fn kind(encoding: &'static encoding_rs::Encoding) -> &'static str {
    let found = KINDS.iter().find(|(other, _)| *other == encoding);
    found.map_or("text in another encoding", |(_, kind)| *kind)
}

/// The likeliest encoding for a sample of lines with characters beyond ASCII; `None`
/// if Windows-1252 reads the sample best.
pub(super) fn of(sample: &[u8]) -> Option<Guess> {
    let mut detector = EncodingDetector::new();
    detector.feed(sample, true);
    let found = detector.guess(None, false);
    if !is_latin(found)
        && let Some(text) = read(found, sample)
    {
        let fit = Fit::of(&text, Some(found));
        if fit.is_good() {
            let encoding = better_known(found, sample, &text);
            let settled = fit.letters >= LETTERS && fit.is_familiar() && !is_contested(found, sample, &text, &fit);
            let told = settled.then(|| Known::of(encoding).map(|known| (known, fit.word)));
            return Some(Guess { kind: kind(encoding), read: told.flatten(), is_known: true });
        }
    }
    latin(sample)
}

/// True if another encoding of a script other than Latin reads the sample differently and about as well as `found`.
fn is_contested(found: &'static encoding_rs::Encoding, sample: &[u8], text: &str, fit: &Fit) -> bool {
    let rivals = KINDS.iter().filter(|(other, _)| *other != found && !is_latin(other));
    rivals.into_iter().any(|(other, kind_of_other)| {
        let Some(theirs) = read(other, sample).filter(|theirs| theirs != text) else {
            return false;
        };
        let theirs = Fit::of(&theirs, Some(other));
        let least = if *kind_of_other == kind(found) { 1 } else { 2 };
        theirs.is_familiar() && theirs.odd < fit.odd + least
    })
}

/// The likeliest encoding of Latin letters; `None` if Windows-1252 reads the sample best.
fn latin(sample: &[u8]) -> Option<Guess> {
    let texts: Vec<(WeighedPage, String)> =
        LATIN.into_iter().filter_map(|page| Some((page, page.read(sample)?))).collect();
    let fits: Vec<Fit> = texts.iter().map(|(_, text)| Fit::of(text, None)).collect();
    let best = (0..texts.len()).min_by_key(|&at| fits[at].odd)?;
    let (page, text) = &texts[best];
    let fit = &fits[best];
    let told_apart = |at: usize| at == best || texts[at].1 == *text || fits[at].odd >= fit.odd + 2;
    let settled = fit.odd * 10 <= fit.words && (0..texts.len()).all(told_apart);
    match page {
        WeighedPage::Of(encoding) if *encoding == WINDOWS_1252 => None,
        WeighedPage::Of(encoding) => {
            let encoding = better_known(encoding, sample, text);
            let told = settled.then(|| Known::of(encoding).map(|known| (known, fit.word.clone())));
            Some(Guess { kind: kind(encoding), read: told.flatten(), is_known: true })
        }
        WeighedPage::Table(_) => Some(Guess { kind: "text in a code page of DOS", read: None, is_known: false }),
    }
}

fn is_latin(encoding: &encoding_rs::Encoding) -> bool {
    let first = KINDS.iter().position(|(other, _)| *other == WINDOWS_1258).unwrap_or(KINDS.len());
    KINDS[first..].iter().any(|(other, _)| *other == encoding)
}

/// The text of the bytes, or `None` if some bytes are no text in the encoding.
fn read(encoding: &'static encoding_rs::Encoding, bytes: &[u8]) -> Option<String> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    (!text.contains(super::legacy::is_control)).then(|| text.into_owned())
}

fn reads_alike(encoding: &'static encoding_rs::Encoding, bytes: &[u8], text: &str) -> bool {
    read(encoding, bytes).is_some_and(|other| other == text)
}

fn better_known(encoding: &'static encoding_rs::Encoding, bytes: &[u8], text: &str) -> &'static encoding_rs::Encoding {
    let mut twins = TWINS.iter().filter(|(_, twin)| *twin == encoding);
    twins.find(|(known, _)| reads_alike(known, bytes, text)).map_or(encoding, |(known, _)| known)
}

impl WeighedPage {
    fn read(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Of(encoding) => read(encoding, bytes),
            Self::Table(_) => Some(self.decode(bytes).into_iter().collect()),
        }
    }
}

/// Names ISO-2022-JP if the text begins with an escape sequence of this encoding; otherwise `None`.
pub(super) fn escaped(text: &str) -> Option<Guess> {
    let starts = ["\u{1b}$B", "\u{1b}$@", "\u{1b}(J", "\u{1b}(I"];
    if !starts.iter().any(|start| text.starts_with(start)) {
        return None;
    }
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    let decoded = read(ISO_2022_JP, line.as_bytes());
    let told = decoded.map(|text| Fit::of(&text, Some(ISO_2022_JP))).filter(Fit::is_good);
    let read = told.and_then(|fit| Some((Known::of(ISO_2022_JP)?, fit.word)));
    Some(Guess { kind: "Japanese text", read, is_known: true })
}
