//! Filters of lists, in both of the vendor's spellings. All that are given must hold.

use std::collections::{BTreeSet, HashMap};
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use jiff::civil::Date;
use shared::entity::{Entry, Thing};
use shared::id::ThingId;
use shared::ledger::Glance;
use shared::store::keys::Kind;

use super::NokoError;
use super::error::FieldError;
use super::input::{boolean, day, id};

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

    /// A value of a type.
    pub fn parsed<T: FromStr>(&self, resource: &'static str, name: &'static str) -> Result<Option<T>, NokoError> {
        self.read(resource, name, |value| value.parse().ok())
    }

    /// What `read` makes of a value.
    pub fn read<T>(
        &self,
        resource: &'static str,
        name: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, NokoError> {
        let invalid = || NokoError::invalid(vec![FieldError::new(resource, name, "invalid")]);
        self.get(name).map(|value| read(value).ok_or_else(invalid)).transpose()
    }

    /// A day.
    pub fn day(&self, resource: &'static str, name: &'static str) -> Result<Option<Date>, NokoError> {
        self.read(resource, name, day)
    }

    /// A boolean.
    pub fn flag(&self, resource: &'static str, name: &'static str) -> Result<Option<bool>, NokoError> {
        self.read(resource, name, boolean)
    }

    /// Ids, separated by commas, under each spelling that is given.
    fn id_lists(&self, resource: &'static str, names: &[&'static str]) -> Result<Vec<Vec<ThingId>>, NokoError> {
        let list = |&name: &&'static str| {
            // A comma too many says nothing.
            let ids = |list: &str| {
                let some = list.split(',').map(str::trim).filter(|text| !text.is_empty());
                some.map(|text| id(text).map(ThingId)).collect::<Option<Vec<_>>>()
            };
            self.read(resource, name, ids).transpose()
        };
        names.iter().filter_map(list).collect()
    }

    /// Ids of which one has to be meant. Given in both spellings, in both.
    fn ids(&self, resource: &'static str, names: &[&'static str]) -> Result<Option<Vec<ThingId>>, NokoError> {
        let lists = self.id_lists(resource, names)?.into_iter();
        Ok(lists.reduce(|one, other| one.into_iter().filter(|id| other.contains(id)).collect()))
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

/// How many of some entries pass a filter, as far as a glance tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// None of them.
    None,
    /// So many, at least one.
    Exactly(u64),
    /// They have to be looked at.
    Unknown,
}

fn exactly(count: u64) -> Known {
    if count == 0 { Known::None } else { Known::Exactly(count) }
}

/// Filters of entries.
#[derive(Clone, Debug, Default)]
pub struct EntryFilter {
    users: Option<Vec<ThingId>>,
    projects: Option<Vec<ThingId>>,
    /// All of these lists have to hold.
    tags: Vec<Vec<ThingId>>,
    tag_mode: TagMode,
    imports: Option<Vec<ThingId>>,
    description: Option<String>,
    from: Option<Date>,
    to: Option<Date>,
    billable: Option<bool>,
    invoiced: Option<bool>,
    /// Asks for what no entry here is: on an invoice that we know.
    on_invoice: bool,
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
            || query.day(ENTRY, "invoiced_at_from")?.is_some()
            || query.day(ENTRY, "invoiced_at_to")?.is_some();
        Ok(Self {
            users: query.ids(ENTRY, &["user_ids", "users"])?,
            projects: query.ids(ENTRY, &["project_ids", "projects"])?,
            tags: query.id_lists(ENTRY, &["tag_ids", "tags"])?,
            tag_mode,
            imports: query.ids(ENTRY, &["import_ids", "imports"])?,
            description: query.get("description").map(str::to_lowercase),
            from: query.day(ENTRY, "from")?,
            to: query.day(ENTRY, "to")?,
            billable: query.flag(ENTRY, "billable")?,
            invoiced: query.flag(ENTRY, "invoiced")?,
            on_invoice,
            updated_from: query.parsed(ENTRY, "updated_from")?,
            updated_to: query.parsed(ENTRY, "updated_to")?,
        })
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        let ids = self.users.is_none() && self.projects.is_none() && self.tags.is_empty() && self.imports.is_none();
        let dates = self.from.is_none() && self.to.is_none();
        let updated = self.updated_from.is_none() && self.updated_to.is_none();
        let said = self.billable.is_none() && self.invoiced.is_none() && !self.on_invoice;
        ids && dates && updated && self.description.is_none() && said
    }

    /// Whether entries of this import can pass.
    pub fn admits_import(&self, import: u64) -> bool {
        // What was made by hand is of no import.
        let named = |imports: &Vec<ThingId>| import != 0 && imports.contains(&ThingId(import));
        !self.on_invoice && self.imports.as_ref().is_none_or(named)
    }

    /// What passes is of one of the things of each list.
    pub fn named(&self) -> Vec<Vec<(Kind, ThingId)>> {
        let of = |kind, ids: &[ThingId]| ids.iter().map(|&id| (kind, id)).collect::<Vec<_>>();
        let mut named = Vec::new();
        named.extend(self.users.iter().map(|ids| of(Kind::User, ids)));
        named.extend(self.projects.iter().map(|ids| of(Kind::Project, ids)));
        for ids in &self.tags {
            match self.tag_mode {
                TagMode::Any => named.push(of(Kind::Tag, ids)),
                TagMode::All | TagMode::Exactly => named.extend(ids.iter().map(|&id| vec![(Kind::Tag, id)])),
            }
        }
        named
    }

    /// How many entries of a glance pass; all of them were edited at `updated_at`, in milliseconds since the epoch.
    pub fn known(&self, glance: &Glance<'_>, updated_at: i64) -> Known {
        let all = glance.entries;
        let mut parts = vec![self.of_users(glance), self.of_dates(glance), self.of_updates(all, updated_at)];
        parts.extend(self.projects.iter().map(|ids| {
            let sum = ids.iter().collect::<BTreeSet<_>>().into_iter().map(|&id| glance.of(Kind::Project, id)).sum();
            exactly(sum)
        }));
        parts.extend(self.tags.iter().flat_map(|ids| self.of_tags(glance, ids)));
        if self.on_invoice || all == 0 || parts.contains(&Known::None) {
            return Known::None;
        }
        let flags = self.billable.is_some() || self.invoiced.is_some();
        let silent = self.description.is_some() || flags || parts.contains(&Known::Unknown);
        let mut some = parts.into_iter().filter(|&part| part != Known::Exactly(all));
        match (some.next(), some.next()) {
            _ if silent => Known::Unknown,
            (None, _) => Known::Exactly(all),
            (Some(count), None) => count,
            // How many have both is not told.
            (Some(_), Some(_)) => Known::Unknown,
        }
    }

    fn of_users(&self, glance: &Glance<'_>) -> Known {
        let Some(ids) = &self.users else {
            return Known::Exactly(glance.entries);
        };
        match glance.users.iter().filter(|user| ids.contains(user)).count() {
            0 => Known::None,
            some if some == glance.users.len() => Known::Exactly(glance.entries),
            _ => Known::Unknown,
        }
    }

    fn of_dates(&self, glance: &Glance<'_>) -> Known {
        let Some((first, last)) = glance.dates else {
            return Known::None;
        };
        let inside = |date: Date| self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| to >= date);
        if self.from.is_some_and(|from| from > last) || self.to.is_some_and(|to| to < first) {
            Known::None
        } else if inside(first) && inside(last) {
            Known::Exactly(glance.entries)
        } else {
            Known::Unknown
        }
    }

    fn of_updates(&self, all: u64, updated_at: i64) -> Known {
        if self.updated_within(updated_at) { Known::Exactly(all) } else { Known::None }
    }

    fn updated_within(&self, at: i64) -> bool {
        self.updated_from.is_none_or(|from| at >= from.as_millisecond())
            && self.updated_to.is_none_or(|to| at <= to.as_millisecond() + 999)
    }

    fn of_tags(&self, glance: &Glance<'_>, ids: &[ThingId]) -> Vec<Known> {
        let counts = ids.iter().map(|&id| exactly(glance.of(Kind::Tag, id)));
        match self.tag_mode {
            TagMode::All => counts.collect(),
            TagMode::Exactly => counts.chain([Known::Unknown]).collect(),
            TagMode::Any => {
                let some: Vec<_> = counts.filter(|&count| count != Known::None).collect();
                let all = some.iter().copied().find(|&count| count == Known::Exactly(glance.entries));
                vec![match (all, some.as_slice()) {
                    (Some(all), _) => all,
                    (None, []) => Known::None,
                    (None, [one]) => *one,
                    (None, _) => Known::Unknown,
                }]
            }
        }
    }

    /// Whether an entry passes.
    pub fn matches(&self, entry: &Entry) -> bool {
        let one_of = |wanted: &Option<Vec<ThingId>>, id: Option<ThingId>| {
            wanted.as_ref().is_none_or(|ids| id.is_some_and(|id| ids.contains(&id)))
        };
        let tags = self.tags.iter().all(|ids| match self.tag_mode {
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
        self.admits_import(entry.id.import().0)
            && one_of(&self.users, Some(entry.user))
            && one_of(&self.projects, entry.project)
            && tags
            && text
            && self.from.is_none_or(|from| entry.date >= from)
            && self.to.is_none_or(|to| entry.date <= to)
            && self.billable.is_none_or(|billable| entry.billable == billable)
            && self.invoiced.is_none_or(|invoiced| entry.invoiced.unwrap_or(false) == invoiced)
            && self.updated_within(entry.updated_at)
    }
}

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
            name: query.get("name").map(str::to_lowercase),
            billable: query.flag("Tag", "billable")?,
            ..Self::default()
        })
    }

    /// For projects: `name`, `billable`, `enabled`, `stepping`, `project_group_ids`.
    pub fn of_projects(query: &Query) -> Result<Self, NokoError> {
        const PROJECT: &str = "Project";
        let steppings = [query.parsed(PROJECT, "stepping")?, query.parsed(PROJECT, "billing_increment")?];
        Ok(Self {
            name: query.get("name").map(str::to_lowercase),
            billable: query.flag(PROJECT, "billable")?,
            enabled: query.flag(PROJECT, "enabled")?,
            stepping: steppings.into_iter().flatten().collect(),
            groups: query.ids(PROJECT, &["project_group_ids"])?,
        })
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        let of_projects = self.enabled.is_none() && self.stepping.is_empty() && self.groups.is_none();
        of_projects && self.name.is_none() && self.billable.is_none()
    }

    /// Whether a project or tag passes.
    pub fn matches(&self, thing: &Thing) -> bool {
        let project = thing.project.as_ref();
        self.name.as_ref().is_none_or(|wanted| thing.name.to_lowercase().contains(wanted))
            && self.billable.is_none_or(|billable| thing.billable == billable)
            && self.enabled.is_none_or(|enabled| project.is_some_and(|project| project.enabled == enabled))
            && self.stepping.iter().all(|&step| project.is_some_and(|project| project.stepping == step))
            && self.groups.as_ref().is_none_or(|ids| thing.client().is_some_and(|client| ids.contains(&client)))
    }
}
