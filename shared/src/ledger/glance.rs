//! Glances over the entities of a chunk, by which filters skip whole chunks without reading an entity.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::id::ThingId;
use crate::store::keys::Kind;
use crate::things::sums::Sums;

/// A glance over a chunk, in a variant for each kind of rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ChunkGlance {
    /// The rows of the chunk are time entries.
    Entries(EntriesGlance),
}

impl Default for ChunkGlance {
    fn default() -> Self {
        Self::Entries(EntriesGlance::default())
    }
}

/// A glance over the time entries of a chunk, with the names which the chunk could not resolve.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EntriesGlance {
    /// The first and the last day of the entries, or `None` without entries.
    pub dates: Option<(Date, Date)>,
    /// The users to whom the chunk's entries belong, in ascending order of ids.
    pub users: Vec<ThingId>,
    /// Totals of the entries per project and tag, in ascending order of kind and id.
    pub totals: Vec<Total>,
    /// Per project in `totals`, in the same order: the users with entries in the project, as positions in `users`.
    pub project_users: Vec<Vec<u16>>,
    /// Users named by rows but unknown to the account, each once, spelt as in the file.
    pub unknown_users: Vec<String>,
    /// The number of rows which name an unknown user or no user at all.
    pub unknown_user_rows: u32,
    /// Projects named by rows which the account lacks and the import may not create, each once.
    pub unknown_projects: Vec<String>,
}

impl EntriesGlance {
    /// The projects of the chunk's entries, each with the users who have entries in the project.
    pub fn participants(&self) -> impl Iterator<Item = (ThingId, impl Iterator<Item = ThingId> + '_)> + '_ {
        let projects = self.totals.iter().filter(|total| total.kind == Kind::Project);
        projects.zip(&self.project_users).map(|(project, users)| {
            let users = users.iter().filter_map(|&user| self.users.get(usize::from(user)).copied());
            (project.id, users)
        })
    }
}

/// The totals of a chunk's entries for a project or a tag.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Total {
    /// Project or tag, since pages hold no totals of users or clients.
    pub kind: Kind,
    /// The id of the project or tag.
    pub id: ThingId,
    /// The number of entries with the project or tag, and the total, billable and invoiced seconds.
    pub sums: Sums,
}

/// Facts about many entries of a chunk or a summary, by which filters skip all entries at once.
#[derive(Clone, Copy, Debug)]
pub struct Glance<'a> {
    /// The number of entries over which the glance looks.
    pub entries: u64,
    /// The first and the last day of the entries, or `None` without entries.
    pub dates: Option<(Date, Date)>,
    /// The users to whom the entries belong, in ascending order of ids.
    pub users: &'a [ThingId],
    /// Totals of the entries per project and tag, in ascending order of kind and id.
    pub totals: &'a [Total],
}

impl Glance<'_> {
    /// The number of entries with this project or tag.
    pub fn of(&self, kind: Kind, id: ThingId) -> u64 {
        let total = self.totals.iter().find(|total| total.kind == kind && total.id == id);
        total.map_or(0, |total| total.sums.entries.unsigned_abs())
    }
}

/// A glance being added up, over the entries of a chunk or over the ledger pages of many chunks.
#[derive(Debug, Default)]
pub struct GlanceSum {
    /// The first and the last day so far, or `None` before the first entry.
    pub dates: Option<(Date, Date)>,
    /// The users to whom the entries belong so far.
    pub users: BTreeSet<ThingId>,
    /// The totals per project and tag so far.
    pub totals: BTreeMap<(Kind, ThingId), Sums>,
}

impl GlanceSum {
    /// Adds a time entry with its project and tags.
    pub fn add_entry(&mut self, date: Date, user: ThingId, things: impl Iterator<Item = (Kind, ThingId)>, sums: &Sums) {
        self.add_dates(Some((date, date)));
        self.users.insert(user);
        things.for_each(|thing| self.totals.entry(thing).or_default().add(sums));
    }

    /// Adds the glance of a ledger page.
    pub fn add(&mut self, glance: &EntriesGlance) {
        self.add_dates(glance.dates);
        self.users.extend(&glance.users);
        for total in &glance.totals {
            self.totals.entry((total.kind, total.id)).or_default().add(&total.sums);
        }
    }

    /// Widens the days so far to include a first and a last day.
    pub fn add_dates(&mut self, dates: Option<(Date, Date)>) {
        if let Some((first, last)) = dates {
            let (from, to) = self.dates.unwrap_or((first, last));
            self.dates = Some((from.min(first), to.max(last)));
        }
    }

    /// The totals so far, in ascending order of kind and id.
    pub fn totals(&self) -> Vec<Total> {
        self.totals.iter().map(|(&(kind, id), &sums)| Total { kind, id, sums }).collect()
    }
}
