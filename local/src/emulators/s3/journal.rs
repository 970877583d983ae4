//! The journal keeps S3 notifications beyond the end of the process.
//!
//! S3 keeps an event until its queue has taken the event, and the queue keeps the message until a function
//! is done. A dropped file is known from its event alone. Therefore, with a data folder, each event is a
//! file in the folder until its message is deleted. The next run sends the remaining events again, including
//! the events in a dead-letter queue. Their sequencers are unchanged, so a function which was done with an
//! event recognises the repetition.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use aws_lambda_events::s3::S3Event;

/// The folder of the journal, with a file for each event.
pub struct Journal {
    folder: PathBuf,
}

/// The file of a kept event, named after the event's sequencer.
pub struct Record {
    path: PathBuf,
}

impl Journal {
    /// Opens the journal of a folder, and returns the kept events in the order of their sequencers.
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
                // The file is half written, so the client which put the object has received no answer and will
                // repeat the request.
                Err(_) => fs::remove_file(&path)?,
            }
        }
        Ok((Self { folder: folder.to_owned() }, events))
    }

    /// Writes the event to a file named after the sequencer.
    pub fn keep(&self, sequencer: &str, event: &S3Event) -> io::Result<Record> {
        let path = self.folder.join(format!("{sequencer}.json"));
        fs::write(&path, serde_json::to_vec(event)?)?;
        Ok(Record { path })
    }
}

impl Record {
    /// Deletes the file, so the next run does not send the event.
    pub fn settle(self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, "an event cannot be removed from the journal, so the next run sends it again");
        }
    }
}
