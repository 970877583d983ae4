//! The roll of an account: how many entries each of its imports holds, fifty imports to an item.
//!
//! Lists are numbered by pages, so whoever wants page 300 has to know what the pages before it hold without reading
//! them. An import is entered on the roll in the transaction that makes it, gets its count with the transition that settles
//! it, and is struck off with the one that begins its undo; an entry of it that is deleted by hand is counted beside it in
//! the transaction that deletes it. So the roll is true at every moment, and a number that is not on it is no import. Of an
//! import without a count, which is running, its own counters tell.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;

use crate::id::{AccountId, ImportId};
use crate::services::Services;
use crate::store::keys;
use crate::store::{Item, StoreError, Write};

/// What the roll says of the imports of an account.
#[derive(Clone, Debug, Default)]
pub struct Roll {
    lines: BTreeMap<ImportId, Line>,
}

/// What it says of one import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Entries that it created, once it is settled.
    created: Option<u64>,
    /// Those of them that were deleted by hand.
    dropped: u64,
    /// It is undone, or being undone.
    gone: bool,
}

impl Line {
    /// Entries that stand; none, while that is not settled.
    pub fn standing(&self) -> Option<u64> {
        self.created.map(|created| created.saturating_sub(self.dropped))
    }

    /// Whether it is undone, or being undone.
    pub fn is_gone(&self) -> bool {
        self.gone
    }
}

/// What the roll says of some imports.
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
    /// The roll as of now.
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

    /// The imports that are neither undone nor being undone, latest first, with what is known of each.
    pub fn standing(&self) -> impl Iterator<Item = (ImportId, Line)> + '_ {
        self.lines.iter().rev().map(|(&import, &line)| (import, line)).filter(|(_, line)| !line.gone)
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.lines.values().filter(|line| !line.gone).count() as u64
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The import is made.
pub fn entered(account: AccountId, import: ImportId) -> Write {
    Write::update(keys::roll(account, import), &format!("SET #r{import} = :true")).bind(":true", true)
}

/// The import is settled and holds so many entries.
pub fn settled(account: AccountId, import: ImportId, created: u64) -> Write {
    Write::update(keys::roll(account, import), &format!("SET #e{import} = :created REMOVE #r{import}"))
        .bind(":created", created)
}

/// The import is no more to be seen.
pub fn struck(account: AccountId, import: ImportId) -> Write {
    Write::update(
        keys::roll(account, import),
        &format!("SET #g{import} = :true REMOVE #e{import}, #d{import}, #r{import}"),
    )
    .bind(":true", true)
}

/// One of its entries was deleted by hand.
pub fn dropped(account: AccountId, import: ImportId) -> Write {
    Write::update(keys::roll(account, import), &format!("ADD #d{import} :one")).bind(":one", 1)
}
