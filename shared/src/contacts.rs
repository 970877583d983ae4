//! Contacts: people, who are records, and the companies to which people belong, which are shared things.

pub mod person;

pub use person::Person;

pub use crate::contact_form::{ContactRow, PersonRow};
