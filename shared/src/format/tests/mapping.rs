//! Tests of reading any table by a mapping of its columns.

use super::*;
use crate::format::{FormatName, Mapping};
use crate::table::WrongMapping;

fn mapping(pairs: &[(&str, &str)]) -> Result<Mapping, WrongMapping> {
    Mapping::new(pairs.iter().map(|&(column, field)| (column.to_owned(), field.to_owned())))
}

fn mapped(pairs: &[(&str, &str)]) -> ReadingOptions {
    ReadingOptions { mapping: Some(mapping(pairs).unwrap()), ..plainly() }
}

/// The refusal of a table which is read by a mapping.
fn refusal_of(text: &str, pairs: &[(&str, &str)]) -> Refusal {
    read_with(text.as_bytes(), &mapped(pairs)).unwrap_err()
}

#[test]
fn any_table_is_read_by_a_mapping_and_what_is_not_mapped_is_kept() {
    let file = "Wer;Wann;Wie lange;Kunde;Vorhaben;Was;Schlagworte;Satz;Haus\n\
                Field, Jo;4.3.2024;1,5;Alder;Site;Planned;Dev, Review;80,00;Nord\n\
                mo@example.com;31.3.2024;0,25;;;;;;\n";
    let file = file.replace("Field, Jo", "\"Field, Jo\"");
    let pairs = [
        ("wer", "person"),
        ("WANN", "date"),
        ("Wie lange", "hours"),
        ("Kunde", "client"),
        ("Vorhaben", "project"),
        ("Was", "text"),
        ("Schlagworte", "tags"),
        ("Satz", "rate"),
    ];
    assert_eq!(
        read_with(file.as_bytes(), &mapped(&pairs)).unwrap(),
        [
            "2024-03-04 | 5400 s | name: Jo Field | client: Alder | project: Site | text: Planned | \
             tags: Dev, Review | rate: 80.00 | +Haus: Nord",
            "2024-03-31 | 900 s | email: mo@example.com",
        ]
    );
    let plan = survey(file.as_bytes(), &mapped(&pairs), 10, 99).unwrap();
    assert_eq!(plan.layout.decisions.format, FormatName::Table);
    assert_eq!(plan.layout.decisions.candidates[0].evidence.len(), pairs.len());
}

#[test]
fn start_and_end_tell_the_duration_where_no_column_does() {
    let pairs = [("Begin", "start"), ("Stop", "end"), ("Who", "name")];
    let file = "Who,Begin,Stop\n\
                Jo,2024-03-04 09:00,2024-03-04 10:30\n\
                Jo,2024-03-04 23:30,2024-03-05 00:30\n\
                Jo,2024-03-04 09:00,\n\
                Jo,2024-03-04 09:00,2024-03-04 08:00\n\
                Jo,2024-03-04,2024-03-04 08:00\n";
    assert_eq!(
        read_with(file.as_bytes(), &mapped(&pairs)).unwrap(),
        [
            "2024-03-04 | 09:00:00-10:30:00 | 5400 s | name: Jo",
            "2024-03-04 | 23:30:00-00:30:00 | 3600 s | name: Jo | +Stop: 2024-03-05 00:30",
            "line 4: missing: Stop: nothing is written there",
            "line 5: invalid_duration: Stop: \"2024-03-04 08:00\" is no time behind the start",
            "line 6: invalid_duration: Begin: \"2024-03-04\" cannot be read as a time",
        ]
    );
    let pairs = [("Day", "date"), ("From", "start"), ("To", "end")];
    let file = "Day,From,To\n2024-03-04,9:00 AM,10:30 AM\n2024-03-04,11:30 PM,12:30 AM\n";
    assert_eq!(
        read_with(file.as_bytes(), &mapped(&pairs)).unwrap(),
        ["2024-03-04 | 09:00:00-10:30:00 | 5400 s", "2024-03-04 | 23:30:00-00:30:00 | 3600 s"]
    );
}

#[test]
fn the_unit_of_a_mapped_duration_is_its_fields_or_found() {
    let under = |field: &str, cell: &str| {
        let file = format!("d,t\n2024-03-04,{cell}\n");
        read_with(file.as_bytes(), &mapped(&[("d", "date"), ("t", field)]))
    };
    for (field, cell, seconds) in [
        ("hours", "1.5", 5400),
        ("minutes", "90", 5400),
        ("seconds", "5400", 5400),
        ("duration", "1:30:00", 5400),
        ("duration", "90 min", 5400),
        ("hours", "1:30", 5400),
        ("minutes", "1:30:00", 5400),
    ] {
        assert_eq!(under(field, cell).unwrap(), [format!("2024-03-04 | {seconds} s")], "{field} {cell}");
    }
    for (field, cell) in [("minutes", "1:30"), ("minutes", "45:00"), ("seconds", "1:30")] {
        let said = &under(field, cell).unwrap_or_else(|refusal| vec![refusal.to_string()])[0];
        assert!(said.contains("hours and minutes") && said.contains("minutes and seconds"), "{field} {cell}: {said}");
    }
    assert_eq!(under("minutes", "0:00").unwrap(), ["2024-03-04 | 0 s"]);
    let reasons = under("duration", "90").unwrap_err().reasons;
    assert!(reasons[0].ends_with("map the column to `hours`, `minutes` or `seconds`"), "{reasons:?}");
    // Start and end decide the unit as well.
    let file = "d,from,to,t\n2024-03-04,09:00,10:30,90\n";
    let pairs = [("d", "date"), ("from", "start"), ("to", "end"), ("t", "duration")];
    assert_eq!(read_with(file.as_bytes(), &mapped(&pairs)).unwrap(), ["2024-03-04 | 09:00:00-10:30:00 | 5400 s"]);
    // Start and end also decide the meaning of a pair in a column of minutes.
    let pairs = [("d", "date"), ("from", "start"), ("to", "end"), ("t", "minutes")];
    for (file, seconds) in
        [("d,from,to,t\n2024-03-04,09:00,10:30,1:30\n", 5400), ("d,from,to,t\n2024-03-04,09:00:00,09:01:30,1:30\n", 90)]
    {
        assert!(read_with(file.as_bytes(), &mapped(&pairs)).unwrap()[0].ends_with(&format!("| {seconds} s")), "{file}");
    }
}

#[test]
fn zones_count_and_what_is_no_night_is_none() {
    let pairs = [("from", "start"), ("to", "end")];
    let row =
        |from: &str, to: &str| read_with(format!("from,to,x\n{from},{to},y\n").as_bytes(), &mapped(&pairs)).unwrap();
    let took = |from: &str, to: &str| row(from, to)[0].split(" | ").nth(2).unwrap_or_default().to_owned();
    assert_eq!(took("2024-03-31T01:30+01:00", "2024-03-31T03:30+02:00"), "3600 s");
    assert_eq!(took("2024-03-31T22:00Z", "2024-04-01T03:00+01:00"), "14400 s");
    assert!(row("2024-03-31T22:00Z", "2024-04-01T03:00")[0].contains("does not name the zone that the start names"));
    assert_eq!(took("2024-03-31T23:00+09:00", "2024-03-31T15:30Z"), "5400 s");
    assert_eq!(took("2024-03-31T09:00:00 CET", "2024-03-31T10:00:00 CET"), "3600 s");
    assert!(row("2024-03-31T01:30:00 CET", "2024-03-31T03:30:00 CEST")[0].contains("does not name the zone"));
    let pairs = [("d", "date"), ("from", "start"), ("to", "end")];
    let rows = read_with(b"d,from,to\n2024-03-04,22:00,6:00\n2024-03-04,9:00,5:00\n", &mapped(&pairs)).unwrap();
    assert!(rows[0].contains("28800 s"), "{rows:?}");
    assert_eq!(
        rows[1],
        "line 3: invalid_duration: to: \"5:00\" comes before the start: say its day, or whether it is AM or PM"
    );
}

#[test]
fn a_mapped_table_is_asked_as_much_as_any_format() {
    let pairs = [("d", "date"), ("t", "hours")];
    assert_eq!(refusal_of("d,t\n3/4/2024,1.5\n", &pairs).dates[0].readings.len(), 2);
    let minutes = [("d", "date"), ("t", "minutes")];
    assert!(refusal_of("d,t\n2024-03-04,1.250\n", &minutes).to_string().contains("`decimal_mark`"));
    let words = "d,t\nMonday,1\nTuesday,1\nWednesday,1\nThursday,1\n";
    assert_eq!(
        refusal_of(words, &pairs).reasons,
        [
            "4 of 4 cells in \"d\" cannot be read as dates, \"Monday\" on line 2 first: so the column is something else than `mapping` says"
        ]
    );
}

#[test]
fn a_mapping_that_does_not_fit_names_what_is_wrong_and_the_headers() {
    let file = "Day,Took,Who\n2024-03-04,1,Jo\n";
    for (pairs, reason) in [
        (&[("Day", "date"), ("Time", "hours")][..], "there is no column \"Time\""),
        (&[("Took", "hours")][..], "it names no date (a column for date, or for start if that holds the date)"),
        (
            &[("Day", "date"), ("Who", "person")][..],
            "it names no duration (a column for duration, hours, minutes or seconds, or for both start and end)",
        ),
        (&[("Day", "date"), ("Took", "hours"), ("Who", "duration")][..], "it names 2 durations (duration, hours)"),
        (&[("Day", "date"), ("Took", "hours"), ("took", "text")][..], "\"took\" is said to be both hours and text"),
    ] {
        let refusal = refusal_of(file, pairs);
        let expected = format!("`mapping` does not fit: {reason}; found \"Day\", \"Took\", \"Who\"");
        assert_eq!(refusal.reasons, [expected]);
        assert_eq!(refusal.headers.len(), 3);
    }
    let both = ReadingOptions { format: Some(FormatName::Toggl), ..mapped(&[("Day", "date"), ("Took", "hours")]) };
    assert!(read_with(file.as_bytes(), &both).unwrap_err().to_string().contains("not both"));
}

#[test]
fn a_mapping_that_is_none_is_told_before_any_file_is_read() {
    for (pairs, error) in [
        (&[("a", "when")][..], "unknown field \"when\": known are date, start, end, end_date, duration, hours"),
        (&[("a", "date"), ("b", "date")][..], "date is said of two columns, \"a\" and \"b\""),
        (&[("a", "date"), ("a", "hours")][..], "the column \"a\" is named twice"),
        (&[(" ", "date")][..], "a column without a name cannot be mapped"),
        (&[][..], "it names no column"),
    ] {
        let said = mapping(pairs).unwrap_err().to_string();
        assert!(said.starts_with(error), "{said}");
    }
}

#[test]
fn a_day_ends_at_24_00_and_does_not_begin_there() {
    let pairs = [("d", "date"), ("from", "start"), ("to", "end")];
    let file =
        "d,from,to\n2024-03-04,22:00,24:00\n2024-03-04,00:00,24:00:00\n2024-03-04,5:30,24h\n2024-03-04,24:00,1:00\n";
    assert_eq!(
        read_with(file.as_bytes(), &mapped(&pairs)).unwrap(),
        [
            "2024-03-04 | 22:00:00-00:00:00 | 7200 s",
            "2024-03-04 | 00:00:00-00:00:00 | 86400 s",
            "2024-03-04 | 05:30:00-00:00:00 | 66600 s",
            "line 5: invalid_duration: from: \"24:00\" cannot be read as a time",
        ]
    );
    // An end at 24:00 is tested with a column for the day of the end, and in a time stamp.
    let pairs = [("d", "date"), ("from", "start"), ("day", "end_date"), ("to", "end")];
    let file = "d,from,day,to\n2024-03-04,22:00,2024-03-05,24:00\n";
    assert_eq!(
        read_with(file.as_bytes(), &mapped(&pairs)).unwrap(),
        ["2024-03-04 | 22:00:00-00:00:00 | 93600 s | +day: 2024-03-05"]
    );
    let pairs = [("from", "start"), ("to", "end")];
    let file = "from,to\n2024-03-04 22:00,2024-03-04 24:00\n2024-02-28T20:00,2024-02-28T24:00:00\n";
    let seconds: Vec<_> = read_with(file.as_bytes(), &mapped(&pairs)).unwrap();
    assert!(seconds[0].contains("7200 s") && seconds[1].contains("14400 s"), "{seconds:?}");
}
