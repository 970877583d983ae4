//! Accounts, and who may do what in them.
//!
//! An account is a number that is part of every key; nothing of one account is reached from another. Tokens (see [`token`])
//! lead requests to the account, the user and the scopes that they were made for.

pub mod token;

use serde::{Deserialize, Serialize};

use crate::edit::EditError;
use crate::edit::things::put_user;
use crate::id::{AccountId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Counter};
use crate::store::{StoreError, Write};
use crate::things::{UserFields, user};

pub use token::{Access, Principal, Scope, grant};

/// An account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// The company that its users belong to.
    pub company: String,
}

/// Makes an account of that number with its first user, if it is not there.
pub async fn found(services: &Services, account: &Account, first: UserFields) -> Result<(), EditError> {
    if services.store.get(&keys::account(account.id)).await?.is_some() {
        return Ok(());
    }
    let user = user::new(ThingId(1), first, services.clock.now_ms());
    match put_user(services, account.id, &user).await {
        // An earlier try came this far.
        Ok(()) | Err(EditError::Taken(_)) => {}
        Err(error) => return Err(error),
    }
    let raise = Write::update(keys::counter(account.id, Counter::Users), "SET #n = :one").when_absent().bind(":one", 1);
    match services.store.write(raise).await {
        Err(error) if !error.is_refused() => return Err(error.into()),
        _ => {}
    }
    // The account comes last: it is there once all that belongs to it is.
    services.store.write(Write::put(keys::account(account.id), account)).await?;
    Ok(())
}

/// Makes an account under the next number, with its first user.
pub async fn create(services: &Services, name: &str, company: &str, first: UserFields) -> Result<Account, EditError> {
    loop {
        let id = AccountId(services.store.next_number(keys::account_counter()).await?);
        // The counter knows nothing of accounts that were made under a number of their own.
        if services.store.get(&keys::account(id)).await?.is_none() {
            let account = Account { id, name: name.to_owned(), company: company.to_owned() };
            found(services, &account, first).await?;
            return Ok(account);
        }
    }
}

/// All accounts, by number.
pub async fn all(services: &Services) -> Result<Vec<Account>, StoreError> {
    services.store.read_all(keys::accounts()).await
}
