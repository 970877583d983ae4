//! Files of today's programs, by kind: the result for each kind, and some hundred generated files of each kind,
//! of which none may be misread.

mod made;

use super::matrix::Dice;
use super::*;
use made::{Kind, Truth, make};

/// Count of files generated for each kind.
const FILES: usize = 250;

/// The result of reading a file: count of right rows, count of errors, and the first misread row.
struct Outcome {
    right: usize,
    errors: usize,
    misread: Option<String>,
}

fn outcome(bytes: &[u8], truths: &[Truth]) -> Result<Outcome, Refusal> {
    let plan = survey(bytes, &plainly(), 7, 1000)?;
    let mut outcome = Outcome { right: 0, errors: 0, misread: None };
    load(bytes, &plan, |row| {
        let Ok(entry) = &row.parsed else {
            outcome.errors += 1;
            return;
        };
        match truths.iter().any(|truth| truth.is(entry)) {
            true => outcome.right += 1,
            false => outcome.misread = Some(tell(row)),
        }
    });
    Ok(outcome)
}

#[test]
fn no_file_of_any_kind_is_misread() {
    for kind in Kind::ALL {
        let mut dice = Dice(0x0f_11e5 + kind as u64);
        let (mut read, mut rows) = (0, 0);
        for number in 0..FILES {
            let (bytes, truths) = make(kind, &mut dice);
            let shown = || format!("{kind:?}, file {number}\n{}", String::from_utf8_lossy(&bytes));
            rows += truths.len();
            match outcome(&bytes, &truths) {
                Err(refusal) if kind.must_be_read() => panic!("refused: {refusal}: {}", shown()),
                Err(_) => {}
                Ok(outcome) => {
                    assert!(outcome.misread.is_none(), "{:?} of {}", outcome.misread, shown());
                    assert!(!kind.must_be_refused(), "read: {}", shown());
                    let lost = truths.len() - outcome.right;
                    assert!(lost <= outcome.errors, "{lost} rows are gone in silence: {}", shown());
                    assert!(!kind.must_be_whole() || lost == 0, "{lost} rows are errors: {}", shown());
                    read += outcome.right;
                }
            }
        }
        // A kind whose files are always refused would prove nothing.
        assert!(kind.must_be_refused() || read * 2 > rows, "{kind:?}: {read} of {rows} rows are read");
    }
}

#[test]
fn a_dash_is_an_empty_cell_where_a_program_writes_it_into_each() {
    let file = "Description,Billable,Duration,Member,Email,Project,Client,Tags,Amount,Currency,Start date,Start time,Stop date,Stop time\n\
                -,No,1:00:00,Jo,jo@example.com,-,-,-,-,-,2026-05-11,09:00:00,2026-05-11,10:00:00\n\
                x,No,-,Jo,jo@example.com,Site,-,-,-,-,2026-05-11,09:00:00,2026-05-11,09:00:00\n\
                y,No,-,Jo,jo@example.com,Site,-,-,-,-,2026-05-11,09:00:00,-,-\n";
    let rows = read(file);
    assert_eq!(rows[0], "2026-05-11 | 09:00:00-10:00:00 | 3600 s | email: jo@example.com | name: Jo | billable: no");
    assert!(rows[1].contains("| 0 s |"), "{}", rows[1]);
    assert_eq!(rows[2], "line 4: missing: Duration: nothing is written there");
    // A single project may be named with a dash.
    let rows = read("Date,Hours,First Name,Project,Notes\n2024-03-04,1,Jo,-,x\n2024-03-05,1,Jo,Site,\n");
    assert!(rows[0].contains("project: -"), "{}", rows[0]);
}

#[test]
fn hours_and_minutes_side_by_side_are_parts_or_the_same_again() {
    let parts = "Date,First Name,Hours,Minutes,Notes\n2024-03-04,Jo,1,30,x\n2024-03-05,Jo,0,45,y\n2024-03-06,Jo,2,,z\n";
    assert_eq!(seconds(parts), [5400, 2700, 7200]);
    let same = "Date,First Name,Hours,Minutes,Notes\n2024-03-04,Jo,1.5,90,x\n2024-03-05,Jo,0.75,45,y\n";
    assert_eq!(seconds(same), [5400, 2700]);
    let both = "date,person,hours,minutes,description\n2024-03-04,Jo,1.5,90,x\n2024-03-05,Jo,1,30,y\n";
    assert!(
        refused(both).to_string().contains("may be parts of one duration or the same duration"),
        "{}",
        refused(both)
    );
    let decimal =
        "Date,First Name,Hours,Minutes,Decimal hours,Notes\n2024-03-04,Jo,5,20,5.33,x\n2024-03-04,Jo,4,22,4.37,x\n";
    assert_eq!(seconds(decimal), [19_200, 15_720]);
}

#[test]
fn a_day_of_the_week_settles_which_number_is_the_day_or_contradicts_the_date() {
    let file = "Date,Person,Hours,Description\nMon 04/03/2024,Jo,1,x\nTue 05/03/2024,Jo,2,y\n";
    assert!(read(file)[0].starts_with("2024-03-04"), "{:?}", read(file));
    let file = "Date,Weekday,Person,Hours,Description\n04/03/2024,Mittwoch,Jo,1,x\n05/03/2024,Freitag,Jo,2,y\n";
    assert!(read(file)[0].starts_with("2024-04-03"), "{:?}", read(file));
    let file = "Date,Person,Hours,Description\n04/03/2024 (Mo),Jo,1,x\n";
    assert!(read(file)[0].starts_with("2024-03-04"), "{:?}", read(file));
    let file = "Date,Weekday,Person,Hours,Description\n2024-03-04,Sunday,Jo,1,x\n2024-03-05,Monday,Jo,1,y\n";
    assert!(refused(file).to_string().contains("is not of the day of the week"), "{}", refused(file));
}

#[test]
fn durations_that_are_longer_than_from_start_to_end_throughout_are_refused() {
    let file = "User,Start date,Start time,End date,End time,Duration\n\
                Jo,2024-03-04,09:00:00,2024-03-04,09:20:00,22:00:00\nJo,2024-03-05,09:00:00,2024-03-05,10:20:00,12:00:00\n";
    assert!(refused(file).to_string().contains("is longer than from its start to its end"), "{}", refused(file));
}

#[test]
fn a_column_that_a_format_does_not_have_is_refused_and_one_that_adds_to_it_is_kept_and_said() {
    let file = "Date,Hours,First Name,Last Name,Description\n2024-03-04,1,Jo,Field,planted\n";
    assert!(refused(file).to_string().contains("but \"Description\" is none that harvest has"), "{}", refused(file));
    let file = "Date,Hours,First Name,Last Name,Notes,Cost centre\n2024-03-04,1,Jo,Field,planted,7\n";
    let plan = survey(file.as_bytes(), &plainly(), 3, 11).unwrap();
    assert!(
        plan.layout.evidence.iter().any(|said| said.contains("kept with each entry") && said.contains("Cost centre"))
    );
    assert!(read(file)[0].contains("+Cost centre: 7"), "{:?}", read(file));
}

#[test]
fn basecamp_of_today_is_read() {
    let file = "Date,Person,Hours,Project,Item,Notes,Created,Status\n\
                2026-09-22,Jo Field,2.5,Site,To-do: plant,wet,2026-09-22T17:00:00Z,approved\n";
    assert_eq!(
        read(file),
        [
            "2026-09-22 | 9000 s | name: Jo Field | project: Site | task: plant | text: wet | +Created: 2026-09-22T17:00:00Z | \
          +Status: approved"
        ]
    );
}
