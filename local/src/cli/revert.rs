//! The command `waybill revert`, which undoes an import and waits for the end of the undo.

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use super::progress::Progress;
use super::{Where, report};

/// Arguments of `waybill revert`.
#[derive(Args)]
pub struct Revert {
    /// Number of the import, as `waybill import` prints it
    id: u64,
    /// Print one JSON object instead of a report
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: Where,
}

impl Revert {
    /// Undoes the import and prints the report.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let service = self.service.open().await?;
        let result: anyhow::Result<Value> = async {
            service.client.act(self.id, "revert").await?;
            let mut progress = Progress::new(self.json);
            let import = service.client.settled(self.id, |import, standing| progress.show(import, standing)).await?;
            progress.done();
            Ok(import)
        }
        .await;
        service.close().await;
        let import = result?;
        if self.json {
            println!("{import}");
        } else {
            print!("{}", report::undo(&import));
        }
        Ok(if import["status"] == "rolled_back" { ExitCode::SUCCESS } else { ExitCode::from(2) })
    }
}
