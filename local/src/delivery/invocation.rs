//! Runs a single call of a handler, with a time-out, and reports a panic as a failure.

use std::fmt::Display;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::emulators::pending::Pending;

/// The reasons for which a call counts as failed, each with the text for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    #[error("error: {0}")]
    Error(String),
    #[error("panic: {0}")]
    Panic(String),
    #[error("timed out after {} ms", .0.as_millis())]
    TimedOut(Duration),
    #[error("unusable answer: {0}")]
    Answer(String),
}

/// Runs `call` in a task of its own, and kills the task when `timeout` is over. Dropping the returned future kills
/// the task too. The call counts as `running` until its task has ended.
pub(super) async fn invoke<T, E>(
    running: &Pending,
    timeout: Duration,
    call: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, Failure>
where
    T: Send + 'static,
    E: Display + Send + 'static,
{
    let mut task = JoinSet::new();
    let running = running.begin();
    task.spawn(async move {
        let answer = call.await;
        drop(running);
        answer
    });
    let Ok(ended) = tokio::time::timeout(timeout, task.join_next()).await else {
        // The caller continues only after the task has ended, because a later call must not meet a late write of
        // this call.
        task.shutdown().await;
        return Err(Failure::TimedOut(timeout));
    };
    match ended.expect("one task was spawned") {
        Ok(answer) => answer.map_err(|error| Failure::Error(error.to_string())),
        Err(ended) => Err(Failure::Panic(match ended.try_into_panic() {
            Ok(payload) => said(payload.as_ref()),
            Err(cancelled) => cancelled.to_string(),
        })),
    }
}

/// The text of a panic's payload, or `without words` for a payload of another type than text.
fn said(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without words".to_owned())
}
