//! Notifications that outlive the process.
//!
//! S3 keeps an event until its queue has taken it, and the queue until a function is done with it. A file that was
//! dropped is known from its event alone, so with a data folder each event is a file there until its message is deleted.
//! The next run sends it again, a dead letter too; its sequencer is the same, so a function that was done with it finds
//! its work done.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aws_lambda_events::s3::S3Event;

/// The events of a folder.
pub struct Journal {
    folder: PathBuf,
}

/// A kept event.
pub struct Record {
    path: PathBuf,
}

impl Journal {
    /// The journal in a folder, and the events that it holds, in the order of their sequencers.
    pub fn open(folder: &Path) -> io::Result<(Self, Vec<(S3Event, Record)>)> {
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder)? {
            paths.push(entry?.path());
        }
        paths.sort();
        let mut events = Vec::new();
        for path in paths {
            match serde_json::from_slice(&fs::read(&path)?) {
                Ok(event) => events.push((event, Record { path })),
                // Half written: whoever put the object was not answered.
                Err(_) => fs::remove_file(&path)?,
            }
        }
        Ok((Self { folder: folder.to_owned() }, events))
    }

    /// Keeps an event.
    pub fn keep(&self, sequencer: &str, event: &S3Event) -> io::Result<Record> {
        let path = self.folder.join(format!("{sequencer}.json"));
        fs::write(&path, serde_json::to_vec(event)?)?;
        Ok(Record { path })
    }
}

impl Record {
    /// Forgets the event.
    pub fn settle(self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, "an event stays in the journal, and is sent again by the next run");
        }
    }
}
