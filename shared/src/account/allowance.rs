//! What an account may still do by its quotas ([`crate::quotas`]).
//!
//! Doors ask before they make an import and after they have looked for the import of the same `Idempotency-Key`: a
//! repeated request gets its import, and a refused request leaves nothing behind.
//!
//! # Open imports
//!
//! An import is open until it has ended, so an import that is being undone is open as well. Open imports are counted by the
//! index `listed`, one query for each of the four open statuses, and no query reads more than one entry beyond the quota. An
//! index of DynamoDB follows its table after a moment, and two requests may count at the same time. So some more imports than
//! the quota may be made at once; a counter that each making and each end of an import had to write would be exact, and
//! all imports of an account would wait for it.

use futures::future::try_join_all;

use super::Account;
use crate::id::{AccountId, MAX_IMPORTS};
use crate::import::{ImportError, Status};
use crate::quotas::{OverQuota, Quotas};
use crate::services::Services;
use crate::store::{StoreError, keys};

/// The quotas that hold for an account: its own, and where it has none, those of the stack.
pub async fn quotas(services: &Services, account: AccountId) -> Result<Quotas, StoreError> {
    let own = Account::get(services, account).await?.map(|account| account.settings.quotas);
    Ok(own.unwrap_or_default().over(services.quotas))
}

/// Admits a request that makes an import, whose file has `bytes` bytes, or `None` if nobody knows the size yet.
///
/// # Errors
/// [`ImportError::OverQuota`] if the file is too large, or the account has too many open imports.
pub async fn admit(services: &Services, account: AccountId, bytes: Option<u64>) -> Result<(), ImportError> {
    let quotas = quotas(services, account).await?;
    bytes.map_or(Ok(()), |bytes| quotas.admit_file(bytes))?;
    match quotas.open_imports.most() {
        Some(most) if open_imports(services, account, most).await? >= most => {
            Err(OverQuota::OpenImports { most }.into())
        }
        _ => Ok(()),
    }
}

/// The number of imports of the account that have not ended, counted up to `most`.
pub async fn open_imports(services: &Services, account: AccountId, most: u64) -> Result<u64, StoreError> {
    let open = Status::ALL.into_iter().filter(|status| !status.is_settled());
    let counts = try_join_all(open.map(|status| of_status(services, account, status, most))).await?;
    Ok(counts.into_iter().sum::<u64>().min(most))
}

/// The number of imports of a status, counted up to `most`.
async fn of_status(services: &Services, account: AccountId, status: Status, most: u64) -> Result<u64, StoreError> {
    let limit = usize::try_from(most).unwrap_or(usize::MAX);
    let query = keys::numbered_imports_of(account, status.name(), 1, MAX_IMPORTS).keys_only().limit(limit);
    let mut pages = services.store.pages(query);
    let mut count = 0;
    while let Some(items) = pages.next().await? {
        count += items.len() as u64;
        if count >= most {
            break;
        }
    }
    Ok(count)
}
