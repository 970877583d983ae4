//! The ledger: the record of the outcome of every row of an import.
//!
//! A chunk is up to `rows_per_chunk` rows of a file, and is the unit of work, of storage and of the ledger. The plan
//! writes the chunk's item, a loader claims the item by a lease, and one transaction commits the item together with its
//! **page** and the counts. A row therefore has an outcome exactly when people can see its entity.
//!
//! A page holds an outcome per row (as runs), a glance (so filters skip whole chunks), totals per project and tag, and
//! the errors. Pages are packed: most are smaller than a write unit of 1 KB.

pub mod chunk;
mod errors;
pub mod fates;
mod follow_up;
pub mod glance;
pub mod hold;
pub mod page;
mod page_error;

pub use chunk::{Chunk, ChunkState, fates_attribute, page_attribute, runs_attribute};
pub use fates::UndoFate;
pub use follow_up::{FollowUp, Followed, follow_ups_attribute};
pub use glance::{
    ChunkGlance, ContactUpdatesGlance, ContactsGlance, EntriesGlance, Glance, GlanceSum, ProfilesGlance, Total,
};
pub use page::{Outcome, Page, SkipReason};
pub use page_error::PageError;
