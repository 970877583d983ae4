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
        if whole.len() + fraction.len() > DIGITS {
            return None;
        }
        let mut units = 0;
        for byte in whole.bytes().chain(fraction.bytes()) {
            units = units * 10 + u64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
        }
        Some(Self {
            units,
            scale: fraction.len() as u8,
            negative,
        })
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

    /// Whether there is a fraction.
    pub fn is_whole(self) -> bool {
        self.units % 10_u64.pow(self.scale.into()) == 0
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        let units = |this: &Self, scale: u8| {
            u128::from(this.units) * 10_u128.pow(u32::from(scale.saturating_sub(this.scale)))
        };
        let scale = self.scale.max(other.scale);
        units(self, scale) == units(other, scale)
            && (self.negative == other.negative || self.units == 0)
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
    let bytes = number.as_bytes();
    let dots = bytes.iter().filter(|&&byte| byte == b'.').count();
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let zero = bytes.len() > 1 && bytes[0] == b'0' && bytes[1] != b'.';
    dots + digits == bytes.len()
        && dots <= 1
        && !number.starts_with('.')
        && !number.ends_with('.')
        && !zero
}

/// Takes the thousands marks out of the whole part, if they stand where they belong.
fn without_groups(whole: &str, mark: DecimalMark) -> Option<Cow<'_, str>> {
    if whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Cow::Borrowed(whole));
    }
    let of_group = |letter: char| {
        letter == char::from(mark.byte())
            || matches!(
                letter,
                ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '’'
            )
    };
    let separator = whole.chars().find(|letter| !letter.is_ascii_digit())?;
    if !of_group(separator) {
        return None;
    }
    let mut groups = whole.split(separator);
    let first = groups.next()?;
    let is_group =
        |group: &str| group.len() == 3 && group.bytes().all(|byte| byte.is_ascii_digit());
    let fits = (1..=3).contains(&first.len()) && !first.starts_with('0') && groups.all(is_group);
    fits.then(|| Cow::Owned(whole.replace(separator, "")))
}

/// An amount of money with its currency sign or code left out: `$1,250.00`, `12 EUR`.
pub(super) fn without_currency(cell: &str) -> &str {
    let sign =
        |letter: char| matches!(letter, '$' | '€' | '£' | '¥' | '₹') || letter.is_ascii_uppercase();
    cell.trim()
        .trim_start_matches(sign)
        .trim_end_matches(sign)
        .trim()
}
