//! Files as people have them, with made-up values.

use std::fmt::Write;

/// Five rows of Toggl: three projects of two clients (one row without), three tags, 4 h 30 min 15 s in all.
pub const TOGGL: &str = "\u{feff}User,Email,Client,Project,Task,Description,Billable,Start date,Start time,End date,End time,Duration,Tags,Amount (USD)\r\n\
Demo User,demo@example.com,Orchard,Website,,Sketch the start page,Yes,2026-03-02,09:00:00,2026-03-02,10:00:00,01:00:00,\"design, research\",100.00\r\n\
Demo User,demo@example.com,Orchard,Website,,\"Talk, with \"\"quotes\"\"\",No,2026-03-02,10:00:00,2026-03-02,11:30:00,01:30:00,design,\r\n\
Demo User,demo@example.com,Harbour,Website,,Move the pages,Yes,2026-03-03,09:00:00,2026-03-03,10:00:15,01:00:15,,50.00\r\n\
Demo User,demo@example.com,,,,Mail,No,2026-03-03,11:00:00,2026-03-03,11:15:00,00:15:00,,\r\n\
Demo User,demo@example.com,Harbour,Cranes,Survey,Look at the cranes,Yes,2026-03-04,23:30:00,2026-03-05,00:15:00,00:45:00,outside,75.00\r\n";

/// Its sum.
pub const TOGGL_SECONDS: u64 = 16_215;

/// Freckle's own layout, with hashtags.
pub const FRECKLE: &str = "Date,Person,Client/Project,Minutes,Description,Billable\n\
2026-03-02,Demo User,Garden,60,plant #trees #outside,yes\n\
2026-03-03,Demo User,Garden,90,#trees* water,yes\n\
2026-03-04,Somebody Else,Fence,30,paint,no\n";

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
