//! The reasons why a file was not fetched.

/// A file was not fetched. The text is for people and names neither query nor credentials.
#[derive(Debug, thiserror::Error)]
#[error("{shown}: {why}")]
pub struct FetchError {
    /// The address as shown, of the last redirect if there was one.
    pub shown: String,
    /// The cause.
    pub why: Why,
}

/// The cause of a failed fetch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The address, or the address of a redirect, is not fetched.
    #[error("the address {0}")]
    Refused(String),
    /// The name has only addresses that are not public.
    #[error("its name leads to an address that is not public")]
    NotPublic,
    /// The name was not resolved.
    #[error("its name was not found")]
    NoAddress,
    /// The server was not reached.
    #[error("the server was not reached")]
    Unreachable,
    /// The server's certificate is not valid for the name, or the server does not speak TLS.
    #[error("no secure connection: {0}")]
    Tls(String),
    /// The server's answer is no HTTP, or breaks off.
    #[error("the server's answer broke off, or is no HTTP")]
    Broken,
    /// The server answered with an error.
    #[error("the server answered {0}")]
    Status(u16),
    /// The server redirects without end.
    #[error("the server redirects more than {0} times")]
    Redirects(usize),
    /// The file is larger than files that are fetched.
    #[error("the file has more than {0} bytes: upload it instead (\"upload\": true)")]
    TooLarge(u64),
    /// The file is larger than the quota of the account.
    #[error("the file has more than {0} bytes, the most that a file of this account may have")]
    OverQuota(u64),
    /// The server took too long.
    #[error("the server took too long")]
    TooSlow,
}

impl Why {
    /// True if the same request may succeed after a moment.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::NoAddress | Self::Unreachable | Self::Broken | Self::TooSlow => true,
            Self::Status(status) => matches!(status, 408 | 425 | 429 | 500..=599),
            Self::Refused(_)
            | Self::NotPublic
            | Self::Tls(_)
            | Self::Redirects(_)
            | Self::TooLarge(_)
            | Self::OverQuota(_) => false,
        }
    }
}
