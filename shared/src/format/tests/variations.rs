//! Files as people really have them: saved again by spreadsheets, with chosen columns, or
//! in the style of other languages.

use super::*;
use crate::format::FormatName;
use crate::values::numbers::DecimalMark;

/// Format, count of rows, sum of seconds and count of row errors of a file.
fn sums(text: impl AsRef<[u8]>) -> (FormatName, u64, u64, u64) {
    let bytes = text.as_ref();
    let plan = survey(bytes, &plainly(), 3, 17).unwrap_or_else(|refusal| panic!("refused: {refusal}"));
    let (mut seconds, mut errors) = (0, 0);
    load(bytes, &plan, |row| match &row.parsed {
        Ok(entry) => seconds += entry.seconds,
        Err(_) => errors += 1,
    });
    (plan.layout.decisions.format, plan.rows, seconds, errors)
}

#[test]
fn toggl_of_today_is_known_with_its_new_columns() {
    let file = "Description,Duration,Member,Email,Project,Tags,Start date,Start time,Stop date,Stop time,Billable\n\
                Plan,0:30:00,Jo Field,jo@example.com,Site,,2024-03-04,09:00:00,2024-03-04,09:30:00,Yes\n";
    assert_eq!(sums(file), (FormatName::Toggl, 1, 1800, 0));
    let file = "\"User\",\"Email\",\"Client\",\"Project\",\"Task\",\"Description\",\"Billable\",\"Start date\",\"Start time\",\"End date\",\"End time\",\"Duration\",\"Tags\",\"Amount ()\"\n\
                \"Jo\",\"jo@example.com\",\"\",\"\",\"\",\"\",\"No\",\"2024-03-04\",\"09:00:00\",\"2024-03-04\",\"09:30:00\",\"00:30:00\",\"\",\"\"\n";
    assert_eq!(sums(file), (FormatName::Toggl, 1, 1800, 0));
}

#[test]
fn a_spreadsheet_in_german_may_have_saved_toggl_again() {
    let file = "User;Email;Start date;Start time;End date;End time;Duration;Amount (EUR)\r\n\
                Jo;jo@example.com;04.03.2024;09:00:00;04.03.2024;10:30:00;01:30:00;1.250,50\r\n\
                Jo;jo@example.com;31.03.2024;09:00;31.03.2024;09:15;00:15:00;12,5\r\n";
    let rows = read(file);
    assert!(rows[0].starts_with("2024-03-04 | 09:00:00-10:30:00 | 5400 s"), "{rows:?}");
    assert!(rows[0].ends_with("amount: 1250.50 | currency: EUR"), "{rows:?}");
}

#[test]
fn a_spreadsheet_may_cut_the_seconds_or_the_hours_off_a_duration() {
    let head = "User,Start date,Start time,End date,End time,Duration\n";
    // Durations as H:MM, which start and end decide.
    assert_eq!(seconds(format!("{head}Jo,3/14/2024,9:00,3/14/2024,10:30,1:30\n")), [5400]);
    // Durations as MM:SS, which start and end decide.
    assert_eq!(seconds(format!("{head}Jo,3/14/2024,9:00:00,3/14/2024,9:18:25,18:25\n")), [1105]);
    // A duration of more than a day, written as [h]:mm:ss.
    assert_eq!(seconds(format!("{head}Jo,3/14/2024,9:00:00,3/15/2024,11:00:00,26:00:00\n")), [93_600]);
    // Times written with a day of the spreadsheet's first year.
    let rows = read(format!("{head}Jo,3/14/2024,1899-12-30 09:00:00,3/14/2024,1899-12-30 10:30:00,01:30:00\n"));
    assert!(rows[0].starts_with("2024-03-14 | 09:00:00-10:30:00 | 5400 s"), "{rows:?}");
}

#[test]
fn twelve_hour_clocks_are_written_in_many_ways() {
    for (start, end) in [
        ("9:05 PM", "10:05 PM"),
        ("09:05PM", "10:05PM"),
        ("9:05:00 pm", "10:05:00 pm"),
        ("9:05 p.m.", "10:05 p.m."),
        ("9:05 p. m.", "10:05 p. m."),
        ("9:05\u{a0}p.\u{a0}m.", "10:05\u{a0}p.\u{a0}m."),
        ("9:05\u{202f}PM", "10:05\u{202f}PM"),
    ] {
        let rows =
            read(format!("User,Start date,Start time,End time,Duration\nJo,2024-03-04,{start},{end},01:00:00\n"));
        assert_eq!(rows, ["2024-03-04 | 21:05:00-22:05:00 | 3600 s | name: Jo"], "{start}");
    }
}

#[test]
fn harvest_has_its_columns_chosen_renamed_over_the_years_and_in_any_case() {
    let file = "date,client,project,task,note,hours,hours rounded,billable?,invoiced?,approved?,first name,last name,department,employee?,hourly rate,billable amount,currency\n\
                2024-03-04,Alder,Site,Design,x,0.01,0.25,no,no,no,Jo,Field,,Yes,$100.00,\"$1,000.00\",United States Dollar - USD\n";
    let rows = read(file);
    assert!(
        rows[0].contains("| 36 s | name: Jo Field") && rows[0].contains("rate: 100.00 | amount: 1000.00"),
        "{rows:?}"
    );
    let rows = read(
        "Date,Project,Hours Rounded,First Name,Last Name\n04/03/2024,Site,\"1,5\",Jo,Field\n13/03/2024,Site,\"0,25\",Jo,Field\n",
    );
    assert_eq!(rows[0], "2024-03-04 | 5400 s | name: Jo Field | project: Site");
    assert_eq!(sums("Date,Hours,First Name,Last Name\n2024-03-04,0:45,Jo,Field\n"), (FormatName::Harvest, 1, 2700, 0));
}

#[test]
fn a_total_row_of_harvests_is_left_out_by_its_sum() {
    let file =
        "Date,Client,Project,Hours,First Name,Last Name\n2024-03-04,A,B,1.25,Jo,Field\n2024-03-05,A,B,2.5,Jo,Field\n";
    for total in [",,,3.75,,\n", "Total,,,3.75,,\n", ",,Total,3.75,,\n", "TOTAL\n", ",,,\"3.75\",,"] {
        assert_eq!(sums(format!("{file}{total}")), (FormatName::Harvest, 2, 13_500, 0), "{total:?}");
    }
}

#[test]
fn both_layouts_of_freshbooks_are_read_with_their_days_first_or_last() {
    let classic = |dates: [&str; 2]| {
        format!(
            "Team,Date,Client,Project,Task,Notes,Hours,Billed\nJo Field,{},Alder,Site,Build,,1.0000,\n\"Field, Jo\",{},Internal,,,,0.5000,\n",
            dates[0], dates[1]
        )
    };
    assert_eq!(sums(classic(["03/14/17", "03/01/17"])), (FormatName::Freshbooks, 2, 5400, 0));
    // The date 2031-12-17 is valid as well, but FreshBooks never begins a date with a two-digit year.
    assert_eq!(sums(classic(["31/12/17", "01/03/17"])), (FormatName::Freshbooks, 2, 5400, 0));
    assert_eq!(refused(classic(["01/03/17", "02/03/17"])).dates[0].readings.len(), 2);
    let new = "\u{feff}Date,Client,Project,Service,Note,Team Member,Status,Hours,Seconds,Rate (USD),Amount (USD)\n\
               2024-03-04,Alder,Site,Build,\"a\nb\",Jo Field,Unbilled,0.33,1200,100.00,33.33\n";
    assert_eq!(sums(new), (FormatName::Freshbooks, 1, 1200, 0));
}

#[test]
fn tempo_of_both_kinds_is_read_in_the_styles_of_jiras_languages() {
    let file = "Issue Key;Issue summary;Hours;Work date;Username;Full name;Period;Account Key;Account Name;Project Key;Project Name;Work Description;Billed Hours\n\
                AL-1;Build;1,5;04.03.2024 09:15;jo;Jo Field;;;;AL;Site;Plan;0\n\
                AL-1;Build;0,25;13.03.2024 17:30;jo;Jo Field;;;;AL;Site;;0,25\n";
    let rows = read(file);
    assert!(rows[0].starts_with("2024-03-04 | 09:15:00- | 5400 s | name: Jo Field"), "{rows:?}");
    let file = "Work Item Key,Logged Hours,Billable Hours,Work date,User Account ID,Full name\nAL-1,1h 30m,0,2026-03-04,5f:1,Jo\n";
    assert_eq!(sums(file), (FormatName::Tempo, 1, 5400, 0));
    let file = "Issue Key,Hours,Work date,Full name\nAL-1,1,04/Mar/24 9:15 AM,Jo\n";
    assert!(read(file)[0].starts_with("2024-03-04 | 09:15:00- | 3600 s"));
}

#[test]
fn freckle_has_many_layouts() {
    for header in [
        "date,person,group/client,project,minutes,tags,description,billable,invoiced,invoice reference,paid",
        "Date,Person,Client,Project,Minutes,Tags,Description,Billable,Invoiced,Reference,Paid",
    ] {
        let file = format!("{header}\n2024-03-04,Jo Field,Alder,Site,90,\"a, b\",,yes,no,,no\n");
        assert_eq!(sums(&file), (FormatName::Freckle, 1, 5400, 0));
        assert!(read(&file)[0].contains("tags: a, b | billable: yes | invoiced: no"), "{:?}", read(&file));
    }
    assert_eq!(
        seconds("date,email,hours,description\n2024-03-04,jo@example.com,4.5,x\n2024-03-04,jo@example.com,1:15,x\n"),
        [16_200, 4500]
    );
}

#[test]
fn numbers_come_in_the_styles_of_many_countries() {
    let file = |cells: &[&str]| {
        let row = |cell: &&str| format!("2024-03-04;Jo;{cell};\n");
        format!("date;person;hours;tags\n{}", cells.iter().map(row).collect::<String>())
    };
    for cells in
        [["1,5", "1.250,00"], ["1.5", "1,250.00"], ["1,5", "1 250,00"], ["1,5", "1\u{202f}250,00"], ["1.5", "1'250.00"]]
    {
        assert_eq!(seconds(file(&cells)), [5400, 4_500_000], "{cells:?}");
    }
    let mark =
        |cells: &[&str]| survey(file(cells).as_bytes(), &plainly(), 9, 99).unwrap().layout.decisions.decimal_mark;
    assert_eq!(mark(&["1,5", "2"]), Some(DecimalMark::Comma));
    assert_eq!(mark(&["1", "2"]), None);
}

#[test]
fn months_are_named_in_many_languages() {
    for cell in [
        "4-mar-24",
        "04-mrt-2024",
        "4 maart 2024",
        "4 mars 2024",
        "4 mars, 2024",
        "4. Mär. 2024",
        "4 de março de 2024",
        "4 mar. 2024",
        "lun. 4 mars 2024",
        "Mo, 4. März 2024",
        "2024-Mar-04",
        "4th of March 2024",
        "Monday 4 March 2024",
    ] {
        let rows = read(format!("date,person,minutes,tags\n\"{cell}\",Jo,5,\n"));
        assert_eq!(rows, ["2024-03-04 | 300 s | name: Jo"], "{cell}");
    }
}

#[test]
fn utf_16_is_told_without_a_mark_whatever_the_letters_are() {
    let text = "date\tperson\tminutes\tdescription\n2024-03-04\tZoë Łuczak\t5\tПривет, 会議\n";
    for bytes_of in [u16::to_le_bytes, u16::to_be_bytes] {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(bytes_of).collect();
        assert_eq!(read(&bytes), ["2024-03-04 | 300 s | name: Zoë Łuczak | text: Привет, 会議"]);
    }
}

#[test]
fn a_column_that_comes_twice_is_kept_twice() {
    let rows = read("Issue Key,Hours,Work date,Full name,Epic Link,Epic Link,\nAL-1,1,2024-03-04,Jo,E-1,E-2,\n");
    assert_eq!(rows, ["2024-03-04 | 3600 s | name: Jo | task: AL-1 | text: AL-1 | +Epic Link: E-1 | +Epic Link: E-2"]);
}

#[test]
fn an_order_is_told_by_a_column_that_no_field_is_for() {
    let file = "Issue Key,Hours,Work date,Full name,Date updated\nAL-1,1,03/04/2024 09:00,Jo,03/31/2024 17:00\n";
    assert!(read(file)[0].starts_with("2024-03-04"));
}

#[test]
fn a_title_above_the_header_is_passed_over_and_named() {
    let table = "Date,Hours,First Name,Last Name\n2024-03-04,1,Jo,Field\n2024-03-05,x,Jo,Field\n";
    for title in
        ["Time report for March,,,\n,,,\n", "Report of all work\n\n", "\"Client: Alder, Inc.\"\r\nMarch 2024\r\n"]
    {
        let file = format!("{title}{table}");
        let plan = survey(file.as_bytes(), &plainly(), 3, 11).unwrap();
        assert_eq!(plan.rows, 2, "{title}");
        let said = plan.layout.evidence.iter().find(|said| said.contains("passed over above it"));
        assert!(said.is_some_and(|said| said.starts_with("the header is on line 3")), "{:?}", plan.layout.evidence);
        // Lines are counted in the whole file.
        assert!(read(&file)[1].starts_with("line 5: invalid_duration"), "{:?}", read(&file));
    }
    // Rows of another table are no title.
    let refusal = refused(format!("Name,Street,Town,Phone\nJo,High Street,Ely,1\n{table}"));
    assert!(refusal.to_string().contains("found \"Name\""), "{refusal}");
}

#[test]
fn lines_that_stand_in_quotes_as_a_whole_are_told() {
    let refusal = refused("\"Date,Hours,First Name,Last Name\"\n\"2024-03-04,1,Jo,Field\"\n");
    assert!(refusal.to_string().starts_with("each line stands in quotes as a whole"), "{refusal}");
}

#[test]
fn line_ends_may_be_mixed_with_breaks_inside_quotes() {
    let rows = read(
        "date,person,minutes,description\r\n2024-03-04,Jo,5,\"a\rb\r\nc\nd\"\r2024-03-05,Jo,6,x\n\r\n2024-03-06,Jo,7,\"\"",
    );
    assert_eq!(rows.len(), 3);
    assert!(rows[0].ends_with("text: a\rb\r\nc\nd"));
}

#[test]
fn negative_and_senseless_durations_are_row_errors() {
    let rows = read(
        "date,person,hours,tags\n2024-03-04,Jo,-1.5,\n2024-03-04,Jo,1.5,\n2024-03-04,Jo,1e3,\n2024-03-04,Jo,NaN,\n",
    );
    assert_eq!(rows.iter().filter(|row| row.contains("invalid_duration")).count(), 3, "{rows:?}");
}
