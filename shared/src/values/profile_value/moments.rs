//! Dates and times in fields: the spellings of imports, and a part of what PHP's `strtotime` reads.
//!
//! By hand a date may be:
//!
//! - `2024-3-5`, `2024/3/5`, `20240305`, `2024-3` (the first of the month), `5-3-2024`, `5.3.2024`, `3/5/2024`;
//! - `5 March 2024`, `5-Mar-2024`, `March 5, 2024`, `Mar 5th 2024`, in English;
//! - a day beyond the month's end, which counts on into the next month: `2024-02-30` is 1 March;
//! - followed by a time `14:00`, `14:00:05.123`, `2:00 pm` behind a blank, a comma or a `T`, and by a zone `Z`, `UTC`, `GMT`,
//!   `+02:00`, from which the time is moved into the account's zone;
//! - a time alone, `1959` or `19:59`, which is today; any other number of four digits, the same moment in that year;
//! - `now`, `today`, `midnight`, `noon`, `yesterday`, `tomorrow`, or `@` with the seconds since 1970.
//!
//! Every other text cannot be read, also those for which `strtotime` knows a meaning (`next monday`, years of two digits).

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan, Zoned};

use super::{BadValue, BadValueCode};

/// The date with which every empty date begins.
const ZERO: &str = "0000-00-00";

/// The stored text of a moment.
pub(super) fn stored(moment: DateTime, has_time: bool) -> String {
    let day = moment.date();
    let day = format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day());
    if !has_time {
        return day;
    }
    let time = moment.time();
    format!("{day} {:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())
}

/// Reads a date strictly. `None` for an empty text, and for `0000-00-00`, which the vendor's exports have in empty fields.
pub(super) fn strict(text: &str, has_time: bool) -> Result<Option<DateTime>, BadValue> {
    let bad = |how: &str| Err(BadValue::new(BadValueCode::Date, how));
    if text.is_empty() || text == ZERO || text.strip_prefix(ZERO) == Some(" 00:00:00") {
        return Ok(None);
    }
    let (day, time) = match text.split_once([' ', 'T']) {
        Some((day, time)) => (day, Some(time)),
        None => (text, None),
    };
    let Some(day) = strict_day(day) else {
        return bad("is no date like 2024-12-31, 2024/12/31, 31-12-2024 or 12/31/2024");
    };
    let time = match time.map(strict_time) {
        None => Time::midnight(),
        Some(Some(time)) => time,
        Some(None) => return bad("has no time like 14:05 or 14:05:30 behind the date"),
    };
    if !has_time && time != Time::midnight() {
        return bad("has a time of day, and the field holds a date alone");
    }
    Ok(Some(day.to_datetime(time)))
}

fn strict_day(text: &str) -> Option<Date> {
    let separator = if text.contains('/') { '/' } else { '-' };
    let mut parts = text.split(separator);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let (year, month, day) = match (first.len(), separator) {
        (4, _) => (first, second, third),
        (_, '-') => (third, second, first),
        (_, _) => (third, first, second),
    };
    let year = if year.len() == 4 { number(year)? } else { return None };
    let (month, day) = (two(month)?, two(day)?);
    Date::new(year, month, day).ok().filter(|_| year > 0)
}

fn strict_time(text: &str) -> Option<Time> {
    let mut parts = text.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next().unwrap_or("00"));
    if parts.next().is_some() || minute.len() != 2 || second.len() != 2 {
        return None;
    }
    Time::new(two(hour)?, two(minute)?, two(second)?, 0).ok()
}

/// A number of one or two digits.
fn two(digits: &str) -> Option<i8> {
    if digits.len() > 2 { None } else { number(digits)?.try_into().ok() }
}

/// A number of at most four digits.
fn number(digits: &str) -> Option<i16> {
    let plain = !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

/// Reads a date as the vendor does. `None` for an empty date, and for a text which is no date.
pub(super) fn by_hand(text: &str, now: &Zoned) -> Option<DateTime> {
    if text.starts_with(ZERO) {
        return None;
    }
    let text = text.to_ascii_lowercase();
    let moment = relative(&text, now).or_else(|| spelled(&text, now))?;
    (moment.year() >= 0).then_some(moment)
}

/// Reads a moment that depends on the present one.
fn relative(text: &str, now: &Zoned) -> Option<DateTime> {
    let today = now.date();
    if let Some(seconds) = text.strip_prefix('@') {
        let moment = Timestamp::from_second(seconds.parse().ok()?).ok()?;
        return Some(moment.to_zoned(now.time_zone().clone()).datetime());
    }
    if let (4, Some(digits)) = (text.len(), number(text)) {
        let (hour, minute) = ((digits / 100) as i8, (digits % 100) as i8);
        return match Time::new(hour, minute, 0, 0) {
            Ok(time) => Some(today.to_datetime(time)),
            Err(_) => Some(rolled(digits, now.month(), now.day())?.to_datetime(now.time())),
        };
    }
    match text {
        "now" => Some(now.datetime()),
        "today" | "midnight" => Some(today.to_datetime(Time::midnight())),
        "noon" => Some(today.at(12, 0, 0, 0)),
        "yesterday" => Some(today.yesterday().ok()?.to_datetime(Time::midnight())),
        "tomorrow" => Some(today.tomorrow().ok()?.to_datetime(Time::midnight())),
        // A military time zone, in which the present moment is meant.
        _ => matches!(text.as_bytes(), [b'a'..=b'i' | b'k'..=b'z']).then(|| now.datetime()),
    }
}

/// Reads a date with or without a time, or a time alone.
fn spelled(text: &str, now: &Zoned) -> Option<DateTime> {
    if let Some((time, rest)) = time_of(text) {
        return in_zone(now.date(), time, rest, now);
    }
    let (day, rest) = day_of(text)?;
    let behind = rest.trim_start_matches([' ', ',']);
    let behind = behind.strip_prefix('t').unwrap_or(behind);
    match behind {
        "" => Some(day.to_datetime(Time::midnight())),
        _ if behind.len() == rest.len() => None,
        _ => {
            let (time, rest) = time_of(behind)?;
            in_zone(day, time, rest, now)
        }
    }
}

/// A time of day, and true if the time is the midnight at the end of the day.
type Clock = (Time, bool);

/// The moment at which a clock shows a time on a day, in the zone which `zone` names, in the zone of `now`.
fn in_zone(day: Date, (time, is_end): Clock, zone: &str, now: &Zoned) -> Option<DateTime> {
    let day = if is_end { day.tomorrow().ok()? } else { day };
    let moment = day.to_datetime(time);
    let offset = match zone.trim_start() {
        "" => return Some(moment),
        "z" | "utc" | "gmt" => Offset::UTC,
        zone => offset(zone)?,
    };
    let moment = moment.to_zoned(TimeZone::fixed(offset)).ok()?;
    Some(moment.with_time_zone(now.time_zone().clone()).datetime())
}

/// Reads `+02:00`, `+0200`, `+2` or `-02`.
fn offset(zone: &str) -> Option<Offset> {
    let bare = zone.strip_prefix(['+', '-'])?;
    let (hours, minutes) = match bare.split_once(':') {
        Some((hours, minutes)) => (hours, minutes),
        None if bare.len() == 4 && bare.is_ascii() => bare.split_at(2),
        None => (bare, "00"),
    };
    let (hours, minutes) = (i32::from(two(hours)?), i32::from(two(minutes)?));
    let seconds = (hours * 60 + minutes) * 60;
    if minutes > 59 { None } else { Offset::from_seconds(if zone.starts_with('-') { -seconds } else { seconds }).ok() }
}

/// Takes a number of one or two digits from the front of `rest`, which no further digit may follow.
fn take(rest: &mut &str) -> Option<i8> {
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, behind) = rest.split_at(length);
    let value = two(digits)?;
    *rest = behind;
    Some(value)
}

/// Takes a year of four digits from the front of `rest`.
fn take_year(rest: &mut &str) -> Option<i16> {
    let length = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, behind) = rest.split_at(length);
    let year = if length == 4 { number(digits)? } else { return None };
    *rest = behind;
    Some(year)
}

/// Reads the time at the beginning of a text, with the text behind the time.
fn time_of(text: &str) -> Option<(Clock, &str)> {
    let mut rest = text;
    let mut hour = take(&mut rest)?;
    rest = rest.strip_prefix(':')?;
    let minute = take(&mut rest)?;
    let mut second = 0;
    if let Some(behind) = rest.strip_prefix(':') {
        rest = behind;
        second = take(&mut rest)?;
        if let Some(fraction) = rest.strip_prefix('.') {
            rest = fraction.trim_start_matches(|letter: char| letter.is_ascii_digit());
        }
    }
    let bare = rest.trim_start();
    for (half, behind_noon) in [("am", false), ("pm", true)] {
        if let Some(behind) = bare.strip_prefix(half) {
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + if behind_noon { 12 } else { 0 };
            rest = behind;
        }
    }
    let is_end = hour == 24;
    let time = Time::new(if is_end { 0 } else { hour }, minute, second, 0).ok()?;
    Some(((time, is_end), rest))
}

/// Reads the date at the beginning of a text, with the text behind the date.
fn day_of(text: &str) -> Option<(Date, &str)> {
    let mut rest = text;
    let is_mark = |letter: char| matches!(letter, ' ' | '-' | '.');
    if text.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        let month = take_month(&mut rest)?;
        rest = rest.trim_start_matches(is_mark);
        let day = take(&mut rest)?;
        rest = ["st", "nd", "rd", "th"].iter().find_map(|end| rest.strip_prefix(end)).unwrap_or(rest);
        rest = rest.trim_start_matches([' ', ',', '-', '.']);
        let year = take_year(&mut rest)?;
        return Some((rolled(year, month, day)?, rest));
    }
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let (year, month, day) = match length {
        8 => {
            let (digits, behind) = text.split_at(8);
            rest = behind;
            (number(&digits[..4])?, two(&digits[4..6])?, two(&digits[6..])?)
        }
        4 => {
            let year = take_year(&mut rest)?;
            let mark = rest.chars().next().filter(|mark| matches!(mark, '-' | '/'))?;
            rest = &rest[1..];
            let month = take(&mut rest)?;
            match (rest.strip_prefix(mark), mark) {
                (Some(behind), _) => {
                    rest = behind;
                    (year, month, take(&mut rest)?)
                }
                (None, '-') => (year, month, 1),
                (None, _) => return None,
            }
        }
        1 | 2 => {
            let first = take(&mut rest)?;
            if let Some(behind) = rest.strip_prefix('/') {
                rest = behind;
                let day = take(&mut rest)?;
                rest = rest.strip_prefix('/')?;
                (take_year(&mut rest)?, first, day)
            } else {
                let mark = rest.chars().next();
                let named = rest.trim_start_matches(is_mark);
                if named.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
                    rest = named;
                    let month = take_month(&mut rest)?;
                    rest = rest.trim_start_matches(is_mark);
                    (take_year(&mut rest)?, month, first)
                } else {
                    let mark = mark.filter(|mark| matches!(mark, '-' | '.'))?;
                    rest = &rest[1..];
                    let month = take(&mut rest)?;
                    rest = rest.strip_prefix(mark)?;
                    (take_year(&mut rest)?, month, first)
                }
            }
        }
        _ => return None,
    };
    Some((rolled(year, month, day)?, rest))
}

/// The day `day` of a month, which may lie before or behind the month: day 0 is the last day of the month before, and
/// month 0 is the last month of the year before.
fn rolled(year: i16, month: i8, day: i8) -> Option<Date> {
    if !(0..=12).contains(&month) || !(0..=31).contains(&day) {
        return None;
    }
    let first = Date::new(year, 1, 1).ok()?.checked_add((i32::from(month) - 1).months()).ok()?;
    first.checked_add((i32::from(day) - 1).days()).ok()
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Takes the English name of a month, or its first three letters, from the front of `rest`.
fn take_month(rest: &mut &str) -> Option<i8> {
    let length = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (word, behind) = rest.split_at(length);
    let is = |name: &&str| *name == word || name[..3] == *word || word == "sept" && name.starts_with("sept");
    let month = MONTHS.iter().position(is)?;
    *rest = behind;
    Some(month as i8 + 1)
}
