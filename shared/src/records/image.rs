//! Before-images: what an import found in a record before a row changed or deleted the record.
//!
//! An image is stored before the record is written, so an undo that finds no image finds no write either. An image holds,
//! for each changed field, the former value **and the writer of the former value**, because the undo of an import
//! restores past imports that are undone themselves. A record that an import deletes keeps its fields under the
//! tombstone, so the image of a deletion has no more than the fields with index items.

mod stored;

use std::collections::BTreeMap;

use serde_json::Value;

use super::Record;
use super::record::{RecordRef, Writer, is_link};
use crate::id::{ImportId, OwnerId, RecordId, Row};
use crate::store::keys::RecordKind;

pub use stored::{Album, ImagesOfChunk};

/// The value of a field, or `None` without a value, with the writer of the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenValue {
    /// The value, or `None` for a field without a value.
    pub value: Option<Value>,
    /// The row, or the people, who wrote the value.
    pub writer: Writer,
}

/// The state of a record before a row of an import wrote to the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Former {
    /// The row changed fields.
    Changed {
        /// Each changed field as the row found the field.
        fields: BTreeMap<String, WrittenValue>,
        /// The new values of the changed fields that have index items. The undo of a loader that died finds the items by
        /// these values.
        indexed: BTreeMap<String, Value>,
    },
    /// The row deleted the record.
    Deleted {
        /// The fields with index items as the row found the fields. The undo of an undo that died while it brought the
        /// record back finds the items by these values, if the record was removed in between.
        indexed: BTreeMap<String, WrittenValue>,
    },
}

/// A before-image, by row and record: a row may write to a profile and to a subprofile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The row that wrote to the record.
    pub row: Row,
    /// The kind of the record.
    pub kind: RecordKind,
    /// The record.
    pub record: RecordId,
    /// The owner of the record, by which the index items of a removed record are found.
    pub owner: Option<OwnerId>,
    /// The row that was the last to write to the record before, whichever fields.
    pub by: Option<(ImportId, Row)>,
    /// The time of the record's last change before, in milliseconds since the epoch.
    pub updated_at: i64,
    /// The time of the row's write, which the record has as the time of its last change until somebody changes it again.
    pub at: i64,
    /// The state of the record before the write.
    pub former: Former,
}

impl Image {
    /// The image of a record which a row writes at the time `at`.
    pub fn before((row, at): (Row, i64), kind: RecordKind, record: &Record, former: Former) -> Self {
        let Record { id, owner, by, updated_at, .. } = *record;
        Self { row, kind, record: id, owner, by, updated_at, at, former }
    }

    /// `true` if the image is that of the record as it is, before a write of the same fields.
    pub fn shows(&self, record: &Record, former: &Former) -> bool {
        self.former == *former && self.by == record.by && self.updated_at == record.updated_at
    }

    /// The record of the image.
    pub fn of(&self) -> RecordRef {
        (self.kind, self.record)
    }

    /// The names of the fields which the row changed; none for a deletion.
    pub fn changed(&self) -> impl Iterator<Item = &str> {
        let fields = match &self.former {
            Former::Changed { fields, .. } => Some(fields),
            Former::Deleted { .. } => None,
        };
        fields.into_iter().flat_map(|fields| fields.keys().map(String::as_str))
    }

    /// `true` if the row only held the record for a subprofile, and changed nothing that people see.
    pub fn holds_alone(&self) -> bool {
        self.changed().next().is_some() && self.changed().all(is_link)
    }

    /// The row as a writer of fields; `import` is the import of the image.
    pub fn writer(&self, import: ImportId) -> Writer {
        Writer::of(import, self.row)
    }
}
