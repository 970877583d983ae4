//! The loader function handles SQS messages, each of which names a chunk to load or an import to settle.

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use shared::batch;
use shared::import::{Import, ImportError};
use shared::ledger::hold::Ended;
use shared::load::{come_again, load};
use shared::queue::{Message, QueueError};
use shared::services::Services;
use shared::settle::settle;

/// Loads the chunks and settles the imports that a batch of messages names. The response lists the failed messages.
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
            Ended::Done => Ok(()),
            Ended::Held(until) => come_again(&services, account, import, chunk, until).await,
        },
        Message::Settle { account, import } => {
            let time = services.begin();
            settle(&services, &Import::find(&services, account, import).await?, &time).await
        }
        other => Err(QueueError::Shape(format!("{other:?} is not for the loader")).into()),
    }
}
