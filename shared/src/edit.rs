//! What people do through the doors, one entity at a time.
//!
//! Every edit of one entity is one transaction: the entity (if it is still the version that was read), the chunk that
//! its row belongs to (if it is committed), and the references and totals that change with it. So totals
//! agree with a full count after any mix of imports, edits and undos, and nothing can be edited while it
//! is loaded or undone.

pub(crate) mod change;
pub mod entries;
pub mod groups;
pub mod input;
pub mod marks;
pub mod merge;
pub mod overlap;
pub(crate) mod tags;
pub mod things;
mod unused;

use crate::store::{Patience, StoreError};

/// Why an edit was not made.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such thing (any more), or it is not to be seen now.
    #[error("not found")]
    NotFound,
    /// A field names something that does not exist.
    #[error("{0} does not exist")]
    Missing(&'static str),
    /// A field says what cannot be.
    #[error("{0} cannot be taken")]
    Invalid(&'static str),
    /// Another thing has that name already.
    #[error("{0} is taken")]
    Taken(&'static str),
    /// Others refer to it.
    #[error("it is in use")]
    InUse,
    /// A rule forbids it as things are.
    #[error("{0}")]
    Forbidden(Rule),
    /// More than one request changes.
    #[error("too much for one request")]
    TooMuch,
}

/// Rules about what people may do by hand. The undo of an import heeds none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// Approved entries are neither edited nor deleted.
    #[error("the entry is approved")]
    Approved,
    /// No entry is approved twice.
    #[error("the entry is approved already")]
    AlreadyApproved,
    /// Entries that were marked as invoiced are not deleted.
    #[error("the entry is invoiced")]
    Invoiced,
    /// Nothing of an archived project is approved, deleted or merged.
    #[error("the project is archived")]
    ArchivedProject,
    /// A project or user without entries is deleted, not archived or deactivated.
    #[error("nobody refers to it: it can be deleted")]
    Deletable,
    /// A tag that an unfinished import gives to entries is not merged.
    #[error("an import that uses the tag is running")]
    Locked,
    /// A deactivated user is not edited.
    #[error("the user is deactivated")]
    Deactivated,
    /// Only a deactivated user is activated.
    #[error("the user is not deactivated")]
    NotDeactivated,
    /// A thing that others were merged into many times over is not merged on.
    #[error("merged into another too often")]
    MergedTooOften,
    /// Nobody deactivates themselves.
    #[error("this is the user of the token")]
    Oneself,
    /// Two tags that very many entries share are not merged.
    #[error("too many entries have both tags")]
    TooManyShared,
}

/// Tries of an edit whose ground moves under it.
struct Tries(Patience);

impl Tries {
    fn new() -> Self {
        Self(Patience::new())
    }

    /// Waits a little before the next one.
    async fn again(&mut self) -> Result<(), StoreError> {
        self.0.wait(false, "what was edited kept changing").await
    }
}
