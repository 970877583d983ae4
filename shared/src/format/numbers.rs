//! Numbers as people write them, under a decimal mark.
//!
//! `1,234` is a thousand and more under one mark and a little over one under the other, so no number
//! is read without being told the mark, which is decided for a whole column.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What separates the whole from the fraction; the other one may then separate thousands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DecimalMark {
    #[serde(rename = ".")]
    Dot,
    #[serde(rename = ",")]
    Comma,
}

impl DecimalMark {
    pub(super) const ALL: [Self; 2] = [Self::Dot, Self::Comma];

    /// The mark itself, which is also its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dot => ".",
            Self::Comma => ",",
        }
    }

    fn byte(self) -> u8 {
        self.name().as_bytes()[0]
    }

    fn other(self) -> Self {
        match self {
            Self::Dot => Self::Comma,
            Self::Comma => Self::Dot,
        }
    }
}

impl fmt::Display for DecimalMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that is no decimal mark.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown decimal mark {0:?}: known are \".\" and \",\"")]
pub struct UnknownDecimalMark(pub String);

impl FromStr for DecimalMark {
    type Err = UnknownDecimalMark;

    fn from_str(name: &str) -> Result<Self, UnknownDecimalMark> {
        match name.trim() {
            "." | "dot" | "point" => Ok(Self::Dot),
            "," | "comma" => Ok(Self::Comma),
            _ => Err(UnknownDecimalMark(name.to_owned())),
        }
    }
}

/// A decimal number, exactly: `units` / 10^`scale`, and whether it is below zero.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decimal {
    units: u64,
    scale: u8,
    negative: bool,
}

/// More digits than this are no number that a person worked with, and would not fit `units`.
const DIGITS: usize = 18;

impl Decimal {
    /// Reads a number; `None` if it is none under this mark.
    pub fn read(cell: &str, mark: DecimalMark) -> Option<Self> {
        let cell = cell.trim();
        let (negative, digits) = match cell.strip_prefix(['-', '−', '+']) {
            Some(digits) => (!cell.starts_with('+'), digits.trim_start()),
            None => (false, cell),
        };
        let (whole, fraction) = match memchr::memchr(mark.byte(), digits.as_bytes()) {
            Some(at) => (&digits[..at], &digits[at + 1..]),
            None => (digits, ""),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let whole = without_groups(whole, mark.other())?;
        // A nought in front is no digit more: `,5` and `0,5` are the same.
        let whole = whole.trim_start_matches('0');
        if whole.len() + fraction.len() > DIGITS {
            return None;
        }
        let mut units = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            units = units * 10 + u64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
        }
        Some(Self { units, scale: fraction.len() as u8, negative })
    }

    /// This many times `factor`, rounded to the nearest whole, halves up; `None` below zero.
    pub fn times(self, factor: u32) -> Option<u64> {
        if self.negative && self.units > 0 {
            return None;
        }
        let one = 10_u128.pow(self.scale.into());
        let product = u128::from(self.units) * u128::from(factor);
        u64::try_from((product * 2 + one) / (one * 2)).ok()
    }

    /// Whether this is more than nothing.
    pub fn is_positive(self) -> bool {
        self.units > 0 && !self.negative
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        let units =
            |this: &Self, scale: u8| u128::from(this.units) * 10_u128.pow(u32::from(scale.saturating_sub(this.scale)));
        let scale = self.scale.max(other.scale);
        units(self, scale) == units(other, scale) && (self.negative == other.negative || self.units == 0)
    }
}

/// In the plain way: no thousands marks, a dot before the fraction, as many places as were given.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_u64.pow(self.scale.into());
        let sign = if self.negative { "-" } else { "" };
        write!(f, "{sign}{}", self.units / one)?;
        match usize::from(self.scale) {
            0 => Ok(()),
            places => write!(f, ".{:0places$}", self.units % one),
        }
    }
}

/// Whether a number is written as [`Decimal`] shows it: digits, then perhaps a dot and more digits.
pub(super) fn is_plain(number: &str) -> bool {
    let digits = |digits: &[u8]| digits.iter().all(u8::is_ascii_digit) && !digits.is_empty();
    let bytes = number.as_bytes();
    let parts = match bytes.iter().position(|&byte| byte == b'.') {
        None => digits(bytes),
        Some(dot) => digits(&bytes[..dot]) && digits(&bytes[dot + 1..]),
    };
    let padded = bytes.len() > 1 && bytes[0] == b'0' && bytes[1] != b'.';
    parts && !padded && bytes.len() <= DIGITS
}

/// Takes the thousands marks out of the whole part, if they stand where they belong.
fn without_groups(whole: &str, mark: DecimalMark) -> Option<Cow<'_, str>> {
    if whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Cow::Borrowed(whole));
    }
    let of_group = |letter: char| {
        letter == char::from(mark.byte()) || matches!(letter, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '’')
    };
    let separator = whole.chars().find(|letter| !letter.is_ascii_digit())?;
    if !of_group(separator) {
        return None;
    }
    let mut groups = whole.split(separator);
    let first = groups.next()?;
    let is_group = |group: &str| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit());
    let fits = (1..=3).contains(&first.len()) && !first.starts_with('0') && groups.all(is_group);
    fits.then(|| Cow::Owned(whole.replace(separator, "")))
}

/// An amount of money with its currency sign or code left out: `$1,250.00`, `12 EUR`.
pub(super) fn without_currency(cell: &str) -> &str {
    let sign = |letter: char| matches!(letter, '$' | '€' | '£' | '¥' | '₹') || letter.is_ascii_uppercase();
    cell.trim().trim_start_matches(sign).trim_end_matches(sign).trim()
}

#[cfg(test)]
mod tests {
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
            let expected = (!cell.contains('\u{a0}')).then(|| "1234567.5".to_owned());
            assert_eq!(shown(cell, Dot), expected, "{cell}");
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
        for cell in ["", " ", "-", ".", "abc", "1e5", "0x1", "1-2", "１", "1234567890123456789"] {
            assert_eq!(shown(cell, Dot), None, "{cell}");
        }
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
        fn what_is_shown_reads_as_the_same_number(cell in "[0-9]{0,7}[.,]?[0-9]{0,7}", comma in any::<bool>()) {
            let mark = if comma { Comma } else { Dot };
            if let Some(number) = Decimal::read(&cell, mark) {
                prop_assert!(is_plain(&number.to_string()));
                prop_assert!(Decimal::read(&number.to_string(), Dot) == Some(number));
            }
        }
    }
}
