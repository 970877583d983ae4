//! Dates in the spellings of people and programs.
//!
//! A cell is first parsed into parts (`Written`), which leaves no choice in most cells. The exceptions are dates of
//! three numbers without a four-digit year in front (`03/04/2024`), and dates like `24-Mar-28`, whose ends may both be
//! the year. Which number is the day is decided for the whole column ([`DateOrder`]), never for a cell.

mod names;
#[cfg(test)]
mod tests;

use std::str::FromStr;

use jiff::civil::{Date, Time};

use super::numbers::{pairs_like, two_digits, whole};
use super::times;
use super::words;
use crate::wire::wire_words;
pub(crate) use names::is_weekday;
use names::{month, months, polish_month, weekdays};

wire_words! {
    /// The order of year, month and day in dates written with numbers only.
    ///
    /// Dates with a four-digit year in front are the same date under every order, and so are most dates whose month
    /// is written in letters.
    DateOrder {
        Ymd = "ymd",
        Mdy = "mdy",
        Dmy = "dmy",
    }
}

impl DateOrder {
    pub(crate) const ALL: [Self; 3] = [Self::Ymd, Self::Mdy, Self::Dmy];
}

/// The text is not the name of a date order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown date order {0:?}: known are ymd, mdy, dmy")]
pub struct UnknownDateOrder(pub String);

impl FromStr for DateOrder {
    type Err = UnknownDateOrder;

    fn from_str(name: &str) -> Result<Self, UnknownDateOrder> {
        let lower = name.trim().to_ascii_lowercase();
        let order = Self::ALL.into_iter().find(|order| order.name() == lower);
        order.ok_or_else(|| UnknownDateOrder(name.to_owned()))
    }
}

/// A date column's cell, parsed as far as possible without knowing the column's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub day: Day,
    /// The time of day behind the date. `None` if the cell has a date only.
    pub time: Option<Time>,
}

/// The date in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Day {
    /// A date with a four-digit year in front (`2024-03-04`), which is the same under every order.
    Iso(Date),
    /// A date with the month in letters (`4 March 2024`), which is the same under every order.
    Named(Date),
    /// A date with the month in letters between two two-digit numbers, either of which may be the year.
    Short(Short),
    /// A date of three numbers, of which only the column's order tells the day.
    Numbers(Numbers),
}

/// `24-Mar-28`, which is 24 March 2028 to nearly all writers, or 28 March 2024.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Short {
    pub first: u8,
    month: u8,
    pub last: u8,
}

impl Short {
    /// The date under an order: the first number is the year under [`DateOrder::Ymd`] and the day under the rest.
    /// `None` if the calendar has no such day.
    pub fn under(&self, order: DateOrder) -> Option<Date> {
        let (year, day) = if order == DateOrder::Ymd { (self.first, self.last) } else { (self.last, self.first) };
        civil(full_year(year.into(), 2)?, self.month.into(), day.into())
    }
}

/// Three numbers, the first of at most two digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbers {
    values: [u16; 3],
    digits: [u8; 3],
    /// The character between the numbers, from [`SEPARATORS`].
    pub separator: u8,
}

/// The characters that may stand between the numbers of a date.
pub(crate) const SEPARATORS: [u8; 4] = *b"/-. ";

impl Day {
    /// The date under an order. `None` if the calendar has no such day.
    pub fn under(&self, order: DateOrder) -> Option<Date> {
        match self {
            Self::Iso(date) | Self::Named(date) => Some(*date),
            Self::Short(short) => short.under(order),
            Self::Numbers(numbers) => numbers.under(order),
        }
    }
}

impl Day {
    /// The day after this day, for `2024-03-04 24:00`, which is the midnight at the end of 4 March. `None` if the day
    /// depends on the column's order.
    fn behind_midnight(self) -> Option<Self> {
        let next = |date: Date| date.tomorrow().ok();
        match self {
            Self::Iso(date) => next(date).map(Self::Iso),
            Self::Named(date) => next(date).map(Self::Named),
            Self::Numbers(_) | Self::Short(_) => None,
        }
    }
}

impl Numbers {
    pub fn under(&self, order: DateOrder) -> Option<Date> {
        let [year, month, day] = match order {
            DateOrder::Ymd => [0, 1, 2],
            DateOrder::Mdy => [2, 0, 1],
            DateOrder::Dmy => [2, 1, 0],
        };
        if self.digits[month] > 2 || self.digits[day] > 2 {
            return None;
        }
        let year = full_year(self.values[year], self.digits[year])?;
        civil(year, self.values[month], self.values[day])
    }

    /// Returns whether a two-digit year could stand first as well as last.
    pub fn ends_are_short(&self) -> bool {
        self.digits[0] <= 2 && self.digits[2] <= 2
    }
}

/// Returns whether a cell is a date like `2024-13-01`, whose middle number can only be the day.
pub(crate) fn has_day_in_the_middle(cell: &str) -> bool {
    let cell = words::seen(cell);
    let mut parts = cell.trim().splitn(3, ['-', '/', '.']);
    let mut part = |digits: usize| parts.next().filter(|part| part.len() <= digits)?.parse::<u16>().ok();
    let (Some(year), Some(middle), Some(last)) = (part(4), part(2), part(2)) else {
        return false;
    };
    civil(year, last, middle).is_some() && middle > 12
}

/// The first word of a cell that may name two months (`jui` begins juin and juillet), with these months.
pub(crate) fn unclear_month(cell: &str) -> Option<(&str, Vec<u8>)> {
    let words = cell.split(|letter: char| !letter.is_alphabetic());
    words.map(|word| (word, months(word))).find(|(_, months)| months.len() > 1)
}

/// The year as four digits. A year of two digits is in this century up to 69 (`69` is 2069) and in the last century
/// from 70 (`70` is 1970). `None` for any further number of digits.
fn full_year(year: u16, digits: u8) -> Option<u16> {
    match (digits, year) {
        (4, year) => Some(year),
        (2, year @ 0..70) => Some(2000 + year),
        (2, year) => Some(1900 + year),
        _ => None,
    }
}

/// The date, if the calendar has the day and the year is from 1900 to 2199; time is not tracked in further years.
fn civil(year: u16, month: u16, day: u16) -> Option<Date> {
    if !(1900..2200).contains(&year) {
        return None;
    }
    Date::new(year as i16, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The days of the week that a date's cell names before or behind the date, as a bit for each day (Monday is bit 0), or
/// 0 if no day is named. A word that may also be a month (`mar.`) names no day.
pub(crate) fn weekdays_in(cell: &str) -> u8 {
    let cell = cell.trim_matches(['(', ')', '.', ' ']);
    let is_letter = |letter: char| letter.is_alphabetic();
    let before = &cell[..cell.len() - cell.trim_start_matches(is_letter).len()];
    let behind = &cell[cell.trim_end_matches(is_letter).len()..];
    let named = |word: &str| if month(word).is_none() { weekdays(word) } else { 0 };
    [before, behind].into_iter().map(named).find(|&days| days != 0).unwrap_or(0)
}

/// Parses a cell of a date column. `None` if the cell is not a date, with or without a time of day.
#[inline]
pub(crate) fn read(cell: &str) -> Option<Written> {
    match iso(cell.as_bytes()) {
        Some(date) => Some(Written { day: Day::Iso(date), time: None }),
        None => with_time(cell.as_bytes()).or_else(|| read_any(cell)),
    }
}

/// Parses `2024-01-31 09:05`, with seconds or without.
#[inline(never)]
fn with_time(cell: &[u8]) -> Option<Written> {
    let (date, [b' ', time @ ..]) = cell.split_first_chunk::<10>()? else {
        return None;
    };
    Some(Written { day: Day::Iso(iso(date)?), time: Some(times::plain(time)?) })
}

/// Parses a date in any spelling, on the slow path.
#[inline(never)]
pub(crate) fn read_any(cell: &str) -> Option<Written> {
    let cell = words::seen(cell);
    let cell = before_weekday(cell.trim());
    match weekday(cell) {
        None => without_weekday(cell),
        // "mar. 5 mars 2024" begins with a Tuesday, "Mar 5, 2024" with a month.
        Some((behind, true)) => match without_weekday(behind) {
            Some(written) if !matches!(written.day, Day::Numbers(Numbers { separator: b' ', .. })) => Some(written),
            _ => without_weekday(cell),
        },
        Some((behind, false)) => without_weekday(behind),
    }
}

/// Cuts a day of the week off the end of a date: `04/03/2024 (Mon)`, `2024-03-04, Monday`.
fn before_weekday(cell: &str) -> &str {
    let bare = cell.trim_end_matches([')', '.']);
    let date = bare.trim_end_matches(char::is_alphabetic);
    let word = &bare[date.len()..];
    let is_apart = date.ends_with([' ', ',', '(']) && date.starts_with(|letter: char| letter.is_ascii_digit());
    match is_apart && is_weekday(word) && month(word).is_none() {
        true => date.trim_end_matches([' ', ',', '(']),
        false => cell,
    }
}

/// The rest of a cell behind a day of the week in front, and whether the cut word may also be the name of a month.
/// `None` if the cell does not begin with a day of the week.
fn weekday(cell: &str) -> Option<(&str, bool)> {
    let word = cell.split(|letter: char| !letter.is_alphabetic()).next().filter(|word| !word.is_empty())?;
    let behind = cell[word.len()..].strip_prefix("-feira").unwrap_or(&cell[word.len()..]);
    is_weekday(word).then(|| (behind.trim_start_matches(['.', ',']).trim_start(), month(word).is_some()))
}

fn without_weekday(cell: &str) -> Option<Written> {
    // The German "Dienstag, den 5. März 2024" has "den" before the day.
    let mut rest = cell.strip_prefix("den ").unwrap_or(cell);
    if let Some(day) = with_words(&mut rest) {
        let time = if rest.is_empty() { None } else { Some(times::read(rest)?) };
        return Some(Written { day, time });
    }
    let first = Part::take(&mut rest, false)?;
    let day = match first {
        Part::Number { value, digits: 8 } => {
            let [year, month, day] = [value / 10_000, value / 100 % 100, value % 100];
            Day::Iso(civil(year as u16, month as u16, day as u16)?)
        }
        _ => {
            let before = separator(&mut rest)?;
            let is_day = matches!(first, Part::Number { digits: 1..=2, .. });
            let second = Part::take(&mut rest, is_day && before == b' ')?;
            let behind = separator(&mut rest)?;
            let third = Part::take(&mut rest, false)?;
            if behind == b'.' || matches!(second, Part::Month(_)) {
                // The dots at the end of "2024. 03. 04." and "4. ožujka 2024." are dropped.
                rest = rest
                    .strip_prefix('.')
                    .filter(|rest| rest.is_empty() || rest.starts_with([' ', ',']))
                    .unwrap_or(rest);
            }
            if matches!(second, Part::Month(_)) {
                rest = without_year(rest);
            }
            join([first, second, third], (before == behind).then_some(before))?
        }
    };
    if times::is_end_of_day(rest.strip_prefix(['T', 't']).unwrap_or(rest)) {
        return day.behind_midnight().map(|day| Written { day, time: Some(Time::midnight()) });
    }
    let time = if rest.is_empty() { None } else { Some(time_behind(rest, &day)?) };
    Some(Written { day, time })
}

/// Cuts the Russian or Ukrainian word for "year" off behind a date: `4 марта 2024 г.`, `4 березня 2024 р.`
fn without_year(rest: &str) -> &str {
    let word = rest.trim_start();
    let behind = ["год", "года", "г", "року", "р"].into_iter().find_map(|year| {
        let behind = word.strip_prefix(year)?;
        let behind = behind.strip_prefix('.').unwrap_or(behind);
        (behind.is_empty() || behind.starts_with([' ', ','])).then_some(behind)
    });
    behind.unwrap_or(rest)
}

/// Takes `2024年3月4日` or `2024년 3월 4일` from the front of `rest`.
fn with_words(rest: &mut &str) -> Option<Day> {
    if rest.is_ascii() {
        return None;
    }
    for [of_year, of_month, of_day] in [['年', '月', '日'], ['년', '월', '일']] {
        let parts = rest.split_once(of_year).and_then(|(year, behind)| {
            let (month, behind) = behind.split_once(of_month)?;
            let (day, behind) = behind.split_once(of_day)?;
            Some((whole(year.trim(), 4, 4)?, whole(month.trim(), 1, 2)?, whole(day.trim(), 1, 2)?, behind.trim_start()))
        });
        if let Some((year, month, day, behind)) = parts {
            *rest = behind;
            return civil(year as u16, month as u16, day as u16).map(Day::Iso);
        }
    }
    None
}

/// Parses `2024-01-31`, by far the most frequent spelling.
#[inline]
pub(crate) fn iso(cell: &[u8]) -> Option<Date> {
    let &[a, b, c, d, e, f, g, h, tens, ones] = cell else {
        return None;
    };
    let pairs = pairs_like([a, b, c, d, e, f, g, h], *b"0000-00-")?;
    let [century, _, year, _, _, month, ..] = pairs.to_le_bytes();
    civil(u16::from(century) * 100 + u16::from(year), month.into(), two_digits(tens, ones)?.into())
}

/// A part of a date: a number, or a month in letters.
#[derive(Clone, Copy, Debug)]
enum Part {
    Number { value: u32, digits: u8 },
    Month(u8),
}

impl Part {
    /// Takes a number or the name of a month from the front of `rest`. With `polish`, month names are accepted that
    /// mean a different month in Croatian ([`polish_month`]).
    fn take(rest: &mut &str, polish: bool) -> Option<Self> {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if digits > 0 {
            let (number, behind) = rest.split_at(digits);
            *rest = behind;
            let value = if digits <= 8 {
                number.parse().ok()?
            } else {
                return None;
            };
            strip_ordinal(rest);
            return Some(Self::Number { value, digits: digits as u8 });
        }
        let word = rest.split(|letter: char| !letter.is_alphabetic()).next()?;
        let month = month(word).or_else(|| polish_month(word).filter(|_| polish))?;
        *rest = &rest[word.len()..];
        // In "04.Mar.2024" the dot separates two parts and does not end an abbreviation.
        let is_apart = |behind: &&str| !behind.starts_with(|letter: char| letter.is_ascii_digit());
        *rest = rest.strip_prefix('.').filter(is_apart).unwrap_or(rest);
        Some(Self::Month(month))
    }
}

/// Drops the ending of `1st`, `2nd`, `3rd` or `4th` from the front of `rest`.
fn strip_ordinal(rest: &mut &str) {
    for ending in ["st", "nd", "rd", "th"] {
        if let Some(behind) = rest.strip_prefix(ending)
            && !behind.starts_with(char::is_alphanumeric)
        {
            *rest = behind;
        }
    }
}

/// Takes the separator between two parts: `/`, `-`, `.`, `,` or a blank, with any blanks around the separator.
fn separator(rest: &mut &str) -> Option<u8> {
    let bare = rest.trim_start();
    let (mark, behind) = match bare.as_bytes().first()? {
        _ if let Some(behind) = bare.strip_prefix('–') => (b'-', behind.trim_start()),
        mark @ (b'/' | b'-' | b'.' | b',') => (*mark, bare[1..].trim_start()),
        _ if bare.len() < rest.len() => (b' ', bare),
        _ => return None,
    };
    // "1 de enero de 2024" and "1st of January 2024" have a word between the parts.
    *rest = behind.strip_prefix("de ").or_else(|| behind.strip_prefix("of ")).unwrap_or(behind);
    Some(mark)
}

/// Joins three parts to a date. `separator` is the character between the parts, if both separators are the same.
fn join(parts: [Part; 3], separator: Option<u8>) -> Option<Day> {
    use Part::{Month, Number};
    match parts {
        [Number { value: a, digits: x }, Number { value: b, digits: y }, Number { value: c, digits: z }] => {
            let separator = separator.filter(|mark| SEPARATORS.contains(mark))?;
            let (values, digits) = ([a, b, c].map(|value| value as u16), [x, y, z]);
            if digits.iter().any(|&digits| digits > 4) {
                return None;
            }
            if x == 4 && y <= 2 && z <= 2 {
                return civil(values[0], values[1], values[2]).map(Day::Iso);
            }
            let numbers = Numbers { values, digits, separator };
            let reads = DateOrder::ALL.iter().any(|&order| numbers.under(order).is_some());
            (x <= 2 && reads).then_some(Day::Numbers(numbers))
        }
        [Number { value: year, digits: 4 }, Month(month), Number { value: day, digits: 1..=2 }] => {
            civil(year as u16, month.into(), day as u16).map(Day::Named)
        }
        [Number { value: first, digits: 2 }, Month(month), Number { value: last, digits: 2 }] => {
            let short = Short { first: first as u8, month, last: last as u8 };
            let reads = DateOrder::ALL.iter().any(|&order| short.under(order).is_some());
            reads.then_some(Day::Short(short))
        }
        [Number { value: day, digits: 1..=2 }, Month(month), Number { value: year, digits }]
        | [Month(month), Number { value: day, digits: 1..=2 }, Number { value: year, digits }] => {
            let year = full_year(u16::try_from(year).ok()?, digits)?;
            civil(year, month.into(), day as u16).map(Day::Named)
        }
        _ => None,
    }
}

/// Parses the time of day behind a date. The zone is dropped, because entries keep the time as the file shows it.
fn time_behind(rest: &str, day: &Day) -> Option<Time> {
    if let Some(stamp) = rest.strip_prefix(['T', 't']) {
        return times::read(times::without_zone(stamp, true).unwrap_or(stamp));
    }
    let time = rest.strip_prefix(',').unwrap_or(rest).strip_prefix(' ')?.trim_start();
    // The cell "04.03.24 05.03.24" has two dates, not a date and a time.
    let dates = times::is_dotted(time) && matches!(day, Day::Numbers(numbers) if numbers.ends_are_short());
    if dates { None } else { times::read(time) }
}
