//! The poller of a queue receives batches, calls the function, and deletes the messages which succeeded.

use std::fmt::Display;
use std::sync::Arc;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use serde_json::json;

use super::Service;
use super::invocation::{Failure, invoke};
use crate::emulators::arn;
use crate::emulators::sqs::{Receive, Received};
use crate::template::{Function, Messages};

/// Seconds for which a receive waits for messages. SQS allows no more than 20.
const WAIT: u32 = 20;

/// A task which polls a queue. Several pollers may share the same queue.
pub(super) struct Poller<H> {
    pub(super) service: Service,
    pub(super) function: Function,
    pub(super) source: Messages,
    pub(super) handler: Arc<H>,
}

impl<H, F, E> Poller<H>
where
    H: Fn(SqsEvent) -> F + Send + Sync + 'static,
    F: Future<Output = Result<SqsBatchResponse, E>> + Send + 'static,
    E: Display + Send + 'static,
{
    pub(super) async fn run(self) {
        let receive = Receive { max: self.source.batch_size, wait: Some(WAIT), visibility_timeout: None };
        let queues = &self.service.queues;
        while let Some(received) = self.service.unless_stopped(queues.receive(&self.source.queue, receive)).await {
            match received {
                Ok(batch) if batch.is_empty() => {}
                Ok(batch) => self.call(&batch).await,
                Err(error) => {
                    tracing::error!(queue = self.source.queue, %error, "the queue is no longer polled");
                    return;
                }
            }
        }
    }

    async fn call(&self, batch: &[Received]) {
        let unsettled = self.service.pending.begin();
        let handler = Arc::clone(&self.handler);
        let event = event(batch, &self.source.queue);
        let call = async move { handler(event).await };
        let answer = invoke(&self.service.running, self.function.timeout, call).await;
        match answer.and_then(|answer| self.succeeded(batch, &answer)) {
            Ok(succeeded) => {
                for message in succeeded {
                    // The queue existed a moment ago and created the receipt handle, so the deletion cannot fail.
                    let _ = self.service.queues.delete(&self.source.queue, &message.receipt_handle);
                }
            }
            Err(failure) => {
                tracing::warn!(function = self.function.name, messages = batch.len(), %failure, "a batch failed");
            }
        }
        drop(unsettled);
    }

    /// Lists the messages of the batch which the answer does not name as failed.
    fn succeeded<'a>(&self, batch: &'a [Received], answer: &SqsBatchResponse) -> Result<Vec<&'a Received>, Failure> {
        if !self.source.reports_failures {
            return Ok(batch.iter().collect());
        }
        let failed: Vec<&str> =
            answer.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
        // Lambda's rule: an answer which names a message from outside the batch makes the whole batch fail.
        if let Some(unknown) = failed.iter().find(|id| !batch.iter().any(|message| message.message_id == **id)) {
            return Err(Failure::Answer(format!("no message {unknown:?} in this batch")));
        }
        let succeeded = |message: &&Received| !failed.contains(&message.message_id.as_str());
        Ok(batch.iter().filter(succeeded).collect())
    }
}

/// Builds the event of a batch in the form in which Lambda passes a batch to a function.
fn event(batch: &[Received], queue: &str) -> SqsEvent {
    let records: Vec<_> = batch
        .iter()
        .map(|message| {
            json!({
                "messageId": message.message_id,
                "receiptHandle": message.receipt_handle,
                "body": message.body,
                "attributes": message.attributes,
                "messageAttributes": {},
                "md5OfBody": message.md5_of_body,
                "eventSource": "aws:sqs",
                "eventSourceARN": arn::queue(queue),
                "awsRegion": arn::REGION,
            })
        })
        .collect();
    serde_json::from_value(json!({"Records": records})).expect("this is the shape of an SQS event")
}
