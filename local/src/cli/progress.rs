//! Shows the progress of an import or an undo, and the reason for a wait.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

/// Time without progress after which the reason for the wait is printed for the first time. Each later time is
/// three times as long.
const WAITS: Duration = Duration::from_secs(5);

/// Output about the progress, on standard error: a bar on a terminal, occasional lines on a pipe, or nothing if
/// only the result is wanted. The reason for a wait is printed in each of these cases.
pub struct Progress {
    shown: Shown,
    /// Time without progress at which the reason for the wait is printed next.
    next: Duration,
}

enum Shown {
    Bar(ProgressBar),
    Lines { last: String },
    Nothing,
}

impl Progress {
    /// Creates the output. With `quiet` only the reasons for waits are printed.
    pub fn new(quiet: bool) -> Self {
        let shown = if quiet {
            Shown::Nothing
        } else if std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("{msg:12} {bar:40} {human_pos}/{human_len} rows, {per_sec}");
            Shown::Bar(ProgressBar::new(0).with_style(style.expect("the template is right")))
        } else {
            Shown::Lines { last: String::new() }
        };
        Self { shown, next: WAITS }
    }

    /// Shows the state of an import, which has not changed for the time `standing`.
    pub fn show(&mut self, import: &Value, standing: Duration) {
        self.draw(import);
        if standing < WAITS {
            self.next = WAITS;
        } else if standing >= self.next {
            self.next *= 3;
            let line = format!("{} s without progress: {}", standing.as_secs(), waits_for(import));
            match &self.shown {
                Shown::Bar(bar) => bar.println(line),
                Shown::Lines { .. } | Shown::Nothing => eprintln!("{line}"),
            }
        }
    }

    fn draw(&mut self, import: &Value) {
        let status = import["status"].as_str().unwrap_or_default();
        let rows = import["rows"].as_u64();
        let pending = import["counts"]["pending"].as_u64();
        let done = match status {
            "rolling_back" => import["undone"]["removed"].as_u64().unwrap_or_default(),
            _ => rows.unwrap_or_default() - pending.or(rows).unwrap_or_default(),
        };
        match &mut self.shown {
            Shown::Nothing => {}
            Shown::Bar(bar) => {
                bar.set_message(status.to_owned());
                bar.set_length(rows.unwrap_or_default());
                bar.set_position(done);
            }
            Shown::Lines { last } => {
                let line = match rows {
                    Some(rows) => format!("{status}: {done} of {rows} rows"),
                    None => status.to_owned(),
                };
                if *last != line {
                    eprintln!("{line}");
                    *last = line;
                }
            }
        }
    }

    /// Removes the bar from the terminal.
    pub fn done(self) {
        if let Shown::Bar(bar) = self.shown {
            bar.finish_and_clear();
        }
    }
}

/// Says in words which component has to act before the import continues.
fn waits_for(import: &Value) -> String {
    let chunks = |part: &str, done: &str| import[part][done].as_u64().unwrap_or_default();
    let planned = chunks("chunks", "planned");
    match import["status"].as_str().unwrap_or_default() {
        "new" => "the file has not arrived; its event may be late".to_owned(),
        "queued" => "the parser reads the file, or other imports are before it".to_owned(),
        "processing" => format!(
            "{} of {planned} chunks are not loaded; a chunk whose loader died is free after two minutes",
            planned.saturating_sub(chunks("chunks", "committed"))
        ),
        "rolling_back" => format!(
            "{} of {planned} chunks are not undone; a chunk that a loader holds is free after two minutes at most",
            planned.saturating_sub(chunks("undone", "chunks"))
        ),
        status => status.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_is_said_what_an_import_waits_for() {
        let import =
            json!({ "status": "rolling_back", "chunks": { "planned": 4, "committed": 2 }, "undone": { "chunks": 1 } });
        assert!(waits_for(&import).starts_with("3 of 4 chunks are not undone"));
        let mut progress = Progress::new(true);
        progress.show(&import, WAITS);
        assert_eq!(progress.next, WAITS * 3);
        progress.show(&import, Duration::ZERO);
        assert_eq!(progress.next, WAITS);
    }
}
