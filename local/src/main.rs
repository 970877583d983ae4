//! `waybill`: the whole system on a laptop, and the command line for a deployed one.

mod cli;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    match cli::run(cli::Arguments::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("waybill: {error:#}");
            ExitCode::from(2)
        }
    }
}
