//! Tests that files made to be slow are surveyed in a time that grows with their size and no faster.

use std::time::{Duration, Instant};

use super::gzips::gzip;
use super::{Cancellation, WantedSheet, survey};

const HEADER: &str = "date,person,project,minutes,description\n";

/// Files of about `size` bytes with their names.
fn files(size: usize) -> Vec<(&'static str, Vec<u8>)> {
    let fill = |piece: &str| piece.repeat(size / piece.len() + 1);
    let with_header = |piece: &str| format!("{HEADER}{}", fill(piece));
    let cell = "x".repeat(size / 4);
    vec![
        ("one line without a delimiter", fill("x")),
        ("one line of delimiters", fill(",")),
        ("all four delimiters", fill(",;\t|")),
        ("blanks and delimiters", fill(" ,")),
        ("quotes alone", fill("\"")),
        ("a quote and a delimiter", fill("\",")),
        ("a quote that is never closed", format!("{HEADER}\"{}", fill("a,\n"))),
        ("doubled quotes in one cell", format!("{HEADER}\"{}", fill("\"\""))),
        ("quotes that close at once", with_header("\"\"x,\"")),
        ("line breaks", fill("\n")),
        ("carriage returns", with_header("\r")),
        ("a header of names", format!("{}\n1\n", fill("date,"))),
        ("a header of quotes", format!("{}\n1\n", fill("\"\"\"\","))),
        ("rows of delimiters", with_header(",,,,\n")),
        ("one row of delimiters", with_header(",")),
        ("rows of one letter", with_header("a\n")),
        ("long records", with_header(&format!("{cell}\n"))),
        ("records as long as half of it", with_header(&format!("{cell}{cell}\n"))),
        (
            "cells of lines that look like rows",
            format!("{HEADER}2026-01-02,Kim,Quay,5,\"{}\"\n", fill("2026-01-02,a,b,c\n")),
        ),
        ("dates that fit no order", with_header("13/13/2026,Kim,Quay,5,x\n")),
        ("dates that fit each order", with_header("01/02/2026,Kim,Quay,5,x\n")),
        ("dates that all differ", {
            let row = |n: usize| format!("{:04}-{:02}-{:02},Kim,Quay,{n},x\n", 1900 + n % 300, 1 + n % 12, 1 + n % 28);
            format!("{HEADER}{}", (0..size / 24).map(row).collect::<String>())
        }),
        ("long digits", with_header(&format!("2026-01-02,Kim,Quay,{},x\n", "9".repeat(10_000)))),
        ("digits in groups", with_header(&format!("2026-01-02,Kim,Quay,{},x\n", "1,".repeat(5_000)))),
        ("colons in durations", with_header(&format!("2026-01-02,Kim,Quay,{},x\n", "1:".repeat(5_000)))),
        ("dates of many dots", with_header(&format!("{},Kim,Quay,5,x\n", "1.".repeat(5_000)))),
        ("tags without end", with_header(&format!("2026-01-02,Kim,Quay,5,{}\n", "#a ".repeat(3_000)))),
        ("rows of totals", with_header("Total,,,5,\n")),
        ("rows that may be the sum", with_header(",,,5,\n")),
        ("a delimiter that is declared", format!("sep=;\n{}", fill("a;b\n"))),
        ("a declaration without end", format!("sep={}", fill("a"))),
        ("combining letters", with_header("2026-01-02,e\u{301}\u{323},\u{1f1e6},5,x\n")),
    ]
    .into_iter()
    .map(|(name, text)| (name, text.into_bytes()))
    .chain([
        ("Windows-1252", [HEADER.as_bytes(), &b"2026-01-02,K\xefm,Qu\xe4y,5,na\xefve\n".repeat(size / 32)].concat()),
        // Each word is decoded in seven code pages, up to 10,000 words.
        ("a word of high bytes", [HEADER.as_bytes(), &vec![0xe9; size / 16]].concat()),
        ("signs that open", [HEADER.as_bytes(), &b"\xbfa ".repeat(size / 3)].concat()),
        ("UTF-16", "a\u{e9},b\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>().repeat(size / 10)),
        ("a gzip of delimiters", gzip(fill(",").as_bytes())),
        ("a gzip of members", gzip(b",").repeat(size / 21)),
        ("ends of directories", [b"PK\x03\x04".as_slice(), &b"PK\x05\x06".repeat(size / 4)].concat()),
        ("heads of directories", [b"PK\x03\x04".as_slice(), &b"PK\x01\x02".repeat(size / 4)].concat()),
    ])
    .collect()
}

fn time(file: &[u8]) -> Duration {
    let begun = Instant::now();
    let bytes = bytes::Bytes::copy_from_slice(file);
    let _ = survey(bytes, &WantedSheet::default(), 1000, &Cancellation::default());
    begun.elapsed()
}

/// A file four times as long must take about four times as long. The margin allows for a busy machine, but not for a
/// quadratic time, which would be sixteen times as long.
#[test]
fn the_time_of_a_survey_grows_with_the_file_and_not_faster() {
    const SIZE: usize = 160 << 10;
    let mut slow = Vec::new();
    for ((name, small), (_, large)) in files(SIZE).iter().zip(&files(4 * SIZE)) {
        let fastest = |file: &[u8]| (0..3).map(|_| time(file)).min().unwrap_or_default();
        let (one, four) = (time(small), time(large));
        let is_slow = |one: Duration, four: Duration| four > 9 * one + Duration::from_millis(100);
        if is_slow(one, four) && is_slow(fastest(small), fastest(large)) {
            slow.push(format!("{name}: {one:?}, four times as much: {four:?}"));
        }
        println!("{name}: {one:?} {four:?}");
    }
    assert!(slow.is_empty(), "{slow:#?}");
}
