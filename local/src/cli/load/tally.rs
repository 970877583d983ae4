//! Counts the requests of all clients and their latencies, by endpoint.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use reqwest::StatusCode;
use serde::Serialize;

use super::process::{Sample, growth, tells_growth};

/// Number of latency classes in each doubling of the latency. A quantile is therefore at most 1/32 too large.
const PARTS: u64 = 32;

/// The result of a request.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// An answer with the given status.
    Answered(StatusCode),
    /// A 503 with `Retry-After`, by which the service asks for patience.
    Busy,
    /// A connection which failed or timed out.
    Unanswered,
}

/// Common counts of all clients.
#[derive(Default)]
pub struct Tally {
    endpoints: Mutex<BTreeMap<&'static str, Endpoint>>,
}

#[derive(Default)]
struct Endpoint {
    /// Number of answers, by the first digit of the status.
    classes: BTreeMap<u16, u64>,
    busy: u64,
    unanswered: u64,
    latencies: Latencies,
}

impl Tally {
    /// Counts a request with its result and latency.
    pub fn count(&self, endpoint: &'static str, end: End, took: Duration) {
        let mut endpoints = self.lock();
        let of = endpoints.entry(endpoint).or_default();
        match end {
            End::Answered(status) => *of.classes.entry(status.as_u16() / 100).or_default() += 1,
            End::Busy => of.busy += 1,
            End::Unanswered => of.unanswered += 1,
        }
        of.latencies.add(took);
    }

    /// Builds the report of the run. Its `faults` are the reasons for the exit status 1.
    pub fn report(&self, clients: u32, took: Duration, samples: Vec<Sample>) -> Report {
        let row = |(&endpoint, of): (&&'static str, &Endpoint)| {
            let class = |digit: u16| of.classes.get(&digit).copied().unwrap_or_default();
            Row {
                endpoint,
                requests: of.latencies.count,
                status_2xx: class(2),
                status_3xx: class(3),
                status_4xx: class(4),
                status_5xx: class(5),
                busy: of.busy,
                unanswered: of.unanswered,
                p50_ms: of.latencies.quantile(0.5),
                p99_ms: of.latencies.quantile(0.99),
                max_ms: ms(of.latencies.longest),
            }
        };
        let rows: Vec<Row> = self.lock().iter().map(row).collect();
        let mut faults = Vec::new();
        let total = |of: fn(&Row) -> u64| rows.iter().map(of).sum::<u64>();
        // A client requests only things which it holds, and sends only valid values. A refusal is therefore a fault
        // of the client or of the service.
        for (count, what) in [
            (total(|row| row.status_4xx), "answers are 4xx"),
            (total(|row| row.status_5xx), "answers are 5xx"),
            (total(|row| row.unanswered), "requests have no answer"),
        ] {
            if count > 0 {
                faults.push(format!("{count} {what}"));
            }
        }
        faults.extend(growth(&samples));
        let tells_growth = tells_growth(&samples);
        let of = |n: usize| samples.get(n).copied();
        let process =
            [of(0), of(samples.len() / 2), of(samples.len().saturating_sub(1))].into_iter().flatten().collect();
        Report {
            clients,
            seconds: took.as_secs_f64(),
            requests: total(|row| row.requests),
            rows,
            process,
            tells_growth,
            faults,
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Endpoint>> {
        self.endpoints.lock().expect("nobody panics while counting")
    }
}

/// Distribution of latencies in microseconds. The classes become wider with the latency, so memory does not
/// grow with the run.
#[derive(Default)]
struct Latencies {
    /// Number of latencies in each class, indexed by [`class`].
    classes: Vec<u64>,
    count: u64,
    longest: u64,
}

impl Latencies {
    fn add(&mut self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let class = class(micros);
        if self.classes.len() <= class {
            self.classes.resize(class + 1, 0);
        }
        self.classes[class] += 1;
        self.count += 1;
        self.longest = self.longest.max(micros);
    }

    /// The latency in milliseconds which the given share of the requests did not exceed.
    fn quantile(&self, share: f64) -> f64 {
        let wanted = (self.count as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (class, count) in self.classes.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return ms(longest_of(class).min(self.longest));
            }
        }
        ms(self.longest)
    }
}

/// Index of a number's class. Each number below [`PARTS`] has a class of its own, and each doubling
/// above has [`PARTS`] classes.
fn class(number: u64) -> usize {
    if number < PARTS {
        return usize::try_from(number).expect("a small number");
    }
    let doublings = u64::from(number.ilog2() - PARTS.ilog2());
    let part = (number >> doublings) - PARTS;
    usize::try_from((doublings + 1) * PARTS + part).expect("there are two thousand classes")
}

/// The largest number within a class.
fn longest_of(class: usize) -> u64 {
    let class = class as u64;
    if class < PARTS {
        return class;
    }
    let (doublings, part) = (class / PARTS - 1, class % PARTS);
    ((PARTS + part) << doublings) + ((1 << doublings) - 1)
}

fn ms(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

/// Line of an endpoint in the report.
#[derive(Serialize)]
pub struct Row {
    endpoint: &'static str,
    requests: u64,
    #[serde(rename = "2xx")]
    status_2xx: u64,
    #[serde(rename = "3xx")]
    status_3xx: u64,
    #[serde(rename = "4xx")]
    status_4xx: u64,
    #[serde(rename = "5xx")]
    status_5xx: u64,
    busy: u64,
    unanswered: u64,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
}

/// The result of a run, as printed in JSON or as a table.
#[derive(Serialize)]
pub struct Report {
    clients: u32,
    seconds: f64,
    requests: u64,
    #[serde(rename = "endpoints")]
    rows: Vec<Row>,
    /// Samples of the process from the beginning, the middle and the end of the run.
    process: Vec<Sample>,
    /// True if the run was long enough to show growth of memory or descriptors.
    tells_growth: bool,
    /// Sentences which say why the service failed under the load.
    pub faults: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rate = self.requests as f64 / self.seconds;
        writeln!(f, "{} clients, {:.0} s, {} requests, {rate:.0} a second", self.clients, self.seconds, self.requests)?;
        writeln!(f)?;
        writeln!(
            f,
            "{:<34}{:>9}{:>9}{:>7}{:>7}{:>7}{:>7}{:>10}{:>10}{:>10}",
            "endpoint", "requests", "2xx", "4xx", "5xx", "busy", "none", "p50 ms", "p99 ms", "max ms"
        )?;
        for row in &self.rows {
            let Row { endpoint, requests, status_2xx, status_4xx, status_5xx, busy, unanswered, .. } = row;
            let counts =
                format_args!("{requests:>9}{status_2xx:>9}{status_4xx:>7}{status_5xx:>7}{busy:>7}{unanswered:>7}");
            writeln!(f, "{endpoint:<34}{counts}{:>10.1}{:>10.1}{:>10.1}", row.p50_ms, row.p99_ms, row.max_ms)?;
        }
        if !self.process.is_empty() {
            writeln!(f)?;
            writeln!(f, "{:<10}{:>8}{:>12}{:>12}{:>14}", "", "s", "VmRSS MB", "VmHWM MB", "descriptors")?;
        }
        for (when, sample) in ["start", "middle", "end"].into_iter().zip(&self.process) {
            let (memory, peak) = (sample.memory_kb as f64 / 1024.0, sample.peak_kb as f64 / 1024.0);
            writeln!(f, "{when:<10}{:>8.0}{memory:>12.1}{peak:>12.1}{:>14}", sample.at, sample.descriptors)?;
        }
        writeln!(f)?;
        match (self.faults.is_empty(), self.tells_growth) {
            (true, true) => writeln!(f, "no 4xx, no 5xx, no request without an answer, nothing that keeps growing"),
            (true, false) => {
                writeln!(f, "no 4xx, no 5xx, no request without an answer; growth is told from a minute on")
            }
            (false, _) => self.faults.iter().try_for_each(|fault| writeln!(f, "FAULT: {fault}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_follow_each_other_and_hold_their_numbers() {
        let mut last = (0, 0);
        for number in (0..5000).chain((0..63).map(|bit| 1 << bit)).chain([u64::MAX]) {
            let class = class(number);
            assert!(longest_of(class) >= number && (class == 0 || longest_of(class - 1) < number), "{number}");
            if number == last.0 + 1 && number < 5000 {
                assert!(class == last.1 || class == last.1 + 1, "{number}");
            }
            last = (number, class);
        }
    }

    #[test]
    fn faults_are_refusals_failures_and_silence_and_not_patience() {
        let tally = Tally::default();
        for n in 1..=100 {
            tally.count("GET", End::Answered(StatusCode::OK), Duration::from_millis(n));
        }
        tally.count("GET", End::Busy, Duration::from_millis(1));
        let report = tally.report(1, Duration::from_secs(1), Vec::new());
        assert_eq!(report.faults, Vec::<String>::new());
        let row = &report.rows[0];
        assert_eq!((row.requests, row.status_2xx, row.busy), (101, 100, 1));
        assert!((48.0..52.0).contains(&row.p50_ms) && (97.0..=100.0).contains(&row.p99_ms), "{}", row.p99_ms);
        tally.count("GET", End::Answered(StatusCode::NOT_FOUND), Duration::from_millis(1));
        tally.count("GET", End::Answered(StatusCode::INTERNAL_SERVER_ERROR), Duration::from_millis(1));
        tally.count("PUT", End::Unanswered, Duration::from_millis(1));
        assert_eq!(tally.report(1, Duration::from_secs(1), Vec::new()).faults.len(), 3);
    }
}
