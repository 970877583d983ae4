//! The import on whose behalf shared things are found or made.

use crate::id::{AccountId, ImportId};

/// The most names which a loader looks up at the same time.
pub const IN_FLIGHT: usize = 16;

/// The import on whose behalf things are found or made.
#[derive(Clone, Copy, Debug)]
pub struct Maker {
    pub account: AccountId,
    pub import: ImportId,
    /// The creation time of new things in milliseconds since the epoch. The time is the import's, so a retry writes the
    /// same values.
    pub at: i64,
    /// `true` if unknown projects are made. Unknown tags and companies are always made.
    pub makes_projects: bool,
}
