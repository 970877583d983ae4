//! Tests of quotas: at each edge, on each door, for each way in which a file comes, and across midnight of UTC.

mod doors;
mod files;
mod rows;

use anyhow::Context;
use shared::account::{Settings, settings};
use shared::id::AccountId;
use shared::quotas::OwnQuotas;

use crate::dump::Dump;
use crate::stack::Stack;

/// Gives an account quotas of its own, as `waybill account set` does.
pub async fn set(stack: &Stack, account: u64, quotas: OwnQuotas) -> anyhow::Result<()> {
    let services = stack.system.services();
    let before = settings::get(services, AccountId(account)).await?.context("no such account")?;
    Ok(settings::set(services, AccountId(account), &Settings { quotas, ..before }).await?)
}

/// A quota of open imports, and no other.
pub fn open_imports(most: u64) -> OwnQuotas {
    OwnQuotas { open_imports: Some(most.into()), ..OwnQuotas::default() }
}

/// A quota of bytes in a file, and no other.
fn file_bytes(most: usize) -> OwnQuotas {
    OwnQuotas { file_bytes: Some((most as u64).into()), ..OwnQuotas::default() }
}

/// A quota of rows a day, and no other.
fn rows_a_day(most: u64) -> OwnQuotas {
    OwnQuotas { rows_a_day: Some(most.into()), ..OwnQuotas::default() }
}

/// Everything that is stored: both tables, and the keys of all objects.
async fn all_that_is_stored(stack: &Stack) -> anyhow::Result<(Dump, Dump, Vec<String>)> {
    let list = stack.system.s3().list_objects_v2().bucket(stack.system.services().files.bucket()).send().await?;
    let keys = list.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect();
    Ok((stack.dump(shared::store::Table::Imports).await?, stack.workspace().await?, keys))
}
