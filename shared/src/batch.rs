//! Handles a batch of SQS messages, each message independently.
//!
//! Each message is handled in a task of its own, so an error or a panic fails that message alone. The response names
//! the failed messages, and SQS delivers only these again.

use std::collections::HashMap;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use tokio::task::JoinSet;

use crate::import::ImportError;
use crate::metrics::count;
use crate::queue::{Message, QueueError};

/// A message with its subject, which the log names if the message fails.
pub trait Work {
    /// The account, the import and the chunk that the message names; each is `None` if the message does not name one.
    fn subject(&self) -> Subject;
}

/// The things that a message is about, as numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The number of the account.
    pub account: Option<u64>,
    /// The number of the import within the account.
    pub import: Option<u64>,
    /// The number of the chunk within the import, from 0.
    pub chunk: Option<u64>,
}

impl Work for Message {
    fn subject(&self) -> Subject {
        let (account, import, chunk) = self.names();
        Subject { account: Some(account.0), import: import.map(|import| import.0), chunk: chunk.map(|chunk| chunk.0) }
    }
}

/// Calls `work` for each message of the batch, all at once; `read` parses the body of a message. The response lists the
/// messages for SQS to deliver again.
pub async fn each<M, W, F>(event: SqsEvent, read: impl Fn(&str) -> Result<M, QueueError>, work: W) -> SqsBatchResponse
where
    M: Work,
    W: Fn(M) -> F,
    F: Future<Output = Result<(), ImportError>> + Send + 'static,
{
    // A `JoinSet` that is dropped aborts all tasks, so a cancelled handler leaves no task behind that still writes.
    let mut tasks = JoinSet::new();
    let mut named = HashMap::new();
    let mut failed = Vec::new();
    for record in event.records {
        let id = record.message_id.unwrap_or_default();
        match read(record.body.as_deref().unwrap_or_default()) {
            Ok(message) => {
                let subject = message.subject();
                named.insert(tasks.spawn(work(message)).id(), (id, subject));
            }
            // The sweep sends the message again, by which time a function that knows the version is deployed.
            Err(newer @ QueueError::Newer(_)) => tracing::info!(message_id = id, "left to a newer function: {newer}"),
            Err(unreadable) => failed.push((id, Subject::default(), unreadable.to_string())),
        }
    }
    while let Some(ended) = tasks.join_next_with_id().await {
        let (task, failure) = match ended {
            Ok((task, Ok(()))) => (task, None),
            Ok((task, Err(error))) => (task, Some(error.to_string())),
            Err(panic) => (panic.id(), Some(panic.to_string())),
        };
        let (id, subject) = named.remove(&task).unwrap_or_default();
        failed.extend(failure.map(|failure| (id, subject, failure)));
    }
    if !failed.is_empty() {
        count!(FailedMessages = failed.len() as u64);
    }
    let mut answer = SqsBatchResponse::default();
    for (id, Subject { account, import, chunk }, error) in failed {
        tracing::warn!(
            message_id = id,
            account,
            import,
            chunk,
            error,
            "a message failed, and SQS will deliver the message again"
        );
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = id;
        answer.batch_item_failures.push(failure);
    }
    answer
}

/// Leaves work to a newer function if an item was written by a later version of the code. The message counts as
/// handled, and the sweep sends the message again, by which time the newer function is deployed.
pub fn left_to_newer(done: Result<(), ImportError>) -> Result<(), ImportError> {
    match done {
        Err(error) if error.is_newer() => {
            tracing::info!("left to a newer function: {error}");
            Ok(())
        }
        done => done,
    }
}
