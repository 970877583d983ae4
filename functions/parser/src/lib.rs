//! The parser: an object that arrived in S3, or a message of the work queue, each an import to be planned.

use aws_lambda_events::s3::S3Event;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use serde::Deserialize;
use shared::batch;
use shared::files::UPLOADS;
use shared::id::{AccountId, ImportId};
use shared::import::ImportError;
use shared::inbox::{self, Arrival};
use shared::plan::plan;
use shared::queue::{Message, QueueError};
use shared::services::Services;

/// What the parser is triggered by.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Trigger {
    /// Objects that were created. Tried first: an SQS record lacks the `s3` part that these must have.
    Objects(S3Event),
    /// Messages.
    Messages(SqsEvent),
}

/// Plans what the trigger names. For messages the failures are in the answer; a failed object is an error,
/// and Lambda comes again with it.
pub async fn handle(services: &Services, trigger: Trigger) -> Result<SqsBatchResponse, ImportError> {
    match trigger {
        Trigger::Messages(event) => Ok(batch::each(event, |message| work(services.clone(), message)).await),
        Trigger::Objects(event) => {
            for record in event.records {
                let object = record.s3.object;
                let key = object.url_decoded_key.or(object.key).unwrap_or_default();
                if let Some((account, import)) = awaited(&key) {
                    plan_upload(services, account, import).await?;
                    continue;
                }
                let etag = object.e_tag.unwrap_or_default().trim_matches('"').to_owned();
                let arrival = Arrival { key, etag, sequencer: object.sequencer.unwrap_or_default() };
                if let Some(import) = Box::pin(inbox::arrived(services, &arrival)).await? {
                    Box::pin(plan(services, import.account, import.id)).await?;
                }
            }
            Ok(SqsBatchResponse::default())
        }
    }
}

async fn work(services: Services, message: Message) -> Result<(), ImportError> {
    match message {
        Message::Start { account, import } => plan(&services, account, import).await,
        other => Err(QueueError::Shape(format!("{other:?} is not for the parser")).into()),
    }
}

async fn plan_upload(services: &Services, account: AccountId, import: ImportId) -> Result<(), ImportError> {
    match plan(services, account, import).await {
        Err(ImportError::Missing(import)) => {
            tracing::warn!(account = account.0, import = import.0, "an upload for an import that is not there");
            Ok(())
        }
        done => done,
    }
}

/// The import that awaits an upload to this key: `uploads/<account>/<import>/<name>`.
fn awaited(key: &str) -> Option<(AccountId, ImportId)> {
    let mut parts = key.strip_prefix(UPLOADS)?.strip_prefix('/')?.splitn(3, '/');
    let account = parts.next()?.parse().ok().map(AccountId)?;
    let import = parts.next()?.parse().ok().map(ImportId)?;
    parts.next().map(|_| (account, import))
}
