//! Where each item lies. Nothing else in the project spells a key.
//!
//! The account is part of every key. What a row creates lies in a partition named by account, kind,
//! import and chunk, so whatever rows an import wrote can be found by arithmetic.

mod imports;
mod workspace;

use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{Item, Table};

pub use imports::*;
pub use workspace::*;

/// A table, a partition key and a sort key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// The table.
    pub table: Table,
    /// The partition key.
    pub pk: String,
    /// The sort key.
    pub sk: String,
}

impl Key {
    fn imports(pk: String, sk: impl Into<String>) -> Self {
        Self { table: Table::Imports, pk, sk: sk.into() }
    }

    fn workspace(pk: String, sk: impl Into<String>) -> Self {
        Self { table: Table::Workspace, pk, sk: sk.into() }
    }

    /// The key as attributes.
    pub fn attributes(&self) -> Item {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        Item::from([("pk".to_owned(), text(&self.pk)), ("sk".to_owned(), text(&self.sk))])
    }

    /// The key of an item that was read.
    pub fn of(table: Table, item: &Item) -> Self {
        let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
        Self { table, pk: text("pk"), sk: text("sk") }
    }
}

/// The kinds of shared things: each has a unique, normalised value as its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A person with an account.
    User,
    /// Whom projects are for.
    Client,
    /// What entries are booked on.
    Project,
    /// A label of entries.
    Tag,
}

impl Kind {
    /// As it stands in keys.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Client => "client",
            Self::Project => "project",
            Self::Tag => "tag",
        }
    }
}

/// SHA-256 of some parts, in hexadecimal digits.
pub fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
        hash.update([0]);
    }
    hex(&hash.finalize())
}

/// Bytes in hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
