//! The schema of an account: databases of profiles, with fields, interests, collections of subprofiles, and views.
//!
//! People make a schema by hand. Each edit is a single transaction that raises the version of the database, if the version is
//! the one that was read. So of two edits that meet, one is made and the other reads again; a name is unique among the
//! parts as read, and no part is added to a database that is being deleted. The names of databases are unique by an item of
//! their own.
//!
//! | part | has | its name is unique among |
//! |---|---|---|
//! | [`Database`] | fields, interests, collections, views | the databases of the account |
//! | [`Collection`] | fields | the collections of the database |
//! | [`Field`] | a type and a default value | the fields of its database or of its collection |
//! | [`Interest`] | a group | the interests of the database |
//! | [`view::View`] | rules, views below it | the views of the database |
//!
//! Names are compared without regard to case. A number is no name, because paths take names in place of ids.

pub mod databases;
mod edit;
mod error;
pub mod indexing;
pub mod naming;
mod part;
pub mod parts;
pub mod view;
pub mod views;
mod whole;

pub use error::SchemaError;
pub use part::{Collection, Database, Field, FieldOwner, FieldTraits, Interest};
pub use whole::{Schema, database_ids, list};
