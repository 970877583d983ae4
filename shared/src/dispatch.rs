//! The one place which matches on the type of an import.
//!
//! Every function hands its arguments to the kind of the import's rows ([`Kind`]). The engine calls these functions and
//! names no kind.

use std::collections::HashMap;

use serde_json::Value;

use crate::entries::kind::EntryKind;
use crate::files::Object;
use crate::format::Remembered;
use crate::id::Row;
use crate::import::{Import, ImportError, ImportType};
use crate::kind::survey::{FileSurvey, KindSurvey};
use crate::kind::{HeldChunk, Kind, Loaded, Undone, layout_of, planned_file};
use crate::ledger::PageError;
use crate::mappings::MadeWith;
use crate::packed::Unpacked;
use crate::results;
use crate::services::Services;
use crate::store::StoreError;
use crate::table::{Rows, StoredLayout};

/// Evaluates an expression for the kind of an import type.
macro_rules! by_kind {
    ($import_type:expr, $kind:ident => $work:expr) => {
        match $import_type {
            ImportType::TimeEntries => {
                type $kind = EntryKind;
                $work
            }
        }
    };
}

/// `true` if the import's file may be read by a mapping which the account remembers for its header.
pub fn recalls(import: &Import) -> bool {
    by_kind!(import.import_type, K => K::RECALLS)
}

/// Begins the first pass over the import's file, which came out of `from`.
pub fn survey(import: &Import, from: Unpacked, remembered: &Remembered) -> Box<dyn FileSurvey + Send> {
    by_kind!(import.import_type, K => {
        Box::new(KindSurvey::<K>::new(K::reading(import, remembered), from, import.rows_per_chunk))
    })
}

/// `true` if the rows of the import's file are compared with the entities that stand.
pub fn joins(import: &Import) -> bool {
    by_kind!(import.import_type, K => K::joins(import))
}

/// Notes in the chunks of a planned file, with the given numbers of rows and chunks, which rows stand already.
pub async fn join(
    services: &Services,
    import: &Import,
    source: &Object,
    layout: &StoredLayout,
    sizes: (u64, u64),
) -> Result<(), ImportError> {
    by_kind!(import.import_type, K => planned_file::note::<K>(services, import, source, layout, sizes).await)
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
