//! Properties of every file. The checks of `cargo fuzz` are run here as well, over the
//! stored corpus and over generated input.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::format::checks;
use crate::source;

/// A table with the dialect in which the table is written.
#[derive(Clone, Debug)]
struct Written {
    rows: Vec<Vec<String>>,
    delimiter: u8,
    line_end: &'static str,
    quoted: bool,
    final_break: bool,
}

impl Written {
    fn text(&self) -> String {
        let delimiter = char::from(self.delimiter).to_string();
        let header = ["date", "person", "minutes", "description", "project"].map(str::to_owned).to_vec();
        let lines = std::iter::once(&header).chain(&self.rows).map(|row| {
            let cells: Vec<String> = row.iter().map(|cell| self.cell(cell)).collect();
            cells.join(&delimiter)
        });
        let mut text = lines.collect::<Vec<_>>().join(self.line_end);
        if self.final_break {
            text.push_str(self.line_end);
        }
        text
    }

    fn cell(&self, cell: &str) -> String {
        let plain = !self.quoted && !cell.contains([char::from(self.delimiter), '"', '\n', '\r']);
        if plain { cell.to_owned() } else { format!("\"{}\"", cell.replace('"', "\"\"")) }
    }
}

fn written() -> impl Strategy<Value = Written> {
    let text = prop::collection::vec(
        prop::sample::select(vec!["a", "Ü", "é", "🏝", " ", ",", ";", "|", "\t", "\"", "\n", "\r\n", "#x", "\\", "0"]),
        0..12,
    );
    let row = (1..=12_u32, 1..=28_u32, 0..500_u32, text).prop_map(|(month, day, minutes, text)| {
        let cells =
            [format!("2024-{month:02}-{day:02}"), "Jo".into(), minutes.to_string(), text.concat(), "Site".into()];
        cells.to_vec()
    });
    (
        prop::collection::vec(row, 0..12),
        prop::sample::select(vec![b',', b';', b'\t', b'|']),
        prop::sample::select(vec!["\n", "\r\n", "\r"]),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(rows, delimiter, line_end, quoted, final_break)| Written {
            rows,
            delimiter,
            line_end,
            quoted,
            final_break,
        })
}

/// Bytes which resemble files of time entries.
fn odd_files() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => prop::sample::select(vec![
            &b"date,person,minutes,description\n"[..], b"User,Start date,Start time,End date,End time,Duration\n",
            b"Date,Hours,First Name\n", b"2024-03-04", b"3/4/2024", b"13.04.24", b"4 March 2024", b"Jo", b"5", b"1.250",
            b"1,5", b"01:30:00", b"1:30", b"2:00:00 AM", b"18:25 min", b"0.5 h", b"Total", b"\"", b"\"\"", b",", b",",
            b";", b"\n", b"\n", b"\r\n", b"\r", b"\xef\xbb\xbf", b"\xff\xfe", b"\xe9", b"\xc3\xa9", b"\0", b"sep=;\n",
            b"99999999999999999999", b"-", b"#", b"#a*", b"\xf0\x9f\x8f\x9d", b"T", b"+", b":", b"::", b" ",
        ]).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    (any::<bool>(), prop::collection::vec(part, 0..80)).prop_map(|(headed, parts)| {
        let head: &[u8] = if headed { b"date,person,minutes,description\n" } else { b"" };
        [head, &parts.concat()].concat()
    })
}

/// Cells which resemble dates, durations, numbers and times.
fn cells() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9/. :,TZampAPM+März’-]{0,20}",
        "[0-9:.,hminsAPMstd €$'\u{a0}\u{202f}-]{0,16}",
        "[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,4}( [0-9]{1,2}:[0-9]{2}( [AP]M)?)?",
        "[0-9]{1,7}[.,'][0-9]{1,7}( ?[a-z]{1,3}\\.?)?",
        "\\PC{0,12}",
        "((mar|lis|paz|maa|den|de|terça-feira|Uhr|uur|PT|GMT|CET|AM|[0-9]{1,4}|[年月日時分])[. ,:+h\u{a0}\u{200e}-]{0,2}){0,7}",
        "[0-9]{0,20}[.,][0-9]{0,40}(e-?[0-9]{1,3})?",
    ]
}

/// The stored inputs of a fuzz target.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files.map(|file| std::fs::read(file).unwrap()).collect()
}

#[test]
fn the_fuzz_targets_hold_over_their_corpus() {
    let run = |target: &str, check: fn(&[u8])| {
        let inputs = corpus(target);
        assert!(inputs.len() >= 5, "{target}");
        inputs.iter().for_each(|input| check(input));
    };
    run("source", source::checks::split_and_decode);
    run("detect", checks::detect);
    run("values", |input| checks::values(&String::from_utf8_lossy(input)));
}

proptest! {
    #[test]
    fn a_table_written_and_read_again_is_the_same(written in written(), piece in 1..400_usize) {
        let text = written.text();
        // Two columns of text may suggest any delimiter, so the delimiter is given as an option.
        let options = ReadingOptions { delimiter: Some(written.delimiter), ..plainly() };
        let plan = survey(text.as_bytes(), &options, 3, piece).unwrap();
        let mut rows = Vec::new();
        load(text.as_bytes(), &plan, |row| {
            let entry = row.parsed.as_ref().unwrap();
            assert_eq!(entry.seconds % 60, 0);
            rows.push(row.cells().into_iter().map(std::borrow::Cow::into_owned).collect::<Vec<_>>());
        });
        prop_assert_eq!(rows, written.rows);
    }

    #[test]
    fn a_delimiter_that_is_found_is_the_right_one(written in written()) {
        let text = written.text();
        let plan = survey(text.as_bytes(), &plainly(), 3, 100).unwrap();
        prop_assert_eq!(plan.layout.delimiter, written.delimiter);
    }

    #[test]
    fn a_file_in_pieces_of_any_size_gives_the_same_rows(bytes in odd_files(), piece in 0..50_u8) {
        checks::detect(&[&[piece], bytes.as_slice()].concat());
    }

    #[test]
    fn any_bytes_in_any_pieces_are_the_same_text_and_the_same_records(
        bytes in odd_files(),
        delimiter in any::<u8>(),
        cut in any::<u8>(),
    ) {
        source::checks::split_and_decode(&[&[delimiter, cut], bytes.as_slice()].concat());
    }

    #[test]
    fn a_cell_means_what_it_says_in_the_plain_way(cell in cells()) {
        checks::values(&cell);
    }

    #[test]
    fn no_file_makes_either_pass_panic(
        bytes in odd_files(),
        format in prop::option::of(prop::sample::select(crate::format::FormatName::ALL.to_vec())),
        delimiter in prop::option::of(any::<u8>()),
    ) {
        let options = ReadingOptions { format, delimiter, ..plainly() };
        if let Ok(plan) = survey(&bytes, &options, 2, 64) {
            let (mut rows, mut line) = (0, 0);
            load(&bytes, &plan, |row| {
                rows += 1;
                assert_eq!(row.row, rows);
                assert!(row.line > line);
                line = row.line;
            });
            prop_assert_eq!(rows, plan.rows);
        }
    }

    #[test]
    fn any_encoding_gives_the_same_rows(written in written()) {
        let text = written.text().replace('🏝', "e");
        let options = ReadingOptions { delimiter: Some(written.delimiter), ..plainly() };
        let utf8 = read_with(text.as_bytes(), &options).unwrap();
        let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        prop_assert_eq!(&read_with(&utf16, &options).unwrap(), &utf8);
        let (windows1252, _, _) = encoding_rs::WINDOWS_1252.encode(&text);
        let told = ReadingOptions { encoding: Some(crate::source::Encoding::Windows1252), ..options };
        prop_assert_eq!(&read_with(&windows1252, &told).unwrap(), &utf8);
    }
}
