//! The words, dates, times and numbers of many languages, in whole files.

use super::*;

/// How the cell of a column of yes and no is told.
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
    // One row's mark is no reason to lose another's.
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
