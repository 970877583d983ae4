//! The rolls of an account: the number of entities in each import, with fifty imports in an item. There is a roll of the
//! imports of time entries, one of those of contacts, and one of those of each database of profiles, because a list shows the
//! entities of one of them. The entities of an import of profiles are its profiles; subprofiles are not counted.
//!
//! Lists are numbered by pages, so a search for page 300 has to know how many entities lie before the page without
//! reading the entities. The roll changes only in transactions which exist anyway:
//!
//! | transaction | change of the roll |
//! |---|---|
//! | makes an import | the import is entered |
//! | settles an import | the number of entities is set |
//! | resumes an import | the number is taken off, until the import settles again |
//! | deletes an entity by hand | the deletion is counted beside the number |
//! | begins an undo | the import is struck off |
//! | ends the undo of an aborted import | the import is back, with no entities |
//! | ends an undo which kept entities | the number of entities kept is set |
//!
//! The roll is therefore right at every moment, and a number missing from the roll belongs to no import. A running
//! import has no number of entities on the roll, and the counters of the import tell instead.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;

use super::{Import, ImportType, ProfileOptions};
use crate::id::{AccountId, ImportId, OwnerId};
use crate::profile_form::ProfileAction;
use crate::services::Services;
use crate::store::keys;
use crate::store::{Item, StoreError, Write};

/// The name of a roll, which tells whose imports are on the roll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollOf {
    /// The imports of time entries.
    Entries,
    /// The imports of contacts.
    Contacts,
    /// The imports of profiles into a database.
    Profiles(OwnerId),
}

impl RollOf {
    fn of(import: &Import) -> Self {
        match import.import_type {
            ImportType::TimeEntries => Self::Entries,
            ImportType::Contacts => Self::Contacts,
            // Every import of profiles has a database, and no database has the id 0.
            ImportType::Profiles => Self::Profiles(import.options.profiles.database.unwrap_or(OwnerId(0))),
        }
    }

    /// The word for the roll in keys, for example `profiles.12`.
    fn word(self) -> String {
        match self {
            Self::Entries => "entries".to_owned(),
            Self::Contacts => "contacts".to_owned(),
            Self::Profiles(database) => format!("profiles.{database}"),
        }
    }
}

/// The roll of an account, read whole.
#[derive(Clone, Debug, Default)]
pub struct Roll {
    lines: BTreeMap<ImportId, Line>,
}

/// The roll's facts about a single import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The number of entities created, or `None` until the import settles.
    created: Option<u64>,
    /// The number of entities deleted by hand since.
    dropped: u64,
    /// The number of entities which the undo of the import kept.
    kept: u64,
    /// `true` if the import is undone or being undone.
    gone: bool,
    /// `true` if the import deletes entities of other imports, and its undo has not ended.
    deletes: bool,
}

impl Line {
    /// The number of entities which people can see, or `None` until the import settles. Entities kept by an undo are
    /// counted by [`kept`](Self::kept).
    pub fn standing(&self) -> Option<u64> {
        self.created.map(|created| created.saturating_sub(self.dropped))
    }

    /// The number of entities which the ended undo of the import kept, and nobody deleted since.
    pub fn kept(&self) -> u64 {
        self.kept.saturating_sub(self.dropped)
    }

    /// `true` if the import is undone or being undone.
    pub fn is_gone(&self) -> bool {
        self.gone
    }

    /// `true` if the import deletes entities that other imports or people made. The deleted entities stay in the numbers of
    /// their makers, so the numbers of a roll with such an import are too high.
    pub fn deletes(&self) -> bool {
        self.deletes
    }
}

/// The lines of some imports of a roll; imports missing from the roll are missing from the result.
pub async fn lines(
    services: &Services,
    account: AccountId,
    roll: RollOf,
    imports: &BTreeSet<ImportId>,
) -> Result<BTreeMap<ImportId, Line>, StoreError> {
    let word = roll.word();
    let mut keys: Vec<_> = imports.iter().map(|&import| keys::roll(account, &word, import)).collect();
    keys.dedup();
    let mut roll = Roll::default();
    services.store.get_many(&keys).await?.into_iter().for_each(|item| roll.take(item));
    Ok(roll.lines)
}

impl Roll {
    /// Reads a whole roll of an account.
    pub async fn read(services: &Services, account: AccountId, roll: RollOf) -> Result<Self, StoreError> {
        let mut read = Self::default();
        for item in services.store.all(keys::rolls(account, &roll.word())).await? {
            read.take(item);
        }
        Ok(read)
    }

    fn take(&mut self, item: Item) {
        for (name, value) in item {
            let Some((what, Ok(import))) = name.split_at_checked(1).map(|(what, id)| (what, id.parse().map(ImportId)))
            else {
                continue;
            };
            let number = match &value {
                AttributeValue::N(number) => number.parse().unwrap_or_default(),
                _ => 0,
            };
            let line = self.lines.entry(import).or_default();
            match what {
                "e" => line.created = Some(number),
                "d" => line.dropped = number,
                "g" => line.gone = true,
                "k" => line.kept = number,
                "x" => line.deletes = true,
                _ => {}
            }
        }
    }

    /// The imports neither undone nor being undone, highest number first.
    pub fn standing(&self) -> impl Iterator<Item = (ImportId, Line)> + '_ {
        self.all().filter(|(_, line)| !line.gone)
    }

    /// All imports with their lines, highest number first.
    pub fn all(&self) -> impl Iterator<Item = (ImportId, Line)> + '_ {
        self.lines.iter().rev().map(|(&import, &line)| (import, line))
    }

    /// The number of imports neither undone nor being undone.
    pub fn len(&self) -> u64 {
        self.lines.values().filter(|line| !line.gone).count() as u64
    }

    /// `true` if every import is undone or being undone, or the account has no import.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An update of the import's item on the roll.
fn update(import: &Import, expression: &str) -> Write {
    Write::update(keys::roll(import.account, &RollOf::of(import).word(), import.id), expression)
}

/// The write which enters a new import on the roll.
pub fn entered(import: &Import) -> Write {
    let id = import.id;
    let also = if deletes(import) { format!(", #x{id} = :true") } else { String::new() };
    update(import, &format!("SET #r{id} = :true{also}")).bind(":true", true)
}

/// `true` if an import is to delete entities that it did not make.
pub fn deletes(import: &Import) -> bool {
    let ProfileOptions { action, remove_missing, .. } = &import.options.profiles;
    import.import_type == ImportType::Profiles && (*action == ProfileAction::Delete || *remove_missing)
}

/// The write which sets the number of entities of a settling import.
pub fn settled(import: &Import, created: u64) -> Write {
    let id = import.id;
    update(import, &format!("SET #e{id} = :created REMOVE #r{id}")).bind(":created", created)
}

/// The write which takes off the number of entities of an import which is resumed.
pub fn reopened(import: &Import) -> Write {
    let id = import.id;
    update(import, &format!("SET #r{id} = :true REMOVE #e{id}")).bind(":true", true)
}

/// The write which puts an aborted import back on the roll, with the entities that its undo kept alone; also for an import
/// which ends before its load, and then no entity is kept.
pub fn emptied(import: &Import, kept: u64) -> Write {
    let id = import.id;
    let emptied = update(import, &format!("SET #e{id} = :none, #k{id} = :kept REMOVE #g{id}, #r{id}, #x{id}"));
    emptied.bind(":none", 0).bind(":kept", kept)
}

/// The write which strikes off an import whose undo begins.
pub fn struck(import: &Import) -> Write {
    let id = import.id;
    update(import, &format!("SET #g{id} = :true REMOVE #e{id}, #d{id}, #r{id}")).bind(":true", true)
}

/// The write which sets the number of entities that an ended undo kept. What the import deleted is back.
pub fn kept(import: &Import, kept: u64) -> Write {
    let id = import.id;
    update(import, &format!("SET #k{id} = :kept REMOVE #x{id}")).bind(":kept", kept)
}

/// The write which counts an entity deleted by hand.
pub fn dropped(import: &Import) -> Write {
    update(import, &format!("ADD #d{} :one", import.id)).bind(":one", 1)
}
