//! Files in the style of real exports, with invented values.

use std::fmt::Write;

/// Five rows of Toggl with three projects of two clients (one row has none), three tags, and 4 h 30 min
/// 15 s in all.
pub const TOGGL: &str = include_str!("fixtures/toggl.csv");

/// Sum of the durations in [`TOGGL`], in seconds.
pub const TOGGL_SECONDS: u64 = 16_215;

/// A file in Freckle's own layout, with hashtags in its texts.
pub const FRECKLE: &str = include_str!("fixtures/freckle.csv");

/// For each of the six formats, a file with a single entry of half an hour.
pub const ONE_OF_EACH: [(&str, &str); 6] = [
    ("freckle", "date,person,minutes,description\n2026-03-04,Demo User,30,Plan #work\n"),
    (
        "basecamp",
        "date,person,hours,description,todo,list,company,project\n2026-03-04,Demo User,0.5,Plan,Do,All,Quay,Pond\n",
    ),
    (
        "freshbooks",
        "Team,Date,Client,Project,Task,Notes,Hours,Billed\n\"User, Demo\",2026-03-04,Quay,Pond,Plan,x,0.5,0\n",
    ),
    (
        "harvest",
        "Date,Client,Project,Task,Notes,Hours,First Name,Last Name\n2026-03-04,Quay,Pond,Plan,x,0.5,Demo,User\n",
    ),
    ("tempo", "Issue Key,Issue summary,Hours,Work date,Full name\nQ-1,Plan,0.5,2026-03-04 09:00,Demo User\n"),
    (
        "toggl",
        "User,Project,Description,Start date,Start time,Duration\nDemo User,Pond,x,2026-03-04,09:00:00,00:30:00\n",
    ),
];

const HEADER: &str =
    "User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,Tags\n";

/// Builds a file of Toggl with the given numbers of rows, projects (of four clients) and tags. Each row lasts a
/// minute, and the dates are spread over a year.
pub fn toggl(rows: u64, projects: u64, tags: u64) -> String {
    let mut file = HEADER.to_owned();
    for row in 0..rows {
        let (project, tag, client) = (row % projects, row % tags, row % projects % 4);
        let (month, day) = (1 + row / 28 % 12, 1 + row % 28);
        writeln!(
            file,
            "Demo User,demo@example.com,Client {client},Project {project},,Entry {row},Yes,2026-{month:02}-{day:02},\
             09:00:00,2026-{month:02}-{day:02},09:01:00,00:01:00,tag {tag}"
        )
        .expect("a string takes all");
    }
    file
}

/// Builds a file of Toggl with a single row.
pub fn one(client: &str, project: &str, tags: &str) -> String {
    format!(
        "{HEADER}Demo User,demo@example.com,{client},{project},,One,Yes,2026-05-01,09:00:00,2026-05-01,10:00:00,01:00:00,\"{tags}\"\n"
    )
}
