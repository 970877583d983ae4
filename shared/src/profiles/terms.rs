//! The terms by which profiles and subprofiles are found: the values of fields with an index, and for a subprofile its
//! profile.
//!
//! - Values are compared as keys ([`as_key`]): a text without regard to case and outer blanks.
//! - A field which holds nothing is not stored, and has no term. So a number field with the value 0 is found by reading
//!   the table alone, see [`IndexedFields::lookup`].
//! - Field ids are unique in the account, so one list serves a database with its collections.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::id::{OwnerId, PartId, RecordId};
use crate::records::index::{IndexTerm, Indexable};
use crate::schema::{Field, Schema};
use crate::values::profile_value::{FieldType, as_key};

/// The name under which a subprofile is found by its profile. Fields have numbers as names.
pub const PARENT: &str = "parent";

/// The fields of a database and its collections by whose values records are found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexedFields {
    /// The type of each field, by the name of the field's values in a record.
    types: BTreeMap<String, FieldType>,
}

impl IndexedFields {
    /// The fields of a database whose index items are written with the records. A field that has lost its index is among them
    /// until its items are gone, so no edit leaves the item of a former value.
    pub fn of(schema: &Schema) -> Self {
        let has_items = |field: &&Field| field.traits.index || field.built;
        schema.all_fields.iter().filter(has_items).map(|field| (field.id, field.field_type)).collect()
    }

    /// `true` if records are found by the field.
    pub fn has(&self, field: PartId) -> bool {
        self.types.contains_key(&field.to_string())
    }

    /// The terms of a record: a function for [`Terms`](crate::records::index::Terms).
    pub fn terms(&self, record: Indexable<'_>) -> BTreeSet<IndexTerm> {
        let Some(owner) = record.owner else { return BTreeSet::new() };
        let of_value = |(field, value): (&String, &Value)| {
            let field_type = *self.types.get(field)?;
            let value = as_key(field_type, value.as_str()?)?.into_owned();
            Some(IndexTerm { owner, field: field.clone(), value })
        };
        let of_parent = record.parent.map(|parent| subprofiles_of(owner, parent));
        record.fields.iter().filter_map(of_value).chain(of_parent).collect()
    }

    /// The term of the records with a value in a field, where `value` is compared as a key. `None` if the field has no index,
    /// or if the value is the empty value of the field's type, because such records have no index items.
    pub fn lookup(&self, owner: OwnerId, field: PartId, value: &str) -> Option<IndexTerm> {
        let field = field.to_string();
        let field_type = *self.types.get(&field)?;
        let is_stored = value != field_type.empty();
        is_stored.then(|| IndexTerm { owner, field, value: value.to_owned() })
    }
}

impl FromIterator<(PartId, FieldType)> for IndexedFields {
    fn from_iter<I: IntoIterator<Item = (PartId, FieldType)>>(fields: I) -> Self {
        Self { types: fields.into_iter().map(|(field, field_type)| (field.to_string(), field_type)).collect() }
    }
}

/// The term of the subprofiles that a profile has in a collection.
pub fn subprofiles_of(collection: OwnerId, profile: RecordId) -> IndexTerm {
    IndexTerm { owner: collection, field: PARENT.to_owned(), value: profile.to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::records::record::Fields;

    fn term(owner: u64, field: &str, value: &str) -> IndexTerm {
        IndexTerm { owner: OwnerId(owner), field: field.to_owned(), value: value.to_owned() }
    }

    fn indexed() -> IndexedFields {
        let types = [(3, FieldType::Email), (4, FieldType::Integer), (5, FieldType::EmptyDate), (6, FieldType::Text)];
        types.into_iter().map(|(field, field_type)| (PartId(field), field_type)).collect()
    }

    fn terms(parent: Option<u64>, fields: &serde_json::Value) -> Vec<IndexTerm> {
        let fields: Fields = serde_json::from_value(fields.clone()).expect("an object");
        let (owner, parent) = (Some(OwnerId(9)), parent.map(RecordId));
        indexed().terms(Indexable { owner, parent, fields: &fields }).into_iter().collect()
    }

    #[test]
    fn a_record_is_found_by_the_values_of_indexed_fields_as_keys_compare_them() {
        let fields = json!({
            "3": " Ada@Example.COM ",
            "4": "-12",
            "5": "2024-03-05",
            "6": "  ",
            "7": "no index",
            "i3": true,
            "secret": "3",
        });
        let found = [term(9, "3", "ada@example.com"), term(9, "4", "-12"), term(9, "5", "2024-03-05")];
        assert_eq!(terms(None, &fields), found);
        let of_subprofile = [found.as_slice(), &[term(9, PARENT, "7000000001")]].concat();
        assert_eq!(terms(Some(7_000_000_001), &fields), of_subprofile);
        assert_eq!(terms(Some(5), &json!({})), [term(9, PARENT, "5")]);
    }

    #[test]
    fn a_record_without_an_owner_has_no_terms() {
        let fields = Fields::from([("3".to_owned(), json!("ada@example.com"))]);
        assert_eq!(indexed().terms(Indexable { owner: None, parent: None, fields: &fields }), BTreeSet::new());
    }

    #[test]
    fn a_lookup_asks_for_values_which_records_store() {
        let lookup = |field, value: &str| indexed().lookup(OwnerId(9), PartId(field), value);
        assert_eq!(lookup(3, "ada@example.com"), Some(term(9, "3", "ada@example.com")));
        assert_eq!(lookup(4, "7"), Some(term(9, "4", "7")));
        assert_eq!(lookup(4, "0"), None);
        assert_eq!(lookup(7, "no index"), None);
        assert!(indexed().has(PartId(3)) && !indexed().has(PartId(7)));
    }
}
