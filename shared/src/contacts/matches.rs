//! The search for the people whom the rows of a file change: by the addresses of the rows, before the first chunk is loaded.
//!
//! | a row of a person with an address | plan |
//! |---|---|
//! | a later row of the file has the address | the row yields to the last of these rows |
//! | a person whom people can see has the address | the row meets the person |
//! | nobody has the address | none: the row creates a person |
//! | a user has the address, or a person whom nobody can see | none: the row creates nobody, because the address is taken |
//! | a person of this import has the address | none: from before the import was stopped and resumed, or the same |
//!
//! A person whom nobody can see is one of a chunk that its import may still load again; the loader would write over the change.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Person;
use super::notes::{ContactNotes, ContactPlan};
use crate::contact_form::Contacts;
use crate::id::{ChunkNo, RecordId, Row};
use crate::import::{Cost, Import, ImportError, JoinWay, Units};
use crate::kind::bits::Bits;
use crate::kind::planned_file::{PlannedFile, SeenRow};
use crate::lease::nonce;
use crate::profile_form::UpdatePolicy;
use crate::records::visible::VisibleRecords;
use crate::store::keys::RecordKind;
use crate::things::claim::{Holder, holders};

/// The most addresses whose claims and people are read at once; the store reads a hundred items with a request.
const ADDRESSES_AT_ONCE: usize = 1000;
/// The most items with plans written at once.
const ITEMS_AT_ONCE: usize = 200;
/// The units of an import beside its chunks: its making, changes of status with their events, totals.
const UNITS_AN_IMPORT: Units = Units { read: 12.0, write: 70.0 };
/// The units of a chunk beside its rows: claim, page with counts, plans.
const UNITS_A_CHUNK: Units = Units { read: 13.0, write: 12.0 };
/// The units of a changed person: the record, the share of a block of images, the row's share of the plans.
const UNITS_A_CHANGE: Units = Units { read: 2.0, write: 1.3 };

/// The rows of the addresses in a share of the file.
#[derive(Debug, Default)]
pub struct RowsByAddress(HashMap<String, RowsOfAddress>);

/// The rows of an address, as indexes in the file, from 0.
#[derive(Debug)]
struct RowsOfAddress {
    last: u64,
    /// `true` if the last row was loaded before the import was stopped and resumed.
    is_loaded: bool,
    /// The rows before that are not loaded.
    earlier: Vec<u64>,
}

impl RowsByAddress {
    /// Adds a row, which comes behind all rows added so far.
    pub fn add(&mut self, address: String, seen: SeenRow) {
        let is_loaded = seen.outcome.is_some();
        let new = || RowsOfAddress { last: seen.row, is_loaded, earlier: Vec::new() };
        let rows = self.0.entry(address).or_insert_with(new);
        if rows.last != seen.row {
            rows.earlier.extend((!rows.is_loaded).then_some(rows.last));
            (rows.last, rows.is_loaded) = (seen.row, is_loaded);
        }
    }

    /// The plans of rows which yield to a later row, by row.
    fn yielding(&self) -> BTreeMap<Row, ContactPlan> {
        let plans = self.0.values().flat_map(|rows| {
            let later = ContactPlan::YieldsTo(Row(rows.last + 1));
            rows.earlier.iter().map(move |&row| (Row(row + 1), later))
        });
        plans.collect()
    }
}

/// A run of the search, with the numbers of rows for the estimate of the price.
pub struct MatchRun<'f> {
    file: &'f PlannedFile<'f, Contacts>,
    policy: UpdatePolicy,
    /// The run, as 32 hexadecimal digits.
    pub edition: String,
    /// The number of rows which meet a person.
    met: u64,
    /// The number of rows which create a person with an address, or lose the address to somebody else.
    unmet: u64,
    /// The number of rows of people without an address.
    pub unaddressed: u64,
}

impl<'f> MatchRun<'f> {
    /// A run which has seen no row.
    pub fn new(file: &'f PlannedFile<'f, Contacts>, policy: UpdatePolicy) -> Self {
        Self { file, policy, edition: nonce(), met: 0, unmet: 0, unaddressed: 0 }
    }

    /// Finds and notes the plans of a share of the rows. Marks the rows whose address a user has, if the import skips
    /// duplicates.
    pub async fn plan(
        &mut self,
        share: u64,
        rows: &RowsByAddress,
        (skips, found): (bool, &mut Bits),
    ) -> Result<(), ImportError> {
        let Import { account, id: import, .. } = *self.file.import;
        let services = self.file.services;
        let mut plans = rows.yielding();
        let mut people = VisibleRecords::new(services, account, RecordKind::Person);
        let acting: Vec<_> = rows.0.iter().filter(|(_, rows)| !rows.is_loaded).collect();
        for some in acting.chunks(ADDRESSES_AT_ONCE) {
            let held = holders(services, account, some.iter().map(|(address, _)| address.as_str())).await?;
            let mut claimed: BTreeMap<RecordId, &str> = BTreeMap::new();
            for (address, rows) in some {
                match held.get(*address) {
                    Some(Holder::Person(id)) if id.import() != import => drop(claimed.insert(*id, address)),
                    Some(Holder::User(_)) if skips => found.set(rows.last),
                    Some(Holder::Person(_) | Holder::User(_)) | None => {}
                }
            }
            let ids: BTreeSet<RecordId> = claimed.keys().copied().collect();
            let has_address = |record: &crate::records::Record| {
                let person = Person::of(record).ok();
                person.and_then(|person| person.address()).as_deref() == claimed.get(&record.id).copied()
            };
            let seen = people.read(&ids, has_address).await?;
            for id in seen.into_iter().map(|record| record.id) {
                if let Some(rows) = claimed.get(&id).and_then(|&address| rows.0.get(address)) {
                    plans.insert(Row(rows.last + 1), ContactPlan::Meets(id));
                    self.met += 1;
                }
            }
        }
        self.unmet +=
            acting.len() as u64 - plans.values().filter(|plan| matches!(plan, ContactPlan::Meets(_))).count() as u64;
        self.note(share, plans).await
    }

    async fn note(&self, share: u64, plans: BTreeMap<Row, ContactPlan>) -> Result<(), ImportError> {
        let import = self.file.import;
        let now = self.file.services.clock.now_ms();
        let mut of_chunks: BTreeMap<ChunkNo, Vec<(u32, ContactPlan)>> = BTreeMap::new();
        for (row, plan) in plans {
            let offset = u32::try_from((row.0 - 1) % u64::from(import.rows_per_chunk)).expect("a chunk has few rows");
            of_chunks.entry(row.chunk(import.rows_per_chunk)).or_default().push((offset, plan));
        }
        let mut items = Vec::new();
        for (chunk, plans) in of_chunks {
            items.extend(ContactNotes::of_run(import, chunk, &self.edition).items(share, &plans, now));
            if items.len() >= ITEMS_AT_ONCE {
                self.file.services.store.put_all(std::mem::take(&mut items)).await?;
            }
        }
        Ok(self.file.services.store.put_all(items).await?)
    }

    /// The price of the import: each person whom a row meets counts as changed, and the companies are left out.
    pub fn cost(&self) -> Cost {
        let spent = self.file.services.store.consumed();
        let rows_per_chunk = u64::from(self.file.import.rows_per_chunk);
        let (chunks, met) = (self.file.rows.div_ceil(rows_per_chunk) as f64, self.met as f64);
        let change = if self.policy == UpdatePolicy::Skip { Units::default() } else { UNITS_A_CHANGE };
        let load = Units {
            read: UNITS_AN_IMPORT.read + UNITS_A_CHUNK.read * chunks + change.read * met,
            write: UNITS_AN_IMPORT.write
                + UNITS_A_CHUNK.write * chunks
                + change.write * met
                + 2.0 * self.unmet as f64
                + self.unaddressed as f64,
        };
        Cost { way: JoinWay::Lookups, join: Units { read: spent.read, write: spent.write }, load }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Outcome;

    #[test]
    fn earlier_rows_of_an_address_yield_to_the_last_unless_they_are_loaded() {
        let mut rows = RowsByAddress::default();
        let mut add = |row: u64, address: &str, is_loaded: bool| {
            let outcome = is_loaded.then_some(Outcome::Created);
            rows.add(address.to_owned(), SeenRow { row, outcome });
        };
        add(0, "a", true);
        add(1, "b", false);
        add(2, "a", false);
        add(4, "c", false);
        add(5, "a", false);
        add(5, "a", false);
        add(7, "b", true);
        let yields = |later: u64| ContactPlan::YieldsTo(Row(later));
        assert_eq!(rows.yielding(), BTreeMap::from([(Row(3), yields(6)), (Row(2), yields(8))]));
        assert_eq!((rows.0["a"].last, rows.0["b"].is_loaded, rows.0["c"].earlier.len()), (5, true, 0));
    }
}
