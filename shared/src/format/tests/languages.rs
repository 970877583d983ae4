//! Tests of words, dates, times and numbers in many languages, in whole files.

use super::*;
use crate::format::Mapping;
use crate::values::dates::DateOrder;

/// Describes an entry whose column "billable" holds the cell.
fn flagged(cell: &str) -> String {
    read(format!("date,person,minutes,tags,billable\n2024-03-04,Jo,5,,{cell}\n")).remove(0)
}

#[test]
fn a_flag_that_is_no_known_word_is_an_error_of_its_row() {
    let rows = read(
        "date,person,minutes,tags,billable,invoiced\n\
         2024-03-04,Jo,5,,maybe,no\n\
         2024-03-04,Jo,5,,yes,2024-04-01\n\
         2024-03-04,Jo,5,,igen,nem\n",
    );
    assert!(
        rows[0].starts_with("line 2: invalid_flag: billable: \"maybe\" is neither yes nor no; known are yes, no, true"),
        "{rows:?}"
    );
    assert!(rows[1].starts_with("line 3: invalid_flag: invoiced: \"2024-04-01\" is neither"), "{rows:?}");
    assert!(rows[2].ends_with("billable: yes | invoiced: no"), "{rows:?}");
    for file in [
        "User,Start date,Start time,Duration,Billable\nJo,2024-03-04,09:00:00,01:00:00,perhaps\n",
        "Date,Hours,First Name,Last Name,Billable?\n2024-03-04,1,Jo,Field,perhaps\n",
        "Date,Hours,First Name,Last Name,Invoiced?\n2024-03-04,1,Jo,Field,perhaps\n",
        "Team,Date,Client,Hours,Billed\nJo,2024-03-04,Alder,1,perhaps\n",
    ] {
        assert!(read(file)[0].contains("invalid_flag: "), "{file}");
    }
}

#[test]
fn a_flag_of_nothing_or_a_dash_says_nothing() {
    for cell in ["", " ", "-", "–", "—"] {
        assert_eq!(flagged(cell), "2024-03-04 | 300 s | name: Jo", "{cell:?}");
    }
    assert!(flagged("YANLIŞ").ends_with("billable: no"));
}

#[test]
fn tempos_billed_hours_may_be_written_like_any_hours() {
    let row = |cell: &str| format!("AL-1,1,2024-03-04,Jo,\"{cell}\"\n");
    let billed =
        |cell: &str| read(format!("Issue Key,Hours,Work date,Full name,Billed Hours\n{}", row(cell))).remove(0);
    for cell in ["1:30", "0:00:30", "1h 30m", "90 min", "1.5", "1,5", "2h"] {
        assert!(billed(cell).contains("| billable: yes |"), "{cell}: {}", billed(cell));
    }
    for cell in ["", "-", "0", "0:00", "0:00:00", "0h", "0,00"] {
        assert!(billed(cell).contains("| billable: no"), "{cell}: {}", billed(cell));
    }
    assert_eq!(
        billed("some"),
        "line 2: invalid_duration: Billed Hours: \"some\" cannot be read as hours, which say whether the entry is billable"
    );
    // Rows with different decimal marks in their billed hours are all read.
    let file = format!("Issue Key,Hours,Work date,Full name,Billed Hours\n{}{}", row("1.5"), row("1,5"));
    assert!(read(file).iter().all(|row| row.contains("| billable: yes |")));
}

#[test]
fn a_pair_in_a_column_of_minutes_is_not_taken_for_hours() {
    let rows = read(
        "date,person,minutes,tags\n2024-03-04,Jo,45,\n2024-03-04,Jo,5:30,\n2024-03-04,Jo,0:05:30,\n2024-03-04,Jo,5:30 min,\n",
    );
    assert_eq!(
        rows[1],
        "line 3: invalid_duration: minutes: \"5:30\" may be hours and minutes, or minutes and seconds, in a column of \
         minutes: write a number of minutes, or H:MM:SS"
    );
    assert_eq!([&rows[0], &rows[2], &rows[3]].map(|row| &row[13..18]), ["2700 ", "330 s", "330 s"]);
}

#[test]
fn hours_that_a_program_has_divided_come_out_in_seconds() {
    let row = |hours: &str| format!("2024-03-04,Jo,{hours},\n");
    let cells = ["0.0033333333333333335", "5e-05", "2.7777777777777776E-3", "1.1666666666666667", "0.1", "1e3"];
    let file = format!("date,person,hours,tags\n{}", cells.map(row).concat());
    assert_eq!(seconds(file), [12, 0, 10, 4200, 360, u64::MAX]);
}

/// Describes the rows of a table with mapped columns and the day first in dates.
fn mapped(file: &str, fields: &[(&str, &str)]) -> Vec<String> {
    let pairs = fields.iter().map(|&(column, field)| (column.to_owned(), field.to_owned()));
    let order = Some(DateOrder::Dmy);
    let options = ReadingOptions { mapping: Some(Mapping::new(pairs).unwrap()), date_order: order, ..plainly() };
    read_with(file.as_bytes(), &options).unwrap_or_else(|refusal| panic!("refused: {refusal}"))
}

#[test]
fn pairs_in_a_column_of_minutes_are_what_the_starts_and_ends_of_the_column_tell() {
    let fields = [("day", "date"), ("from", "start"), ("to", "end"), ("took", "minutes")];
    let rows = "2024-03-04,9:00,10:30,1:30\n2024-03-04,9:00,17:00,7:30\n";
    let read = mapped(&format!("day,from,to,took\n{rows}"), &fields);
    // The second row contains a break, and the first row decides its reading.
    assert!(read[0].ends_with("5400 s") && read[1].ends_with("27000 s"), "{read:?}");
    let read = mapped("day,from,to,took\n2024-03-04,9:00,,7:30\n", &fields);
    assert!(read[0].starts_with("line 2: invalid_duration"), "{read:?}");
}

#[test]
fn times_are_written_with_fractions_zones_words_and_dots() {
    let fields = [("day", "date"), ("from", "start"), ("to", "end")];
    for (from, to) in [
        ("09:12:33.123Z", "09:42:33.123456Z"),
        ("09:12:33 CET", "09:42:33 CET"),
        ("09:12:33 GMT+1", "09:42:33 GMT+1"),
        ("09.12.33", "09.42.33"),
        ("9.12.33", "9.42.33"),
        ("09:12:33 Uhr", "09:42:33 Uhr"),
    ] {
        let rows = mapped(&format!("day,from,to\n2024-03-04,{from},{to}\n"), &fields);
        assert_eq!(rows, ["2024-03-04 | 09:12:33-09:42:33 | 1800 s"], "{from}");
    }
    for (from, to) in [("9am", "1 PM"), ("9 Uhr", "13 Uhr"), ("9h", "13h00")] {
        let rows = mapped(&format!("day,from,to\n2024-03-04,{from},{to}\n"), &fields);
        assert_eq!(rows, ["2024-03-04 | 09:00:00-13:00:00 | 14400 s"], "{from}");
    }
    let rows =
        read("date,person,minutes,tags\n2024-03-04T09:12:33.123Z,Jo,5,\n4-3-2024 9.12.33,Jo,5,\n13-3-2024,Jo,5,\n");
    assert!(rows.iter().take(2).all(|row| row.starts_with("2024-03-04 | 09:12:33- | 300 s")), "{rows:?}");
}

#[test]
fn three_numbers_with_dots_are_no_time_where_they_may_be_the_day() {
    let fields = [("from", "start"), ("to", "end"), ("took", "duration")];
    let rows = mapped("from,to,took\n13.05.24,14.05.24,01:00:00\n09.05.24,09.05.24,02:00:00\n", &fields);
    assert_eq!(
        rows,
        [
            "2024-05-13 | 3600 s | +from: 13.05.24 | +to: 14.05.24",
            "2024-05-09 | 7200 s | +from: 09.05.24 | +to: 09.05.24",
        ]
    );
    let rows =
        mapped("day,took\n13.03.24 14.03.24,1:00:00\n13.03.24,1:00:00\n", &[("day", "date"), ("took", "duration")]);
    assert!(rows[0].contains("invalid_date") && rows[1].ends_with("| 3600 s"), "{rows:?}");
}

#[test]
fn dates_are_named_in_many_languages() {
    for cell in [
        "4 marca 2024",
        "4 mar 2024",
        "4-mar-24",
        "2024. március 4.",
        "4 Mart 2024",
        "4 martie 2024",
        "4. maaliskuuta 2024",
        "4. března 2024",
        "4. marca 2024",
        "pon., 4 marca 2024",
        "2024. 03. 04.",
        "2024年3月4日",
        "4\u{a0}mars\u{a0}2024",
    ] {
        let rows = read(format!("date,person,minutes,tags\n\"{cell}\",Jo,5,\n"));
        assert_eq!(rows, ["2024-03-04 | 300 s | name: Jo"], "{cell}");
    }
}

#[test]
fn a_month_that_is_another_one_elsewhere_is_said_to_be() {
    let rows = read("date,person,minutes,tags\n04-lis-24,Jo,5,\n2024-03-04,Jo,5,\n");
    assert_eq!(
        rows[0],
        "line 2: invalid_date: date: \"04-lis-24\" cannot be read as a date: \"lis\" may be month 10 or 11"
    );
}
