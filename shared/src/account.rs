//! Accounts, and who may do what in them.
//!
//! A token is one user of one account with some scopes. Only its SHA-256 is stored, as the key; a token
//! therefore leads to its principal by one read, and to nothing of any other account, since the account
//! is part of every key that is built from the principal.

use serde::{Deserialize, Serialize};

use crate::entity::by_hand::{EditError, things::put_user};
use crate::entity::{UserFields, user};
use crate::id::{AccountId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Counter};
use crate::store::{StoreError, Write};

/// What a token may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Reading and writing imports.
    Import,
    /// Reading and writing entries, projects, tags and users.
    Workspace,
}

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

/// Who makes a request: one user of one account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Principal {
    /// The account.
    pub account: AccountId,
    /// The user.
    pub user: ThingId,
    /// What the token may be used for.
    pub scopes: Vec<Scope>,
}

impl Principal {
    /// The principal of a token, if it is one.
    pub async fn of_token(services: &Services, token: &str) -> Result<Option<Self>, StoreError> {
        if token.is_empty() {
            return Ok(None);
        }
        services.store.read(&keys::token(token)).await
    }

    /// Whether the token may be used for that.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }

    /// As the history names it.
    pub fn signature(&self) -> String {
        format!("user {}", self.user)
    }
}

/// Makes an account with its first user, if it is not there.
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
    services.store.write(Write::put(keys::account(account.id), account)).await?;
    Ok(())
}

/// Gives a token to a user. The token itself is not kept.
pub async fn grant(services: &Services, token: &str, principal: &Principal) -> Result<(), StoreError> {
    services.store.write(Write::put(keys::token(token), principal)).await.map(drop)
}
