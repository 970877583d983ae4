//! The schema of a database as an import pins it, so that no later edit of the schema changes a row of the import.

use jiff::Zoned;

use super::Owned;
use crate::id::{AccountId, OwnerId};
use crate::profile_form::{PinnedCollection, PinnedField, PinnedInterest, PinnedSchema};
use crate::schema::{Field, Schema};
use crate::services::Services;
use crate::store::StoreError;
use crate::values::profile_value::{FieldType, default_of};

/// The schema of a database to be pinned, or `None` if the database is gone. `now` is the present moment in the account's
/// zone, by which defaults such as `today` become dates.
pub async fn pinned_schema(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    now: &Zoned,
) -> Result<Option<PinnedSchema>, StoreError> {
    let schema = Schema::read(services, account, database).await?;
    Ok(schema.map(|schema| pinned(&schema, now)))
}

/// The fields, interests and collections of a database as an import pins them.
pub fn pinned(schema: &Schema, now: &Zoned) -> PinnedSchema {
    let fields = |owned: Owned<'_>| owned.fields().map(|field| pinned_field(field, now)).collect();
    let collections = schema.collections.iter().map(|collection| PinnedCollection {
        id: collection.id.0,
        name: collection.name.clone(),
        fields: fields(Owned::subprofiles(schema, collection)),
    });
    let interests = schema.interests.iter();
    PinnedSchema {
        fields: fields(Owned::profiles(schema)),
        interests: interests
            .map(|interest| PinnedInterest { id: interest.id.0, name: interest.name.clone() })
            .collect(),
        collections: collections.collect(),
    }
}

/// A field whose default is converted, unless the field is a select, whose `value` has the options.
fn pinned_field(field: &Field, now: &Zoned) -> PinnedField {
    let value = match field.field_type {
        FieldType::Select => field.value.clone(),
        other => default_of(other, &field.value, now),
    };
    let (id, name, indexed) = (field.id.0, field.name.clone(), field.is_ready());
    PinnedField { id, name, field_type: field.field_type, value, indexed }
}
