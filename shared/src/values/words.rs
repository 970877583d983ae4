//! Cells as words: trimming, collapsing of blanks, look-alike characters, booleans, and labels of totals.

use std::borrow::Cow;

/// Returns whether a character is blank to people: white space, or an invisible character that exports contain.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{feff}' | '\u{200b}')
}

/// The cell without blanks at either end.
#[inline]
pub(crate) fn trimmed(cell: Cow<'_, str>) -> Cow<'_, str> {
    match cell {
        Cow::Borrowed(cell) => Cow::Borrowed(trim(cell)),
        Cow::Owned(cell) => Cow::Owned(trimmed_owned(cell)),
    }
}

#[inline(never)]
fn trimmed_owned(cell: String) -> String {
    if trim(&cell).len() == cell.len() { cell } else { trim(&cell).to_owned() }
}

/// The text without blanks at either end.
#[inline]
pub(crate) fn trim(cell: &str) -> &str {
    // Nearly all cells need no trimming, and a cell that does begins or ends with a blank or a character beyond ASCII.
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
pub(crate) fn trim_blanks(cell: &str) -> &str {
    // Most blanks are single spaces in front, as behind the commas of a list.
    match cell.strip_prefix(' ') {
        Some(rest) => trim(rest),
        None => cell.trim_matches(is_blank),
    }
}

/// The cell as a person sees it: each blank is a space, marks of text direction are dropped, and characters that look
/// like a colon, a hyphen, a digit and so on are replaced by the ASCII character. Only for cells with a date, a time, a
/// duration or a number, because texts stay unchanged.
pub(crate) fn seen(cell: &str) -> Cow<'_, str> {
    if cell.is_ascii() {
        return Cow::Borrowed(cell);
    }
    Cow::Owned(cell.chars().filter(|&letter| !is_hidden(letter)).map(plain_letter).collect())
}

/// Returns whether a character is an invisible mark: text direction, joiners, soft hyphens.
fn is_hidden(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
    )
}

/// The ASCII character that `letter` looks like, or the digit for which it stands. All further letters stay.
fn plain_letter(letter: char) -> char {
    let digit = |zero: u32| char::from_digit(letter as u32 - zero, 10).unwrap_or(letter);
    match letter {
        // The ratio sign, raised and modifier colons, and the colons of East Asian columns.
        '∶' | '\u{2d0}' | '\u{2f8}' | '\u{a789}' | '\u{fe13}' | '\u{fe55}' => ':',
        // Hyphens, the figure dash and the minus sign. The en dash is kept, because the en dash also
        // stands between two times.
        '\u{2010}'..='\u{2012}' | '−' | '\u{fe63}' => '-',
        '\u{2044}' | '\u{2215}' => '/',
        '\u{2024}' => '.',
        // The Arabic decimal mark, the Arabic comma, and the low quotation mark.
        '\u{66b}' | '\u{60c}' | '\u{201a}' => ',',
        '\u{66c}' => '\'',
        '\u{660}'..='\u{669}' => digit(0x660),
        '\u{6f0}'..='\u{6f9}' => digit(0x6f0),
        // All of ASCII in the width of East Asian characters.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter),
        _ if letter.is_whitespace() => ' ',
        _ => letter,
    }
}

/// Returns whether a text is printable ASCII without two adjacent spaces, so that no part of the text
/// has blanks to collapse.
pub(crate) fn is_tidy(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some((last, before)), Some(behind)) = (bytes.split_last(), bytes.get(1..)) else { return true };
    let mut odd = [u8::from(is_odd(*last, 0)); WIDTH];
    match bytes.last_chunk::<{ WIDTH + 1 }>() {
        None => odd[0] |= u8::from(before.iter().zip(behind).any(|(&byte, &next)| is_odd(byte, next))),
        Some([end @ .., _]) => {
            // The last block overlaps the block before.
            let (blocks, next) = (bytes.as_chunks().0, behind.as_chunks().0);
            blocks.iter().zip(next).for_each(|(block, next)| find_odd(&mut odd, block, next));
            if let Some(next) = bytes.last_chunk() {
                find_odd(&mut odd, end, next);
            }
        }
    }
    odd == [0; WIDTH]
}

/// Returns whether a cell of `length` bytes is tidy; the cell begins `text` and does not end with a blank. `None` if the
/// cell is too long for this shortcut.
#[inline]
pub(crate) fn is_short_and_tidy(text: &[u8; WIDTH + 1], length: usize) -> Option<bool> {
    (length <= WIDTH).then(|| !has_odd(text, length as u8))
}

/// Returns whether any of the first `length` bytes is odd. As in [`find_odd`], the fixed length and the missing early end
/// let the compiler emit vector instructions.
#[inline(never)]
fn has_odd(text: &[u8; WIDTH + 1], length: u8) -> bool {
    let mut odd = false;
    for at in 0..WIDTH {
        odd |= is_odd(text[at], text[at + 1]) & ((at as u8) < length);
    }
    odd
}

/// The number of bytes compared in a single step.
pub(crate) const WIDTH: usize = 16;

/// Compares bytes with the bytes that follow them. The length is fixed, the loop has no early end, and the function is
/// not inlined, so that the compiler emits vector instructions; inlined, the loop takes ten times as many.
#[inline(never)]
fn find_odd(odd: &mut [u8; WIDTH], block: &[u8; WIDTH], next: &[u8; WIDTH]) {
    for at in 0..WIDTH {
        odd[at] |= u8::from(is_odd(block[at], next[at]));
    }
}

/// Returns whether a byte is not printable ASCII, or is a space before a second space.
#[inline(always)]
fn is_odd(byte: u8, next: u8) -> bool {
    (byte.wrapping_sub(b' ') > b'~' - b' ') | ((byte == b' ') & (next == b' '))
}

/// The cell with each run of blanks replaced by a single space.
pub(crate) fn collapsed(cell: Cow<'_, str>) -> Cow<'_, str> {
    if is_tidy(&cell) {
        return cell;
    }
    let words: Vec<&str> = cell.split(is_blank).filter(|word| !word.is_empty()).collect();
    let joined = words.join(" ");
    if joined == *cell { cell } else { Cow::Owned(joined) }
}

/// Joins two texts with a third text in between, in a third of the time of `format!`.
pub(crate) fn joined(first: &str, between: &str, last: &str) -> String {
    let mut joined = String::with_capacity(first.len() + between.len() + last.len());
    [first, between, last].into_iter().for_each(|part| joined.push_str(part));
    joined
}

/// Returns whether two words are the same, ignoring case.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || !a.is_ascii() && a.to_lowercase() == b.to_lowercase()
}

/// The words for "true" that exports write, and that spreadsheets write for a boolean in their own languages. All words
/// are in lower case; Turkish words also stand as a lower-casing without Turkish rules spells them.
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

/// The words that [`flag`] accepts, for error messages.
pub(crate) const FLAGS: &str = "yes, no, true, false, 1, 0, y, n, t, f, x, billable, non-billable, billed, unbilled, \
                                invoiced, uninvoiced, and yes, no, true and false in other languages (ja, nein, oui, non, \
                                VRAI, FAUX and so on)";

/// Parses a boolean cell. `None` if the cell is neither a word for yes nor a word for no.
pub(crate) fn flag(cell: &str) -> Option<bool> {
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

/// The word in lower case, without the combining dot that lower-casing leaves of a Turkish İ.
pub(crate) fn lower(word: &str) -> String {
    let mut lower = word.to_lowercase();
    lower.retain(|letter| letter != '\u{307}');
    lower
}

/// Returns whether a cell is a lone dash, as many exports write an empty cell.
pub(crate) fn is_dash(cell: &str) -> bool {
    matches!(cell, "-" | "–" | "—" | "−")
}

/// The labels of rows of totals that begin with the letter, in lower case. `None` stands for a letter beyond ASCII.
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

/// For each first byte of a cell, whether the byte alone shows that the cell is neither a dash nor a label of totals.
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

/// Returns whether the first byte of a cell already shows that the cell is neither a dash nor a label of totals.
#[inline]
pub(crate) fn begins_a_name(byte: u8) -> bool {
    BEGINS_A_NAME[usize::from(byte)]
}

/// Returns whether a cell is the label of a row of totals, like `Total` or `Summe:`.
pub(crate) fn is_total(cell: &str) -> bool {
    // The first letter settles nearly all cells.
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

/// Returns whether the first or the last word of a cell is a label of totals: `Orchard Total`, `Subtotal for Orchard`.
pub(crate) fn has_total(cell: &str) -> bool {
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
