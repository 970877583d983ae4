//! Tests of encodings: each file is decoded rightly with the encoding named, or refused
//! with the position of the fault.

use super::*;
use crate::source::Encoding;

const FILE: &str = "date,person,minutes,description\n2024-03-04,Zoë Müller,5,“naïve” café – 5 €\n2024-03-05,Mo,6,x\n";

fn windows1252(text: &str) -> Vec<u8> {
    let (bytes, _, lossy) = encoding_rs::WINDOWS_1252.encode(text);
    assert!(!lossy);
    bytes.into_owned()
}

fn utf16(text: &str, bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes_of).collect()
}

/// Reads a file in pieces of several sizes, and checks the detected encoding and the rows.
fn check(bytes: &[u8], encoding: Encoding) {
    for piece in [1, 2, 3, 64, 1000] {
        let plan = survey(bytes, &plainly(), 1, piece).unwrap_or_else(|refusal| panic!("{refusal}"));
        assert_eq!(plan.layout.encoding, encoding);
        let mut rows = Vec::new();
        load(bytes, &plan, |row| rows.push(tell(row)));
        assert_eq!(
            rows,
            [
                "2024-03-04 | 300 s | name: Zoë Müller | text: “naïve” café – 5 €",
                "2024-03-05 | 360 s | name: Mo | text: x",
            ]
        );
    }
}

#[test]
fn utf_8_is_read_with_and_without_its_mark() {
    check(FILE.as_bytes(), Encoding::Utf8);
    check(format!("\u{feff}{FILE}").as_bytes(), Encoding::Utf8);
}

#[test]
fn utf_16_is_read_both_ways_with_and_without_its_mark() {
    let marked = format!("\u{feff}{FILE}");
    check(&utf16(&marked, u16::to_le_bytes), Encoding::Utf16Le);
    check(&utf16(&marked, u16::to_be_bytes), Encoding::Utf16Be);
    check(&utf16(FILE, u16::to_le_bytes), Encoding::Utf16Le);
    check(&utf16(FILE, u16::to_be_bytes), Encoding::Utf16Be);
}

#[test]
fn letters_beyond_the_first_plane_do_not_shift_the_chunks() {
    let file = "\u{feff}date,person,minutes,description\n2024-03-04,Jo,5,🏝️ é\n2024-03-05,Jo,6,🎉\n2024-03-06,Jo,7,z\n";
    for bytes in [utf16(file, u16::to_le_bytes), utf16(file, u16::to_be_bytes)] {
        assert_eq!(read(&bytes)[2], "2024-03-06 | 420 s | name: Jo | text: z");
        assert_eq!(read(&bytes)[1], "2024-03-05 | 360 s | name: Jo | text: 🎉");
    }
}

#[test]
fn windows_1252_is_found_by_its_first_accent_however_late() {
    check(&windows1252(FILE), Encoding::Windows1252);
    let late =
        format!("date,person,minutes,description\n{}2024-03-04,Jo,5,Café\n", "2024-03-04,Jo,5,plain\n".repeat(5000));
    let bytes = windows1252(&late);
    let plan = survey(&bytes, &plainly(), 1000, 1000).unwrap();
    assert_eq!((plan.rows, plan.layout.encoding), (5001, Encoding::Windows1252));
    let mut last = String::new();
    load(&bytes, &plan, |row| last = tell(row));
    assert_eq!(last, "2024-03-04 | 300 s | name: Jo | text: Café");
}

#[test]
fn one_accent_is_enough_to_tell_windows_1252() {
    for word in [
        "Café",
        "Zoë",
        "Müller",
        "Straße",
        "São Paulo",
        "Ørsted",
        "mañana",
        "d’accord",
        "5 €",
        "a – b",
        "Forêt",
        "naïve",
        "«CAFÉ»",
        "10°",
        "déjà à côté",
        "Ångström",
        "“x”",
        "¿Qué?",
        "£50",
        "®",
        "«oui»",
    ] {
        let bytes = windows1252(&format!("date,person,minutes,description\n2024-03-04,Jo,5,{word}\n"));
        assert_eq!(read(&bytes), [format!("2024-03-04 | 300 s | name: Jo | text: {word}")], "{word}");
    }
}

#[test]
fn damaged_utf_8_is_refused_with_the_position() {
    let mut bytes = FILE.as_bytes().to_vec();
    let at = bytes.len() - 2;
    bytes[at] = 0xe9;
    let reason = refused(&bytes).to_string();
    let said = format!(
        "the file is UTF-8, but for byte {at} (counted from 0) on line 3: a letter is broken or cut there; mend it, or export \
         the file again"
    );
    assert_eq!(reason, said);
    // The damage may come first, and the following UTF-8 letters must not be read as two letters each.
    let mut bytes = b"date,person,minutes,tags\n2024-03-04,J\xe9,5,a\n".to_vec();
    bytes.extend_from_slice("2024-03-04,Zoë,5,a\n".as_bytes());
    let reason = refused(&bytes).to_string();
    assert!(reason.contains("UTF-8, but for byte 37 (counted from 0) on line 2, behind \"J\""), "{reason}");
    assert!(!reason.contains("encoding="), "{reason}");
}

#[test]
fn the_callers_word_for_the_encoding_is_believed() {
    let options = ReadingOptions { encoding: Some(Encoding::Windows1252), ..plainly() };
    let rows = read_with("date,person,minutes,tags\n2024-03-04,Zoë,5,\n".as_bytes(), &options).unwrap();
    assert_eq!(rows, ["2024-03-04 | 300 s | name: ZoÃ«"]);
    let options = ReadingOptions { encoding: Some(Encoding::Utf8), ..plainly() };
    let refusal = read_with(&windows1252(FILE), &options).unwrap_err();
    assert!(refusal.to_string().contains("byte 45 (counted from 0) on line 2 is not valid utf-8"), "{refusal}");
}

#[test]
fn other_code_pages_are_refused_and_named() {
    for (text, encoding) in [
        ("Привет работа", encoding_rs::WINDOWS_1251),
        ("Łódź zażółć", encoding_rs::WINDOWS_1250),
        ("Łukasz", encoding_rs::WINDOWS_1250),
        ("会議の準備", encoding_rs::SHIFT_JIS),
        ("会议记录", encoding_rs::GBK),
        ("προϊόν", encoding_rs::WINDOWS_1253),
    ] {
        let (cell, _, _) = encoding.encode(text);
        let bytes = [b"date,person,minutes,description\n2024-03-04,Jo,5,", &cell[..], b"\n"].concat();
        let reason = refused(&bytes).to_string();
        assert!(reason.contains("counted from 0"), "{text}: {reason}");
    }
}

#[test]
fn bytes_without_a_letter_are_refused_with_their_position() {
    let reason = refused(b"date,person,minutes,tags\n2024-03-04,Caf\xe9 \x81,5,\n").to_string();
    assert!(reason.contains("byte 41 (counted from 0) on line 2") && !reason.contains("encoding="), "{reason}");
    let told = ReadingOptions { encoding: Some(Encoding::Windows1252), ..plainly() };
    let reason = read_with(b"date,person,minutes,tags\r\n2024-03-04,Caf\xe9 \x81,5,\r\n", &told).unwrap_err();
    assert_eq!(reason.to_string(), "byte 42 (counted from 0) on line 2 is not valid windows-1252");
    let half = utf16(&format!("\u{feff}{FILE}"), u16::to_le_bytes);
    let lone = [&half[..half.len() - 2], &[0x00, 0xd8, b'a', 0x00]].concat();
    let reason = refused(&lone).to_string();
    assert_eq!(reason, format!("byte {} (counted from 0) on line 3 is not valid utf-16le", half.len() - 2));
    assert!(refused(&half[..half.len() - 1]).to_string().contains("not valid utf-16le"));
}

#[test]
fn broken_marks_are_left_out() {
    assert_eq!(read([b"\xff\xfe", FILE.as_bytes()].concat()).len(), 2);
    assert_eq!(read(format!("\u{feff}\u{feff}{FILE}")).len(), 2);
    assert_eq!(read(format!("ï»¿{FILE}")).len(), 2);
    assert_eq!(read(format!("ï»¿\"date\"{}", &FILE[4..])).len(), 2);
}

#[test]
fn the_evidence_says_how_the_encoding_was_found() {
    let first = |bytes: &[u8]| survey(bytes, &plainly(), 1, 99).unwrap().layout.evidence[0].clone();
    assert_eq!(first(FILE.as_bytes()), "encoding utf-8: every byte fits");
    assert_eq!(first(format!("\u{feff}{FILE}").as_bytes()), "encoding utf-8: by the mark at the beginning");
    assert_eq!(first(&windows1252(FILE)), "encoding windows-1252: byte 45 (counted from 0) is not UTF-8");
}

#[test]
fn a_word_or_two_of_another_code_page_is_no_mojibake() {
    let file = |name: &[u8]| [b"date,hours,person,description\n2024-01-01,1,".as_slice(), name, b",x\n"].concat();
    // The words in Mac Roman and DOS are Jos\u{e9} M\u{fc}ller, na\u{ef}ve, S\u{f8}ren, Gro\u{df} and caf\u{e9}.
    for name in [b"Jos\x8e M\x9fller".as_slice(), b"na\x95ve", b"S\xbfren", b"Gro\xa7", b"caf\x82"] {
        let said = refused(file(name)).to_string();
        assert!(said.contains("byte ") && !said.contains("encoding="), "{name:?}: {said}");
    }
    for name in [
        b"Jos\xe9 M\xfcller".as_slice(),
        b"\x8ei\x9eek",
        b"Fran\xe7ois \x93the best\x94",
        b"O\x92Neill \xa7 5",
        b"A\xae",
        b"L\x92ha\xff",
    ] {
        assert!(read_with(&file(name), &plainly()).is_ok(), "{name:?}");
    }
}

#[test]
fn pairs_of_surrogates_are_their_characters() {
    // The rocket 🚀 as written by MySQL, Oracle and Java, and as UTF-8.
    let pair = b"\xed\xa0\xbd\xed\xba\x80";
    let rows =
        [b"2024-03-04,Jo,5,ship ", &pair[..], b"\n2024-03-05,Jo,6,\xf0\x9f\x9a\x80\n2024-03-06,Jo,7,Zo\xc3\xab\n"];
    let file = [&b"date,person,minutes,description\n"[..], &rows.concat()].concat();
    let expected = [
        "2024-03-04 | 300 s | name: Jo | text: ship 🚀",
        "2024-03-05 | 360 s | name: Jo | text: 🚀",
        "2024-03-06 | 420 s | name: Jo | text: Zoë",
    ];
    for encoding in [None, Some(Encoding::Utf8), Some(Encoding::Cesu8)] {
        let options = ReadingOptions { encoding, ..plainly() };
        for piece in 1..20 {
            let plan = survey(&file, &options, 1, piece).unwrap();
            assert_eq!(plan.layout.encoding, Encoding::Cesu8);
            let mut rows = Vec::new();
            load(&file, &plan, |row| rows.push(tell(row)));
            assert_eq!(rows, expected);
        }
    }
    let evidence = &survey(&file, &plainly(), 1, 99).unwrap().layout.evidence[0];
    assert!(
        evidence.starts_with("encoding cesu-8: byte 53 (counted from 0) on line 2 and others are halves"),
        "{evidence}"
    );
    // Half of a pair is no character.
    let half =
        [&b"date,person,minutes,description\n2024-03-04,Jo,5,ship "[..], &pair[..3], b"\n2024-03-05,Jo,6,x\n"].concat();
    for piece in 1..20 {
        let refusal = survey(&half, &plainly(), 1, piece).unwrap_err().to_string();
        assert!(
            refusal.starts_with("the file is UTF-8, but for byte 53 (counted from 0) on line 2, behind \"ship \""),
            "{refusal}"
        );
    }
}

#[test]
fn a_file_in_another_encoding_is_named_before_its_columns_are_unknown() {
    let row = "04.03.2024;Иван;5;Посадка деревьев\n";
    let file = format!("Дата;Сотрудник;Минуты;Описание\n{}", row.repeat(1000));
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(&file);
    for piece in [100, 20_000, 100_000] {
        let said = survey(&bytes, &plainly(), 100, piece).unwrap_err().to_string();
        assert!(said.contains("Cyrillic text in windows-1251 (\"Сотрудник\"): say encoding=windows-1251"), "{said}");
    }
}

#[test]
fn the_line_is_that_of_the_byte_however_the_file_is_cut() {
    let row = "2024-03-04,Jo,5,\"a\r\nb\rc\"\r\n";
    let mut bytes = format!("\u{feff}date,person,minutes,description\r\n\r\n{}", row.repeat(30)).into_bytes();
    let at = bytes.len();
    bytes.extend_from_slice(b"2024-03-04,Jo,5,Zo\xeb\r\n");
    for piece in 1..40 {
        let said = survey(&bytes, &plainly(), 4, piece).unwrap_err().to_string();
        let place = format!("byte {} (counted from 0) on line 93, behind \"Zo\"", at + 18);
        assert!(said.contains(&place), "{piece}: {said}");
    }
}
