//! Filters of entries, in the vendor's present spellings and the older ones. All that are given must hold.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use shared::entity::Entry;
use shared::id::ThingId;
use shared::ledger::Glance;
use shared::store::keys::Kind;

use super::NokoError;
use super::query::Query;

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
    /// No entry passes: a list is empty, or the query asks for an invoice or an approval, and none is kept.
    none: bool,
    updated_from: Option<Timestamp>,
    updated_to: Option<Timestamp>,
}

impl EntryFilter {
    /// From the query.
    pub fn of(query: &Query) -> Result<Self, NokoError> {
        let tag_mode = query.read("tag_filter_type", |word| match word {
            "and" => Some(TagMode::All),
            "any" => Some(TagMode::Any),
            "combination of" => Some(TagMode::Exactly),
            _ => None,
        })?;
        let mut none = false;
        for list in ["invoice_ids", "invoices", "approved_by_ids"] {
            none |= query.ids(list)?.is_some();
        }
        for day in ["invoiced_at_from", "invoiced_at_to", "approved_at_from", "approved_at_to"] {
            none |= query.day(day)?.is_some();
        }
        let tags: Vec<_> =
            ["tag_ids", "tags"].into_iter().filter_map(|name| query.ids(name).transpose()).collect::<Result<_, _>>()?;
        let users = query.common_ids(&["user_ids", "users"])?;
        let projects = query.common_ids(&["project_ids", "projects"])?;
        let imports = query.common_ids(&["import_ids", "imports"])?;
        none |= tags.iter().chain(&users).chain(&projects).chain(&imports).any(Vec::is_empty);
        Ok(Self {
            users,
            projects,
            tags,
            tag_mode: tag_mode.unwrap_or_default(),
            imports,
            description: query.text("description").map(str::to_lowercase),
            from: query.day("from")?,
            to: query.day("to")?,
            billable: query.flag("billable")?,
            invoiced: query.flag("invoiced")?,
            none,
            updated_from: query.parsed("updated_from")?,
            updated_to: query.parsed("updated_to")?,
        })
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        let ids = self.users.is_none() && self.projects.is_none() && self.tags.is_empty() && self.imports.is_none();
        let dates = self.from.is_none() && self.to.is_none();
        let updated = self.updated_from.is_none() && self.updated_to.is_none();
        let said = self.billable.is_none() && self.invoiced.is_none() && !self.none;
        ids && dates && updated && self.description.is_none() && said
    }

    /// Whether entries of this import can pass.
    pub fn admits_import(&self, import: u64) -> bool {
        // What was made by hand is of no import.
        let named = |imports: &Vec<ThingId>| import != 0 && imports.contains(&ThingId(import));
        !self.none && self.imports.as_ref().is_none_or(named)
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
        if self.none || all == 0 || parts.contains(&Known::None) {
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
