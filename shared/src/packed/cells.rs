//! Turns a cell of a sheet into the text that the cell would have in a CSV file.

use calamine::{DataRef, ExcelDateTime};
use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::shape::Shape;

const DAY: i64 = 86_400;

/// The limit, in seconds, between durations and moments among numbers shown as a clock. A smaller number counts hours.
/// A number from here on (day 10,000, in 1927) is a moment of which the sheet shows the time only.
const MOMENTS: i64 = 10_000 * DAY;

/// The calendar of a workbook, which says which date is day 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Epoch {
    /// Day 0 is 1900-01-00, and 1900 has a 29th of February that never was.
    Windows,
    /// Day 0 is 1904-01-01, as in spreadsheets from old Macs.
    Mac,
}

/// The text of a cell, empty if nothing is written in the cell.
pub(super) fn text(value: &DataRef<'_>, shape: Shape, epoch: Epoch) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::String(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(flag) => flag.to_string(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(value) if shape.percent => format!("{}%", number(value * 100.0)),
        DataRef::Float(value) => number(*value),
        DataRef::DateTime(moment) => moment_text(*moment, shape, epoch),
        DataRef::DateTimeIso(text) => without_midnight(text),
    }
}

/// A number in plain spelling: a dot before the fraction, no exponent, no thousands separators.
///
/// A spreadsheet shows fifteen digits, and digits behind the fifteenth are the noise of floating-point arithmetic. A
/// fraction of three digits gets a fourth (`1.2340`), so that no reader takes the dot for a thousands separator.
fn number(value: f64) -> String {
    let rounded: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    let mut text = rounded.to_string();
    let places = |text: &str| text.find('.').map_or(0, |dot| text.len() - dot - 1);
    if places(&text) > 15 {
        text = format!("{rounded:.15}");
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    if places(&text) == 3 {
        text.push('0');
    }
    if text == "-0" { "0".to_owned() } else { text }
}

fn moment_text(moment: ExcelDateTime, shape: Shape, epoch: Epoch) -> String {
    let days = moment.as_f64();
    // A spreadsheet shows no date for a number outside this range either.
    if !(-1e6..3e6).contains(&days) {
        return number(days);
    }
    // Moments are rounded to the second, because the fraction of a day is an approximation.
    let seconds = (days * 86_400.0).round() as i64;
    if moment.is_duration() || shape.elapsed {
        return clock(seconds);
    }
    // East Asian formats of years and clocks are known by number only, without a code that could be parsed here.
    let unknown = !shape.time && !shape.date && (0..DAY).contains(&seconds);
    if shape.time && !shape.date || unknown {
        return clock(if seconds >= MOMENTS { seconds % DAY } else { seconds });
    }
    let Some(day) = day_text(seconds.div_euclid(DAY), epoch) else {
        return number(days);
    };
    match seconds.rem_euclid(DAY) {
        0 if !shape.time => day,
        time => format!("{day} {}", clock(time)),
    }
}

/// `H:MM:SS` for any number of hours, with at least two digits for the hours.
fn clock(seconds: i64) -> String {
    let (sign, seconds) = (if seconds < 0 { "-" } else { "" }, seconds.unsigned_abs());
    format!("{sign}{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn day_text(day: i64, epoch: Epoch) -> Option<String> {
    let after = |first: Date, days: i64| Some(first.checked_add(days.days()).ok()?.to_string());
    match (epoch, day) {
        (_, ..0) => None,
        (Epoch::Mac, day) => after(date(1904, 1, 1), day),
        // Windows workbooks have two days that never were. Both days are spelled as in the sheet and become
        // errors of their rows.
        (Epoch::Windows, 0) => Some("1900-01-00".to_owned()),
        (Epoch::Windows, 60) => Some("1900-02-29".to_owned()),
        (Epoch::Windows, day @ ..60) => after(date(1899, 12, 31), day),
        (Epoch::Windows, day) => after(date(1899, 12, 30), day),
    }
}

/// A cell of type `d` holds an ISO 8601 date with a time, in which midnight means that the cell has no time.
fn without_midnight(text: &str) -> String {
    match text.split_once('T') {
        Some((day, time)) if time.trim_end_matches('Z').bytes().all(|byte| b"0:.".contains(&byte)) => day.to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType;

    use super::*;

    const DATE: Shape = Shape { date: true, time: false, elapsed: false, percent: false };
    const TIME: Shape = Shape { date: false, time: true, elapsed: false, percent: false };
    const BOTH: Shape = Shape { date: true, time: true, elapsed: false, percent: false };

    fn moment(days: f64, shape: Shape, epoch: Epoch) -> String {
        let moment = ExcelDateTime::new(days, ExcelDateTimeType::DateTime, epoch == Epoch::Mac);
        text(&DataRef::DateTime(moment), shape, epoch)
    }

    #[test]
    fn numbers_have_a_dot_and_no_marks_and_no_noise() {
        for (value, text) in [
            (8.0, "8"),
            (-0.0, "0"),
            (0.1 + 0.2, "0.3"),
            (1.16667, "1.16667"),
            (7.0 / 6.0, "1.16666666666667"),
            (1234.5, "1234.5"),
            (1.234, "1.2340"),
            (-2.5, "-2.5"),
            (1e15, "1000000000000000"),
            (0.000_001, "0.000001"),
            (1.0 / 3.0 / 1e6, "0.000000333333333"),
        ] {
            assert_eq!(number(value), text, "{value}");
        }
    }

    #[test]
    fn dates_are_iso_in_both_systems() {
        for (days, windows, mac) in [
            (46_086.0, "2026-03-05", "2030-03-06"),
            (44_624.0, "2022-03-04", "2026-03-05"),
            (1.0, "1900-01-01", "1904-01-02"),
            (59.0, "1900-02-28", "1904-02-29"),
            (60.0, "1900-02-29", "1904-03-01"),
            (61.0, "1900-03-01", "1904-03-02"),
            (0.0, "1900-01-00", "1904-01-01"),
        ] {
            assert_eq!(moment(days, DATE, Epoch::Windows), windows, "{days}");
            assert_eq!(moment(days, DATE, Epoch::Mac), mac, "{days}");
        }
        assert_eq!(moment(46_086.0, Shape::default(), Epoch::Windows), "2026-03-05");
        assert_eq!(moment(0.375, Shape::default(), Epoch::Windows), "09:00:00");
        assert_eq!(moment(-5.0, DATE, Epoch::Windows), "-5");
        assert_eq!(moment(46_086.375, DATE, Epoch::Windows), "2026-03-05 09:00:00");
        assert_eq!(moment(46_086.0, BOTH, Epoch::Windows), "2026-03-05 00:00:00");
        assert_eq!(without_midnight("2026-03-05T00:00:00.000Z"), "2026-03-05");
        assert_eq!(without_midnight("2026-03-05T10:00:00"), "2026-03-05T10:00:00");
    }

    #[test]
    fn clocks_count_on_behind_a_day_and_to_the_second() {
        for (days, text) in [
            (0.375, "09:00:00"),
            (1.0 / 86_400.0, "00:00:01"),
            (26.0 / 24.0, "26:00:00"),
            (-0.5, "-12:00:00"),
            (46_086.375, "09:00:00"),
        ] {
            assert_eq!(moment(days, TIME, Epoch::Windows), text, "{days}");
        }
        for seconds in [0, 59, 3_599, 86_399, 86_401, 360_000, 35_999_999] {
            let span = ExcelDateTime::new(f64::from(seconds) / 86_400.0, ExcelDateTimeType::TimeDelta, false);
            assert_eq!(text(&DataRef::DateTime(span), Shape::default(), Epoch::Windows), clock(seconds.into()));
        }
    }

    #[test]
    fn other_cells_are_what_they_show() {
        let shown = |value| text(&value, Shape::default(), Epoch::Windows);
        assert_eq!(shown(DataRef::Bool(true)), "true");
        assert_eq!(shown(DataRef::Error(calamine::CellErrorType::Ref)), "#REF!");
        assert_eq!(shown(DataRef::SharedString("  as it is\n")), "  as it is\n");
        assert_eq!(text(&DataRef::Float(0.075), Shape { percent: true, ..Shape::default() }, Epoch::Windows), "7.5%");
    }
}
