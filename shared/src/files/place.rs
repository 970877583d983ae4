//! The keys of dropped files, which have the form `inbox/<account>/<type>/<file name>`.

use super::INBOX;
use crate::id::AccountId;

/// The ending of a side-car file, as in `times.csv.options.json`, which holds the options for `times.csv`.
pub const SIDE_CAR: &str = ".options.json";

/// The parts of a dropped file's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxPlace {
    /// The account for which the file is imported.
    pub account: AccountId,
    /// The folder's name, which is the name of a format, or `auto` for a format to be found.
    pub kind: String,
    /// The rest of the key, which may contain slashes.
    pub file_name: String,
}

impl InboxPlace {
    /// Parses a key, and returns `None` for a key outside the inbox, for a folder and for a side-car. The account is
    /// accepted only in the spelling in which Waybill shows ids, so a file under `inbox/01/…` belongs to no account.
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

/// Returns whether the key is that of a folder or a side-car.
pub fn is_no_file(key: &str) -> bool {
    key.ends_with('/') || key.ends_with(SIDE_CAR)
}
