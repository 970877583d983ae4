//! The command `waybill model` computes the pace, the time and the price of imports on AWS, for numbers of loaders which no
//! single machine can run.
//!
//! The load is followed second by second. In each second the rows are limited by the slowest of these:
//!
//! | limit | value | source |
//! |---|---|---|
//! | processor of a loader | memory / 1,769 MB processors, `--row-us` each row | Lambda developer guide, "Memory"; `waybill bench` measures a row |
//! | requests of a loader | 5 chunks × 4 requests × 25 rows under way, `--batch-ms` each | the template, [`BATCHES_IN_FLIGHT`], [`ITEMS_A_BATCH`] |
//! | partitions of a loader | 5 chunks × 1,000 write units a second | DynamoDB developer guide, "Warm throughput in different scenarios" |
//! | chunks of the files | 1,000 rows each, a partition each | `shared/src/store/keys` |
//! | loaders | 5 at first, 300 more a minute, at most `LoaderConcurrency` | Lambda developer guide, "Scaling behavior for SQS event source mappings" |
//! | table | `--warm` write units a second, doubled every 30 minutes of use, at most `--most` | DynamoDB developer guide, "On-demand capacity mode", "Quotas" |
//!
//! The price is that of the write and read units of an import (`docs/cost.md`), of the time of loaders and parser, which wait
//! while the table is the limit, and of the queue's requests.

use std::fmt;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde::Serialize;
use shared::store::{BATCHES_IN_FLIGHT, ITEMS_A_BATCH};

/// The number of rows in a chunk, which lie in one partition.
const ROWS_A_CHUNK: f64 = 1000.0;
/// The number of chunks which a loader has at once, by `BatchSize` of the template.
const CHUNKS_A_LOADER: f64 = 5.0;
/// The write units a second of a partition.
const PARTITION: f64 = 1000.0;
/// The megabytes of memory for which Lambda gives a function one processor.
const MEMORY_A_PROCESSOR: f64 = 1769.0;
/// The concurrent calls with which Lambda begins to empty a queue, and those which come with each second.
const FIRST_LOADERS: f64 = 5.0;
const LOADERS_A_SECOND: f64 = 300.0 / 60.0;
/// The seconds of use after which an on-demand table takes twice as much.
const DOUBLING: u64 = 30 * 60;
/// The write and read units of a row, with its share of everything else that an import writes (`docs/cost.md`, a million rows).
const WRITE_UNITS: f64 = 1.0063;
const READ_UNITS: f64 = 0.004;
/// The rows of an import, of which a larger number of rows is made.
const ROWS_AN_IMPORT: u64 = 100_000_000;
/// The seconds of a processor for the plan of a row (`docs/benchmarks.md`, the slowest of the three files), and the processors
/// of the parser.
const PLAN: f64 = 0.4e-6;
const PARSER_GB: f64 = 1.0;

/// Prices in dollars, of us-east-1 and for arm64, by the price lists of December 2026: a write unit, a read unit, a second of a
/// gigabyte, a call, a request to a queue.
const A_WRITE_UNIT: f64 = 0.625e-6;
const A_READ_UNIT: f64 = 0.125e-6;
const A_GB_SECOND: f64 = 0.000_013_333_4;
const A_CALL: f64 = 0.2e-6;
const A_QUEUE_REQUEST: f64 = 0.4e-6;
/// The requests to the queue for a call of a loader: half a batch of sent messages, a receive, and a deletion.
const QUEUE_REQUESTS_A_CALL: f64 = 2.5;

/// The numbers of rows which are computed.
const ROWS: [u64; 4] = [10_000, 1_000_000, 100_000_000, 10_000_000_000];

/// Arguments of `waybill model`.
#[derive(Args)]
pub struct Model {
    /// Numbers of loaders, the values of `LoaderConcurrency`
    #[arg(long, value_delimiter = ',', default_value = "1,8,40,100,1000", value_parser = clap::value_parser!(u32).range(1..=1000))]
    loaders: Vec<u32>,
    /// Memory of a loader in MB, which decides on its share of a processor
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(128..=10_240))]
    memory: u32,
    /// Processor time of a row in microseconds, as `waybill bench` prints it
    #[arg(long, default_value_t = 26.0, value_parser = positive)]
    row_us: f64,
    /// Time of a BatchWriteItem of 25 rows in milliseconds, an assumption
    #[arg(long, default_value_t = 15.0, value_parser = positive)]
    batch_ms: f64,
    /// Write units a second which the table takes at the start: 4,000 for a new one
    #[arg(long, default_value_t = 4000.0, value_parser = positive)]
    warm: f64,
    /// Most write units a second of the table: 40,000 by the quota of an account
    #[arg(long, default_value_t = 40_000.0, value_parser = positive)]
    most: f64,
    /// Print one JSON object a line instead of a table
    #[arg(long)]
    json: bool,
}

fn positive(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|number| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| "is no number above 0".to_owned())
}

impl Model {
    /// Computes, and prints a line for each number of rows and of loaders.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        if !self.json {
            let pace = self.pace();
            println!(
                "A loader of {} MB loads {:.0} rows a second, limited by its {}.\n",
                self.memory, pace.rows, pace.limit
            );
            println!("{:>14} {:>8} {:>9} {:>12} {:>12}  limit", "rows", "loaders", "rows/s", "time", "dollars");
        }
        for rows in ROWS {
            for &loaders in &self.loaders {
                let load = self.load(rows, loaders);
                match self.json {
                    true => println!("{}", serde_json::to_string(&load)?),
                    false => println!("{load}"),
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    /// The rows a second of one loader.
    fn pace(&self) -> Pace {
        let processors = f64::from(self.memory) / MEMORY_A_PROCESSOR;
        let under_way = CHUNKS_A_LOADER * (BATCHES_IN_FLIGHT * ITEMS_A_BATCH) as f64;
        let paces = [
            (Limit::Processor, processors * 1e6 / self.row_us),
            (Limit::Requests, under_way * 1000.0 / self.batch_ms),
            (Limit::Partitions, CHUNKS_A_LOADER * PARTITION),
        ];
        slowest(paces)
    }

    /// The load of some rows by at most this many loaders, in as many imports of [`ROWS_AN_IMPORT`] as that takes.
    fn load(&self, rows: u64, loaders: u32) -> Load {
        let planned = rows.min(ROWS_AN_IMPORT) as f64 * PLAN / (PARSER_GB * 1024.0 / MEMORY_A_PROCESSOR).min(1.0);
        let (all, most) = (rows as f64, f64::from(loaders));
        let (mut left, mut seconds, mut loader_seconds) = (all, 0.0, 0.0);
        let mut by_limit = [0.0; Limit::ALL.len()];
        for second in 0_u64.. {
            let ramp = FIRST_LOADERS + LOADERS_A_SECOND * second as f64;
            let at_work = most.min(ramp);
            let doublings = i32::try_from(second / DOUBLING).unwrap_or(i32::MAX);
            let table = (self.warm * 2f64.powi(doublings)).min(self.most.max(self.warm));
            let own = if ramp < most { Limit::Ramp } else { self.pace().limit };
            let Pace { limit, rows } = slowest([
                (own, at_work * self.pace().rows),
                (Limit::Chunks, (all / ROWS_A_CHUNK).ceil() * PARTITION),
                (Limit::Table, table / WRITE_UNITS),
            ]);
            let part = (left / rows).min(1.0);
            let done = rows * part;
            left -= done;
            seconds += part;
            loader_seconds += part * at_work.min((all / ROWS_A_CHUNK / CHUNKS_A_LOADER).ceil());
            by_limit[limit as usize] += done;
            if part < 1.0 || left <= 0.0 {
                break;
            }
        }
        let limit =
            Limit::ALL.into_iter().max_by(|one, other| by_limit[*one as usize].total_cmp(&by_limit[*other as usize]));
        let calls = (all / ROWS_A_CHUNK / CHUNKS_A_LOADER).ceil();
        let gigabytes = f64::from(self.memory) / 1024.0;
        let parsers = planned * PARSER_GB * (all / rows.min(ROWS_AN_IMPORT) as f64);
        let dollars = all * (WRITE_UNITS * A_WRITE_UNIT + READ_UNITS * A_READ_UNIT)
            + (loader_seconds * gigabytes + parsers) * A_GB_SECOND
            + calls * (A_CALL + QUEUE_REQUESTS_A_CALL * A_QUEUE_REQUEST);
        let seconds = seconds + planned;
        Load { rows, loaders, seconds, rows_a_second: all / seconds, dollars, limit: limit.unwrap_or(Limit::Table) }
    }
}

/// A pace in rows a second, with its limit.
#[derive(Clone, Copy)]
struct Pace {
    limit: Limit,
    rows: f64,
}

/// The slowest of some paces; of equal ones the last.
fn slowest(paces: [(Limit, f64); 3]) -> Pace {
    let [first, second, third] = paces.map(|(limit, rows)| Pace { limit, rows });
    let slower = |one: Pace, other: Pace| if one.rows < other.rows { one } else { other };
    slower(slower(first, second), third)
}

/// The limit of a load: that of most of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Limit {
    Processor,
    Requests,
    Partitions,
    Ramp,
    Chunks,
    Table,
}

impl Limit {
    const ALL: [Self; 6] = [Self::Processor, Self::Requests, Self::Partitions, Self::Ramp, Self::Chunks, Self::Table];

    /// The setting which moves the limit.
    fn setting(self) -> &'static str {
        match self {
            Self::Processor => "LoaderConcurrency, or MemorySize of the loader",
            Self::Requests => "LoaderConcurrency",
            Self::Partitions => "LoaderConcurrency",
            Self::Ramp => "none: Lambda starts 300 loaders a minute",
            Self::Chunks => "none: a small file has few chunks",
            Self::Table => "warm throughput of the table, and its quota",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Processor => "processor",
            Self::Requests => "requests",
            Self::Partitions => "partitions",
            Self::Ramp => "start of loaders",
            Self::Chunks => "chunks",
            Self::Table => "table",
        })
    }
}

/// A computed load.
#[derive(Clone, Copy, Debug, Serialize)]
struct Load {
    rows: u64,
    loaders: u32,
    rows_a_second: f64,
    /// From the beginning of the plan to the last row.
    seconds: f64,
    dollars: f64,
    limit: Limit,
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, loaders, rows_a_second, seconds, dollars, limit } = self;
        let time = spelt(Duration::from_secs_f64(*seconds));
        let (rows, setting) = (grouped(*rows), limit.setting());
        write!(f, "{rows:>14} {loaders:>8} {rows_a_second:>9.0} {time:>12} {dollars:>12.2}  {limit} ({setting})")
    }
}

/// A number with its digits in groups of three.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    groups.join(",")
}

/// A time in its two largest units.
fn spelt(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{:.1} s", time.as_secs_f64()),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table which is never the limit, and loaders which load 2,000 rows a second by their processor.
    fn plenty() -> Model {
        let (row_us, most) = (1e6 / 2000.0, 1e9);
        Model { loaders: Vec::new(), memory: 1769, row_us, batch_ms: 1.0, warm: most, most, json: false }
    }

    /// Fails unless two numbers agree within a thousandth.
    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() <= expected / 1000.0, "{found} instead of {expected}");
    }

    #[test]
    fn one_loader_takes_the_time_of_its_processor_and_costs_that_time_and_the_writes() {
        let load = plenty().load(1_000_000, 1);
        near(load.seconds, 500.0 + 1e6 * PLAN * 1769.0 / 1024.0);
        let loader = 500.0 * 1769.0 / 1024.0 * A_GB_SECOND;
        near(
            load.dollars,
            0.625 * WRITE_UNITS + 0.125 * READ_UNITS + loader + 200.0 * (A_CALL + 2.5 * A_QUEUE_REQUEST),
        );
        assert_eq!(load.limit, Limit::Processor);
    }

    #[test]
    fn a_thousand_loaders_come_by_and_by() {
        // 5 loaders in the first second, 10 in the second, …: 5 × 2,000 × n (n + 1) / 2 rows after n seconds.
        let load = plenty().load(10_000_000, 1000);
        near(load.seconds, 44.2 + 10_000_000.0 * PLAN * 1769.0 / 1024.0);
        assert_eq!(load.limit, Limit::Ramp);
    }

    #[test]
    fn a_new_table_doubles_every_half_hour_up_to_its_quota() {
        let model = Model { warm: 4000.0, most: 40_000.0, ..plenty() };
        let load = model.load(1_000_000_000, 100);
        // Units after 0, 30, 60 and 90 minutes and from 2 hours on: 4, 8, 16 and 32 thousand a second, then 40 thousand.
        let first = 1800.0 * (4000.0 + 8000.0 + 16_000.0 + 32_000.0);
        near(load.seconds, 7200.0 + (1e9 * WRITE_UNITS - first) / 40_000.0 + 100e6 * PLAN * 1769.0 / 1024.0);
        assert_eq!(load.limit, Limit::Table);
    }

    #[test]
    fn a_small_file_has_few_chunks() {
        assert_eq!(plenty().load(3_000, 40).limit, Limit::Chunks);
    }

    #[test]
    fn more_loaders_are_never_slower_and_no_load_is_faster_than_the_table() {
        let model = Model { warm: 4000.0, most: 40_000.0, ..plenty() };
        for rows in ROWS {
            let loads: Vec<Load> = [1, 2, 8, 40, 100, 1000].map(|loaders| model.load(rows, loaders)).to_vec();
            assert!(loads.is_sorted_by(|one, other| one.seconds >= other.seconds), "{loads:?}");
            assert!(loads.iter().all(|load| load.rows_a_second * WRITE_UNITS <= model.most), "{loads:?}");
        }
    }

    #[test]
    fn numbers_and_times_are_spelt_for_people() {
        assert_eq!([1, 1000, 10_000_000_000].map(grouped), ["1", "1,000", "10,000,000,000"]);
        let times = [0.25, 61.0, 7260.0, 90_000.0].map(|seconds| spelt(Duration::from_secs_f64(seconds)));
        assert_eq!(times, ["0.2 s", "1 min 1 s", "2 h 1 min", "1 d 1 h"]);
    }
}
