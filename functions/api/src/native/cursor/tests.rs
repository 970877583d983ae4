//! Tests of cursors, over every field and every way of damage.

use shared::id::AccountId;
use shared::import::Status;
use shared::import::list::ListOrder;

use super::*;
use crate::native::parameters::{IMPORTS, MAPPINGS, RECORDS, RESULTS};
use crate::native::scan::Operator;

const ACCOUNT: AccountId = AccountId(7);

fn of_status(words: &[&'static str]) -> Vec<Included> {
    if words.is_empty() { Vec::new() } else { vec![Included { field: "status", words: words.to_vec() }] }
}

fn key() -> CursorKey {
    CursorKey::of("a key")
}

/// Scans with each sort, status, operator and length of a time.
fn scans() -> Vec<Scan> {
    let mut scans = Vec::new();
    let times = ["2026-03-01", "2026-03-01T00:00:00.123456789+02:00", "2026-03-01T02:00:00Z"];
    for (at, (_, field)) in SORTS.into_iter().enumerate() {
        for ascending in [false, true] {
            for (operator, text) in OPERATORS.into_iter().map(|(_, operator)| operator).zip(times.into_iter().cycle()) {
                let bound = Bound::parse(operator, text);
                let sort = Sort { field, ascending };
                let some: Vec<_> = Status::WORDS.iter().copied().skip(at).step_by(3).collect();
                scans.push(Scan { included: of_status(&some), created: bound.clone(), updated: None, sort });
                scans.push(Scan { included: Vec::new(), created: None, updated: bound.clone(), sort });
                let included = of_status(Status::WORDS);
                scans.push(Scan { included, created: bound.clone(), updated: bound, sort });
            }
        }
    }
    scans
}

fn cursors() -> Vec<Cursor> {
    let places = [(0, 1), (1_772_323_200_000, 9_007_198), (i64::MAX, u64::MAX), (i64::MIN, 0)];
    scans().into_iter().zip(places.into_iter().cycle()).map(|(scan, place)| Cursor { scan, place }).collect()
}

fn read(text: &str) -> Result<Cursor, String> {
    Cursor::read(text, &key(), IMPORTS.of(ACCOUNT)).map_err(|problem| format!("{problem:?}"))
}

#[test]
fn a_cursor_is_read_as_it_was_written_and_fits_a_url() {
    for cursor in cursors() {
        let text = cursor.written(&key(), IMPORTS.of(ACCOUNT));
        assert!(text.len() <= LONGEST && text.len() < 200, "{}", text.len());
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')), "{text}");
        let back = read(&text).unwrap();
        assert_eq!(back, cursor);
        assert_eq!(back.scan.filtered_by(), cursor.scan.filtered_by());
    }
}

#[test]
fn every_flipped_bit_and_every_truncation_is_refused() {
    for cursor in cursors().into_iter().step_by(5) {
        let text = cursor.written(&key(), IMPORTS.of(ACCOUNT));
        let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        let refused = |text: &str| {
            let said = read(text).unwrap_err();
            assert!(said.contains("start_cursor") && said.contains("does not belong to this query"), "{text}: {said}");
        };
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            refused(&URL_SAFE_NO_PAD.encode(flipped));
        }
        for bit in 0..text.len() * 8 {
            let mut flipped = text.clone().into_bytes();
            flipped[bit / 8] ^= 1 << (bit % 8);
            refused(&String::from_utf8_lossy(&flipped));
        }
        for length in 0..bytes.len() {
            refused(&URL_SAFE_NO_PAD.encode(&bytes[..length]));
        }
        (0..text.len()).for_each(|length| refused(&text[..length]));
        for other in [format!("{text}A"), format!("{text}AA"), format!("{text}="), format!(" {text}"), "A".repeat(1000)]
        {
            refused(&other);
        }
    }
}

#[test]
fn a_cursor_of_another_list_account_or_key_is_refused() {
    for cursor in cursors() {
        for other in [
            cursor.written(&key(), MAPPINGS.of(ACCOUNT)),
            cursor.written(&key(), IMPORTS.of(AccountId(8))),
            cursor.written(&CursorKey::of("another key"), IMPORTS.of(ACCOUNT)),
        ] {
            assert!(read(&other).unwrap_err().contains("does not belong to this query"));
        }
    }
}

#[test]
fn a_cursor_of_another_import_is_refused_and_a_list_of_rows_keeps_both_filters() {
    let included = vec![
        Included { field: "status", words: vec!["error", "created"] },
        Included { field: "outcome", words: vec!["failed"] },
    ];
    let scan = Scan { included, created: None, updated: None, sort: Sort::FIRST };
    let cursor = Cursor { scan, place: (40, 1_000_000) };
    let own = RESULTS.within(ACCOUNT, 3);
    let text = cursor.written(&key(), own);
    assert_eq!(Cursor::read(&text, &key(), own).unwrap(), cursor);
    for other in
        [RESULTS.within(ACCOUNT, 4), RESULTS.within(AccountId(8), 3), RECORDS.within(ACCOUNT, 3), RESULTS.of(ACCOUNT)]
    {
        let said = format!("{:?}", Cursor::read(&text, &key(), other).unwrap_err());
        assert!(said.contains("does not belong to this query"), "{other:?}: {said}");
    }
}

#[test]
fn a_cursor_of_an_older_version_has_expired() {
    for cursor in cursors() {
        for version in [0, 1, VERSION + 1] {
            let said = read(&cursor.sealed(version, &key(), IMPORTS.of(ACCOUNT))).unwrap_err();
            assert!(said.contains("start_cursor") && said.contains("has expired"), "{said}");
        }
    }
}

#[test]
fn what_is_sealed_and_no_cursor_is_refused() {
    let cursor = Cursor {
        scan: Scan {
            included: of_status(&["new"]),
            created: Bound::parse(Operator::Lt, "2026-03-01"),
            updated: None,
            sort: Sort { field: ListOrder::Id, ascending: false },
        },
        place: (0, 7),
    };
    let text = cursor.written(&key(), IMPORTS.of(ACCOUNT));
    let bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
    let content = &bytes[..bytes.len() - SEAL];
    for at in 1..content.len() {
        for content in [content[..at].to_vec(), [&content[..at], &[255], &content[at..]].concat()] {
            let seal = key().seal(IMPORTS.of(ACCOUNT), &content).finalize().into_bytes();
            let text = URL_SAFE_NO_PAD.encode([&content[..], &seal[..SEAL]].concat());
            // A longer content may be read differently, but never fails otherwise than by the refusal.
            if let Err(said) = read(&text) {
                assert!(said.contains("does not belong to this query"), "{said}");
            }
        }
    }
}
