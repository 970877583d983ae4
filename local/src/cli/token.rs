//! The command `waybill token`, which manages the tokens for calls to an account.

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

/// Subcommands for the tokens of an account.
#[derive(Subcommand)]
pub enum Token {
    /// Create a token and show it, this once
    Create(Create),
    /// List the account's tokens
    List(List),
    /// Replace a token by a new token, and show the new token, this once
    Rotate(Rotate),
    /// Revoke a token at once
    Revoke(Revoke),
}

/// The scopes of a token, under their names on the command line.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Use {
    /// Imports and their undo
    Import,
    /// Entries, projects, tags and users
    Workspace,
    /// Companies and people
    Contacts,
    /// Databases, profiles and subprofiles
    Profiles,
    /// Read access to all data, and no changes
    Read,
}

/// Arguments which every token command has: the account, its tables, and the form of the output.
#[derive(Args)]
struct Of {
    /// Number of the account, as `account list` shows it
    #[arg(long, value_parser = number)]
    account: AccountId,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    tables: Tables,
}

/// Arguments of `waybill token create`.
#[derive(Args)]
pub struct Create {
    /// Name of the token, such as its purpose or its owner
    #[arg(long)]
    name: String,
    /// User whose calls carry the token, by e-mail address or number
    #[arg(long, default_value = "1")]
    user: String,
    /// Permissions of the token
    #[arg(long, value_enum, value_delimiter = ',', default_value = "import,workspace")]
    scopes: Vec<Use>,
    /// Days after which the token ends [default: the token lasts until it is revoked]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=3650))]
    days: Option<u16>,
    #[command(flatten)]
    of: Of,
}

/// Arguments of `waybill token list`.
#[derive(Args)]
pub struct List {
    #[command(flatten)]
    of: Of,
}

/// Arguments of `waybill token rotate`. The new token has the old token's name, user and scopes.
#[derive(Args)]
pub struct Rotate {
    /// Id of the token, as `token list` shows it
    id: String,
    /// Hours for which the old token stays valid
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=720))]
    overlap: u16,
    #[command(flatten)]
    of: Of,
}

/// Arguments of `waybill token revoke`.
#[derive(Args)]
pub struct Revoke {
    /// Id of the token, as `token list` shows it
    id: String,
    #[command(flatten)]
    of: Of,
}

impl Token {
    /// Executes the subcommand and prints the result.
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

    /// Executes the subcommand, and returns the text for standard output.
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
                Use::Contacts => Scope::Contacts,
                Use::Profiles => Scope::Profiles,
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

/// Formats a new token together with its secret text, which no later output contains.
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

/// Formats a token as JSON, without its secret text.
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
        Scope::Contacts => "contacts",
        Scope::Profiles => "profiles",
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

/// Finds the user with the given e-mail address or number.
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
