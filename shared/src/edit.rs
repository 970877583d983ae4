//! Edits by hand: changes which people make through the doors, an entity at a time.
//!
//! An edit of an entry is a single transaction of the entry (if its version is the version read), the chunk of the
//! entry's row (if committed), and all references and totals which change with the entry. Totals therefore agree with a
//! full count after any mix of imports, edits and undos, and nobody can edit an entity which is being loaded or undone.

pub(crate) mod change;
pub mod companies;
pub mod entries;
pub mod groups;
pub mod input;
pub mod marks;
pub mod merge;
pub mod overlap;
pub mod people;
pub(crate) mod tags;
pub mod things;
mod unused;
pub mod users;

use crate::store::{Patience, StoreError, retry};

/// The reasons why an edit was not made.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// A request to the tables failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The entity does not exist, or is hidden from people at present.
    #[error("not found")]
    NotFound,
    /// The field named here refers to an entity which does not exist.
    #[error("{0} does not exist")]
    Missing(&'static str),
    /// The field named here has an impossible value.
    #[error("{0} is invalid")]
    Invalid(&'static str),
    /// A thing with the same name, or a user with the same address, exists already; the field is named here.
    #[error("{0} is taken")]
    Taken(&'static str),
    /// Entries or projects refer to the thing.
    #[error("the thing is in use")]
    InUse,
    /// A rule forbids the edit in the present state.
    #[error("{0}")]
    Forbidden(Rule),
    /// The edit needs more writes than a transaction can hold.
    #[error("the edit needs too many writes")]
    TooMuch,
}

/// Rules for edits by hand. The undo of an import is not bound by any rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    /// Approved entries are neither edited nor deleted.
    #[error("the entry is approved")]
    Approved,
    /// No entry is approved twice.
    #[error("the entry is approved already")]
    AlreadyApproved,
    /// Entries marked as invoiced are not deleted.
    #[error("the entry is invoiced")]
    Invoiced,
    /// Entries of an archived project are not approved or deleted, and archived projects are not merged.
    #[error("the project is archived")]
    ArchivedProject,
    /// A project or user without references is deleted instead of archived or deactivated.
    #[error("the project or user has no entries: it can be deleted")]
    Deletable,
    /// A tag is not merged while an import which uses the tag is running, and a thing in use is neither merged nor
    /// deleted while its maker is running.
    #[error("an import that uses the tag is running")]
    Locked,
    /// A deactivated user is not edited.
    #[error("the user is deactivated")]
    Deactivated,
    /// Only a deactivated user can be activated.
    #[error("the user is not deactivated")]
    NotDeactivated,
    /// A thing is not merged if the chain of merges into the thing is too long.
    #[error("merged into another too often")]
    MergedTooOften,
    /// Nobody can deactivate the user of the token in use.
    #[error("this is the user of the token")]
    Oneself,
    /// Two tags are not merged if very many entries have both tags.
    #[error("too many entries have both tags")]
    TooManyShared,
}

/// The message of the error after too many attempts of an edit.
const KEPT_CHANGING: &str = "the edited item kept changing";

/// Repeats an edit, from its first read, as long as `attempt` returns `None` because another writer changed an item
/// after the read. Waits a little before each retry, and fails after a few seconds.
async fn repeated<T, F>(attempt: impl Fn() -> F) -> Result<T, EditError>
where
    F: Future<Output = Result<Option<T>, EditError>>,
{
    retry(Patience::new(), KEPT_CHANGING, attempt).await
}
