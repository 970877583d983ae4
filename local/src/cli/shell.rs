//! The commands `waybill completions` and `waybill man`, which describe the command line itself.

use std::io::{Write, stdout};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;

/// Arguments of `waybill completions`.
#[derive(Args)]
pub struct Completions {
    /// Shell for which the script is written
    shell: Shell,
}

/// Arguments of `waybill man`.
#[derive(Args)]
pub struct Manual {
    /// Command whose page is written [default: the page of waybill itself]
    command: Option<String>,
}

impl Completions {
    /// Prints the script.
    pub fn run(&self, mut command: Command) -> anyhow::Result<ExitCode> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "waybill", &mut script);
        stdout().write_all(&script)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Manual {
    /// Prints the page, for `man -l -`.
    pub fn run(&self, mut command: Command) -> anyhow::Result<ExitCode> {
        command.build();
        let page = match &self.command {
            None => command,
            Some(name) => {
                let found = command.find_subcommand(name).filter(|found| !found.is_hide_set());
                found.with_context(|| format!("there is no command {name}"))?.clone()
            }
        };
        let mut text = Vec::new();
        Man::new(page).render(&mut text)?;
        stdout().write_all(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}
