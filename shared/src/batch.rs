//! A batch of SQS messages, each on its own.
//!
//! Every message is worked on in a task of its own, so that the failure or panic of one fails that message
//! alone: it is named in the answer and comes again; the others are done.

use std::collections::HashMap;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use tokio::task::JoinSet;

use crate::import::ImportError;
use crate::queue::QueueError;

/// Has `work` done for each message of the batch, all at once; `read` reads a body.
pub async fn each<M, W, F>(event: SqsEvent, read: impl Fn(&str) -> Result<M, QueueError>, work: W) -> SqsBatchResponse
where
    W: Fn(M) -> F,
    F: Future<Output = Result<(), ImportError>> + Send + 'static,
{
    // A set, so that whatever ends this call ends its tasks: none writes on behind a dead handler.
    let mut tasks = JoinSet::new();
    let mut named = HashMap::new();
    let mut failed = Vec::new();
    for record in event.records {
        let id = record.message_id.unwrap_or_default();
        match read(record.body.as_deref().unwrap_or_default()) {
            Ok(message) => drop(named.insert(tasks.spawn(work(message)).id(), id)),
            // The sweep sends it again, to a function that knows its version by then.
            Err(newer @ QueueError::Newer(_)) => tracing::info!(message_id = id, "left to a newer function: {newer}"),
            Err(unreadable) => failed.push((id, unreadable.to_string())),
        }
    }
    while let Some(ended) = tasks.join_next_with_id().await {
        let (task, failure) = match ended {
            Ok((task, Ok(()))) => (task, None),
            Ok((task, Err(error))) => (task, Some(error.to_string())),
            Err(panic) => (panic.id(), Some(panic.to_string())),
        };
        let id = named.remove(&task).unwrap_or_default();
        failed.extend(failure.map(|failure| (id, failure)));
    }
    let mut answer = SqsBatchResponse::default();
    for (id, error) in failed {
        tracing::warn!(message_id = id, error, "a message failed and will come again");
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = id;
        answer.batch_item_failures.push(failure);
    }
    answer
}

/// Leaves to a newer function the work on an item that a later version of the code wrote: the message is done with, and the
/// sweep sends it again, by when the deployment that brings the newer function is over.
pub fn left_to_newer(done: Result<(), ImportError>) -> Result<(), ImportError> {
    match done {
        Err(error) if error.is_newer() => {
            tracing::info!("left to a newer function: {error}");
            Ok(())
        }
        done => done,
    }
}
