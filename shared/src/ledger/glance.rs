//! Glances over the entities of a chunk, by which filters skip whole chunks without reading an entity.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::page_error::PageError;
use crate::id::ThingId;
use crate::store::keys::Kind;
use crate::things::sums::Sums;

/// The bytes which a packed error takes for its numbers and the lengths of its texts.
const LENGTHS: usize = 20;

/// A glance over a chunk, in a variant for each kind of rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ChunkGlance {
    /// The rows of the chunk are time entries.
    Entries(EntriesGlance),
    /// The rows of the chunk are companies and people.
    Contacts(ContactsGlance),
    /// The rows of the chunk are profiles.
    Profiles(ProfilesGlance),
    /// The rows of the chunk are companies and people, and change people who stand.
    ContactUpdates(ContactUpdatesGlance),
}

impl Default for ChunkGlance {
    fn default() -> Self {
        Self::Entries(EntriesGlance::default())
    }
}

/// The names in a chunk's rows which the account does not know.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UnknownNames {
    /// Users, each once, spelt as in the file.
    pub users: Vec<String>,
    /// The number of rows which name an unknown user or no user at all.
    pub user_rows: u32,
    /// Projects which the import may not create, each once.
    pub projects: Vec<String>,
}

impl ChunkGlance {
    /// The first and the last day of the entities, or `None` without entities, and for a kind without days.
    pub fn dates(&self) -> Option<(Date, Date)> {
        match self {
            Self::Entries(entries) => entries.dates,
            Self::Contacts(_) | Self::Profiles(_) | Self::ContactUpdates(_) => None,
        }
    }

    /// The users to whom the entities belong, in ascending order of ids; none for people.
    pub fn users(&self) -> &[ThingId] {
        match self {
            Self::Entries(entries) => &entries.users,
            Self::Contacts(_) | Self::Profiles(_) | Self::ContactUpdates(_) => &[],
        }
    }

    /// The totals per shared thing, in ascending order of kind and id.
    pub fn totals(&self) -> &[Total] {
        match self {
            Self::Entries(entries) => &entries.totals,
            Self::Contacts(contacts) => &contacts.totals,
            Self::ContactUpdates(contacts) => &contacts.totals,
            Self::Profiles(_) => &[],
        }
    }

    /// The projects of the entities, each with the users who have entities in the project; none for people.
    pub fn participants(&self) -> impl Iterator<Item = (ThingId, impl Iterator<Item = ThingId> + '_)> + '_ {
        let (users, places): (_, &[Vec<u16>]) = match self {
            Self::Entries(entries) => (entries.users.as_slice(), &entries.project_users),
            Self::Contacts(_) | Self::Profiles(_) | Self::ContactUpdates(_) => (&[], &[]),
        };
        let projects = self.totals().iter().filter(|total| total.kind == Kind::Project);
        projects.zip(places).map(move |(project, places)| {
            (project.id, places.iter().filter_map(move |&user| users.get(usize::from(user)).copied()))
        })
    }

    /// The unknown names; none for a kind of rows which makes what it names.
    pub fn into_unknown(self) -> UnknownNames {
        match self {
            Self::Entries(entries) => UnknownNames {
                users: entries.unknown_users,
                user_rows: entries.unknown_user_rows,
                projects: entries.unknown_projects,
            },
            Self::Contacts(_) | Self::Profiles(_) | Self::ContactUpdates(_) => UnknownNames::default(),
        }
    }

    /// The cells which were emptied because their field cannot hold the value.
    pub(super) fn emptied_mut(&mut self) -> &mut [PageError] {
        match self {
            Self::Entries(_) | Self::Contacts(_) | Self::ContactUpdates(_) => &mut [],
            Self::Profiles(profiles) => &mut profiles.emptied,
        }
    }

    /// Forgets other matches and the last emptied cells of a page with so many bytes, until the page has at most `most`.
    pub(super) fn fit(&mut self, bytes: usize, most: usize) {
        let Self::Profiles(profiles) = self else { return };
        if bytes > most {
            profiles.others.clear();
            let mut room = most / 2;
            profiles.emptied.retain(|cell| {
                room = room.saturating_sub(cell.size() + LENGTHS);
                room > 0
            });
        }
    }

    /// The lists of names which may grow with the text of the rows.
    pub(super) fn lists_of_names(&mut self) -> Vec<&mut Vec<String>> {
        match self {
            Self::Entries(entries) => vec![&mut entries.unknown_users, &mut entries.unknown_projects],
            Self::Contacts(_) | Self::Profiles(_) | Self::ContactUpdates(_) => Vec::new(),
        }
    }
}

/// A glance over the people of a chunk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContactsGlance {
    /// The number of people created per company, as `entries` of the sums, in ascending order of ids.
    pub totals: Vec<Total>,
}

/// A glance over the people of a chunk whose rows also change people who stand, with what the outcomes of rows leave open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ContactUpdatesGlance {
    /// The number of people created per company, as `entries` of the sums, in ascending order of ids.
    pub totals: Vec<Total>,
    /// The people whom rows found by the address, as pairs of the row's offset in the chunk and the person's id: changed, left
    /// as they were, or skipped by the update policy.
    pub met: Vec<(u32, u64)>,
    /// Rows skipped because a later row of the file has the same address: the row's offset in the chunk, and the later row.
    pub later: Vec<(u32, u64)>,
}

/// A glance over the profiles and subprofiles of a chunk, with what the outcomes of rows leave open.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProfilesGlance {
    /// The number of profiles in the chunk's partition of profiles. A row which creates a subprofile alone creates none.
    pub profiles: u32,
    /// The number of subprofiles in the chunk's partition of subprofiles.
    pub subprofiles: u32,
    /// Rows whose key had several matches, by the row's offset in the chunk: the matches to which the row did not write,
    /// in ascending order of ids.
    pub others: Vec<(u32, Vec<u64>)>,
    /// Rows skipped because a later row of the file has the same key: the row's offset in the chunk, and the later row.
    pub later: Vec<(u32, u64)>,
    /// Cells emptied because the field cannot hold the value, in the order of the rows. Only with `invalid_values=empty`.
    pub emptied: Vec<PageError>,
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

/// The totals of a chunk's entities for a shared thing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Total {
    /// Project or tag for entries, company for people. Pages hold no totals of users or clients.
    pub kind: Kind,
    /// The id of the thing.
    pub id: ThingId,
    /// The number of entries or people, and for entries the total, billable and invoiced seconds.
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
    pub fn add(&mut self, glance: &ChunkGlance) {
        self.add_dates(glance.dates());
        self.users.extend(glance.users());
        for total in glance.totals() {
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
