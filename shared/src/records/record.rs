//! A record as stored, and the last writers of its fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{AccountId, ImportId, RecordId, Row};
use crate::services::Services;
use crate::store::keys::{self, RecordKind};
use crate::store::{Key, StoreError};

/// The number of records made by hand in a partition.
pub const HAND_CHUNK: u32 = 1000;

/// The fields of a record by name. A field without a value is absent.
pub type Fields = BTreeMap<String, Value>;

/// A record. All times are milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The id, `import × 1 000 000 000 + row`; import 0 for records made by hand.
    pub id: RecordId,
    /// The values by field name, for example `{"first_name": "Robin"}`.
    pub fields: Fields,
    /// Starts at 1; each change raises the version by 1.
    pub version: u64,
    /// The last writer of each field whose last writer is not the maker; [`ImportId::HAND`] stands for people.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub writers: BTreeMap<String, ImportId>,
    /// The import and the row that last changed the record, or `None` as long as only the maker and people wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<(ImportId, Row)>,
    /// Set when the undo of the maker had to keep the record, because somebody else wrote to the record.
    #[serde(default, skip_serializing_if = "is_false")]
    pub orphan: bool,
    /// For a record made by an import, the creation time of the import, so a retry writes the same value.
    pub created_at: i64,
    /// The time of the last change; equals `created_at` before the first change.
    pub updated_at: i64,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Record {
    /// A new record in its first version, created at `at`.
    pub fn new(id: RecordId, fields: Fields, at: i64) -> Self {
        Self {
            id,
            fields,
            version: 1,
            writers: BTreeMap::new(),
            by: None,
            orphan: false,
            created_at: at,
            updated_at: at,
        }
    }

    /// The import that created the record, or [`ImportId::HAND`].
    pub fn maker(&self) -> ImportId {
        self.id.import()
    }

    /// The last writer of a field: the maker, until somebody else writes to the field.
    pub fn writer(&self, field: &str) -> ImportId {
        self.writers.get(field).copied().unwrap_or(self.maker())
    }

    /// The storage key of a record; `rows_per_chunk` is the chunk size of its import, and [`HAND_CHUNK`] for a record
    /// made by hand.
    pub fn key(account: AccountId, kind: RecordKind, id: RecordId, rows_per_chunk: u32) -> Key {
        keys::record(account, kind, id.import(), id.row().chunk(rows_per_chunk), id.row())
    }

    /// The record at a key, whether or not people may see the record.
    pub async fn read(services: &Services, key: &Key) -> Result<Option<Self>, StoreError> {
        services.store.read(key).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::ChunkNo;
    use crate::store::{decode, encode};

    #[test]
    fn a_record_is_read_as_it_was_written_and_lies_at_the_key_of_its_row() -> Result<(), StoreError> {
        let id = RecordId::of(ImportId(7), Row(1001));
        let fields = Fields::from([
            ("first_name".to_owned(), json!("Robin")),
            ("company".to_owned(), json!((1_u64 << 51) + 5)),
            ("tag_list".to_owned(), json!(["vip", "press"])),
            ("custom_fields".to_owned(), json!({ "Budget": 12.5, "Note": null })),
        ]);
        let new = Record::new(id, fields, 1_709_500_000_000);
        let key = Record::key(AccountId(3), RecordKind::Person, id, 1000);
        assert_eq!(key, keys::record(AccountId(3), RecordKind::Person, ImportId(7), ChunkNo(1), Row(1001)));
        assert_eq!(key.pk, "A#3#person#7#1");
        assert_eq!(decode::<Record>(encode(&key, &new))?, new);
        let edited = Record {
            version: 3,
            writers: BTreeMap::from([("company".to_owned(), ImportId::HAND)]),
            by: Some((ImportId(9), Row(2))),
            orphan: true,
            ..new
        };
        assert_eq!(decode::<Record>(encode(&key, &edited))?, edited);
        assert_eq!((edited.writer("company"), edited.writer("title")), (ImportId::HAND, ImportId(7)));
        Ok(())
    }
}
