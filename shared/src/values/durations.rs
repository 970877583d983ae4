//! Durations in the spellings of time trackers and spreadsheets.
//!
//! A cell is first parsed into parts ([`Written`]). Three questions stay open in some cells: the decimal mark,
//! the unit of a bare number, and whether `1:30` means hours or minutes. The column answers these questions
//! for all cells ([`DurationReading`]).

use serde::{Deserialize, Serialize};

use super::numbers::{DecimalMark, Marked, pairs_like, whole};
use super::times;
use super::words;

/// The unit in which a duration is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unit {
    /// The unit of spreadsheets, for a duration that has lost the number format: `0.0625` is an hour and a half.
    Days,
    Hours,
    Minutes,
    Seconds,
}

impl Unit {
    pub fn seconds(self) -> u32 {
        match self {
            Self::Days => 86_400,
            Self::Hours => 3600,
            Self::Minutes => 60,
            Self::Seconds => 1,
        }
    }

    pub fn named(word: &str) -> Option<Self> {
        let word = words::lower(word.trim_end_matches('.'));
        let is = |names: &[&str]| names.contains(&word.as_str());
        if is(HOURS) {
            return Some(Self::Hours);
        }
        if is(MINUTES) {
            return Some(Self::Minutes);
        }
        is(SECONDS).then_some(Self::Seconds)
    }
}

/// The names of the unit hour, in lower case.
#[rustfmt::skip]
const HOURS: &[&str] = &[
    "h", "hr", "hrs", "hour", "hours", "std", "stunde", "stunden", "u", "uur", "uren", "t", "time", "timer", "tim", "timme",
    "timmar", "heure", "heures", "hora", "horas", "ora", "oră", "ore", "godz", "godzina", "godziny", "godzin", "hod", "hodina",
    "hodiny", "hodin", "hodín", "tunti", "tuntia", "óra", "saat", "sa", "sat", "sata", "sati", "ч", "час", "часа", "часов",
    "時間", "小时", "小時",
];
#[rustfmt::skip]
const MINUTES: &[&str] = &[
    "m", "min", "mins", "minute", "minutes", "minuten", "minuut", "minut", "minutt", "minutter", "minuter", "minuto", "minutos",
    "minuti", "minuta", "minuty", "minutę", "minút", "minuuttia", "minuutti", "minúta", "minúty", "perc", "dakika",
    "dk", "dak", "мин", "минута", "минуты", "минут", "хв", "分", "分钟", "分鐘",
];
#[rustfmt::skip]
const SECONDS: &[&str] = &[
    "s", "sec", "secs", "second", "seconds", "sek", "sekunde", "sekunden", "sekunder", "sekund", "sekunda", "sekundy", "seconde",
    "secondes", "seconden", "segundo", "segundos", "secondo", "secondi", "sekuntia", "sn", "saniye", "сек", "秒",
];

/// The answers of a column to the questions that cells leave open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DurationReading {
    /// The unit of a number without a unit.
    pub unit: Unit,
    /// The larger unit of `1:30`: `Hours` for hours and minutes, `Minutes` for minutes and seconds.
    pub pair: Unit,
    /// True if the start and end of entries prove `pair`. Otherwise `pair` follows the usual way of writing.
    pub pair_is_told: bool,
    pub mark: DecimalMark,
}

impl DurationReading {
    /// The answers for cells that name their unit, or are hours and minutes.
    pub const USUAL: Self = Self { unit: Unit::Hours, pair: Unit::Hours, pair_is_told: false, mark: DecimalMark::Dot };
}

/// A duration column's cell, parsed as far as possible without the column's [`DurationReading`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Written {
    /// A duration in seconds that is the same in every column: `1:02:03`, `18:25 min`, `1 h 30 min`.
    Exact(u64),
    /// Two numbers around a colon, like `1:30`, whose units depend on the column.
    Pair(u32, u32),
    /// A time of day in seconds since midnight, into which a spreadsheet turns a duration (`1:30:00 AM`).
    Clock(u32),
    /// A number, with the unit if the cell names a unit (`4.5`, `0,79 h`). `beside` has the seconds of the whole units
    /// in the same cell.
    Number { number: Marked, unit: Option<Unit>, beside: u64 },
}

/// The longest duration of an entry in seconds: a hundred years. A larger number is not a duration.
const LONGEST: u64 = 100 * 366 * 86_400;

impl Written {
    /// The duration in seconds. `None` if the cell is not a duration under this reading.
    pub fn under(&self, reading: DurationReading) -> Option<u64> {
        let seconds = match *self {
            Self::Exact(seconds) => seconds,
            Self::Clock(seconds) => seconds.into(),
            Self::Pair(a, b) => {
                let unit = reading.pair.seconds();
                u64::from(a) * u64::from(unit) + u64::from(b) * u64::from(unit / 60)
            }
            Self::Number { number, unit, beside } => {
                let unit = unit.unwrap_or(reading.unit);
                number.under(reading.mark)?.times(unit.seconds())?.checked_add(beside)?
            }
        };
        (seconds <= LONGEST).then_some(seconds)
    }
}

/// Parses a cell of a duration column. `None` if the cell is not a duration under any reading.
#[inline]
pub(crate) fn read(cell: &str) -> Option<Written> {
    plain(cell.as_bytes()).or_else(|| read_any(cell))
}

/// Parses `01:30:00` and `1.5`, by far the most frequent spellings.
#[inline]
pub(crate) fn plain(cell: &[u8]) -> Option<Written> {
    if let Some(seconds) = plain_clock(cell) {
        return Some(Written::Exact(seconds));
    }
    let number = Marked::between_digits(cell)?;
    Some(Written::Number { number, unit: None, beside: 0 })
}

/// Parses a duration in any spelling, on the slow path.
#[inline(never)]
pub(crate) fn read_any(cell: &str) -> Option<Written> {
    let cell = words::seen(cell);
    let cell = cell.trim();
    if cell.contains(':') {
        return with_colons(cell);
    }
    if cell.ends_with(|letter: char| letter.is_alphabetic() || letter == '.') && !cell.ends_with("..") {
        return with_units(cell);
    }
    if let Some(number) = Marked::read(cell) {
        return Some(Written::Number { number, unit: None, beside: 0 });
    }
    if cell.contains(char::is_alphabetic) { hours_and(cell) } else { dotted(cell) }
}

/// Parses `1h30` and `1 h 30`, in which two digits behind the hours are minutes.
fn hours_and(cell: &str) -> Option<Written> {
    let last = cell.rfind(|letter: char| !letter.is_ascii_digit())?;
    let behind = last + cell[last..].chars().next().map_or(0, char::len_utf8);
    let minutes = whole(&cell[behind..], 2, 2).filter(|&minutes| minutes < 60)?;
    let hours = cell[..behind].trim_end();
    let digits = hours.find(|letter: char| !letter.is_ascii_digit())?;
    let (digits, unit) = hours.split_at(digits);
    let hours = whole(digits, 1, 6).filter(|_| Unit::named(unit.trim_start()) == Some(Unit::Hours))?;
    Some(Written::Exact(u64::from(hours) * 3600 + u64::from(minutes) * 60))
}

/// Parses `01.30.00`, which is hours, minutes and seconds in Danish and Finnish.
fn dotted(cell: &str) -> Option<Written> {
    let mut parts = cell.split('.');
    let hours = whole(parts.next()?, 1, 6)?;
    let minutes = whole(parts.next()?, 2, 2).filter(|&minutes| minutes < 60)?;
    let seconds = whole(parts.next()?, 2, 2).filter(|&seconds| seconds < 60)?;
    let [hours, minutes, seconds] = [hours, minutes, seconds].map(u64::from);
    parts.next().is_none().then_some(Written::Exact(hours * 3600 + minutes * 60 + seconds))
}

/// Parses `01:02:03`, by far the most frequent spelling, into seconds.
#[inline]
pub(crate) fn plain_clock(cell: &[u8]) -> Option<u64> {
    let pairs = pairs_like(cell.try_into().ok()?, *b"00:00:00")?;
    let [hours, _, _, minutes, _, _, seconds, _] = pairs.to_le_bytes();
    let whole = u64::from(hours) * 3600 + u64::from(minutes) * 60 + u64::from(seconds);
    (minutes < 60 && seconds < 60).then_some(whole)
}

fn with_colons(cell: &str) -> Option<Written> {
    if let Some((days, clock)) = days_before(cell) {
        return timedelta(days, clock);
    }
    if let (_, Some(_)) = times::meridiem(cell) {
        let time = times::read(cell)?;
        let (hour, minute, second) = (time.hour(), time.minute(), time.second());
        let seconds = i32::from(hour) * 3600 + i32::from(minute) * 60 + i32::from(second);
        return Some(Written::Clock(seconds.unsigned_abs()));
    }
    let digits = cell.trim_end_matches(|letter: char| letter.is_alphabetic() || letter == '.');
    let unit = cell[digits.len()..].trim();
    let mut parts = digits.trim_end().split(':');
    let first = whole(parts.next()?, 1, 6)?;
    let second = whole(parts.next()?, 2, 2).filter(|&part| part < 60)?;
    let third = parts.next();
    if parts.next().is_some() {
        return None;
    }
    let unit = match unit {
        "" => None,
        unit => Some(Unit::named(unit)?),
    };
    let (hours, minutes, seconds) = match (third, unit) {
        (None, None) => return Some(Written::Pair(first, second)),
        (None, Some(Unit::Hours)) => (first, second, 0),
        (None, Some(Unit::Minutes)) => (0, first, second),
        (Some(third), None | Some(Unit::Hours)) => (first, second, rounded_seconds(third)?),
        _ => return None,
    };
    let [hours, minutes, seconds] = [hours, minutes, seconds].map(u64::from);
    Some(Written::Exact(hours * 3600 + minutes * 60 + seconds))
}

/// The days in front of a clock, and the clock: `0 days 01:00:00` (pandas and databases), `1 day, 2:30:00` (Python),
/// `1.02:30:00` (.NET). `None` for days without a clock, which may be working days of eight hours.
fn days_before(cell: &str) -> Option<(u32, &str)> {
    let digits = cell.find(|letter: char| !letter.is_ascii_digit())?;
    let (days, behind) = cell.split_at(digits);
    let days = whole(days, 1, 5)?;
    if let Some(clock) = behind.strip_prefix('.') {
        let padded = clock.find(':') == Some(2) && clock.matches(':').count() == 2;
        return padded.then_some((days, clock));
    }
    let behind = behind.trim_start();
    let clock = behind.strip_prefix("days").or_else(|| behind.strip_prefix("day"))?;
    let clock = clock.strip_prefix(',').unwrap_or(clock);
    clock.starts_with([' ', '+']).then(|| (days, clock.trim_start().trim_start_matches('+')))
}

/// Parses a clock of less than 24 hours behind a number of days.
fn timedelta(days: u32, clock: &str) -> Option<Written> {
    let mut parts = clock.split(':');
    let hours = whole(parts.next()?, 1, 2).filter(|&hours| hours < 24)?;
    let minutes = whole(parts.next()?, 2, 2).filter(|&minutes| minutes < 60)?;
    let seconds = rounded_seconds(parts.next()?)?;
    let [days, hours, minutes, seconds] = [days, hours, minutes, seconds].map(u64::from);
    let seconds = days * 86_400 + hours * 3600 + minutes * 60 + seconds;
    parts.next().is_none().then_some(Written::Exact(seconds))
}

/// Parses two digits of seconds, with a fraction that is rounded to a whole second.
fn rounded_seconds(cell: &str) -> Option<u32> {
    let (seconds, fraction) = cell.split_once(['.', ',']).unwrap_or((cell, ""));
    let seconds = whole(seconds, 2, 2).filter(|&seconds| seconds < 60)?;
    let digits = fraction.len() <= 9 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    digits.then_some(seconds + u32::from(fraction.as_bytes().first().is_some_and(|&tenth| tenth >= b'5')))
}

/// Parses `0.79 h`, `47 min`, `06 s` or `1h 30m`. Only a single number may have a fraction, and the units must descend.
fn with_units(cell: &str) -> Option<Written> {
    // "PT1H30M" is the ISO 8601 spelling, and "P0DT1H30M" that of pandas.
    let iso = cell.strip_prefix("PT").or_else(|| cell.strip_prefix("P0DT"));
    let iso = iso.filter(|rest| rest.chars().all(|letter| "0123456789.,HMS".contains(letter)));
    let mut rest = iso.unwrap_or(cell);
    if rest.is_empty() {
        return None;
    }
    let mut beside = 0_u64;
    let mut fraction = None;
    let mut before: Option<Unit> = None;
    while !rest.is_empty() {
        let number = rest.find(char::is_alphabetic)?;
        let (text, behind) = rest.split_at(number);
        let word = behind.find(|letter: char| !letter.is_alphabetic() && letter != '.');
        let (word, behind) = behind.split_at(word.unwrap_or(behind.len()));
        let unit = Unit::named(word)?;
        if before.is_some_and(|before| before.seconds() <= unit.seconds()) {
            return None;
        }
        before = Some(unit);
        let text = text.trim();
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            let count: u64 = text.parse().ok()?;
            beside = beside.checked_add(count.checked_mul(unit.seconds().into())?)?;
        } else if fraction.replace((text, unit)).is_some() {
            return None;
        }
        rest = behind.trim_start_matches(|letter: char| letter == ',' || letter.is_whitespace());
    }
    Some(match fraction {
        None => Written::Exact(beside),
        Some((text, unit)) => Written::Number { number: Marked::read(text)?, unit: Some(unit), beside },
    })
}

#[cfg(test)]
mod tests;
