//! The commands `waybill account` and `waybill user`, which create the accounts and users for the first tokens.

mod delete;
mod export;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use shared::account::{self, settings};
use shared::edit::users::{self, UserInput};
use shared::id::AccountId;
use shared::quotas::{Quota, WrongQuota};
use shared::services::Services;
use shared::store::keys;
use shared::things::UserFields;
use shared::things::user::is_email;

use super::tables::Tables;

/// Subcommands for accounts.
#[derive(Subcommand)]
pub enum Account {
    /// Create an account with its first user
    Create(Create),
    /// List the accounts
    List(List),
    /// Change the settings of an account
    Set(Set),
    /// Write everything that is stored of an account into a folder
    Export(export::Export),
    /// Delete an account and everything that is stored of it
    Delete(delete::Delete),
}

/// Arguments of `waybill account create`.
#[derive(Args)]
pub struct Create {
    /// Name of the account
    #[arg(long)]
    name: String,
    /// Company to which the account's users belong [default: the account's name]
    #[arg(long)]
    company: Option<String>,
    #[command(flatten)]
    person: Person,
    /// Print one JSON object instead of a sentence
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    tables: Tables,
}

/// Arguments of `waybill account list`.
#[derive(Args)]
pub struct List {
    /// Print a JSON array instead of lines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    tables: Tables,
}

/// Arguments of `waybill account set`. A setting that is not given stays as it is.
#[derive(Args)]
pub struct Set {
    /// Number of the account, as `account list` shows it
    #[arg(long, value_parser = number)]
    account: AccountId,
    /// Zone of the account's times, such as Europe/Berlin
    #[arg(long, value_parser = zone)]
    time_zone: Option<String>,
    /// File with the JSON object that /api/v2 shows as organization_features; - for the vendor's set
    #[arg(long)]
    features: Option<PathBuf>,
    /// Most rows of files that the account may load on a day of UTC; 0 for no quota, - for the stack's quota
    #[arg(long, value_parser = own_quota)]
    rows_a_day: Option<OwnQuota>,
    /// Most imports of the account that have not ended; 0 for no quota, - for the stack's quota
    #[arg(long, value_parser = own_quota)]
    open_imports: Option<OwnQuota>,
    /// Most bytes of a file; 0 for no quota, - for the stack's quota
    #[arg(long, value_parser = own_quota)]
    file_bytes: Option<OwnQuota>,
    #[command(flatten)]
    tables: Tables,
}

/// A quota of an account's own, or `None` for the quota of the stack.
#[derive(Clone, Copy)]
struct OwnQuota(Option<Quota>);

/// Parses a quota of an account: a number, or `-` for the quota of the stack.
fn own_quota(text: &str) -> Result<OwnQuota, String> {
    match text {
        "-" => Ok(OwnQuota(None)),
        number => number.parse().map(|quota| OwnQuota(Some(quota))).map_err(|error: WrongQuota| error.to_string()),
    }
}

/// Subcommands for users.
#[derive(Subcommand)]
pub enum User {
    /// Add a user to an account
    Add(Add),
}

/// Arguments of `waybill user add`.
#[derive(Args)]
pub struct Add {
    /// Number of the account, as `account list` shows it
    #[arg(long, value_parser = number)]
    account: AccountId,
    #[command(flatten)]
    person: Person,
    /// Print one JSON object instead of a sentence
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    tables: Tables,
}

/// Arguments which describe a new user, for an account's first user as well as for later users.
#[derive(Args)]
struct Person {
    /// E-mail address of the user
    #[arg(long, value_parser = email)]
    email: String,
    /// First name of the user
    #[arg(long, default_value = "")]
    first_name: String,
    /// Last name of the user
    #[arg(long, default_value = "")]
    last_name: String,
}

/// Parses the number of an account, for example `1`.
pub fn number(text: &str) -> Result<AccountId, String> {
    text.parse().map_err(|error: shared::id::NotAnId| error.to_string())
}

/// Parses the name of a time zone, for example `Europe/Berlin`.
fn zone(text: &str) -> Result<String, String> {
    let zone = TimeZone::get(text).map_err(|error| error.to_string())?;
    Ok(zone.iana_name().unwrap_or("UTC").to_owned())
}

/// Fails if no account has this number. Without the check, a command could write items which belong to nobody.
pub async fn exists(services: &Services, account: AccountId) -> anyhow::Result<()> {
    let found = services.store.get(&keys::account(account)).await?;
    found.map(drop).with_context(|| format!("there is no account {account}"))
}

fn email(text: &str) -> Result<String, String> {
    let text = text.trim();
    if is_email(text) { Ok(text.to_owned()) } else { Err("is not an e-mail address".to_owned()) }
}

impl Account {
    /// Executes the subcommand on the tables of a stack or a folder.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let open = self.tables().open().await?;
        let done = match &self {
            Self::Create(create) => create.run(&open.services).await,
            Self::List(list) => list.run(&open.services).await,
            Self::Set(set) => set.run(&open.services).await,
            Self::Export(export) => export.run(&open.services).await,
            Self::Delete(delete) => delete.run(&open.services).await,
        };
        open.close().await;
        done
    }

    fn tables(&self) -> &Tables {
        match self {
            Self::Create(create) => &create.tables,
            Self::List(list) => &list.tables,
            Self::Set(set) => &set.tables,
            Self::Export(export) => &export.tables,
            Self::Delete(delete) => &delete.tables,
        }
    }
}

impl Set {
    async fn run(&self, services: &Services) -> anyhow::Result<ExitCode> {
        let before = settings::get(services, self.account).await?;
        let mut settings = before.with_context(|| format!("there is no account {}", self.account))?;
        if let Some(zone) = &self.time_zone {
            settings.time_zone = Some(zone.clone());
        }
        if let Some(file) = &self.features {
            settings.features = if file.as_os_str() == "-" { None } else { Some(features(file)?) };
        }
        for (given, quota) in [
            (self.rows_a_day, &mut settings.quotas.rows_a_day),
            (self.open_imports, &mut settings.quotas.open_imports),
            (self.file_bytes, &mut settings.quotas.file_bytes),
        ] {
            if let Some(OwnQuota(own)) = given {
                *quota = own;
            }
        }
        settings::set(services, self.account, &settings).await?;
        println!("the settings of account {} are changed", self.account);
        Ok(ExitCode::SUCCESS)
    }
}

/// Reads the features of an organization, each of which is an object.
fn features(file: &Path) -> anyhow::Result<Map<String, Value>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let features: Map<String, Value> = serde_json::from_str(&text).context("the features are no JSON object")?;
    match features.iter().find(|(_, feature)| !feature.is_object()) {
        Some((name, _)) => bail!("the feature {name} is no object"),
        None => Ok(features),
    }
}

impl Create {
    async fn run(&self, services: &Services) -> anyhow::Result<ExitCode> {
        let name = self.name.trim();
        if name.is_empty() {
            bail!("the account needs a name");
        }
        let first = UserFields {
            email: self.person.email.clone(),
            first_name: self.person.first_name.clone(),
            last_name: self.person.last_name.clone(),
            ..UserFields::default()
        };
        let company = self.company.as_deref().unwrap_or(name);
        let account = account::create(services, name, company, first).await.context("the account cannot be made")?;
        if self.json {
            println!(
                "{}",
                json!({ "account": account.id, "name": account.name, "user": 1, "email": self.person.email })
            );
        } else {
            println!("account {} \"{}\", with user 1 ({})", account.id, account.name, self.person.email);
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl List {
    async fn run(&self, services: &Services) -> anyhow::Result<ExitCode> {
        let accounts = account::all(services).await?;
        if self.json {
            println!("{}", serde_json::to_string(&accounts)?);
        } else {
            for account in accounts {
                println!("{:>6}  {}  ({})", account.id.0, account.name, account.company);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl User {
    /// Executes the subcommand on the tables of a stack or a folder.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let Self::Add(add) = self;
        let open = add.tables.open().await?;
        let done = add.run(&open.services).await;
        open.close().await;
        done
    }
}

impl Add {
    async fn run(&self, services: &Services) -> anyhow::Result<ExitCode> {
        exists(services, self.account).await?;
        let input = UserInput {
            email: Some(self.person.email.clone()),
            first_name: Some(self.person.first_name.clone()),
            last_name: Some(self.person.last_name.clone()),
            ..UserInput::default()
        };
        let user = users::create(services, self.account, &input).await.context("the user cannot be added")?;
        if self.json {
            println!("{}", json!({ "account": self.account, "user": user.id, "email": self.person.email }));
        } else {
            println!("user {} of account {} ({})", user.id, self.account, self.person.email);
        }
        Ok(ExitCode::SUCCESS)
    }
}
