//! Numbers in fields: PHP's reading of the number at the beginning of a text, and the stored form.
//!
//! A float is stored with its decimal digits and never passes through binary arithmetic, so `0.1` stays `0.1`. The plain
//! form is used where PHP prints one (up to 17 digits before the dot, up to three zeros behind it), and else `1.0E+25`.

use super::{BadValue, BadValueCode};

/// The most digits which a float holds.
const MOST_DIGITS: usize = 40;
/// The places of the decimal point, counted from the first digit, between which a float lies: 10^±308 and some room.
const RANGE: std::ops::RangeInclusive<i64> = -330..=309;
/// The places of the decimal point between which a float is written without an exponent.
const PLAIN: std::ops::RangeInclusive<i64> = -3..=17;

/// A decimal number: the sign, and `0.digits × 10^point`.
struct DecimalText {
    is_negative: bool,
    /// Without zeros at either end; empty for zero.
    digits: String,
    point: i64,
}

impl DecimalText {
    /// The number at the beginning of a text, with the text behind the number; `None` if the text begins with no number.
    fn at_start(text: &str) -> Option<(Self, &str)> {
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (whole, mut rest) = take_digits(unsigned);
        let mut fraction = "";
        if let Some(behind) = rest.strip_prefix('.') {
            let (digits, end) = take_digits(behind);
            if !whole.is_empty() || !digits.is_empty() {
                (fraction, rest) = (digits, end);
            }
        }
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let mut exponent = 0;
        if let Some(behind) = rest.strip_prefix(['e', 'E']) {
            let unsigned = behind.strip_prefix(['+', '-']).unwrap_or(behind);
            let (digits, end) = take_digits(unsigned);
            if !digits.is_empty() {
                // Any exponent beyond the range is the same.
                let size = digits.parse::<i64>().unwrap_or(i64::MAX).min(1 << 40);
                exponent = if behind.starts_with('-') { -size } else { size };
                rest = end;
            }
        }
        let all = [whole, fraction].concat();
        let digits = all.trim_start_matches('0');
        let zeros = (all.len() - digits.len()) as i64;
        let point = whole.len() as i64 - zeros + exponent;
        let digits = digits.trim_end_matches('0').to_owned();
        Some((Self { is_negative: text.starts_with('-'), digits, point }, rest))
    }

    fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// The number without its fraction, and within 64 bits.
    fn to_integer(&self) -> i64 {
        if self.is_zero() || self.point <= 0 {
            return 0;
        }
        let size = match usize::try_from(self.point) {
            Ok(places) if places <= 20 => {
                let kept = &self.digits[..places.min(self.digits.len())];
                format!("{kept:0<places$}").parse::<i128>().unwrap_or(i128::MAX)
            }
            _ => i128::MAX,
        };
        let signed = if self.is_negative { -size } else { size };
        signed.clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }

    /// The stored form of a float.
    fn shown(&self) -> String {
        if self.is_zero() {
            return "0".to_owned();
        }
        let (digits, length) = (self.digits.as_str(), self.digits.len() as i64);
        let sign = if self.is_negative { "-" } else { "" };
        if !PLAIN.contains(&self.point) {
            let (first, others) = digits.split_at(1);
            let others = if others.is_empty() { "0" } else { others };
            return format!("{sign}{first}.{others}E{:+}", self.point - 1);
        }
        let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
        match self.point {
            ..=0 => format!("{sign}0.{}{digits}", zeros(-self.point)),
            point if point >= length => format!("{sign}{digits}{}", zeros(point - length)),
            point => {
                let (whole, fraction) = digits.split_at(point as usize);
                format!("{sign}{whole}.{fraction}")
            }
        }
    }
}

fn take_digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// A whole number with nothing behind it but zeros behind a dot; `0` for an empty text.
pub(super) fn strict_integer(text: &str) -> Result<String, BadValue> {
    let bad = |how: &str| Err(BadValue::new(BadValueCode::Number, how));
    if text.is_empty() {
        return Ok("0".to_owned());
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (digits, rest) = take_digits(unsigned);
    let zeros = rest.strip_prefix('.').is_some_and(|zeros| zeros.bytes().all(|byte| byte == b'0'));
    if digits.is_empty() || !(rest.is_empty() || zeros) {
        return bad("is no whole number");
    }
    match text[..text.len() - rest.len()].parse::<i64>() {
        Ok(number) => Ok(number.to_string()),
        Err(_) => bad("is a larger number than the field can hold"),
    }
}

/// The integer of PHP's cast.
pub(super) fn integer_by_hand(text: &str) -> String {
    DecimalText::at_start(text).map_or(0, |(number, _)| number.to_integer()).to_string()
}

/// A number with a decimal point and nothing behind it; `0` for an empty text.
pub(super) fn strict_float(text: &str) -> Result<String, BadValue> {
    let bad = |how: &str| Err(BadValue::new(BadValueCode::Number, how));
    if text.is_empty() {
        return Ok("0".to_owned());
    }
    match DecimalText::at_start(text) {
        Some((number, "")) if number.digits.len() > MOST_DIGITS => {
            bad(&format!("has more than the {MOST_DIGITS} digits which the field can hold"))
        }
        Some((number, "")) if !number.is_zero() && !RANGE.contains(&number.point) => {
            bad("is larger or smaller than any number which the field can hold")
        }
        Some((number, "")) => Ok(number.shown()),
        _ => bad("is no number with a decimal point"),
    }
}

/// The float of PHP's cast. A number beyond the range is the nearest number in the range, and digits behind the fortieth
/// are dropped.
pub(super) fn float_by_hand(text: &str) -> String {
    let Some((mut number, _)) = DecimalText::at_start(text) else { return "0".to_owned() };
    if number.point > *RANGE.end() {
        (number.digits, number.point) = ("17976931348623157".to_owned(), 309);
    }
    if number.is_zero() || number.point < *RANGE.start() {
        return "0".to_owned();
    }
    number.digits.truncate(MOST_DIGITS);
    number.digits.truncate(number.digits.trim_end_matches('0').len());
    number.shown()
}
