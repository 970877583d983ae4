//! The loader: SQS messages, each a chunk to be loaded.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use shared::batch;
use shared::import::ImportError;
use shared::load::{Loaded, load};
use shared::queue::{Message, QueueError};
use shared::services::Services;

/// Loads the chunks that a batch of messages names.
pub async fn handle(services: &Services, event: SqsEvent) -> SqsBatchResponse {
    batch::each(event, |message| work(services.clone(), message)).await
}

async fn work(services: Services, message: Message) -> Result<(), ImportError> {
    let Message::Load { account, import, chunk } = message else {
        return Err(QueueError::Shape(format!("{message:?} is not for the loader")).into());
    };
    match load(&services, account, import, chunk).await? {
        Loaded::Done => Ok(()),
        // A copy comes when the lease is over: waiting costs no receive that counts towards the dead letters.
        Loaded::Held(until) => Ok(services.queues.send_after(&message, services.clock.until(until)).await?),
    }
}
