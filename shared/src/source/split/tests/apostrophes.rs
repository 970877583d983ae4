//! Tests of the dialect with apostrophes, by a slow twin which knows the rules and nothing of the states.

use proptest::prelude::*;

use super::super::{Dialect, RecordEnd, Splitter};
use super::plain_dialect;
use crate::source::checks::told;

fn dialect() -> Dialect {
    Dialect { apostrophes: true, ..plain_dialect(b',') }
}

/// The cells of a record, its lines, and whether its last quote is closed.
type Told = (Vec<String>, (u64, u64), RecordEnd);

/// Splits a text which first arrives up to `cut`.
fn split(text: &str, cut: usize) -> Vec<Told> {
    let mut splitter = Splitter::new(dialect(), 1);
    let mut records = Vec::new();
    for end in [cut, text.len()] {
        while splitter.scan(&text.as_bytes()[..end]) {
            let (cells, lines) = told(&splitter, &text[..end]);
            records.push((cells, lines, RecordEnd::Complete));
        }
    }
    if let Some(ending) = splitter.finish(text.as_bytes()) {
        let (cells, lines) = told(&splitter, text);
        records.push((cells, lines, ending));
    }
    records
}

/// The slow twin: looks for the end of each field from the field's beginning.
fn twin(text: &str) -> Vec<Told> {
    let letters: Vec<char> = text.chars().collect();
    let at = |place: usize| letters.get(place).copied();
    let is_end = |place: usize| matches!(at(place), None | Some(',' | '\n' | '\r'));
    let break_at = |place: usize| match (at(place), at(place + 1)) {
        (Some('\r'), Some('\n')) => 2,
        (Some('\r' | '\n'), _) => 1,
        _ => 0,
    };
    let behind_blanks = |mut place: usize| {
        while at(place) == Some(' ') {
            place += 1;
        }
        place
    };
    // The lines that end between two places.
    let breaks = |from: usize, to: usize| {
        (from..to)
            .filter(|&place| {
                break_at(place) > 0 && !(at(place) == Some('\n') && place > from && at(place - 1) == Some('\r'))
            })
            .count() as u64
    };
    let (mut place, mut line, mut records) = (0, 1, Vec::new());
    while place < letters.len() {
        if break_at(place) > 0 {
            place += break_at(place);
            line += 1;
            continue;
        }
        let (first, mut cells, mut ending) = (line, Vec::new(), RecordEnd::Complete);
        loop {
            let start = behind_blanks(place);
            let mut cell = String::new();
            if at(start) == Some('\'') {
                let mut end = start + 1;
                loop {
                    let slashes = (start + 1..end).rev().take_while(|&place| at(place) == Some('\\')).count();
                    match at(end) {
                        None => {
                            ending = RecordEnd::UnclosedQuote;
                            break;
                        }
                        Some('\'') if slashes % 2 == 1 => {
                            cell.pop();
                            cell.push('\'');
                            end += 1;
                        }
                        Some('\'') if at(end + 1) == Some('\'') => {
                            cell.push('\'');
                            end += 2;
                        }
                        Some('\'') if is_end(behind_blanks(end + 1)) => break,
                        Some(letter) => {
                            cell.push(letter);
                            end += 1;
                        }
                    }
                }
                line += breaks(start, end.min(letters.len()));
                place = if end < letters.len() { behind_blanks(end + 1) } else { end };
            } else {
                while !is_end(place) {
                    cell.extend(at(place));
                    place += 1;
                }
            }
            cells.push(cell);
            if at(place) != Some(',') {
                break;
            }
            place += 1;
        }
        records.push((cells, (first, line), ending));
    }
    records
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn the_records_are_those_of_the_slow_twin_wherever_the_text_is_cut(
        parts in prop::collection::vec(
            prop::sample::select(vec!["'", "'", "'", "''", ",", ",", "\n", "\r\n", "\r", " ", "\\", "\\'", "a", "\"", "é", ", '"]), 0..24,
        ),
        cut in any::<usize>(),
    ) {
        let text = parts.concat();
        let cut = text.floor_char_boundary(cut % (text.len() + 1));
        let (mut read, mut wanted) = (split(&text, cut), twin(&text));
        // The cell of a quote which is never closed is an error, and not read.
        for records in [&mut read, &mut wanted] {
            for (cells, _, ending) in records.iter_mut() {
                if *ending == RecordEnd::UnclosedQuote {
                    cells.pop();
                }
            }
        }
        prop_assert_eq!(read, wanted, "{:?} cut at {}", text, cut);
    }
}

#[test]
fn cells_in_apostrophes_lose_their_quotes_escapes_and_blanks_around() {
    for (text, cells) in [
        ("'a, b' , 'c'", &["a, b", "c"][..]),
        (r"'\'s Brook','it''s','O'Brook'", &["'s Brook", "it's", "O'Brook"]),
        (r"'C:\\','\'','',''''", &[r"C:\\", "'", "", "'"]),
        ("\"a\", b ,\\'c", &["\"a\"", " b ", "\\'c"]),
        ("'a' b','c'", &["a' b", "c"]),
    ] {
        for cut in (0..=text.len()).filter(|&cut| text.is_char_boundary(cut)) {
            assert_eq!(split(text, cut)[0].0, cells, "{text} cut at {cut}");
        }
    }
}
