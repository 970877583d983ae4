//! Numbers in the spellings of people and programs, parsed under a given decimal mark.
//!
//! `1,234` is more than a thousand if the mark is a dot, and a little more than one if the mark is a comma. A number is
//! therefore parsed with the mark as an argument, and the mark is decided for a whole column.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use super::words;
use crate::wire::wire_words;

wire_words! {
    /// The character before the fraction of a number. The opposite character may then separate thousands.
    DecimalMark {
        Dot = ".",
        Comma = ",",
    }
}

impl DecimalMark {
    pub(crate) const ALL: [Self; 2] = [Self::Dot, Self::Comma];

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

/// The text is not a decimal mark.
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

/// A decimal number: `units` / 10^`scale`, with a sign. Numbers of more than [`DIGITS`] digits are rounded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decimal {
    units: u64,
    scale: u8,
    negative: bool,
}

/// The number of digits that are kept, leading zeros not counted. A whole number of more digits is no count that a
/// person works with, and would not fit `units`.
const DIGITS: usize = 18;
/// The number of places of the fraction that are kept. Twice 10 to this power fits 128 bits.
const PLACES: usize = 36;
/// The largest value of `units` plus 1.
const LIMIT: u64 = 10_u64.pow(DIGITS as u32);

/// The powers of ten of which twice as much fits 64 bits.
const POWERS_OF_TEN: [u64; DIGITS + 1] = {
    let mut powers = [1; DIGITS + 1];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

impl Decimal {
    /// Parses a number. `None` if the cell is not a number under this mark.
    pub fn read(cell: &str, mark: DecimalMark) -> Option<Self> {
        let cell = cell.trim();
        Self::plain(cell, mark).or_else(|| Self::unusual(cell, mark))
    }

    /// Parses a number with an exponent, or with characters that look like digits and marks: `１２．５`, `‑5`.
    fn unusual(cell: &str, mark: DecimalMark) -> Option<Self> {
        if cell.is_ascii() {
            return Self::with_exponent(cell, mark);
        }
        let seen = words::seen(cell);
        let cell = seen.trim();
        Self::plain(cell, mark).or_else(|| Self::with_exponent(cell, mark))
    }

    fn plain(cell: &str, mark: DecimalMark) -> Option<Self> {
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
        // A zero in front is not a digit of the value: `,5` and `0,5` are the same number.
        let whole = whole.trim_start_matches('0');
        if whole.len() + fraction.len() > DIGITS {
            return Self::rounded(whole, fraction, negative);
        }
        let units = digits_behind(digits_behind(0, whole)?, fraction)?;
        Some(Self { units, scale: fraction.len() as u8, negative })
    }

    /// Parses and rounds a number of many digits, as programs write after a division: `0.0033333333333333335`.
    fn rounded(whole: &str, fraction: &str, negative: bool) -> Option<Self> {
        if whole.len() > DIGITS || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let noughts = if whole.is_empty() { fraction.len() - fraction.trim_start_matches('0').len() } else { 0 };
        let places = fraction.len().min(noughts + DIGITS - whole.len()).min(PLACES);
        let (kept, rest) = fraction.split_at(places);
        let units =
            digits_behind(digits_behind(0, whole)?, kept)? + u64::from(rest.starts_with(['5', '6', '7', '8', '9']));
        match units {
            ..LIMIT => Some(Self { units, scale: places as u8, negative }),
            _ => Some(Self { units: units / 10, scale: places.checked_sub(1)? as u8, negative }),
        }
    }

    /// Parses `5e-05`. A number with a positive exponent has lost the last digits and is refused.
    fn with_exponent(cell: &str, mark: DecimalMark) -> Option<Self> {
        let (number, exponent) = cell.split_once(['e', 'E'])?;
        let exponent = whole(exponent.strip_prefix(['-', '−'])?, 1, 3)?;
        let Self { mut units, scale, negative } = Self::plain(number, mark)?;
        let mut scale = usize::from(scale) + exponent as usize;
        while scale > PLACES {
            (units, scale) = ((units + 5) / 10, scale - 1);
        }
        Some(Self { units, scale: scale as u8, negative })
    }

    /// The number times `factor`, rounded to the nearest whole number, halves up. `None` for a number below zero.
    pub fn times(self, factor: u32) -> Option<u64> {
        if self.negative && self.units > 0 {
            return None;
        }
        self.times_small(factor).or_else(|| self.times_any(factor))
    }

    /// The product of any size.
    pub(crate) fn times_any(self, factor: u32) -> Option<u64> {
        let one = 10_u128.pow(self.scale.into());
        let product = u128::from(self.units) * u128::from(factor);
        u64::try_from((product * 2 + one) / (one * 2)).ok()
    }

    /// The product, if the computation fits 64 bits: wider numbers are divided by a routine of a hundred instructions.
    #[inline]
    fn times_small(self, factor: u32) -> Option<u64> {
        let one = *POWERS_OF_TEN.get(usize::from(self.scale))?;
        let twice = self.units.checked_mul(u64::from(factor) * 2)?.checked_add(one)?;
        Some(twice / (one * 2))
    }

    /// Returns whether the number is greater than zero.
    pub fn is_positive(self) -> bool {
        self.units > 0 && !self.negative
    }
}

/// A number under both decimal marks. The readings differ, or a reading is missing, where the cell has a
/// dot or a comma.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Marked {
    by_mark: [Option<Decimal>; 2],
    has_mark: bool,
}

impl Marked {
    /// Parses a cell under both marks.
    pub fn of(cell: &str) -> Self {
        Self::usual(cell.as_bytes()).unwrap_or_else(|| Self::any(cell))
    }

    /// Parses a number which begins and ends with a digit and has at most one mark.
    #[inline]
    pub fn between_digits(cell: &[u8]) -> Option<Self> {
        match cell {
            [b'0'..=b'9', .., b'0'..=b'9'] => Self::usual(cell),
            _ => None,
        }
    }

    /// Parses digits with at most one mark, as nearly all numbers are written, under both marks in a single pass.
    fn usual(cell: &[u8]) -> Option<Self> {
        if cell.len() > DIGITS {
            return None;
        }
        let (mut units, mut mark) = (0, None);
        for (at, &byte) in cell.iter().enumerate() {
            match byte {
                b'0'..=b'9' => units = units * 10 + u64::from(byte - b'0'),
                b'.' | b',' if mark.is_none() => mark = Some((at, byte)),
                _ => return None,
            }
        }
        let number = |scale: usize| Some(Decimal { units, scale: scale as u8, negative: false });
        let Some((whole, byte)) = mark else {
            return (!cell.is_empty()).then(|| Self { by_mark: [number(0); 2], has_mark: false });
        };
        let places = cell.len() - whole - 1;
        // Under the opposite mark, this mark separates a group of three digits.
        let groups = places == 3 && (1..=3).contains(&whole) && cell[0] != b'0';
        let (own, other) = (number(places), if groups { number(0) } else { None });
        let by_mark = if byte == b'.' { [own, other] } else { [other, own] };
        (cell.len() > 1).then_some(Self { by_mark, has_mark: true })
    }

    /// Parses a number in any spelling under both marks.
    #[inline(never)]
    pub(crate) fn any(cell: &str) -> Self {
        let cell = cell.trim();
        let by_mark = DecimalMark::ALL.map(|mark| Decimal::plain(cell, mark));
        let has_mark = cell.bytes().any(|byte| matches!(byte, b'.' | b','));
        // A number that is plain under one mark has no exponent under the opposite mark.
        if by_mark.iter().any(Option::is_some) { Self { by_mark, has_mark } } else { Self::unusual(cell) }
    }

    #[cold]
    fn unusual(cell: &str) -> Self {
        let has_mark = words::seen(cell).contains(['.', ',']);
        Self { by_mark: DecimalMark::ALL.map(|mark| Decimal::unusual(cell, mark)), has_mark }
    }

    /// Parses a cell under both marks. `None` if the cell is not a number under either mark.
    pub fn read(cell: &str) -> Option<Self> {
        let number = Self::of(cell);
        (!number.is_none()).then_some(number)
    }

    /// Returns whether the cell is not a number under either mark.
    #[inline]
    pub fn is_none(&self) -> bool {
        self.by_mark.iter().all(Option::is_none)
    }

    pub fn under(&self, mark: DecimalMark) -> Option<Decimal> {
        self.by_mark[mark as usize]
    }

    /// The readings by mark, in the order of [`DecimalMark::ALL`].
    pub fn readings(&self) -> &[Option<Decimal>; 2] {
        &self.by_mark
    }

    /// Returns whether the cell has a dot or a comma.
    pub fn has_mark(&self) -> bool {
        self.has_mark
    }

    /// Returns whether the number is zero under each mark that fits.
    pub fn is_nothing(&self) -> bool {
        self.by_mark.iter().flatten().all(|number| number.units == 0)
    }
}

/// Appends the digits to `units`. `None` if a character is not a digit.
fn digits_behind(mut units: u64, digits: &str) -> Option<u64> {
    for byte in digits.bytes() {
        units = units * 10 + u64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
    }
    Some(units)
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        if self.scale == other.scale {
            return self.units == other.units && (self.negative == other.negative || self.units == 0);
        }
        // A side that overflows is larger than the opposite side can be.
        let units = |this: &Self, scale: u8| {
            10_u128.checked_pow(u32::from(scale - this.scale))?.checked_mul(u128::from(this.units))
        };
        let scale = self.scale.max(other.scale);
        units(self, scale) == units(other, scale) && (self.negative == other.negative || self.units == 0)
    }
}

/// Writes the number without thousands separators, with a dot before the fraction, and with as many
/// places as were given.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = 10_u128.pow(self.scale.into());
        let units = u128::from(self.units);
        let sign = if self.negative { "-" } else { "" };
        write!(f, "{sign}{}", units / one)?;
        match usize::from(self.scale) {
            0 => Ok(()),
            places => write!(f, ".{:0places$}", units % one),
        }
    }
}

/// Parses eight bytes by a template, in which `0` stands for any digit and any other byte for itself. Returns, for each
/// byte, the number made of its digit and the next byte's digit, the first byte lowest; a byte other than a digit counts as
/// 0. `None` if the bytes do not fit the template.
#[inline(always)]
pub(crate) fn pairs_like(bytes: [u8; 8], template: [u8; 8]) -> Option<u64> {
    // By the XOR digits become 0 to 9, and equal bytes 0. A byte fits if its upper four bits are clear, before and after the
    // addition of 6 for a digit (9 + 6 = 15) or 15 for an equal byte.
    let room = template.map(|byte| if byte == b'0' { 6 } else { 15 });
    let digits = u64::from_le_bytes(bytes) ^ u64::from_le_bytes(template);
    let beyond = digits | digits.wrapping_add(u64::from_le_bytes(room));
    (beyond & 0xf0f0_f0f0_f0f0_f0f0 == 0).then(|| digits * 10 + (digits >> 8))
}

/// The value of two ASCII digits. `None` if either character is not a digit.
#[inline]
pub(crate) fn two_digits(tens: u8, ones: u8) -> Option<u8> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    // A single branch checks both digits.
    ((tens <= 9) & (ones <= 9)).then(|| tens * 10 + ones)
}

/// Parses a whole number of `least` to `most` digits. `None` for any further character.
pub(crate) fn whole(digits: &str, least: usize, most: usize) -> Option<u32> {
    let fits = (least..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    if fits { digits.parse().ok() } else { None }
}

/// Returns whether a number is spelled as [`Decimal`] displays numbers: digits, optionally followed by a
/// dot and more digits.
pub(crate) fn is_plain(number: &str) -> bool {
    let bytes = number.as_bytes();
    let (first, last) = match bytes {
        [b'0'..=b'9'] => return true,
        [b'0', b'0'..=b'9', ..] => return false,
        [first, .., last] => (first, last),
        _ => return false,
    };
    let mut dots = 0;
    let fits = bytes.iter().all(|&byte| {
        dots += u8::from(byte == b'.');
        byte == b'.' || byte.is_ascii_digit()
    });
    fits && dots <= 1 && first.is_ascii_digit() && last.is_ascii_digit() && bytes.len() <= DIGITS
}

/// Removes the thousands separators from the whole part, if they stand before groups of three digits.
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

/// An amount of money without the currency sign or code: `$1,250.00`, `12 EUR`.
#[inline]
pub(crate) fn without_currency(cell: &str) -> &str {
    match cell.as_bytes() {
        [b'0'..=b'9', .., b'0'..=b'9'] => cell,
        _ => without_signs(cell),
    }
}

pub(crate) fn without_signs(cell: &str) -> &str {
    let sign = |letter: char| matches!(letter, '$' | '€' | '£' | '¥' | '₹') || letter.is_ascii_uppercase();
    cell.trim().trim_start_matches(sign).trim_end_matches(sign).trim()
}

#[cfg(test)]
mod tests;
