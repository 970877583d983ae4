//! Surveys of uploaded files while the sender waits, in threads of their own.
//!
//! A survey decodes, unpacks and parses up to 4 MB from an untrusted sender. Each survey therefore runs in a thread
//! apart from the threads that answer requests, few surveys run at once, and each has bounded time.
//!
//! A file is accepted without a survey if the survey does not end in time, or if the file unpacks to more than the
//! limits of a door. The parser reads the file later, and refuses the file if need be. A timeout does not refuse the
//! file, because the time depends on the load of the machine: a file that is refused in a busy hour and accepted in a
//! quiet hour would be worse than a refusal that comes a minute later.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use shared::dispatch;
use shared::format::{ReadingOptions, Remembered};
use shared::import::{ImportError, ImportType, Options};
use shared::packed::Cancellation;
use tokio::sync::Semaphore;

use crate::upload::UploadError;

/// The time for which a caller waits for a survey, including the wait for a thread. API Gateway ends a request after 30
/// seconds, and storing the file and making the import take some of the rest.
const PATIENCE: Duration = Duration::from_secs(10);
/// The number of surveys at once. A survey takes a processor and at most some 100 MB of memory.
const AT_ONCE: usize = 2;

/// The threads for surveys, shared by all clones.
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

    /// Refuses a file that cannot be imported, if the survey finds out in time.
    pub async fn look(
        &self,
        file: &Bytes,
        (import_type, options): (ImportType, &Options),
        remembered: &Remembered,
        rows_per_chunk: u32,
    ) -> Result<(), UploadError> {
        let cancellation = Cancellation::default();
        // The guard also cancels the survey if the caller disconnects.
        let _cancelled = cancellation.on_drop();
        let survey = async {
            // A cancelled thread keeps its permit until the thread has ended.
            let slot = Arc::clone(&self.slots).acquire_owned().await;
            let (file, options, cancellation) = (file.clone(), options.clone(), cancellation.clone());
            let remembered = remembered.clone();
            tokio::task::spawn_blocking(move || {
                let _slot = slot;
                look(&file, (import_type, &options), &remembered, rows_per_chunk, &cancellation)
            })
            .await
        };
        match tokio::time::timeout(self.patience, survey).await {
            Ok(looked) => looked.map_err(|error| ImportError::Impossible(format!("a survey failed: {error}")))?,
            Err(_) => {
                let (bytes, patience) = (file.len(), self.patience);
                tracing::info!(bytes, ?patience, "the survey of a file timed out; left to the parser");
                Ok(())
            }
        }
    }
}

/// Surveys the whole file. If the caller named a delimiter, and the file can be read with the delimiter found from the
/// file, the error names the delimiter as the cause.
fn look(
    file: &Bytes,
    (import_type, options): (ImportType, &Options),
    remembered: &Remembered,
    rows_per_chunk: u32,
    cancellation: &Cancellation,
) -> Result<(), UploadError> {
    let survey = |options: &Options| {
        dispatch::look((import_type, options), file.clone(), remembered, rows_per_chunk, cancellation)
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

    /// A file of some megabytes that is refused only at the end, because no duration can be parsed.
    fn long_file() -> Bytes {
        let mut file = "date,person,project,minutes,description\n".to_owned();
        file.push_str(&"2026-01-02,Kim,Quay,soon,x\n".repeat(100_000));
        file.into()
    }

    #[tokio::test]
    async fn a_survey_that_takes_too_long_leaves_the_file_to_the_parser_and_ends() {
        let surveys = Surveys::new(1, Duration::ZERO);
        let file = long_file();
        surveys
            .look(&file, (ImportType::TimeEntries, &Options::default()), &Remembered::default(), 1000)
            .await
            .unwrap();
        // The thread returns its permit, although the caller no longer waits.
        let slot = tokio::time::timeout(Duration::from_secs(30), surveys.slots.acquire()).await;
        drop(slot.unwrap().unwrap());
        let patient = Surveys::new(1, Duration::from_secs(600));
        let refused =
            patient.look(&file, (ImportType::TimeEntries, &Options::default()), &Remembered::default(), 1000).await;
        assert!(matches!(refused, Err(UploadError::Refused(_))), "{refused:?}");
    }

    #[tokio::test]
    async fn other_tasks_of_the_thread_go_on_while_a_file_is_surveyed() {
        let surveys = Surveys::new(1, Duration::from_secs(600));
        let file = long_file();
        // A single thread runs this test, so a survey on this thread would keep all tasks from running.
        let mut turns = 0_u32;
        let others = async {
            loop {
                tokio::task::yield_now().await;
                turns += 1;
            }
        };
        let (options, remembered) = (Options::default(), Remembered::default());
        tokio::select! {
            looked = surveys.look(&file, (ImportType::TimeEntries, &options), &remembered, 1000) => assert!(looked.is_err()),
            () = others => unreachable!("it goes on for ever"),
        }
        assert!(turns > 100, "{turns}");
    }
}
