//! Contacts: people, who are records, and the companies to which people belong, which are shared things.

pub mod by_hand;
pub mod list;
pub mod person;
pub mod row;

pub use person::Person;
pub use row::{ContactRow, PersonRow};
