//! The places in the bucket where files are dropped: `inbox/<account>/<type>/<file name>`.

use super::INBOX;
use crate::id::AccountId;

/// The end of a side-car's name.
pub const SIDE_CAR: &str = ".options.json";

/// Where a dropped file lies, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whose it is.
    pub account: AccountId,
    /// The folder that says what the file is.
    pub kind: String,
    /// The rest of the key.
    pub file_name: String,
}

impl Place {
    /// The place that a key names; nothing for a key elsewhere, a folder or a side-car. The account is its number as it is
    /// shown: `inbox/01/…` is nobody's.
    pub fn of(key: &str) -> Option<Self> {
        if is_no_file(key) {
            return None;
        }
        let mut parts = key.strip_prefix(INBOX)?.strip_prefix('/')?.splitn(3, '/');
        let account = parts.next()?.parse().ok()?;
        let (kind, file_name) = (parts.next()?, parts.next()?);
        if file_name.is_empty() {
            return None;
        }
        Some(Self { account, kind: kind.to_owned(), file_name: file_name.to_owned() })
    }
}

/// Whether the key is a folder's or a side-car's.
pub fn is_no_file(key: &str) -> bool {
    key.ends_with('/') || key.ends_with(SIDE_CAR)
}
