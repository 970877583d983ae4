//! Filters of projects, tags, users and clients. A thing must match every filter in the query.

use std::collections::BTreeSet;

use shared::id::ThingId;
use shared::things::{Thing, UserRole, UserState};

use super::NokoError;
use super::query::Query;

/// The filters of projects and tags, of which tags have the name and `billable` only. An absent
/// filter lets everything pass.
#[derive(Clone, Debug, Default)]
pub struct ThingFilter {
    /// A part of the name in lower case, for example `crane`.
    name: Option<String>,
    /// The value of `billable` to match.
    billable: Option<bool>,
    /// `false` to match archived projects, `true` to match projects in use.
    enabled: Option<bool>,
    /// The steppings to match in minutes, from both spellings. If a query gives both, a project must match both.
    stepping: Vec<u32>,
    /// The ids of clients whose projects match. An empty list matches no project.
    groups: Option<Vec<ThingId>>,
}

impl ThingFilter {
    /// Parses the filters of tags: `name`, `billable`. An empty value of `billable` is an error.
    pub fn of_tags(query: &Query) -> Result<Self, NokoError> {
        Ok(Self {
            name: query.text("name").map(str::to_lowercase),
            billable: query.flag("billable")?,
            ..Self::default()
        })
    }

    /// Parses the filters of projects: `name`, `billable`, `enabled`, `billing_increment`
    /// (or `stepping`) and `project_group_ids`.
    pub fn of_projects(query: &Query) -> Result<Self, NokoError> {
        let steppings = [query.parsed("billing_increment")?, query.parsed("stepping")?];
        Ok(Self {
            enabled: query.flag("enabled")?,
            stepping: steppings.into_iter().flatten().collect(),
            groups: query.ids("project_group_ids")?,
            ..Self::of_tags(query)?
        })
    }

    /// The ids of the groups whose projects match, for a caller that takes deleted groups out. `None` if the query does
    /// not filter by group.
    pub fn groups_mut(&mut self) -> Option<&mut Vec<ThingId>> {
        self.groups.as_mut()
    }

    /// Returns whether every thing matches, because the query has no filter, so a page is found by counting.
    pub fn is_empty(&self) -> bool {
        let of_projects = self.enabled.is_none() && self.stepping.is_empty() && self.groups.is_none();
        of_projects && self.name.is_none() && self.billable.is_none()
    }

    /// Returns whether a project or tag matches all filters that the query has.
    pub fn matches(&self, thing: &Thing) -> bool {
        let project = thing.project();
        contains(&thing.name, self.name.as_ref())
            && self.billable.is_none_or(|billable| thing.billable() == Some(billable))
            && self.enabled.is_none_or(|enabled| project.is_some_and(|project| project.enabled == enabled))
            && self.stepping.iter().all(|&step| project.is_some_and(|project| project.stepping == step))
            && self.groups.as_ref().is_none_or(|ids| thing.client().is_some_and(|client| ids.contains(&client)))
    }
}

/// Returns whether a text contains `wanted`, ignoring case. `wanted` must be in lower case, and `None` is
/// contained in every text.
fn contains(text: &str, wanted: Option<&String>) -> bool {
    wanted.is_none_or(|wanted| text.to_lowercase().contains(wanted))
}

/// The filters of users by name, e-mail address, role and state, all of which have to match.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// A part of the whole name in lower case.
    name: Option<String>,
    /// A part of the e-mail address in lower case.
    email: Option<String>,
    /// The role to match, parsed from a present or earlier word.
    role: Option<UserRole>,
    /// The state to match. `Some(None)` is a state of the vendor's that no user of Waybill has, and matches nobody.
    state: Option<Option<UserState>>,
}

impl UserFilter {
    /// Parses the filters of users: `name`, `email`, `role`, `state`.
    pub fn of(query: &Query) -> Result<Self, NokoError> {
        Ok(Self {
            name: query.text("name").map(str::to_lowercase),
            email: query.text("email").map(str::to_lowercase),
            role: query.read("role", role)?,
            state: query.read("state", state)?,
        })
    }

    /// Returns whether a user matches all filters that the query has.
    pub fn matches(&self, user: &Thing) -> bool {
        let fields = user.user();
        contains(&user.name, self.name.as_ref())
            && contains(fields.map_or("", |fields| &fields.email), self.email.as_ref())
            && self.role.is_none_or(|role| fields.is_some_and(|fields| fields.role == role))
            && self.state.is_none_or(|state| fields.is_some_and(|fields| state == Some(fields.state)))
    }
}

/// Parses a state in the vendor's words. Users of Waybill are never pending or suspended, so these words match nobody.
fn state(word: &str) -> Option<Option<UserState>> {
    match word {
        "active" => Some(Some(UserState::Active)),
        "disabled" => Some(Some(UserState::Disabled)),
        "pending" | "suspended" => Some(None),
        _ => None,
    }
}

/// Parses a role in the vendor's present or earlier words. `None` for any other word, which the
/// caller answers with 422.
pub fn role(word: &str) -> Option<UserRole> {
    match word {
        "supervisor" | "admin" => Some(UserRole::Supervisor),
        "leader" | "member" => Some(UserRole::Leader),
        "coworker" => Some(UserRole::Coworker),
        "contractor" | "freelancer" => Some(UserRole::Contractor),
        _ => None,
    }
}

/// The filters of clients by name and by project, both of which have to match.
#[derive(Clone, Debug, Default)]
pub struct GroupFilter {
    /// A part of the client's name in lower case.
    name: Option<String>,
    /// The ids of projects whose clients match. `None` if the query does not filter by project.
    projects: Option<Vec<ThingId>>,
}

impl GroupFilter {
    /// Parses the filters of clients: `name`, `project_ids`.
    pub fn of(query: &Query) -> Result<Self, NokoError> {
        Ok(Self { name: query.text("name").map(str::to_lowercase), projects: query.ids("project_ids")? })
    }

    /// The ids of projects whose clients match. `None` if every client matches.
    pub fn projects(&self) -> Option<&[ThingId]> {
        self.projects.as_deref()
    }

    /// Returns whether a client matches. `of_projects` has the clients of the projects in the filter.
    pub fn matches(&self, client: &Thing, of_projects: Option<&BTreeSet<ThingId>>) -> bool {
        contains(&client.name, self.name.as_ref()) && of_projects.is_none_or(|clients| clients.contains(&client.id))
    }
}
