//! Tests of the times of runs: the calendar, the change of clocks, and the grid as a property.

#![expect(clippy::unwrap_used, reason = "tests")]

use jiff::Timestamp;
use proptest::prelude::*;

use super::{Every, Recurrence, WrongEvery};

fn ms(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

fn recurrence(starts_at: &str, every: &str, zone: &str) -> Recurrence {
    Recurrence { every: every.parse().unwrap(), starts_at: ms(starts_at), time_zone: zone.to_owned() }
}

/// The next runs after a time, in the zone of the schedule.
fn runs(recurrence: &Recurrence, after: &str, count: usize) -> Vec<String> {
    let mut now = ms(after);
    let mut times = Vec::new();
    for _ in 0..count {
        now = recurrence.after(now).unwrap();
        let zoned = Timestamp::from_millisecond(now).unwrap().to_zoned(recurrence.zone());
        times.push(zoned.strftime("%Y-%m-%d %H:%M %z").to_string());
    }
    times
}

#[test]
fn intervals_of_fifteen_minutes_to_366_days_are_taken_and_all_others_are_refused() {
    for (text, shown) in [
        ("PT15M", "PT15M"),
        ("PT1.5H", "PT1H30M"),
        ("PT24H", "PT24H"),
        ("P1D", "P1D"),
        ("P2W", "P2W"),
        ("P1M", "P1M"),
        ("P1Y", "P1Y"),
        ("P366D", "P366D"),
    ] {
        assert_eq!(text.parse::<Every>().map(|every| every.to_string()), Ok(shown.to_owned()), "{text}");
    }
    for (text, why) in [
        ("", WrongEvery::Malformed),
        ("1 day", WrongEvery::Malformed),
        ("daily", WrongEvery::Malformed),
        ("PT15M30S", WrongEvery::Malformed),
        ("P1DT6H", WrongEvery::Mixed),
        ("PT14M", WrongEvery::Length),
        ("PT0M", WrongEvery::Length),
        ("P0D", WrongEvery::Length),
        ("-P1D", WrongEvery::Length),
        ("-PT1H", WrongEvery::Length),
        ("P367D", WrongEvery::Length),
        ("P53W", WrongEvery::Length),
        ("P13M", WrongEvery::Length),
        ("P2Y", WrongEvery::Length),
        ("PT999999H", WrongEvery::Length),
    ] {
        assert_eq!(text.parse::<Every>().map(|every| every.to_string()), Err(why), "{text}");
    }
}

#[test]
fn a_monthly_run_of_the_31st_comes_on_the_last_day_of_shorter_months() {
    let monthly = recurrence("2027-01-31T08:00:00+01:00", "P1M", "Europe/Berlin");
    assert_eq!(
        runs(&monthly, "2027-01-31T07:00:00Z", 4),
        ["2027-02-28 08:00 +0100", "2027-03-31 08:00 +0200", "2027-04-30 08:00 +0200", "2027-05-31 08:00 +0200"]
    );
}

#[test]
fn a_daily_run_keeps_its_hour_when_the_clocks_change_and_an_hourly_run_its_distance() {
    let daily = recurrence("2027-03-26T02:30:00+01:00", "P1D", "Europe/Berlin");
    // 02:30 does not exist on 28 March, and exists twice on 31 October.
    assert_eq!(
        runs(&daily, "2027-03-26T12:00:00Z", 3),
        ["2027-03-27 02:30 +0100", "2027-03-28 03:30 +0200", "2027-03-29 02:30 +0200"]
    );
    assert_eq!(runs(&daily, "2027-10-30T12:00:00Z", 2), ["2027-10-31 02:30 +0200", "2027-11-01 02:30 +0100"]);
    let hourly = recurrence("2027-03-28T00:00:00Z", "PT1H", "Europe/Berlin");
    assert_eq!(runs(&hourly, "2027-03-28T00:00:00Z", 2), ["2027-03-28 03:00 +0200", "2027-03-28 04:00 +0200"]);
}

#[test]
fn missed_times_are_passed_over_and_a_start_to_come_is_the_first_run() {
    let daily = recurrence("2027-01-01T08:00:00Z", "P1D", "UTC");
    assert_eq!(runs(&daily, "2027-01-09T08:00:00Z", 1), ["2027-01-10 08:00 +0000"]);
    assert_eq!(runs(&daily, "2026-06-01T00:00:00Z", 2), ["2027-01-01 08:00 +0000", "2027-01-02 08:00 +0000"]);
}

#[test]
fn a_day_that_the_zone_left_out_gives_no_second_run_at_the_same_moment() {
    // Samoa had no 30 December 2011.
    let daily = recurrence("2011-12-28T10:00:00-10:00", "P1D", "Pacific/Apia");
    let times = runs(&daily, "2011-12-28T20:00:00Z", 3);
    assert_eq!(times, ["2011-12-29 10:00 -1000", "2011-12-31 10:00 +1400", "2012-01-01 10:00 +1400"]);
}

proptest! {
    #[test]
    fn the_next_run_is_later_than_now_and_on_the_grid_and_no_run_lies_between(
        start in 946_684_800_i64..1_900_000_000,
        gap in 0_i64..2_000_000_000,
        every in prop_oneof![
            (15_i64..3000).prop_map(|minutes| format!("PT{minutes}M")),
            (1_i64..366).prop_map(|days| format!("P{days}D")),
            (1_i64..52).prop_map(|weeks| format!("P{weeks}W")),
            (1_i64..12).prop_map(|months| format!("P{months}M")),
        ],
        zone in prop_oneof![
            Just("UTC"), Just("Europe/Berlin"), Just("America/New_York"), Just("Australia/Lord_Howe"), Just("Pacific/Apia"),
        ],
    ) {
        let recurrence = Recurrence {
            every: every.parse().unwrap(),
            starts_at: start * 1000,
            time_zone: zone.to_owned(),
        };
        let now = (start + gap) * 1000;
        let next = recurrence.after(now).unwrap();
        prop_assert!(next > now);
        // The runs around the next one, by number.
        let mut number = 0;
        let mut step = 1 << 22;
        while step > 0 {
            if recurrence.run(number + step).is_some_and(|time| time < next) {
                number += step;
            }
            step /= 2;
        }
        let before = recurrence.run(number).unwrap();
        prop_assert!(before <= now || number == 0 && before == next, "a run at {before} lies between {now} and {next}");
        let on_grid = [number, number + 1].iter().any(|&number| recurrence.run(number) == Some(next));
        prop_assert!(on_grid, "{next} is no run");
        prop_assert_eq!(recurrence.after(next - 1), Some(next));
    }
}
