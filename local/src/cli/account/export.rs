//! The command `waybill account export`, which writes everything that is stored of an account into a folder.
//!
//! | file | contents |
//! |---|---|
//! | `imports.json`, `workspace.json`, `events.json` | the items of a table, one a line, each as `{"Item": …}` in DynamoDB's JSON, the form in which DynamoDB imports a table from S3 |
//! | `objects/<key>` | the files of the account in the bucket |

use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use futures::TryStreamExt;
use serde_json::{Map, Value, json};
use shared::files::of_account::prefixes_of;
use shared::id::AccountId;
use shared::services::Services;
use shared::store::{Item, Table};
use tokio::fs::File;
use tokio::io::{AsyncWriteExt, BufWriter};

use super::{exists, number};
use crate::cli::tables::Tables;

/// The tables with the names of their files.
const FILES: [(Table, &str); 3] =
    [(Table::Imports, "imports.json"), (Table::Workspace, "workspace.json"), (Table::Events, "events.json")];

/// Arguments of `waybill account export`.
#[derive(Args)]
pub struct Export {
    /// Number of the account, as `account list` shows it
    #[arg(long, value_parser = number)]
    account: AccountId,
    /// Folder to write into, which must be empty or not exist
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    #[command(flatten)]
    pub tables: Tables,
}

impl Export {
    /// Writes the folder and prints the numbers of items and objects.
    pub async fn run(&self, services: &Services) -> anyhow::Result<ExitCode> {
        exists(services, self.account).await?;
        std::fs::create_dir_all(&self.to).with_context(|| format!("{} cannot be made", self.to.display()))?;
        let is_empty = std::fs::read_dir(&self.to)?.next().is_none();
        ensure!(is_empty, "{} is not empty", self.to.display());
        let mut items = 0;
        for (table, name) in FILES {
            items += write_table(services, table, self.account, &self.to.join(name)).await?;
        }
        let mut objects = 0;
        for prefix in prefixes_of(self.account) {
            for key in services.files.keys_below(&prefix).await? {
                write_object(services, &key, &self.to).await.with_context(|| format!("{key} cannot be written"))?;
                objects += 1;
            }
        }
        println!("account {}: {items} items and {objects} objects are in {}", self.account, self.to.display());
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes the account's items of a table, and returns their number.
async fn write_table(services: &Services, table: Table, account: AccountId, to: &Path) -> anyhow::Result<u64> {
    let mut file = BufWriter::new(File::create_new(to).await?);
    let mut written = 0;
    let mut pages = std::pin::pin!(services.store.items_of_account(table, account));
    while let Some(items) = pages.try_next().await? {
        for item in &items {
            let line = json!({ "Item": typed_item(item) });
            file.write_all(format!("{line}\n").as_bytes()).await?;
        }
        written += items.len() as u64;
    }
    file.flush().await?;
    Ok(written)
}

/// Writes an object below `objects/`, at the path that its key spells.
async fn write_object(services: &Services, key: &str, to: &Path) -> anyhow::Result<()> {
    let path = Path::new(key);
    // A dropped file has the name that its sender chose.
    let is_plain = path.components().all(|part| matches!(part, Component::Normal(_))) && !key.contains("//");
    ensure!(is_plain, "the key is no path within a folder");
    let path = to.join("objects").join(path);
    std::fs::create_dir_all(path.parent().unwrap_or(to))?;
    let mut file = BufWriter::new(File::create_new(&path).await?);
    let mut body = services.files.download(key).await?;
    while let Some(bytes) = body.try_next().await? {
        file.write_all(&bytes).await?;
    }
    file.flush().await?;
    Ok(())
}

/// An item in DynamoDB's JSON.
fn typed_item(item: &Item) -> Map<String, Value> {
    item.iter().map(|(name, value)| (name.clone(), typed(value))).collect()
}

/// A value in DynamoDB's JSON, where numbers are texts and bytes are in base64.
fn typed(value: &AttributeValue) -> Value {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(is_true) => json!({ "BOOL": is_true }),
        AttributeValue::B(bytes) => json!({ "B": STANDARD.encode(bytes) }),
        AttributeValue::L(list) => json!({ "L": list.iter().map(typed).collect::<Vec<_>>() }),
        AttributeValue::M(map) => json!({ "M": typed_item(map) }),
        AttributeValue::Ss(texts) => json!({ "SS": texts }),
        AttributeValue::Ns(numbers) => json!({ "NS": numbers }),
        AttributeValue::Bs(all) => json!({ "BS": all.iter().map(|bytes| STANDARD.encode(bytes)).collect::<Vec<_>>() }),
        _ => json!({ "NULL": true }),
    }
}
