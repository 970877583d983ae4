//! Keys as hashes of 128 bits, of rows and of records alike.

use jiff::Zoned;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::id::RecordId;
use crate::profile_form::{KeyField, KeyValue, RowKey};
use crate::records::record::Fields;

/// A key: the first 128 bits of the SHA-256 of its values. Two keys among a billion have the same hash with a chance of one
/// in 10²⁰, and the loader holds each match against the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash([u64; 2]);

/// The key of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashedKey {
    /// There are no key fields.
    Unkeyed,
    /// A key cell is absent or empty, so the key matches nothing.
    Nothing,
    By(KeyHash),
}

impl KeyHash {
    /// The share of the file to which the key belongs, out of `shares`.
    pub fn share(self, shares: u64) -> u64 {
        self.0[1] % shares.max(1)
    }

    fn of<'v>(values: impl Iterator<Item = HashedValue<'v>>) -> Self {
        let mut hash = Sha256::new();
        for value in values {
            match value {
                HashedValue::Number(number) => {
                    hash.update(b"n");
                    hash.update(number.to_le_bytes());
                }
                HashedValue::Text(text) => {
                    hash.update(b"t");
                    hash.update((text.len() as u64).to_le_bytes());
                    hash.update(text.as_bytes());
                }
            }
        }
        let digest = hash.finalize();
        let half = |at: usize| u64::from_be_bytes(digest[at..at + 8].try_into().expect("eight bytes"));
        Self([half(0), half(8)])
    }
}

enum HashedValue<'v> {
    Number(u64),
    Text(&'v str),
}

impl HashedKey {
    /// The key of a row.
    pub fn of_row(key: &RowKey<'_>) -> Self {
        match key {
            RowKey::Unkeyed => Self::Unkeyed,
            RowKey::Nothing => Self::Nothing,
            RowKey::Values(values) => Self::By(KeyHash::of(values.iter().map(|value| match value {
                KeyValue::Number(number) => HashedValue::Number(*number),
                KeyValue::Field { text, .. } => HashedValue::Text(text),
            }))),
        }
    }

    /// The hash, if the key can match.
    pub fn hash(self) -> Option<KeyHash> {
        match self {
            Self::By(hash) => Some(hash),
            Self::Unkeyed | Self::Nothing => None,
        }
    }
}

/// The key of a record, or `None` if a key field of the record holds nothing, or if there are no key fields.
pub fn key_of_record(keys: &[KeyField], id: RecordId, fields: &Fields, now: &Zoned) -> Option<KeyHash> {
    let value = |key: &KeyField| match key {
        KeyField::Number => Some(KeyPart::Number(id.0)),
        KeyField::Field(column) => {
            let stored = fields.get(&column.id.to_string()).and_then(Value::as_str);
            column.key_of(stored, now).map(KeyPart::Text)
        }
    };
    let values: Vec<KeyPart> = keys.iter().map(value).collect::<Option<_>>()?;
    (!values.is_empty()).then(|| {
        KeyHash::of(values.iter().map(|value| match value {
            KeyPart::Number(number) => HashedValue::Number(*number),
            KeyPart::Text(text) => HashedValue::Text(text),
        }))
    })
}

enum KeyPart {
    Number(u64),
    Text(String),
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use jiff::Timestamp;
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::*;
    use crate::profile_form::KeyColumn;
    use crate::values::profile_value::FieldType;

    fn column(id: u64, field_type: FieldType) -> KeyField {
        KeyField::Field(KeyColumn::new(id, field_type, vec!["red".to_owned(), "Blue".to_owned()]))
    }

    fn row(values: &[&str]) -> Option<KeyHash> {
        let value = |text: &&str| match text.parse() {
            Ok(number) => KeyValue::Number(number),
            Err(_) => KeyValue::Field { field: 1, text: Cow::Owned((*text).to_owned()) },
        };
        HashedKey::of_row(&RowKey::Values(values.iter().map(value).collect())).hash()
    }

    #[test]
    fn a_record_has_the_key_of_the_row_that_means_it() {
        let now = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
        let fields = Fields::from([("1".to_owned(), json!(" Ada@Example.COM ")), ("3".to_owned(), json!("Blue"))]);
        let key = |keys: &[KeyField]| key_of_record(keys, RecordId(77), &fields, &now);
        let email = || column(1, FieldType::Email);
        assert_eq!(key(&[email()]), row(&["ada@example.com"]));
        assert_eq!(key(&[KeyField::Number, email()]), row(&["77", "ada@example.com"]));
        assert_ne!(key(&[email(), KeyField::Number]), row(&["77", "ada@example.com"]));
        assert_eq!(key(&[column(3, FieldType::Select)]), row(&["blue"]));
        // An empty text matches nothing; a number that is not stored is 0.
        assert_eq!((key(&[column(2, FieldType::Text)]), key(&[column(4, FieldType::Date)])), (None, None));
        let zero = HashedKey::of_row(&RowKey::Values(vec![KeyValue::Field { field: 2, text: Cow::Borrowed("0") }]));
        assert_eq!(key(&[column(2, FieldType::Integer)]), zero.hash());
        assert_eq!((key(&[]), HashedKey::of_row(&RowKey::Unkeyed).hash()), (None, None));
        // Neighbouring values do not run into each other.
        assert_ne!(row(&["ab", "c"]), row(&["a", "bc"]));
    }
}
