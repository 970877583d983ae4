//! Lookups by index items: from a value, or from the number of a profile, to the records which have it.

use std::collections::BTreeSet;

use crate::concurrent::drained;
use crate::id::{AccountId, OwnerId, RecordId};
use crate::records::Record;
use crate::records::index::IndexTerm;
use crate::records::visible::VisibleRecords;
use crate::services::Services;
use crate::store::keys::{self, Key, RecordKind};
use crate::store::{StoreError, Table};

/// The most values looked up before the records are read.
const LOOKUPS_A_WINDOW: usize = 400;
/// The most queries in flight.
const QUERIES_IN_FLIGHT: usize = 32;

/// A value to be looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The record with an id.
    Number(RecordId),
    /// The records with an index term.
    Term(IndexTerm),
}

/// The lookups among the records of a database or a collection.
pub struct Lookups<'s> {
    services: &'s Services,
    account: AccountId,
    owner: OwnerId,
    visible: VisibleRecords<'s>,
}

/// The lookups cost more than they may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooDear;

impl<'s> Lookups<'s> {
    /// Lookups among the records of a kind which `owner` has.
    pub fn new(services: &'s Services, account: AccountId, (owner, kind): (OwnerId, RecordKind)) -> Self {
        Self { services, account, owner, visible: VisibleRecords::new(services, account, kind) }
    }

    /// Looks values up, and passes the records to `see` which people can see and which `is_wanted`, in any order. Stops as soon
    /// as the reads cost more than `most_units`.
    pub async fn read(
        &mut self,
        wanted: &[Lookup],
        most_units: f64,
        is_wanted: impl Fn(&Record) -> bool,
        mut see: impl FnMut(Record),
    ) -> Result<Result<(), TooDear>, StoreError> {
        let before = self.services.store.consumed().read;
        for window in wanted.chunks(LOOKUPS_A_WINDOW) {
            let (services, account, owner) = (self.services, self.account, self.owner);
            let most = most_units - (services.store.consumed().read - before);
            let queries = window.iter().map(|lookup| ids(services, account, lookup, most));
            let found = drained(queries, QUERIES_IN_FLIGHT).await?;
            let Some(found) = found.into_iter().collect::<Option<Vec<_>>>() else { return Ok(Err(TooDear)) };
            let ids: BTreeSet<RecordId> = found.into_iter().flatten().collect();
            let spent = services.store.consumed().read - before;
            if spent + ids.len() as f64 / 2.0 > most_units {
                return Ok(Err(TooDear));
            }
            let of_owner = |record: &Record| record.owner == Some(owner) && is_wanted(record);
            self.visible.read(&ids, of_owner).await?.into_iter().for_each(&mut see);
        }
        Ok(Ok(()))
    }
}

/// The ids to which a lookup leads, or `None` if they are so many that reading them costs more than `most_units`.
async fn ids(
    services: &Services,
    account: AccountId,
    lookup: &Lookup,
    most_units: f64,
) -> Result<Option<Vec<RecordId>>, StoreError> {
    let term = match lookup {
        Lookup::Number(id) => return Ok(Some(vec![*id])),
        Lookup::Term(term) => term,
    };
    let mut found = Vec::new();
    let mut pages = services.store.pages(keys::index_items(account, term.owner, &term.field, &term.value).keys_only());
    while let Some(items) = pages.next().await? {
        for item in items {
            found.push(keys::record_of_index_item(&Key::of(Table::Workspace, &item))?);
        }
        if found.len() as f64 / 2.0 > most_units {
            return Ok(None);
        }
    }
    Ok(Some(found))
}
