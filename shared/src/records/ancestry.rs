//! The standing of writers, and the value that a field has without the writes of undone imports.
//!
//! An undone import may have been the last writer of a value which a later import found. A field is therefore **resolved**:
//! while the writer of a value is an undone import, the value and its writer are replaced by those of that writer's image
//! of the record. The functions here are pure. They take the facts from an [`Ancestry`], and name the fact that is
//! missing; the caller reads the missing fact, adds it, and asks again.
//!
//! A value may name a shared thing, as the company of a person. If the thing is gone, the resolved value is **lost**: the
//! field has no value, with the writer of the lost value as its writer.
//!
//! # Expired images
//!
//! With a retention, images expire after twice the time for which an undo can be asked for. A chain of undone imports, each
//! of which found a value of the one before, may reach further back than that. Nobody knows then which value the field
//! had before the chain, and each value in the chain is that of an undone import. An undo therefore restores no value of the chain: the
//! field **keeps** the value that it has, with people as its writer from then on, as if they had confirmed the value. This has
//! three consequences:
//!
//! - The undo of a later import gives the kept value back, and needs no expired image.
//! - A record with a kept value stays when its maker is undone, for the unknown writer may be one who stands.
//! - The report of the undo names the row as `expired`.
//!
//! A field that names a thing keeps its writer too, because people's reference counts the record at the thing as long as
//! another import than the maker is the writer ([`moves`](super::moves)). The undo of a later import therefore keeps the thing which
//! that import gave.
//!
//! A missing image means this only if the undo of its import could no longer be asked for, by the clock of the reader: images stay
//! for longer than that. A missing image of any other import means that its row wrote nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Record;
use super::image::{Former, Image, WrittenValue};
use super::record::Writer;
use crate::id::{ImportId, RecordId, ThingId};
use crate::store::keys::RecordKind;

/// A fact that the caller has yet to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// Whether an import is undone or being undone.
    Standing(ImportId),
    /// The image that a row of an import stored of the record in question.
    Image(Writer),
    /// Whether the thing with this id, to which a value refers, is there.
    Thing(ThingId),
}

/// The facts about imports and their images that were read so far.
///
/// A fact may be out of date: an import that stood may be undone since. Whoever restores values therefore asks again
/// after the last write, with [`forget_standing`](Self::forget_standing).
#[derive(Clone, Debug, Default)]
pub struct Ancestry {
    /// The field which names a thing, or `None` for records which refer to none.
    thing_field: Option<&'static str>,
    undone: BTreeMap<ImportId, bool>,
    things: BTreeMap<ThingId, bool>,
    images: BTreeMap<(Writer, RecordId), Option<Image>>,
    /// The missing images that have expired.
    expired: BTreeSet<(Writer, RecordId)>,
}

/// The values of a field, from one that a record or an image has to the resolved one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trail {
    /// The values in the order of the search, at least one.
    values: Vec<WrittenValue>,
    end: End,
}

/// The way in which the search for a resolved value ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// With the value of a standing writer.
    Found,
    /// With a value that names a thing which is gone, so the last value is none.
    Lost,
    /// With an image that has expired, so the last value is the first one, with people as its writer unless it names a thing.
    Expired,
}

impl Trail {
    /// All values, of which the last is the resolved one.
    pub fn values(&self) -> &[WrittenValue] {
        &self.values
    }

    /// The value that the field is to have.
    pub fn resolved(&self) -> &WrittenValue {
        self.values.last().expect("a trail is never empty")
    }

    /// `true` if the resolved value is not the one from which the search began.
    pub fn leads_on(&self) -> bool {
        self.values.first() != self.values.last()
    }

    /// `true` if the resolved value is lost, because it named a thing which is gone.
    pub fn is_lost(&self) -> bool {
        self.end == End::Lost
    }

    /// `true` if nobody knows the former value, because an image has expired.
    pub fn is_expired(&self) -> bool {
        self.end == End::Expired
    }
}

impl Ancestry {
    /// No facts about records of a kind.
    pub fn of(kind: RecordKind) -> Self {
        Self { thing_field: kind.refers_by().map(|(field, _)| field), ..Self::default() }
    }

    /// Notes whether an import is undone or being undone.
    pub fn add_standing(&mut self, import: ImportId, is_undone: bool) {
        self.undone.insert(import, is_undone);
    }

    /// Notes the image which a row stored of a record, or that there is no image.
    pub fn add_image(&mut self, writer: Writer, record: RecordId, image: Option<Image>) {
        self.images.insert((writer, record), image);
    }

    /// Notes that the image which a row stored of a record has expired.
    pub fn add_expired(&mut self, writer: Writer, record: RecordId) {
        self.add_image(writer, record, None);
        self.expired.insert((writer, record));
    }

    /// Notes whether a thing is there.
    pub fn add_thing(&mut self, thing: ThingId, is_there: bool) {
        self.things.insert(thing, is_there);
    }

    /// Forgets which things are there, because a write found that a thing is gone.
    pub fn forget_things(&mut self) {
        self.things.clear();
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

    /// All values from `from`, which a record has, on to the value of a standing writer, by way of the images of undone
    /// imports. The last one is the resolved value. The values of the maker stay while the record stays, whether or not the
    /// maker stands.
    pub(super) fn trail(&self, record: RecordId, field: &str, from: WrittenValue) -> Result<Trail, Missing> {
        let trail = self.steps(record, field, from)?;
        // A thing to which a record refers is there.
        if trail.values.len() > 1 { self.without_lost(field, trail) } else { Ok(trail) }
    }

    /// The trail from a value that an image holds.
    pub(super) fn trail_of_image(&self, record: RecordId, field: &str, from: WrittenValue) -> Result<Trail, Missing> {
        self.without_lost(field, self.steps(record, field, from)?)
    }

    /// The trail with a last step to no value, if its last value names a thing which is gone.
    fn without_lost(&self, field: &str, mut trail: Trail) -> Result<Trail, Missing> {
        let last = trail.resolved();
        if self.thing_field == Some(field)
            && !trail.is_expired()
            && let Some(thing) = last.value.as_ref().and_then(Value::as_u64).map(ThingId)
            && !*self.things.get(&thing).ok_or(Missing::Thing(thing))?
        {
            let writer = last.writer;
            trail.values.push(WrittenValue { value: None, writer });
            trail.end = End::Lost;
        }
        Ok(trail)
    }

    fn steps(&self, record: RecordId, field: &str, from: WrittenValue) -> Result<Trail, Missing> {
        let maker = Writer::maker_of(record);
        let mut trail = Trail { values: vec![from], end: End::Found };
        loop {
            let writer = trail.resolved().writer;
            if writer == maker || self.stands(writer)? {
                return Ok(trail);
            }
            match self.before(record, writer, field)? {
                Some(before) => trail.values.push(before.clone()),
                None if self.expired.contains(&(writer, record)) => {
                    let WrittenValue { value, writer } = trail.values[0].clone();
                    let writer = if self.thing_field == Some(field) { writer } else { Writer::HAND };
                    trail.values.push(WrittenValue { value, writer });
                    trail.end = End::Expired;
                    return Ok(trail);
                }
                None => return Ok(trail),
            }
        }
    }

    /// `true` if somebody who stands has made or changed the record, or may have done so before an image expired, so the record
    /// stays.
    pub(super) fn is_held(&self, record: &Record) -> Result<bool, Missing> {
        if self.stands(record.making())? {
            return Ok(true);
        }
        for field in record.writers.keys() {
            let trail = self.trail(record.id, field, record.written(field))?;
            let writer = trail.resolved().writer;
            if trail.is_expired() || writer != record.making() && self.stands(writer)? {
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
