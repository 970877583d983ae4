//! The errors of making, planning, loading, settling and undoing an import.

use jiff::Timestamp;

use super::Status;
use crate::files::FileError;
use crate::id::{ImportId, ThingId};
use crate::lease::{LeasedError, OutOfTime};
use crate::queue::QueueError;
use crate::quotas::OverQuota;
use crate::store::StoreError;

/// The reasons why a step of an import failed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A request to the tables failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A request for the file failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// A request to the queues failed.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// The account has no import with this number.
    #[error("import {0} does not exist")]
    Missing(ImportId),
    /// The import names a user who does not exist, or was deleted.
    #[error("user {0} does not exist")]
    NoUser(ThingId),
    /// The user sent the same `Idempotency-Key` with a different request before.
    #[error("the same Idempotency-Key was sent with another request")]
    OtherRequest,
    /// The import of the request was stopped before its file was stored, by a person or because the door died.
    #[error(
        "the import of this Idempotency-Key was stopped before its file was stored; send the file under another key"
    )]
    NeverStored,
    /// The import has a different status than expected, or its status does not allow the step.
    #[error("import {import} is {status}")]
    Status {
        /// The number of the import.
        import: ImportId,
        /// The status of the import.
        status: Status,
    },
    /// The undo of the import can no longer be asked for.
    #[error("import {import} could be undone until {until:.0}")]
    TooLate {
        /// The number of the import.
        import: ImportId,
        /// The status of the import.
        status: Status,
        /// The last moment at which the undo could be asked for.
        until: Timestamp,
    },
    /// A stopped import cannot be resumed.
    #[error("import {import} cannot be resumed: {why}")]
    NotResumable {
        /// The number of the import, which is incomplete.
        import: ImportId,
        /// The reason, for people.
        why: String,
    },
    /// The request asks for more than a quota of the account allows.
    #[error(transparent)]
    OverQuota(#[from] OverQuota),
    /// The account has used every import number which ids allow.
    #[error("the account has no import numbers left")]
    Exhausted,
    /// The step can never succeed; the text tells people why.
    #[error("{0}")]
    Impossible(String),
    /// The time of the invocation is up, and a later invocation continues.
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
    /// `true` if an item or a message was written by a later version of the code, so only a later version can handle
    /// the step.
    pub fn is_newer(&self) -> bool {
        matches!(self, Self::Store(StoreError::Newer(_)) | Self::Queue(QueueError::Newer(_)))
    }

    /// `true` if the same request may succeed after a moment.
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
