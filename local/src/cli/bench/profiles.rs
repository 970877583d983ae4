//! The command `waybill bench-profiles` measures the price, the time and the memory of imports into a large database.
//!
//! | part | file | shows |
//! |---|---|---|
//! | a few rows | 10 rows, found by the indexed field `Email` | read units and seconds, however large the database is |
//! | all rows | as many rows as profiles, found by the field `Number` without an index | write units by outcome, one pass over the database, memory |
//!
//! Of the rows of the second part a quarter changes a profile, a quarter confirms one, and half make new ones. Both imports are
//! undone.

use std::io::{BufWriter, Write};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use shared::id::{ImportId, OwnerId};
use shared::import::{Import, Status};
use shared::schema::FieldOwner;
use shared::schema::databases::{self, DatabaseInput};
use shared::schema::parts::{FieldInput, create_field};
use shared::store::{Consumed, Table};
use shared::values::profile_value::FieldType;
use tempfile::NamedTempFile;
use waybill::system::{self, DEMO_TOKEN, System};

use super::{ACCOUNT, STORES, peak_memory_kb, settled};
use crate::cli::Client;

/// The number of rows of the first part.
const FEW: u64 = 10;

/// Arguments of `waybill bench-profiles`.
#[derive(Args)]
pub struct BenchProfiles {
    /// Number of profiles that stand before the measured imports, and number of rows of the second import
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1_000..=10_000_000))]
    standing: u64,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

/// The figures of an import and its undo.
#[derive(Serialize)]
struct Measured {
    import: Passed,
    undo: Passed,
    /// The estimate that was shown before the first chunk was loaded.
    cost: Value,
}

/// The figures of an import, or of an undo.
#[derive(Serialize)]
struct Passed {
    seconds: f64,
    workspace_read_units: f64,
    workspace_write_units: f64,
    imports_read_units: f64,
    imports_write_units: f64,
}

/// All figures.
#[derive(Serialize)]
struct Figures {
    standing: u64,
    few: Measured,
    all: Measured,
    peak_memory_kb: u64,
}

impl BenchProfiles {
    /// Measures, and prints the figures.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        system::log();
        let mut stores = Command::new(std::env::current_exe().context("this executable")?);
        stores.arg(STORES);
        let options = system::Options { apart: Some(stores), ..system::Options::default() };
        let system = System::start(options).await.context("the embedded service does not start")?;
        let measured = self.measure(&system).await;
        system.shutdown().await;
        let figures = measured?;
        if self.json {
            println!("{}", serde_json::to_string(&figures)?);
        } else {
            self.print(&figures);
        }
        Ok(ExitCode::SUCCESS)
    }

    async fn measure(&self, system: &System) -> anyhow::Result<Figures> {
        let bench = Database::make(system).await?;
        let all = self.standing;
        bench.import(&json!({ "action": "add" }), (1..=all).map(|number| profile(number, "Garden"))).await?;

        // Profiles from all over the database.
        let some = (1..=FEW).map(|nth| profile(nth * all / FEW, "Orchard"));
        let few = bench.measured(&json!({ "action": "update", "key_fields": ["Email"] }), some).await?;

        let (quarter, half) = (all / 4, all / 2);
        let changed = (1..=quarter).map(|number| profile(number, "Orchard"));
        let confirmed = (quarter + 1..=half).map(|number| profile(number, "Garden"));
        let new = (all + 1..=all + (all - half)).map(|number| profile(number, "Garden"));
        let rows = changed.chain(confirmed).chain(new);
        let all_rows = bench.measured(&json!({ "action": "update or add", "key_fields": ["Number"] }), rows).await?;
        Ok(Figures { standing: all, few, all: all_rows, peak_memory_kb: peak_memory_kb()? })
    }

    fn print(&self, figures: &Figures) {
        let Self { standing, .. } = self;
        println!("{standing} profiles; {FEW} rows found by an indexed field, then {standing} rows found by another\n");
        println!("                     seconds    Workspace: read      write    Imports: read      write");
        let parts = [("few", &figures.few), ("all", &figures.all)];
        for (name, passed) in parts.into_iter().flat_map(|(name, Measured { import, undo, .. })| {
            [(format!("{name}: import"), import), (format!("{name}: undo"), undo)]
        }) {
            let Passed {
                seconds,
                workspace_read_units,
                workspace_write_units,
                imports_read_units,
                imports_write_units,
            } = passed;
            println!(
                "{name:<19}{seconds:>9.2}{workspace_read_units:>19.1}{workspace_write_units:>11.1}{imports_read_units:>17.1}{imports_write_units:>11.1}"
            );
        }
        println!("\nestimated before the load: few {}, all {}", figures.few.cost, figures.all.cost);
        println!("peak memory          {:.1} MB", figures.peak_memory_kb as f64 / 1024.0);
    }
}

/// A line of a file, with the number of the profile in each of its cells but the city.
fn profile(number: u64, city: &str) -> String {
    format!("person{number}@example.com,{number},Person {number} of the list,{city}")
}

/// A database with the fields `Email`, which has an index, `Number`, `Name` and `City`.
struct Database<'s> {
    system: &'s System,
    client: Client,
    id: OwnerId,
}

impl<'s> Database<'s> {
    async fn make(system: &'s System) -> anyhow::Result<Self> {
        let services = system.services();
        let input = DatabaseInput { name: Some("Bench".to_owned()), ..DatabaseInput::default() };
        let id = databases::create(services, ACCOUNT, &input).await?.id;
        for (name, field_type, index) in [
            ("Email", FieldType::Email, true),
            ("Number", FieldType::Text, false),
            ("Name", FieldType::Text, false),
            ("City", FieldType::Text, false),
        ] {
            let input = FieldInput {
                name: Some(name.to_owned()),
                field_type: Some(field_type),
                index: Some(index),
                ..FieldInput::default()
            };
            create_field(services, ACCOUNT, id, FieldOwner::Database, &input).await?;
        }
        Ok(Self { system, client: Client::new(system.url(), DEMO_TOKEN)?, id })
    }

    /// Imports a file of the rows, and returns the import with the time from the end of the upload until it was complete.
    async fn import(&self, options: &Value, rows: impl Iterator<Item = String>) -> anyhow::Result<(Import, Duration)> {
        let file = write(rows).context("the file cannot be made")?;
        let mut asked = options.clone();
        asked["type"] = "ProfileImport".into();
        asked["database"] = self.id.0.into();
        let id = ImportId(self.client.upload(asked, file.path()).await?);
        settled(self.system, id, &[Status::Complete]).await
    }

    /// Measures an import and its undo.
    async fn measured(&self, options: &Value, rows: impl Iterator<Item = String>) -> anyhow::Result<Measured> {
        let before = self.consumed();
        let (import, took) = self.import(options, rows).await?;
        let passed = self.since(before, took);
        let cost = self.client.import(import.id.0).await?["cost"].clone();
        let (before, began) = (self.consumed(), Instant::now());
        self.client.act(import.id.0, "revert").await?;
        let asked = began.elapsed();
        let (undone, took) = settled(self.system, import.id, &[Status::RolledBack]).await?;
        ensure!(undone.status == Status::RolledBack, "import {} is {}", import.id, undone.status);
        Ok(Measured { import: passed, undo: self.since(before, asked + took), cost })
    }

    fn consumed(&self) -> [Consumed; 2] {
        let store = &self.system.services().store;
        [store.consumed_of(Table::Workspace), store.consumed_of(Table::Imports)]
    }

    fn since(&self, before: [Consumed; 2], took: Duration) -> Passed {
        let [workspace, imports] = self.consumed();
        let (workspace, imports) = (workspace - before[0], imports - before[1]);
        Passed {
            seconds: took.as_secs_f64(),
            workspace_read_units: workspace.read,
            workspace_write_units: workspace.write,
            imports_read_units: imports.read,
            imports_write_units: imports.write,
        }
    }
}

/// Writes a temporary file with a header and these lines.
fn write(rows: impl Iterator<Item = String>) -> anyhow::Result<NamedTempFile> {
    let file = tempfile::Builder::new().prefix("profiles-").suffix(".csv").tempfile()?;
    let mut out = BufWriter::new(file.as_file());
    writeln!(out, "Email,Number,Name,City")?;
    for row in rows {
        writeln!(out, "{row}")?;
    }
    out.flush()?;
    drop(out);
    Ok(file)
}
