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
        Cow::Owned(cell) if trim(&cell).len() == cell.len() => Cow::Owned(cell),
        Cow::Owned(cell) => Cow::Owned(trim(&cell).to_owned()),
    }
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
    cell.trim_matches(is_blank)
}

/// Each run of blanks made one space.
pub(super) fn collapsed(cell: Cow<'_, str>) -> Cow<'_, str> {
    let mut before = b' ';
    let tidy = cell.bytes().all(|byte| {
        let twice = byte == b' ' && before == b' ';
        before = byte;
        matches!(byte, b' '..=b'~') && !twice
    });
    if tidy {
        return cell;
    }
    let words: Vec<&str> = cell.split(is_blank).filter(|word| !word.is_empty()).collect();
    let joined = words.join(" ");
    if joined == *cell { cell } else { Cow::Owned(joined) }
}

/// Whether two words are the same without regard to case.
pub(super) fn same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b) || !a.is_ascii() && a.to_lowercase() == b.to_lowercase()
}

/// What exports write, and what spreadsheets make of true and false in their own languages.
const YES: [&str; 25] = [
    "yes",
    "true",
    "1",
    "y",
    "x",
    "billable",
    "billed",
    "invoiced",
    "ja",
    "oui",
    "sí",
    "si",
    "sim",
    "sì",
    "wahr",
    "vrai",
    "verdadero",
    "verdadeiro",
    "vero",
    "waar",
    "sant",
    "sandt",
    "tosi",
    "prawda",
    "tak",
];
const NO: [&str; 26] = [
    "no",
    "false",
    "0",
    "n",
    "non-billable",
    "unbillable",
    "nonbillable",
    "not billable",
    "unbilled",
    "uninvoiced",
    "nein",
    "non",
    "não",
    "nee",
    "nej",
    "nei",
    "falsch",
    "faux",
    "falso",
    "onwaar",
    "falskt",
    "falsk",
    "usann",
    "epätosi",
    "fałsz",
    "nie",
];

/// What a yes-or-no cell says; `None` if it says neither.
pub(super) fn flag(cell: &str) -> Option<bool> {
    match cell {
        "Yes" => return Some(true),
        "No" => return Some(false),
        _ => {}
    }
    let is = |word: &&str| same(cell, word);
    if YES.iter().any(is) {
        return Some(true);
    }
    NO.iter().any(is).then_some(false)
}

const TOTALS: [&str; 18] = [
    "total",
    "totals",
    "grand total",
    "sum",
    "summe",
    "gesamt",
    "gesamtsumme",
    "subtotal",
    "totaal",
    "suma",
    "total hours",
    "total time",
    "total duration",
    "overall total",
    "insgesamt",
    "total general",
    "totale",
    "totales",
];

/// Whether a cell is what stands in front of a row of totals.
pub(super) fn is_total(cell: &str) -> bool {
    // Nearly all cells are told by their first letter.
    if !cell.starts_with(['t', 'T', 's', 'S', 'g', 'G', 'o', 'O', 'i', 'I']) {
        return false;
    }
    let word = cell.trim_end_matches(':').trim_end();
    TOTALS.iter().any(|total| same(word, total))
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
    fn yes_and_no_are_known_by_many_words() {
        for word in ["Yes", "TRUE", "1", "billable", "Ja"] {
            assert_eq!(flag(word), Some(true), "{word}");
        }
        for word in ["No", "false", "0", "Non-Billable", "NÃO"] {
            assert_eq!(flag(word), Some(false), "{word}");
        }
        assert_eq!(flag("perhaps"), None);
    }

    #[test]
    fn totals_are_known_by_their_label() {
        for label in ["Total", "TOTAL:", "Grand total", "Summe :"] {
            assert!(is_total(label), "{label}");
        }
        assert!(!is_total("Total Energies"));
    }
}
