//! Surveys of files whose senders wait for the answer, away from the threads that answer requests.
//!
//! A survey decodes, unpacks and parses up to 4 MB that a stranger wrote. So it runs in a thread of its own, of which
//! there are few, and for a bounded time. A file whose survey has not ended by then is taken unseen, as is one that
//! unpacks to more than a door looks at: the parser reads it, and refuses it if need be. The time says nothing about the
//! file but much about the machine and who else is at work; a file that is refused at a busy hour and taken at a quiet
//! one would be worse than a refusal that comes a minute later.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use shared::format::{ReadingOptions, Refusal, Remembered};
use shared::import::{ImportError, Options};
use shared::packed::{self, Cancellation, NotUnpacked};
use tokio::sync::Semaphore;

use crate::upload::UploadError;

/// How long a caller waits for a survey, its wait for a thread included. API Gateway ends a request after 30 seconds, and
/// storing the file and making the import take some of them.
const PATIENCE: Duration = Duration::from_secs(10);
/// Surveys at once. Each takes a processor, and some 100 MB at the most.
const AT_ONCE: usize = 2;

/// The threads for surveys.
#[derive(Clone)]
pub struct Surveys {
    slots: Arc<Semaphore>,
    patience: Duration,
}

impl Default for Surveys {
    fn default() -> Self {
        Self::new(AT_ONCE, PATIENCE)
    }
}

impl Surveys {
    fn new(at_once: usize, patience: Duration) -> Self {
        Self { slots: Arc::new(Semaphore::new(at_once)), patience }
    }

    /// Refuses a file that cannot be read, if that is found out in time.
    pub async fn look(
        &self,
        file: &Bytes,
        options: &Options,
        remembered: &Remembered,
        rows_per_chunk: u32,
    ) -> Result<(), UploadError> {
        let cancellation = Cancellation::default();
        // Also if the caller hangs up.
        let _cancelled = cancellation.on_drop();
        let survey = async {
            // A thread that is cancelled keeps its slot until it has ended.
            let slot = Arc::clone(&self.slots).acquire_owned().await;
            let (file, options, cancellation) = (file.clone(), options.clone(), cancellation.clone());
            let remembered = remembered.clone();
            tokio::task::spawn_blocking(move || {
                let _slot = slot;
                look(&file, &options, &remembered, rows_per_chunk, &cancellation)
            })
            .await
        };
        match tokio::time::timeout(self.patience, survey).await {
            Ok(looked) => looked.map_err(|error| ImportError::Impossible(format!("a survey failed: {error}")))?,
            Err(_) => {
                let (bytes, patience) = (file.len(), self.patience);
                tracing::info!(bytes, ?patience, "a file is left to the parser: its survey takes too long");
                Ok(())
            }
        }
    }
}

/// Reads the whole file. Where a delimiter was asked for and the file can be read with another one, the delimiter is to
/// blame and not the file.
fn look(
    file: &Bytes,
    options: &Options,
    remembered: &Remembered,
    rows_per_chunk: u32,
    cancellation: &Cancellation,
) -> Result<(), UploadError> {
    let survey = |options: &Options| -> Result<(), Refusal> {
        let (wanted, reading) = (options.wanted(remembered), options.reading(remembered));
        let read = packed::survey(file.clone(), &wanted, reading, rows_per_chunk, cancellation);
        match read {
            Ok(_) | Err(NotUnpacked::TooLarge(_) | NotUnpacked::Unwanted) => Ok(()),
            Err(why) => Err(why.into_refusal()),
        }
    };
    let Err(refusal) = survey(options) else { return Ok(()) };
    let found = Options { reading: ReadingOptions { delimiter: None, ..options.reading.clone() }, ..options.clone() };
    let settled = options.reading.delimiter.is_some() && survey(&found).is_ok();
    let refusal = Box::new(refusal);
    Err(if settled { UploadError::Delimiter(refusal) } else { UploadError::Refused(refusal) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// A file that is refused at its end, behind some megabytes of rows: no minutes can be read.
    fn long_file() -> Bytes {
        let mut file = "date,person,project,minutes,description\n".to_owned();
        file.push_str(&"2026-01-02,Kim,Quay,soon,x\n".repeat(100_000));
        file.into()
    }

    #[tokio::test]
    async fn a_survey_that_takes_too_long_leaves_the_file_to_the_parser_and_ends() {
        let surveys = Surveys::new(1, Duration::ZERO);
        let file = long_file();
        surveys.look(&file, &Options::default(), &Remembered::default(), 1000).await.unwrap();
        // The thread gives its slot back, whoever waited for it.
        let slot = tokio::time::timeout(Duration::from_secs(30), surveys.slots.acquire()).await;
        drop(slot.unwrap().unwrap());
        let patient = Surveys::new(1, Duration::from_secs(600));
        let refused = patient.look(&file, &Options::default(), &Remembered::default(), 1000).await;
        assert!(matches!(refused, Err(UploadError::Refused(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn other_tasks_of_the_thread_go_on_while_a_file_is_surveyed() {
        let surveys = Surveys::new(1, Duration::from_secs(600));
        let file = long_file();
        // One thread runs this test: were the survey on it, nothing else would be polled before its end.
        let mut turns = 0_u32;
        let others = async {
            loop {
                tokio::task::yield_now().await;
                turns += 1;
            }
        };
        let (options, remembered) = (Options::default(), Remembered::default());
        tokio::select! {
            looked = surveys.look(&file, &options, &remembered, 1000) => assert!(looked.is_err()),
            () = others => unreachable!("it goes on for ever"),
        }
        assert!(turns > 100, "{turns}");
    }
}
