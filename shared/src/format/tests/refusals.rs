//! Tests of refusals: which files are refused, and whether the reasons help the caller.

use super::*;
use crate::format::FormatName;

#[test]
fn a_refusal_names_the_headers_the_nearest_format_and_what_it_lacks() {
    let refusal = refused("Email,Start date,Start time,Description\njo@example.com,2024-03-04,09:00,x\n");
    assert_eq!(
        refusal.reasons,
        ["the columns fit no format: found \"Email\", \"Start date\", \"Start time\", \"Description\"; \
          nearest is toggl, which needs a column \"Duration\", or \"Start time\" with \"Stop time\" as well; if it is one of tempo, toggl, \
          harvest, freshbooks, basecamp, freckle, say so with `type`; of any other table say with \
          `mapping` which column is what"]
    );
    assert_eq!(refusal.headers.len(), 4);
    assert_eq!(refusal.considered.candidates[0].format, FormatName::Toggl);
    assert_eq!(refusal.considered.candidates[0].lacks, ["a column \"Duration\", or \"Start time\" with \"Stop time\""]);
    assert_eq!(refusal.delimiter, Some(b','));
}

#[test]
fn look_alikes_are_named() {
    let looks = |header: &str| refused(header).look_alike.unwrap_or("nothing").to_owned();
    let clockify = "Project,Client,User,Email,Start Date,Start Time,Duration (h),Duration (decimal)\n";
    assert_eq!(looks(clockify), "Clockify's detailed report");
    assert_eq!(
        looks("Date,Date/time,End date/time,Project,Who,Description,Is it billable?,Hours,Minutes,First name\n"),
        "Teamwork's time report"
    );
    assert_eq!(looks("Ticket No,Start Date,Timespent,Comment\n"), "a list of Jira worklogs");
    assert_eq!(looks("Client,Project,Start Date,Total Hours,Budget\n"), "a list of projects");
    assert!(looks("Start,Stop,Project Name\n").contains("start and end times"));
    assert!(looks("Project,Client,Duration\n").contains("summary"));
    assert!(looks("User,Mon 3/4,Tue 3/5,Wed 3/6,Thu 3/7,Fri 3/8,Total\n").contains("pivot"));
    assert_eq!(looks("Client Name,Address,Phone\n"), "a list of clients");
}

#[test]
fn a_named_format_is_the_only_one_tried() {
    let options = ReadingOptions { format: Some(FormatName::Toggl), ..plainly() };
    let refusal = read_with(b"date,person,minutes,tags\n", &options).unwrap_err();
    assert_eq!(
        refusal.reasons,
        [
            "toggl needs a column \"Start date\" and a column \"Duration\", or \"Start time\" with \"Stop time\"; found \"date\", \"person\", \
          \"minutes\", \"tags\""
        ]
    );
    let clockify = b"User,Email,Start Date,Duration (h)\n";
    let refusal = read_with(clockify, &options).unwrap_err();
    assert_eq!(refusal.reasons[1], "this looks like Clockify's detailed report");
    // An entry needs a date and a duration, and needs nothing else.
    let options = ReadingOptions { format: Some(FormatName::Freckle), ..plainly() };
    let rows = read_with(b"date,minutes\n2024-03-04,5\n", &options).unwrap();
    assert_eq!(rows, ["2024-03-04 | 300 s"]);
}

#[test]
fn what_is_no_table_of_text_is_named() {
    let reason = |bytes: &[u8]| refused(bytes).to_string();
    assert_eq!(reason(b""), "the file is empty");
    assert_eq!(reason(b" \r\n\n"), "the file is empty: nothing is written in it");
    assert!(reason(b"\xef\xbb\xbf").contains("empty"));
    assert!(reason(b"PK\x03\x04....").contains(".xlsx"));
    assert!(reason(b"\x89PNG\r\n\x1a\n").contains("PNG"));
    assert!(reason(b"%PDF-1.7\n").contains("PDF"));
    assert!(reason(b"\x1f\x8b\x08").contains("gzip"));
    assert!(reason(b"[\n {\"date\": \"2024-03-04\"}]").contains("JSON"));
    assert!(reason(b"<!DOCTYPE html>").contains("web page"));
    assert!(reason(b"date,person,minutes,tags\n2024-03-04,J\0,5,\n").contains("byte 37 (counted from 0)"));
    assert!(reason(b"Just a line of words\nand another\n").contains("one column only"));
}

#[test]
fn cells_that_belie_the_header_are_refused() {
    let mut file = "date,person,minutes,tags\n".to_owned();
    for day in 1..=20 {
        file.push_str(&format!("2024-03-{day:02},Jo,{},\n", if day % 2 == 0 { "many" } else { "5" }));
    }
    assert!(refused(&file).to_string().contains("10 of 20 cells in \"minutes\" cannot be read as durations"));
    let options = ReadingOptions { format: Some(FormatName::Freckle), ..plainly() };
    assert_eq!(read_with(file.as_bytes(), &options).unwrap().len(), 20);
}

#[test]
fn a_delimiter_must_be_one() {
    let options = ReadingOptions { delimiter: Some(b'"'), ..plainly() };
    assert!(read_with(b"a,b\n", &options).unwrap_err().to_string().contains("`delimiter`"));
}

#[test]
fn a_long_first_line_without_an_end_is_refused_before_the_file_ends() {
    let mut survey = Survey::new(plainly(), 10);
    let refused = (0..64).find_map(|_| survey.push(&[b'x'; 64 * 1024]).err());
    assert!(refused.is_some_and(|refusal| refusal.to_string().contains("no table")));
}

#[test]
fn most_of_what_is_refused_is_refused_by_the_first_kilobytes() {
    let mut survey = Survey::new(plainly(), 10);
    let page = "a,b,c\n1,2,3\n".repeat(4000);
    assert!(survey.push(page.as_bytes()).is_err());
}

#[test]
fn a_refusal_is_told_in_json() {
    let json = serde_json::to_value(refused("date,person,minutes,tags\n8/9/15,Jo,5,x\n")).unwrap();
    assert_eq!(json["dates"][0]["readings"], serde_json::json!([["mdy", "2015-08-09"], ["dmy", "2015-09-08"]]));
    assert_eq!(json["encoding"], "utf-8");
}

#[test]
fn a_spreadsheets_day_numbers_are_named() {
    let refusal = refused("date,hours,person,description\n45292,1,Jo,x\n45293,2,Jo,x\n");
    assert!(refusal.to_string().contains("day numbers"), "{refusal}");
}

#[test]
fn lost_line_breaks_are_guessed_at_in_words() {
    let rows = "Jo,jo@example.com,2024-03-04,9:00,1:00:00,x".repeat(4);
    let lost = refused(format!("User,Email,Start date,Start time,Duration,Tags{rows}"));
    assert!(lost.to_string().contains("were its line breaks lost"), "{lost}");
    // An export without entries is a valid file.
    assert!(read("User,Email,Start date,Start time,Duration\n").is_empty());
}

#[test]
fn nothing_beside_hours_is_a_contradiction() {
    let rows = read("date,minutes,hours,person,description\n2024-03-04,0,1.5,Jo,x\n2024-03-04,0,0,Jo,x\n");
    assert_eq!(rows[0], "line 2: invalid_duration: minutes: \"0\" is nothing, but hours is more");
    assert!(rows[1].contains("| 0 s |"), "{rows:?}");
}
