//! Time entries as a kind of rows.

use serde_json::Value;

use super::draft::{self, Drafts};
use super::{join, load, resolve, undo};
use crate::format::{FormatName, Layout, ReadingOptions, Rows, TimeEntries};
use crate::import::{Duplicates, Import, ImportError, Joined, Options};
use crate::kind::planned_file::PlannedFile;
use crate::kind::{HeldChunk, Kind, Loaded, Undone};
use crate::mappings::MadeWith;
use crate::store::keys::RecordKind;
use crate::table::Remembered;

/// The kind of time entries.
#[derive(Clone, Copy, Debug)]
pub struct EntryKind;

impl Kind for EntryKind {
    type Form = TimeEntries;

    /// Entries are removed by the undo of their import whatever happened to them since.
    const KEEPS: &'static [RecordKind] = &[];

    fn reading(options: &Options, remembered: &Remembered) -> ReadingOptions {
        options.reading(remembered)
    }

    fn format(layout: &Layout) -> Option<FormatName> {
        Some(layout.decisions.format)
    }

    fn evidence(layout: &Layout) -> Value {
        layout.shown()
    }

    fn made_with(import: &Import) -> Option<MadeWith<'_>> {
        match (&import.options.reading.mapping, &import.recalled) {
            (Some(mapping), _) => Some(MadeWith::Given(mapping.columns())),
            // A pinned mapping counts only if the detected format confirms its use.
            (None, Some(recalled)) if import.format == Some(FormatName::Table) => Some(MadeWith::Recalled(recalled)),
            _ => None,
        }
    }

    fn joins(import: &Import) -> bool {
        import.options.duplicates == Duplicates::Skip
    }

    async fn join(file: &PlannedFile<'_, TimeEntries>) -> Result<Option<Joined>, ImportError> {
        file.note(&join::duplicates(file).await?).await?;
        Ok(None)
    }

    async fn load(held: &HeldChunk<'_>, rows: &Rows<'_>) -> Result<Loaded, ImportError> {
        let rows = draft::parse(rows, held.chunk, &held.import.options);
        let named = resolve::resolve(held.services, held.import, &rows, held.lease).await?;
        let Drafts { entries, page, counts } = draft::draft(held.import, rows, &named);
        load::write_all(held, &entries).await?;
        Ok(Loaded { page, counts, follow_ups: Vec::new() })
    }

    async fn undo(held: &HeldChunk<'_>) -> Result<Undone, ImportError> {
        undo::empty(held).await?;
        // The count comes from the ledger page, which tells the entries seen by people; the partition may hold
        // leftovers of crashed workers.
        Ok(Undone { removed: held.chunk.loaded(), ..Undone::default() })
    }
}
