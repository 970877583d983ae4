//! Slices of time, by which the pace of a load is known without a write of its own.
//!
//! A committed chunk adds its counts to a counter item anyway. The same update adds the chunk's rows to an attribute for the
//! present slice of twenty seconds, such as `w89500012`, and removes the attributes of slices which are too old to matter.
//! The rows of the last minute are then the sum over the counter items, which every reader of the counts reads in any case.

use crate::store::Item;

/// The length of a slice in milliseconds.
const LENGTH: i64 = 20_000;
/// The number of whole slices before the present slice which count: a minute.
const COUNTED: i64 = 3;
/// The number of slices, older than the counted slices, which a commit removes. A load without a commit for longer than that
/// leaves attributes of a few bytes behind.
const REMOVED: i64 = 9;

/// A slice of time: the number of slices since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slice(i64);

impl Slice {
    /// The slice which contains a time in milliseconds since 1970.
    pub fn at(ms: i64) -> Self {
        Self(ms.div_euclid(LENGTH))
    }

    /// The attribute of the slice in a counter item.
    pub fn attribute(self) -> String {
        format!("w{}", self.0)
    }

    /// The end of an update expression which removes slices that no longer count.
    pub fn removing_older(self) -> String {
        let old: Vec<_> = (self.0 - COUNTED - REMOVED..self.0 - COUNTED).map(|slice| format!("#w{slice}")).collect();
        format!(" REMOVE {}", old.join(", "))
    }

    /// The start of the counted slices, in milliseconds since 1970, if this is the present slice.
    pub fn counted_from(self) -> i64 {
        (self.0 - COUNTED) * LENGTH
    }

    /// The rows which a counter item counts from the time `from` on.
    pub fn rows_since(from: i64, counter: &Item) -> u64 {
        let rows = |(name, value): (&String, &aws_sdk_dynamodb::types::AttributeValue)| {
            let slice: i64 = name.strip_prefix('w')?.parse().ok()?;
            let is_counted = slice >= Self::at(from).0;
            is_counted.then(|| value.as_n().ok()?.parse::<u64>().ok()).flatten()
        };
        counter.iter().filter_map(rows).sum()
    }
}
