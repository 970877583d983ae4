//! Asynchronous calls of a function, whose answers nobody waits for.

use std::fmt::Display;

use super::invocation::invoke;
use super::{RETRY_DELAYS, Service};
use crate::template::Function;

/// A function and its handler for asynchronous calls, with the retries of Lambda.
pub(super) struct AsynchronousCall<H> {
    pub(super) service: Service,
    pub(super) function: Function,
    pub(super) handler: H,
}

impl<H, F, E> AsynchronousCall<H>
where
    H: Fn() -> F,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: Display + Send + 'static,
{
    /// Repeats the call until one call succeeds, the function's retries are used up, or delivery stops.
    pub(super) async fn run(&self) {
        let mut delays = RETRY_DELAYS.iter().take(self.function.retries as usize);
        let call = async || invoke(&self.service.running, self.function.timeout, (self.handler)()).await;
        while let Err(failure) = call().await {
            tracing::warn!(function = self.function.name, %failure, "an asynchronous call failed");
            let Some(delay) = delays.next() else { return };
            if self.service.unless_stopped(self.service.sleep(*delay)).await.is_none() {
                return;
            }
        }
    }
}
