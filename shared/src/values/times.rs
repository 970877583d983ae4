//! Times of day: `9:05`, `09:05:30`, `9:05 PM`, `9h05`.

use jiff::civil::Time;

use super::numbers::{pairs_like, whole};
use super::words;

/// Parses a time of day on a 24-hour or a 12-hour clock. A zone behind the time is dropped, because entries keep the
/// time as the file shows it.
#[inline]
pub(crate) fn read(cell: &str) -> Option<Time> {
    plain(cell.as_bytes()).or_else(|| read_any(cell))
}

/// Parses a time in any spelling, on the slow path.
#[inline(never)]
pub(crate) fn read_any(cell: &str) -> Option<Time> {
    let cell = words::seen(cell);
    let cell = cell.trim();
    if let Some(time) = part_of_a_day(cell, false) {
        return Some(time);
    }
    let cell = without_zero_day(cell);
    clock(cell).or_else(|| clock(without_zone(cell, false)?))
}

/// Parses a time of day with nothing behind the time.
fn clock(cell: &str) -> Option<Time> {
    let (clock, half) = meridiem(cell);
    let Some(half) = half else {
        let (hour, minute, second) = clock_parts(clock).or_else(|| full_hour(clock))?;
        return time(hour, minute, second);
    };
    let (hour, minute, second) = clock_parts(clock).or_else(|| Some((whole(clock, 1, 2)?, 0, 0)))?;
    time(half.hour(hour)?, minute, second)
}

/// Parses `09:05:30` and `09:05`, by far the most frequent spellings.
pub(crate) fn plain(cell: &[u8]) -> Option<Time> {
    let whole = match *cell {
        [a, b, c, d, e, f, g, h] => [a, b, c, d, e, f, g, h],
        [a, b, c, d, e] => [a, b, c, d, e, b':', b'0', b'0'],
        _ => return None,
    };
    let [hour, _, _, minute, _, _, second, _] = pairs_like(whole, *b"00:00:00")?.to_le_bytes();
    time(hour.into(), minute.into(), second.into())
}

fn time(hour: u32, minute: u32, second: u32) -> Option<Time> {
    let part = |value: u32| i8::try_from(value).ok();
    Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()
}

/// Parses `0.375`, as a spreadsheet shows nine o'clock in a cell that has lost the number format. With two digits,
/// which might be minutes (`0.45`), the fraction is accepted only if `known` says that the column holds parts of a day.
pub(crate) fn part_of_a_day(cell: &str, known: bool) -> Option<Time> {
    let digits = match cell {
        "0" if known => "0",
        _ => cell.strip_prefix("0.").or_else(|| cell.strip_prefix("0,"))?,
    };
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    // Digits beyond the eighteenth do not change the second.
    let digits = digits.get(..18).unwrap_or(digits);
    let value: u64 = digits.parse().ok().filter(|&value| all_digits && (known || digits.len() != 2 || value >= 60))?;
    let one = 10_u128.pow(digits.len() as u32);
    let seconds = u32::try_from((u128::from(value) * 86_400 * 2 + one) / (one * 2)).ok()?;
    time(seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The half of the day that a 12-hour clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    Morning,
    Afternoon,
}

impl Half {
    /// The hour of the day, where 12 comes before 1. `None` for an hour that a 12-hour clock does not have.
    pub fn hour(self, hour: u32) -> Option<u32> {
        let noon = if self == Self::Afternoon { 12 } else { 0 };
        (1..=12).contains(&hour).then_some(hour % 12 + noon)
    }
}

/// Cuts `AM`, `p.m.`, `p. m.` and the like off a cell.
pub(crate) fn meridiem(cell: &str) -> (&str, Option<Half>) {
    let clock = cell.rfind(|letter: char| letter.is_ascii_digit()).map_or("", |last| &cell[..=last]);
    let mut letters = cell[clock.len()..].chars().filter(|letter| *letter != '.' && !letter.is_whitespace());
    let word = [letters.next(), letters.next(), letters.next()].map(|letter| letter.map(|l| l.to_ascii_lowercase()));
    match word {
        [Some('a'), Some('m'), None] => (clock, Some(Half::Morning)),
        [Some('p'), Some('m'), None] => (clock, Some(Half::Afternoon)),
        _ => (cell, None),
    }
}

/// Cuts off the day before a spreadsheet's calendar begins. Spreadsheets store a time as a part of a day, and some
/// programs show that day.
fn without_zero_day(cell: &str) -> &str {
    let zero_days = ["1899-12-30", "1899-12-31", "1900-01-00", "12/30/1899", "30.12.1899", "30/12/1899"];
    let behind = zero_days.iter().find_map(|day| cell.strip_prefix(day)?.strip_prefix([' ', 'T']));
    behind.map_or(cell, str::trim_start)
}

/// Hours, minutes and seconds of `H:MM`, `H:MM:SS`, `HhMM` or `H.MM.SS`. A fraction of a second is cut off.
fn clock_parts(clock: &str) -> Option<(u32, u32, u32)> {
    let clock = clock.strip_suffix("Uhr").map_or(clock, str::trim_end);
    let dotted = is_dotted(clock);
    let (hours, rest) = clock.split_once(if dotted { ['.'; 3] } else { [':', 'h', 'H'] })?;
    let (minutes, seconds) = match rest.split_once(if dotted { '.' } else { ':' }) {
        None => (rest, "00"),
        Some((minutes, seconds)) => (minutes, seconds),
    };
    let seconds = match seconds.split_once(['.', ',']) {
        None => seconds,
        Some((seconds, fraction)) => whole_of(seconds, fraction)?,
    };
    Some((whole(hours, 1, 2)?, whole(minutes, 2, 2)?, whole(seconds, 2, 2)?))
}

/// The seconds in front of a fraction. `None` if the fraction is not one to nine digits.
fn whole_of<'c>(seconds: &'c str, fraction: &str) -> Option<&'c str> {
    let fits = (1..=9).contains(&fraction.len()) && fraction.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(seconds)
}

/// Parses `9 Uhr` and `9h`.
fn full_hour(clock: &str) -> Option<(u32, u32, u32)> {
    let hour = clock.strip_suffix("Uhr").or_else(|| clock.strip_suffix(['h', 'H']))?;
    Some((whole(hour.trim_end(), 1, 2)?, 0, 0))
}

/// Returns whether a cell is three numbers with dots between, like `9.05.30`, which is a time in Danish and Finnish.
/// The cell may be a date as well.
#[inline]
pub(crate) fn is_dotted(cell: &str) -> bool {
    // The second and third byte settle nearly all cells.
    matches!(cell.as_bytes(), [_, b'.', ..] | [_, _, b'.', ..]) && are_dotted(cell)
}

fn are_dotted(cell: &str) -> bool {
    let mut parts = cell.split('.');
    let mut part = |least| parts.next().is_some_and(|part| whole(part, least, 2).is_some());
    let fits = part(1) && part(2) && part(2);
    fits && parts.next().is_none()
}

/// Returns whether a cell is the midnight at the end of a day: `24:00`, `24:00:00`, `24h`, `24 Uhr`.
/// No entry begins there.
pub(crate) fn is_end_of_day(cell: &str) -> bool {
    let cell = words::seen(cell);
    let cell = cell.trim();
    cell.starts_with("24") && clock_parts(cell).or_else(|| full_hour(cell)) == Some((24, 0, 0))
}

/// The names of time zones that stand behind times.
#[rustfmt::skip]
const ZONES: [&str; 40] = [
    "Z", "UTC", "GMT", "UT", "WET", "WEST", "CET", "CEST", "MEZ", "MESZ", "EET", "EEST", "BST", "IST", "MSK", "TRT", "SAST",
    "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT", "AKST", "AKDT", "HST", "AST", "ADT", "NST", "NDT", "BRT",
    "JST", "KST", "SGT", "HKT", "AEST", "AEDT", "NZST",
];

/// Cuts `Z`, `CET`, `UTC+01:00`, `+0100` and the like off a time. `None` if no zone stands behind the time.
///
/// In a time stamp, behind the T (`in_stamp`), `09:00-10:00` is a time with a zone. Elsewhere the same text may be the
/// span from nine to ten, so the end is not cut off.
pub(crate) fn without_zone(time: &str, in_stamp: bool) -> Option<&str> {
    let time = time.trim_end();
    // Examples: "09:30+01:00[Europe/Berlin]", "09:30 GMT+0100 (Central European Standard Time)".
    let bare = match (time.strip_suffix(']'), time.strip_suffix(')')) {
        (Some(named), _) => named.split_once('[')?.0.trim_end(),
        (_, Some(named)) => named.split_once('(')?.0.trim_end(),
        (None, None) => time,
    };
    let name = |bare: &str| {
        let start = bare.rfind(|letter: char| !letter.is_ascii_alphabetic()).map_or(0, |last| last + 1);
        bare.get(start..).filter(|name| ZONES.contains(name)).map(str::len)
    };
    if let Some(length) = name(bare) {
        return Some(bare[..bare.len() - length].trim_end());
    }
    let Some(sign) = bare.rfind(['+', '-', '−']).filter(|&sign| is_offset(&bare[sign..])) else {
        return (bare.len() < time.len()).then_some(bare);
    };
    let (before, offset) = (bare[..sign].trim_end(), &bare[sign..]);
    if let Some(length) = name(before) {
        return Some(before[..before.len() - length].trim_end());
    }
    let of_four = offset.bytes().filter(u8::is_ascii_digit).count() == 4 && !offset.contains(':');
    let is_told = in_stamp || offset.starts_with('+') || of_four || before.matches(':').count() == 2;
    is_told.then_some(before)
}

/// The zone behind a moment, as the file spells the zone. `None` if the moment has no zone.
pub(crate) fn zone(moment: &str) -> Option<&str> {
    let moment = moment.trim_end();
    let before = without_zone(moment, true).filter(|before| before.contains(':'))?;
    Some(moment[before.len()..].trim_start())
}

/// The seconds east of Greenwich for a zone with an offset in digits, or for UTC and synonyms of UTC. `None` for
/// further names of zones.
pub(crate) fn offset(zone: &str) -> Option<i64> {
    let zone = zone.split(['[', '(']).next().unwrap_or_default().trim_end();
    let digits = zone.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
    let east = match digits.chars().next() {
        None => return ["Z", "UTC", "GMT", "UT"].contains(&zone).then_some(0),
        Some('+') => 1,
        Some(_) => -1,
    };
    let digits: String = digits.chars().filter(char::is_ascii_digit).collect();
    let (hours, minutes) = if digits.len() > 2 { digits.split_at(digits.len() - 2) } else { (digits.as_str(), "0") };
    Some(east * (hours.parse::<i64>().ok()? * 3600 + minutes.parse::<i64>().ok()? * 60))
}

/// Returns whether a text is the offset of a zone, like `+1`, `+01`, `+0100` or `-05:00`: up to 14
/// hours, in quarter hours.
fn is_offset(offset: &str) -> bool {
    let digits = offset.trim_start_matches(['+', '-', '−']);
    let (hours, minutes) = match digits.split_once(':') {
        Some(parts) => parts,
        None if digits.is_ascii() && digits.len() == 4 => digits.split_at(2),
        None => (digits, "00"),
    };
    whole(hours, 1, 2).is_some_and(|hours| hours <= 14) && ["00", "15", "30", "45"].contains(&minutes)
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    #[test]
    fn both_clocks_are_read() {
        for (cell, read) in [
            ("09:05:30", time(9, 5, 30, 0)),
            ("9:05", time(9, 5, 0, 0)),
            ("9h05", time(9, 5, 0, 0)),
            ("9:05:30.000", time(9, 5, 30, 0)),
            ("9:05 PM", time(21, 5, 0, 0)),
            ("12:05 a.m.", time(0, 5, 0, 0)),
            ("12:05pm", time(12, 5, 0, 0)),
            ("9:05 a. m.", time(9, 5, 0, 0)),
            ("1899-12-30 09:05:30", time(9, 5, 30, 0)),
            ("09:12:33.123Z", time(9, 12, 33, 0)),
            ("09:12:33.999999", time(9, 12, 33, 0)),
            ("09:12:33,5", time(9, 12, 33, 0)),
            ("9:12:33.5 PM", time(21, 12, 33, 0)),
            ("9am", time(9, 0, 0, 0)),
            ("9 AM", time(9, 0, 0, 0)),
            ("12 p.m.", time(12, 0, 0, 0)),
            ("12am", time(0, 0, 0, 0)),
            ("09:00 Uhr", time(9, 0, 0, 0)),
            ("9:05:30 Uhr", time(9, 5, 30, 0)),
            ("9 Uhr", time(9, 0, 0, 0)),
            ("9h", time(9, 0, 0, 0)),
            ("9 h", time(9, 0, 0, 0)),
            ("09.00.00", time(9, 0, 0, 0)),
            ("9.05.30", time(9, 5, 30, 0)),
            ("9.05.30 PM", time(21, 5, 30, 0)),
            ("\u{200e}9\u{200e}:\u{200e}05\u{200e} \u{200e}PM", time(21, 5, 0, 0)),
            ("9:05\u{a0}Uhr", time(9, 5, 0, 0)),
            ("0.041666666666666664", time(1, 0, 0, 0)),
            ("09∶05∶30", time(9, 5, 30, 0)),
            ("０９：０５", time(9, 5, 0, 0)),
            ("9꞉05\u{202f}pm", time(21, 5, 0, 0)),
        ] {
            assert_eq!(super::read(cell), Some(read), "{cell}");
        }
    }

    #[test]
    fn what_no_clock_shows_is_no_time() {
        for cell in [
            "",
            "9",
            "24:00",
            "9:60",
            "13:00 PM",
            "0:30 AM",
            "9:5:5",
            "9:05:30.",
            "9:05.5",
            "9:05:30.x",
            "noon",
            "13 PM",
            "25 Uhr",
            "9.05",
            "9.5.30",
            "9.60.00",
            "9.05.30.10",
            "Uhr",
            "am",
            "h",
            "Z",
            "+01:00",
            "09:00-10:00",
            "09:00 - 10:00",
            "09:00-17:30",
            "9:00-5",
            "09:00-10",
            "09:00+15:00",
            "09:00 XYZ",
            "09:00 (",
            "09:00]",
        ] {
            assert_eq!(super::read(cell), None, "{cell}");
        }
    }

    #[test]
    fn a_day_ends_at_24_00() {
        for cell in [
            "24:00",
            "24:00:00",
            "24h00",
            "24.00.00",
            "24 Uhr",
            "24:00 Uhr",
            "24h",
            "24∶00",
            "２４：００",
            "24:00:00.000",
        ] {
            assert!(is_end_of_day(cell), "{cell}");
        }
        for cell in ["24", "24:01", "24:00:01", "00:00", "240:00", "24:00 AM", "2:400", "12:00", ""] {
            assert!(!is_end_of_day(cell), "{cell}");
        }
    }

    #[test]
    fn zones_are_left_out() {
        for cell in [
            "09:30",
            "09:30Z",
            "09:30 UTC",
            "09:30+01:00",
            "09:30 -0500",
            "09:30 GMT+1",
            "09:30 GMT-1",
            "09:30 CET",
            "09:30 CEST",
            "09:30 EST",
            "09:30 UTC+01:00",
            "09:30UTC-05:00",
            "09:30 (CET)",
            "09:30+01:00[Europe/Berlin]",
            "09:30 GMT+0100 (Central European Standard Time)",
        ] {
            assert_eq!(super::read(cell), Some(time(9, 30, 0, 0)), "{cell}");
        }
        assert_eq!(super::read("09:30:00-05:00"), Some(time(9, 30, 0, 0)));
        assert_eq!(super::read("9:30 AM CET"), Some(time(9, 30, 0, 0)));
        assert_eq!(without_zone("09:30-05:00", true), Some("09:30"));
    }
}
