//! Errors of the tables, told apart by the reaction that a caller needs.

use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;

use super::item::Item;

/// The ways in which a request to DynamoDB fails.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A condition did not hold, and nothing was written.
    #[error("a condition did not hold at {at:?}")]
    Refused {
        /// The positions of the refused writes in the transaction (`[0]` for a single write).
        at: Vec<usize>,
        /// The item that stands at the key, for a single write. `None` for a transaction or if the key has no item.
        found: Option<Box<Item>>,
    },
    /// DynamoDB kept throttling, or the transaction kept conflicting with another transaction, until the
    /// retries were used up.
    #[error("the table made no progress for seconds: {0}")]
    Busy(String),
    /// After all of the SDK's retries DynamoDB had no capacity or could not be reached in time. The request may or may
    /// not have taken effect.
    #[error("{0}")]
    Unavailable(String),
    /// The request failed for another reason, which the text tells. The request may or may not have taken effect.
    #[error("{0}")]
    Sdk(String),
    /// A later version of the code wrote the stored value, during a deployment.
    #[error("a stored value has version {0}, which a newer function reads")]
    Newer(u64),
    /// A stored item does not have the attributes that this version of the code reads.
    #[error("a stored item cannot be read: {0}")]
    Shape(String),
}

impl StoreError {
    /// Returns whether the write was refused because a condition did not hold.
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }

    /// Returns whether the same request may succeed if the caller retries in a moment.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Busy(_) | Self::Unavailable(_) | Self::Newer(_))
    }
}

/// The error codes of AWS after which the same request may succeed later.
const PASSING: [&str; 10] = [
    // S3's answer to two conditional puts of a key at the same time.
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

/// Returns whether a request to AWS failed for a reason that may pass in a moment: no capacity, no connection, or
/// no answer in time.
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

/// The error of a single write, with a condition that did not hold told apart from all other failures.
pub(super) fn refused<E>(error: SdkError<E>) -> StoreError
where
    E: std::error::Error + ProvideErrorMetadata + Refusal + Send + Sync + 'static,
{
    // The SDK does not retry this code, so the caller does.
    if error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("TransactionConflictException") {
        return StoreError::Busy("a transaction holds the item".to_owned());
    }
    match error.as_service_error().and_then(Refusal::refusal) {
        Some(found) => StoreError::Refused { at: vec![0], found: found.map(Box::new) },
        None => sdk(error),
    }
}

/// `true` if a write succeeded, `false` if its condition was refused; every other error stays an error.
pub(super) fn was_made<T>(written: Result<T, StoreError>) -> Result<bool, StoreError> {
    match written {
        Ok(_) => Ok(true),
        Err(error) if error.is_refused() => Ok(false),
        Err(error) => Err(error),
    }
}

pub(super) trait Refusal {
    /// `Some` if a condition did not hold, with the item that stands at the key, if any.
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
