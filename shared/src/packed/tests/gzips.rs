//! Tests of gzips, whole, cut off and damaged.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::{Gunzip, Limits, WantedSheet, entries, refusal, table};

/// Makes a gzip of a single member.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

const TABLES: [&str; 6] = [
    "User,Email,Start date,Start time,Duration\nKim,kim@example.com,2026-03-05,09:00:00,27:00:01\n",
    "Date,Client,Project,Hours,First Name,Last Name\n2026-03-05,Orchard,Website,1.25,Kim,Demo\n",
    "Issue Key,Issue summary,Hours,Work date,Full name\nABC-1,Mend,2,2026-01-02 09:00,Kim Demo\n",
    "date,person,hours,description,todo,list,company,project\n2026-03-05,Kim,1.16667,Draw,,,Orchard,Website\n",
    "Team,Date,Client,Project,Task,Notes,Hours,Billed\nKim,04/13/26,Internal,Website,General,Draw,4.0000,No\n",
    "date;person;minutes;tags\n2026-08-09;Kim;90;\"design, draw\"\n",
];

#[test]
fn each_format_reads_the_same_packed_and_not() {
    for text in TABLES {
        let packed = gzip(text.as_bytes());
        assert_eq!(entries(&packed), entries(text.as_bytes()));
        let evidence = table(&packed, &WantedSheet::default()).unwrap().1.evidence;
        assert_eq!(evidence, [format!("a gzip of {} bytes, {} unpacked", packed.len(), text.len())]);
    }
}

#[test]
fn all_members_are_read() {
    let (first, second) = TABLES[0].split_at(30);
    let members = [gzip(first.as_bytes()), gzip(b""), gzip(second.as_bytes())].concat();
    assert_eq!(entries(&members), entries(TABLES[0].as_bytes()));
}

#[test]
fn a_gzip_that_is_cut_off_anywhere_is_refused() {
    let whole = [gzip(TABLES[0].as_bytes()), gzip(TABLES[0].as_bytes())].concat();
    let member = whole.len() / 2;
    for length in (2..whole.len()).filter(|&length| length != member) {
        let said = refusal(&whole[..length]);
        assert!(said.contains("cut off"), "{length}: {said}");
    }
    // A cut at the end of a member cannot be found, because the member's checksum is correct.
    assert!(table(&whole[..member], &WantedSheet::default()).is_ok());
}

#[test]
fn damage_is_found_by_the_check_sum() {
    let mut packed = gzip(TABLES[0].as_bytes());
    let trailer = packed.len() - 6;
    packed[trailer] ^= 1;
    assert!(refusal(&packed).contains("damaged"));
    let mut garbage = gzip(TABLES[0].as_bytes());
    garbage.extend(b"and more of it");
    assert!(refusal(&garbage).contains("damaged"));
}

#[test]
fn a_bomb_is_refused_before_it_is_unpacked() {
    let packed = gzip(&vec![b'a'; 40 << 20]);
    let mut most = 0_usize;
    let mut gunzip = Gunzip::new(&Limits::PARSER);
    let pushed = gunzip.push(&packed, &mut |out| {
        most += out.len();
        Ok(())
    });
    assert!(pushed.unwrap_err().to_string().contains("bomb"));
    assert!(most <= 33 << 20, "{most} bytes came out");
    // A gzip is also refused for its size alone, without being a bomb.
    let mut gunzip = Gunzip::new(&Limits { table: 1000, ..Limits::PARSER });
    let pushed = gunzip.push(&gzip(&vec![b'a'; 200_000]), &mut |_| Ok(()));
    assert!(pushed.unwrap_err().to_string().contains("more than 0 MB"));
}

#[test]
fn only_one_wrapping_is_taken_off() {
    for (inner, said) in [
        (gzip(b"a,b\n"), "another gzip"),
        (b"PK\x03\x04 and so on".to_vec(), ".xlsx"),
        (b"\xd0\xcf\x11\xe0 and so on".to_vec(), ".xls"),
    ] {
        let refused = refusal(&gzip(&inner));
        assert!(refused.contains(said) && refused.contains("unpack it once"), "{refused}");
    }
}

proptest! {
    #[test]
    fn pieces_of_any_size_give_the_same_bytes(text in "[a-c,\n]{0,400}", piece in 1_usize..50, cut in 0_usize..400) {
        let (first, second) = text.split_at(cut.min(text.len()));
        let packed = [gzip(first.as_bytes()), gzip(second.as_bytes())].concat();
        let mut table = Vec::new();
        let mut gunzip = Gunzip::new(&Limits::PARSER);
        let mut sink = |out: &[u8]| {
            table.extend_from_slice(out);
            Ok(())
        };
        for piece in packed.chunks(piece) {
            gunzip.push(piece, &mut sink).unwrap();
        }
        gunzip.finish(&mut sink).unwrap();
        prop_assert_eq!(String::from_utf8(table).unwrap(), text);
    }
}
