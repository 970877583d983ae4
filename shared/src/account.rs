//! Accounts (tenants), the first user of each, and the tokens by which requests are admitted.
//!
//! An account is a number, and the number is part of every storage key. A request therefore never reaches the data of
//! another account. A token (see [`token`]) leads a request to an account, a user and the token's scopes.

pub mod allowance;
pub mod day;
pub mod settings;
pub mod token;

use serde::{Deserialize, Serialize};

use crate::edit::EditError;
use crate::edit::users;
use crate::id::{AccountId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Counter};
use crate::store::{StoreError, Write};
use crate::things::{UserFields, user};

pub use settings::Settings;
pub use token::{Access, Principal, Scope, grant};

/// An account, as stored in the table Workspace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// The account's number, part of every key of the account's data.
    pub id: AccountId,
    /// The account's name, as people read the name.
    pub name: String,
    /// The name of the company in which the account's users work.
    pub company: String,
    /// The time at which the account was made, in milliseconds since 1970. `None` for an account that was made before
    /// accounts had a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<i64>,
    /// The choices of the account's owner.
    #[serde(default)]
    pub settings: Settings,
}

impl Account {
    /// An account with the default settings, which is not stored yet.
    pub fn new(id: AccountId, name: impl Into<String>, company: impl Into<String>) -> Self {
        Self { id, name: name.into(), company: company.into(), created_at: None, settings: Settings::default() }
    }

    /// The account with this number, or `None` for a number without an account.
    pub async fn get(services: &Services, id: AccountId) -> Result<Option<Self>, StoreError> {
        services.store.read(&keys::account(id)).await
    }
}

/// Makes an account under the number in `account`, with `first` as user 1. If the account exists, nothing changes.
pub async fn found(services: &Services, account: &Account, first: UserFields) -> Result<(), EditError> {
    if services.store.get(&keys::account(account.id)).await?.is_some() {
        return Ok(());
    }
    let user = user::new(ThingId(1), first, services.clock.now_ms());
    match users::put(services, account.id, &user).await {
        // An earlier attempt wrote the user and died before the account was written.
        Ok(()) | Err(EditError::Taken(_)) => {}
        Err(error) => return Err(error),
    }
    let raise = Write::update(keys::counter(account.id, Counter::Users), "SET #n = :one").when_absent().bind(":one", 1);
    services.store.attempt(raise).await?;
    // The account's item is written last, so a reader who finds the account also finds the user and the counter.
    let account = Account { created_at: Some(user.created_at), ..account.clone() };
    services.store.write(Write::put(keys::account(account.id), &account)).await?;
    Ok(())
}

/// Makes an account under the next free number, with `first` as user 1.
pub async fn create(services: &Services, name: &str, company: &str, first: UserFields) -> Result<Account, EditError> {
    loop {
        let id = AccountId(services.store.next_number(keys::account_counter()).await?);
        // The counter does not count accounts made by [`found`] under a number of the caller's choice.
        if services.store.get(&keys::account(id)).await?.is_none() {
            let account = Account::new(id, name, company);
            found(services, &account, first).await?;
            return Ok(account);
        }
    }
}

/// Reads all accounts, in the order of their numbers.
pub async fn all(services: &Services) -> Result<Vec<Account>, StoreError> {
    services.store.read_all(keys::accounts()).await
}
