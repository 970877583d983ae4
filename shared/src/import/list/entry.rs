//! An entry of an index of imports.

use crate::id::ImportId;
use crate::store::keys::{self, ListPlace};
use crate::store::{Item, StoreError};

/// An import as an index shows the import.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub import: u64,
    pub place: ListPlace,
    pub created_at: i64,
    /// The time of the last change, or `None` in the index `list`, which does not hold the time.
    pub updated_at: Option<i64>,
}

impl Entry {
    pub(super) fn id(&self) -> ImportId {
        ImportId(self.import)
    }

    pub(super) fn of(item: &Item, is_by_number: bool) -> Result<Self, StoreError> {
        let number = |name: &str| item.get(name)?.as_n().ok()?.parse::<i64>().ok();
        let changed = item.get("changed").and_then(|value| value.as_s().ok()).and_then(|value| keys::changed_of(value));
        let entry = || {
            let created_at = number("created_at")?;
            match is_by_number {
                true => {
                    let import = number("number")?.unsigned_abs();
                    Some(Self { import, place: (0, import), created_at, updated_at: number("updated_at") })
                }
                false => {
                    let (at, import) = changed?;
                    Some(Self { import, place: (at, import), created_at, updated_at: Some(at) })
                }
            }
        };
        entry().ok_or_else(|| StoreError::Shape("an entry of an index of imports".to_owned()))
    }
}
