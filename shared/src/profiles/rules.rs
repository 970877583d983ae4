//! The rules of profiles and subprofiles as records.

use super::terms::IndexedFields;
use crate::id::PartId;
use crate::import::{Import, ImportError};
use crate::profile_form::PinnedField;
use crate::records::Record;
use crate::records::change::Holdings;
use crate::records::index::Terms;
use crate::records::rules::RecordRules;
use crate::schema::Schema;
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::RecordKind;

/// The rules of both kinds, given the terms by which their records are found.
pub fn rules(terms: Terms<'_>) -> [RecordRules<'_>; 2] {
    let of = |kind| RecordRules { kind, holdings: &holdings, address_field: None, terms };
    [of(RecordKind::Profile), of(RecordKind::Subprofile)]
}

/// A profile claims no address, and refers to no shared thing.
#[expect(clippy::unnecessary_wraps, reason = "the rules of records ask for it so")]
fn holdings(_: &Record) -> Result<Holdings, StoreError> {
    Ok(Holdings::default())
}

/// The indexed fields of an import's database as the schema is now, because index items follow the schema of today.
///
/// # Errors
/// [`ImportError::Impossible`] if the database is gone.
pub async fn indexed_now(services: &Services, import: &Import) -> Result<IndexedFields, ImportError> {
    let schema = schema_now(services, import).await?;
    let gone = || ImportError::Impossible("the database of the import was deleted".to_owned());
    schema.map(|schema| IndexedFields::of(&schema)).ok_or_else(gone)
}

/// The indexed fields of an import's database as the schema is now, or for a database which is gone as the import pinned
/// the schema.
pub async fn indexed_or_pinned(services: &Services, import: &Import) -> Result<IndexedFields, StoreError> {
    if let Some(schema) = schema_now(services, import).await? {
        return Ok(IndexedFields::of(&schema));
    }
    let Some(pinned) = &import.options.profiles.schema else { return Ok(IndexedFields::default()) };
    let of_collections = pinned.collections.iter().flat_map(|collection| &collection.fields);
    let indexed = pinned.fields.iter().chain(of_collections).filter(|field| field.indexed);
    Ok(indexed.map(|field: &PinnedField| (PartId(field.id), field.field_type)).collect())
}

async fn schema_now(services: &Services, import: &Import) -> Result<Option<Schema>, StoreError> {
    match import.options.profiles.database {
        Some(database) => Schema::read(services, import.account, database).await,
        None => Ok(None),
    }
}
