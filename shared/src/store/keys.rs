//! The keys of all items, which no code outside this module spells.
//!
//! The account is part of every key. The entries of an import lie in partitions named by account, kind, import and
//! chunk, so the partitions of everything that an import's rows created can be computed.

mod account;
mod imports;
mod schedules;
mod schema;
mod webhooks;
mod workspace;

use aws_sdk_dynamodb::types::AttributeValue;
use sha2::{Digest, Sha256};

use super::{Item, Table};
use crate::wire::wire_words;

pub use account::AccountItems;
pub use imports::*;
pub use schedules::*;
pub use schema::*;
pub use webhooks::*;
pub use workspace::*;

/// The place of an item, given by a table, a partition key and a sort key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The table in which the item lies.
    pub table: Table,
    /// The partition key, for example `A#1#I#5` for import 5 of account 1.
    pub pk: String,
    /// The sort key, for example `chunk#0000012` for chunk 12 of the import.
    pub sk: String,
}

impl Key {
    fn imports(pk: String, sk: impl Into<String>) -> Self {
        Self { table: Table::Imports, pk, sk: sk.into() }
    }

    fn workspace(pk: String, sk: impl Into<String>) -> Self {
        Self { table: Table::Workspace, pk, sk: sk.into() }
    }

    /// The partition key and the sort key as the attributes `pk` and `sk`.
    pub fn attributes(&self) -> Item {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        Item::from([("pk".to_owned(), text(&self.pk)), ("sk".to_owned(), text(&self.sk))])
    }

    /// The key of an item that was read from `table`.
    pub fn of(table: Table, item: &Item) -> Self {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
        Self { table, pk: text("pk"), sk: text("sk") }
    }
}

wire_words! {
    /// The kinds of shared things, each of which has a unique, normalised value as key, like a project's name.
    #[derive(PartialOrd, Ord)]
    Kind {
        /// A person of the account, to whom entries belong.
        User = "user",
        /// The customer for whom projects are done.
        Client = "client",
        /// The project on which entries are booked.
        Project = "project",
        /// A label that entries have, written in a text as `#name`.
        Tag = "tag",
        /// The company to which people belong.
        Company = "company",
    }
}

wire_words! {
    /// The kinds of records: fields that imports create and change, at the key of an import's row.
    #[derive(PartialOrd, Ord)]
    RecordKind {
        /// A contact of the account, who belongs to a company.
        Person = "person",
        /// A profile of a database.
        Profile = "profile",
        /// A subprofile of a collection, which belongs to a profile.
        Subprofile = "subprofile",
    }
}

impl RecordKind {
    /// `true` if rolls and counters tell the number of these records in an import. A row makes at most one such record, and
    /// may make a subprofile besides.
    pub fn is_counted_by_imports(self) -> bool {
        self != Self::Subprofile
    }

    /// The name of the field with the id of the shared thing to which a record refers, and the kind of that thing. `None` for
    /// records which refer to none.
    pub fn refers_by(self) -> Option<(&'static str, Kind)> {
        match self {
            Self::Person => Some(("company", Kind::Company)),
            Self::Profile | Self::Subprofile => None,
        }
    }
}

/// The SHA-256 of the parts, each ended by a zero byte, as 64 hexadecimal digits.
pub fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    hex(&hash.finalize())
}

/// The bytes as hexadecimal digits, two a byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
