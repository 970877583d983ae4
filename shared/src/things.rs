//! Shared things: users, clients, projects, tags and companies, each named by many rows of many imports.
//!
//! - A thing has a unique, normalised key, for example `meetings` of a tag.
//! - The id is derived from the key ([`ThingId::derive`]), except for users made by hand, so two loaders racing to make
//!   one thing give the same id in either order. The id is part of the storage key, so uniqueness needs no second item.
//! - A thing counts its references. A thing with references cannot be deleted, and a thing made by an undone import is
//!   removed together with its last reference.

pub mod claim;
pub(crate) mod ensure;
pub mod find;
pub mod maker;
pub mod names;
pub mod note;
pub mod reference;
pub mod retired;
pub mod slot;
pub mod spelling;
pub mod sums;
pub mod user;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::{ImportId, ThingId};
use crate::store::keys::Kind;

/// A user, client, project, tag or company. All times are milliseconds since the epoch.
///
/// A stored item decodes only as a [`Slot`](slot::Slot), so no reader takes a mark or a sign for a thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Thing {
    /// A 52-bit hash of account, kind and key, or a small counted number for users made by hand; an edit never changes
    /// the id.
    pub id: ThingId,
    /// The fields which only things of this kind have.
    pub body: Body,
    /// The unique, normalised value, for example the lower-case address of a user, or empty for retired things.
    pub key: String,
    /// The name as people write and see it, for example `Website Relaunch`.
    pub name: String,
    /// The number of referrers: imports, the account's hand-made entries (together 1), projects of a client, things
    /// merged into this thing.
    pub refs: i64,
    /// The import whose loader made the thing, or [`ImportId::HAND`].
    pub created_by: ImportId,
    /// Starts at 1; each edit by hand raises it by 1.
    pub version: u64,
    /// For a thing made by an import, the creation time of the import, so a retry writes the same value.
    pub created_at: i64,
    /// The time of the last edit by hand; equals `created_at` before the first edit.
    pub updated_at: i64,
    /// Set when the undo of the maker had to leave the thing in place: whoever drops the last reference removes the
    /// thing.
    pub orphan: bool,
    /// Set when the thing was merged or deleted by hand while references to it remained (see [`retired`]).
    pub retired: bool,
    /// How many things were merged into this thing.
    pub merges: u64,
    /// How many times an edit by hand gave this tag to an entry with further tags; fences merges of tags.
    pub touched: u64,
    /// Another key hashes to this id, and its thing lies at a later choice of id.
    pub displaced: bool,
    /// The id at which the sign to this renamed thing stands, or `None` for a thing never renamed.
    pub alias_at: Option<ThingId>,
}

/// The kind of a thing, with the fields which only things of the kind have.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A person of the account.
    User(UserFields),
    /// The customer of projects.
    Client,
    /// A project.
    Project(ProjectFields),
    /// A label of entries.
    Tag {
        /// `true` if entries with the tag can be billed, as is the case until an edit by hand.
        billable: bool,
    },
    /// The company to which people belong.
    Company(CompanyFields),
}

impl Body {
    /// The fields of a new thing of this kind.
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::User => Self::User(UserFields::default()),
            Kind::Client => Self::Client,
            Kind::Project => Self::Project(ProjectFields::default()),
            Kind::Tag => Self::Tag { billable: true },
            Kind::Company => Self::Company(CompanyFields::default()),
        }
    }
}

/// Fields of a project which clients and users lack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectFields {
    /// `true` if entries of the project can be billed, as is the case until an edit by hand. Stored beside the fields,
    /// where the `billable` of a tag is stored as well.
    #[serde(skip)]
    pub billable: bool,
    /// The client for whom the project is done, or `None` for a project without a client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<ThingId>,
    /// `false` for a project which people have archived.
    pub enabled: bool,
    /// The billing step in minutes: time is billed in multiples of the step. A new project has 1.
    pub stepping: u32,
    /// The colour as `#rrggbb`, for example `#4b6ea8`.
    pub color_hex: String,
    /// The budget in minutes, or `None` for a project without a budget.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_minutes: Option<u64>,
}

impl Default for ProjectFields {
    fn default() -> Self {
        Self {
            billable: true,
            client: None,
            enabled: true,
            stepping: 1,
            color_hex: "#4b6ea8".to_owned(),
            budget_minutes: None,
        }
    }
}

/// Fields of a company besides its name. All fields are empty in a company which an import made, until an edit by hand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CompanyFields {
    /// The description, or `None` without a description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The days within which the company pays an invoice, or `None` if nobody has said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_days: Option<u64>,
    /// The currency of the company as a code, for example `EUR`, or `None` for the currency of the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_currency: Option<String>,
    /// The labels, in the order in which somebody gave the labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tag_list: Vec<String>,
    /// Values by field name, or `None` if nobody has given a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_fields: Option<Map<String, Value>>,
    /// The time at which people archived the company, or `None` for a company in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<i64>,
}

/// Fields of a user which things of other kinds lack.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UserFields {
    /// The e-mail address as somebody gave it, for example `Ada@Example.com`, or empty for a user known by name only.
    pub email: String,
    /// The first name. A user made by an import gets all words of the name but the last, or the only word.
    #[serde(default)]
    pub first_name: String,
    /// The last name. A user made by an import gets the last word of the name, or an empty text if there is only one
    /// word.
    #[serde(default)]
    pub last_name: String,
    /// The role, which is only kept and shown: the scopes of a token decide on permissions.
    #[serde(default, skip_serializing_if = "is_default")]
    pub role: UserRole,
    /// Active, or deactivated by an edit by hand; the Noko door refuses the tokens of a deactivated user.
    #[serde(default, skip_serializing_if = "is_default")]
    pub state: UserState,
}

/// A user's role, in the Noko vendor's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserRole {
    /// In the vendor's product, a supervisor may see and do everything.
    Supervisor,
    /// A leader, the role of every new user.
    #[default]
    Leader,
    /// A coworker, who sees less than a leader.
    Coworker,
    /// A contractor, who sees projects by invitation only.
    Contractor,
}

/// The state of a user, in the Noko vendor's words; the entries of a disabled user stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserState {
    /// The state of every new user.
    #[default]
    Active,
    /// Deactivated by an edit by hand; a later edit may activate the user again.
    Disabled,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl Thing {
    /// A new thing with no references, version 1, and default values in all fields not passed.
    pub fn new(kind: Kind, id: ThingId, key: String, name: String, created_by: ImportId, at: i64) -> Self {
        Self {
            id,
            body: Body::new(kind),
            key,
            name,
            refs: 0,
            created_by,
            version: 1,
            created_at: at,
            updated_at: at,
            orphan: false,
            retired: false,
            merges: 0,
            touched: 0,
            displaced: false,
            alias_at: None,
        }
    }

    /// User, client, project, tag or company; part of the storage key.
    pub fn kind(&self) -> Kind {
        match self.body {
            Body::User(_) => Kind::User,
            Body::Client => Kind::Client,
            Body::Project(_) => Kind::Project,
            Body::Tag { .. } => Kind::Tag,
            Body::Company(_) => Kind::Company,
        }
    }

    /// The fields of a user, or `None` for things of other kinds.
    pub fn user(&self) -> Option<&UserFields> {
        if let Body::User(fields) = &self.body { Some(fields) } else { None }
    }

    /// The fields of a project, or `None` for things of other kinds.
    pub fn project(&self) -> Option<&ProjectFields> {
        if let Body::Project(fields) = &self.body { Some(fields) } else { None }
    }

    /// The fields of a company, or `None` for things of other kinds.
    pub fn company(&self) -> Option<&CompanyFields> {
        if let Body::Company(fields) = &self.body { Some(fields) } else { None }
    }

    /// The client of a project, or `None` for a project without a client, and for things of other kinds.
    pub fn client(&self) -> Option<ThingId> {
        self.project().and_then(|project| project.client)
    }

    /// `true` for a project or a company which people have archived.
    pub fn is_archived(&self) -> bool {
        match &self.body {
            Body::Project(fields) => !fields.enabled,
            Body::Company(fields) => fields.archived_at.is_some(),
            Body::User(_) | Body::Client | Body::Tag { .. } => false,
        }
    }

    /// `true` if entries of a project or tag can be billed, or `None` for things of other kinds.
    pub fn billable(&self) -> Option<bool> {
        match &self.body {
            Body::Project(fields) => Some(fields.billable),
            Body::Tag { billable } => Some(*billable),
            Body::User(_) | Body::Client | Body::Company(_) => None,
        }
    }
}
