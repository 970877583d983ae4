//! Profiles and subprofiles as a kind of rows.

use jiff::Zoned;
use serde_json::Value;

use super::join::notes::JoinNotes;
use super::pin::pinned_schema;
use super::rules::{RecordFields, rules};
use super::{join, load, undo};
use crate::format::FormatName;
use crate::import::{Import, ImportError, Joined, Options};
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
    const KEEPS: &'static [RecordKind] = &[RecordKind::Profile, RecordKind::Subprofile];

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

    /// The join of rows without key fields looks for nothing, and tells the price of the import.
    fn joins(_: &Import) -> bool {
        true
    }

    async fn join(file: &PlannedFile<'_, Profiles>) -> Result<Option<Joined>, ImportError> {
        join::join(file).await.map(Some)
    }

    async fn load(held: &HeldChunk<'_>, rows: &Rows<'_, Profiles>) -> Result<Loaded, ImportError> {
        let fields = RecordFields::now(held.services, held.import).await?;
        let (terms, has_field) = (|record: Indexable<'_>| fields.terms(record), |name: &str| fields.has(name));
        let plans = JoinNotes::of(held.import, held.chunk.number).read(held.services).await?;
        load::load(held, rows, &plans, &rules(&terms, &has_field)).await
    }

    async fn remove_missing(held: &HeldChunk<'_>) -> Result<Loaded, ImportError> {
        let fields = RecordFields::now(held.services, held.import).await?;
        let (terms, has_field) = (|record: Indexable<'_>| fields.terms(record), |name: &str| fields.has(name));
        let plans = JoinNotes::of(held.import, held.chunk.number).read(held.services).await?;
        load::remove_missing(held, &plans, &rules(&terms, &has_field)).await
    }

    async fn undo(held: &HeldChunk<'_>) -> Result<Undone, ImportError> {
        undo::take_back(held).await
    }
}
