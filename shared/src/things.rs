//! Shared things: users, clients, projects and tags, which many rows name.
//!
//! A thing has a unique, normalised key. Its id is derived from the key ([`ThingId::derive`]), so it does not matter which of
//! two racing loaders came first, and the id is part of its storage key, so that uniqueness needs no second item. Each thing
//! counts its references; a thing with references cannot be deleted, and a thing that an undone import made is removed with
//! its last reference.

pub(crate) mod ensure;
pub mod find;
pub mod maker;
pub mod names;
pub mod note;
pub mod reference;
pub mod retired;
pub mod sums;
pub mod user;

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, ImportId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{StoreError, decode};

/// A user, client, project or tag. Times are milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Thing {
    /// The id.
    pub id: ThingId,
    /// What it is.
    pub kind: Kind,
    /// The unique, normalised value.
    pub key: String,
    /// As people write it.
    pub name: String,
    /// Who refers to it: imports, the account's own entries, projects of a client.
    pub refs: i64,
    /// The import that made it, or [`ImportId::HAND`].
    pub created_by: ImportId,
    /// Raised by each edit by hand, from 1.
    pub version: u64,
    /// When it was made.
    pub created_at: i64,
    /// When it was edited last.
    pub updated_at: i64,
    /// Whether entries of it can be billed.
    pub billable: bool,
    /// What projects have besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectFields>,
    /// What users have besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<UserFields>,
    /// Its import is undone: whoever drops the last reference removes it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub orphan: bool,
    /// It was merged into another or deleted, and somebody still refers to it ([`retired`]).
    #[serde(default, skip_serializing_if = "is_false")]
    pub retired: bool,
    /// How many things were merged into this one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub merges: u64,
    /// How often an edit by hand has given this tag to an entry that has others.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub touched: u64,
    /// Another key hashes to this id and lies further on.
    #[serde(default, skip_serializing_if = "is_false")]
    pub displaced: bool,
    /// Nothing but a mark that others lie further on.
    #[serde(default, skip_serializing_if = "is_false")]
    pub removed: bool,
    /// Nothing but a sign: the thing with this key was renamed to it and lies there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias_of: Option<ThingId>,
    /// Where the sign to this thing stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alias_at: Option<ThingId>,
}

/// What projects have besides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectFields {
    /// Whom it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ThingId>,
    /// Whether it is in use.
    pub enabled: bool,
    /// The step in minutes that time is billed in.
    pub stepping: u32,
    /// Its colour, `#rrggbb`.
    pub color_hex: String,
    /// Budgeted minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_minutes: Option<u64>,
}

impl Default for ProjectFields {
    fn default() -> Self {
        Self { client: None, enabled: true, stepping: 1, color_hex: "#4b6ea8".to_owned(), budget_minutes: None }
    }
}

/// What users have besides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UserFields {
    /// The address, as it was given.
    pub email: String,
    /// The first name.
    #[serde(default)]
    pub first_name: String,
    /// The last name.
    #[serde(default)]
    pub last_name: String,
    /// The role, which is only kept and shown: scopes say what a token may do.
    #[serde(default, skip_serializing_if = "is_default")]
    pub role: Role,
    /// Whether the user is in use.
    #[serde(default, skip_serializing_if = "is_default")]
    pub state: UserState,
}

/// A user's role, in the Noko vendor's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// May see and do everything.
    Supervisor,
    /// The role of a new user.
    #[default]
    Leader,
    /// Sees less than a leader.
    Coworker,
    /// Sees projects by invitation.
    Contractor,
}

/// Whether a user is in use, in the Noko vendor's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserState {
    /// In use, as every new user is.
    #[default]
    Active,
    /// Deactivated.
    Disabled,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Thing {
    /// A new thing with default fields.
    pub fn new(kind: Kind, id: ThingId, key: String, name: String, created_by: ImportId, at: i64) -> Self {
        Self {
            id,
            kind,
            key,
            name,
            refs: 0,
            created_by,
            version: 1,
            created_at: at,
            updated_at: at,
            billable: true,
            project: (kind == Kind::Project).then(ProjectFields::default),
            user: None,
            orphan: false,
            retired: false,
            merges: 0,
            touched: 0,
            displaced: false,
            removed: false,
            alias_of: None,
            alias_at: None,
        }
    }

    /// Whether people do not see it: a mark, a sign, or retired.
    pub fn is_spent(&self) -> bool {
        !self.stands() || self.retired
    }

    /// Whether this is a thing, if a retired one, and no mark and no sign.
    pub fn stands(&self) -> bool {
        !self.removed && self.alias_of.is_none()
    }

    /// Whom a project is for.
    pub fn client(&self) -> Option<ThingId> {
        self.project.as_ref().and_then(|project| project.client)
    }

    /// The thing with this id, as people see it: not one that is retired.
    pub async fn get(
        services: &Services,
        account: AccountId,
        kind: Kind,
        id: ThingId,
    ) -> Result<Option<Self>, StoreError> {
        Ok(Self::standing(services, account, kind, id).await?.filter(|thing| !thing.retired))
    }

    /// The thing with this id, also if it is retired.
    pub async fn standing(
        services: &Services,
        account: AccountId,
        kind: Kind,
        id: ThingId,
    ) -> Result<Option<Self>, StoreError> {
        let found: Option<Self> = services.store.read(&keys::thing(account, kind, id)).await?;
        Ok(found.filter(Self::stands))
    }

    /// Those of the things that are there, marks, signs and retired ones included.
    pub async fn get_many(
        services: &Services,
        account: AccountId,
        wanted: &[(Kind, ThingId)],
    ) -> Result<Vec<Self>, StoreError> {
        let keys: Vec<_> = wanted.iter().map(|&(kind, id)| keys::thing(account, kind, id)).collect();
        services.store.get_many(&keys).await?.into_iter().map(decode).collect()
    }
}
