//! The command `waybill list`, which lists the imports of the account, newest first.

use std::process::ExitCode;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use serde_json::Value;

use super::{Where, columns};

/// Arguments of `waybill list`.
#[derive(Args)]
pub struct List {
    /// List imports with these statuses only, for example complete,failed
    #[arg(long, value_delimiter = ',', value_name = "STATUS")]
    status: Vec<String>,
    /// Largest number of imports to list
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    limit: usize,
    /// Print one JSON array instead of a table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: Where,
}

impl List {
    /// Lists the imports.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let (imports, more) = self.service.run(async |client| client.imports(&self.status, self.limit).await).await?;
        if self.json {
            println!("{}", Value::Array(imports));
            return Ok(ExitCode::SUCCESS);
        }
        print!("{}", shown(&imports));
        if more {
            println!("… and more; --limit {} lists more", self.limit.saturating_mul(10));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn shown(imports: &[Value]) -> String {
    if imports.is_empty() {
        return "There are no such imports.\n".to_owned();
    }
    let text = |import: &Value, name: &str| import[name].as_str().unwrap_or_default().to_owned();
    let row = |import: &Value| {
        let created = text(import, "created_at").chars().take(16).collect::<String>().replace('T', " ");
        let size = text(import, "file_size");
        [import["id"].to_string(), text(import, "status"), created, size, text(import, "file_name")]
    };
    let rows: Vec<_> = imports.iter().map(row).collect();
    columns::table(["ID", "STATUS", "CREATED (UTC)", "BYTES", "FILE"], &rows)
}
