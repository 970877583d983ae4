//! The log of the tests.
//!
//! | what | where |
//! |---|---|
//! | warnings and errors of a test's own thread, as the functions write them | [`Lines`] |
//! | metrics of a test's own thread | [`Lines::metrics_of`] |
//! | warnings and errors of a piece of work, as texts | [`Logged`] |
//! | every line of the whole suite from level info on | the file `suite.log` in Cargo's folder for tests, which `.ci/logs` searches for planted values |

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, Once};
use std::thread::LocalKey;

use serde_json::{Value, json};
use shared::metrics::{self, Metrics};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

thread_local! {
    /// The log of this thread, on which a single test runs, and its metrics.
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static COUNTED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A writer to bytes of the current thread.
struct ThreadsBytes(&'static LocalKey<RefCell<Vec<u8>>>);

impl Write for ThreadsBytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.with_borrow_mut(|written| written.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins the log of the suite, once in a process. The lines of the embedded DynamoDB are excluded, because it warns of every
/// condition which does not hold.
pub fn begin() {
    static LOG: Once = Once::new();
    LOG.call_once(|| {
        let from = |level| Targets::new().with_default(level).with_target("dynoxide", LevelFilter::OFF);
        let from = |level| from(level).with_target(metrics::TARGET, LevelFilter::OFF);
        let of_thread = tracing_subscriber::fmt::layer().json().with_writer(|| ThreadsBytes(&LOGGED));
        let file = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("suite.log")).expect("a file for the log");
        let of_suite = tracing_subscriber::fmt::layer().json().with_writer(Arc::new(file));
        tracing_subscriber::registry()
            .with(of_thread.with_filter(from(LevelFilter::WARN)))
            .with(of_suite.with_filter(from(LevelFilter::INFO)))
            .with(Metrics::new(ThreadsBytes(&COUNTED)))
            .init();
    });
}

/// The warnings and errors on a test's thread, in the form which the functions write.
pub struct Lines;

impl Lines {
    /// Starts the capture.
    pub fn keep() -> Self {
        begin();
        LOGGED.with_borrow_mut(Vec::clear);
        Self
    }

    pub fn all(&self) -> Vec<Value> {
        let logged = LOGGED.with_borrow(Clone::clone);
        String::from_utf8_lossy(&logged).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Runs `work`, and returns its result with the values of each metric that was counted on this thread meanwhile.
    pub async fn metrics_of<T>(work: impl Future<Output = T>) -> (T, BTreeMap<String, Vec<f64>>) {
        begin();
        COUNTED.with_borrow_mut(Vec::clear);
        let done = work.await;
        let text = COUNTED.with_borrow(Clone::clone);
        let mut values: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for line in String::from_utf8_lossy(&text).lines() {
            let line: Value = serde_json::from_str(line).expect("a line of JSON");
            let described = &line["_aws"]["CloudWatchMetrics"][0];
            assert_eq!((&described["Namespace"], &line["Service"]), (&json!("Waybill"), &json!("waybill")));
            let names =
                described["Metrics"].as_array().into_iter().flatten().filter_map(|metric| metric["Name"].as_str());
            names.for_each(|name| values.entry(name.to_owned()).or_default().extend(line[name].as_f64()));
        }
        (done, values)
    }
}

/// Bytes of the log, in the order of writing.
#[derive(Clone, Default)]
pub struct Logged(Arc<Mutex<Vec<u8>>>);

impl Logged {
    /// Runs `work`, and returns its result with the warnings and errors which were logged on this thread meanwhile.
    pub async fn of<T>(work: impl Future<Output = T>) -> (T, Vec<String>) {
        let logged = Self::default();
        let writer = logged.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::WARN)
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
