//! What the join of a file with the records that stand leaves in the import's item.

use serde::{Deserialize, Serialize};

use crate::wire::wire_words;

/// The result of a join.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Joined {
    /// The run of the join whose notes the loaders read, as 32 hexadecimal digits; `None` if there are no notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edition: Option<String>,
    /// The price of the import.
    pub cost: Cost,
    /// The records which `remove_missing` is to remove; `None` without the option, and if a row of the file cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing: Option<MissingRecords>,
    /// The reason, for people, why no row may be loaded. The import then ends at once, and the reason is not stored here.
    #[serde(skip)]
    pub refusal: Option<String>,
}

impl Joined {
    /// A join which removes and refuses nothing, with a price, and the run whose notes the loaders read.
    pub fn new(edition: Option<String>, cost: Cost) -> Self {
        Self { edition, cost, missing: None, refusal: None }
    }
}

/// The records which no row of the file matches. Their ids are plans in the notes of the join, from the first chunk behind
/// those of the file on, `rows_per_chunk` to a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingRecords {
    /// The number of records.
    pub count: u64,
    /// The time in milliseconds since the epoch at which the join began. Records that were made or changed since stay.
    pub began_at: i64,
}

/// The price of an import, in capacity units of all tables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// The way in which the join found the records.
    pub way: JoinWay,
    /// The units which the join spent.
    pub join: Units,
    /// The units which the load will spend, estimated by the rows' plans and by a few of the records.
    pub load: Units,
}

/// Capacity units of DynamoDB: a read unit for 4 KB read with strong consistency, a write unit for 1 KB written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Units {
    pub read: f64,
    pub write: f64,
}

wire_words! {
    /// The way in which a join finds the records that match rows.
    JoinWay {
        /// No record is looked for.
        Nothing = "nothing",
        /// By the index items of the rows' keys.
        Lookups = "lookups",
        /// By reading every record of the database.
        Scan = "scan",
    }
}
