//! The roll of an account: the number of entries in each import, with fifty imports in an item.
//!
//! Lists are numbered by pages, so a search for page 300 has to know how many entries lie before the page without
//! reading the entries. The roll changes only in transactions which exist anyway:
//!
//! | transaction | change of the roll |
//! |---|---|
//! | makes an import | the import is entered |
//! | settles an import | the number of entries is set |
//! | resumes an import | the number is taken off, until the import settles again |
//! | deletes an entry by hand | the deletion is counted beside the number |
//! | begins an undo | the import is struck off |
//! | ends the undo of an aborted import | the import is back, with no entries |
//!
//! The roll is therefore right at every moment, and a number missing from the roll belongs to no import. A running
//! import has no number of entries on the roll, and the counters of the import tell instead.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;

use crate::id::{AccountId, ImportId};
use crate::services::Services;
use crate::store::keys;
use crate::store::{Item, StoreError, Write};

/// The roll of an account, read whole.
#[derive(Clone, Debug, Default)]
pub struct Roll {
    lines: BTreeMap<ImportId, Line>,
}

/// The roll's facts about a single import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// The number of entries created, or `None` until the import settles.
    created: Option<u64>,
    /// The number of entries deleted by hand since.
    dropped: u64,
    /// `true` if the import is undone or being undone.
    gone: bool,
}

impl Line {
    /// The number of entries which people can see, or `None` until the import settles.
    pub fn standing(&self) -> Option<u64> {
        self.created.map(|created| created.saturating_sub(self.dropped))
    }

    /// `true` if the import is undone or being undone.
    pub fn is_gone(&self) -> bool {
        self.gone
    }
}

/// The lines of some imports; imports missing from the roll are missing from the result.
pub async fn lines(
    services: &Services,
    account: AccountId,
    imports: &BTreeSet<ImportId>,
) -> Result<BTreeMap<ImportId, Line>, StoreError> {
    let mut keys: Vec<_> = imports.iter().map(|&import| keys::roll(account, import)).collect();
    keys.dedup();
    let mut roll = Roll::default();
    services.store.get_many(&keys).await?.into_iter().for_each(|item| roll.take(item));
    Ok(roll.lines)
}

impl Roll {
    /// Reads the whole roll of an account.
    pub async fn read(services: &Services, account: AccountId) -> Result<Self, StoreError> {
        let mut roll = Self::default();
        for item in services.store.all(keys::rolls(account)).await? {
            roll.take(item);
        }
        Ok(roll)
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
                _ => {}
            }
        }
    }

    /// The imports neither undone nor being undone, highest number first.
    pub fn standing(&self) -> impl Iterator<Item = (ImportId, Line)> + '_ {
        self.lines.iter().rev().map(|(&import, &line)| (import, line)).filter(|(_, line)| !line.gone)
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

/// The write which enters a new import on the roll.
pub fn entered(account: AccountId, import: ImportId) -> Write {
    Write::update(keys::roll(account, import), &format!("SET #r{import} = :true")).bind(":true", true)
}

/// The write which sets the number of entries of a settling import.
pub fn settled(account: AccountId, import: ImportId, created: u64) -> Write {
    Write::update(keys::roll(account, import), &format!("SET #e{import} = :created REMOVE #r{import}"))
        .bind(":created", created)
}

/// The write which takes off the number of entries of an import which is resumed.
pub fn reopened(account: AccountId, import: ImportId) -> Write {
    Write::update(keys::roll(account, import), &format!("SET #r{import} = :true REMOVE #e{import}")).bind(":true", true)
}

/// The write which puts an aborted import back on the roll, with no entries.
pub fn emptied(account: AccountId, import: ImportId) -> Write {
    Write::update(keys::roll(account, import), &format!("SET #e{import} = :none REMOVE #d{import}, #g{import}"))
        .bind(":none", 0)
}

/// The write which strikes off an import whose undo begins.
pub fn struck(account: AccountId, import: ImportId) -> Write {
    Write::update(
        keys::roll(account, import),
        &format!("SET #g{import} = :true REMOVE #e{import}, #d{import}, #r{import}"),
    )
    .bind(":true", true)
}

/// The write which counts an entry deleted by hand.
pub fn dropped(account: AccountId, import: ImportId) -> Write {
    Write::update(keys::roll(account, import), &format!("ADD #d{import} :one")).bind(":one", 1)
}
