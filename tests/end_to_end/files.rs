//! Files as people have them, with made-up values.

use std::fmt::Write;

/// Five rows of Toggl: three projects of two clients (one row without), three tags, 4 h 30 min 15 s in all.
pub const TOGGL: &str = include_str!("fixtures/toggl.csv");

/// Its sum.
pub const TOGGL_SECONDS: u64 = 16_215;

/// Freckle's own layout, with hashtags.
pub const FRECKLE: &str = include_str!("fixtures/freckle.csv");

const HEADER: &str =
    "User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,Tags\n";

/// Toggl with so many rows over so many projects (of four clients) and tags; a minute each, by day over a year.
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

/// One row of Toggl.
pub fn one(client: &str, project: &str, tags: &str) -> String {
    format!(
        "{HEADER}Demo User,demo@example.com,{client},{project},,One,Yes,2026-05-01,09:00:00,2026-05-01,10:00:00,01:00:00,\"{tags}\"\n"
    )
}
