//! The standing of writers, and the value that a field has without the writes of undone imports.
//!
//! An undone import may have been the last writer of a value which a later import found. A field is therefore **resolved**:
//! while the writer of a value is an undone import, the value and its writer are replaced by those of that writer's image
//! of the record. The functions here are pure. They take the facts from an [`Ancestry`], and name the fact that is
//! missing; the caller reads the missing fact, adds it, and asks again.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Record;
use super::image::{Former, Image, WrittenValue};
use super::record::Writer;
use crate::id::{ImportId, RecordId};

/// A fact that the caller has yet to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Whether an import is undone or being undone.
    Standing(ImportId),
    /// The image that a row of an import stored of the record in question.
    Image(Writer),
}

/// The facts about imports and their images that were read so far.
///
/// A fact may be out of date: an import that stood may be undone since. Whoever restores values therefore asks again
/// after the last write, with [`forget_standing`](Self::forget_standing).
#[derive(Clone, Debug, Default)]
pub struct Ancestry {
    undone: BTreeMap<ImportId, bool>,
    images: BTreeMap<(Writer, RecordId), Option<Image>>,
}

impl Ancestry {
    /// Notes whether an import is undone or being undone.
    pub fn add_standing(&mut self, import: ImportId, is_undone: bool) {
        self.undone.insert(import, is_undone);
    }

    /// Notes the image which a row stored of a record, or that there is no image.
    pub fn add_image(&mut self, writer: Writer, record: RecordId, image: Option<Image>) {
        self.images.insert((writer, record), image);
    }

    /// Forgets which imports stand. Undone imports stay undone, and images never change once their row has written.
    pub fn forget_standing(&mut self) {
        self.undone.retain(|_, is_undone| *is_undone);
    }

    /// `true` for people, and for an import that is neither undone nor being undone.
    pub(super) fn stands(&self, writer: Writer) -> Result<bool, Missing> {
        let import = writer.import();
        if import.is_by_hand() {
            return Ok(true);
        }
        self.undone.get(&import).map(|is_undone| !is_undone).ok_or(Missing::Standing(import))
    }

    /// The value that a row found in a field of the record, or `None` if the row did not change the field.
    fn before(&self, record: RecordId, writer: Writer, field: &str) -> Result<Option<&WrittenValue>, Missing> {
        Ok(match self.image(record, writer)?.map(|image| &image.former) {
            Some(Former::Changed { fields, .. }) => fields.get(field),
            Some(Former::Deleted { .. }) | None => None,
        })
    }

    fn image(&self, record: RecordId, writer: Writer) -> Result<Option<&Image>, Missing> {
        self.images.get(&(writer, record)).map(Option::as_ref).ok_or(Missing::Image(writer))
    }

    /// All values from `from` on to the value of a standing writer, by way of the images of undone imports. The last one
    /// is the resolved value. The values of the maker stay while the record stays, whether or not the maker stands.
    pub(super) fn trail(
        &self,
        record: RecordId,
        field: &str,
        from: WrittenValue,
    ) -> Result<Vec<WrittenValue>, Missing> {
        let maker = Writer::maker_of(record);
        let mut trail = vec![from];
        loop {
            let last = trail.last().expect("a trail is never empty");
            if last.writer == maker || self.stands(last.writer)? {
                return Ok(trail);
            }
            match self.before(record, last.writer, field)? {
                Some(before) => trail.push(before.clone()),
                None => return Ok(trail),
            }
        }
    }

    /// The value that a field of a record has without the writes of undone imports.
    pub(super) fn resolve(&self, record: &Record, field: &str) -> Result<WrittenValue, Missing> {
        Ok(self.trail(record.id, field, record.written(field))?.pop().expect("a trail is never empty"))
    }

    /// `true` if somebody who stands has made or changed the record, so the record stays.
    pub(super) fn is_held(&self, record: &Record) -> Result<bool, Missing> {
        if self.stands(record.making())? {
            return Ok(true);
        }
        for field in record.writers.keys() {
            let writer = self.resolve(record, field)?.writer;
            if writer != record.making() && self.stands(writer)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// `true` if the row `me` has written to the record, although rows of other imports may have written since. The record
    /// names the last row that wrote, and the image of each row names the row before.
    pub(super) fn has_written(&self, record: &Record, me: Writer) -> Result<bool, Missing> {
        let mut by = record.by;
        while let Some((import, row)) = by {
            let writer = Writer::of(import, row);
            if writer == me {
                return Ok(true);
            }
            by = self.image(record.id, writer)?.and_then(|image| image.by);
        }
        Ok(false)
    }
}

impl Record {
    /// The value of a field with its last writer.
    pub(super) fn written(&self, field: &str) -> WrittenValue {
        let value: Option<Value> = self.fields.get(field).cloned();
        WrittenValue { value, writer: self.writer(field) }
    }
}
