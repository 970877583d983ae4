//! A person as people see one: the typed view of a record of the kind [`RecordKind::Person`].
//!
//! [`RecordKind::Person`]: crate::store::keys::RecordKind::Person

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::{RecordId, ThingId};
use crate::records::Record;
use crate::records::change::Holdings;
use crate::records::record::Fields;
use crate::store::StoreError;
use crate::store::keys::Kind;
use crate::things::names::tidy;
use crate::things::user::normal_email;

/// The names of a person's fields, as stored in the record.
pub mod field {
    pub const FIRST_NAME: &str = "first_name";
    pub const LAST_NAME: &str = "last_name";
    pub const EMAIL: &str = "email";
    pub const TITLE: &str = "title";
    pub const COMPANY: &str = "company";
    pub const TAG_LIST: &str = "tag_list";
    pub const CUSTOM_FIELDS: &str = "custom_fields";
    pub const ARCHIVED_AT: &str = "archived_at";
}

/// The fields of a person. The record holds the id, the version and the times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Person {
    /// The first name, or `None` if nobody has told a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// The last name, or `None` without a last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// The e-mail address as written, for example `Robin@Example.com`, or `None` without an address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The job title, or `None` without a title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The company, or `None` for a person without a company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<ThingId>,
    /// The labels, in the order in which somebody gave the labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tag_list: Vec<String>,
    /// Values by field name, or `None` if nobody has given a value. A file's columns without a field lie here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_fields: Option<Map<String, Value>>,
    /// The time at which people archived the person, in milliseconds since the epoch, or `None` for a person in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<i64>,
}

impl Person {
    /// The person in a record. Fails if a field has a value of another type, which no writer of ours stores.
    pub fn of(record: &Record) -> Result<Self, StoreError> {
        let fields = record.fields.iter().map(|(name, value)| (name.clone(), value.clone()));
        serde_json::from_value(Value::Object(fields.collect()))
            .map_err(|error| StoreError::Shape(format!("person {}: {error}", record.id)))
    }

    /// The fields as a record stores them. A field without a value is absent.
    pub fn fields(&self) -> Fields {
        match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields.into_iter().collect(),
            other => unreachable!("a struct of texts and numbers is an object: {other:?}"),
        }
    }

    /// A new record of this person, created at `at` (milliseconds since the epoch).
    pub fn record(&self, id: RecordId, at: i64) -> Record {
        Record::new(id, self.fields(), at)
    }

    /// The address in the form in which addresses are claimed, or `None` without an address.
    pub fn address(&self) -> Option<String> {
        self.email.as_deref().map(normal_email).filter(|address| !address.is_empty())
    }

    /// What the person holds outside of the record: the address, and a place among the people of the company.
    pub fn holdings(&self) -> Holdings {
        let things = self.company.map(|company| (Kind::Company, company)).into_iter().collect();
        Holdings { address: self.address(), things, index: BTreeSet::new() }
    }

    /// First and last name with a space between, or an empty text for a person without a name.
    pub fn name(&self) -> String {
        let part = |name: &Option<String>| name.clone().unwrap_or_default();
        tidy(&format!("{} {}", part(&self.first_name), part(&self.last_name)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::{ImportId, Row};

    #[test]
    fn a_person_survives_the_way_into_a_record_and_back() -> Result<(), StoreError> {
        let person = Person {
            first_name: Some("Robin".to_owned()),
            last_name: Some("Example".to_owned()),
            email: Some("Robin@Example.com".to_owned()),
            title: Some("Gardener".to_owned()),
            company: Some(ThingId(1 << 51)),
            tag_list: vec!["vip".to_owned()],
            custom_fields: json!({ "Manager": "Alex" }).as_object().cloned(),
            archived_at: Some(5),
        };
        let names: Vec<_> = person.fields().into_keys().collect();
        assert_eq!(
            names,
            ["archived_at", "company", "custom_fields", "email", "first_name", "last_name", "tag_list", "title"]
        );
        let record = person.record(RecordId::of(ImportId(2), Row(1)), 1);
        assert_eq!(Person::of(&record)?, person);
        assert_eq!((person.address().as_deref(), &*person.name()), (Some("robin@example.com"), "Robin Example"));
        assert_eq!(Person::default().fields(), Fields::new());
        assert_eq!((Person::default().address(), Person::default().name()), (None, String::new()));
        Ok(())
    }

    #[test]
    fn a_record_with_a_field_of_another_type_is_no_person() {
        let fields = Fields::from([(field::EMAIL.to_owned(), json!(7))]);
        let record = Record::new(RecordId(5), fields, 1);
        assert!(matches!(Person::of(&record), Err(StoreError::Shape(_))));
    }
}
