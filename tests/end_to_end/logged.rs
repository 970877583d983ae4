//! Captures the log of a test's own thread.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tracing_subscriber::util::SubscriberInitExt;

/// Bytes of the log, in the order of writing.
#[derive(Clone, Default)]
pub struct Logged(Arc<Mutex<Vec<u8>>>);

impl Logged {
    /// Runs `work`, and returns its result with the warnings and errors which were logged on this thread meanwhile.
    pub async fn of<T>(work: impl Future<Output = T>) -> (T, Vec<String>) {
        let logged = Self::default();
        let writer = logged.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
            .with_ansi(false)
            .with_writer(move || writer.clone());
        let listening = subscriber.set_default();
        let done = work.await;
        drop(listening);
        let text = String::from_utf8_lossy(&logged.0.lock().expect("unpoisoned")).into_owned();
        (done, text.lines().map(str::to_owned).collect())
    }
}

impl Write for Logged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("unpoisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
