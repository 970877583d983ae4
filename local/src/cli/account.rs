//! `waybill account` and `waybill user`: who is there before the first token.

use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use serde_json::json;
use shared::account;
use shared::edit::things::{UserInput, create_user};
use shared::id::AccountId;
use shared::services::Services;
use shared::store::keys;
use shared::things::UserFields;
use shared::things::user::is_email;

use super::tables::Tables;

/// Accounts.
#[derive(Subcommand)]
pub enum Account {
    /// Make an account with its first user
    Create(Create),
    /// List the accounts
    List(List),
}

/// Make an account with its first user.
#[derive(Args)]
pub struct Create {
    /// The account's name
    #[arg(long)]
    name: String,
    /// The company that its users belong to [default: the account's name]
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

/// List the accounts.
#[derive(Args)]
pub struct List {
    /// Print a JSON array instead of lines
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    tables: Tables,
}

/// Users.
#[derive(Subcommand)]
pub enum User {
    /// Add a user to an account
    Add(Add),
}

/// Add a user to an account.
#[derive(Args)]
pub struct Add {
    /// The account's number
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

/// A new user.
#[derive(Args)]
struct Person {
    /// The user's e-mail address
    #[arg(long, value_parser = email)]
    email: String,
    /// The user's first name
    #[arg(long, default_value = "")]
    first_name: String,
    /// The user's last name
    #[arg(long, default_value = "")]
    last_name: String,
}

/// An account's number.
pub fn number(text: &str) -> Result<AccountId, String> {
    text.parse().map_err(|error: shared::id::NotAnId| error.to_string())
}

/// That there is an account of that number: anything else written under it would belong to nobody.
pub async fn exists(services: &Services, account: AccountId) -> anyhow::Result<()> {
    let found = services.store.get(&keys::account(account)).await?;
    found.map(drop).with_context(|| format!("there is no account {account}"))
}

fn email(text: &str) -> Result<String, String> {
    let text = text.trim();
    if is_email(text) { Ok(text.to_owned()) } else { Err("is not an e-mail address".to_owned()) }
}

impl Account {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Create(create) => {
                let open = create.tables.open().await?;
                let done = create.run(&open.services).await;
                open.close().await;
                done
            }
            Self::List(list) => {
                let open = list.tables.open().await?;
                let done = list.run(&open.services).await;
                open.close().await;
                done
            }
        }
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
    /// Runs the command.
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
        let user = create_user(services, self.account, &input).await.context("the user cannot be added")?;
        if self.json {
            println!("{}", json!({ "account": self.account, "user": user.id, "email": self.person.email }));
        } else {
            println!("user {} of account {} ({})", user.id, self.account, self.person.email);
        }
        Ok(ExitCode::SUCCESS)
    }
}
