//! Users, found by e-mail address or by full name through claims. The claim of an address belongs to a single user or
//! person ([`super::claim`]), while several users may claim the same name.

use serde::{Deserialize, Serialize};

use super::claim::{self, EmailClaim, Holder};
use super::{Body, Thing, UserFields};
use crate::id::{AccountId, ImportId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, Write};
use crate::things::names::{normal, tidy};

pub use crate::values::compared::{is_email, normal_email};

/// The item which claims a name for a user.
#[derive(Debug, Serialize, Deserialize)]
struct NameClaim {
    id: ThingId,
}

/// The user with this address, which the caller has normalised, or `None` for an unknown address and for the address
/// of a contact.
pub async fn by_email(services: &Services, account: AccountId, email: &str) -> Result<Option<ThingId>, StoreError> {
    Ok(match claim::holder(services, account, email).await? {
        Some(Holder::User(user)) => Some(user),
        Some(Holder::Person(_)) | None => None,
    })
}

/// The users with this full name, which the caller has normalised; several users may share a name.
pub async fn by_name(services: &Services, account: AccountId, name: &str) -> Result<Vec<ThingId>, StoreError> {
    let claims: Vec<NameClaim> = services.store.read_all(keys::users_named(account, name)).await?;
    Ok(claims.into_iter().map(|claim| claim.id).collect())
}

/// The key of a user without an address: the name behind a control character with which no address begins.
pub fn name_key(name: &str) -> String {
    format!("\u{1f}{}", normal(name))
}

/// A new user with these fields, created at `at` (milliseconds since the epoch); the key is the address, or the name if
/// there is no address.
pub fn new(id: ThingId, fields: UserFields, at: i64) -> Thing {
    let name = tidy(&format!("{} {}", fields.first_name, fields.last_name));
    let email = normal_email(&fields.email);
    let key = if email.is_empty() { name_key(&name) } else { email };
    Thing { body: Body::User(fields), ..Thing::new(Kind::User, id, key, name, ImportId::HAND, at) }
}

/// The normalised address of a user, or `None` for a user known by name only.
fn address(user: &Thing) -> Option<&str> {
    Some(user.key.as_str()).filter(|key| !key.starts_with('\u{1f}'))
}

/// The writes which claim a user's address and name, leaving out claims which the user held `before` the edit.
pub fn claims(account: AccountId, user: &Thing, before: Option<&Thing>) -> Vec<Write> {
    let mut writes = Vec::new();
    if let Some(address) = address(user).filter(|_| before.is_none_or(|before| before.key != user.key)) {
        writes.push(Write::put(keys::email(account, address), &EmailClaim::of_user(user.id)).when_absent());
    }
    let name = normal(&user.name);
    if !name.is_empty() && before.is_none_or(|before| normal(&before.name) != name) {
        writes.push(Write::put(keys::user_name(account, &name, user.id), &NameClaim { id: user.id }));
    }
    writes
}

/// The writes which give up a user's claims, keeping claims which the `next` state of the user needs.
pub fn release(account: AccountId, user: &Thing, next: Option<&Thing>) -> Vec<Write> {
    let mut writes = Vec::new();
    if let Some(address) = address(user).filter(|_| next.is_none_or(|next| next.key != user.key)) {
        writes.push(Write::delete(keys::email(account, address)));
    }
    let name = normal(&user.name);
    if !name.is_empty() && next.is_none_or(|next| normal(&next.name) != name) {
        writes.push(Write::delete(keys::user_name(account, &name, user.id)));
    }
    writes
}
