//! Contacts as a kind of rows.

use serde_json::Value;

use super::parsed::ParsedContact;
use super::{draft, load, resolve, undo};
use crate::contact_form::{ContactLayout, ContactReading, Contacts};
use crate::format::FormatName;
use crate::import::{Import, ImportError};
use crate::kind::bits::Bits;
use crate::kind::planned_file::PlannedFile;
use crate::kind::{HeldChunk, Kind, Loaded, Undone};
use crate::mappings::MadeWith;
use crate::table::{Remembered, Rows};

/// The kind of contacts: companies and people.
#[derive(Clone, Copy, Debug)]
pub struct ContactKind;

impl Kind for ContactKind {
    type Form = Contacts;

    /// People to whom somebody wrote since stay after the undo of their import.
    const KEEPS: bool = true;

    fn reading(import: &Import, remembered: &Remembered) -> ContactReading {
        let reading = &import.options.reading;
        ContactReading {
            remembered: remembered.clone(),
            delimiter: reading.delimiter,
            encoding: reading.encoding,
            ..ContactReading::default()
        }
    }

    fn format(_: &ContactLayout) -> Option<FormatName> {
        None
    }

    fn evidence(layout: &ContactLayout) -> Value {
        layout.shown()
    }

    fn made_with(_: &Import) -> Option<MadeWith<'_>> {
        None
    }

    fn joins(_: &Import) -> bool {
        false
    }

    async fn join(file: &PlannedFile<'_, Contacts>) -> Result<Bits, ImportError> {
        Ok(Bits::new(file.rows))
    }

    async fn load(held: &HeldChunk<'_>, rows: &Rows<'_, Contacts>) -> Result<Loaded, ImportError> {
        let rows = rows.into_iter().map(|row| ParsedContact::new(held.chunk, row.row, row.line, row.parsed));
        let rows: Vec<_> = rows.collect();
        let companies = resolve::resolve(held, &rows).await?;
        let drafts = draft::draft(held.import, rows, &companies);
        let lost = load::write_all(held, &drafts).await?;
        Ok(draft::page(held.import, held.chunk, drafts, &lost))
    }

    async fn undo(held: &HeldChunk<'_>) -> Result<Undone, ImportError> {
        undo::take_back(held).await
    }
}
