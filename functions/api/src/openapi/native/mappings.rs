//! The shapes of mappings.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use std::collections::BTreeMap;

use utoipa::ToSchema;

use super::imports::Time;

/// The meanings of the columns of files with the same header. An account remembers the mappings of 200 headers, and
/// forgets first the mapping which was not used for longest.
#[derive(ToSchema)]
#[schema(as = Mapping)]
pub struct MappingShown {
    /// The id of the mapping, derived from the account and the header, so a header has the same id for good.
    id: u64,
    /// A name given by a person, at most 200 letters long, or `null` for a mapping without a name.
    #[schema(required)]
    name: Option<String>,
    /// The names of the columns in the order of the file, each cut at 100 letters. Only the first 8,000 bytes
    /// of names are kept.
    #[schema(required)]
    header: Option<Vec<String>>,
    /// The field of each column by the column's name, in the form of the option `mapping` of a new import.
    #[schema(required)]
    mapping: Option<BTreeMap<String, String>>,
    /// The number of the import which was made with the mapping.
    #[schema(required)]
    import: Option<u64>,
    /// The number of an import which stands and was read by the mapping, if the import made with the mapping is undone.
    /// The value is `null` as long as the latter stands.
    #[schema(required)]
    confirmed_by: Option<u64>,
    /// The time at which the import made with the mapping ended, from which the mapping is remembered.
    #[schema(required)]
    since: Option<Time>,
}

/// A new name of a mapping, which replaces the name before. Any other member is answered with 400.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MappingName {
    /// The name, of which blanks around are removed, at most 200 letters long. `null` removes the name, and a blank
    /// text is answered with 400.
    #[schema(required, max_length = 200, pattern = r"\S", example = "Monthly export")]
    name: Option<String>,
}
