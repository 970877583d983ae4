//! The plan of a row: what the join of the file with the database has found for the row.

use serde::{Deserialize, Serialize};

use crate::id::{RecordId, Row};

/// The most matches to which a row writes, because the before-images of a row lie in one item. The plan of a row with more
/// matches names one more.
pub const MOST_MATCHES: usize = 100;

/// What the join found for a row. A row for which the join noted nothing acts and has no match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowPlan {
    /// The part of the row among the rows of its key.
    pub act: Act,
    /// The matching profiles in ascending order. With `matches=first` the first acts, with `matches=all` all do.
    pub profiles: Vec<RecordId>,
    /// The matching subprofiles of the row's collection in ascending order, among those of the profiles.
    pub subprofiles: Vec<RecordId>,
    /// With `ignore_empty_fields`: cells by field id which the row takes over from earlier rows of the same key, because
    /// the row's own cells are absent.
    pub gathered: Vec<(u64, String)>,
    /// Interests by id which the row takes over likewise, and whether the profile has the interest.
    pub gathered_interests: Vec<(u64, bool)>,
}

/// The part of a row among the rows of its key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// The row writes.
    #[default]
    Acts,
    /// A later row of the file has the same key and writes; the row is skipped and names that row.
    YieldsTo(Row),
    /// The row writes its subprofile alone. The leader writes the profile, and makes it if there is no match; the id of the
    /// new profile is that of the leader's row.
    Follows(Row),
}
