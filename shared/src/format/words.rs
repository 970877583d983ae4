//! Cells as words: trimmed, collapsed, yes and no.

use std::borrow::Cow;

/// Whether a letter is blank to people: white space, and what hides in exports.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{feff}' | '\u{200b}')
}

/// A cell without blanks around it.
#[inline]
pub(super) fn trimmed(cell: Cow<'_, str>) -> Cow<'_, str> {
    match cell {
        Cow::Borrowed(cell) => Cow::Borrowed(trim(cell)),
        Cow::Owned(cell) => Cow::Owned(trimmed_owned(cell)),
    }
}

#[inline(never)]
fn trimmed_owned(cell: String) -> String {
    if trim(&cell).len() == cell.len() { cell } else { trim(&cell).to_owned() }
}

/// Without blanks around it.
#[inline]
pub(super) fn trim(cell: &str) -> &str {
    // Nearly all cells need nothing, and all that do begin or end with a blank or beyond ASCII.
    let (first, last) = match cell.as_bytes() {
        [] => return cell,
        [first, .., last] => (*first, *last),
        [only] => (*only, *only),
    };
    if first.is_ascii_graphic() && last.is_ascii_graphic() {
        return cell;
    }
    trim_blanks(cell)
}

#[inline(never)]
pub(super) fn trim_blanks(cell: &str) -> &str {
    // Most blanks are single spaces in front, as behind the commas of a list.
    match cell.strip_prefix(' ') {
        Some(rest) => trim(rest),
        None => cell.trim_matches(is_blank),
    }
}

/// A cell as it is seen: each blank a space, no marks that say which way letters run, and what looks like a colon, a hyphen, a
/// digit and so on is one. For cells that hold a date, a time, a duration or a number; texts stay as they are.
pub(super) fn seen(cell: &str) -> Cow<'_, str> {
    if cell.is_ascii() {
        return Cow::Borrowed(cell);
    }
    Cow::Owned(cell.chars().filter(|&letter| !is_hidden(letter)).map(plain_letter).collect())
}

/// Marks that nobody sees: the way letters run, joints, soft hyphens.
fn is_hidden(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}

/// The sign of ASCII that a letter looks like, or the digit that it is; else the letter.
fn plain_letter(letter: char) -> char {
    let digit = |zero: u32| char::from_digit(letter as u32 - zero, 10).unwrap_or(letter);
    match letter {
        // Ratio, raised and modifier colons, and those of East Asian columns.
        '∶' | '\u{2d0}' | '\u{2f8}' | '\u{a789}' | '\u{fe13}' | '\u{fe55}' => ':',
        // Hyphens, the dash of figures, minus. The en dash stands between two times as well.
        '\u{2010}'..='\u{2012}' | '−' | '\u{fe63}' => '-',
        '\u{2044}' | '\u{2215}' => '/',
        '\u{2024}' => '.',
        // Arabic decimal mark and comma, the low quotation mark.
        '\u{66b}' | '\u{60c}' | '\u{201a}' => ',',
        '\u{66c}' => '\'',
        '\u{660}'..='\u{669}' => digit(0x660),
        '\u{6f0}'..='\u{6f9}' => digit(0x6f0),
        // Everything of ASCII in the width of East Asia.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter),
        _ if letter.is_whitespace() => ' ',
        _ => letter,
    }
}

/// Whether a text is of printable ASCII without two spaces side by side: then no part of it has blanks to be collapsed.
pub(super) fn is_tidy(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some((last, before)), Some(behind)) = (bytes.split_last(), bytes.get(1..)) else { return true };
    let mut odd = [u8::from(is_odd(*last, 0)); WIDTH];
    match bytes.last_chunk::<{ WIDTH + 1 }>() {
        None => odd[0] |= u8::from(before.iter().zip(behind).any(|(&byte, &next)| is_odd(byte, next))),
        Some([end @ .., _]) => {
            // The last block overlaps the one before it.
            let (blocks, next) = (bytes.as_chunks().0, behind.as_chunks().0);
            blocks.iter().zip(next).for_each(|(block, next)| find_odd(&mut odd, block, next));
            if let Some(next) = bytes.last_chunk() {
                find_odd(&mut odd, end, next);
            }
        }
    }
    odd == [0; WIDTH]
}

/// Whether a cell of `length` bytes, which begins a piece of text and ends without a blank, is tidy; `None` if it is too long for
/// this shortcut.
#[inline]
pub(super) fn is_short_and_tidy(text: &[u8; WIDTH + 1], length: usize) -> Option<bool> {
    (length <= WIDTH).then(|| !has_odd(text, length as u8))
}

/// Whether one of the first `length` bytes is odd: of known length, without an early end and on its own, so that this becomes
/// vector instructions.
#[inline(never)]
fn has_odd(text: &[u8; WIDTH + 1], length: u8) -> bool {
    let mut odd = false;
    for at in 0..WIDTH {
        odd |= is_odd(text[at], text[at + 1]) & ((at as u8) < length);
    }
    odd
}

/// How many bytes are looked at at once.
pub(super) const WIDTH: usize = 16;

/// Looks at bytes and those that follow each of them; of known length, without an early end and on its own, so that this becomes
/// vector instructions. Inlined it takes ten times as many.
#[inline(never)]
fn find_odd(odd: &mut [u8; WIDTH], block: &[u8; WIDTH], next: &[u8; WIDTH]) {
    for at in 0..WIDTH {
        odd[at] |= u8::from(is_odd(block[at], next[at]));
    }
}

/// Whether a byte is none of printable ASCII, or a space before another one.
#[inline(always)]
fn is_odd(byte: u8, next: u8) -> bool {
    (byte.wrapping_sub(b' ') > b'~' - b' ') | ((byte == b' ') & (next == b' '))
}

/// Each run of blanks made one space.
pub(super) fn collapsed(cell: Cow<'_, str>) -> Cow<'_, str> {
    if is_tidy(&cell) {
        return cell;
    }
    let words: Vec<&str> = cell.split(is_blank).filter(|word| !word.is_empty()).collect();
    let joined = words.join(" ");
    if joined == *cell { cell } else { Cow::Owned(joined) }
}

/// Two texts with something between them: a third of what formatting them takes.
pub(super) fn joined(first: &str, between: &str, last: &str) -> String {
    let mut joined = String::with_capacity(first.len() + between.len() + last.len());
    [first, between, last].into_iter().for_each(|part| joined.push_str(part));
    joined
}

/// Whether two words are the same without regard to case.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || !a.is_ascii() && a.to_lowercase() == b.to_lowercase()
}

/// What exports write, and what spreadsheets make of true and false in their own languages. In lower case, and in Turkish
/// also as capitals become without knowing that it is Turkish.
#[rustfmt::skip]
const YES: &[&str] = &[
    "yes", "true", "1", "1.0", "1,0", "y", "j", "t", "x", "✓", "✔", "billable", "billed", "invoiced",
    "ja", "wahr", "oui", "vrai", "sí", "si", "sì", "verdadero", "sim", "verdadeiro", "vero", "waar", "sant", "sandt", "sand",
    "sann", "kyllä", "tosi", "jah", "tak", "prawda", "ano", "áno", "pravda", "igen", "igaz", "da", "adevărat", "evet", "doğru",
    "да", "истина", "так", "істина", "ναι", "αληθής", "αληθης", "はい", "是",
];
#[rustfmt::skip]
const NO: &[&str] = &[
    "no", "false", "0", "0.0", "0,0", "n", "f", "✗", "✘", "non-billable", "non billable", "nonbillable", "not billable",
    "unbillable", "unbilled", "uninvoiced", "not billed", "not invoiced",
    "nein", "falsch", "non", "faux", "falso", "não", "nao", "nee", "onwaar", "nej", "falskt", "falsk", "nei", "usann", "ei",
    "epätosi", "nie", "fałsz", "ne", "nepravda", "nem", "hamis", "nu", "fals", "hayır", "hayir", "yanlış", "yanliş",
    "нет", "ложь", "ні", "хибність", "не", "όχι", "οχι", "ψευδής", "ψευδης", "いいえ", "否",
];

/// Which words [`flag`] knows, for people.
pub(super) const FLAGS: &str = "yes, no, true, false, 1, 0, y, n, t, f, x, billable, non-billable, billed, unbilled, \
                                invoiced, uninvoiced, and yes, no, true and false in other languages (ja, nein, oui, non, \
                                VRAI, FAUX and so on)";

/// What a yes-or-no cell says; `None` if it says neither.
pub(super) fn flag(cell: &str) -> Option<bool> {
    match cell {
        "Yes" => return Some(true),
        "No" => return Some(false),
        _ => {}
    }
    let cell = if cell.is_ascii() { Cow::Borrowed(cell) } else { Cow::Owned(lower(cell)) };
    let is = |word: &&str| word.eq_ignore_ascii_case(&cell);
    if YES.iter().any(is) {
        return Some(true);
    }
    NO.iter().any(is).then_some(false)
}

/// In lower case, without the dot that a Turkish İ leaves behind.
pub(super) fn lower(word: &str) -> String {
    let mut lower = word.to_lowercase();
    lower.retain(|letter| letter != '\u{307}');
    lower
}

/// Whether a cell is a dash alone, which is how many write that nothing is there.
pub(super) fn is_dash(cell: &str) -> bool {
    matches!(cell, "-" | "–" | "—" | "−")
}

/// The labels of totals that begin with a letter (in lower case; `None` beyond ASCII).
#[rustfmt::skip]
const fn totals(first: Option<u8>) -> &'static [&'static str] {
    match first {
        Some(b't') => &[
            "total", "totals", "total hours", "total time", "total duration", "total general", "total général", "total geral",
            "totaal", "totale", "totale generale", "totale complessivo", "totales", "totais", "totaux", "totalt", "totalsumma",
            "toplam",
        ],
        Some(b's') => &[
            "sum", "summe", "summa", "suma", "suma końcowa", "subtotal", "subtotaal", "subtotale", "sous-total", "samlet",
            "spolu", "skupaj", "součet",
        ],
        Some(b'g') => &["grand total", "gesamt", "gesamtsumme", "gesamtergebnis", "genel toplam"],
        Some(b'o') => &["overall total", "ogółem"],
        Some(b'i') => &["insgesamt", "i alt"],
        Some(b'r') => &["razem"],
        Some(b'y') => &["yhteensä"],
        Some(b'c') => &["celkem", "celkový součet"],
        Some(b'u') => &["ukupno"],
        Some(b'e') => &["eindtotaal"],
        Some(b'v') => &["végösszeg"],
        Some(b'k') => &["kokku"],
        Some(b'z') => &["zwischensumme"],
        Some(_) => &[],
        None => &["összesen", "łącznie", "итого", "всего", "разом", "σύνολο", "合計", "总计", "總計"],
    }
}

const BEGINS_A_NAME: [bool; 256] = {
    let mut begins = [false; 256];
    let mut byte = 0;
    while byte < begins.len() {
        let lower = (byte as u8).to_ascii_lowercase();
        begins[byte] = lower.is_ascii_lowercase() && totals(Some(lower)).is_empty();
        byte += 1;
    }
    begins
};

/// Whether a cell that begins with this byte can be seen at once to be no dash and no label of totals.
#[inline]
pub(super) fn begins_a_name(byte: u8) -> bool {
    BEGINS_A_NAME[usize::from(byte)]
}

/// Whether a cell is what stands in front of a row of totals.
pub(super) fn is_total(cell: &str) -> bool {
    // Nearly all cells are told by their first letter.
    let Some(&first) = cell.as_bytes().first() else {
        return false;
    };
    let labels = totals(first.is_ascii().then(|| first.to_ascii_lowercase()));
    if labels.is_empty() {
        return false;
    }
    let word = cell.trim_end_matches([':', '：']).trim_end();
    labels.iter().any(|total| same(word, total))
}

/// Whether a cell begins or ends with a word that stands in front of totals: `Orchard Total`, `Subtotal for Orchard`.
pub(super) fn has_total(cell: &str) -> bool {
    let mut words = cell.split_whitespace();
    let outer = [words.next(), words.next_back()];
    outer.into_iter().flatten().any(is_total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_of_all_kinds_are_trimmed_and_collapsed() {
        let tidy = |cell: &str| collapsed(trimmed(Cow::Owned(cell.to_owned()))).into_owned();
        for (cell, expected) in [
            ("  a  b ", "a b"),
            ("\u{a0}a\u{a0}\tb\u{feff}", "a b"),
            ("a\nb", "a b"),
            ("größe  x", "größe x"),
            ("a b", "a b"),
            ("", ""),
            (" ", ""),
        ] {
            assert_eq!(tidy(cell), expected, "{cell:?}");
        }
    }

    #[test]
    fn letters_that_look_alike_are_seen_as_one() {
        for (cell, plain) in [
            ("09∶00∶00", "09:00:00"),
            ("０９：００", "09:00"),
            ("9꞉05", "9:05"),
            ("2024‑03‑04", "2024-03-04"),
            ("2024／03／04", "2024/03/04"),
            ("−1．5", "-1.5"),
            ("١٢٫٥", "12,5"),
            ("\u{202a}9:05\u{202c}", "9:05"),
            ("9:05\u{a0}ＰＭ", "9:05 PM"),
            ("1\u{2009}234", "1 234"),
        ] {
            assert_eq!(seen(cell), plain, "{cell}");
        }
        assert_eq!(seen("4 März 2024 – a"), "4 März 2024 – a");
    }

    #[test]
    fn yes_and_no_are_known_by_many_words() {
        for word in ["Yes", "TRUE", "1", "billable", "Ja"] {
            assert_eq!(flag(word), Some(true), "{word}");
        }
        for word in ["No", "false", "0", "Non-Billable", "NÃO"] {
            assert_eq!(flag(word), Some(false), "{word}");
        }
        assert_eq!(flag("perhaps"), None);
        for (yes, no) in [
            ("SAND", "FALSK"),
            ("SANN", "USANN"),
            ("Kyllä", "Ei"),
            ("IGAZ", "HAMIS"),
            ("Igen", "Nem"),
            ("PRAVDA", "NEPRAVDA"),
            ("Áno", "Nie"),
            ("ano", "ne"),
            ("ADEVĂRAT", "FALS"),
            ("Da", "Nu"),
            ("DOĞRU", "YANLIŞ"),
            ("Evet", "HAYIR"),
            ("jah", "ei"),
            ("Tak", "Nie"),
            ("PRAWDA", "FAŁSZ"),
            ("Sí", "No"),
            ("sim", "nao"),
            ("Sì", "no"),
            ("ИСТИНА", "ЛОЖЬ"),
            ("ΑΛΗΘΗΣ", "ΨΕΥΔΗΣ"),
            ("1.0", "0.0"),
        ] {
            assert_eq!((flag(yes), flag(no)), (Some(true), Some(false)), "{yes} {no}");
        }
    }

    #[test]
    fn no_word_is_both_yes_and_no_and_each_is_known_as_it_stands() {
        let mut seen = std::collections::HashSet::new();
        for (words, says) in [(YES, true), (NO, false)] {
            for word in words {
                assert!(seen.insert(*word), "{word} is there twice");
                assert_eq!((flag(word), flag(&word.to_uppercase())), (Some(says), Some(says)), "{word}");
            }
        }
    }

    #[test]
    fn totals_are_known_by_their_label() {
        for label in [
            "Total",
            "TOTAL:",
            "Grand total",
            "Summe :",
            "Razem",
            "SUMA",
            "Totalt",
            "Summa",
            "Samlet",
            "YHTEENSÄ",
            "Összesen:",
            "Celkem",
            "Spolu",
            "Toplam",
            "Total général",
            "Gesamtsumme",
            "Gesamt",
            "Insgesamt",
            "Ukupno",
            "Totaal",
            "Totale",
            "Totais",
            "Łącznie",
        ] {
            assert!(is_total(label), "{label}");
        }
        for first in (b'a'..=b'z').map(Some).chain([None]) {
            for label in totals(first) {
                assert!(is_total(label) && is_total(&label.to_uppercase()), "{label}");
            }
        }
        assert!(!is_total("Total Energies"));
    }
}
