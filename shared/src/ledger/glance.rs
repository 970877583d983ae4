//! The rows of many chunks at a glance, so that filters pass over whole chunks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::ThingId;
use crate::store::keys::Kind;
use crate::things::sums::Sums;

/// A chunk at a glance, by the kind of its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ChunkGlance {
    /// Rows of time entries.
    Entries(EntriesGlance),
}

impl Default for ChunkGlance {
    fn default() -> Self {
        Self::Entries(EntriesGlance::default())
    }
}

/// The time entries of a chunk at a glance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EntriesGlance {
    /// The first and the last day of the entries.
    pub dates: Option<(Date, Date)>,
    /// The users who have entries, ascending.
    pub users: Vec<ThingId>,
    /// Entries per project and tag.
    pub totals: Vec<Total>,
    /// For each project among the totals, in their order: the users who have entries of the project, by their index in
    /// `users`.
    pub project_users: Vec<Vec<u16>>,
    /// Users that rows name and nobody knows, each once, as the file spells them.
    pub unknown_users: Vec<String>,
    /// Rows that name an unknown user.
    pub unknown_user_rows: u32,
    /// Projects that rows name and that were not to be created, each once.
    pub unknown_projects: Vec<String>,
}

impl EntriesGlance {
    /// The projects that have entries, each with the users of these entries.
    pub fn participants(&self) -> impl Iterator<Item = (ThingId, impl Iterator<Item = ThingId> + '_)> + '_ {
        let projects = self.totals.iter().filter(|total| total.kind == Kind::Project);
        projects.zip(&self.project_users).map(|(project, users)| {
            let users = users.iter().filter_map(|&user| self.users.get(usize::from(user)).copied());
            (project.id, users)
        })
    }
}

/// The entries that a chunk has of a project or tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Total {
    /// Project or tag.
    pub kind: Kind,
    /// Which.
    pub id: ThingId,
    /// How many, how long.
    pub sums: Sums,
}

/// What many entries are at a glance, so that filters pass over them.
#[derive(Clone, Copy, Debug)]
pub struct Glance<'a> {
    /// How many they are.
    pub entries: u64,
    /// Their first and last day.
    pub dates: Option<(Date, Date)>,
    /// Whose they are.
    pub users: &'a [ThingId],
    /// How many of them are of which project and tag.
    pub totals: &'a [Total],
}

impl Glance<'_> {
    /// How many entries are of a project or have a tag.
    pub fn of(&self, kind: Kind, id: ThingId) -> u64 {
        let total = self.totals.iter().find(|total| total.kind == kind && total.id == id);
        total.map_or(0, |total| total.sums.entries.unsigned_abs())
    }
}

/// The sum of glances: of the entries of a chunk, or of the pages of many chunks.
#[derive(Debug, Default)]
pub struct GlanceSum {
    /// The first and the last day.
    pub dates: Option<(Date, Date)>,
    /// The users who have entries.
    pub users: BTreeSet<ThingId>,
    /// Entries per project and tag.
    pub totals: BTreeMap<(Kind, ThingId), Sums>,
}

impl GlanceSum {
    /// Adds one entry, of a project and tags.
    pub fn add_entry(&mut self, date: Date, user: ThingId, things: impl Iterator<Item = (Kind, ThingId)>, sums: &Sums) {
        self.add_dates(Some((date, date)));
        self.users.insert(user);
        things.for_each(|thing| self.totals.entry(thing).or_default().add(sums));
    }

    /// Adds the entries of a page.
    pub fn add(&mut self, glance: &EntriesGlance) {
        self.add_dates(glance.dates);
        self.users.extend(&glance.users);
        for total in &glance.totals {
            self.totals.entry((total.kind, total.id)).or_default().add(&total.sums);
        }
    }

    /// Takes in a first and a last day.
    pub fn add_dates(&mut self, dates: Option<(Date, Date)>) {
        if let Some((first, last)) = dates {
            let (from, to) = self.dates.unwrap_or((first, last));
            self.dates = Some((from.min(first), to.max(last)));
        }
    }

    /// The totals, in the order of kinds and ids.
    pub fn totals(&self) -> Vec<Total> {
        self.totals.iter().map(|(&(kind, id), &sums)| Total { kind, id, sums }).collect()
    }
}
