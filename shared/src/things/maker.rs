//! The import in whose name shared things are found or made.

use crate::id::{AccountId, ImportId};

/// Names resolved at once.
pub const IN_FLIGHT: usize = 16;

/// The import in whose name things are found or made.
#[derive(Clone, Copy, Debug)]
pub struct Maker {
    pub account: AccountId,
    pub import: ImportId,
    /// The time that made things carry, in milliseconds since the epoch: the import's, so that a retry writes the same values.
    pub at: i64,
    /// Whether projects that nobody has made are made; tags always are.
    pub makes_projects: bool,
}
