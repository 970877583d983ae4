//! Profiles and subprofiles as a kind of rows.

use serde_json::Value;

use super::join;
use crate::format::FormatName;
use crate::import::{Import, ImportError, Joined, Options};
use crate::kind::planned_file::PlannedFile;
use crate::kind::{HeldChunk, Kind, Loaded, Undone};
use crate::mappings::MadeWith;
use crate::profile_form::{ProfileLayout, ProfileReading, Profiles};
use crate::store::keys::RecordKind;
use crate::table::{Remembered, Rows};

/// The kind of profiles.
#[derive(Clone, Copy, Debug)]
pub struct ProfileKind;

impl Kind for ProfileKind {
    type Form = Profiles;

    /// Profiles and subprofiles to which somebody else wrote stay.
    const KEEPS: Option<RecordKind> = Some(RecordKind::Profile);

    /// The names of a database's fields are its own, so no mapping is remembered.
    fn reading(options: &Options, _: &Remembered) -> ProfileReading {
        options.profile_reading()
    }

    fn format(_: &ProfileLayout) -> Option<FormatName> {
        None
    }

    fn evidence(layout: &ProfileLayout) -> Value {
        layout.shown()
    }

    fn made_with(_: &Import) -> Option<MadeWith<'_>> {
        None
    }

    /// The join of rows without key fields looks for nothing, and tells the price of the import.
    fn joins(_: &Import) -> bool {
        true
    }

    async fn join(file: &PlannedFile<'_, Profiles>) -> Result<Option<Joined>, ImportError> {
        join::join(file).await.map(Some)
    }

    async fn load(_: &HeldChunk<'_>, _: &Rows<'_, Profiles>) -> Result<Loaded, ImportError> {
        Err(ImportError::Impossible("profiles are not loaded yet".to_owned()))
    }

    async fn undo(_: &HeldChunk<'_>) -> Result<Undone, ImportError> {
        Ok(Undone::default())
    }
}
