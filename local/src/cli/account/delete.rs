//! The command `waybill account delete`, which deletes everything that is stored of an account.
//!
//! Access ends first: the tokens go, and then the account's place in the list of accounts, without which no drop makes an import.
//! An account with imports under way is refused before and afterwards, because their functions would write behind the deletion.
//! A deletion that was interrupted goes on when the command is run again.

use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::Args;
use futures::TryStreamExt;
use jiff::{Span, Timestamp, Zoned};
use shared::account::Account;
use shared::files::of_account::prefixes_of;
use shared::id::AccountId;
use shared::services::Services;
use shared::store::{Item, Key, Table, keys};

use super::number;
use crate::cli::tables::Tables;

/// The tables in the order of their deletion. Workspace is the last, for the list of accounts is there.
const TABLES: [Table; 3] = [Table::Events, Table::Imports, Table::Workspace];
/// The days for which point-in-time recovery keeps what a table held, on AWS.
const BACKUP_DAYS: i64 = 35;
/// The most passes over the tables until a pass finds nothing.
const PASSES: usize = 5;
/// The most imports under way that an error names.
const NAMED: usize = 10;

/// Arguments of `waybill account delete`.
#[derive(Args)]
pub struct Delete {
    /// Number of the account, as `account list` shows it
    #[arg(long, value_parser = number)]
    account: AccountId,
    /// Name of the account, as `account list` shows it, to confirm the deletion
    #[arg(long)]
    name: String,
    #[command(flatten)]
    pub tables: Tables,
}

/// The numbers of deleted items and of deleted versions of objects.
#[derive(Clone, Copy, Default)]
struct Deleted {
    items: u64,
    objects: u64,
}

impl Delete {
    /// Deletes the account and prints how much was deleted, and what backups still hold.
    pub async fn run(&self, services: &Services) -> anyhow::Result<ExitCode> {
        // After an interrupted deletion the account itself may be gone already.
        if let Some(account) = Account::get(services, self.account).await? {
            let (id, name) = (self.account, &account.name);
            ensure!(*name == self.name, "account {id} is called {name:?}: say --name {name:?} to delete it");
        }
        self.check_quiet(services).await?;
        self.end_access(services).await?;
        self.check_quiet(services).await?;
        let mut all = Deleted::default();
        for pass in 0.. {
            let deleted = self.pass(services).await?;
            all.items += deleted.items;
            all.objects += deleted.objects;
            if deleted.items + deleted.objects == 0 {
                break;
            }
            ensure!(pass < PASSES, "something still writes to account {}; run the command again later", self.account);
        }
        let (id, Deleted { items, objects }) = (self.account, all);
        println!("account {id}: {items} items and {objects} objects are deleted");
        if self.tables.is_stack() {
            println!("{}", self.left(Timestamp::now())?);
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Fails while imports of the account are under way.
    async fn check_quiet(&self, services: &Services) -> anyhow::Result<()> {
        let open = services.store.all(keys::open_imports()).await?;
        let own = open.iter().filter_map(|item| keys::import_of(&Key::of(Table::Imports, item).pk));
        let own: Vec<String> =
            own.filter(|(account, _)| *account == self.account).map(|(_, import)| import.to_string()).collect();
        if own.is_empty() {
            return Ok(());
        }
        let some = own.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
        bail!(
            "account {} has {} imports under way (numbers {some}): wait for their end, or cancel them; nothing of the \
             account's data was deleted",
            self.account,
            own.len()
        )
    }

    /// Deletes the tokens, and the account from the list of accounts.
    async fn end_access(&self, services: &Services) -> anyhow::Result<()> {
        let mut pages = std::pin::pin!(services.store.items_of_account(Table::Workspace, self.account));
        let own = keys::account(self.account);
        let mut ended = Vec::new();
        while let Some(items) = pages.try_next().await? {
            let keys = items.iter().map(|item| Key::of(Table::Workspace, item));
            ended.extend(keys.filter(|key| *key == own || keys::is_token(key)));
        }
        services.store.delete_all(ended).await.context("the tokens cannot be deleted")
    }

    /// Deletes all items and objects that a pass finds.
    async fn pass(&self, services: &Services) -> anyhow::Result<Deleted> {
        let mut deleted = Deleted::default();
        for table in TABLES {
            let mut pages = std::pin::pin!(services.store.items_of_account(table, self.account));
            while let Some(items) = pages.try_next().await? {
                deleted.items += items.len() as u64;
                let keys = items.iter().map(|item: &Item| Key::of(table, item)).collect();
                services.store.delete_all(keys).await?;
            }
        }
        for prefix in prefixes_of(self.account) {
            deleted.objects += services.files.delete_below(&prefix).await?;
        }
        Ok(deleted)
    }

    /// The sentence about backups.
    fn left(&self, now: Timestamp) -> anyhow::Result<String> {
        let until = now.to_zoned(jiff::tz::TimeZone::UTC).checked_add(Span::new().days(BACKUP_DAYS))?;
        let day = Zoned::date(&until);
        Ok(format!(
            "Backups: point-in-time recovery of the tables Imports and Workspace holds the deleted items until {day}. Backups \
             that you made yourself, and systems that received events or files, hold what they received."
        ))
    }
}
