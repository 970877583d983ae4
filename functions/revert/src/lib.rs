//! The revert function: SQS messages, each an undo to begin, a chunk to undo, or references to let go.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use shared::batch;
use shared::import::ImportError;
use shared::queue::{Message, QueueError};
use shared::revert::{self, Reverted};
use shared::services::Services;

/// Does what a batch of messages asks for.
pub async fn handle(services: &Services, event: SqsEvent) -> SqsBatchResponse {
    batch::each(event, Message::decode, |message| {
        let work = work(services.clone(), message);
        async { batch::left_to_newer(work.await) }
    })
    .await
}

async fn work(services: Services, message: Message) -> Result<(), ImportError> {
    match message {
        Message::Undo { account, import, by } => revert::undo(&services, account, import, &by).await,
        Message::Revert { account, import, chunk } => match revert::revert(&services, account, import, chunk).await? {
            Reverted::Done => Ok(()),
            Reverted::Held(until) => revert::come_again(&services, account, import, chunk, until).await,
        },
        Message::Release { account, import } => revert::finish(&services, account, import).await,
        other => Err(QueueError::Shape(format!("{other:?} is not for the revert function")).into()),
    }
}
