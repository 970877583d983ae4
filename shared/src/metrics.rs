//! Metrics, which CloudWatch takes from lines of the log in its Embedded Metric Format.
//!
//! A metric is an event of `tracing` with the target [`TARGET`]. The numbers among its fields are counts, and the texts are dimensions
//! beside `Service`. So code that counts needs no client and sends no request, and a process without [`Metrics`] counts nothing.
//!
//! | metric | dimensions | counted |
//! |---|---|---|
//! | `Rows`, `FailedRows` | `Service` | when a chunk is committed |
//! | `UndoneRows` | `Service` | when the undo of a chunk is noted |
//! | `Imports` | `Service`, `Status` | with each change of an import's status |
//! | `OpenImports`, `WokenImports`, `GivenUp` | `Service` | by the sweep, each minute |
//! | `ScheduledRuns` | `Service`, `Outcome` | when a run of a schedule has ended |
//! | `FailedMessages` | `Service` | for each message that SQS is to deliver again |

use std::io::Write;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};

/// The target of the events that are metrics.
pub const TARGET: &str = "metrics";

/// The namespace of the metrics in CloudWatch, and the value of the dimension `Service`.
const NAMESPACE: &str = "Waybill";
const SERVICE: &str = "waybill";

/// Counts an event with the numbers and texts that are given as fields, for example `count!(Rows = 1000, FailedRows = 3)`.
macro_rules! count {
    ($($field:ident = $value:expr),+ $(,)?) => {
        tracing::info!(target: $crate::metrics::TARGET, $($field = $value),+)
    };
}
pub(crate) use count;

/// A layer that writes each metric as a line of JSON.
pub struct Metrics<W> {
    to: Mutex<W>,
}

impl<W: Write> Metrics<W> {
    /// A layer that writes to `to`.
    pub fn new(to: W) -> Self {
        Self { to: Mutex::new(to) }
    }
}

impl<S: Subscriber, W: Write + Send + 'static> Layer<S> for Metrics<W> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != TARGET {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let line = fields.line(u64::try_from(now).unwrap_or(u64::MAX));
        if let Ok(mut to) = self.to.lock() {
            // A log that cannot be written must not fail the work that is counted.
            let _ = writeln!(to, "{line}");
        }
    }
}

/// The fields of a metric.
#[derive(Default)]
struct Fields {
    counts: Map<String, Value>,
    dimensions: Map<String, Value>,
}

impl Fields {
    /// The line of the log, at a time in milliseconds since 1970.
    fn line(self, at_ms: u64) -> Value {
        let dimensions: Vec<&str> = ["Service"].into_iter().chain(self.dimensions.keys().map(String::as_str)).collect();
        let metrics: Vec<Value> = self.counts.keys().map(|name| json!({ "Name": name, "Unit": "Count" })).collect();
        let described = json!([{ "Namespace": NAMESPACE, "Dimensions": [dimensions], "Metrics": metrics }]);
        let mut line = json!({ "_aws": { "Timestamp": at_ms, "CloudWatchMetrics": described }, "Service": SERVICE });
        if let Value::Object(members) = &mut line {
            members.extend(self.dimensions);
            members.extend(self.counts);
        }
        line
    }
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.counts.insert(field.name().to_owned(), value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.dimensions.insert(field.name().to_owned(), value.into());
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic while locked").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_metric_is_a_line_of_the_embedded_metric_format_and_other_events_are_none() {
        let lines = Lines::default();
        let subscriber = tracing_subscriber::registry().with(Metrics::new(lines.clone()));
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(rows = 3_u64, "chunk committed");
            count!(Rows = 1000_u64, FailedRows = 0_u64);
            count!(Imports = 1_u64, Status = "complete");
        });
        let written = lines.0.lock().expect("no panic while locked").clone();
        let mut lines: Vec<Value> =
            String::from_utf8_lossy(&written).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
        for line in &mut lines {
            assert!(line["_aws"]["Timestamp"].take().is_u64());
        }
        let described = |dimensions: Value, names: &[&str]| {
            let metrics: Vec<Value> = names.iter().map(|name| json!({ "Name": name, "Unit": "Count" })).collect();
            let all = json!([{ "Namespace": "Waybill", "Dimensions": [dimensions], "Metrics": metrics }]);
            json!({ "Timestamp": null, "CloudWatchMetrics": all })
        };
        let expected = [
            json!({ "_aws": described(json!(["Service"]), &["FailedRows", "Rows"]), "Service": "waybill", "Rows": 1000, "FailedRows": 0 }),
            json!({ "_aws": described(json!(["Service", "Status"]), &["Imports"]), "Service": "waybill", "Imports": 1, "Status": "complete" }),
        ];
        assert_eq!(lines, expected);
    }
}
