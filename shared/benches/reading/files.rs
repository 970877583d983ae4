//! Generates files with a year's entries as three vendors export them, with the same
//! 20 projects and some quoted texts.

use std::fmt::Write;

pub const ROWS: u64 = 100_000;

/// A generated file with the vendor's name.
pub struct File {
    pub name: &'static str,
    pub text: String,
}

/// Toggl: 14 columns, ISO dates, durations as `HH:MM:SS`. The figures of this file are compared from version to
/// version, and therefore its text must not change.
pub fn toggl() -> File {
    let mut text =
        "User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,\
                    Tags,Amount (EUR)\n"
            .to_owned();
    for row in 0..ROWS {
        let (month, day, hour) = (1 + row % 12, 1 + row % 28, 8 + row % 9);
        let (project, minutes) = (row % 20, 1 + row % 59);
        let description = match row % 4 {
            0 => format!("\"Plan, then build step {row}\""),
            _ => format!("Look after step {row}"),
        };
        writeln!(
            text,
            "Jo Field,jo.field@example.com,Client {},Project {project},,{description},{},2024-{month:02}-{day:02},\
             {hour:02}:00:00,2024-{month:02}-{day:02},{hour:02}:{minutes:02}:00,00:{minutes:02}:00,\"design, tag {project}\",\
             {}.50",
            project % 5,
            if row % 3 == 0 { "No" } else { "Yes" },
            minutes * 2,
        )
        .expect("a string takes all");
    }
    File { name: "Toggl", text }
}

/// Harvest: 20 columns, half of them without a role; hours in decimals, two numbers for a rate, names in two parts.
pub fn harvest() -> File {
    let mut text =
        "Date,Client,Project,Project Code,Task,Notes,Hours,Billable?,Invoiced?,Approved?,First Name,Last Name,Roles,\
                    Employee?,Billable Rate,Billable Amount,Cost Rate,Cost Amount,Currency,External Reference URL\n"
            .to_owned();
    for row in 0..ROWS {
        let (month, day, project) = (1 + row % 12, 1 + row % 28, row % 20);
        let notes = match row % 4 {
            0 => format!("\"Plan, then build step {row}\""),
            _ => format!("Look after step {row}"),
        };
        let (hours, hundredths) = (row % 9, row % 4 * 25);
        writeln!(
            text,
            "2024-{month:02}-{day:02},Client {},Project {project},P{project},Design,{notes},{hours}.{hundredths:02},{},No,No,Jo,\
             Field,Team,Yes,80.0,{}.0,40.0,{}.0,Euro - EUR,",
            project % 5,
            if row % 3 == 0 { "No" } else { "Yes" },
            hours * 80,
            hours * 40,
        )
        .expect("a string takes all");
    }
    File { name: "Harvest", text }
}

/// Tempo: 29 columns with a quote around each cell, most cells empty, and a time after each date.
pub fn tempo() -> File {
    let mut text = "Issue Key,Issue summary,Hours,Work date,Username,Full name,Period,Account Key,Account Name,Account Lead,\
                    Account Category,Account Customer,Activity Name,Component,All Components,Version Name,Issue Type,\
                    Issue Status,Project Key,Project Name,Epic,Epic Link,Work Description,Parent Key,Reporter,External Hours,\
                    Billed Hours,Issue Original Estimate,Issue Remaining Estimate\n"
        .to_owned();
    for row in 0..ROWS {
        let (month, day, project) = (1 + row % 12, 1 + row % 28, row % 20);
        let (hour, quarter) = (8 + row % 9, row % 4 * 25);
        let cells = [
            format!("P{project}-{row}"),
            format!("Build step {row}"),
            format!("{}.{quarter:02}", row % 9),
            format!("2024-{month:02}-{day:02} {hour:02}:00"),
            "jo".to_owned(),
            "Jo Field".to_owned(),
            format!("{month:02}/24"),
            format!("A{}", project % 5),
            format!("Account {}", project % 5),
            "Jo Field".to_owned(),
            String::new(),
            format!("Client {}", project % 5),
        ];
        let behind = [
            "Task".to_owned(),
            "Done".to_owned(),
            format!("P{project}"),
            format!("Project {project}"),
            String::new(),
            String::new(),
            if row % 4 == 0 {
                format!("Plan, then \"\"build\"\" step {row}")
            } else {
                format!("Look after step {row}")
            },
            String::new(),
            "Jo Field".to_owned(),
            "0.0".to_owned(),
            format!("{}.{quarter:02}", row % 9),
            "0.0".to_owned(),
            "0.0".to_owned(),
        ];
        let cells = cells.iter().map(String::as_str).chain([""; 4]).chain(behind.iter().map(String::as_str));
        let cells: Vec<String> = cells.map(|cell| format!("\"{cell}\"")).collect();
        writeln!(text, "{}", cells.join(",")).expect("a string takes all");
    }
    File { name: "Tempo", text }
}
