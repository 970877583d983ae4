//! The parser: an object that arrived in S3, or a message of the work queue, each an import to be planned.

use aws_lambda_events::s3::S3Event;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use percent_encoding::percent_decode_str;
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
                let encoded = object.key.unwrap_or_default();
                let Some(key) = decode_key(&encoded) else {
                    let bucket = services.files.bucket();
                    tracing::warn!(bucket, key = encoded, "S3 told of an object whose key is no UTF-8");
                    continue;
                };
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
    let account = parts.next()?.parse().ok()?;
    let import = parts.next()?.parse().ok()?;
    parts.next().map(|_| (account, import))
}

/// A key out of an event, where it stands as in a form: a plus is a space, `%2B` a plus. The event's own field for the
/// decoded key is never filled: events have no such field.
fn decode_key(encoded: &str) -> Option<String> {
    let spaced = encoded.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(|key| key.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_decoded_as_forms_are() {
        for (encoded, key) in [
            ("inbox/1/auto/red+flower.jpg", Some("inbox/1/auto/red flower.jpg")),
            ("inbox%2F1%2Fauto%2Fa%2Bb.csv", Some("inbox/1/auto/a+b.csv")),
            ("M%C3%A4rz+%282%29+%5B3%5D.csv", Some("März (2) [3].csv")),
            ("100%25+%2525.csv", Some("100% %25.csv")),
            ("%E4.csv", None),
        ] {
            assert_eq!(decode_key(encoded).as_deref(), key, "{encoded}");
        }
    }

    #[test]
    fn only_numbers_as_they_are_shown_name_an_upload() {
        assert_eq!(awaited("uploads/1/7/a.csv"), Some((AccountId(1), ImportId(7))));
        for key in ["uploads/01/7/a.csv", "uploads/1/+7/a.csv", "uploads/1/7", "uploads/1/a.csv", "sources/1/7/a.csv"] {
            assert_eq!(awaited(key), None, "{key}");
        }
    }
}
