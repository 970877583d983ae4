//! Limits of a fetch.

use std::time::Duration;

/// The bounds of a fetch in time and bytes.
#[derive(Clone, Copy, Debug)]
pub struct FetchLimits {
    /// The longest time for the look-up of a name, for a connection, and for the handshake of TLS, each.
    pub connect: Duration,
    /// The longest time without a byte of the answer.
    pub idle: Duration,
    /// The longest time of the whole fetch, with all redirects.
    pub total: Duration,
    /// The most bytes of the file.
    pub size: u64,
    /// The most redirects.
    pub redirects: usize,
}

impl Default for FetchLimits {
    /// The parser has 900 seconds, of which the plan needs some. In 300 seconds 2 GiB come at 7 MB a second; a larger file is
    /// uploaded straight to S3.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            total: Duration::from_secs(300),
            size: 2 << 30,
            redirects: 5,
        }
    }
}
