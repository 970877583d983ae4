//! The command `waybill resume`, which goes on with a stopped import and waits for its end, unless the import waits for its
//! file or for somebody to start it.

use std::process::ExitCode;

use clap::Args;
use serde_json::Value;

use super::progress::Progress;
use super::{Where, report};

/// Arguments of `waybill resume`.
#[derive(Args)]
pub struct Resume {
    /// Number of the import, as `waybill list` prints it
    id: u64,
    /// Print one JSON object instead of a report
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: Where,
}

impl Resume {
    /// Resumes the import and prints the report. The exit status is that of `waybill import`, or 0 for an import that is
    /// `new` and waits for its file or its start.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let resumed = self.service.run(async |client| {
            let resumed = client.act(self.id, "resume").await?;
            if is_new(&resumed) {
                return Ok(resumed);
            }
            let mut progress = Progress::new(self.json);
            let import = client.settled(self.id, |import, standing| progress.show(import, standing)).await?;
            progress.done();
            Ok(import)
        });
        let import = resumed.await?;
        if self.json {
            println!("{}", report::machine(&import));
        } else {
            print!("{}", report::state(&import));
        }
        Ok(if is_new(&import) { ExitCode::SUCCESS } else { report::exit_status(&import) })
    }
}

fn is_new(import: &Value) -> bool {
    import["status"] == "new"
}
