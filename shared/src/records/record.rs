//! A record as stored, and the last writers of its fields.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{AccountId, ImportId, OwnerId, RecordId, Row};
use crate::services::Services;
use crate::store::keys::{self, RecordKind};
use crate::store::{Key, StoreError};

/// The number of records made by hand in a partition.
pub const HAND_CHUNK: u32 = 1000;

/// The name of a record among those of all kinds. The profile and the subprofile which a row made have the same id.
pub type RecordRef = (RecordKind, RecordId);

/// The fields of a record by name. A field without a value is absent.
pub type Fields = BTreeMap<String, Value>;

/// The name of the field of a profile by whose writers the profile is held for its subprofiles in a collection, for
/// example `s12`.
pub fn subprofiles_field(collection: OwnerId) -> String {
    format!("s{collection}")
}

/// `true` for the name of a field that holds a profile for its subprofiles ([`subprofiles_field`]), and has no value.
pub(super) fn is_link(field: &str) -> bool {
    let collection = field.strip_prefix('s');
    collection.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()))
}

/// The last writer of a field: a row of an import, or people. A row is stored as `import × 1 000 000 000 + row`, like
/// the id of a record, and people as 0. The row leads to the chunk in which the writer's before-image lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Writer(u64);

impl Writer {
    /// People.
    pub const HAND: Self = Self(0);

    /// A row of an import; people, for a row of records made by hand.
    pub fn of(import: ImportId, row: Row) -> Self {
        if import.is_by_hand() { Self::HAND } else { Self(RecordId::of(import, row).0) }
    }

    /// The row that created a record.
    pub fn maker_of(record: RecordId) -> Self {
        Self::of(record.import(), record.row())
    }

    /// The import of the row, or [`ImportId::HAND`].
    pub fn import(self) -> ImportId {
        RecordId(self.0).import()
    }

    /// The row, or row 0 for people.
    pub fn row(self) -> Row {
        RecordId(self.0).row()
    }
}

/// The deletion of a record that is still stored, as a tombstone: only readers who ask for deleted records see the
/// record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gone {
    /// The import which deleted the record, or [`ImportId::HAND`] for people.
    pub import: ImportId,
    /// The row which deleted the record; row 0 for people.
    pub row: Row,
    /// The time of the deletion in milliseconds since the epoch.
    pub at: i64,
}

impl Gone {
    /// The row which deleted the record, or people.
    pub fn writer(&self) -> Writer {
        Writer::of(self.import, self.row)
    }
}

/// A record. All times are milliseconds since the epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The id, `import × 1 000 000 000 + row`. The import of a record made by hand is 0, or the hand number of its
    /// database.
    pub id: RecordId,
    /// The database of a profile, or the collection of a subprofile. `None` for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerId>,
    /// The profile to which a subprofile belongs. `None` for all other records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RecordId>,
    /// The values by field name, for example `{"first_name": "Robin"}`.
    pub fields: Fields,
    /// Starts at 1; each change raises the version by 1.
    pub version: u64,
    /// The last writer of each field whose last writer is not the maker.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub writers: BTreeMap<String, Writer>,
    /// The import and the row that last changed the record, or `None` as long as only the maker and people wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<(ImportId, Row)>,
    /// Set when the undo of the maker had to keep the record, because somebody else wrote to the record.
    #[serde(default, skip_serializing_if = "is_false")]
    pub orphan: bool,
    /// Set when an import or people deleted the record, and the record can still be brought back or shown as deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<Gone>,
    /// The time at which a tombstone expires, in seconds since the epoch, when DynamoDB deletes the record. `None` for a
    /// record which is not deleted, and for a tombstone that stays for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<i64>,
    /// For a record made by an import, the creation time of the import, so a retry writes the same value.
    pub created_at: i64,
    /// The time of the last change; equals `created_at` before the first change. An undo gives the time before the undone
    /// change back.
    pub updated_at: i64,
    /// The time at which an undo last wrote to the record, or `None` if no undo did. People do not see the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_at: Option<i64>,
}

fn is_false(value: &bool) -> bool {
    !value
}

impl Record {
    /// A new record in its first version, created at `at`.
    pub fn new(id: RecordId, fields: Fields, at: i64) -> Self {
        Self {
            id,
            owner: None,
            parent: None,
            fields,
            version: 1,
            writers: BTreeMap::new(),
            by: None,
            orphan: false,
            gone: None,
            expires: None,
            created_at: at,
            updated_at: at,
            undone_at: None,
        }
    }

    /// The time at which anybody last wrote to the record: its maker, a row, people or an undo.
    pub fn written_at(&self) -> i64 {
        self.created_at.max(self.updated_at).max(self.undone_at.unwrap_or(0))
    }

    /// The import that created the record, or [`ImportId::HAND`], also for the hand number of a database.
    pub fn maker(&self) -> ImportId {
        self.making().import()
    }

    /// The row that created the record, as a writer of fields.
    pub fn making(&self) -> Writer {
        Writer::maker_of(self.id)
    }

    /// The last writer of a field: the maker, until somebody else writes to the field.
    pub fn writer(&self, field: &str) -> Writer {
        self.writers.get(field).copied().unwrap_or(self.making())
    }

    /// `true` if others than the maker have written to the record, or hold the record.
    pub(super) fn is_touched(&self) -> bool {
        self.orphan || !self.writers.is_empty()
    }

    /// `true` if people deleted the record: nothing brings the record back.
    pub fn is_deleted_by_hand(&self) -> bool {
        self.gone.is_some_and(|gone| gone.import.is_by_hand())
    }

    /// Sets a field, or takes the field off without a value, and notes the last writer.
    pub(super) fn set(&mut self, field: &str, value: Option<Value>, writer: Writer) {
        match value {
            Some(value) => drop(self.fields.insert(field.to_owned(), value)),
            None => drop(self.fields.remove(field)),
        }
        match writer == self.making() {
            true => drop(self.writers.remove(field)),
            false => drop(self.writers.insert(field.to_owned(), writer)),
        }
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
    use crate::id::{ChunkNo, FIRST_HAND_NUMBER};
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
            writers: BTreeMap::from([("company".to_owned(), Writer::HAND)]),
            by: Some((ImportId(9), Row(2))),
            orphan: true,
            ..new
        };
        assert_eq!(decode::<Record>(encode(&key, &edited))?, edited);
        let maker = Writer::of(ImportId(7), Row(1001));
        assert_eq!((edited.writer("company"), edited.writer("title")), (Writer::HAND, maker));
        assert_eq!((maker.import(), maker.row()), (ImportId(7), Row(1001)));
        let deleted = Record {
            owner: Some(OwnerId(2)),
            parent: Some(RecordId::of(ImportId(7), Row(3))),
            gone: Some(Gone { import: ImportId(9), row: Row(5), at: 1_709_600_000_000 }),
            expires: Some(1_710_000_000),
            ..edited
        };
        assert_eq!(decode::<Record>(encode(&key, &deleted))?, deleted);
        Ok(())
    }

    #[test]
    fn the_item_of_a_person_has_no_attribute_that_only_profiles_need() {
        let person = Record {
            writers: BTreeMap::from([("title".to_owned(), Writer::HAND)]),
            by: Some((ImportId(9), Row(2))),
            orphan: true,
            ..Record::new(RecordId::of(ImportId(7), Row(1)), Fields::from([("title".to_owned(), json!("Baker"))]), 5)
        };
        let stored = json!({
            "id": 7_000_000_001_u64,
            "fields": { "title": "Baker" },
            "version": 1,
            "writers": { "title": 0 },
            "by": [9, 2],
            "orphan": true,
            "created_at": 5,
            "updated_at": 5,
        });
        assert_eq!(serde_json::to_value(&person).ok(), Some(stored));
    }

    #[test]
    fn a_record_of_a_hand_number_is_made_by_people_and_keeps_the_number_in_its_key() {
        let id = RecordId::of(ImportId(FIRST_HAND_NUMBER + 2), Row(1001));
        let record = Record::new(id, Fields::new(), 5);
        assert_eq!(
            (record.maker(), record.making(), record.writer("17")),
            (ImportId::HAND, Writer::HAND, Writer::HAND)
        );
        assert_eq!(Record::key(AccountId(3), RecordKind::Profile, id, HAND_CHUNK).pk, "A#3#profile#8907201#1");
    }
}
