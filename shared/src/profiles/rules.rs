//! The rules of profiles and subprofiles as records.

use std::collections::BTreeSet;

use super::terms::IndexedFields;
use crate::id::PartId;
use crate::import::{Import, ImportError};
use crate::profile_form::PinnedField;
use crate::records::Record;
use crate::records::change::Holdings;
use crate::records::index::{IndexTerm, Indexable, Terms};
use crate::records::rules::RecordRules;
use crate::schema::{Field, Interest, Schema};
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::RecordKind;

/// The fields of an import's database as the records of the database need them: which fields have index items, and which are
/// there.
#[derive(Clone, Debug, Default)]
pub struct RecordFields {
    indexed: IndexedFields,
    /// The names of fields and interests in a record, or `None` for a database which is gone with all of its records.
    there: Option<BTreeSet<String>>,
}

impl RecordFields {
    /// The fields as the schema is now, because index items follow the schema of today.
    ///
    /// # Errors
    /// [`ImportError::Impossible`] if the database is gone.
    pub async fn now(services: &Services, import: &Import) -> Result<Self, ImportError> {
        let schema = schema_now(services, import).await?;
        let gone = || ImportError::Impossible("the database of the import was deleted".to_owned());
        schema.map(|schema| Self::of(&schema)).ok_or_else(gone)
    }

    /// The fields as the schema is now, or for a database which is gone as the import pinned the schema.
    pub async fn now_or_pinned(services: &Services, import: &Import) -> Result<Self, StoreError> {
        if let Some(schema) = schema_now(services, import).await? {
            return Ok(Self::of(&schema));
        }
        let Some(pinned) = &import.options.profiles.schema else { return Ok(Self::default()) };
        let of_collections = pinned.collections.iter().flat_map(|collection| &collection.fields);
        let indexed = pinned.fields.iter().chain(of_collections).filter(|field| field.indexed);
        let indexed = indexed.map(|field: &PinnedField| (PartId(field.id), field.field_type)).collect();
        Ok(Self { indexed, there: None })
    }

    fn of(schema: &Schema) -> Self {
        let interests = schema.interests.iter().map(Interest::key);
        let there = schema.all_fields.iter().map(Field::key).chain(interests).collect();
        Self { indexed: IndexedFields::of(schema), there: Some(there) }
    }

    /// The terms by which a record is found.
    pub fn terms(&self, record: Indexable<'_>) -> BTreeSet<IndexTerm> {
        self.indexed.terms(record)
    }

    /// `true` unless the name is that of a field or an interest which was deleted.
    pub fn has(&self, name: &str) -> bool {
        let of_schema = name.strip_prefix('i').unwrap_or(name);
        let is_of_schema = of_schema.bytes().all(|digit| digit.is_ascii_digit());
        !is_of_schema || self.there.as_ref().is_none_or(|there| there.contains(name))
    }
}

/// The rules of both kinds, given the terms by which their records are found, and the fields that are there.
pub fn rules<'r>(terms: Terms<'r>, has_field: &'r (dyn Fn(&str) -> bool + Sync)) -> [RecordRules<'r>; 2] {
    let of = |kind| RecordRules { kind, holdings: &holdings, address_field: None, terms, has_field };
    [of(RecordKind::Profile), of(RecordKind::Subprofile)]
}

/// A profile claims no address, and refers to no shared thing.
#[expect(clippy::unnecessary_wraps, reason = "the rules of records ask for it so")]
fn holdings(_: &Record) -> Result<Holdings, StoreError> {
    Ok(Holdings::default())
}

async fn schema_now(services: &Services, import: &Import) -> Result<Option<Schema>, StoreError> {
    match import.options.profiles.database {
        Some(database) => Schema::read(services, import.account, database).await,
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_interests_which_the_schema_has_are_there_and_all_other_names_are() {
        let there = Some(["3", "i4"].map(str::to_owned).into());
        let fields = RecordFields { there, ..RecordFields::default() };
        let has = |names: [&str; 3]| names.map(|name| fields.has(name));
        assert_eq!(has(["3", "4", "33"]), [true, false, false]);
        assert_eq!(has(["i4", "i3", "i44"]), [true, false, false]);
        // A secret, and the link of a collection.
        assert_eq!(has(["secret", "s3", "s4"]), [true; 3]);
        // The records of a deleted database are gone with all of their fields.
        assert!(RecordFields::default().has("4"));
    }
}
