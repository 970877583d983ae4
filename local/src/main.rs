//! `waybill`: the whole system on a laptop, and the command line for a deployed one.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let ended = runtime.block_on(cli::run(arguments));
    // A thread that is still busy, with a spreadsheet for one, is not waited for: its import goes on at the next start.
    runtime.shutdown_background();
    ended.unwrap_or_else(|error| failed(&error))
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("waybill: {error:#}");
    ExitCode::from(2)
}
