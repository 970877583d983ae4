//! Filters of entries. All conditions that are given must hold.

use std::collections::BTreeSet;

use super::Entry;
use crate::id::ThingId;
use crate::ledger::Glance;
use crate::store::keys::Kind;
use crate::things::retired::Retirements;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// How several tags are meant.
#[derive(Clone, Copy, Debug, Default)]
pub enum TagMode {
    /// The entry has all of them.
    #[default]
    All,
    /// The entry has one of them.
    Any,
    /// The entry has all of them and no further tag.
    Exactly,
}

/// How many of some entries pass a filter, as far as a glance tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// None of them.
    None,
    /// So many, at least one.
    Exactly(u64),
    /// They have to be looked at.
    Unknown,
}

fn exactly(count: u64) -> Passing {
    if count == 0 { Passing::None } else { Passing::Exactly(count) }
}

/// Filters of entries.
#[derive(Clone, Debug, Default)]
pub struct EntryFilter {
    pub users: Option<Vec<ThingId>>,
    pub projects: Option<Vec<ThingId>>,
    /// All of these lists have to hold.
    pub tags: Vec<Vec<ThingId>>,
    pub tag_mode: TagMode,
    pub imports: Option<Vec<ThingId>>,
    pub description: Option<String>,
    pub from: Option<Date>,
    pub to: Option<Date>,
    pub billable: Option<bool>,
    pub invoiced: Option<bool>,
    /// Days on which entries were marked as invoiced.
    pub invoiced_at: (Option<Date>, Option<Date>),
    /// Days on which entries were approved.
    pub approved_at: (Option<Date>, Option<Date>),
    pub approved_by: Option<Vec<ThingId>>,
    /// The tag, besides those that are asked for, whose entries the list is of.
    pub of_tag: Option<ThingId>,
    /// No entry passes: one of the lists is empty, or an invoice is asked for, of which none is kept.
    pub none: bool,
    pub updated_from: Option<Timestamp>,
    pub updated_to: Option<Timestamp>,
    /// The things that entries mean by ids that were merged or deleted.
    pub retirements: Retirements,
}

impl EntryFilter {
    /// Those of the projects besides.
    pub fn of_projects(mut self, projects: Vec<ThingId>) -> Self {
        self.projects = Some(both(self.projects.take(), projects));
        self.none |= self.projects.as_ref().is_some_and(Vec::is_empty);
        self
    }

    /// Those of the user besides.
    pub fn of_user(mut self, user: ThingId) -> Self {
        self.users = Some(both(self.users.take(), vec![user]));
        self.none |= self.users.as_ref().is_some_and(Vec::is_empty);
        self
    }

    /// Those that have the tag besides.
    pub fn of_tag(mut self, tag: ThingId) -> Self {
        self.of_tag = Some(tag);
        self
    }

    /// An entry as people see it.
    pub fn resolve(&self, entry: &mut Entry) {
        self.retirements.resolve(entry);
    }

    /// Whether a mark is asked for that only edits by hand make.
    fn is_of_marked(&self) -> bool {
        let invoiced = self.invoiced_at != (None, None);
        invoiced || self.approved_at != (None, None) || self.approved_by.is_some()
    }

    /// How many entries of a glance have one of the things, each of which stands for all that were merged into it. No entry has
    /// two of the tags that were merged into one.
    fn count(&self, glance: &Glance<'_>, kind: Kind, ids: &[ThingId]) -> u64 {
        let meaning: BTreeSet<_> = ids.iter().flat_map(|&id| self.retirements.meaning(kind, id)).collect();
        meaning.into_iter().map(|id| glance.of(kind, id)).sum()
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        let ids = self.users.is_none() && self.projects.is_none() && self.tags.is_empty() && self.imports.is_none();
        let marked = self.of_tag.is_some() || self.is_of_marked();
        let dates = self.from.is_none() && self.to.is_none();
        let updated = self.updated_from.is_none() && self.updated_to.is_none();
        let said = self.billable.is_none() && self.invoiced.is_none() && !self.none;
        ids && dates && updated && !marked && self.description.is_none() && said
    }

    /// Whether entries of this import can pass.
    pub fn admits_import(&self, import: u64) -> bool {
        // What was made by hand is of no import.
        let named = |imports: &Vec<ThingId>| import != 0 && imports.contains(&ThingId(import));
        !self.none && self.imports.as_ref().is_none_or(named)
    }

    /// What passes is of one of the things of each list.
    pub fn named(&self) -> Vec<Vec<(Kind, ThingId)>> {
        let of = |kind, ids: &[ThingId]| {
            let meaning = ids.iter().flat_map(|&id| self.retirements.meaning(kind, id));
            meaning.map(|id| (kind, id)).collect::<Vec<_>>()
        };
        let mut named = Vec::new();
        named.extend(self.users.iter().map(|ids| of(Kind::User, ids)));
        named.extend(self.projects.iter().map(|ids| of(Kind::Project, ids)));
        named.extend(self.of_tag.map(|tag| of(Kind::Tag, &[tag])));
        for ids in &self.tags {
            match self.tag_mode {
                TagMode::Any => named.push(of(Kind::Tag, ids)),
                TagMode::All | TagMode::Exactly => named.extend(ids.iter().map(|&id| of(Kind::Tag, &[id]))),
            }
        }
        named
    }

    /// How many entries of a glance pass, of which none was edited by hand; all of them were made at `updated_at`, in
    /// milliseconds since the epoch.
    pub fn passing(&self, glance: &Glance<'_>, updated_at: i64) -> Passing {
        let all = glance.entries;
        let mut parts = vec![self.of_users(glance), self.of_dates(glance), self.of_updates(all, updated_at)];
        parts.extend(self.projects.iter().map(|ids| exactly(self.count(glance, Kind::Project, ids))));
        parts.extend(self.of_tag.iter().map(|&tag| exactly(self.count(glance, Kind::Tag, &[tag]))));
        parts.extend(self.tags.iter().flat_map(|ids| self.of_tags(glance, ids)));
        if self.none || all == 0 || self.is_of_marked() || parts.contains(&Passing::None) {
            return Passing::None;
        }
        let flags = self.billable.is_some() || self.invoiced.is_some();
        let silent = self.description.is_some() || flags || parts.contains(&Passing::Unknown);
        let mut some = parts.into_iter().filter(|&part| part != Passing::Exactly(all));
        match (some.next(), some.next()) {
            _ if silent => Passing::Unknown,
            (None, _) => Passing::Exactly(all),
            (Some(count), None) => count,
            // How many have both is not told.
            (Some(_), Some(_)) => Passing::Unknown,
        }
    }

    fn of_users(&self, glance: &Glance<'_>) -> Passing {
        let Some(ids) = &self.users else {
            return Passing::Exactly(glance.entries);
        };
        match glance.users.iter().filter(|user| ids.contains(user)).count() {
            0 => Passing::None,
            some if some == glance.users.len() => Passing::Exactly(glance.entries),
            _ => Passing::Unknown,
        }
    }

    fn of_dates(&self, glance: &Glance<'_>) -> Passing {
        let Some((first, last)) = glance.dates else {
            return Passing::None;
        };
        let inside = |date: Date| self.from.is_none_or(|from| from <= date) && self.to.is_none_or(|to| to >= date);
        if self.from.is_some_and(|from| from > last) || self.to.is_some_and(|to| to < first) {
            Passing::None
        } else if inside(first) && inside(last) {
            Passing::Exactly(glance.entries)
        } else {
            Passing::Unknown
        }
    }

    fn of_updates(&self, all: u64, updated_at: i64) -> Passing {
        if self.updated_within(updated_at) { Passing::Exactly(all) } else { Passing::None }
    }

    fn updated_within(&self, at: i64) -> bool {
        self.updated_from.is_none_or(|from| at >= from.as_millisecond())
            && self.updated_to.is_none_or(|to| at <= to.as_millisecond() + 999)
    }

    fn of_tags(&self, glance: &Glance<'_>, ids: &[ThingId]) -> Vec<Passing> {
        let counts = ids.iter().map(|&id| exactly(self.count(glance, Kind::Tag, &[id])));
        match self.tag_mode {
            TagMode::All => counts.collect(),
            TagMode::Exactly => counts.chain([Passing::Unknown]).collect(),
            TagMode::Any => {
                let some: Vec<_> = counts.filter(|&count| count != Passing::None).collect();
                let all = some.iter().copied().find(|&count| count == Passing::Exactly(glance.entries));
                vec![match (all, some.as_slice()) {
                    (Some(all), _) => all,
                    (None, []) => Passing::None,
                    (None, [one]) => *one,
                    (None, _) => Passing::Unknown,
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
            && self.of_tag.is_none_or(|tag| entry.tags.contains(&tag))
            && self.marked(entry)
    }

    fn marked(&self, entry: &Entry) -> bool {
        let approved_on = entry.approved_at.map(utc_day);
        within(self.invoiced_at, entry.invoiced_at)
            && within(self.approved_at, approved_on)
            && self.approved_by.as_ref().is_none_or(|users| entry.approved_by.is_some_and(|by| users.contains(&by)))
    }
}

/// Whether a day lies in a range with an open or a closed end, both days included. Without a range any day does, and none.
fn within((from, to): (Option<Date>, Option<Date>), day: Option<Date>) -> bool {
    let inside = |day: Date| from.is_none_or(|from| day >= from) && to.is_none_or(|to| day <= to);
    (from.is_none() && to.is_none()) || day.is_some_and(inside)
}

/// The day of a time in milliseconds since the epoch.
fn utc_day(ms: i64) -> Date {
    Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(TimeZone::UTC).date()
}

/// The ids that are asked for and among others.
fn both(asked: Option<Vec<ThingId>>, among: Vec<ThingId>) -> Vec<ThingId> {
    match asked {
        None => among,
        Some(asked) => asked.into_iter().filter(|id| among.contains(id)).collect(),
    }
}
