//! The command `waybill import`, which imports a file and waits for the outcome of every row.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::bail;
use clap::Args;
use serde_json::{Value, json};
use shared::import::ImportType;

use super::detect::import_type;
use super::profiles::ProfileArgs;
use super::progress::Progress;
use super::reading::Reading;
use super::{Where, report};

/// Arguments of `waybill import`.
#[derive(Args)]
pub struct Import {
    /// Path of the file
    file: PathBuf,
    #[command(flatten)]
    reading: Reading,
    /// User for the entries of unknown users, by id, or `none` to leave these entries out
    /// [default: the token's user]
    #[arg(long, value_name = "ID|none")]
    fallback_user: Option<String>,
    /// Import entries without their tags
    #[arg(long)]
    no_import_tags: bool,
    /// Do not create unknown projects; their entries are imported without a project
    #[arg(long)]
    no_autocreate_projects: bool,
    /// Create users for unknown people; the undo removes these users again
    #[arg(long)]
    autocreate_users: bool,
    /// Treatment of rows which already exist as entries, or of contacts who already exist: create or skip
    #[arg(long, value_name = "create|skip")]
    duplicates: Option<String>,
    #[command(flatten)]
    profiles: ProfileArgs,
    /// Print one JSON object instead of a report
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    service: Where,
}

impl Import {
    /// Imports the file and prints the report. The exit status is 0 if no row failed, 1 if some rows failed or the
    /// import stopped before its end, and 2 if nothing was imported.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        if !self.file.is_file() {
            bail!("{} is not a file that can be read", self.file.display());
        }
        let asked = self.asked()?;
        let service = self.service.open().await?;
        let began = Instant::now();
        let result = self.import(&service.client, asked).await;
        let again = service.again.clone();
        service.close().await;
        let import = result?;
        if self.json {
            println!("{}", report::machine(&import));
        } else {
            print!("{}", report::import(&import, began.elapsed(), again.as_deref()));
        }
        Ok(report::exit_status(&import))
    }

    async fn import(&self, client: &super::client::Client, asked: Value) -> anyhow::Result<Value> {
        let id = client.upload(asked, &self.file).await?;
        let mut progress = Progress::new(self.json);
        let import = client.settled(id, |import, standing| progress.show(import, standing)).await?;
        progress.done();
        Ok(import)
    }

    fn asked(&self) -> anyhow::Result<Value> {
        let mut asked = self.reading.asked()?;
        if let Some(duplicates) = &self.duplicates {
            asked["duplicates"] = json!(duplicates);
        }
        let import_type = import_type(&self.file, &self.reading)?;
        asked["type"] = json!(import_type);
        match import_type {
            ImportType::Profiles => self.profiles.add_to(&mut asked),
            ImportType::Contacts => self.profiles.add_to_contacts(&mut asked)?,
            ImportType::TimeEntries => self.profiles.check_unused(&[])?,
        }
        if import_type != ImportType::TimeEntries {
            let of_entries = self.no_import_tags || self.no_autocreate_projects || self.autocreate_users;
            if of_entries || self.fallback_user.is_some() {
                let rows = if import_type == ImportType::Contacts { "contacts" } else { "profiles" };
                bail!(
                    "{} has {rows}, and the options for users, projects and tags belong to time entries",
                    self.file.display()
                );
            }
            return Ok(asked);
        }
        match self.fallback_user.as_deref() {
            None => {}
            Some("none" | "null") => asked["fallback_user"] = Value::Null,
            Some(id) => match id.parse::<u64>() {
                Ok(id) => asked["fallback_user"] = json!(id),
                Err(_) => bail!("--fallback-user takes a user's id or none, not {id:?}"),
            },
        }
        asked["import_tags"] = json!(!self.no_import_tags);
        asked["autocreate_projects"] = json!(!self.no_autocreate_projects);
        asked["autocreate_users"] = json!(self.autocreate_users);
        Ok(asked)
    }
}
