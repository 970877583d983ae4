//! Tests that each format gives the same rows as a spreadsheet with typed cells and as text.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook, Worksheet};

use super::{edited, entries, sheet};

/// A typed cell of a spreadsheet.
pub enum Cell {
    Text(&'static str),
    Number(f64),
    Date(u16, u8, u8),
    /// A time of day as hours, minutes and seconds.
    Time(u16, u8, u8),
    /// A duration in seconds, shown as `[h]:mm:ss`.
    Span(u32),
    Moment(u16, u8, u8, u16, u8),
    Flag(bool),
    Nothing,
}

use Cell::{Date, Flag, Moment, Nothing, Number, Span, Text, Time};

/// Writes rows into the sheet, from row `first` on, counted from 0.
pub fn write(sheet: &mut Worksheet, first: u32, rows: &[&[Cell]]) {
    let format = |code: &str| Format::new().set_num_format(code);
    for (row, cells) in (first..).zip(rows) {
        for (column, cell) in (0..).zip(*cells) {
            match *cell {
                Text(text) => sheet.write_string(row, column, text),
                Number(number) => sheet.write_number(row, column, number),
                Date(year, month, day) => {
                    let date = ExcelDateTime::from_ymd(year, month, day).unwrap();
                    sheet.write_datetime_with_format(row, column, date, &format("dd/mm/yyyy"))
                }
                Time(hour, minute, second) => {
                    let time = ExcelDateTime::from_hms(hour, minute, f64::from(second)).unwrap();
                    sheet.write_datetime_with_format(row, column, time, &format("h:mm:ss AM/PM"))
                }
                Span(seconds) => {
                    let days = f64::from(seconds) / 86_400.0;
                    sheet.write_number_with_format(row, column, days, &format("[h]:mm:ss"))
                }
                Moment(year, month, day, hour, minute) => {
                    let date = ExcelDateTime::from_ymd(year, month, day).unwrap();
                    let moment = date.and_hms(hour, minute, 0.0).unwrap();
                    sheet.write_datetime_with_format(row, column, moment, &format("m/d/yy h:mm"))
                }
                Flag(flag) => sheet.write_boolean(row, column, flag),
                Nothing => continue,
            }
            .unwrap();
        }
    }
}

/// Makes a workbook with these sheets.
pub fn book(sheets: &[(&str, &[&[Cell]])]) -> Vec<u8> {
    let mut book = Workbook::new();
    for (name, rows) in sheets {
        let sheet = book.add_worksheet();
        sheet.set_name(*name).unwrap();
        write(sheet, 0, rows);
    }
    book.save_to_buffer().unwrap()
}

/// Makes a header row of texts.
macro_rules! header {
    ($($name:literal),*) => { &[$(Text($name)),*] };
}
pub(super) use header;

/// Checks that the rows of `csv` and of the spreadsheet are the same.
fn same(csv: &str, rows: &[&[Cell]]) {
    let expected = entries(csv.as_bytes());
    assert!(expected.iter().all(|row| row.contains(" s | ")), "{expected:#?}");
    assert_eq!(entries(&book(&[("Entries", rows)])), expected);
}

#[test]
fn toggl_with_durations_over_a_day_and_times_of_day() {
    let toggl: &[&[Cell]] = &[
        header!["User", "Email", "Project", "Description", "Start date", "Start time", "Duration", "Billable"],
        &[
            Text("Kim"),
            Text("kim@example.com"),
            Text("Cranes"),
            Text("Look"),
            Date(2026, 3, 5),
            Time(9, 5, 7),
            Span(3723),
            Flag(true),
        ],
        &[
            Text("Kim"),
            Text("kim@example.com"),
            Nothing,
            Text("a, \"b\""),
            Date(2026, 12, 4),
            Time(23, 59, 59),
            Span(97_201),
            Flag(false),
        ],
        &[
            Text("Kim"),
            Text("kim@example.com"),
            Nothing,
            Nothing,
            Date(2026, 1, 2),
            Time(0, 0, 0),
            Time(2, 0, 0),
            Nothing,
        ],
    ];
    let csv = "User,Email,Project,Description,Start date,Start time,Duration,Billable\n\
        Kim,kim@example.com,Cranes,Look,2026-03-05,09:05:07,01:02:03,Yes\n\
        Kim,kim@example.com,,\"a, \"\"b\"\"\",2026-12-04,23:59:59,27:00:01,No\n\
        Kim,kim@example.com,,,2026-01-02,00:00:00,02:00:00,\n";
    same(csv, toggl);
}

#[test]
fn harvest_with_decimal_hours_and_rates() {
    let harvest: &[&[Cell]] = &[
        header!["Date", "Client", "Project", "Task", "Notes", "Hours", "First Name", "Last Name", "Billable Rate"],
        &[
            Date(2026, 3, 5),
            Text("Orchard"),
            Text("Website"),
            Text("Design"),
            Text("Draw"),
            Number(1.25),
            Text("Kim"),
            Text("Demo"),
            Number(95.5),
        ],
        &[
            Date(2026, 4, 3),
            Text("Orchard"),
            Text("Website"),
            Text("Design"),
            Nothing,
            Number(0.1 + 0.2),
            Text("Kim"),
            Text("Demo"),
            Number(1000.0),
        ],
    ];
    let csv = "Date,Client,Project,Task,Notes,Hours,First Name,Last Name,Billable Rate\n\
        2026-03-05,Orchard,Website,Design,Draw,1.25,Kim,Demo,95.5\n2026-04-03,Orchard,Website,Design,,0.3,Kim,Demo,1000\n";
    same(csv, harvest);
}

#[test]
fn tempo_with_moments() {
    let tempo: &[&[Cell]] = &[
        header!["Issue Key", "Issue summary", "Hours", "Work date", "Full name", "Project Name"],
        &[Text("ABC-1"), Text("Mend"), Number(2.0), Moment(2026, 1, 2, 9, 0), Text("Kim Demo"), Text("Quay")],
        &[Text("ABC-2"), Text("Paint"), Number(0.5), Moment(2026, 11, 12, 0, 0), Text("Kim Demo"), Text("Quay")],
    ];
    let csv = "Issue Key,Issue summary,Hours,Work date,Full name,Project Name\nABC-1,Mend,2,2026-01-02 09:00,Kim Demo,Quay\n\
        ABC-2,Paint,0.5,2026-11-12 00:00,Kim Demo,Quay\n";
    same(csv, tempo);
}

#[test]
fn basecamp_with_six_digits() {
    let basecamp: &[&[Cell]] = &[
        header!["date", "person", "hours", "description", "todo", "list", "company", "project"],
        &[
            Date(2026, 3, 5),
            Text("Kim"),
            Number(1.16667),
            Text("Draw"),
            Text("Todo"),
            Text("List"),
            Text("Orchard"),
            Text("Website"),
        ],
        &[
            Date(2026, 3, 6),
            Text("Kim"),
            Number(1.125),
            Text("Three places"),
            Nothing,
            Nothing,
            Text("Orchard"),
            Text("Website"),
        ],
    ];
    let csv = "date,person,hours,description,todo,list,company,project\n2026-03-05,Kim,1.16667,Draw,Todo,List,Orchard,Website\n\
        2026-03-06,Kim,1.1250,Three places,,,Orchard,Website\n";
    same(csv, basecamp);
}

#[test]
fn freshbooks_with_dates_that_a_csv_leaves_open() {
    let freshbooks: &[&[Cell]] = &[
        header!["Team", "Date", "Client", "Project", "Task", "Notes", "Hours", "Billed"],
        &[
            Text("Demo, Kim"),
            Date(2026, 4, 3),
            Text("Internal"),
            Text("Website"),
            Text("General"),
            Text("Draw"),
            Number(4.0),
            Text("No"),
        ],
    ];
    let csv = "Team,Date,Client,Project,Task,Notes,Hours,Billed\n\"Demo, Kim\",2026-04-03,Internal,Website,General,Draw,4.0000,No\n";
    same(csv, freshbooks);
}

#[test]
fn freckle_with_minutes() {
    let freckle: &[&[Cell]] = &[
        header!["date", "person", "group/client", "project", "minutes", "tags", "description", "billable"],
        &[
            Date(2026, 8, 9),
            Text("Kim"),
            Text("Orchard"),
            Text("Website"),
            Number(90.0),
            Nothing,
            Text("#design draw"),
            Flag(false),
        ],
        &[
            Date(2026, 8, 10),
            Text("Kim"),
            Text("Orchard"),
            Text("Website"),
            Number(15.0),
            Text("a, b"),
            Nothing,
            Flag(true),
        ],
    ];
    let csv = "date,person,group/client,project,minutes,tags,description,billable\n\
        2026-08-09,Kim,Orchard,Website,90,,#design draw,no\n2026-08-10,Kim,Orchard,Website,15,\"a, b\",,yes\n";
    same(csv, freckle);
}

#[test]
fn lines_are_the_rows_of_the_sheet() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.merge_range(0, 0, 0, 5, "Detailed report", &Format::new()).unwrap();
    sheet.write_string(1, 0, "of March").unwrap();
    let rows: &[&[Cell]] = &[
        header!["Date", "Person", "Project", "Minutes", "Description"],
        &[Date(2026, 3, 5), Text("Kim"), Text("Quay"), Number(30.0), Text("two\r\nlines\nand\rmore")],
        &[Nothing],
        &[Date(2026, 3, 6), Text("Kim"), Text("Quay"), Text("soon")],
        &[Date(2026, 3, 7), Text("Kim"), Text("Quay"), Number(5.0), Nothing, Text("a remark")],
        &[Date(2026, 3, 8), Text("Kim"), Text("Quay"), Number(7.0)],
    ];
    write(sheet, 3, rows);
    let file = book.save_to_buffer().unwrap();
    let shown = entries(&file);
    assert_eq!(shown[0], "5: 2026-03-05 1800 s | Kim | Quay | two\r\nlines\nand\rmore | ");
    assert!(shown[1].starts_with("7: ") && shown[1].contains("soon"), "{}", shown[1]);
    assert_eq!(shown[2], "8: 2026-03-07 300 s | Kim | Quay |  | ");
    assert_eq!(shown[3], "9: 2026-03-08 420 s | Kim | Quay |  | ");
    assert!(self::sheet(&file).starts_with("\n\n\nDate,"));
}

#[test]
fn dates_of_old_macs_are_the_same_days() {
    let mut mac = Workbook::new();
    let sheet = mac.add_worksheet();
    write(sheet, 0, &[header!["Date", "Person", "Project", "Hours", "Description"]]);
    write(sheet, 1, &[&[Nothing, Text("Kim"), Text("Quay"), Span(97_201), Nothing]]);
    sheet.write_number_with_format(1, 0, 44_624.0, &Format::new().set_num_format("yyyy-mm-dd")).unwrap();
    let mac = mac.save_to_buffer().unwrap();
    let mac = edited(&mac, "xl/workbook.xml", |text| text.replace("<workbookPr ", "<workbookPr date1904=\"1\" "));
    assert_eq!(entries(&mac), ["2: 2026-03-05 97201 s | Kim | Quay |  | "]);
}
