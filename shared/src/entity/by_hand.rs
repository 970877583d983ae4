//! What people do through the doors, one entity at a time.
//!
//! Every edit is one transaction: the entity (if it is still the version that was read), the chunk that
//! its row belongs to (if it is committed), and the references and totals that change with it. So totals
//! agree with a full count after any mix of imports, edits and undos, and nothing can be edited while it
//! is loaded or undone.

pub mod entries;
mod tagging;
pub mod things;

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
