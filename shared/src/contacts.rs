//! Contacts: people, who are records, and the companies to which people belong, which are shared things.

pub mod by_hand;
mod decide;
pub mod draft;
pub mod imported;
pub mod join;
pub mod kind;
pub mod list;
pub mod load;
mod matches;
mod notes;
pub mod parsed;
pub mod person;
pub mod resolve;
pub mod standing;
pub mod undo;
mod update;

use crate::import::Import;
use crate::records::rules::{RecordRules, no_terms};
use crate::records::undo::Records;
use crate::store::keys::RecordKind;

pub use person::Person;

pub use crate::contact_form::{ContactRow, PersonRow};

/// The rules of people as records.
const PEOPLE: RecordRules<'static> = RecordRules {
    kind: RecordKind::Person,
    holdings: &|record| Ok(Person::of(record)?.holdings()),
    address_field: Some(person::field::EMAIL),
    terms: &no_terms,
    has_field: &|_| true,
};

/// The people whom an import created.
fn records_of(import: &Import) -> Records<'_> {
    Records { import, rules: &[PEOPLE] }
}
