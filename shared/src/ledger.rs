//! The ledger: what each row became.
//!
//! A chunk is up to `rows_per_chunk` rows of a file: the unit of work, of storage and of the ledger. Its
//! item is written by the plan, claimed by a lease, and committed with its **page** in one transaction
//! with the counts; so a row has an outcome exactly when its entity can be seen. A page holds an outcome
//! per row (as runs), what the chunk holds at a glance (so that filters skip whole chunks), totals per
//! project and tag, and the errors. It is packed small: most pages are below one write unit of 1 KB.

mod before;
pub mod chunk;
pub mod glance;
pub mod page;

pub use chunk::{Chunk, ChunkState, page_attribute, runs_attribute};
pub use glance::{ChunkGlance, EntriesGlance, Glance, GlanceSum, Total};
pub use page::{Outcome, Page, PageError, SkipReason};
