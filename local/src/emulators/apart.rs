//! DynamoDB and S3 in a process of their own.
//!
//! To weigh the importing process alone, what stands for AWS has to be outside of it. Queues stay inside: delivery
//! takes messages from them directly, as it has Lambda's rules to keep, and they hold little. The other process is this
//! executable again; it speaks in lines on its standard output: first where it listens, then each S3 notification, to
//! be sent to its queue here. It ends when its standard input does, so nothing of it outlives this process,
//! however that one ends.

use std::io::{self, BufRead, BufReader, Lines, Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use aws_lambda_events::s3::S3Event;
use serde::{Deserialize, Serialize};
use shared::clock::Clock;
use tokio::sync::oneshot;

use super::Here;
use super::pending::Pending;
use super::s3::{Created, CreatedObjects, Notification, Notifier, queue_of};
use crate::gate::Callers;

/// How long the process may take to end when its input has.
const GRACE: Duration = Duration::from_secs(10);
/// Between two looks whether it has ended.
const LOOK: Duration = Duration::from_millis(10);

/// Where it listens: the first line that it writes.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Addresses {
    pub dynamodb: String,
    pub s3: String,
}

/// The process, seen from the one that started it. Dropping it ends it.
pub(super) struct Process {
    child: Child,
    addresses: Addresses,
}

impl Process {
    /// Starts it, and hands on what it tells of. An event is unsettled from its line on.
    pub(super) fn spawn(
        mut command: Command,
        notifications: Vec<Notification>,
        pending: Pending,
    ) -> io::Result<(Self, CreatedObjects)> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().expect("its output is piped");
        let mut lines = BufReader::new(output).lines();
        let first = lines.next().unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()))?;
        let addresses = serde_json::from_str(&first)?;
        let (sender, created) = CreatedObjects::channel();
        thread::spawn(move || {
            while let Some(event) = next_event(&mut lines) {
                let Some(queue) = queue_of(&notifications, &event).map(str::to_owned) else { continue };
                // No one listens any more when delivery has stopped.
                let _ = sender.send(Created { queue, event, token: pending.begin(), record: None });
            }
        });
        Ok((Self { child, addresses }, created))
    }

    pub(super) fn addresses(&self) -> &Addresses {
        &self.addresses
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // It has files to remove. Past its grace it is killed, and they stay.
        let began = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) {
            if began.elapsed() > GRACE {
                let _ = self.child.kill();
            }
            thread::sleep(LOOK);
        }
    }
}

fn next_event(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<S3Event> {
    let line = lines.next()?.ok()?;
    serde_json::from_str(&line).inspect_err(|error| tracing::error!(%error, "a notification cannot be read")).ok()
}

/// Is that process: serves from memory until standard input ends.
///
/// # Errors
/// The services do not start, or nobody reads the standard output.
pub async fn serve(notifications: Vec<Notification>) -> anyhow::Result<()> {
    let (notifier, created) = Notifier::new(notifications, None, Clock::steady(), Pending::default());
    let here = Here::start(None, notifier, &Callers::default()).await?;
    say(&Addresses { dynamodb: here.dynamodb.url().to_owned(), s3: here.s3.url().to_owned() })?;
    let (end, mut ended) = oneshot::channel();
    thread::spawn(move || {
        // Nothing is ever written to it: whatever this returns is the end.
        let _ = io::stdin().read(&mut [0]);
        let _ = end.send(());
    });
    loop {
        tokio::select! {
            created = created.next() => match created {
                Some(created) => say(&created.event)?,
                None => break,
            },
            _ = &mut ended => break,
        }
    }
    here.shutdown().await;
    Ok(())
}

fn say(line: &impl Serialize) -> anyhow::Result<()> {
    let line = serde_json::to_string(line)? + "\n";
    let mut output = io::stdout().lock();
    output.write_all(line.as_bytes())?;
    Ok(output.flush()?)
}
