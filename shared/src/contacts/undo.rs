//! The undo of a chunk of contacts.
//!
//! | effect of the import | trace | how the undo finds and reverses the effect | why twice is once |
//! |---|---|---|---|
//! | a person | the chunk's partition | deleted if only the import wrote to the person, else kept as an orphan | a deleted person is gone, an orphan is passed over |
//! | the claim of an address | the person's address | released before its person is deleted; a kept person keeps the claim | only the person's own claim is released |
//! | the count of a kept person's company | the company's reference | moved to people's reference, in the transaction that marks the person | the version of the person |
//! | a changed person | the image of the row | restored, unless somebody who stands wrote to the field since | the row is no writer any more |
//! | a person in another company | the image of the row | the company, and the counts of both companies, in one transaction | the same |
//! | the plan of a row | the chunk's notes | erased | there are none left |
//! | companies made, references to companies | the notes | dropped after the last chunk, as for projects (`revert/release.rs`) | a missing reference is passed over |
//!
//! All rows but the last two hold for every record and are in [`crate::records::undo`].

use super::notes::ContactNotes;
use super::records_of;
use crate::import::ImportError;
use crate::kind::{HeldChunk, Undone};

/// Takes back the people of a chunk.
pub async fn take_back(held: &HeldChunk<'_>) -> Result<Undone, ImportError> {
    let HeldChunk { services, import, chunk, lease } = *held;
    let taken = records_of(import).take_back(services, chunk.number, lease).await?;
    let (fates, kept) = (taken.fates_of_rows(), taken.kept);
    if import.options.contacts.update_policy.is_some() {
        ContactNotes::of(import, chunk.number).erase(services).await?;
    }
    // The page tells how many people could be seen; the partition may hold leftovers of a loader which died.
    let removed = chunk.loaded().saturating_sub(kept.len() as u64);
    let kept = kept.into_iter().map(|(_, id)| id.row()).collect();
    Ok(Undone { removed, kept, fates, ..Undone::default() })
}
