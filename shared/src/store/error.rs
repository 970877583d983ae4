//! What can go wrong, told apart.

use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

use super::item::Item;

/// What can go wrong between us and the tables.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A condition did not hold: nothing was written.
    #[error("a condition did not hold at {at:?}")]
    Refused {
        /// Which writes of the transaction were refused (`[0]` for a single write).
        at: Vec<usize>,
        /// The item that stands there instead, for a single write.
        found: Option<Box<Item>>,
    },
    /// DynamoDB kept throttling, or a transaction kept meeting others.
    #[error("the table made no progress for seconds: {0}")]
    Busy(String),
    /// DynamoDB had no capacity, or could not be reached in time, after all of the SDK's tries; whether the request took
    /// effect is unknown.
    #[error("{0}")]
    Unavailable(String),
    /// The request failed; whether it took effect is unknown.
    #[error("{0}")]
    Sdk(String),
    /// A stored value was written by a later version of the code, whose functions are being deployed.
    #[error("a stored value has version {0}, which a newer function reads")]
    Newer(u64),
    /// A stored item is not what this version writes.
    #[error("a stored item cannot be read: {0}")]
    Shape(String),
}

impl StoreError {
    /// Whether a condition did not hold.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    /// Whether the same request may succeed in a moment.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Unavailable(_) | Self::Newer(_))
    }
}

/// Codes of AWS that say nothing but "later".
const PASSING: [&str; 10] = [
    // Of two conditional puts to one key in S3.
    "ConditionalRequestConflict",
    "InternalServerError",
    "InternalError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "ServiceUnavailable",
    "SlowDown",
    "ThrottlingException",
    "TransactionInProgressException",
];

/// Whether a request to AWS failed in a way that may be over in a moment: no capacity, no connection, no answer in time.
pub(crate) fn is_passing<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    match error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => true,
        SdkError::ServiceError(service) => {
            service.err().code().is_some_and(|code| PASSING.contains(&code)) || service.raw().status().as_u16() == 503
        }
        _ => false,
    }
}

pub(super) fn sdk<E>(error: SdkError<E>) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    let text = DisplayErrorContext(&error).to_string();
    if is_passing(&error) { StoreError::Unavailable(text) } else { StoreError::Sdk(text) }
}

/// Tells a condition that did not hold from other failures of a single write.
pub(super) fn refused<E>(error: SdkError<E>) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + Refusal + Send + Sync + 'static,
{
    // The SDK does not try this one again.
    if error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("TransactionConflictException") {
        return StoreError::Busy("a transaction holds the item".to_owned());
    }
    match error.as_service_error().and_then(Refusal::refusal) {
        Some(found) => StoreError::Refused { at: vec![0], found: found.map(Box::new) },
        None => sdk(error),
    }
}

pub(super) trait Refusal {
    /// `Some` if a condition did not hold, with the item that stands there.
    fn refusal(&self) -> Option<Option<Item>>;
}

macro_rules! refusal {
    ($($error:path),+) => {
        $(impl Refusal for $error {
            fn refusal(&self) -> Option<Option<Item>> {
                match self {
                    Self::ConditionalCheckFailedException(failed) => Some(failed.item.clone()),
                    _ => None,
                }
            }
        })+
    };
}

refusal!(PutItemError, UpdateItemError, DeleteItemError);
