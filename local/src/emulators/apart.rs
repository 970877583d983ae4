//! Runs DynamoDB and S3 in a separate process, so that a measurement weighs the importing process alone.
//!
//! Whatever stands for AWS has to be outside of the measured process. The queues stay inside, because delivery
//! takes their messages directly by Lambda's rules, and the queues hold little memory.
//!
//! The separate process runs this same executable and writes lines to its standard output. The first line contains
//! the addresses of the services, and each later line an S3 notification, which this process sends to its queue.
//! The separate process ends when its standard input ends, so no crash of this process leaves an orphan.

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

/// Longest time which the separate process may take to end after its standard input has ended.
const GRACE: Duration = Duration::from_secs(10);
/// Pause between two checks of the separate process for its end.
const LOOK: Duration = Duration::from_millis(10);

/// The addresses of the services, as JSON in the first line of output.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Addresses {
    pub dynamodb: String,
    pub s3: String,
}

/// Handle of the separate process, held by the process which started it. A drop ends the separate process.
pub(super) struct Process {
    child: Child,
    addresses: Addresses,
}

impl Process {
    /// Starts the separate process and forwards its notifications. An event counts as unsettled as soon as
    /// its line is read.
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
                // The channel is closed when delivery has stopped, and the event is then no longer needed.
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
        // The separate process removes its temporary files before the end. After [`GRACE`] the process is killed,
        // and the files stay behind.
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
    serde_json::from_str(&line).inspect_err(|error| tracing::error!(%error, "a notification cannot be parsed")).ok()
}

/// Runs as the separate process, and serves DynamoDB and S3 from memory until standard input ends.
///
/// # Errors
/// A service cannot be started, or the reader of standard output is gone.
pub async fn serve(notifications: Vec<Notification>) -> anyhow::Result<()> {
    let (notifier, created) = Notifier::new(notifications, None, Clock::steady(), Pending::default());
    let here = Here::start(None, notifier, &Callers::default()).await?;
    say(&Addresses { dynamodb: here.dynamodb.url().to_owned(), s3: here.s3.url().to_owned() })?;
    let (end, mut ended) = oneshot::channel();
    thread::spawn(move || {
        // The parent process never writes to this input, so any return of the read means the end of the parent.
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
