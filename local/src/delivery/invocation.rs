//! One call of a handler.

use std::fmt::Display;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::emulators::pending::Pending;

/// Why a call did not succeed.
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

/// Runs a call in a task of its own and kills it when its time is over. Dropping this kills it too; it counts as
/// `running` until it is really gone.
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
        // Until it is gone: what is called next must not meet its last write.
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

/// What a panic said, which is text unless someone went out of their way.
fn said(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without words".to_owned())
}
