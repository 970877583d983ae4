//! What holds for every file.

use proptest::prelude::*;

use super::*;

/// A table and how it is written.
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

/// Bytes that look like files of time entries, more or less.
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

proptest! {
    #[test]
    fn a_table_written_and_read_again_is_the_same(written in written(), piece in 1..400_usize) {
        let text = written.text();
        // Two columns of text can look like any delimiter; the caller may always say it.
        let options = ReadingOptions { delimiter: Some(written.delimiter), ..plainly() };
        let plan = survey(text.as_bytes(), &options, 3, piece).unwrap();
        let mut rows = Vec::new();
        load(text.as_bytes(), &plan, |row| {
            let entry = row.entry.as_ref().unwrap();
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
    fn a_file_in_pieces_of_any_size_gives_the_same_plan(bytes in odd_files(), piece in 1..50_usize) {
        let whole = survey(&bytes, &plainly(), 3, bytes.len().max(1));
        // Which of two reasons to refuse a file is met first may depend on the pieces.
        prop_assert_eq!(survey(&bytes, &plainly(), 3, piece).ok(), whole.ok());
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
