//! The ledger of an import in the form which people read: the outcome of each row, the causes of errors and skips, findings,
//! and the cells of failed rows.

pub mod causes;
pub mod cells;
pub mod findings;
pub mod kept;
pub mod made;
pub mod removed;
pub mod rows;
pub mod summary;

use crate::ledger::SkipReason;

/// The reason why a row was skipped, in words for people.
pub fn reason(skipped: SkipReason) -> &'static str {
    match skipped {
        SkipReason::UnknownUser => {
            "no user of the account has the name or address in the row, and the import has no fallback user"
        }
        SkipReason::AlreadyThere => "the account has the same entry, person or company already",
        SkipReason::NoMatch => "nothing in the database has the key of the row",
        SkipReason::MatchKept => "a match has the key of the row already and is left alone",
        SkipReason::SameKeyLater => "a later row of the file has the same key and counts in place of the row",
        SkipReason::Policy => "a match has the key of the row, and `update_policy` leaves the match as it is",
    }
}
