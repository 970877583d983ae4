#![allow(clippy::unwrap_used, reason = "a test")]

mod apostrophes;

use proptest::prelude::*;

use super::{Dialect, RecordEnd, Splitter};
use crate::source::checks::{Read, check_splitter, split, told};

fn plain_dialect(delimiter: u8) -> Dialect {
    Dialect { delimiter, spaced: false, backslashes: false, apostrophes: false, sheet: false }
}

/// The slow twin: the same rules, byte by byte.
fn plain(text: &str, delimiter: u8) -> Vec<Read> {
    let bytes = text.as_bytes();
    let (mut at, mut line) = (0, 1);
    let mut records = Vec::new();
    let break_at = |at: usize| match (bytes[at], bytes.get(at + 1)) {
        (b'\r', Some(b'\n')) => 2,
        (b'\r' | b'\n', _) => 1,
        _ => 0,
    };
    'records: loop {
        while at < bytes.len() && break_at(at) > 0 {
            at += break_at(at);
            line += 1;
        }
        if at == bytes.len() {
            return records;
        }
        let (start, first_line) = (at, line);
        let mut cells = Vec::new();
        let mut ending = RecordEnd::Complete;
        loop {
            let mut cell = Vec::new();
            if bytes.get(at) == Some(&b'"') {
                at += 1;
                loop {
                    match bytes.get(at) {
                        None => {
                            ending = RecordEnd::UnclosedQuote;
                            break;
                        }
                        Some(b'"') if bytes.get(at + 1) == Some(&b'"') => {
                            cell.push(b'"');
                            at += 2;
                        }
                        Some(b'"') => {
                            at += 1;
                            break;
                        }
                        Some(_) => {
                            let length = break_at(at);
                            line += u64::from(length > 0);
                            cell.extend_from_slice(&bytes[at..at + length.max(1)]);
                            at += length.max(1);
                        }
                    }
                }
            }
            while at < bytes.len() && bytes[at] != delimiter && break_at(at) == 0 {
                cell.push(bytes[at]);
                at += 1;
            }
            cells.push(String::from_utf8(cell).unwrap());
            if bytes.get(at) != Some(&delimiter) {
                let raw = text[start..at].to_owned();
                records.push(Read { cells, raw, lines: (first_line, line), ending });
                continue 'records;
            }
            at += 1;
        }
    }
}

/// Texts in which quotes, delimiters and line breaks stand where they hurt.
fn texts() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "\"",
        "\"",
        "\"\"",
        ",",
        ",",
        ";",
        "\n",
        "\r\n",
        "\r",
        "a",
        "b c",
        "é",
        "\t",
        "\u{b}",
        "\\",
        " ",
        "a long cell of more than sixty-four letters, so that it goes from one block to the next",
    ]);
    prop::collection::vec(parts, 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn the_cells_are_those_of_csv_core_wherever_the_text_is_cut(
        text in texts(),
        delimiter in prop::sample::select(vec![b',', b';']),
        cuts in prop::collection::vec(any::<usize>(), 0..20),
    ) {
        check_splitter(&text, delimiter, &cuts);
    }

    #[test]
    fn places_lines_and_endings_are_those_of_the_slow_twin(text in texts()) {
        prop_assert_eq!(split(&text, b','), plain(&text, b','));
    }

    #[test]
    fn a_forgotten_beginning_does_not_hide_the_end(text in texts(), cut in any::<usize>()) {
        let cut = text.floor_char_boundary(cut % (text.len() + 1));
        let mut whole = Splitter::new(plain_dialect(b','), 1);
        while whole.scan(text.as_bytes()) {}
        let mut cut_off = Splitter::new(plain_dialect(b','), 1);
        while cut_off.scan(&text.as_bytes()[..cut]) {}
        cut_off.forget();
        while cut_off.scan(&text.as_bytes()[cut..]) {}
        let rest = &text.as_bytes()[cut..];
        prop_assert_eq!(whole.finish(text.as_bytes()), cut_off.finish(rest));
        prop_assert_eq!(whole.lines(), cut_off.lines());
    }
}

#[test]
fn a_quote_in_the_middle_of_a_cell_is_a_letter() {
    assert_eq!(split("5\" nail,\"a\"b\"\n", b',')[0].cells, ["5\" nail", "ab\""]);
}

#[test]
fn a_backslash_is_a_letter() {
    assert_eq!(split("\"a\\\",b\n", b',')[0].cells, ["a\\", "b"]);
}

#[test]
fn in_a_dialect_with_backslashes_a_quote_behind_one_closes_nothing_wherever_the_text_is_cut() {
    let dialect = Dialect { backslashes: true, ..plain_dialect(b',') };
    let text = "\"a \\\"b, c\\\"\",d\n\"e\\\\\",\"\\\"\"\n\"x \"\"y\"\"\",\\\"z\n";
    let whole = [[r#"a \"b, c\""#, "d"], [r"e\\", r#"\""#], [r#"x "y""#, r#"\"z"#]];
    for cut in 0..text.len() {
        let mut splitter = Splitter::new(dialect, 1);
        let mut records = Vec::new();
        for end in [cut, text.len()] {
            while splitter.scan(&text.as_bytes()[..end]) {
                records.push(told(&splitter, &text[..end]).0);
            }
        }
        assert_eq!(records, whole, "cut at {cut}");
    }
}

#[test]
fn each_way_to_break_a_line_counts_once() {
    let lines = |text: &str| split(text, b',').iter().map(|read| read.lines).collect::<Vec<_>>();
    assert_eq!(lines("a\nb\r\nc\rd"), [(1, 1), (2, 2), (3, 3), (4, 4)]);
    assert_eq!(lines("a\n\n\r\n\r\rb"), [(1, 1), (6, 6)]);
    assert_eq!(lines("\"a\r\nb\rc\n\"\nd"), [(1, 4), (5, 5)]);
}

#[test]
fn a_quote_left_open_says_so() {
    let records = split("a\n\"b,c\n", b',');
    assert_eq!(records[1].ending, RecordEnd::UnclosedQuote);
    assert_eq!((records[1].lines, records[1].cells.as_slice()), ((2, 3), &["b,c\n".to_owned()][..]));
}

#[test]
fn in_a_spaced_dialect_a_quote_opens_behind_blanks() {
    let text = "a, \"b, c\",  d\n";
    let mut splitter = Splitter::new(Dialect { spaced: true, ..plain_dialect(b',') }, 1);
    assert!(splitter.scan(text.as_bytes()));
    assert_eq!(told(&splitter, text).0, ["a", "b, c", "  d"]);
}
