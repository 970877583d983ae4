//! The parser function plans the import for each object that arrives in S3, and for each message of the work queue.
//!
//! Objects and messages come through two separate queues. A failed message of the work queue is left to the sweep,
//! which wakes the import long before the queue's visibility timeout ends. Before the import of an arrived object is
//! made, only the message knows of the object, so a failed arrival is delivered again soon ([`again_after`]).

use std::collections::HashMap;
use std::time::Duration;

use aws_lambda_events::s3::{S3Event, S3EventRecord};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use shared::batch::{self, Subject};
use shared::files::UPLOADS;
use shared::id::{AccountId, ImportId};
use shared::import::ImportError;
use shared::inbox::{self, Arrival};
use shared::plan::plan;
use shared::queue::{Message, QueueError};
use shared::schedules;
use shared::services::Services;

/// The delay of an arrival after the first failure, which each further failure doubles.
const FIRST_DELAY: Duration = Duration::from_secs(30);
/// The longest delay of a failed arrival, reached after five doublings.
const LONGEST_DELAY: Duration = Duration::from_secs(900);

/// Plans the imports that a batch of messages names. The response lists the failed messages.
pub async fn handle(services: &Services, event: SqsEvent) -> SqsBatchResponse {
    let is_arrival =
        |record: &&SqsMessage| services.queues.is_of_arrivals(record.event_source_arn.as_deref().unwrap_or_default());
    let tries = |record: &SqsMessage| {
        let count = record.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1);
        let (id, handle) = (record.message_id.clone(), record.receipt_handle.clone());
        (id.unwrap_or_default(), (handle.unwrap_or_default(), count))
    };
    let arrivals: HashMap<String, (String, u32)> = event.records.iter().filter(is_arrival).map(tries).collect();
    let answer = batch::each(event, Work::read, |work| {
        let services = services.clone();
        async move { Box::pin(work.done(&services)).await }
    })
    .await;
    for failure in &answer.batch_item_failures {
        let Some((receipt_handle, count)) = arrivals.get(&failure.item_identifier) else { continue };
        let put_off = services.queues.put_arrival_off(receipt_handle, again_after(*count)).await;
        if let Err(error) = put_off {
            // SQS delivers the message anyway, once the visibility timeout ends.
            tracing::warn!(message_id = failure.item_identifier, %error, "a failed arrival was not delayed");
        }
    }
    answer
}

/// The delay of an arrival that was received `receives` times and failed each time: 30 s, 60 s, … 15 minutes.
fn again_after(receives: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(receives.saturating_sub(1));
    FIRST_DELAY.saturating_mul(doubled).min(LONGEST_DELAY)
}

/// The content of an SQS message from either of the parser's queues.
enum Work {
    /// A message of Waybill from the work queue.
    Message(Message),
    /// The objects in a notification from S3 that new objects have arrived.
    Objects(Vec<S3EventRecord>),
}

impl batch::Work for Work {
    fn subject(&self) -> Subject {
        match self {
            Self::Message(message) => message.subject(),
            Self::Objects(_) => Subject::default(),
        }
    }
}

impl Work {
    /// Parses the body of a message from either queue.
    fn read(body: &str) -> Result<Self, QueueError> {
        /// The body of a notification from S3.
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Notification {
            Objects(S3Event),
            /// The test message that S3 sends when notifications are configured.
            Test {
                #[serde(rename = "Event")]
                event: String,
            },
        }
        match serde_json::from_str(body) {
            Ok(Notification::Objects(event)) => Ok(Self::Objects(event.records)),
            Ok(Notification::Test { event }) if event == "s3:TestEvent" => Ok(Self::Objects(Vec::new())),
            _ => Message::decode(body).map(Self::Message),
        }
    }

    async fn done(self, services: &Services) -> Result<(), ImportError> {
        match self {
            Self::Message(Message::Start { account, import }) => {
                batch::left_to_newer(plan(services, account, import).await)
            }
            Self::Message(Message::Run { account, schedule, due }) => {
                batch::left_to_newer(schedules::run(services, account, schedule, due).await)
            }
            Self::Message(other) => Err(QueueError::Shape(format!("{other:?} is not for the parser")).into()),
            Self::Objects(records) => {
                for record in records {
                    arrived(services, record).await?;
                }
                Ok(())
            }
        }
    }
}

/// Plans the import of an object. For a dropped file the import is made first.
async fn arrived(services: &Services, record: S3EventRecord) -> Result<(), ImportError> {
    let object = record.s3.object;
    let encoded = object.key.unwrap_or_default();
    let Some(key) = decode_key(&encoded) else {
        let bucket = services.files.bucket();
        tracing::warn!(bucket, key = encoded, "an object was skipped because its key is not UTF-8");
        return Ok(());
    };
    if let Some((account, import)) = awaited(&key) {
        return plan_upload(services, account, import).await;
    }
    let etag = object.e_tag.unwrap_or_default().trim_matches('"').to_owned();
    let arrival = Arrival { key, etag, sequencer: object.sequencer.unwrap_or_default() };
    match Box::pin(inbox::arrived(services, &arrival)).await? {
        Some(import) => Box::pin(plan(services, import.account, import.id)).await,
        None => Ok(()),
    }
}

async fn plan_upload(services: &Services, account: AccountId, import: ImportId) -> Result<(), ImportError> {
    match plan(services, account, import).await {
        Err(ImportError::Missing(import)) => {
            tracing::warn!(account = account.0, import = import.0, "an upload has no import");
            Ok(())
        }
        done => done,
    }
}

/// The import that awaits an upload under this key, which has the form `uploads/<account>/<import>/<name>`.
fn awaited(key: &str) -> Option<(AccountId, ImportId)> {
    let mut parts = key.strip_prefix(UPLOADS)?.strip_prefix('/')?.splitn(3, '/');
    let account = parts.next()?.parse().ok()?;
    let import = parts.next()?.parse().ok()?;
    parts.next().map(|_| (account, import))
}

/// Decodes the key in S3's notification, which is encoded like a form: `+` is a space, and `%2B` is a plus. The event
/// type has a field for the decoded key, but S3 does not send the field.
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
    fn bodies_of_both_queues_are_told_apart_and_others_are_refused() {
        let test = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-11-29T16:00:00.000Z","Bucket":"b",
            "RequestId":"5582815E1AEA5ADF","HostId":"8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR"}"#;
        assert!(matches!(Work::read(test), Ok(Work::Objects(records)) if records.is_empty()));
        let start = r#"{"v":1,"start":{"account":1,"import":7}}"#;
        assert!(matches!(Work::read(start), Ok(Work::Message(Message::Start { .. }))));
        for body in ["", "{}", r#"{"Event":"s3:ObjectRemoved:Delete"}"#, r#"{"v":2,"start":{"account":1,"import":7}}"#]
        {
            assert!(Work::read(body).is_err(), "{body}");
        }
    }

    #[test]
    fn an_arrival_that_fails_comes_again_soon_and_then_less_often() {
        let seconds = [1, 2, 3, 4, 5, 6, 7, 100].map(|receives| again_after(receives).as_secs());
        assert_eq!(seconds, [30, 60, 120, 240, 480, 900, 900, 900]);
    }

    #[test]
    fn only_numbers_as_they_are_shown_name_an_upload() {
        assert_eq!(awaited("uploads/1/7/a.csv"), Some((AccountId(1), ImportId(7))));
        for key in ["uploads/01/7/a.csv", "uploads/1/+7/a.csv", "uploads/1/7", "uploads/1/a.csv", "sources/1/7/a.csv"] {
            assert_eq!(awaited(key), None, "{key}");
        }
    }
}
