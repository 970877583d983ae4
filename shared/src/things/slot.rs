//! A slot: the item at the storage key of a thing, which is the thing itself, or a mark or a sign for searches.
//!
//! Only the search ([`super::find`]), the loader's first look ([`super::ensure`]) and the tests' invariants handle marks
//! and signs. All other code reads things through [`Thing::get`] and its siblings.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize, Serializer};

use super::{Body, CompanyFields, ProjectFields, Thing, UserFields, is_default};
use crate::id::{AccountId, ImportId, ThingId};
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::{Item, StoreError, decode};

/// The item at the storage key of a thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(into = "StoredSlot", try_from = "StoredSlot")]
pub enum Slot {
    /// A thing, retired or not.
    Thing(Box<Thing>),
    /// The trace of a removed thing: a search has to go on to the next choice of id.
    Mark {
        /// The kind of the removed thing.
        kind: Kind,
        /// The id of the removed thing.
        id: ThingId,
        /// The maker of the removed thing.
        created_by: ImportId,
    },
    /// The place of the new key of a renamed thing.
    Sign {
        /// The kind of the renamed thing.
        kind: Kind,
        /// The id at which the sign stands, a choice of the new key.
        id: ThingId,
        /// The new key of the thing, for example `meetings`.
        key: String,
        /// The id at which the renamed thing lies.
        to: ThingId,
        /// Another key hashes to the id of the sign, and its thing lies at a later choice of id.
        displaced: bool,
    },
}

impl Slot {
    /// The item at a thing's storage key, or `None` without an item.
    pub async fn get(
        services: &Services,
        account: AccountId,
        kind: Kind,
        id: ThingId,
    ) -> Result<Option<Self>, StoreError> {
        services.store.read(&keys::thing(account, kind, id)).await
    }

    /// The items found at the storage keys of `wanted`, in any order.
    pub async fn get_many(
        services: &Services,
        account: AccountId,
        wanted: &[(Kind, ThingId)],
    ) -> Result<Vec<Self>, StoreError> {
        let keys: Vec<_> = wanted.iter().map(|&(kind, id)| keys::thing(account, kind, id)).collect();
        services.store.get_many(&keys).await?.into_iter().map(decode).collect()
    }

    /// The thing, retired or not, or `None` for a mark or a sign.
    pub fn thing(self) -> Option<Thing> {
        if let Self::Thing(thing) = self { Some(*thing) } else { None }
    }

    /// The kind and the id of the storage key.
    pub fn place(&self) -> (Kind, ThingId) {
        match self {
            Self::Thing(thing) => (thing.kind(), thing.id),
            Self::Mark { kind, id, .. } | Self::Sign { kind, id, .. } => (*kind, *id),
        }
    }
}

impl Thing {
    /// The thing with this id as people see it, or `None` for a retired thing.
    pub async fn get(
        services: &Services,
        account: AccountId,
        kind: Kind,
        id: ThingId,
    ) -> Result<Option<Self>, StoreError> {
        Ok(Self::standing(services, account, kind, id).await?.filter(|thing| !thing.retired))
    }

    /// The thing with this id, retired or not.
    pub async fn standing(
        services: &Services,
        account: AccountId,
        kind: Kind,
        id: ThingId,
    ) -> Result<Option<Self>, StoreError> {
        Ok(Slot::get(services, account, kind, id).await?.and_then(Slot::thing))
    }

    /// The things found among `wanted` as people see them, without retired things, in any order.
    pub async fn get_many(
        services: &Services,
        account: AccountId,
        wanted: &[(Kind, ThingId)],
    ) -> Result<Vec<Self>, StoreError> {
        let mut things = Self::standing_many(services, account, wanted).await?;
        things.retain(|thing| !thing.retired);
        Ok(things)
    }

    /// The things found among `wanted`, retired or not, in any order.
    pub async fn standing_many(
        services: &Services,
        account: AccountId,
        wanted: &[(Kind, ThingId)],
    ) -> Result<Vec<Self>, StoreError> {
        Ok(Slot::get_many(services, account, wanted).await?.into_iter().filter_map(Slot::thing).collect())
    }

    /// The things as people see them, without retired things, on a page of a list of [`keys::things`].
    ///
    /// [`keys::things`]: crate::store::keys::things
    pub fn get_listed(items: Vec<Item>) -> Result<Vec<Self>, StoreError> {
        let seen = |item| Ok(decode::<Slot>(item)?.thing().filter(|thing| !thing.retired));
        items.into_iter().filter_map(|item| seen(item).transpose()).collect()
    }
}

impl Serialize for Thing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        StoredSlot::from(self.clone()).serialize(serializer)
    }
}

/// The attributes of a slot. Conditions of writes name the attributes, and functions of an earlier deployment read
/// the attributes, so no attribute changes its name.
#[derive(Serialize, Deserialize)]
struct StoredSlot {
    id: ThingId,
    kind: Kind,
    key: String,
    name: String,
    refs: i64,
    created_by: ImportId,
    version: u64,
    created_at: i64,
    updated_at: i64,
    /// Always `true` except for projects and tags.
    billable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<ProjectFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserFields>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    company: Option<CompanyFields>,
    #[serde(default, skip_serializing_if = "is_default")]
    orphan: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    retired: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    merges: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    touched: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    displaced: bool,
    /// `true` for a mark.
    #[serde(default, skip_serializing_if = "is_default")]
    removed: bool,
    /// The target of a sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    alias_of: Option<ThingId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alias_at: Option<ThingId>,
}

impl StoredSlot {
    /// The attributes of a mark or a sign, which have the values of a new thing but no fields of a user or a company.
    fn blank(kind: Kind, id: ThingId, key: String, created_by: ImportId) -> Self {
        Self { user: None, company: None, ..Thing::new(kind, id, key, String::new(), created_by, 0).into() }
    }
}

impl From<Slot> for StoredSlot {
    fn from(slot: Slot) -> Self {
        match slot {
            Slot::Thing(thing) => (*thing).into(),
            Slot::Mark { kind, id, created_by } => {
                Self { removed: true, displaced: true, ..Self::blank(kind, id, String::new(), created_by) }
            }
            Slot::Sign { kind, id, key, to, displaced } => {
                Self { alias_of: Some(to), displaced, ..Self::blank(kind, id, key, ImportId::HAND) }
            }
        }
    }
}

impl From<Thing> for StoredSlot {
    fn from(thing: Thing) -> Self {
        let kind = thing.kind();
        let (mut billable, mut project, mut user, mut company) = (true, None, None, None);
        match thing.body {
            Body::User(fields) => user = Some(fields),
            Body::Client => {}
            Body::Project(fields) => {
                billable = fields.billable;
                project = Some(fields);
            }
            Body::Tag { billable: of_tag } => billable = of_tag,
            Body::Company(fields) => company = Some(fields),
        }
        Self {
            id: thing.id,
            kind,
            key: thing.key,
            name: thing.name,
            refs: thing.refs,
            created_by: thing.created_by,
            version: thing.version,
            created_at: thing.created_at,
            updated_at: thing.updated_at,
            billable,
            project,
            user,
            company,
            orphan: thing.orphan,
            retired: thing.retired,
            merges: thing.merges,
            touched: thing.touched,
            displaced: thing.displaced,
            removed: false,
            alias_of: None,
            alias_at: thing.alias_at,
        }
    }
}

impl TryFrom<StoredSlot> for Slot {
    type Error = &'static str;

    fn try_from(stored: StoredSlot) -> Result<Self, Self::Error> {
        let StoredSlot { id, kind, key, created_by, billable, displaced, .. } = stored;
        if stored.removed {
            return Ok(Self::Mark { kind, id, created_by });
        }
        if let Some(to) = stored.alias_of {
            return Ok(Self::Sign { kind, id, key, to, displaced });
        }
        let body = match (kind, stored.project, stored.user, stored.company) {
            (Kind::User, None, Some(user), None) => Body::User(user),
            (Kind::Client, None, None, None) => Body::Client,
            (Kind::Project, Some(project), None, None) => Body::Project(ProjectFields { billable, ..project }),
            (Kind::Tag, None, None, None) => Body::Tag { billable },
            (Kind::Company, None, None, Some(company)) => Body::Company(company),
            _ => return Err("a thing without the fields of its kind, or with the fields of another kind"),
        };
        Ok(Self::Thing(Box::new(Thing {
            id,
            body,
            key,
            name: stored.name,
            refs: stored.refs,
            created_by,
            version: stored.version,
            created_at: stored.created_at,
            updated_at: stored.updated_at,
            orphan: stored.orphan,
            retired: stored.retired,
            merges: stored.merges,
            touched: stored.touched,
            displaced,
            alias_at: stored.alias_at,
        })))
    }
}
