#![allow(clippy::unwrap_used, reason = "a test")]

use proptest::prelude::*;

use super::{Dialect, Ending, Splitter};

fn plain_dialect(delimiter: u8) -> Dialect {
    Dialect { delimiter, spaced: false, sheet: false }
}

/// A record as the tests compare it.
#[derive(Debug, PartialEq, Eq)]
struct Read {
    cells: Vec<String>,
    raw: String,
    lines: (u64, u64),
    ending: Ending,
}

/// Splits a text that is at hand as a whole.
fn split(text: &str, delimiter: u8) -> Vec<Read> {
    let mut splitter = Splitter::new(plain_dialect(delimiter), 1);
    let mut records = Vec::new();
    loop {
        let ending = match splitter.scan(text.as_bytes()) {
            true => Some(Ending::Complete),
            false => splitter.finish(text.as_bytes()),
        };
        let Some(ending) = ending else { return records };
        records.push(Read {
            cells: splitter.fields().iter().map(|field| field.cell(text).into_owned()).collect(),
            raw: text[splitter.range()].to_owned(),
            lines: splitter.lines(),
            ending,
        });
    }
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
        let mut ending = Ending::Complete;
        loop {
            let mut cell = Vec::new();
            if bytes.get(at) == Some(&b'"') {
                at += 1;
                loop {
                    match bytes.get(at) {
                        None => {
                            ending = Ending::UnclosedQuote;
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

/// The cells as `csv-core` reads them.
fn csv_core(text: &str, delimiter: u8) -> Vec<Vec<String>> {
    use csv_core::ReadRecordResult::{End, InputEmpty, OutputEndsFull, OutputFull, Record};
    let mut reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
    let (mut output, mut ends) = (vec![0; text.len() + 1], vec![0; text.len() + 2]);
    let (mut read, mut records) = (0, Vec::new());
    let (mut written, mut ended) = (0, 0);
    loop {
        let (result, input, bytes, fields) =
            reader.read_record(&text.as_bytes()[read..], &mut output[written..], &mut ends[ended..]);
        (read, written, ended) = (read + input, written + bytes, ended + fields);
        match result {
            InputEmpty => {}
            OutputFull | OutputEndsFull => unreachable!("there is room for all"),
            Record => {
                let starts = std::iter::once(0).chain(ends[..ended].iter().copied());
                let cell = |(start, &end): (usize, &usize)| String::from_utf8(output[start..end].to_vec()).unwrap();
                records.push(starts.zip(&ends[..ended]).map(cell).collect());
                (written, ended) = (0, 0);
            }
            End => return records,
        }
    }
}

/// Splits a text that arrives in pieces, forgetting what is done with.
fn split_pieces(text: &str, delimiter: u8, cuts: &[usize]) -> Vec<(Vec<String>, (u64, u64))> {
    let mut splitter = Splitter::new(plain_dialect(delimiter), 1);
    let (mut buffer, mut taken, mut records) = (String::new(), 0, Vec::new());
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
    ends.push(text.len());
    ends.sort_unstable();
    for end in ends.into_iter().filter(|&end| text.is_char_boundary(end)) {
        buffer.push_str(&text[taken..end]);
        taken = end;
        while splitter.scan(buffer.as_bytes()) {
            records.push(read(&splitter, &buffer));
        }
        if splitter.pending() == 0 {
            splitter.forget();
            buffer.clear();
        } else {
            let start = splitter.range().start;
            splitter.rebase();
            buffer.drain(..start);
        }
    }
    if splitter.finish(buffer.as_bytes()).is_some() {
        records.push(read(&splitter, &buffer));
    }
    records
}

fn read(splitter: &Splitter, text: &str) -> (Vec<String>, (u64, u64)) {
    let cells = splitter.fields().iter().map(|field| field.cell(text).into_owned()).collect();
    (cells, splitter.lines())
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
        "\\",
        " ",
        "a long cell of more than sixty-four letters, so that it goes from one block to the next",
    ]);
    prop::collection::vec(parts, 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn the_cells_are_those_of_csv_core(text in texts(), delimiter in prop::sample::select(vec![b',', b';'])) {
        let cells: Vec<Vec<String>> = split(&text, delimiter).into_iter().map(|read| read.cells).collect();
        prop_assert_eq!(cells, csv_core(&text, delimiter));
    }

    #[test]
    fn places_lines_and_endings_are_those_of_the_slow_twin(text in texts()) {
        prop_assert_eq!(split(&text, b','), plain(&text, b','));
    }

    #[test]
    fn a_text_cut_anywhere_gives_the_same_records(
        text in texts(),
        cuts in prop::collection::vec(any::<usize>(), 0..20),
    ) {
        let whole: Vec<_> = split(&text, b',').into_iter().map(|read| (read.cells, read.lines)).collect();
        prop_assert_eq!(split_pieces(&text, b',', &cuts), whole);
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
fn each_way_to_break_a_line_counts_once() {
    let lines = |text: &str| split(text, b',').iter().map(|read| read.lines).collect::<Vec<_>>();
    assert_eq!(lines("a\nb\r\nc\rd"), [(1, 1), (2, 2), (3, 3), (4, 4)]);
    assert_eq!(lines("a\n\n\r\n\r\rb"), [(1, 1), (6, 6)]);
    assert_eq!(lines("\"a\r\nb\rc\n\"\nd"), [(1, 4), (5, 5)]);
}

#[test]
fn a_quote_left_open_says_so() {
    let records = split("a\n\"b,c\n", b',');
    assert_eq!(records[1].ending, Ending::UnclosedQuote);
    assert_eq!((records[1].lines, records[1].cells.as_slice()), ((2, 3), &["b,c\n".to_owned()][..]));
}

#[test]
fn in_a_spaced_dialect_a_quote_opens_behind_blanks() {
    let text = "a, \"b, c\",  d\n";
    let mut splitter = Splitter::new(Dialect { spaced: true, ..plain_dialect(b',') }, 1);
    assert!(splitter.scan(text.as_bytes()));
    assert_eq!(read(&splitter, text).0, ["a", "b, c", "  d"]);
}
