//! Claims of e-mail addresses: users and people share one key space, so an address belongs to one user or to one person.
//!
//! Users, and people whom somebody edits by hand, get and lose a claim in the transaction of the edit. A loader claims the
//! address of a person after the person is written, and an undo gives the claim up before the person is removed, so a
//! crash in between leaves a person without a claim but never a claim without a person.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::is_default;
use crate::id::{AccountId, RecordId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Key};
use crate::store::{StoreError, Table, Write, decode};

/// The user or the person to whom an address belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// A user of the account.
    User(ThingId),
    /// A contact.
    Person(RecordId),
}

/// The item at the key of an address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EmailClaim {
    /// The id of the user or of the person.
    id: u64,
    /// `true` for a person. Claims of users lack the attribute, as before there were people.
    #[serde(default, skip_serializing_if = "is_default")]
    person: bool,
}

impl EmailClaim {
    /// The claim of a user.
    pub fn of_user(id: ThingId) -> Self {
        Self { id: id.0, person: false }
    }

    /// The claim of a person.
    pub fn of_person(id: RecordId) -> Self {
        Self { id: id.0, person: true }
    }

    /// The user or the person to whom the address belongs.
    pub fn holder(&self) -> Holder {
        if self.person { Holder::Person(RecordId(self.id)) } else { Holder::User(ThingId(self.id)) }
    }
}

/// The holder of an address, which the caller has normalised, or `None` for an address which nobody has.
pub async fn holder(services: &Services, account: AccountId, email: &str) -> Result<Option<Holder>, StoreError> {
    let claim: Option<EmailClaim> = services.store.read(&keys::email(account, email)).await?;
    Ok(claim.map(|claim| claim.holder()))
}

/// The holders of addresses, which the caller has normalised; addresses which nobody has are left out.
pub async fn holders<'a>(
    services: &Services,
    account: AccountId,
    emails: impl IntoIterator<Item = &'a str>,
) -> Result<HashMap<String, Holder>, StoreError> {
    let keys: Vec<_> = emails.into_iter().map(|email| keys::email(account, email)).collect();
    let claims = services.store.get_many(&keys).await?.into_iter();
    let held = |item| {
        let email = Key::of(Table::Workspace, &item).sk;
        Ok((email, decode::<EmailClaim>(item)?.holder()))
    };
    claims.map(held).collect()
}

/// The write which claims an address for a person; refused if somebody else has the address. A second write changes
/// nothing.
pub fn claim_for_person(account: AccountId, email: &str, id: RecordId) -> Write {
    let put = Write::put(keys::email(account, email), &EmailClaim::of_person(id));
    put.when(&format!("attribute_not_exists(#pk) OR ({OF_PERSON})")).bind(":id", id).bind(":true", true)
}

/// The write which gives up a person's claim; refused if the address belongs to somebody else or to nobody.
pub fn release_of_person(account: AccountId, email: &str, id: RecordId) -> Write {
    Write::delete(keys::email(account, email)).when(OF_PERSON).bind(":id", id).bind(":true", true)
}

/// A condition: the claim is the person's with the number `:id`.
const OF_PERSON: &str = "#id = :id AND #person = :true";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Item, encode};

    #[test]
    fn a_claim_from_before_there_were_people_is_a_users_and_is_written_as_before() -> Result<(), StoreError> {
        #[derive(Serialize)]
        struct Before {
            id: ThingId,
        }
        let key = keys::email(AccountId(1), "ada@example.com");
        let before: Item = encode(&key, &Before { id: ThingId(7) });
        let claim: EmailClaim = decode(before.clone())?;
        assert_eq!(claim.holder(), Holder::User(ThingId(7)));
        assert_eq!(encode(&key, &EmailClaim::of_user(ThingId(7))), before);
        assert_eq!(EmailClaim::of_person(RecordId(7)).holder(), Holder::Person(RecordId(7)));
        Ok(())
    }
}
