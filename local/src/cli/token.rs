//! `waybill token`: who may call, and until when.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;
use serde_json::{Value, json};
use shared::account::token::{self, NewToken, Token as Record};
use shared::account::{Principal, Scope};
use shared::id::{AccountId, ThingId};
use shared::services::Services;
use shared::store::keys::Kind;
use shared::things::Thing;
use shared::things::user::{by_email, normal_email};

use super::account::{exists, number};
use super::tables::Tables;

/// Tokens of an account.
#[derive(Subcommand)]
pub enum Token {
    /// Make a token and show it, this once
    Create(Create),
    /// List the account's tokens
    List(List),
    /// Replace a token by a new one and show that, this once
    Rotate(Rotate),
    /// End a token now
    Revoke(Revoke),
}

/// What a token may be used for.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Use {
    /// Imports
    Import,
    /// Entries, projects, tags and users
    Workspace,
    /// Reading everything, changing nothing
    Read,
}

/// Which account of which tables, and how the answer is printed.
#[derive(Args)]
struct Of {
    /// The account's number
    #[arg(long, value_parser = number)]
    account: AccountId,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    tables: Tables,
}

/// Make a token and show it, this once.
#[derive(Args)]
pub struct Create {
    /// What or whom the token is for
    #[arg(long)]
    name: String,
    /// The user who calls with it, by e-mail address or number
    #[arg(long, default_value = "1")]
    user: String,
    /// What it may be used for
    #[arg(long, value_enum, value_delimiter = ',', default_value = "import,workspace")]
    scopes: Vec<Use>,
    /// Days after which it ends [default: it lasts until it is revoked]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: Option<u16>,
    #[command(flatten)]
    of: Of,
}

/// List the account's tokens.
#[derive(Args)]
pub struct List {
    #[command(flatten)]
    of: Of,
}

/// Replace a token by a new one of the same name, user and scopes, and show that, this once.
#[derive(Args)]
pub struct Rotate {
    /// The token's id, as `token list` shows it
    id: String,
    /// Hours for which the old token is still good
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=720))]
    overlap: u16,
    #[command(flatten)]
    of: Of,
}

/// End a token now.
#[derive(Args)]
pub struct Revoke {
    /// The token's id, as `token list` shows it
    id: String,
    #[command(flatten)]
    of: Of,
}

impl Token {
    /// Runs the command.
    pub async fn run(self) -> anyhow::Result<ExitCode> {
        let of = match &self {
            Self::Create(create) => &create.of,
            Self::List(list) => &list.of,
            Self::Rotate(rotate) => &rotate.of,
            Self::Revoke(revoke) => &revoke.of,
        };
        let open = of.tables.open().await?;
        let done = self.act(&open.services, of).await;
        open.close().await;
        print!("{}", done?);
        Ok(ExitCode::SUCCESS)
    }

    /// Does it; what is printed.
    async fn act(&self, services: &Services, of: &Of) -> anyhow::Result<String> {
        exists(services, of.account).await?;
        match self {
            Self::Create(create) => create.run(services).await,
            Self::List(list) => list.run(services).await,
            Self::Rotate(rotate) => {
                let overlap = Duration::from_hours(rotate.overlap.into());
                let (text, token) = token::rotate(services, of.account, &rotate.id, overlap).await?;
                Ok(shown_once(of, &text, &token))
            }
            Self::Revoke(revoke) => {
                token::revoke(services, of.account, &revoke.id).await?;
                Ok(match of.json {
                    true => format!("{}\n", json!({ "revoked": revoke.id })),
                    false => format!("token {} is revoked\n", revoke.id),
                })
            }
        }
    }
}

impl Create {
    async fn run(&self, services: &Services) -> anyhow::Result<String> {
        let account = self.of.account;
        let user = user(services, account, &self.user).await?;
        let mut scopes: Vec<Scope> = Vec::new();
        for asked in &self.scopes {
            let scope = match asked {
                Use::Import => Scope::Import,
                Use::Workspace => Scope::Workspace,
                Use::Read => Scope::Read,
            };
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        let lasts = self.days.map(|days| Duration::from_hours(24 * u64::from(days)));
        let new = NewToken { name: self.name.clone(), principal: Principal { account, user, scopes }, lasts };
        let (text, token) = token::create(services, &new).await?;
        Ok(shown_once(&self.of, &text, &token))
    }
}

impl List {
    async fn run(&self, services: &Services) -> anyhow::Result<String> {
        let tokens = token::all(services, self.of.account).await?;
        let now = services.clock.now_ms();
        if self.of.json {
            let tokens: Vec<Value> = tokens.iter().map(|token| described(token, now)).collect();
            return Ok(format!("{}\n", Value::Array(tokens)));
        }
        let mut lines = String::new();
        for token in &tokens {
            let state = match (token.revoked_at, token.expires_at) {
                (Some(at), _) => format!("revoked {}", day(at)),
                (None, Some(at)) if at <= now => format!("expired {}", day(at)),
                (None, Some(at)) => format!("until {}", day(at)),
                (None, None) => "no end".to_owned(),
            };
            let used = token.last_used.map_or("never used".to_owned(), |day| format!("last used {day}"));
            let (id, name, user, scopes) = (&token.id, &token.name, token.principal.user, scopes(token));
            let made = day(token.created_at);
            lines.push_str(&format!("{id}  {name}  user {user}  {scopes}  made {made}  {used}  {state}\n"));
        }
        Ok(lines)
    }
}

/// A new token: its text is in no later output.
fn shown_once(of: &Of, text: &str, token: &Record) -> String {
    if of.json {
        let mut shown = described(token, token.created_at);
        shown["token"] = json!(text);
        return format!("{shown}\n");
    }
    format!(
        "{text}\n\nThis is token {} of account {}. It is not kept and cannot be shown again.\n",
        token.id, of.account
    )
}

/// A token for machines.
fn described(token: &Record, now_ms: i64) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "account": token.principal.account,
        "user": token.principal.user,
        "scopes": token.principal.scopes,
        "created_at": time(token.created_at),
        "expires_at": token.expires_at.map(time),
        "revoked_at": token.revoked_at.map(time),
        "last_used": token.last_used,
        "has_ended": token.has_ended(now_ms),
    })
}

fn scopes(token: &Record) -> String {
    let words = token.principal.scopes.iter().map(|scope| match scope {
        Scope::Import => "import",
        Scope::Workspace => "workspace",
        Scope::Read => "read",
    });
    words.collect::<Vec<_>>().join(",")
}

fn time(ms: i64) -> String {
    Timestamp::from_millisecond(ms).unwrap_or_default().to_string()
}

fn day(ms: i64) -> String {
    time(ms).chars().take(10).collect()
}

/// The user whom an address or a number names.
async fn user(services: &Services, account: AccountId, named: &str) -> anyhow::Result<ThingId> {
    if named.contains('@') {
        let found = by_email(services, account, &normal_email(named)).await?;
        return found.with_context(|| format!("account {account} has no user {named}"));
    }
    let id = ThingId(named.parse().with_context(|| format!("{named} is neither an address nor a number"))?);
    match Thing::get(services, account, Kind::User, id).await? {
        Some(_) => Ok(id),
        None => bail!("account {account} has no user {id}"),
    }
}
