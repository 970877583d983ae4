//! The errors of SQS, under their names in the JSON protocol and in the query protocol.
//!
//! SQS spoke a query protocol before the JSON protocol, and the error codes of the two protocols differ. An
//! answer carries both: the shape's name in `__type`, and the old code in the header `x-amzn-query-error`. The
//! AWS SDKs read the header.

/// The reasons for which SQS refuses a request, with the messages of SQS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SqsError {
    #[error("The specified queue does not exist.")]
    QueueDoesNotExist,
    #[error("A queue already exists with the same name and a different value for attribute {attribute}")]
    QueueNameExists { attribute: String },
    #[error("The input receipt handle is invalid.")]
    ReceiptHandleIsInvalid,
    #[error("The specified message isn't in flight.")]
    MessageNotInflight,
    #[error("There should be at least one {entry} in the request.")]
    EmptyBatchRequest { entry: &'static str },
    #[error("Maximum number of entries per request are 10. You have sent {sent}.")]
    TooManyEntriesInBatchRequest { sent: usize },
    #[error("Batch requests cannot be longer than 1048576 bytes. You have sent {sent} bytes.")]
    BatchRequestTooLong { sent: usize },
    #[error("Id {id} repeated.")]
    BatchEntryIdsNotDistinct { id: String },
    #[error(
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long."
    )]
    InvalidBatchEntryId,
    #[error(
        "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF"
    )]
    InvalidMessageContents,
    #[error("Unknown Attribute {name}.")]
    InvalidAttributeName { name: String },
    #[error("Invalid value for the parameter {name}.")]
    InvalidAttributeValue { name: String },
    #[error("{reason}")]
    InvalidParameterValue { reason: String },
    #[error("The request must contain the parameter {name}.")]
    MissingParameter { name: &'static str },
    #[error("The local SQS does not have {what}.")]
    UnsupportedOperation { what: String },
    #[error("The request could not be read: {reason}")]
    Serialization { reason: String },
}

impl SqsError {
    /// Name of the error's shape in the JSON protocol, for example `QueueNameExists`.
    pub fn shape(&self) -> &'static str {
        self.names().0
    }

    /// Code of the query protocol, by which the SDKs distinguish errors, for example `QueueAlreadyExists`.
    pub fn code(&self) -> &'static str {
        self.names().1
    }

    fn names(&self) -> (&'static str, &'static str) {
        match self {
            Self::QueueDoesNotExist => ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"),
            Self::QueueNameExists { .. } => ("QueueNameExists", "QueueAlreadyExists"),
            Self::ReceiptHandleIsInvalid => ("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid"),
            Self::MessageNotInflight => ("MessageNotInflight", "AWS.SimpleQueueService.MessageNotInflight"),
            Self::EmptyBatchRequest { .. } => ("EmptyBatchRequest", "AWS.SimpleQueueService.EmptyBatchRequest"),
            Self::TooManyEntriesInBatchRequest { .. } => {
                ("TooManyEntriesInBatchRequest", "AWS.SimpleQueueService.TooManyEntriesInBatchRequest")
            }
            Self::BatchRequestTooLong { .. } => ("BatchRequestTooLong", "AWS.SimpleQueueService.BatchRequestTooLong"),
            Self::BatchEntryIdsNotDistinct { .. } => {
                ("BatchEntryIdsNotDistinct", "AWS.SimpleQueueService.BatchEntryIdsNotDistinct")
            }
            Self::InvalidBatchEntryId => ("InvalidBatchEntryId", "AWS.SimpleQueueService.InvalidBatchEntryId"),
            Self::InvalidMessageContents => ("InvalidMessageContents", "InvalidMessageContents"),
            Self::InvalidAttributeName { .. } => ("InvalidAttributeName", "InvalidAttributeName"),
            Self::InvalidAttributeValue { .. } => ("InvalidAttributeValue", "InvalidAttributeValue"),
            Self::InvalidParameterValue { .. } => ("InvalidParameterValueException", "InvalidParameterValue"),
            Self::MissingParameter { .. } => ("MissingRequiredParameterException", "MissingParameter"),
            Self::UnsupportedOperation { .. } => {
                ("UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation")
            }
            Self::Serialization { .. } => ("SerializationException", "MalformedInput"),
        }
    }

    pub(super) fn parameter(reason: impl Into<String>) -> Self {
        Self::InvalidParameterValue { reason: reason.into() }
    }
}
