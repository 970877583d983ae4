//! The contacts which an import created, as the contacts are now, a page at a time.
//!
//! The ledger tells which rows created contacts ([`crate::results::rows`]), also for a contact who was deleted by hand since.
//! Between the first and the last row of a page lie no people but the page's own, so a query of that range per chunk reads
//! each person once. Of an undone import nothing is listed.

use std::collections::HashMap;

use super::Person;
use crate::concurrent::drained;
use crate::id::{Row, ThingId};
use crate::import::Import;
use crate::records::Record;
use crate::results::rows::{self, RowOutcome, RowPage, RowPlace, RowQuery};
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::{self, Kind, RecordKind};
use crate::things::Thing;

/// The most chunks read at once.
const CHUNKS_AT_ONCE: usize = 8;

/// A row which created a contact.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportedContact {
    /// The number of the data row within the file, from 1.
    pub row: Row,
    /// The contact as people see it now.
    pub contact: ContactNow,
}

/// A contact as people see it now; `None` if the contact was deleted by hand.
#[derive(Clone, Debug, PartialEq)]
pub enum ContactNow {
    /// A company, which the row created, with its id.
    Company(ThingId, Option<Box<Thing>>),
    /// A person.
    Person(Option<Box<(Record, Person)>>),
}

/// A page of the contacts which an import created.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportedContacts {
    /// The contacts in the order of the rows.
    pub contacts: Vec<ImportedContact>,
    /// The number of contacts from the first of the page to the end of the list.
    pub remaining: u64,
    /// The place behind which the next page begins, or `None` after the last page.
    pub next: Option<RowPlace>,
}

/// Finds a page of at most `take` contacts which an import created, behind the place `after`.
pub async fn page(
    services: &Services,
    import: &Import,
    ascending: bool,
    after: Option<RowPlace>,
    take: usize,
) -> Result<ImportedContacts, StoreError> {
    if import.status.is_gone() {
        return Ok(ImportedContacts::default());
    }
    let query = RowQuery { outcomes: vec![RowOutcome::Created], ascending, after, take };
    let page = rows::page(services, import, &query).await?;
    let (account, id, spans) = (import.account, import.id, page.spans(import.rows_per_chunk));
    let RowPage { rows, remaining, next } = page;
    let reads = spans.into_iter().map(|(chunk, span)| {
        services.store.read_all::<Record>(keys::records_between(account, RecordKind::Person, id, chunk, span))
    });
    let records = drained(reads, CHUNKS_AT_ONCE).await?.into_iter().flatten();
    let mut people = HashMap::new();
    for record in records {
        let person = Person::of(&record)?;
        people.insert(record.id.row(), Box::new((record, person)));
    }
    let wanted: Vec<_> = rows.iter().filter_map(|found| Some((Kind::Company, ThingId(found.became?)))).collect();
    let companies = Thing::get_many(services, account, &wanted).await?.into_iter();
    let mut companies: HashMap<ThingId, Box<Thing>> =
        companies.map(|company| (company.id, Box::new(company))).collect();
    let mut now = |found: &rows::RowResult| match found.became.map(ThingId) {
        Some(company) => ContactNow::Company(company, companies.remove(&company)),
        None => ContactNow::Person(people.remove(&found.row)),
    };
    let contacts = rows.iter().map(|found| ImportedContact { row: found.row, contact: now(found) }).collect();
    Ok(ImportedContacts { contacts, remaining, next })
}
