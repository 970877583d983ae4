//! Profiles and subprofiles as a kind of rows.

use std::collections::BTreeMap;

use jiff::Zoned;
use serde_json::Value;

use super::pin::pinned_schema;
use super::rules::{indexed_now, rules};
use super::{load, undo};
use crate::format::FormatName;
use crate::import::{Import, ImportError, Options};
use crate::kind::bits::Bits;
use crate::kind::planned_file::PlannedFile;
use crate::kind::survey::RefusedFile;
use crate::kind::{HeldChunk, Kind, Loaded, Undone};
use crate::mappings::MadeWith;
use crate::profile_form::{PinnedSchema, ProfileLayout, ProfileReading, Profiles, ProfilesConsidered};
use crate::records::index::Indexable;
use crate::services::Services;
use crate::store::keys::RecordKind;
use crate::table::{Refusal, Remembered, Rows};

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

    const PINS_SCHEMA: bool = true;

    async fn schema(
        services: &Services,
        import: &Import,
        now: &Zoned,
    ) -> Result<Result<PinnedSchema, RefusedFile>, ImportError> {
        let schema = match import.options.profiles.database {
            Some(database) => pinned_schema(services, import.account, database, now).await?,
            None => None,
        };
        let gone = || Refusal::<ProfilesConsidered>::because("the database of the import was deleted".to_owned());
        Ok(schema.ok_or_else(|| gone().into()))
    }

    /// A row without key fields makes a profile whatever stands.
    fn joins(import: &Import) -> bool {
        !import.options.profiles.key_fields.is_empty()
    }

    async fn join(file: &PlannedFile<'_, Profiles>) -> Result<Bits, ImportError> {
        Ok(file.no_rows())
    }

    async fn load(held: &HeldChunk<'_>, rows: &Rows<'_, Profiles>) -> Result<Loaded, ImportError> {
        let indexed = indexed_now(held.services, held.import).await?;
        let terms = |record: Indexable<'_>| indexed.terms(record);
        load::load(held, rows, &BTreeMap::new(), &rules(&terms)).await
    }

    async fn undo(held: &HeldChunk<'_>) -> Result<Undone, ImportError> {
        undo::take_back(held).await
    }
}
