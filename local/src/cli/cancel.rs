//! The command `waybill cancel`, which stops an import. Rows that are loaded stay, until the import is undone.

use std::process::ExitCode;

use clap::Args;

use super::{Where, report};

/// Arguments of `waybill cancel`.
#[derive(Args)]
pub struct Cancel {
    /// Number of the import, as `waybill list` prints it
    id: u64,
    /// Print the import as the API shows it, as JSON, instead of a report
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: Where,
}

impl Cancel {
    /// Stops the import and shows its state.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let import = self.service.run(async |client| client.act(self.id, "cancel").await).await?;
        if self.json {
            println!("{import}");
        } else {
            print!("{}", report::state(&import));
        }
        Ok(ExitCode::SUCCESS)
    }
}
