//! Tests of both conversions: tables of the vendor's behaviour, and the promises of the module for any text.

#![allow(clippy::unwrap_used, reason = "a test")]

use jiff::civil::date;
use jiff::tz::{Offset, TimeZone};
use proptest::prelude::*;

use super::*;

/// All types, by their words.
fn types() -> Vec<FieldType> {
    FieldType::WORDS.iter().map(|word| serde_json::from_value((*word).into()).unwrap()).collect()
}

/// A moment in a zone two hours ahead of UTC.
fn now() -> Zoned {
    date(2024, 7, 9).at(16, 20, 30, 0).to_zoned(TimeZone::fixed(Offset::constant(2))).unwrap()
}

fn options() -> Vec<String> {
    options_of("red\r\n blue\r\ngreen *\r\n*grey\r\n\r\n1")
}

fn by_hand(field_type: FieldType, text: &str) -> String {
    convert_by_hand(field_type, &options(), text, &now())
}

fn strict(field_type: FieldType, text: &str) -> Result<String, String> {
    convert(field_type, &options(), text).map_err(|bad| format!("{}: {bad}", bad.code))
}

#[test]
fn every_type_has_its_word_and_an_empty_value_that_stays() {
    let words = "integer float date empty_date datetime empty_datetime text email phone phone_fax phone_gsm select big \
                 foreign_key";
    assert_eq!(FieldType::WORDS.join(" "), words);
    for field_type in types() {
        let empty = field_type.empty();
        for text in ["", empty] {
            assert_eq!(strict(field_type, text).as_deref(), Ok(empty), "{field_type}");
            assert_eq!(by_hand(field_type, text), empty, "{field_type}");
        }
    }
}

#[test]
fn numbers_by_hand_are_those_of_a_cast() {
    for (text, integer, float) in [
        ("value", "0", "0"),
        ("   3 ", "3", "3"),
        ("true", "0", "0"),
        ("-2", "-2", "-2"),
        (" 2.99  ", "2", "2.99"),
        ("-2.99", "-2", "-2.99"),
        ("12abc", "12", "12"),
        ("1e3", "1000", "1000"),
        ("1e3.5", "1000", "1000"),
        (".5", "0", "0.5"),
        (".", "0", "0"),
        ("-", "0", "0"),
        ("- 5", "0", "0"),
        ("5e", "5", "5"),
        ("-0.0", "0", "0"),
        ("0x1A", "0", "0"),
        ("1,5", "1", "1"),
        ("007.50", "7", "7.5"),
        ("99999999999999999999", "9223372036854775807", "9.9999999999999999999E+19"),
        ("-99999999999999999999", "-9223372036854775808", "-9.9999999999999999999E+19"),
        ("1e25", "9223372036854775807", "1.0E+25"),
        ("0.00012", "0", "0.00012"),
        ("0.000012", "0", "1.2E-5"),
        ("12345678901234567", "12345678901234567", "12345678901234567"),
        ("1e999", "9223372036854775807", "1.7976931348623157E+308"),
        ("1e-999", "0", "0"),
    ] {
        assert_eq!(
            (by_hand(FieldType::Integer, text).as_str(), by_hand(FieldType::Float, text).as_str()),
            (integer, float),
            "{text:?}"
        );
    }
}

#[test]
fn numbers_of_imports_are_whole_texts() {
    for (text, integer, float) in [
        ("12", Ok("12"), Ok("12")),
        (" +7 ", Ok("7"), Ok("7")),
        ("-0", Ok("0"), Ok("0")),
        ("3.00", Ok("3"), Ok("3")),
        ("1.50", Err("is no whole number"), Ok("1.5")),
        ("1,5", Err("is no whole number"), Err("is no number with a decimal point")),
        ("1e3", Err("is no whole number"), Ok("1000")),
        ("12 kg", Err("is no whole number"), Err("is no number with a decimal point")),
        ("9223372036854775808", Err("is a larger number than the field can hold"), Ok("9.223372036854775808E+18")),
        ("1e400", Err("is no whole number"), Err("is larger or smaller than any number which the field can hold")),
    ] {
        let told = |said: Result<&str, &str>| said.map(str::to_owned).map_err(|how| format!("invalid_number: {how}"));
        assert_eq!(strict(FieldType::Integer, text), told(integer), "{text:?}");
        assert_eq!(strict(FieldType::Float, text), told(float), "{text:?}");
    }
}

#[test]
fn dates_by_hand_are_those_that_the_vendor_reads() {
    for (text, moment) in [
        ("2020-01-02 03:04:05", "2020-01-02 03:04:05"),
        ("  2020-01-02t03:04:05  ", "2020-01-02 03:04:05"),
        ("2020-01-02t03:04:05.987654", "2020-01-02 03:04:05"),
        ("2020-01-02 03:4", "2020-01-02 03:04:00"),
        ("2020-01-02 03:", ""),
        ("2020-01-02 03:04 02:00", ""),
        ("2020-01-02tz03:04", ""),
        ("2020-2", "2020-02-01 00:00:00"),
        ("2020 2", ""),
        ("1900-01-001 00:00", ""),
        ("0000-00-00 23:59:59", ""),
        ("0000-00-01 00:00", ""),
        ("0000-05-01", "0000-05-01 00:00:00"),
        ("aa", ""),
        ("true", ""),
        ("", ""),
        ("1596979546", ""),
        ("999", ""),
        ("10000", ""),
        ("2020-01-02 03:04:05z", "2020-01-02 05:04:05"),
        ("2020-01-02 03:04:05utc", "2020-01-02 05:04:05"),
        ("2020-01-02 03:04:05+03:00", "2020-01-02 02:04:05"),
        ("2020-01-02 03:04:05 -0230", "2020-01-02 07:34:05"),
        ("@1577934245", "2020-01-02 05:04:05"),
        ("1959", "2024-07-09 19:59:00"),
        ("1960", "1960-07-09 16:20:30"),
        ("19:59", "2024-07-09 19:59:00"),
        ("now", "2024-07-09 16:20:30"),
        ("a", "2024-07-09 16:20:30"),
        ("j", ""),
        ("Yesterday", "2024-07-08 00:00:00"),
        ("tomorrow", "2024-07-10 00:00:00"),
        ("noon", "2024-07-09 12:00:00"),
        ("2024-02-30", "2024-03-01 00:00:00"),
        ("2024-00-10", "2023-12-10 00:00:00"),
        ("2024-13-01", ""),
        ("31-12-2024", "2024-12-31 00:00:00"),
        ("31.12.2024 24:00", "2025-01-01 00:00:00"),
        ("12/31/2024, 2:05 pm", "2024-12-31 14:05:00"),
        ("31/12/2024", ""),
        ("20241231", "2024-12-31 00:00:00"),
        ("5 March 2024", "2024-03-05 00:00:00"),
        ("5-Mar-2024 9:00", "2024-03-05 09:00:00"),
        ("Sept 5th, 2024", "2024-09-05 00:00:00"),
        ("2024-12-31x", ""),
        ("2024-12-3110:00", ""),
        ("12:00 13 pm", ""),
    ] {
        assert_eq!(by_hand(FieldType::EmptyDatetime, text), moment, "{text:?}");
        let or = |zero: &str| if moment.is_empty() { zero.to_owned() } else { moment.to_owned() };
        assert_eq!(by_hand(FieldType::Datetime, text), or("0000-00-00 00:00:00"), "{text:?}");
        assert_eq!(by_hand(FieldType::EmptyDate, text), moment[..moment.len().min(10)], "{text:?}");
        assert_eq!(by_hand(FieldType::Date, text), or("0000-00-00")[..10], "{text:?}");
    }
}

#[test]
fn dates_of_imports_have_four_spellings_and_a_time() {
    const NO_DATE: &str = "invalid_date: is no date like 2024-12-31, 2024/12/31, 31-12-2024 or 12/31/2024";
    const NO_TIME: &str = "invalid_date: has no time like 14:05 or 14:05:30 behind the date";
    for (text, moment) in [
        ("2024-12-31", Ok("2024-12-31 00:00:00")),
        (" 2024/1/5 ", Ok("2024-01-05 00:00:00")),
        ("31-12-2024", Ok("2024-12-31 00:00:00")),
        ("12/31/2024 14:05", Ok("2024-12-31 14:05:00")),
        ("5-3-2024T9:05:30", Ok("2024-03-05 09:05:30")),
        ("0000-00-00", Ok("")),
        ("0000-00-00 00:00:00", Ok("")),
        ("0000-00-00 23:59:59", Err(NO_DATE)),
        ("31/12/2024", Err(NO_DATE)),
        ("2024-02-30", Err(NO_DATE)),
        ("2024-12", Err(NO_DATE)),
        ("2024-12/31", Err(NO_DATE)),
        ("31.12.2024", Err(NO_DATE)),
        ("31-12-24", Err(NO_DATE)),
        ("20241231", Err(NO_DATE)),
        ("yesterday", Err(NO_DATE)),
        ("2024-12-31 24:00", Err(NO_TIME)),
        ("2024-12-31 14:05:30Z", Err(NO_TIME)),
        ("2024-12-31 2 pm", Err(NO_TIME)),
        ("2024-12-31 ", Ok("2024-12-31 00:00:00")),
        ("2024-12-31-1", Err(NO_DATE)),
        ("2024-12-31-", Err(NO_DATE)),
    ] {
        assert_eq!(
            strict(FieldType::EmptyDatetime, text),
            moment.map(str::to_owned).map_err(str::to_owned),
            "{text:?}"
        );
    }
    assert_eq!(strict(FieldType::Date, "2024-12-31 00:00:00").as_deref(), Ok("2024-12-31"));
    assert_eq!(
        strict(FieldType::Date, "2024-12-31 14:05"),
        Err("invalid_date: has a time of day, and the field holds a date alone".to_owned())
    );
}

#[test]
fn options_are_exact_and_one_is_the_default() {
    assert_eq!(options(), ["red", " blue", "green", "grey", "1"]);
    let value = |value: &str| default_of(FieldType::Select, value, &now());
    assert_eq!(
        (value("red\r\ngreen *\r\n*grey"), value("red\n*grey"), value("red"), value("*")),
        ("green".into(), "grey".into(), String::new(), String::new())
    );
    for (text, by_hand_is) in
        [("red", "red"), ("Red", ""), ("red ", ""), (" blue", " blue"), ("blue", ""), ("1", "1"), ("*grey", "")]
    {
        assert_eq!(by_hand(FieldType::Select, text), by_hand_is, "{text:?}");
        let refused = "invalid_option: is none of the field's options: \"red\", \" blue\", \"green\", \"grey\", \"1\"";
        assert_eq!(
            strict(FieldType::Select, text),
            if by_hand_is.is_empty() { Err(refused.to_owned()) } else { Ok(text.to_owned()) }
        );
    }
    let none = convert(FieldType::Select, &[], "x").unwrap_err();
    assert_eq!(none.to_string(), "is no option: the field has none");
}

#[test]
fn texts_stay_and_defaults_are_converted() {
    for field_type in [FieldType::Text, FieldType::Big, FieldType::Phone, FieldType::ForeignKey, FieldType::PhoneGsm] {
        assert_eq!(by_hand(field_type, "  value "), "  value ");
        assert_eq!(strict(field_type, "  value ").as_deref(), Ok("  value "));
    }
    assert_eq!(by_hand(FieldType::Email, "  value "), "  value ");
    assert_eq!(strict(FieldType::Email, "value"), Err("invalid_email: is no e-mail address".to_owned()));
    assert_eq!(strict(FieldType::Email, "jo@example.com").as_deref(), Ok("jo@example.com"));
    let value = |field_type, value: &str| default_of(field_type, value, &now());
    assert_eq!((value(FieldType::Integer, "5x"), value(FieldType::Text, "none")), ("5".to_owned(), "none".to_owned()));
    assert_eq!(
        (value(FieldType::Date, "today"), value(FieldType::EmptyDate, "")),
        ("2024-07-09".to_owned(), String::new())
    );
}

/// Texts near the borders of the grammars.
fn texts() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "0000-00-00",
        "2024",
        "-",
        "/",
        "12",
        "31",
        "1",
        "0",
        "00",
        " ",
        "T",
        "t",
        ":",
        "05",
        "14",
        ".",
        "+",
        "e",
        "E",
        "9",
        "99",
        "999999999",
        "z",
        "utc",
        "pm",
        "march",
        "5",
        "\u{a0}",
        "red",
        " blue",
        "jo@example.com",
        ",",
        "@",
        "x",
        "é",
        "24:00",
    ]);
    let number = (any::<i64>(), 0..20_usize, any::<bool>()).prop_map(|(number, at, exponent)| {
        let mut text = number.to_string();
        let at = at.min(text.len());
        text.insert(at, '.');
        if exponent { format!("{text}e{}", number % 330) } else { text }
    });
    let moment = ("[0-9]{1,4}[-/][0-9]{1,2}[-/][0-9]{1,4}", "([ T][0-9]{1,2}:[0-9]{2}(:[0-9]{2})?)?")
        .prop_map(|(day, time)| day + &time);
    prop_oneof![
        prop::collection::vec(part, 0..9).prop_map(|parts| parts.concat()),
        number,
        moment,
        any::<i64>().prop_map(|number| number.to_string()),
        any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_text_that_an_import_reads_becomes_the_same_by_hand(text in texts()) {
        for field_type in types() {
            if let Ok(stored) = strict(field_type, &text) {
                prop_assert_eq!(by_hand(field_type, &text), stored, "{} {:?}", field_type, text);
            }
        }
    }

    #[test]
    fn a_stored_text_becomes_itself(text in texts()) {
        for field_type in types() {
            for stored in [Ok(by_hand(field_type, &text)), strict(field_type, &text)].into_iter().flatten() {
                prop_assert_eq!(&by_hand(field_type, &stored), &stored, "{} {:?}", field_type, text);
                // The vendor stores any text as an address, and dates before the year 1.
                let is_free = field_type == FieldType::Email || stored.starts_with("0000-");
                if !is_free {
                    prop_assert_eq!(strict(field_type, &stored), Ok(stored), "{} {:?}", field_type, text);
                }
            }
        }
    }
}

#[test]
fn keys_are_compared_without_case_and_blanks_and_nothing_is_no_key() {
    let key = |field_type, stored: &str| as_key(field_type, stored).map(Cow::into_owned);
    assert_eq!(key(FieldType::Email, " Jo@Example.COM ").as_deref(), Some("jo@example.com"));
    assert_eq!(key(FieldType::Text, "ÜNAL").as_deref(), Some("ünal"));
    assert_eq!(key(FieldType::Integer, "0").as_deref(), Some("0"));
    assert_eq!(key(FieldType::EmptyDate, "2024-12-31").as_deref(), Some("2024-12-31"));
    for (field_type, stored) in [
        (FieldType::Text, " \u{a0}"),
        (FieldType::Date, "0000-00-00"),
        (FieldType::EmptyDatetime, ""),
        (FieldType::Select, ""),
    ] {
        assert_eq!(key(field_type, stored), None, "{field_type}");
    }
}
