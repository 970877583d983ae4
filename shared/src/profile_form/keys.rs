//! The key fields, by which a row finds its profile and its subprofile.

use super::columns::ProfileTarget;
use super::pinned::PinnedSchema;
use crate::table::{excerpt, quoted};

/// The reason why key fields do not fit a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongKeys {
    #[error("`key_fields` names {name:?}, which is neither ID nor a field: the database has {fields}")]
    Unknown { name: String, fields: String },
    #[error("`key_fields` names {0:?}, and an interest cannot be a key")]
    Interest(String),
}

/// The targets of the key fields with their names, in the order of the caller; a field which is named twice counts once.
pub(super) fn key_targets(schema: &PinnedSchema, names: &[String]) -> Result<Vec<(String, ProfileTarget)>, WrongKeys> {
    let mut targets: Vec<(String, ProfileTarget)> = Vec::new();
    for name in names {
        let (target, _) = ProfileTarget::named(schema, name)
            .ok_or_else(|| WrongKeys::Unknown { name: excerpt(name), fields: fields(schema) })?;
        if matches!(target, ProfileTarget::Interest(_)) {
            return Err(WrongKeys::Interest(excerpt(name)));
        }
        if targets.iter().all(|(_, other)| *other != target) {
            targets.push((name.clone(), target));
        }
    }
    Ok(targets)
}

/// The names of all fields as columns have them, for people.
pub(super) fn fields(schema: &PinnedSchema) -> String {
    let own = schema.fields.iter().map(|field| field.name.clone());
    let of_collections = schema
        .collections
        .iter()
        .flat_map(|collection| collection.fields.iter().map(|field| format!("{}.{}", collection.name, field.name)));
    let names: Vec<String> = own.chain(of_collections).collect();
    if names.is_empty() { "no fields".to_owned() } else { quoted(&names) }
}
