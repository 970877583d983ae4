//! Parses records to rows of contacts: the [`Form`](crate::table::Form) of files of people and companies.
//!
//! A file of contacts comes from an address book, a CRM or a spreadsheet, and no two programs write the same columns.
//! There are no formats: columns are found by the names that programs give them, or by a mapping. Like `table`, this
//! module does no I/O. Promises:
//!
//! - **No guess.** A column `Name` is the name of a person beside a column for companies, addresses or job titles, and
//!   the name of a company beside columns that only companies have. A header that says neither is refused, with the
//!   mapping that would decide.
//! - **No silent loss.** Each data record is a row or an error with line, column and value. Cells of columns without a
//!   field are kept with the person, and the evidence names the columns. A row of companies keeps the name alone, and
//!   the evidence names the columns that are not kept.
//! - **One set of rules.** The rules for a row ([`check`]) are the same for a file and for the `import_data` of the
//!   Productive door ([`data`]), whose rows are read by this form in the end.
//!
//! | step | file |
//! |---|---|
//! | a header to fields | `columns.rs`, `mapping.rs`, `header.rs` |
//! | the first pass | `watch.rs` |
//! | the second pass | `read.rs` |
//! | the rules for a row | `check.rs` |
//! | `import_data` | `data.rs` |

pub mod check;
mod columns;
pub mod data;
mod field;
mod form;
mod header;
mod layout;
mod options;
mod read;
mod row;
mod watch;

pub use columns::can_only_be_contacts;
pub use field::{ContactField, ContactMapping};
pub use header::ContactHeader;
pub use layout::{ContactDecisions, ContactLayout, Contacts, ContactsConsidered};
pub use options::ContactReading;
pub use row::{ContactRow, PersonRow};

#[cfg(test)]
mod tests;
