//! The errors of moving an import on.

use super::Status;
use crate::files::FileError;
use crate::id::{ImportId, ThingId};
use crate::lease::{LeasedError, OutOfTime};
use crate::queue::QueueError;
use crate::store::StoreError;

/// What can go wrong while an import is moved on.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The queues.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// There is no such import.
    #[error("import {0} is not there")]
    Missing(ImportId),
    /// A user that it names is not there (any more).
    #[error("user {0} is not there")]
    NoUser(ThingId),
    /// The request's key was given to another request before.
    #[error("the same Idempotency-Key was sent with another request")]
    OtherRequest,
    /// The request's import was stopped before its file was stored, by a person or as its door had died.
    #[error(
        "the import of this Idempotency-Key was stopped before its file was stored; send the file under another key"
    )]
    NeverStored,
    /// Somebody else changed the status first, or it does not allow the step.
    #[error("import {import} is {status}")]
    Status {
        /// The import.
        import: ImportId,
        /// Its status.
        status: Status,
    },
    /// The account has made all the imports that ids allow.
    #[error("the account has no import numbers left")]
    Exhausted,
    /// It cannot go on, however often it is tried.
    #[error("{0}")]
    Impossible(String),
    /// The time of the invocation is up; another one goes on.
    #[error("no time is left")]
    OutOfTime,
}

impl From<OutOfTime> for ImportError {
    fn from(_: OutOfTime) -> Self {
        Self::OutOfTime
    }
}

impl From<LeasedError> for ImportError {
    fn from(error: LeasedError) -> Self {
        match error {
            LeasedError::Store(error) => Self::Store(error),
            LeasedError::OutOfTime(error) => error.into(),
        }
    }
}

impl ImportError {
    /// Whether a later version of the code wrote the item or the message that stands in the way.
    pub fn is_newer(&self) -> bool {
        matches!(self, Self::Store(StoreError::Newer(_)) | Self::Queue(QueueError::Newer(_)))
    }

    /// Whether the same request may succeed in a moment.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Store(error) => error.is_passing(),
            Self::File(error) => matches!(error, FileError::Unavailable(_)),
            Self::Queue(error) => matches!(error, QueueError::Unavailable(_)),
            Self::OutOfTime => true,
            _ => false,
        }
    }
}
