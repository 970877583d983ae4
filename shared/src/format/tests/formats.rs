//! Tests of each format in its usual layouts, and in layouts changed by people.

use super::*;
use crate::format::FormatName;

#[test]
fn a_toggl_report_is_read_column_by_column() {
    let rows = read(
        "\u{feff}User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,Tags,Amount (EUR)\n\
         Jo Field,jo@example.com,Alder  Ltd,Site,Build,\"Plan, then build\",Yes,2024-03-04,09:00:00,2024-03-04,10:30:15,01:30:15,\"Dev, Review, dev\",120.50\n\
         Jo Field,jo@example.com,,,,,No,2024-03-04,23:00:00,2024-03-05,01:00:00,02:00:00,,\n",
    );
    assert_eq!(
        rows,
        [
            "2024-03-04 | 09:00:00-10:30:15 | 5415 s | email: jo@example.com | name: Jo Field | \
             client: Alder Ltd | project: Site | task: Build | text: Plan, then build | \
             tags: Dev, Review | billable: yes | amount: 120.50 | currency: EUR",
            "2024-03-04 | 23:00:00-01:00:00 | 7200 s | email: jo@example.com | name: Jo Field | \
             billable: no | +End date: 2024-03-05",
        ]
    );
}

#[test]
fn toggl_columns_may_come_in_any_order_and_be_hidden() {
    let rows =
        read("DURATION,start DATE, Description ,Start Time,Email\n0:47:06,2024-03-04,Plan,8:15,jo@example.com\n");
    assert_eq!(rows, ["2024-03-04 | 08:15:00- | 2826 s | email: jo@example.com | text: Plan"]);
}

#[test]
fn toggl_durations_have_many_faces() {
    let file = |durations: &[&str]| {
        let row = |duration: &&str| format!("Jo,2024-03-04,09:00:00,\"{duration}\"\n");
        format!("User,Start date,Start time,Duration\n{}", durations.iter().map(row).collect::<String>())
    };
    assert_eq!(
        seconds(file(&["01:30:00", "0:47:06", "120:00:01", "18:25 min", "06 s", "0.79 h", "1 h 30 min"])),
        [5400, 2826, 432_001, 1105, 6, 2844, 5400]
    );
    assert_eq!(seconds(file(&["0,79 h", "1:30"])), [2844, 5400]);
}

#[test]
fn a_spreadsheets_time_of_day_is_a_duration() {
    let head = "User,Start date,Start time,End date,End time,Duration\n";
    let rows = "Jo,2024-03-04,10:30:34 AM,2024-03-04,12:30:34 PM,02:00:00 AM\n\
                Jo,2024-03-04,6:15:49 PM,2024-03-04,6:35:49 PM,12:20:00 AM\n\
                Jo,2024-03-04,9:00:00 AM,2024-03-05,11:00:00 AM,2:00:00 AM\n\
                Jo,2024-03-04,8:00:00 AM,2024-03-04,10:00:00 PM,2:00:00 PM\n";
    assert_eq!(seconds(format!("{head}{rows}")), [7200, 1200, 93_600, 50_400]);
}

#[test]
fn the_unit_of_a_bare_number_is_told_by_start_and_end() {
    let head = "User,Start date,Start time,End date,End time,Duration\n";
    let row = |duration: &str| format!("Jo,2024-03-04,09:00:00,2024-03-04,10:30:00,{duration}\n");
    assert_eq!(seconds(format!("{head}{}", row("1.5"))), [5400]);
    assert_eq!(seconds(format!("{head}{}", row("90"))), [5400]);
    assert_eq!(seconds(format!("{head}{}", row("5400"))), [5400]);
    // A spreadsheet which shows a duration as a plain number counts days.
    assert_eq!(seconds(format!("{head}{}", row("0.0625"))), [5400]);
    assert!(refused(format!("{head}{}", row("0.75"))).to_string().contains("agree with none of these"));
    let refusal = refused("User,Start date,Start time,Duration\nJo,2024-03-04,09:00:00,90\n");
    assert_eq!(
        refusal.reasons,
        [
            "Duration: \"90\" on line 2 may be hours, minutes, seconds or a part of a day, and no start and end times settle \
          it: export durations as H:MM:SS, or with their unit"
        ]
    );
}

#[test]
fn parts_of_a_day_are_times_and_durations_where_start_and_end_tell() {
    let head = "User,Start date,Start time,End date,End time,Duration\n";
    let row = "Jo,2024-03-04,0.375,2024-03-04,0.4375,0.0625\n";
    assert_eq!(read(format!("{head}{row}"))[0], "2024-03-04 | 09:00:00-10:30:00 | 5400 s | name: Jo");
    // Without an end the numbers could be hours.
    let refusal = refused("User,Start date,Start time,Duration\nJo,2024-03-04,09:00:00,0.0625\n");
    assert!(refusal.to_string().contains("\"0.0625\" on line 2 may be hours, minutes, seconds or a part"), "{refusal}");
}

#[test]
fn clocks_without_seconds_tell_minutes_and_seconds_from_hours_and_minutes() {
    let head = "User,Start date,Start time,End date,End time,Duration\n";
    let rows = "Jo,2024-03-04,9:00,2024-03-04,9:25,25:30\nJo,2024-03-04,9:00,2024-03-04,9:45,45:10\n";
    assert_eq!(seconds(format!("{head}{rows}")), [1530, 2710]);
    // A duration may be shorter than the time from start to end because of a break, but not longer.
    assert_eq!(seconds(format!("{head}Jo,2024-03-04,9:00,2024-03-04,17:00,7:30\n")), [27_000]);
    let refusal = refused(format!("{head}Jo,2024-03-04,9:00,2024-03-04,9:45,25:30\n"));
    assert!(refusal.to_string().contains("longer than from start to end"), "{refusal}");
    // A duration rounded up to the hour is accepted, and so is a single wrong duration among durations which agree.
    assert_eq!(seconds(format!("{head}Jo,2024-03-04,9:00,2024-03-04,9:50,1:00\n")), [3600]);
    let rows = "Jo,2024-03-04,9:00,2024-03-04,10:30,1:30\nJo,2024-03-04,9:00,2024-03-04,9:10,8:00\n";
    assert_eq!(seconds(format!("{head}{rows}")), [5400, 28_800]);
    // Without a start and end to compare, custom decides, and the evidence says so.
    let plan = survey(b"User,Start date,Start time,Duration\nJo,2024-03-04,9:00,1:30\n", &plainly(), 9, 99).unwrap();
    assert!(plan.layout.evidence.iter().any(|said| said.contains("taken for hours and minutes")));
    // Custom has no entries of more than a day, except a single one among many.
    let row = |cell: &str| format!("Jo,2024-03-04,9:00,{cell}\n");
    let file = |cells: &[&str]| {
        let rows: String = cells.iter().map(|cell| row(cell)).collect();
        format!("User,Start date,Start time,Duration\n{rows}")
    };
    let said = refused(file(&["1:30", "25:30", "12:10"])).to_string();
    assert!(said.contains("\"25:30\" on line 3 and others would be more than a day"), "{said}");
    assert_eq!(seconds(file(&[&["1:30"; 30][..], &["25:30"]].concat()))[30], 91_800);
}

#[test]
fn what_took_a_night_is_told_as_what_took_a_day() {
    let head = "User,Start date,Start time,End date,End time,Duration\n";
    let night = |duration: &str| format!("{head}Jo,2024-03-04,23:50:00,2024-03-05,00:08:25,{duration}\n");
    assert_eq!(seconds(night("18:25")), [1105]);
    let bare = |duration: &str| format!("{head}Jo,2024-03-04,22:00:00,2024-03-05,06:00:00,{duration}\n");
    assert_eq!(seconds(bare("8.00")), [28_800]);
    // The file need not name the day of the end or show the order of its date.
    let no_day = "User,Start date,Start time,End time,Duration\nJo,2024-03-04,23:50:00,00:08:25,18:25\n";
    assert_eq!(seconds(no_day), [1105]);
    assert_eq!(seconds(format!("{head}Jo,04/13/2024,23:50:00,04/14/2024,00:08:25,18:25\n")), [1105]);
    // A minute is the same duration under both readings, and a zero is the same duration in every unit.
    let short = "Jo,2024-03-04,9:00,2024-03-04,9:01,0:01\nJo,2024-03-04,9:00,2024-03-04,10:30,1:30\n";
    assert_eq!(seconds(format!("{head}{short}")), [60, 5400]);
    assert_eq!(
        seconds("User,Start date,Start time,Duration\nJo,2024-03-04,9:00,0\nJo,2024-03-04,9:00,1 h\n"),
        [0, 3600]
    );
    // A single row with a break is no evidence for the other rows.
    let broken = "Jo,2024-03-04,9:00,2024-03-04,17:00,7:30\n";
    let rows: String = ["25:30", "45:10", "31:02"].map(|took| format!("Jo,2024-03-04,9:00,,,{took}\n")).concat();
    assert!(refused(format!("{head}{broken}{rows}")).to_string().contains("would be more than a day"));
    // A spreadsheet's clock omits whole days.
    assert_eq!(seconds(format!("{head}Jo,2024-03-04,9:00:00,2024-03-05,11:00:00,02:00:00\n")), [93_600]);
}

#[test]
fn hours_and_minutes_with_a_dot_are_not_taken_for_a_number_beside_money_with_commas() {
    let file = |hours: &str| {
        format!(
            "Date,Hours,First Name,Last Name,Billable Amount\n2024-03-04,{hours},Jo,Field,\"150,50\"\n2024-03-05,0.45,Jo,Field,\"75,25\"\n"
        )
    };
    let said = refused(file("1.30")).to_string();
    assert!(said.contains("another decimal mark than \"150,50\""), "{said}");
    assert_eq!(seconds(file("1:30").replace("0.45", "0:45")), [5400, 2700]);
}

#[test]
fn minutes_and_seconds_are_told_from_hours_and_minutes_by_start_and_end() {
    let head = "User,Start date,Start time,End date,End time,Duration\n";
    let long = "Jo,2024-03-04,09:00:00,2024-03-04,10:30:20,1:30\n";
    let short = "Jo,2024-03-04,09:00:00,2024-03-04,09:01:30,1:30\n";
    assert_eq!(seconds(format!("{head}{long}")), [5400]);
    assert_eq!(seconds(format!("{head}{short}")), [90]);
    assert!(refused(format!("{head}{long}{short}")).to_string().contains("hours and minutes, but"));
}

#[test]
fn a_running_toggl_entry_is_a_row_error_and_one_that_only_lacks_its_duration_is_not() {
    let rows = read(
        "User,Start date,Start time,End date,End time,Duration\n\
         Jo,2024-03-04,09:00:00,,,\n\
         Jo,2024-03-04,09:00:00,2024-03-04,09:30:00,\n",
    );
    assert_eq!(rows[0], "line 2: missing: Duration: nothing is written there");
    assert_eq!(rows[1], "2024-03-04 | 09:00:00-09:30:00 | 1800 s | name: Jo");
}

#[test]
fn a_harvest_report_is_read_column_by_column() {
    let rows = read(
        "Date,Client,Project,Project Code,Task,Notes,Hours,Billable?,Invoiced?,Approved?,First Name,Last Name,Roles,Employee?,Billable Rate,Billable Amount,Cost Rate,Cost Amount,Currency,External Reference URL\n\
         2024-03-04,Alder,Site,AL-1,Design,Sketches,1.5,Yes,No,Yes,Jo,Field,Designer,Yes,100.0,150.0,50.0,75.0,Euro - EUR,https://example.com/1\n",
    );
    assert_eq!(
        rows,
        ["2024-03-04 | 5400 s | name: Jo Field | client: Alder | project: Site | task: Design | \
          text: Sketches | billable: yes | invoiced: no | rate: 100.0 | amount: 150.0 | \
          currency: Euro - EUR | +Project Code: AL-1 | +Approved?: Yes | +Roles: Designer | \
          +Employee?: Yes | +Cost Rate: 50.0 | +Cost Amount: 75.0 | \
          +External Reference URL: https://example.com/1"]
    );
}

#[test]
fn harvest_accounts_may_write_a_decimal_comma() {
    let rows = read(
        "Date,Hours,First Name,Last Name,Billable Rate,Billable Amount\n\
         2024-03-04,\"0,01\",Jo,Field,\"100,0\",\"2.000,0\"\n2024-03-04,\"20,0\",Jo,,\"1.100,0\",\"1,0\"\n",
    );
    assert_eq!(
        rows,
        [
            "2024-03-04 | 36 s | name: Jo Field | rate: 100.0 | amount: 2000.0",
            "2024-03-04 | 72000 s | name: Jo | rate: 1100.0 | amount: 1.0",
        ]
    );
}

#[test]
fn hidden_harvest_names_do_not_hide_harvest() {
    let plan = survey(b"Date,Project Code,Hours,Approved?\n2024-03-04,A,1.5,No\n", &plainly(), 9, 9);
    assert_eq!(plan.unwrap().layout.decisions.format, FormatName::Harvest);
}

#[test]
fn a_tempo_worklog_is_read_column_by_column() {
    let rows = read(
        "Issue Key,Issue summary,Hours,Work date,Username,Full name,Account Name,Account Customer,Epic Link,Project Key,Project Name,Work Description,Billed Hours,Epic Link\n\
         AL-1,Build it,1.5,2024-03-04 09:15,jofield,Jo Field,Support,Alder,E-1,AL,Site,Plan,1.5,E-2\n\
         AL-2,Test it,2,2016-8-1 14:33,jofield,,Support,,,AL,,,0,\n",
    );
    assert_eq!(
        rows,
        [
            "2024-03-04 | 09:15:00- | 5400 s | name: Jo Field | client: Alder | project: Site | \
             task: AL-1: Build it | text: Plan | billable: yes | +Epic Link: E-1 | +Project Key: AL | \
             +Epic Link: E-2 | +Account Name: Support | +Username: jofield | +Billed Hours: 1.5",
            "2016-08-01 | 14:33:00- | 7200 s | name: jofield | client: Support | task: AL-2: Test it | \
             text: AL-2: Test it | billable: no | +Project Key: AL | +Billed Hours: 0",
        ]
    );
}

#[test]
fn tempos_layout_of_2026_has_other_names() {
    let rows = read(
        "Work Item Key,Work Item Summary,Logged Hours,Billable Hours,Work date,Full name,Tempo Worklog ID\n\
         AL-1,Build it,0.25,0.25,2026-03-04,Jo Field,77\n",
    );
    assert_eq!(
        rows,
        ["2026-03-04 | 900 s | name: Jo Field | task: AL-1: Build it | text: AL-1: Build it | \
          billable: yes | +Tempo Worklog ID: 77 | +Billable Hours: 0.25"]
    );
}

#[test]
fn a_basecamp_report_is_read_column_by_column() {
    let rows = read(
        "date,person,hours,description,todo,list,company,project\n\
         2024-03-04,\"Jo Field\",1.16667,\"Plan\",\"Do it\",\"Week 10\",\"Alder\",\"Site\"\n",
    );
    assert_eq!(
        rows,
        ["2024-03-04 | 4200 s | name: Jo Field | client: Alder | project: Site | task: Do it | \
          text: Plan | +list: Week 10"]
    );
}

#[test]
fn freshbooks_classic_turns_names_and_has_an_internal_client() {
    let rows = read(
        "Team,Date,Client,Project,Task,Notes,Hours,Billed\n\
         \"Field, Jo\",03/14/17,Internal,\" Site  two\",Build,,4.0000,\n\
         Mo,03/01/17,Alder,Site,Build,x,0.3300,Yes\n",
    );
    assert_eq!(
        rows,
        [
            "2017-03-14 | 14400 s | name: Jo Field | project: Site two | task: Build",
            "2017-03-01 | 1188 s | name: Mo | client: Alder | project: Site | task: Build | text: x | \
             invoiced: yes",
        ]
    );
}

#[test]
fn in_todays_freshbooks_the_seconds_win() {
    let rows = read(
        "Date,Client,Project,Service,Note,Team Member,Status,Hours,Seconds\n\
         2024-03-04,Alder,Site,Build,x,Jo Field,Unbilled,0.33,1200\n\
         2024-03-04,Alder,Site,Build,x,Jo Field,Non-billable,0.5,\n",
    );
    assert_eq!(
        rows,
        [
            "2024-03-04 | 1200 s | name: Jo Field | client: Alder | project: Site | task: Build | \
             text: x | billable: yes | invoiced: no | +Hours: 0.33",
            "2024-03-04 | 1800 s | name: Jo Field | client: Alder | project: Site | task: Build | \
             text: x | billable: no | invoiced: no",
        ]
    );
}

#[test]
fn freckle_takes_tags_from_the_description_or_else_from_their_column() {
    let rows = read(
        "date,person,email,group/client,project,minutes,hours,description,tags,billable\n\
         2024-03-04,Jo Field,jo@example.com,Alder,Site,90,1.5,Plan #dev and #code-review*,ignored,yes\n\
         2024-03-04,Jo Field,,,,,1:30,,\"#dev, deep  work, Dev\",\n\
         2024-03-04,jo@example.com,,,,,,none,,\n",
    );
    assert_eq!(
        rows,
        [
            "2024-03-04 | 5400 s | email: jo@example.com | name: Jo Field | client: Alder | \
             project: Site | text: Plan #dev and #code-review* | tags: dev, code-review* | \
             billable: no | +hours: 1.5 | +tags: ignored",
            "2024-03-04 | 5400 s | name: Jo Field | tags: dev, deep work",
            "2024-03-04 | 0 s | email: jo@example.com | text: none",
        ]
    );
}

#[test]
fn a_header_alone_is_a_file_without_rows() {
    let plan = survey(b"date,person,minutes,tags", &plainly(), 10, 3).unwrap();
    assert_eq!((plan.rows, plan.chunks.len(), plan.layout.decisions.format), (0, 0, FormatName::Freckle));
}

#[test]
fn a_basecamp_header_is_not_taken_for_freckles() {
    let plan = survey(b"date,person,hours,description,project,company\n", &plainly(), 10, 99).unwrap();
    assert_eq!(plan.layout.decisions.format, FormatName::Basecamp);
    assert!(plan.layout.decisions.candidates.iter().any(|other| other.format == FormatName::Freckle));
}
