//! The terms by which profiles and subprofiles are found: the values of fields with an index, and for a subprofile its
//! profile.
//!
//! - Values are compared as keys ([`as_key`]): a text without regard to case and outer blanks.
//! - A text that was stored while its field had another type has the term of what people see today: `07` in a field of integers
//!   is found by 7, and `Elm Street` by nothing. The term of a day that depends on the present, such as `tomorrow`, is found by
//!   nobody.
//! - A field which holds nothing is not stored, and has no term. So a number field with the value 0 is found by reading
//!   the table alone, see [`IndexedFields::lookup`].
//! - Field ids are unique in the account, so one list serves a database with its collections.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::id::{OwnerId, PartId, RecordId};
use crate::records::index::{IndexTerm, Indexable};
use crate::schema::Schema;
use crate::values::profile_value::{FieldType, as_key, convert_by_hand};

/// The name under which a subprofile is found by its profile. Fields have numbers as names.
pub const PARENT: &str = "parent";

/// The fields of a database and its collections by whose values records are found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexedFields {
    /// The types of each field, by the name of the field's values in a record: first the type of today. `true` with a type whose
    /// items are to go.
    types: BTreeMap<String, Vec<(FieldType, bool)>>,
}

impl IndexedFields {
    /// The fields of a database whose index items are written with the records. A field that has lost its index, is deleted or
    /// had another type is among them until its items are gone, so no edit and no undo leaves the item of a former value.
    pub fn of(schema: &Schema) -> Self {
        let mut indexed = Self::default();
        for field in schema.all_fields.iter().filter(|field| field.traits.index || field.built) {
            indexed.add(field.id, (field.field_type, !field.traits.index));
        }
        for &(field, field_type) in &schema.database.former {
            indexed.add(field, (field_type, true));
        }
        indexed
    }

    fn add(&mut self, field: PartId, field_type: (FieldType, bool)) {
        self.types.entry(field.to_string()).or_default().push(field_type);
    }

    /// `true` if records are found by the field.
    pub fn has(&self, field: PartId) -> bool {
        self.types.contains_key(&field.to_string())
    }

    /// The terms of a record: a function for [`Terms`](crate::records::index::Terms).
    pub fn terms(&self, record: Indexable<'_>) -> BTreeSet<IndexTerm> {
        let Some(owner) = record.owner else { return BTreeSet::new() };
        let of_value = |(field, value): (&String, &Value)| {
            let types = self.types.get(field).into_iter().flatten();
            let values = types.filter_map(|&(field_type, is_lost)| {
                indexed_value(field_type, value.as_str()?).map(|value| (value, is_lost))
            });
            values.map(|(value, is_lost)| IndexTerm { owner, field: field.clone(), value, is_lost }).collect::<Vec<_>>()
        };
        let mut terms = BTreeSet::new();
        // Of two types with the same item the type of today comes first and stays.
        for term in record.fields.iter().flat_map(of_value) {
            terms.insert(term);
        }
        terms.extend(record.parent.map(|parent| subprofiles_of(owner, parent)));
        terms
    }

    /// The term of the records with a value in a field, where `value` is compared as a key. `None` if the field has no index,
    /// or if the value is the empty value of the field's type, because such records have no index items.
    pub fn lookup(&self, owner: OwnerId, field: PartId, value: &str) -> Option<IndexTerm> {
        let field = field.to_string();
        let (field_type, _) = self.types.get(&field)?.first()?;
        let is_stored = value != field_type.empty();
        is_stored.then(|| IndexTerm { owner, field, value: value.to_owned(), is_lost: false })
    }
}

impl FromIterator<(PartId, FieldType)> for IndexedFields {
    fn from_iter<I: IntoIterator<Item = (PartId, FieldType)>>(fields: I) -> Self {
        let mut indexed = Self::default();
        fields.into_iter().for_each(|(field, field_type)| indexed.add(field, (field_type, false)));
        indexed
    }
}

/// The text under which the index of a field has a stored text, or `None` if the field holds nothing. Lookups hold each record
/// against what people see, so the index of a select may have a text that is no option any more.
fn indexed_value(field_type: FieldType, stored: &str) -> Option<String> {
    if field_type.is_text() {
        return as_key(field_type, stored).map(Cow::into_owned);
    }
    // The same text has the same term at any time, or nobody could drop the term's item.
    let now = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
    let shown = convert_by_hand(field_type, &[], stored, &now);
    as_key(field_type, &shown).filter(|value| value != field_type.empty()).map(Cow::into_owned)
}

/// The term of the subprofiles that a profile has in a collection.
pub fn subprofiles_of(collection: OwnerId, profile: RecordId) -> IndexTerm {
    IndexTerm { owner: collection, field: PARENT.to_owned(), value: profile.to_string(), is_lost: false }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::records::record::Fields;

    fn term(owner: u64, field: &str, value: &str) -> IndexTerm {
        IndexTerm { owner: OwnerId(owner), field: field.to_owned(), value: value.to_owned(), is_lost: false }
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
    fn a_text_of_a_former_type_is_found_by_what_people_see() {
        let found = [term(9, "3", "7 elm street"), term(9, "4", "7"), term(9, "5", "2024-03-05")];
        assert_eq!(terms(None, &json!({ "3": "7 Elm Street", "4": "7 Elm Street", "5": "5 March 2024" })), found);
        assert_eq!(terms(None, &json!({ "4": "Elm Street", "5": "Elm Street" })), []);
        assert_eq!(terms(None, &json!({ "4": "0", "5": "0000-00-00" })), []);
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
