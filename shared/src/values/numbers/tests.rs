#![allow(clippy::unwrap_used, reason = "a test")]

use DecimalMark::{Comma, Dot};
use proptest::prelude::*;

use super::*;

fn shown(cell: &str, mark: DecimalMark) -> Option<String> {
    Decimal::read(cell, mark).map(|number| number.to_string())
}

#[test]
fn thousands_are_marked_in_groups_of_three_or_not_at_all() {
    for cell in ["1234567.5", "1,234,567.5", "1 234 567.5", "1\u{202f}234\u{a0}567.5", "1'234'567.5"] {
        assert_eq!(shown(cell, Dot).as_deref(), Some("1234567.5"), "{cell}");
    }
    for cell in ["1,23", "12,34,567", "0,123", ",123", "1,,234", "1234,567", "1.2.3", "1.234,5"] {
        assert_eq!(shown(cell, Dot), None, "{cell}");
    }
    assert_eq!(shown("1.234,5", Comma).as_deref(), Some("1234.5"));
}

#[test]
fn a_number_keeps_its_places() {
    for (cell, plain) in [("007", "7"), ("4.0000", "4.0000"), (".5", "0.5"), ("5.", "5"), ("-0.50", "-0.50")] {
        assert_eq!(shown(cell, Dot).as_deref(), Some(plain), "{cell}");
    }
}

#[test]
fn what_is_no_number_is_none() {
    for cell in ["", " ", "-", ".", "abc", "1e5", "1e", "e-5", "1e-", "1e--5", "1e-5e-5", "0x1", "1-2", "Ⅳ", "½", "五"]
    {
        assert_eq!(shown(cell, Dot), None, "{cell}");
    }
    for cell in ["1234567890123456789", "1234567890123456789.5", "999999999999999999.9", "0.00000000000000000001x"] {
        assert_eq!(shown(cell, Dot), None, "{cell}");
    }
}

#[test]
fn look_alikes_of_digits_and_marks_are_read() {
    for (cell, plain) in [
        ("１２．５", "12.5"),
        ("−5.25", "-5.25"),
        ("‑5", "-5"),
        ("\u{200e}7", "7"),
        ("1\u{2007}234.5", "1234.5"),
        ("1\u{2009}234.5", "1234.5"),
        ("٣", "3"),
    ] {
        assert_eq!(shown(cell, Dot).as_deref(), Some(plain), "{cell}");
    }
    assert_eq!(shown("１，５", Comma).as_deref(), Some("1.5"));
    assert_eq!(shown("١٫٥", Comma).as_deref(), Some("1.5"));
    assert_eq!(shown("１，５", Dot), None);
}

#[test]
fn more_places_than_are_kept_are_rounded_off() {
    for (cell, plain) in [
        ("0.0033333333333333335", "0.0033333333333333335"),
        ("1.16666666666666666666666667", "1.16666666666666667"),
        ("12.3456789012345678949", "12.3456789012345679"),
        ("0.9999999999999999999", "1.00000000000000000"),
        ("0.1000000000000000055511151231257827", "0.100000000000000006"),
        ("5e-05", "0.00005"),
        ("1.2E-3", "0.0012"),
        ("-2.5e-1", "-0.25"),
        ("2.7777777777777776e-4", "0.00027777777777777776"),
    ] {
        assert_eq!(shown(cell, Dot).as_deref(), Some(plain), "{cell}");
    }
    assert_eq!(shown("1,2E-3", Comma).as_deref(), Some("0.0012"));
    assert_eq!(shown("1,2E-3", Dot), None);
    let seconds = |cell: &str| Decimal::read(cell, Dot).unwrap().times(3600);
    assert_eq!(seconds("0.0033333333333333335"), Some(12));
    assert_eq!(seconds("0.0002777777777777777777777777777777777777777777"), Some(1));
    assert_eq!(seconds("0.0001388888888888889"), Some(1), "half a second, as a program divides it");
    assert_eq!(seconds("2.7777777777777776e-04"), Some(1));
    assert_eq!(seconds("5e-324"), Some(0));
}

#[test]
fn products_are_exact_and_halves_go_up() {
    let times = |cell: &str, factor| Decimal::read(cell, Dot).unwrap().times(factor);
    assert_eq!(times("0.1", 3600), Some(360));
    assert_eq!(times("1.16667", 3600), Some(4200));
    assert_eq!(times("0.5", 1), Some(1));
    assert_eq!(times("0.49999", 1), Some(0));
    assert_eq!(times("-0", 1), Some(0));
    assert_eq!(times("-0.1", 3600), None);
    assert_eq!(times("999999999999999999", 3600), None);
}

#[test]
fn money_is_read_without_its_sign() {
    for cell in ["$1250.00", "1250.00 EUR", "€ 1250.00", "USD 1250.00"] {
        assert_eq!(without_currency(cell), "1250.00");
    }
}

proptest! {
    #[test]
    fn any_hours_that_a_program_has_divided_are_the_seconds_that_they_were(seconds in 0..1_000_000_u32) {
        let hours = f64::from(seconds) / 3600.0;
        for cell in [format!("{hours}"), format!("{hours:e}"), format!("{hours:.30}"), format!("{hours:.17}")] {
            // Only numbers with a positive exponent are refused.
            if let Some(number) = Decimal::read(&cell, Dot) {
                prop_assert_eq!(number.times(3600), Some(u64::from(seconds)), "{}", cell);
            } else {
                prop_assert!(cell.contains('e') && !cell.contains("e-"), "{}", cell);
            }
        }
    }

    #[test]
    fn a_long_number_shown_reads_as_the_same(cell in "[0-9]{0,20}[.]?[0-9]{0,60}(e-[0-9]{1,3})?") {
        if let Some(number) = Decimal::read(&cell, Dot) {
            prop_assert!(Decimal::read(&number.to_string(), Dot) == Some(number), "{}", number);
            let _ = number.times(86_400);
        }
    }

    #[test]
    fn what_is_shown_reads_as_the_same_number(cell in "[0-9]{0,7}[.,]?[0-9]{0,7}", comma in any::<bool>()) {
        let mark = if comma { Comma } else { Dot };
        if let Some(number) = Decimal::read(&cell, mark) {
            prop_assert!(is_plain(&number.to_string()));
            prop_assert!(Decimal::read(&number.to_string(), Dot) == Some(number));
        }
    }
}
