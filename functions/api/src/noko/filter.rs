//! Filters of lists, in both of the vendor's spellings. All that are given must hold.

use std::collections::HashMap;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use jiff::civil::Date;
use shared::entity::{Entry, Thing};
use shared::id::ThingId;
use shared::ledger::Page;
use shared::store::keys::Kind;

use super::NokoError;
use super::error::FieldError;

/// The query of a request. Of a name that comes twice the last value counts.
#[derive(Clone, Debug, Default)]
pub struct Query(HashMap<String, String>);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = NokoError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, NokoError> {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(parts.uri.query().unwrap_or_default())
            .map_err(|_| NokoError::bad_request("The query cannot be read"))?;
        Ok(Self(pairs.into_iter().collect()))
    }
}

impl Query {
    /// The value of a name; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The value of the first of several spellings.
    fn any(&self, names: &[&'static str]) -> Option<(&'static str, &str)> {
        names.iter().find_map(|&name| Some((name, self.get(name)?)))
    }

    /// A value of a type.
    pub fn parsed<T: FromStr>(&self, resource: &'static str, name: &'static str) -> Result<Option<T>, NokoError> {
        let invalid = || NokoError::invalid(vec![FieldError::new(resource, name, "invalid")]);
        self.get(name).map(|value| value.parse().map_err(|_| invalid())).transpose()
    }

    /// A boolean.
    pub fn flag(&self, resource: &'static str, name: &'static str) -> Result<Option<bool>, NokoError> {
        let invalid = || NokoError::invalid(vec![FieldError::new(resource, name, "invalid")]);
        self.get(name).map(|value| super::input::boolean(value).ok_or_else(invalid)).transpose()
    }

    /// Ids, separated by commas.
    fn ids(&self, resource: &'static str, names: &[&'static str]) -> Result<Option<Vec<ThingId>>, NokoError> {
        let Some((name, value)) = self.any(names) else {
            return Ok(None);
        };
        let invalid = || NokoError::invalid(vec![FieldError::new(resource, name, "invalid")]);
        let id = |text: &str| text.trim().parse().map(ThingId).map_err(|_| invalid());
        value.split(',').map(id).collect::<Result<_, _>>().map(Some)
    }
}

/// How several tags are meant.
#[derive(Clone, Copy, Debug, Default)]
enum TagMode {
    #[default]
    All,
    Any,
    Exactly,
}

/// Filters of entries.
#[derive(Clone, Debug, Default)]
pub struct EntryFilter {
    users: Option<Vec<ThingId>>,
    projects: Option<Vec<ThingId>>,
    tags: Option<Vec<ThingId>>,
    tag_mode: TagMode,
    imports: Option<Vec<ThingId>>,
    description: Option<String>,
    from: Option<Date>,
    to: Option<Date>,
    billable: Option<bool>,
    /// Asks for what no entry here is: on an invoice.
    invoiced: bool,
    updated_from: Option<Timestamp>,
    updated_to: Option<Timestamp>,
}

impl EntryFilter {
    /// From the query.
    pub fn of(query: &Query) -> Result<Self, NokoError> {
        const ENTRY: &str = "Entry";
        let tag_mode = match query.get("tag_filter_type") {
            None | Some("and") => TagMode::All,
            Some("any") => TagMode::Any,
            Some("combination of") => TagMode::Exactly,
            Some(_) => {
                return Err(NokoError::invalid(vec![FieldError::new(ENTRY, "tag_filter_type", "invalid")]));
            }
        };
        let on_invoice = query.ids(ENTRY, &["invoices", "invoice_ids"])?.is_some()
            || query.parsed::<Date>(ENTRY, "invoiced_at_from")?.is_some()
            || query.parsed::<Date>(ENTRY, "invoiced_at_to")?.is_some();
        Ok(Self {
            users: query.ids(ENTRY, &["user_ids", "users"])?,
            projects: query.ids(ENTRY, &["project_ids", "projects"])?,
            tags: query.ids(ENTRY, &["tag_ids", "tags"])?,
            tag_mode,
            imports: query.ids(ENTRY, &["import_ids", "imports"])?,
            description: query.get("description").map(str::to_lowercase),
            from: query.parsed(ENTRY, "from")?,
            to: query.parsed(ENTRY, "to")?,
            billable: query.flag(ENTRY, "billable")?,
            invoiced: on_invoice || query.flag(ENTRY, "invoiced")? == Some(true),
            updated_from: query.parsed(ENTRY, "updated_from")?,
            updated_to: query.parsed(ENTRY, "updated_to")?,
        })
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        let ids = self.users.is_none() && self.projects.is_none() && self.tags.is_none() && self.imports.is_none();
        let dates = self.from.is_none() && self.to.is_none();
        let updated = self.updated_from.is_none() && self.updated_to.is_none();
        ids && dates && updated && self.description.is_none() && self.billable.is_none() && !self.invoiced
    }

    /// Whether entries of this import can pass.
    pub fn admits_import(&self, import: u64) -> bool {
        !self.invoiced && self.imports.as_ref().is_none_or(|imports| imports.contains(&ThingId(import)))
    }

    /// Whether entries of a chunk can pass, by what its page says at a glance.
    pub fn may_match(&self, page: &Page) -> bool {
        let has = |kind, wanted: &Option<Vec<ThingId>>| {
            wanted.as_ref().is_none_or(|ids| ids.iter().any(|&id| page.has(kind, id)))
        };
        let users = self.users.as_ref().is_none_or(|ids| ids.iter().any(|id| page.users.contains(id)));
        let dates = page.dates.is_some_and(|(first, last)| {
            self.from.is_none_or(|from| from <= last) && self.to.is_none_or(|to| to >= first)
        });
        users && dates && has(Kind::Project, &self.projects) && has(Kind::Tag, &self.tags)
    }

    /// Whether an entry passes.
    pub fn matches(&self, entry: &Entry) -> bool {
        let one_of = |wanted: &Option<Vec<ThingId>>, id: Option<ThingId>| {
            wanted.as_ref().is_none_or(|ids| id.is_some_and(|id| ids.contains(&id)))
        };
        let tags = self.tags.as_ref().is_none_or(|ids| match self.tag_mode {
            TagMode::Any => ids.iter().any(|id| entry.tags.contains(id)),
            TagMode::All => ids.iter().all(|id| entry.tags.contains(id)),
            TagMode::Exactly => {
                ids.iter().all(|id| entry.tags.contains(id)) && entry.tags.iter().all(|id| ids.contains(id))
            }
        });
        let text = self
            .description
            .as_ref()
            .is_none_or(|wanted| entry.text.as_ref().is_some_and(|text| text.to_lowercase().contains(wanted)));
        let updated = entry.updated_at;
        self.admits_import(entry.id.import().0)
            && one_of(&self.users, Some(entry.user))
            && one_of(&self.projects, entry.project)
            && tags
            && text
            && self.from.is_none_or(|from| entry.date >= from)
            && self.to.is_none_or(|to| entry.date <= to)
            && self.billable.is_none_or(|billable| entry.billable == billable)
            && self.updated_from.is_none_or(|from| updated >= from.as_millisecond())
            && self.updated_to.is_none_or(|to| updated <= to.as_millisecond() + 999)
    }
}

/// Filters of projects and tags.
#[derive(Clone, Debug, Default)]
pub struct ThingFilter {
    name: Option<String>,
    billable: Option<bool>,
    enabled: Option<bool>,
    stepping: Option<u32>,
    groups: Option<Vec<ThingId>>,
}

impl ThingFilter {
    /// For tags: `name`, `billable`.
    pub fn of_tags(query: &Query) -> Result<Self, NokoError> {
        Ok(Self {
            name: query.get("name").map(str::to_lowercase),
            billable: query.flag("Tag", "billable")?,
            ..Self::default()
        })
    }

    /// For projects: `name`, `billable`, `enabled`, `stepping`, `project_group_ids`.
    pub fn of_projects(query: &Query) -> Result<Self, NokoError> {
        const PROJECT: &str = "Project";
        let stepping = query.parsed(PROJECT, "stepping")?;
        Ok(Self {
            name: query.get("name").map(str::to_lowercase),
            billable: query.flag(PROJECT, "billable")?,
            enabled: query.flag(PROJECT, "enabled")?,
            stepping: stepping.or(query.parsed(PROJECT, "billing_increment")?),
            groups: query.ids(PROJECT, &["project_group_ids"])?,
        })
    }

    /// Whether a project or tag passes.
    pub fn matches(&self, thing: &Thing) -> bool {
        let project = thing.project.as_ref();
        self.name.as_ref().is_none_or(|wanted| thing.name.to_lowercase().contains(wanted))
            && self.billable.is_none_or(|billable| thing.billable == billable)
            && self.enabled.is_none_or(|enabled| project.is_some_and(|project| project.enabled == enabled))
            && self.stepping.is_none_or(|step| project.is_some_and(|project| project.stepping == step))
            && self.groups.as_ref().is_none_or(|ids| thing.client().is_some_and(|client| ids.contains(&client)))
    }
}
