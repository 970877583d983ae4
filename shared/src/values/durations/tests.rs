use proptest::prelude::*;

use super::*;

const HOURS: DurationReading = DurationReading::USUAL;

fn seconds(cell: &str) -> Option<u64> {
    super::read(cell)?.under(HOURS)
}

#[test]
fn each_way_to_write_a_duration_is_read() {
    for (cell, expected) in [
        ("01:02:03", 3723),
        ("1:02:03.6", 3724),
        ("100:00:00", 360_000),
        ("1:30", 5400),
        ("1:30 h", 5400),
        ("18:25 min", 1105),
        ("02:00:00 AM", 7200),
        ("12:20 AM", 1200),
        ("2:00:00 PM", 50_400),
        ("4.5", 16_200),
        ("0.79 h", 2844),
        ("6 s", 6),
        ("47 min.", 2820),
        ("1h 30m", 5400),
        ("1 hour, 5 minutes", 3900),
        ("1h30m15s", 5415),
        ("1.5h 30s", 5430),
        ("2 Std.", 7200),
        ("1h30", 5400),
        ("1 h 30", 5400),
        ("1h 30", 5400),
        ("1\u{a0}h\u{a0}30\u{a0}min", 5400),
        ("1h30m", 5400),
        ("PT1H30M", 5400),
        ("PT45M", 2700),
        ("PT1H0M15S", 3615),
        ("PT1.5H", 5400),
        ("PT0S", 0),
        ("2 u", 7200),
        ("1.5 uur", 5400),
        ("1 t", 3600),
        ("1 t 30 min", 5400),
        ("2 timer", 7200),
        ("2 tim", 7200),
        ("2 heures", 7200),
        ("2 horas", 7200),
        ("2 ore", 7200),
        ("2 godz.", 7200),
        ("2 godz. 30 min.", 9000),
        ("2 SAAT", 7200),
        ("2 tuntia", 7200),
        ("30 min.", 1800),
        ("30 minuti", 1800),
        ("1時間30分", 5400),
        ("01.30.00", 5400),
        ("1.30.15", 5415),
        ("100.00.00", 360_000),
        ("0 days 01:00:00", 3600),
        ("1 days 02:30:00", 95_400),
        ("0 days 00:30:00.500000", 1801),
        ("0 days 00:30:00.499999999", 1800),
        ("0 days +00:30:00", 1800),
        ("1 day, 2:30:00", 95_400),
        ("2 days, 0:00:01", 172_801),
        ("1 day 02:30:00", 95_400),
        ("1.02:30:00", 95_400),
        ("P0DT1H30M0S", 5400),
        ("01∶00∶00", 3600),
        ("０１：３０：００", 5400),
        ("1：30 h", 5400),
        ("１．５", 5400),
        ("1．5 h", 5400),
        ("\u{200e}1:30", 5400),
        ("0", 0),
    ] {
        assert_eq!(seconds(cell), Some(expected), "{cell}");
    }
}

#[test]
fn what_is_no_duration_is_none() {
    for cell in [
        "",
        "abc",
        "1:60",
        "1:2:3:4",
        "1:2",
        "-1:00",
        "1 d",
        "30m 1h",
        "1h 2h",
        "1.5h 2.5m",
        "h",
        "1 h x",
        "25:00 AM",
        "0:30 PM",
        "1:30 s",
        "-5",
        "1:30:",
        ":30",
        "1:3O",
        "..",
        "99999999999 h",
        "1h5",
        "1h60",
        "1h300",
        "1m30",
        "30 1h",
        "1.5h30",
        "1h30m15",
        "h30",
        "1 30",
        "PT",
        "PT1",
        "PTH",
        "PT1H30",
        "PT1 h",
        "P1D",
        "P1DT2H",
        "1 day",
        "1 days",
        "1 day 2:30",
        "1 day 24:00:00",
        "1 day 2:60:00",
        "-1 days +23:00:00",
        "-1 day, 23:00:00",
        "1 days, ",
        "1.5 days 01:00:00",
        "1.2:30:00",
        "1.02:30",
        "day 01:00:00",
        "1 day 1:00:00:00",
        "1 week, 1:00:00",
        "1.30.60",
        "1.5.30",
        "1.30.00 h",
        "1.30.00.00",
        "1,30,00",
        "1h30h",
    ] {
        assert_eq!(seconds(cell), None, "{cell}");
    }
}

#[test]
fn the_reading_decides_what_the_cell_leaves_open() {
    let under = |cell: &str, reading| super::read(cell).and_then(|written| written.under(reading));
    let minutes = DurationReading {
        unit: Unit::Minutes,
        pair: Unit::Minutes,
        mark: DecimalMark::Comma,
        ..DurationReading::USUAL
    };
    assert_eq!(under("1,5", minutes), Some(90));
    assert_eq!(under("1:30", minutes), Some(90));
    assert_eq!(under("1,5 h", minutes), Some(5400));
    assert_eq!(under("1.5", minutes), None);
    assert_eq!(under("1,5 uur", minutes), Some(5400));
    assert_eq!(under("1,5 heures", minutes), Some(5400));
    // Two numbers with a dot between are a single number with a fraction.
    assert_eq!((under("1.30", HOURS), under("1,30", minutes)), (Some(4680), Some(78)));
}

proptest! {
    #[test]
    fn a_duration_written_as_a_clock_is_read_exactly(seconds in 0..10_000_000_u64) {
        let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        prop_assert_eq!(super::tests::seconds(&format!("{hours:02}:{minutes:02}:{rest:02}")), Some(seconds));
        prop_assert_eq!(super::tests::seconds(&format!("{hours}h {minutes}m {rest}s")), Some(seconds));
        prop_assert_eq!(super::tests::seconds(&format!("{}:{rest:02} min", seconds / 60)), (seconds < 60_000_000).then_some(seconds));
    }

    #[test]
    fn no_cell_makes_it_panic(cell in "[0-9:.,hminsAPMTHe時 \u{e4}-]{0,16}") {
        let _ = seconds(&cell);
    }
}
