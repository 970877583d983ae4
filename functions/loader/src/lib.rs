//! The loader: SQS messages, each a chunk to be loaded.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use shared::batch;
use shared::import::ImportError;
use shared::load::{Loaded, come_again, load};
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
        Loaded::Held(until) => come_again(&services, account, import, chunk, until).await,
    }
}
