//! Claims of e-mail addresses: users and people share one key space, so an address belongs to one user or to one person.
//!
//! A claim says whose address it is. The claim of a person carries the version of the person's record at the last edit
//! by hand, so the undo of an import releases a claim only if nobody has edited the person since the undo read the
//! record. Users put and delete their claims in the transaction that changes the user ([`super::user`]).

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
    /// The version of the person's record at the last edit by hand. Absent for users, and for a person whom nobody has
    /// edited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
}

impl EmailClaim {
    /// The claim of a user.
    pub fn of_user(id: ThingId) -> Self {
        Self { id: id.0, person: false, version: None }
    }

    /// The claim of a person whose record has this version.
    pub fn of_person(id: RecordId, version: u64) -> Self {
        Self { id: id.0, person: true, version: Some(version).filter(|&version| version > 1) }
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

/// The write which claims an address for a person whose record has this version; refused if somebody else has the
/// address. A second write changes nothing.
pub fn claim_for_person(account: AccountId, email: &str, id: RecordId, version: u64) -> Write {
    let put = Write::put(keys::email(account, email), &EmailClaim::of_person(id, version));
    put.when(&format!("attribute_not_exists(#pk) OR ({OF_PERSON})")).bind(":id", id).bind(":true", true)
}

/// The write which gives up a person's claim; refused if the address belongs to somebody else or to nobody.
pub fn release_of_person(account: AccountId, email: &str, id: RecordId) -> Write {
    Write::delete(keys::email(account, email)).when(OF_PERSON).bind(":id", id).bind(":true", true)
}

/// Like [`release_of_person`], and refused also if an edit by hand has raised the record to another version than
/// `seen`.
pub fn release_of_unchanged(account: AccountId, email: &str, id: RecordId, seen: u64) -> Write {
    let release = release_of_person(account, email, id);
    match EmailClaim::of_person(id, seen).version {
        Some(seen) => release.and_when("#version = :seen").bind(":seen", seen),
        None => release.and_when("attribute_not_exists(#version)"),
    }
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
        Ok(())
    }

    #[test]
    fn a_persons_claim_tells_the_version_only_after_an_edit() {
        assert_eq!(EmailClaim::of_person(RecordId(5), 1).version, None);
        assert_eq!(EmailClaim::of_person(RecordId(5), 2).version, Some(2));
        assert_eq!(EmailClaim::of_person(RecordId(5), 2).holder(), Holder::Person(RecordId(5)));
    }
}
