//! The one place which matches on the type of an import.
//!
//! Every function hands its arguments to the kind of the import's rows ([`Kind`]). The engine calls these functions and
//! names no kind.

use std::collections::HashMap;

use bytes::Bytes;
use jiff::Zoned;
use serde_json::Value;

use crate::contact_form::can_only_be_contacts;
use crate::contacts::kind::ContactKind;
use crate::entries::kind::EntryKind;
use crate::files::Object;
use crate::id::Row;
use crate::import::{Import, ImportError, ImportType, Joined, Options};
use crate::kind::survey::{FileSurvey, KindSurvey, RefusedFile};
use crate::kind::{HeldChunk, Kind, Loaded, Undone, join, layout_of};
use crate::ledger::PageError;
use crate::mappings::MadeWith;
use crate::packed::{self, Cancellation, NotSurveyed, NotUnpacked, WantedSheet};
use crate::profile_form::PinnedSchema;
use crate::profiles::indexing;
use crate::profiles::kind::ProfileKind;
use crate::profiles::selection;
use crate::results;
use crate::schema::SchemaError;
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::RecordKind;
use crate::table::{Remembered, Rows, StoredLayout};
use crate::unpack::{self, Bytestream, OpenTable};

/// Evaluates an expression for the kind of an import type.
macro_rules! by_kind {
    ($import_type:expr, $kind:ident => $work:expr) => {
        match $import_type {
            ImportType::TimeEntries => {
                type $kind = EntryKind;
                $work
            }
            ImportType::Contacts => {
                type $kind = ContactKind;
                $work
            }
            ImportType::Profiles => {
                type $kind = ProfileKind;
                $work
            }
        }
    };
}

/// The import's file on its way through the first pass.
pub struct OpenFile {
    /// The bytes of the table, from the first byte on.
    pub bytes: Bytestream,
    /// The object which holds the unpacked table, or `None` for a file which was not packed.
    pub unpacked: Option<Object>,
    /// The pass, which receives the bytes.
    pub survey: Box<dyn FileSurvey + Send>,
}

/// Opens the import's file for the first pass, and unpacks the file before if it is packed.
pub async fn open(
    services: &Services,
    import: &Import,
    source: &Object,
    remembered: &Remembered,
) -> Result<Result<OpenFile, RefusedFile>, ImportError> {
    by_kind!(import.import_type, K => {
        let options = K::reading(&import.options, remembered);
        let wanted = WantedSheet::<<K as Kind>::Form> { options: options.clone(), sheet: import.options.sheet.clone() };
        Ok(match unpack::open(services, import, source, &wanted).await? {
            Ok(OpenTable { bytes, from, unpacked }) => {
                let survey = Box::new(KindSurvey::<K>::new(options, from, import.rows_per_chunk));
                Ok(OpenFile { bytes, unpacked, survey })
            }
            Err(refusal) => Err(refusal.into()),
        })
    })
}

/// `true` if an import of this type pins the schema of a database before its file is read.
pub fn pins_schema(import: &Import) -> bool {
    by_kind!(import.import_type, K => K::PINS_SCHEMA)
}

/// The schema which the import pins before its file is read, or the refusal of the file.
pub async fn schema(
    services: &Services,
    import: &Import,
    now: &Zoned,
) -> Result<Result<PinnedSchema, RefusedFile>, ImportError> {
    by_kind!(import.import_type, K => K::schema(services, import, now).await)
}

/// Unpacks and surveys a file in memory for a caller who waits. The parser may still import a file which is too large for
/// this, so such a file is not refused.
pub fn look(
    (import_type, options): (ImportType, &Options),
    file: Bytes,
    remembered: &Remembered,
    rows_per_chunk: u32,
    cancellation: &Cancellation,
) -> Result<(), RefusedFile> {
    by_kind!(import_type, K => {
        let reading = K::reading(options, remembered);
        let wanted = WantedSheet::<<K as Kind>::Form> { options: reading, sheet: options.sheet.clone() };
        match packed::survey(file, &wanted, rows_per_chunk, cancellation) {
            Ok(_) | Err(NotSurveyed::NotUnpacked(NotUnpacked::TooLarge(_) | NotUnpacked::Unwanted)) => Ok(()),
            Err(why) => Err(why.into_refusal().into()),
        }
    })
}

/// The type of import to which a file belongs by its header, for a caller who does not name the type: contacts if no
/// reader of time entries knows the header, and the header can only be one of contacts.
pub fn type_of(file: Bytes, options: &Options, remembered: &Remembered) -> ImportType {
    match look((ImportType::TimeEntries, options), file, remembered, 1, &Cancellation::default()) {
        Err(refusal) if can_only_be_contacts(&refusal.headers()) => ImportType::Contacts,
        Ok(()) | Err(_) => ImportType::TimeEntries,
    }
}

/// `true` if the rows of the import's file are compared with the entities that stand.
pub fn joins(import: &Import) -> bool {
    by_kind!(import.import_type, K => K::joins(import))
}

/// Notes for the loaders of a planned file, with the given numbers of rows and chunks, what stands already ([`join::note`]).
pub async fn join(
    services: &Services,
    import: &Import,
    source: &Object,
    layout: &StoredLayout,
    sizes: (u64, u64),
) -> Result<Option<Joined>, ImportError> {
    by_kind!(import.import_type, K => join::note::<K>(services, import, source, layout, sizes).await)
}

/// Writes the entities of a claimed chunk's rows, whose bytes are given.
pub async fn load(held: &HeldChunk<'_>, layout: &StoredLayout, bytes: &[u8]) -> Result<Loaded, ImportError> {
    by_kind!(held.import.import_type, K => {
        let layout = layout_of::<K>(layout)?;
        let rows = Rows::new(&layout, &held.chunk.span(), bytes);
        let rows = rows.map_err(|error| StoreError::Shape(error.to_string()))?;
        K::load(held, &rows).await
    })
}

/// Removes the records of a claimed chunk behind those of the file, which no row of the file matched.
pub async fn remove_missing(held: &HeldChunk<'_>) -> Result<Loaded, ImportError> {
    by_kind!(held.import.import_type, K => K::remove_missing(held).await)
}

/// The kinds of the records which the undo of a chunk may keep.
pub fn keeps(import: &Import) -> &'static [RecordKind] {
    by_kind!(import.import_type, K => K::KEEPS)
}

/// Takes back the writes of a fenced chunk's rows.
pub async fn undo(held: &HeldChunk<'_>) -> Result<Undone, ImportError> {
    by_kind!(held.import.import_type, K => K::undo(held).await)
}

/// The mapping which the account is to remember for the header of the import's file, or `None`.
pub fn made_with(import: &Import) -> Option<MadeWith<'_>> {
    by_kind!(import.import_type, K => K::made_with(import))
}

/// The layout of the import's file as shown to people, with the evidence for its decisions.
pub fn evidence(import: &Import, layout: &StoredLayout) -> Result<Value, StoreError> {
    by_kind!(import.import_type, K => Ok(K::evidence(&layout_of::<K>(layout)?)))
}

/// The cells of the rows with errors, by row ([`results::cells`]).
pub async fn cells(
    services: &Services,
    import: &Import,
    errors: &[PageError],
) -> Result<HashMap<Row, Vec<String>>, ImportError> {
    by_kind!(import.import_type, K => results::cells::cells::<<K as Kind>::Form>(services, import, errors).await)
}

/// Builds the views of the import's database again, unless they were built since the status of the import changed. `now` is
/// the present moment in the account's zone.
pub async fn rebuild(services: &Services, import: &Import, now: Zoned) -> Result<(), StoreError> {
    let Some(database) = import.options.profiles.database else { return Ok(()) };
    match selection::build_older(services, import.account, database, (now, import.updated_at)).await {
        Err(SchemaError::Store(error)) => Err(error),
        Err(error) => Err(StoreError::Shape(format!("the views of database {database}: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Does a share of the work that kinds of rows leave to the sweep: the index items of profiles, which edits of fields ask for.
/// `is_alone` is true if no function is at work.
pub async fn sweep(services: &Services, is_alone: bool) -> Result<(), StoreError> {
    indexing::work_on_all(services, is_alone).await
}
