//! Profiles and subprofiles as a kind of rows.

use serde_json::Value;

use crate::format::FormatName;
use crate::import::{Import, ImportError, Options};
use crate::kind::bits::Bits;
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

    /// A row without key fields makes a profile whatever stands.
    fn joins(import: &Import) -> bool {
        !import.options.profiles.key_fields.is_empty()
    }

    async fn join(file: &PlannedFile<'_, Profiles>) -> Result<Bits, ImportError> {
        Ok(file.no_rows())
    }

    async fn load(_: &HeldChunk<'_>, _: &Rows<'_, Profiles>) -> Result<Loaded, ImportError> {
        Err(ImportError::Impossible("profiles are not loaded yet".to_owned()))
    }

    async fn undo(_: &HeldChunk<'_>) -> Result<Undone, ImportError> {
        Ok(Undone::default())
    }
}
