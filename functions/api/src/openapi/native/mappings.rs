//! The shapes of mappings.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::imports::Time;

/// The meanings of the columns of files with the same header.
#[derive(ToSchema)]
#[schema(as = Mapping)]
pub struct MappingShown {
    id: u64,
    /// A name that a person has given
    #[schema(required)]
    name: Option<String>,
    /// The names of the columns
    #[schema(required)]
    header: Option<Vec<String>>,
    /// The field of each column
    #[schema(required)]
    mapping: Option<BTreeMap<String, String>>,
    /// The import that last used the mapping
    #[schema(required)]
    import: Option<u64>,
    /// The import whose rows confirm the mapping; `null` if the mapping is not used by itself
    #[schema(required)]
    confirmed_by: Option<u64>,
    /// The time at which the mapping was given
    #[schema(required)]
    since: Option<Time>,
}

/// A new name of a mapping.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingName {
    /// The name; `null` removes the name
    #[schema(required, max_length = 200, pattern = r"\S", example = "Monthly export")]
    name: Option<String>,
}
