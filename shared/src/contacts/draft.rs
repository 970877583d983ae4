//! Builds people and a ledger page from parsed rows and resolved companies, without any I/O. The same rows and companies
//! always give the same people, so a retry of a chunk writes the same items.
//!
//! Whether an address is free shows only when the loader claims the address, so the page is built after the claims: first
//! [`draft`], then the writes ([`super::load`]), then [`page`].

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use super::Person;
use super::notes::ContactPlan;
use super::parsed::{MetPerson, ParsedContact};
use super::resolve::Companies;
use crate::contact_form::{ContactRow, PersonRow};
use crate::id::{RecordId, Row, ThingId};
use crate::import::{Duplicates, Import};
use crate::kind::Loaded;
use crate::ledger::{Chunk, ChunkGlance, ContactUpdatesGlance, ContactsGlance, Outcome, PageError, SkipReason, Total};
use crate::records::Record;
use crate::store::keys::Kind;
use crate::table::{RowError, excerpt};
use crate::things::names::normal;
use crate::things::sums::Sums;
use crate::things::user::normal_email;

/// The result of a row before the addresses are claimed.
#[derive(Clone, Debug, PartialEq)]
pub enum Draft {
    /// A person to be written.
    Person(Box<PersonDraft>),
    /// A company, which is made or found by now.
    Company {
        /// The id of the company.
        id: ThingId,
        /// `true` if the row counts as the one by which this import made the company.
        made: bool,
    },
    /// A person whose address, or name and company, stands already.
    There {
        /// The address as written, or an empty text.
        email: String,
    },
    /// A person who stands, and whom the row has changed or left alone.
    Met(MetPerson),
    /// A row in whose place the later row of the same address acts.
    Yields(Row),
    /// The row fails for its own content.
    Failed(RowError),
}

/// A person to be written, and to claim an address.
#[derive(Clone, Debug, PartialEq)]
pub struct PersonDraft {
    /// The record of the person.
    pub record: Record,
    /// The address to be claimed, normalised, or `None` without an address.
    pub address: Option<String>,
    /// The company, or `None` without a company.
    pub company: Option<ThingId>,
    /// The address as written, or an empty text.
    pub email: String,
}

/// A row with its result.
#[derive(Clone, Debug, PartialEq)]
pub struct DraftedRow {
    /// The number of the row within the file.
    pub row: Row,
    /// The physical line on which the row begins.
    pub line: u64,
    /// The result of the row.
    pub draft: Draft,
}

/// Builds the people of the rows. If two rows of the chunk have an address in common, the first gets the address.
pub fn draft(import: &Import, rows: Vec<ParsedContact<'_>>, companies: &Companies) -> Vec<DraftedRow> {
    let (mut addresses, mut told) = (HashSet::new(), BTreeSet::new());
    let company =
        |name: &str| *companies.ids.get(&normal(name)).expect("the company of each row to be loaded is resolved");
    let each = |ParsedContact { row, line, there, plan, met, contact }| {
        let draft = match contact {
            Err(error) => Draft::Failed(error),
            Ok(ContactRow::Company { name }) => {
                let id = company(&name);
                Draft::Company { id, made: told.insert(id) && !there && companies.made.contains(&id) }
            }
            Ok(ContactRow::Person(person)) => {
                if let Some(draft) = met.map(Draft::Met).or(yields(plan)) {
                    return DraftedRow { row, line, draft };
                }
                let email = person.email.as_deref().unwrap_or_default().to_owned();
                let address = Some(normal_email(&email)).filter(|address| !address.is_empty());
                if there || address.as_ref().is_some_and(|address| !addresses.insert(address.clone())) {
                    Draft::There { email }
                } else {
                    let person = person_of(*person, company);
                    let record = person.record(RecordId::of(import.id, row), import.created_at);
                    Draft::Person(Box::new(PersonDraft { record, address, company: person.company, email }))
                }
            }
        };
        DraftedRow { row, line, draft }
    };
    rows.into_iter().map(each).collect()
}

fn yields(plan: Option<ContactPlan>) -> Option<Draft> {
    match plan {
        Some(ContactPlan::YieldsTo(later)) => Some(Draft::Yields(later)),
        Some(ContactPlan::Meets(_)) | None => None,
    }
}

fn person_of(row: PersonRow<'_>, company: impl Fn(&str) -> ThingId) -> Person {
    let text = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned);
    let cells =
        row.custom_fields.into_iter().map(|(column, cell)| (column.into_owned(), Value::String(cell.into_owned())));
    Person {
        company: row.company.as_deref().map(company),
        first_name: text(row.first_name),
        last_name: text(row.last_name),
        email: text(row.email),
        title: text(row.title),
        tag_list: row.tags.into_iter().map(Cow::into_owned).collect(),
        custom_fields: Some(cells.collect()).filter(|cells: &serde_json::Map<_, _>| !cells.is_empty()),
        archived_at: None,
    }
}

/// The ledger page and the counts of the rows, where the people of `lost` did not get their address.
pub fn page(import: &Import, chunk: &Chunk, rows: Vec<DraftedRow>, lost: &HashSet<RecordId>) -> Loaded {
    let mut loaded = Loaded::default();
    let mut totals: BTreeMap<ThingId, i64> = BTreeMap::new();
    let (mut met_people, mut yielding) = (Vec::new(), Vec::new());
    for DraftedRow { row, line, draft } in rows {
        let offset = u32::try_from(row.0 - chunk.first_row).expect("a chunk has few rows");
        let taken = |email: &str| match import.options.duplicates {
            Duplicates::Skip => Err(Outcome::Skipped(SkipReason::AlreadyThere)),
            Duplicates::Create => Ok(taken(row, line, email)),
        };
        let failed = match draft {
            Draft::Person(person) if !lost.contains(&person.record.id) => {
                person.company.into_iter().for_each(|company| *totals.entry(company).or_default() += 1);
                Err(Outcome::Created)
            }
            Draft::Person(person) => taken(&person.email),
            Draft::There { email } => taken(&email),
            Draft::Company { id, made } => {
                loaded.page.became.push((offset, id.0));
                loaded.counts.things += u64::from(made);
                Err(if made { Outcome::Created } else { Outcome::Unchanged })
            }
            Draft::Met(MetPerson { id, outcome }) => {
                met_people.push((offset, id.0));
                Err(outcome)
            }
            Draft::Yields(later) => {
                yielding.push((offset, later.0));
                Err(Outcome::Skipped(SkipReason::SameKeyLater))
            }
            Draft::Failed(error) => Ok(PageError::of(row, line, error)),
        };
        let outcome = match failed {
            Ok(error) => {
                loaded.page.errors.push(error);
                Outcome::Failed
            }
            Err(outcome) => outcome,
        };
        loaded.counts.count(outcome, 1);
        loaded.page.push(outcome);
    }
    let total = |(id, people)| Total { kind: Kind::Company, id, sums: Sums { entries: people, ..Sums::default() } };
    let totals = totals.into_iter().map(total).collect();
    loaded.page.glance = match import.options.contacts.update_policy {
        None => ChunkGlance::Contacts(ContactsGlance { totals }),
        Some(_) => ChunkGlance::ContactUpdates(ContactUpdatesGlance { totals, met: met_people, later: yielding }),
    };
    loaded.page.bound_errors();
    loaded.page = loaded.page.fitted();
    loaded
}

/// The error of a person who is there already.
fn taken(row: Row, line: u64, email: &str) -> PageError {
    let (column, value) = (if email.is_empty() { "" } else { "email" }, excerpt(email));
    let message = match email {
        "" => "a person of this name and company is there already".to_owned(),
        _ => format!("email: {value:?} has already been taken"),
    };
    PageError { row, line, column: column.to_owned(), code: "taken".to_owned(), value, message }
}
