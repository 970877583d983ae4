//! Usual cells are parsed by shortcuts. These tests show that each cell has the same
//! value with and without the shortcuts.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::borrow::Cow;

use proptest::prelude::*;

use crate::values::numbers;
use crate::values::numbers::{DecimalMark, Marked};
use crate::values::{dates, durations, times, words};

/// Cells which take a shortcut or narrowly miss a shortcut: digits with marks, usual cells with
/// a byte changed, and any text.
fn cells() -> impl Strategy<Value = String> {
    let usual = prop_oneof![
        "(1[89]|2[012])[0-9]{2}-[0-9]{2}-[0-9]{2}",
        "20[0-9]{2}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?",
        "[0-9]{1,3}:[0-9]{2}(:[0-9]{2})?",
        "[0-2][0-9]:[0-6][0-9]:[0-6][0-9]",
        "[0-9]{0,4}[.,]?[0-9]{0,4}",
        "[0-9]{1,3}([.,'][0-9]{3}){0,6}",
        "0{0,3}[0-9]{15,20}[.,]?[0-9]{0,3}",
        "(Mon |mar |\\()?[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}( Mon|\\))?",
        "[ -~]{0,40}",
        "([a-z]{0,9} ){0,6}[a-zü\t\u{a0}]{0,9}",
    ];
    let changes = prop::sample::select(vec![" ", "-", ".", ",", ":", "0", "5", "x", "€", "\u{a0}", "－", "", "", ""]);
    (usual, any::<prop::sample::Index>(), changes).prop_map(|(cell, at, other)| {
        let at = at.index(cell.len() + 1);
        let at = (0..=at).rev().find(|&at| cell.is_char_boundary(at)).unwrap();
        format!("{}{other}{}", &cell[..at], &cell[at..])
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn a_cell_reads_as_without_shortcuts(cell in cells()) {
        prop_assert_eq!(dates::read(&cell), dates::read_any(&cell));
        prop_assert_eq!(times::read(&cell), times::read_any(&cell));
        prop_assert_eq!(durations::read(&cell), durations::read_any(&cell));
        prop_assert_eq!(numbers::without_currency(&cell), numbers::without_signs(&cell));
        let (number, any) = (Marked::of(&cell), Marked::any(&cell));
        prop_assert_eq!(number, any);
        // Equal numbers may still differ in their shown decimal places.
        for mark in DecimalMark::ALL {
            let shown = |number: Marked| number.under(mark).map(|number| number.to_string());
            prop_assert_eq!(shown(number), shown(any));
        }
    }

    #[test]
    fn words_are_tidied_as_without_shortcuts(cell in cells()) {
        let blank = |letter: char| letter.is_whitespace() || matches!(letter, '\u{feff}' | '\u{200b}');
        prop_assert_eq!(words::trim(&cell), cell.trim_matches(blank));
        let tidy = cell.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !cell.contains("  ");
        prop_assert_eq!(words::is_tidy(&cell), tidy);
        // A tidy text has no blanks to collapse, and neither has any trimmed part of the text.
        for part in cell.split(',').filter(|_| tidy) {
            let part = words::trim(part);
            let joined = part.split(blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(part, joined);
            prop_assert!(matches!(words::collapsed(Cow::Borrowed(part)), Cow::Borrowed(_)));
        }
    }

    #[test]
    fn what_begins_a_name_names_somebody(cell in "[ -~]{1,3}|[a-zA-Z][a-z ]{0,12}") {
        if words::begins_a_name(cell.as_bytes()[0]) {
            prop_assert!(!words::is_dash(words::trim(&cell)) && !words::is_total(words::trim(&cell)));
        }
    }

    #[test]
    fn a_date_between_digits_names_no_day_of_the_week(cell in "[0-9][ -~]{0,20}[0-9]|[0-9]\\PC{0,12}[0-9]") {
        prop_assert_eq!(dates::weekdays_in(&cell), 0);
    }
}
