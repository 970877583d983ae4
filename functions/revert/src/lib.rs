//! The revert function handles SQS messages, each of which begins an undo, undoes a chunk, or
//! drops an import's references.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use shared::batch;
use shared::import::{Asker, ImportError};
use shared::ledger::hold::Ended;
use shared::queue::{Message, QueueError};
use shared::revert;
use shared::services::Services;

/// Takes the steps of undoing that a batch of messages names. The response lists the failed messages.
pub async fn handle(services: &Services, event: SqsEvent) -> SqsBatchResponse {
    batch::each(event, Message::decode, |message| {
        let work = work(services.clone(), message);
        async { batch::left_to_newer(work.await) }
    })
    .await
}

async fn work(services: Services, message: Message) -> Result<(), ImportError> {
    match message {
        Message::Undo { account, import, aborts: true, .. } => revert::undo_aborted(&services, account, import).await,
        Message::Undo { account, import, by, reason, .. } => {
            revert::undo(&services, account, import, Asker::new(by, reason)).await
        }
        Message::Revert { account, import, chunk } => match revert::revert(&services, account, import, chunk).await? {
            Ended::Done => Ok(()),
            Ended::Held(until) => revert::come_again(&services, account, import, chunk, until).await,
        },
        Message::Release { account, import } => revert::finish(&services, account, import).await,
        other => Err(QueueError::Shape(format!("{other:?} is not for the revert function")).into()),
    }
}
