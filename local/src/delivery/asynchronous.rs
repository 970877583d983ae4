//! Asynchronous calls: events that nobody waits for.

use std::fmt::Display;
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::invocation::{Failure, invoke};
use super::{RETRY_DELAYS, Service};
use crate::emulators::arn;
use crate::template::Function;

/// One event for a function that nobody waits for.
pub(super) struct AsynchronousCall<T, H> {
    pub(super) service: Service,
    pub(super) function: Arc<Function>,
    pub(super) handler: Arc<H>,
    pub(super) event: T,
}

impl<T, H, F, E> AsynchronousCall<T, H>
where
    T: Clone + Serialize + Send + 'static,
    H: Fn(T) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Display + Send + 'static,
{
    /// Calls until it succeeds, the retries are used up or delivery stops. False in the last case: then the event is not
    /// settled.
    pub(super) async fn run(self) -> bool {
        let mut tries = 0;
        while let Err(failure) = self.call().await {
            tries += 1;
            tracing::warn!(function = self.function.name, tries, %failure, "asynchronous call");
            let delay = RETRY_DELAYS.iter().take(self.function.retries as usize).nth(tries - 1);
            let Some(delay) = delay else {
                self.give_up(tries, &failure);
                break;
            };
            if self.service.unless_stopped(self.service.sleep(*delay)).await.is_none() {
                return false;
            }
        }
        true
    }

    async fn call(&self) -> Result<(), Failure> {
        let (handler, event) = (Arc::clone(&self.handler), self.event.clone());
        let call = async move { handler(event).await };
        invoke(&self.service.running, self.function.timeout, call).await
    }

    /// Leaves Lambda's record of the failed call at the failure destination, if there is one.
    fn give_up(&self, tries: usize, failure: &Failure) {
        let Some(queue) = &self.function.on_failure else {
            return;
        };
        let record = json!({
            "version": "1.0",
            "timestamp": format!("{:.3}", self.service.clock.now()),
            "requestContext": {
                "requestId": Uuid::new_v4().to_string(),
                "functionArn": format!("{}:$LATEST", arn::function(&self.function.name)),
                "condition": "RetriesExhausted",
                "approximateInvokeCount": tries,
            },
            "requestPayload": self.event,
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "responsePayload": {"errorMessage": failure.to_string()},
        });
        if let Err(error) = self.service.queues.send(queue, &record.to_string(), None) {
            tracing::error!(queue, %error, "the record of a failed call is lost");
        }
    }
}
