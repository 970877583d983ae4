//! Times of day: `9:05`, `09:05:30`, `9:05 PM`, `9h05`.

use jiff::civil::Time;

use super::numbers::whole;

/// Reads a time of day, with a 24-hour or a 12-hour clock.
pub(super) fn read(cell: &str) -> Option<Time> {
    if let Some(time) = plain(cell.as_bytes()) {
        return Some(time);
    }
    if let Some(time) = part_of_a_day(cell.trim(), false) {
        return Some(time);
    }
    let (clock, half) = meridiem(without_zero_day(cell.trim()));
    let (hour, minute, second) = clock_parts(clock)?;
    let hour = match half {
        None => hour,
        Some(half) => half.hour(hour)?,
    };
    time(hour, minute, second)
}

/// `09:05:30`, by far the most frequent way.
fn plain(cell: &[u8]) -> Option<Time> {
    let &[a, b, b':', c, d, b':', e, f] = cell else {
        return None;
    };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u32::from(byte - b'0'));
    time(digit(a)? * 10 + digit(b)?, digit(c)? * 10 + digit(d)?, digit(e)? * 10 + digit(f)?)
}

fn time(hour: u32, minute: u32, second: u32) -> Option<Time> {
    let part = |value: u32| i8::try_from(value).ok();
    Time::new(part(hour)?, part(minute)?, part(second)?, 0).ok()
}

/// `0.375`, as a spreadsheet shows nine o'clock where the cell has lost its look. Of two digits, that might be minutes, only
/// what is known to be a part of a day is one.
pub(super) fn part_of_a_day(cell: &str, known: bool) -> Option<Time> {
    let digits = match cell {
        "0" if known => "0",
        _ => cell.strip_prefix("0.").or_else(|| cell.strip_prefix("0,"))?,
    };
    let fits = (1..=17).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let value: u64 = digits.parse().ok().filter(|&value| fits && (known || digits.len() != 2 || value >= 60))?;
    let one = 10_u128.pow(digits.len() as u32);
    let seconds = u32::try_from((u128::from(value) * 86_400 * 2 + one) / (one * 2)).ok()?;
    time(seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Which half of the day a 12-hour clock shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    Morning,
    Afternoon,
}

impl Half {
    /// The hour of the day: twelve comes before one.
    pub fn hour(self, hour: u32) -> Option<u32> {
        let noon = if self == Self::Afternoon { 12 } else { 0 };
        (1..=12).contains(&hour).then_some(hour % 12 + noon)
    }
}

/// Cuts `AM`, `p.m.`, `p. m.` and the like off a cell.
pub(super) fn meridiem(cell: &str) -> (&str, Option<Half>) {
    let clock = cell.rfind(|letter: char| letter.is_ascii_digit()).map_or("", |last| &cell[..=last]);
    let mut letters = cell[clock.len()..].chars().filter(|letter| *letter != '.' && !letter.is_whitespace());
    let word = [letters.next(), letters.next(), letters.next()].map(|letter| letter.map(|l| l.to_ascii_lowercase()));
    match word {
        [Some('a'), Some('m'), None] => (clock, Some(Half::Morning)),
        [Some('p'), Some('m'), None] => (clock, Some(Half::Afternoon)),
        _ => (cell, None),
    }
}

/// Spreadsheets keep a time as a part of a day, and some show that day: the last one before their calendar begins.
fn without_zero_day(cell: &str) -> &str {
    let zero_days = ["1899-12-30", "1899-12-31", "1900-01-00", "12/30/1899", "30.12.1899", "30/12/1899"];
    let behind = zero_days.iter().find_map(|day| cell.strip_prefix(day)?.strip_prefix([' ', 'T']));
    behind.map_or(cell, str::trim_start)
}

/// Hours, minutes and seconds of `H:MM`, `H:MM:SS` or `HhMM`; a fraction of a second must be zero.
fn clock_parts(clock: &str) -> Option<(u32, u32, u32)> {
    let (hours, rest) = clock.split_once([':', 'h', 'H'])?;
    let (minutes, seconds) = match rest.split_once(':') {
        None => (rest, "00"),
        Some((minutes, seconds)) => (minutes, seconds),
    };
    let seconds = match seconds.split_once(['.', ',']) {
        None => seconds,
        Some((seconds, fraction)) => fraction.bytes().all(|byte| byte == b'0').then_some(seconds)?,
    };
    Some((whole(hours, 1, 2)?, whole(minutes, 2, 2)?, whole(seconds, 2, 2)?))
}

/// Leaves out `Z`, `UTC`, `+01:00` and the like behind a time.
pub(super) fn without_zone(time: &str) -> &str {
    let time = time.trim_end();
    for name in ["Z", "UTC", "GMT"] {
        if let Some(bare) = time.strip_suffix(name) {
            return bare.trim_end();
        }
    }
    match time.rfind(['+', '-', '−']) {
        Some(sign) if sign > 0 => time[..sign].trim_end(),
        _ => time,
    }
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
        ] {
            assert_eq!(super::read(cell), Some(read), "{cell}");
        }
    }

    #[test]
    fn what_no_clock_shows_is_no_time() {
        for cell in ["", "9", "24:00", "9:60", "13:00 PM", "0:30 AM", "9:5:5", "9:05:30.5", "noon"] {
            assert_eq!(super::read(cell), None, "{cell}");
        }
    }

    #[test]
    fn zones_are_left_out() {
        for cell in ["09:30", "09:30Z", "09:30 UTC", "09:30+01:00", "09:30 -0500"] {
            assert_eq!(without_zone(cell), "09:30");
        }
    }
}
