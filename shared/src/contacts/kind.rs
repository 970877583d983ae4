//! Contacts as a kind of rows.

use std::collections::BTreeMap;

use serde_json::Value;

use super::notes::ContactNotes;
use super::parsed::ParsedContact;
use super::{draft, join, load, resolve, undo, update};
use crate::contact_form::{ContactLayout, ContactReading, Contacts};
use crate::format::FormatName;
use crate::import::{Import, ImportError, Joined, Options};
use crate::kind::planned_file::PlannedFile;
use crate::kind::{HeldChunk, Kind, Loaded, Undone};
use crate::mappings::MadeWith;
use crate::store::keys::RecordKind;
use crate::table::{Remembered, Rows};

/// The kind of contacts.
#[derive(Clone, Copy, Debug)]
pub struct ContactKind;

impl Kind for ContactKind {
    type Form = Contacts;

    /// People to whom somebody else wrote stay.
    const KEEPS: &'static [RecordKind] = &[RecordKind::Person];

    fn reading(options: &Options, remembered: &Remembered) -> ContactReading {
        options.contact_reading(remembered)
    }

    fn format(_: &ContactLayout) -> Option<FormatName> {
        None
    }

    fn evidence(layout: &ContactLayout) -> Value {
        layout.shown()
    }

    fn made_with(import: &Import) -> Option<MadeWith<'_>> {
        match (&import.options.contacts.mapping, &import.recalled) {
            (Some(mapping), _) => Some(MadeWith::Given(mapping.columns())),
            (None, recalled) => recalled.as_ref().map(MadeWith::Recalled),
        }
    }

    /// Repeated addresses are looked for in every file, and people to be changed if the import asks for it.
    fn joins(_: &Import) -> bool {
        true
    }

    async fn join(file: &PlannedFile<'_, Contacts>) -> Result<Option<Joined>, ImportError> {
        let (standing, joined) = join::standing(file).await?;
        file.note(&standing).await?;
        Ok(joined)
    }

    async fn load(held: &HeldChunk<'_>, rows: &Rows<'_, Contacts>) -> Result<Loaded, ImportError> {
        let mut plans = match held.import.options.contacts.update_policy {
            Some(_) => ContactNotes::of(held.import, held.chunk.number).read(held.services).await?,
            None => BTreeMap::new(),
        };
        let mut plan = |row: u64| plans.remove(&u32::try_from(row - held.chunk.first_row).ok()?);
        let parsed = rows.into_iter();
        let mut rows: Vec<_> =
            parsed.map(|row| ParsedContact::new(held.chunk, (row.row, row.line), plan(row.row), row.parsed)).collect();
        update::change_all(held, &mut rows).await?;
        let companies = resolve::resolve(held, &rows).await?;
        let drafts = draft::draft(held.import, rows, &companies);
        let lost = load::write_all(held, &drafts).await?;
        Ok(draft::page(held.import, held.chunk, drafts, &lost))
    }

    async fn undo(held: &HeldChunk<'_>) -> Result<Undone, ImportError> {
        undo::take_back(held).await
    }
}
