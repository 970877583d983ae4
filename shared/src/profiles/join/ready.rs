//! The key fields by which a join looks records up.

use crate::id::{OwnerId, PartId};
use crate::import::ImportError;
use crate::kind::planned_file::PlannedFile;
use crate::profile_form::{FileKeys, PinnedField, Profiles};
use crate::profiles::terms::IndexedFields;
use crate::schema::Schema;
use crate::values::profile_value::FieldType;

/// The key fields whose index has every record, as the database is now. A resumed import is joined long after the import has
/// pinned the schema, and a field may have lost its index since, or may have another type.
pub async fn ready_fields(
    file: &PlannedFile<'_, Profiles>,
    database: OwnerId,
    keys: &FileKeys,
) -> Result<IndexedFields, ImportError> {
    let pinned = pinned_fields(file, keys);
    if pinned.is_empty() {
        return Ok(IndexedFields::default());
    }
    let now = Schema::read(file.services, file.import.account, database).await?;
    let now = now.ok_or_else(|| ImportError::Impossible(format!("database {database} was deleted")))?;
    let is_ready = |(id, field_type): &(PartId, FieldType)| {
        let field = now.all_fields.iter().find(|field| field.id == *id);
        field.is_some_and(|field| field.is_ready() && field.field_type == *field_type)
    };
    Ok(pinned.into_iter().filter(is_ready).collect())
}

/// The key fields which had a complete index when the import pinned the schema.
fn pinned_fields(file: &PlannedFile<'_, Profiles>, keys: &FileKeys) -> Vec<(PartId, FieldType)> {
    let Some(pinned) = &file.import.options.profiles.schema else { return Vec::new() };
    let of_collections = pinned.collections.iter().flat_map(|collection| &collection.fields);
    let is_key = |field: &&PinnedField| {
        let mut keys = keys.profile.iter().chain(&keys.subprofile);
        keys.any(|key| key.field() == Some(field.id))
    };
    let fields = pinned.fields.iter().chain(of_collections).filter(|field| field.indexed).filter(is_key);
    fields.map(|field| (PartId(field.id), field.field_type)).collect()
}
