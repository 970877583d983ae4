//! Tests of dates and numbers, whose reading is decided for a column over the whole
//! file, or refused with both readings.

use super::*;
use crate::values::dates::DateOrder;
use crate::values::numbers::DecimalMark;

/// A file with a date in each row.
fn dates(cells: &[&str]) -> String {
    let row = |cell: &&str| format!("\"{cell}\",Jo,5,\n");
    format!("date,person,minutes,tags\n{}", cells.iter().map(row).collect::<String>())
}

/// The dates of such a file as read.
fn read_dates(cells: &[&str]) -> Vec<String> {
    read(dates(cells)).iter().map(|row| row[..10].to_owned()).collect()
}

/// A file with a number of hours in each row, and fixed cells in the other columns.
fn hours(cells: &[&str]) -> String {
    let row = |cell: &&str| format!("2024-03-04,Jo,\"{cell}\",\n");
    format!("date,person,hours,tags\n{}", cells.iter().map(row).collect::<String>())
}

#[test]
fn a_value_over_twelve_settles_the_order_for_the_column() {
    assert_eq!(read_dates(&["03/04/2024", "13/04/2024"]), ["2024-04-03", "2024-04-13"]);
    assert_eq!(read_dates(&["03/04/2024", "04/13/2024"]), ["2024-03-04", "2024-04-13"]);
    assert_eq!(read_dates(&["3.4.24", "31.12.23"]), ["2024-04-03", "2023-12-31"]);
    assert_eq!(read_dates(&["1/2/03", "12/31/99"]), ["2003-01-02", "1999-12-31"]);
}

#[test]
fn the_settling_value_may_be_the_last_of_many() {
    let mut cells = vec!["03/04/2024"; 3000];
    cells.push("13/04/2024");
    let file = dates(&cells);
    let plan = survey(file.as_bytes(), &plainly(), 1000, 4096).unwrap();
    assert_eq!(plan.layout.decisions.date_order, Some(DateOrder::Dmy));
    assert!(plan.layout.evidence.iter().any(|said| said.contains("\"13/04/2024\" on line 3002")));
}

#[test]
fn what_stays_open_is_refused_with_both_readings() {
    let refusal = refused(dates(&["5/5/2024", "3/4/2024"]));
    assert_eq!(
        refusal.reasons,
        ["date: \"3/4/2024\" on line 3 can be read as 2024-03-04 (mdy) or 2024-04-03 (dmy), and no cell of \
          the file settles it: say `date_order`"]
    );
    assert_eq!(refusal.dates[0].readings.len(), 2);
}

#[test]
fn the_callers_order_settles_what_is_open_and_is_not_believed_against_the_file() {
    let open = dates(&["3/4/2024", "5/6/2024"]);
    let as_told =
        |file: &str, order| read_with(file.as_bytes(), &ReadingOptions { date_order: Some(order), ..plainly() });
    assert!(as_told(&open, DateOrder::Mdy).unwrap()[0].starts_with("2024-03-04"));
    assert!(as_told(&open, DateOrder::Dmy).unwrap()[0].starts_with("2024-04-03"));
    let refusal = as_told(&dates(&["3/4/2024", "3/14/2024"]), DateOrder::Dmy).unwrap_err();
    assert_eq!(refusal.reasons, ["date: `date_order` says dmy, but \"3/14/2024\" on line 3 can only be mdy"]);
    // The option for the order has no effect on unambiguous dates.
    assert!(as_told(&dates(&["2024-03-04"]), DateOrder::Dmy).unwrap()[0].starts_with("2024-03-04"));
}

#[test]
fn dates_that_read_the_same_either_way_are_no_reason_to_refuse() {
    assert_eq!(read_dates(&["5/5/2024", "6/6/2024"]), ["2024-05-05", "2024-06-06"]);
}

#[test]
fn cells_that_contradict_each_other_are_both_named() {
    let refusal = refused(dates(&["13/04/2024", "04/13/2024"])).to_string();
    assert!(refusal.contains("\"13/04/2024\" on line 2 cannot be `mdy`"), "{refusal}");
    assert!(refusal.contains("\"04/13/2024\" on line 3 cannot be `dmy`"), "{refusal}");
    assert!(!refusal.contains("ymd"));
}

#[test]
fn a_cell_that_is_no_date_at_all_is_its_rows_error() {
    let rows = read(dates(&["2024-02-30", "soon", "", "2024-02-29"]));
    assert_eq!(
        rows,
        [
            "line 2: invalid_date: date: \"2024-02-30\" cannot be read as a date",
            "line 3: invalid_date: date: \"soon\" cannot be read as a date",
            "line 4: missing: date: nothing is written there",
            "2024-02-29 | 300 s | name: Jo",
        ]
    );
}

#[test]
fn the_month_in_letters_and_the_year_in_front_need_no_order() {
    let cells = [
        "4 March 2024",
        "Mar 4, 2024",
        "March 4th, 2024",
        "04-Mar-2024",
        "04-Mar-24",
        "4. März 2024",
        "4 mars 2024",
        "4 de marzo de 2024",
        "Mon, Mar 4, 2024",
        "2024/3/4",
        "2024.03.04",
        "20240304",
        "2024-03-04T09:30:00Z",
        "2024-03-04 09:30",
        "2024-3-4 9:30 PM",
    ];
    assert_eq!(read_dates(&cells), ["2024-03-04"; 15]);
}

#[test]
fn a_two_digit_year_in_front_is_seen_where_the_cells_allow_it() {
    // The year may stand in front, and a single cell does not decide.
    assert_eq!(refused(dates(&["04-03-05"])).dates[0].readings.len(), 3);
    assert_eq!(refused(dates(&["24-03-04"])).dates[0].readings.len(), 2);
    assert_eq!(read_dates(&["24-03-31", "24-12-04", "99-12-31"]), ["2024-03-31", "2024-12-04", "1999-12-31"]);
    // In dates with dots the day comes first.
    assert_eq!(read_dates(&["24.03.15"]), ["2015-03-24"]);
    for alone in ["24/03/15", "24-03-15"] {
        let readings = &refused(dates(&[alone])).dates[0].readings;
        let said: Vec<String> = readings.iter().map(|(order, date)| format!("{order} {date}")).collect();
        assert_eq!(said, ["ymd 2024-03-15", "dmy 2015-03-24"], "{alone}");
    }
    assert!(refused(dates(&["24/03/15", "24/03/16"])).to_string().contains("(ymd)"));
    // A number which can only be a day, or only a year, decides the order.
    assert_eq!(read_dates(&["32/03/15"]), ["2032-03-15"]);
    assert_eq!(read_dates(&["24/03/32"]), ["2032-03-24"]);
}

#[test]
fn how_short_years_and_days_spread_settles_nothing() {
    // Two weeks of one March, and bills on a single day of ten years, look alike.
    for cells in [
        vec!["24/03/15", "05/03/15", "14/03/15"],
        vec!["14-03-22", "15-03-22", "28-03-22"],
        (10..21).map(|year| ["10/01/01", "11/01/01", "20/01/01"][year % 3]).collect(),
    ] {
        assert_eq!(refused(dates(&cells)).dates[0].readings.len(), 2, "{cells:?}");
    }
}

#[test]
fn an_order_is_not_told_by_dates_that_are_written_in_another_way() {
    let said = refused(dates(&["05.01.2024", "01/18/2024"])).to_string();
    assert!(said.contains("\"05.01.2024\" on line 2") && said.contains("\"01/18/2024\" on line 3"), "{said}");
    assert_eq!(read_dates(&["18.01.2024", "18/02/2024", "05/01/2024"]).len(), 3);
    let told = ReadingOptions { date_order: Some(DateOrder::Mdy), ..plainly() };
    assert_eq!(read_with(dates(&["05.01.2024", "01/18/2024"]).as_bytes(), &told).unwrap().len(), 2);
}

#[test]
fn dates_that_a_spreadsheet_has_half_converted_are_refused() {
    let half = ["2024-04-03", "13/03/2024", "2024-05-03", "14/03/2024"];
    let said = refused(dates(&half)).to_string();
    assert!(said.contains("\"2024-04-03\" on line 2 and \"13/03/2024\" on line 3"), "{said}");
    let told = ReadingOptions { date_order: Some(DateOrder::Dmy), ..plainly() };
    assert!(read_with(dates(&half).as_bytes(), &told).is_err(), "an order does not swap them back");
    // Dates in two styles, without any swap of day and month.
    assert_eq!(read(dates(&["2024-03-25", "13/03/2024", "2024-05-03"])).len(), 3);
    assert_eq!(read(dates(&["2024-05-03", "13/03/2024", "02/03/2024"])).len(), 3);
}

#[test]
fn a_day_in_the_middle_contradicts_the_months_of_the_others() {
    let said = refused(dates(&["2024-13-01", "2024-05-01", "2024-06-01", "2024-07-01"])).to_string();
    assert!(said.contains("\"2024-13-01\" on line 2") && said.contains("YYYY-MM-DD"), "{said}");
}

#[test]
fn another_column_may_settle_the_order() {
    let file = "User,Start date,End date,Start time,Duration\n\
                Jo,03/04/2024,03/04/2024,09:00,01:00:00\nJo,03/12/2024,03/13/2024,23:30,01:00:00\n";
    let plan = survey(file.as_bytes(), &plainly(), 10, 99).unwrap();
    assert_eq!(plan.layout.decisions.date_order, Some(DateOrder::Mdy));
}

#[test]
fn an_entry_that_crosses_midnight_settles_the_order() {
    let file = "User,Start date,Start time,End date,End time,Duration\n\
                Jo,03/04/2024,09:00:00,03/04/2024,10:00:00,01:00:00\n\
                Jo,03/04/2024,23:30:00,04/04/2024,00:30:00,01:00:00\n";
    let plan = survey(file.as_bytes(), &plainly(), 10, 99).unwrap();
    assert_eq!(plan.layout.decisions.date_order, Some(DateOrder::Dmy));
}

#[test]
fn a_decimal_mark_is_told_by_the_column() {
    assert_eq!(seconds(hours(&["1.5", "2"])), [5400, 7200]);
    assert_eq!(seconds(hours(&["1,5", "2"])), [5400, 7200]);
    assert_eq!(seconds(hours(&["0.125", "1.250"])), [450, 4500]);
    assert_eq!(seconds(hours(&["1,250", "0,5"])), [4500, 1800]);
    assert_eq!(seconds(hours(&["1,250.5"])), [4_501_800]);
    assert_eq!(seconds(hours(&["1.250,5", "1 250,5"])), [4_501_800, 4_501_800]);
}

#[test]
fn a_number_that_could_be_thousands_is_refused_with_both_readings() {
    let minutes = |cells: &[&str]| hours(cells).replacen("hours", "minutes", 1);
    let refusal = refused(minutes(&["2", "1.250"]));
    assert_eq!(
        refusal.reasons,
        ["minutes: \"1.250\" on line 3 can be read as 1.250 (\".\") or 1250 (\",\"), and no cell of the file \
          settles it: say `decimal_mark`"]
    );
    let as_told = |mark| {
        let options = ReadingOptions { decimal_mark: Some(mark), ..plainly() };
        read_with(minutes(&["1.250"]).as_bytes(), &options).unwrap()
    };
    assert_eq!(as_told(DecimalMark::Dot), ["2024-03-04 | 75 s | name: Jo"]);
    assert_eq!(as_told(DecimalMark::Comma), ["2024-03-04 | 75000 s | name: Jo"]);
}

#[test]
fn no_entry_has_a_thousand_hours() {
    assert_eq!(seconds(hours(&["8.000", "7.500", "8.000"])), [28_800, 27_000, 28_800]);
    assert_eq!(seconds(hours(&["1,250", "2"])), [4500, 7200]);
    let evidence = survey(hours(&["8.000"]).as_bytes(), &plainly(), 1, 99).unwrap().layout.evidence;
    let said = "decimal mark \".\" in \"hours\", as no entry has a thousand hours: by \"8.000\" on line 2";
    assert!(evidence.iter().any(|sentence| sentence == said), "{evidence:?}");
    // The caller's option is accepted, and so is a cell with a single reading.
    let options = ReadingOptions { decimal_mark: Some(DecimalMark::Comma), ..plainly() };
    assert_eq!(read_with(hours(&["1.250"]).as_bytes(), &options).unwrap(), ["2024-03-04 | 4500000 s | name: Jo"]);
    assert_eq!(seconds(hours(&["1.250", "1,5"])), [4_500_000, 5400]);
    // More than a hundred hours are too long for an entry under both readings.
    assert_eq!(refused(hours(&["8.000", "101.500"])).numbers.len(), 1);
}

#[test]
fn another_column_may_settle_the_mark_even_one_that_has_no_field() {
    let file = "Date,First Name,Hours,Cost Rate\n2024-03-04,Jo,\"1,250\",\"80,5\"\n";
    assert_eq!(seconds(file), [4500]);
    // The other column's mark is rejected if the entry would take a thousand hours.
    let file = "Date,First Name,Hours,Cost Rate\n2024-03-04,Jo,\"1,250\",\"80.5\"\n";
    assert_eq!(refused(file).numbers.len(), 1);
}

#[test]
fn the_callers_mark_is_not_believed_against_the_file() {
    let options = ReadingOptions { decimal_mark: Some(DecimalMark::Comma), ..plainly() };
    let refusal = read_with(hours(&["1.5", "1.250"]).as_bytes(), &options).unwrap_err();
    assert_eq!(refusal.reasons, ["hours: `decimal_mark` says ,, but \"1.5\" on line 2 can only be ."]);
}

#[test]
fn numbers_that_contradict_each_other_are_both_named() {
    let refusal = refused(hours(&["1.5", "1,5"])).to_string();
    assert!(refusal.contains("\"1.5\" on line 2 cannot be `,`"), "{refusal}");
    assert!(refusal.contains("\"1,5\" on line 3 cannot be `.`"), "{refusal}");
}

#[test]
fn hours_may_be_written_in_many_ways_and_add_up_exactly() {
    assert_eq!(
        seconds(hours(&["1.16667", "1:30", "01:30:30", "2h", "1h 30m", "90 min", "1 hour", ".5", "0.1", "4.0000"])),
        [4200, 5400, 5430, 7200, 5400, 5400, 3600, 1800, 360, 14400]
    );
    assert_eq!(seconds(hours(&["-1", "1:60", "1:2:3:4"])), [u64::MAX; 3]);
}

#[test]
fn an_amount_that_cannot_be_read_is_kept_as_it_is() {
    let file = "User,Start date,Start time,Duration,Amount (USD)\nJo,2024-03-04,9:00,01:00:00,n/a\nJo,2024-03-04,9:00,01:00:00,\"$1,250.00\"\n";
    let rows = read(file);
    assert!(rows[0].ends_with("+Amount (USD): n/a"), "{}", rows[0]);
    assert!(rows[1].ends_with("amount: 1250.00 | currency: USD"), "{}", rows[1]);
}
