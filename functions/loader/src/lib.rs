//! The loader: SQS messages, each a chunk to be loaded.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use shared::batch;
use shared::import::{Import, ImportError};
use shared::load::{Loaded, come_again, load};
use shared::queue::{Message, QueueError};
use shared::services::Services;
use shared::settle::settle;

/// Loads the chunks that a batch of messages names.
pub async fn handle(services: &Services, event: SqsEvent) -> SqsBatchResponse {
    batch::each(event, Message::decode, |message| {
        let work = work(services.clone(), message);
        async { batch::left_to_newer(work.await) }
    })
    .await
}

async fn work(services: Services, message: Message) -> Result<(), ImportError> {
    match message {
        Message::Load { account, import, chunk } => match load(&services, account, import, chunk).await? {
            Loaded::Done => Ok(()),
            Loaded::Held(until) => come_again(&services, account, import, chunk, until).await,
        },
        Message::Settle { account, import } => {
            let time = services.begin();
            settle(&services, &Import::find(&services, account, import).await?, &time).await
        }
        other => Err(QueueError::Shape(format!("{other:?} is not for the loader")).into()),
    }
}
