//! Filters of projects, tags, users and clients. All that are given must hold.

use std::collections::BTreeSet;

use shared::id::ThingId;
use shared::things::{Role, Thing, UserState};

use super::NokoError;
use super::query::Query;

/// Filters of projects and tags.
#[derive(Clone, Debug, Default)]
pub struct ThingFilter {
    name: Option<String>,
    billable: Option<bool>,
    enabled: Option<bool>,
    /// Given in both spellings it has to be both.
    stepping: Vec<u32>,
    groups: Option<Vec<ThingId>>,
}

impl ThingFilter {
    /// For tags: `name`, `billable`.
    pub fn of_tags(query: &Query) -> Result<Self, NokoError> {
        Ok(Self {
            name: query.text("name").map(str::to_lowercase),
            billable: query.flag("billable")?,
            ..Self::default()
        })
    }

    /// For projects: those of tags, `enabled`, `billing_increment`, `project_group_ids`.
    pub fn of_projects(query: &Query) -> Result<Self, NokoError> {
        let steppings = [query.parsed("billing_increment")?, query.parsed("stepping")?];
        Ok(Self {
            enabled: query.flag("enabled")?,
            stepping: steppings.into_iter().flatten().collect(),
            groups: query.ids("project_group_ids")?,
            ..Self::of_tags(query)?
        })
    }

    /// The groups whose projects are asked for, if some are.
    pub fn groups_mut(&mut self) -> Option<&mut Vec<ThingId>> {
        self.groups.as_mut()
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        let of_projects = self.enabled.is_none() && self.stepping.is_empty() && self.groups.is_none();
        of_projects && self.name.is_none() && self.billable.is_none()
    }

    /// Whether a project or tag passes.
    pub fn matches(&self, thing: &Thing) -> bool {
        let project = thing.project.as_ref();
        contains(&thing.name, self.name.as_ref())
            && self.billable.is_none_or(|billable| thing.billable == billable)
            && self.enabled.is_none_or(|enabled| project.is_some_and(|project| project.enabled == enabled))
            && self.stepping.iter().all(|&step| project.is_some_and(|project| project.stepping == step))
            && self.groups.as_ref().is_none_or(|ids| thing.client().is_some_and(|client| ids.contains(&client)))
    }
}

/// Whether a text contains another, which is in lower case, without regard to case.
fn contains(text: &str, wanted: Option<&String>) -> bool {
    wanted.is_none_or(|wanted| text.to_lowercase().contains(wanted))
}

/// Filters of users.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    name: Option<String>,
    email: Option<String>,
    role: Option<Role>,
    /// A state; `Some(None)`: one that no user here has.
    state: Option<Option<UserState>>,
}

impl UserFilter {
    /// From the query: `name`, `email`, `role`, `state`.
    pub fn of(query: &Query) -> Result<Self, NokoError> {
        Ok(Self {
            name: query.text("name").map(str::to_lowercase),
            email: query.text("email").map(str::to_lowercase),
            role: query.read("role", role)?,
            state: query.read("state", state)?,
        })
    }

    /// Whether a user passes.
    pub fn matches(&self, user: &Thing) -> bool {
        let fields = user.user.as_ref();
        contains(&user.name, self.name.as_ref())
            && contains(fields.map_or("", |fields| &fields.email), self.email.as_ref())
            && self.role.is_none_or(|role| fields.is_some_and(|fields| fields.role == role))
            && self.state.is_none_or(|state| fields.is_some_and(|fields| state == Some(fields.state)))
    }
}

/// A state in the vendor's words. Nobody here waits for an invitation or is suspended.
fn state(word: &str) -> Option<Option<UserState>> {
    match word {
        "active" => Some(Some(UserState::Active)),
        "disabled" => Some(Some(UserState::Disabled)),
        "pending" | "suspended" => Some(None),
        _ => None,
    }
}

/// A role in the vendor's present words, or in those that it had before.
pub fn role(word: &str) -> Option<Role> {
    match word {
        "supervisor" | "admin" => Some(Role::Supervisor),
        "leader" | "member" => Some(Role::Leader),
        "coworker" => Some(Role::Coworker),
        "contractor" | "freelancer" => Some(Role::Contractor),
        _ => None,
    }
}

/// Filters of clients.
#[derive(Clone, Debug, Default)]
pub struct GroupFilter {
    name: Option<String>,
    /// Only the clients of these projects.
    projects: Option<Vec<ThingId>>,
}

impl GroupFilter {
    /// From the query: `name`, `project_ids`.
    pub fn of(query: &Query) -> Result<Self, NokoError> {
        Ok(Self { name: query.text("name").map(str::to_lowercase), projects: query.ids("project_ids")? })
    }

    /// The projects whose clients are asked for; `None`: any client.
    pub fn projects(&self) -> Option<&[ThingId]> {
        self.projects.as_deref()
    }

    /// Whether a client passes, given the clients of the projects that are asked for.
    pub fn matches(&self, client: &Thing, of_projects: Option<&BTreeSet<ThingId>>) -> bool {
        contains(&client.name, self.name.as_ref()) && of_projects.is_none_or(|clients| clients.contains(&client.id))
    }
}
