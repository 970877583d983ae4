//! The command `waybill bench` measures the time, the price and the memory of an import and its undo.
//!
//! - The command generates the file, which is the same for the same number of rows. The file takes the way of any
//!   large file: it is uploaded to S3, planned, loaded in chunks, and undone.
//! - The stores which stand for AWS run in a separate process, so the measured memory belongs to the importing
//!   process alone.
//! - The price is the number of capacity units which DynamoDB reports.
//! - A bare loop of BatchWriteItem then writes the same entries, which separates the price of Waybill from the
//!   price of the store.
//! - Before the measurement, a file of [`WARM_UP`] rows is imported and undone.

mod bare;
pub mod file;
pub mod profiles;
mod report;

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;
use shared::entries::Entry;
use shared::id::{AccountId, EntryId, ImportId, Row};
use shared::import::{Import, Status};
use shared::store::{BATCHES_IN_FLIGHT, Consumed};
use waybill::emulators::apart;
use waybill::system::{self, DEMO_TOKEN, System};
use waybill::template::Template;

use super::Client;
use file::{Distinct, Generator};
use report::{Phase, Report, Run};

/// Name of the hidden subcommand which serves DynamoDB and S3 in the separate process.
pub const STORES: &str = "stores";

/// Pause between two looks at an import whose status has not yet changed.
const LOOK: Duration = Duration::from_millis(2);
/// Number of rows which are imported and undone before the measurement.
const WARM_UP: u64 = 10_000;
/// Number of rows which all runs together should measure, if the arguments name no number of runs.
const ENOUGH: u64 = 100_000;
/// The account to which [`DEMO_TOKEN`] belongs.
const ACCOUNT: AccountId = AccountId(1);

/// Arguments of `waybill bench`.
#[derive(Args)]
pub struct Bench {
    /// Number of rows in the file
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    rows: u64,
    /// Number of runs, of which the median is shown [default: as many as make 100,000 rows, from 1 to 9]
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..=100))]
    runs: Option<u64>,
    /// Give every row a name of its own instead of one of twenty names
    #[arg(long)]
    distinct: Option<Distinct>,
    /// Number of loaders which work at once [default: as the embedded service]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=8))]
    loaders: Option<u8>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

/// Serves DynamoDB and S3 for the process which started this process.
pub async fn stores() -> anyhow::Result<ExitCode> {
    apart::serve(Template::embedded()?.notifications()).await?;
    Ok(ExitCode::SUCCESS)
}

impl Bench {
    /// Measures, and prints the report. The command fails if an import or an undo does not end
    /// in the expected status.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        system::log();
        let mut stores = Command::new(std::env::current_exe().context("this executable")?);
        stores.arg(STORES);
        let plain = system::Options::default();
        let workers = self.loaders.map_or(plain.workers, usize::from);
        let options = system::Options { apart: Some(stores), workers, ..plain };
        let concurrency = concurrency(&options)?;
        let system = System::start(options).await.context("the embedded service does not start")?;
        let measured = self.measure(&system, concurrency).await;
        system.shutdown().await;
        let report = measured?;
        if self.json {
            println!("{}", serde_json::to_string(&report)?);
        } else {
            print!("{report}");
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn measure(&self, system: &System, concurrency: usize) -> anyhow::Result<Report> {
        let generator = Generator::new(ACCOUNT, self.distinct);
        let client = Client::new(system.url(), DEMO_TOKEN)?;
        warm_up(system, &Generator::new(ACCOUNT, None), &client).await?;
        let file = generator.write(self.rows).context("the file cannot be made")?;

        let runs = self.runs.unwrap_or_else(|| (ENOUGH / self.rows).clamp(1, 9));
        let mut measured = Vec::new();
        for run in 0..runs {
            measured.push(self.run_once(system, &generator, &client, file.path(), concurrency, run).await?);
        }
        let file_bytes = file.as_file().metadata()?.len();
        Ok(Report::of(measured, self.rows, file_bytes, concurrency))
    }

    async fn run_once(
        &self,
        system: &System,
        generator: &Generator,
        client: &Client,
        file: &Path,
        concurrency: usize,
        run: u64,
    ) -> anyhow::Result<Run> {
        let (meter, processor) = (Meter::new(system), processor_seconds()?);
        let id = ImportId(client.upload(json!({}), file).await?);
        let (import, took) = settled(system, id, &[Status::Complete]).await?;
        let imported = meter.phase(took, self.rows);
        let processor_us_per_row = (processor_seconds()? - processor) * 1e6 / self.rows as f64;
        if import.rows != Some(self.rows) {
            bail!("{:?} rows were imported instead of {}", import.rows, self.rows);
        }
        same_entry(system, generator, &import, Row(1)).await?;
        same_entry(system, generator, &import, Row(self.rows)).await?;

        let meter = Meter::new(system);
        let began = Instant::now();
        client.act(id.0, "revert").await?;
        let asked = began.elapsed();
        let (_, took) = settled(system, id, &[Status::RolledBack]).await?;
        let undo = meter.phase(asked + took, self.rows);
        let peak_memory_kb = peak_memory_kb()?;

        let bare = bare::write(&system.dynamodb(), generator, self.rows, concurrency, run).await?;
        Ok(Run { import: imported, undo, bare, processor_us_per_row, peak_memory_kb })
    }
}

/// Imports and undoes a small file, so the measured runs do not pay for new connections and for statements which
/// are prepared only once.
async fn warm_up(system: &System, generator: &Generator, client: &Client) -> anyhow::Result<()> {
    let file = generator.write(WARM_UP).context("the file cannot be made")?;
    let id = ImportId(client.upload(json!({}), file.path()).await?);
    settled(system, id, &[Status::Complete]).await?;
    client.act(id.0, "revert").await?;
    settled(system, id, &[Status::RolledBack]).await?;
    Ok(())
}

/// Number of batch requests which all loaders of a system together can have in progress.
fn concurrency(options: &system::Options) -> anyhow::Result<usize> {
    let template = Template::embedded()?;
    let loader = template.functions.get("LoaderFunction").and_then(|function| function.messages.first());
    let source = loader.context("the loader has no queue")?;
    let at_once = source.maximum_concurrency.map_or(options.workers, |most| most.min(options.workers));
    Ok(at_once * source.batch_size * BATCHES_IN_FLIGHT)
}

/// Waits until the import has one of the `wanted` statuses, and returns the import and the time of the wait. The
/// status is read as rarely as possible, because every read is charged.
async fn settled(system: &System, id: ImportId, wanted: &[Status]) -> anyhow::Result<(Import, Duration)> {
    let began = Instant::now();
    loop {
        system.idle().await;
        let took = began.elapsed();
        let import = Import::find(system.services(), ACCOUNT, id).await?;
        if wanted.contains(&import.status) {
            return Ok((import, took));
        }
        if import.status.is_settled() && !wanted.contains(&Status::RolledBack) {
            bail!("the import is {}: {}", import.status, import.reason.unwrap_or_default());
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Checks that a stored entry equals the generator's entry, because the bare loop writes the generator's entries.
async fn same_entry(system: &System, generator: &Generator, import: &Import, row: Row) -> anyhow::Result<()> {
    let id = EntryId::of(import.id, row);
    let key = Entry::key(ACCOUNT, id, import.rows_per_chunk);
    let stored: Entry = system.services().store.read(&key).await?.with_context(|| format!("row {row} is not there"))?;
    let fingerprint = stored.fingerprint;
    let expected = Entry { fingerprint, ..generator.row(row).entry(import.id, import.created_at) };
    if stored != expected {
        bail!("row {row} became {stored:?} instead of {expected:?}");
    }
    Ok(())
}

/// Measures the capacity units which are consumed after the meter's creation.
struct Meter<'a> {
    system: &'a System,
    before: Consumed,
}

impl<'a> Meter<'a> {
    fn new(system: &'a System) -> Self {
        Self { system, before: system.services().store.consumed() }
    }

    fn phase(&self, took: Duration, rows: u64) -> Phase {
        let now = self.system.services().store.consumed();
        let consumed = Consumed { write: now.write - self.before.write, read: now.read - self.before.read };
        Phase::new(took, rows, consumed)
    }
}

/// Processor time which this process has used so far, in seconds, in steps of 10 ms.
fn processor_seconds() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")
        .context("/proc/self/stat, which tells the processor time, cannot be read")?;
    // The name of the process, in parentheses, is the second field; user and system time are the fields 14 and 15 (proc(5)).
    let fields = stat.rsplit_once(')').context("/proc/self/stat has no name of the process")?.1;
    let ticks: Vec<u64> = fields.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<u64>() as f64 / 100.0)
}

/// Largest amount of memory which this process has ever used, in KB.
fn peak_memory_kb() -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")
        .context("/proc/self/status, which tells the peak memory, cannot be read")?;
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("/proc/self/status has no line VmHWM")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
