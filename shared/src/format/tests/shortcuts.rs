//! Usual cells are parsed by shortcuts. These tests show that each cell has the same
//! value with and without the shortcuts.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::borrow::Cow;

use jiff::civil::{DateTime, date, time};
use proptest::prelude::*;

use super::{load, plainly, survey, tell};
use crate::format::Layout;
use crate::format::elapsed;
use crate::values::numbers::{self, Decimal, DecimalMark, Marked};
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

/// The cells of a row of Toggl's, most of them in the usual way.
fn row() -> impl Strategy<Value = Vec<String>> {
    let words = || "[A-Z][a-z]{0,8}( [a-z]{1,8}){0,2}|-|";
    let cell = |usual: &'static str| prop_oneof![9 => usual.boxed(), 1 => cells().boxed()];
    let date = || cell("2024-0[1-9]-[0-2][1-9]");
    let time = || cell("[01][0-9]:[0-5][0-9](:[0-5][0-9])?");
    let of_names = (words(), cell("[a-z]{1,9}@example\\.com|-|"), words(), words(), words(), cell("[ -~]{0,20}"));
    let of_times = (cell("Yes|No|yes|-|"), date(), time(), date(), time(), cell("[0-9]{2}:[0-5][0-9]:[0-5][0-9]"));
    let of_others =
        (cell("[a-c]{1,2}(,  ?[a-c]{1,2}){0,3}|-|"), cell("[0-9]{1,4}\\.[0-9]{2}|-|"), cell("[0-9]{1,3}|"), cells());
    (of_names, of_times, of_others).prop_map(|((a, b, c, d, e, f), (g, h, i, j, k, l), (m, n, o, p))| {
        vec![a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    })
}

/// What is known of a file and its rows, or why it is refused.
fn all_of(file: &str) -> Result<(String, Vec<String>), String> {
    let plan = survey(file.as_bytes(), &plainly(), 2, 7).map_err(|refusal| format!("{refusal:?}"))?;
    let mut rows = Vec::new();
    load(file.as_bytes(), &plan, |row| rows.push(tell(row)));
    // Blanks in front of all cells may be taken for those behind delimiters.
    let layout = Layout { spaced: false, ..plan.layout };
    Ok((format!("{layout:?} {:?}", plan.total_row), rows))
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
            prop_assert_eq!(number.under(mark), Decimal::read(&cell, mark));
            for factor in [1, 60, 3600, 86_400] {
                let times = |number: &Decimal| (number.times(factor), number.times_any(factor));
                let (short, any) = number.under(mark).as_ref().map(times).unwrap_or_default();
                prop_assert!(short == any || cell.contains(['-', '−', '－']), "{short:?} {any:?}");
            }
        }
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let (whole, fraction) = cell.split_once('.').unwrap_or((&cell, "0"));
        let plain = digits(whole) && digits(fraction) && (whole == "0" || !whole.starts_with('0')) && cell.len() <= 18;
        prop_assert_eq!(numbers::is_plain(&cell), plain);
    }

    #[test]
    fn the_time_within_a_day_is_that_of_the_calendar(times in prop::array::uniform4(0_i8..60)) {
        let [a, b, minute, second] = times;
        let (date, from, to) = (date(2024, 3, 4), time(a % 24, minute, second, 0), time(b % 24, second, minute, 0));
        let elapsed = DateTime::from_parts(date, from).duration_until(DateTime::from_parts(date, to));
        prop_assert_eq!(elapsed::within_a_day(from, to), elapsed.as_secs());
    }

    #[test]
    fn words_are_tidied_as_without_shortcuts(cell in cells()) {
        let blank = |letter: char| letter.is_whitespace() || matches!(letter, '\u{feff}' | '\u{200b}');
        prop_assert_eq!(words::trim(&cell), cell.trim_matches(blank));
        let tidy = cell.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && !cell.contains("  ");
        prop_assert_eq!(words::is_tidy(&cell), tidy);
        let trimmed = words::trim(&cell);
        let text = format!("{trimmed}, behind which a text goes on");
        let short = text.as_bytes().first_chunk().and_then(|text| words::is_short_and_tidy(text, trimmed.len()));
        prop_assert!(short.is_none_or(|tidy| tidy == words::is_tidy(trimmed)));
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Cells with blanks around them take no shortcut: neither in the first pass nor in the second.
    #[test]
    fn a_file_reads_as_without_shortcuts(rows in prop::collection::vec(row(), 1..6), quoted in any::<bool>()) {
        let file = |blank: &str| {
            let header = "User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,\
                          Tags,Amount (EUR),Rate,Nothing\n";
            let cell = |cell: &String| match quoted {
                true => format!("\"{blank}{}{blank}\"", cell.replace('"', "\"\"")),
                // A blank behind each delimiter would be a dialect of its own.
                false => format!("{}{blank}", cell.replace(['"', ','], "")),
            };
            let line = |row: &Vec<String>| row.iter().map(cell).collect::<Vec<_>>().join(",") + "\n";
            header.to_owned() + &rows.iter().map(line).collect::<String>()
        };
        prop_assert_eq!(all_of(&file("")), all_of(&file(" ")));
    }
}
