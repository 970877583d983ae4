//! The command `waybill show`, which shows an import as it is now.

use std::process::ExitCode;

use clap::Args;

use super::{Where, report};

/// Arguments of `waybill show`.
#[derive(Args)]
pub struct Show {
    /// Number of the import, as `waybill list` prints it
    id: u64,
    /// Print the import as the API shows it, as JSON, instead of a report
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: Where,
}

impl Show {
    /// Shows the import, whatever its status.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let import = self.service.run(async |client| client.import(self.id).await).await?;
        if self.json {
            println!("{import}");
        } else {
            print!("{}", report::state(&import));
        }
        Ok(ExitCode::SUCCESS)
    }
}
