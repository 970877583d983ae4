//! The plan of an undo for a record: to restore fields, to bring a record back, to keep it, or to remove it.
//!
//! Not the values decide but the last writers of the fields. Somebody may change a field and change it back, and that
//! write stands.
//!
//! | the row … | the undo … |
//! |---|---|
//! | is the last writer of a field | restores the resolved value with its writer; a thing which is gone leaves no value |
//! | is not the last writer of a field | leaves the field if the last writer stands, else resolves the field |
//! | is the last writer of a field whose former value has expired | leaves the value, which is people's from then on ([`ancestry`](super::ancestry)) |
//! | deleted the record | takes the tombstone off, and resolves all fields |
//! | created the record | keeps the record as an orphan if somebody who stands has written to it, else removes it |
//!
//! An orphan belongs to its standing writers. Whoever undoes the last of them removes the record.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Record;
use super::ancestry::{Ancestry, Missing};
use super::image::{Former, Image, WrittenValue};
use super::record::{Writer, is_link};
use crate::id::ImportId;

/// The write which an undo owes to a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// No write.
    Leave,
    /// The record in its next version, to be written if the version is still the one before.
    Put(Box<Record>),
    /// The record to be removed, if the version is still the one that was read.
    Remove,
}

impl Step {
    /// The record which the step has written, or `None` for the other steps.
    pub fn written(self) -> Option<Record> {
        match self {
            Self::Put(after) => Some(*after),
            Self::Leave | Self::Remove => None,
        }
    }
}

/// The fate of a row's write in an undo, as the report tells people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowFate {
    /// The row wrote nothing that stands, so there is nothing to tell.
    Nothing,
    /// The fields have their former values.
    Restored,
    /// The deleted record is back.
    BroughtBack,
    /// A field stays as it is, because somebody who stands has written to the field since.
    Kept,
    /// The record is gone, or a changed field is gone, or a former value of a field named a shared thing which is gone.
    Gone,
    /// A field stays as it is, because its former value is that of an undone import whose image has expired.
    Expired,
}

/// The plan of an undo for a record.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// The write that is due.
    pub step: Step,
    /// Values which the row, the undo, or an earlier try of either may have given to fields.
    pub passing: Vec<(String, Value)>,
}

/// Plans the undo of a row's write, where `import` is the import of the image and `record` the record as read, or `None` if
/// the record is not there. The plan comes with the fate of the row.
///
/// The record gets the time of its last change before the row's write if nobody else has changed the record since, else the
/// time `at`, in milliseconds since the epoch. A row which only held the record for a subprofile has no fate, because people
/// see nothing of it.
pub fn restored(
    known: &Ancestry,
    import: ImportId,
    image: &Image,
    record: Option<&Record>,
    at: i64,
) -> Result<(Plan, RowFate), Missing> {
    let (plan, fate) = planned(known, import, image, record, at)?;
    Ok((plan, if image.holds_alone() { RowFate::Nothing } else { fate }))
}

fn planned(
    known: &Ancestry,
    import: ImportId,
    image: &Image,
    record: Option<&Record>,
    at: i64,
) -> Result<(Plan, RowFate), Missing> {
    let me = image.writer(import);
    let mut passing = own_values(image);
    let mut trails = Vec::new();
    match (&image.former, record) {
        (Former::Changed { fields, .. }, _) => {
            for (field, before) in fields {
                trails.push((field.clone(), known.trail_of_image(image.record, field, before.clone())?));
            }
        }
        (Former::Deleted { .. }, Some(record)) => {
            for field in all_fields(record) {
                let trail = known.trail(image.record, &field, record.written(&field))?;
                trails.push((field, trail));
            }
        }
        (Former::Deleted { indexed }, None) => {
            for (field, before) in indexed {
                trails.push((field.clone(), known.trail_of_image(image.record, field, before.clone())?));
            }
        }
    }
    trails.iter().for_each(|(field, trail)| pass(&mut passing, field, trail.values()));
    let Some(record) = record.filter(|record| !record.is_deleted_by_hand()) else {
        return Ok((Plan { step: Step::Leave, passing }, RowFate::Gone));
    };

    let mut after = record.clone();
    let (mut fate, mut keeps) = (RowFate::Nothing, false);
    for (field, trail) in &trails {
        // The last writer may be another undone import, whose value an earlier try of this undo has restored.
        let now = known.trail(record.id, field, record.written(field))?;
        pass(&mut passing, field, now.values());
        keeps |= now.is_expired();
        if now.leads_on() {
            let resolved = now.resolved();
            after.set(field, resolved.value.clone(), resolved.writer);
        }
        if is_link(field) {
            continue;
        }
        let now = record.written(field);
        if trail.is_expired() && (now.writer == me || now.writer == Writer::HAND) {
            // An earlier try of this undo has made the value people's.
            fate = fate.max(RowFate::Expired);
        } else if now.writer == me || now == *trail.resolved() {
            fate = fate.max(if trail.is_lost() { RowFate::Gone } else { RowFate::Restored });
        } else if known.stands(now.writer)? {
            fate = fate.max(RowFate::Kept);
        }
    }
    if let Former::Deleted { .. } = &image.former {
        fate = RowFate::BroughtBack;
        after.gone = after.gone.filter(|gone| gone.writer() != me);
        after.expires = after.expires.filter(|_| after.gone.is_some());
    }
    let differs = after != *record;
    // People who confirm a value change nothing that others see.
    if differs && !(keeps && after.fields == record.fields && after.gone == record.gone) {
        after.updated_at = if record.updated_at == image.at { image.updated_at } else { at };
    }
    if differs {
        after.undone_at = Some(at);
    }
    if let Some(gone) = after.gone
        && known.stands(gone.writer())?
    {
        fate = RowFate::Gone;
    }
    let mut step = if differs { Step::Put(Box::new(next(after.clone(), record))) } else { Step::Leave };
    if (differs || record.orphan) && !record.is_deleted_by_hand() && !known.is_held(&after)? {
        (step, fate) = (Step::Remove, RowFate::Gone);
    }
    Ok((Plan { step, passing }, fate))
}

/// Plans for a record whose maker is undone.
pub fn taken_back(known: &Ancestry, record: &Record) -> Result<Step, Missing> {
    if record.orphan && record.is_deleted_by_hand() {
        return Ok(Step::Leave);
    }
    if record.is_deleted_by_hand() || !known.is_held(record)? {
        return Ok(Step::Remove);
    }
    let kept = || Box::new(next(Record { orphan: true, ..record.clone() }, record));
    Ok(if record.orphan { Step::Leave } else { Step::Put(kept()) })
}

/// Plans again for a record which an undo wrote to: values of writers that were undone meanwhile are resolved, and a record
/// that nobody holds any more is removed.
pub fn rechecked(known: &Ancestry, record: &Record) -> Result<Plan, Missing> {
    let (mut after, mut passing) = (record.clone(), Vec::new());
    if record.is_deleted_by_hand() {
        return Ok(Plan { step: Step::Leave, passing });
    }
    for field in all_fields(record) {
        let trail = known.trail(record.id, &field, record.written(&field))?;
        pass(&mut passing, &field, trail.values());
        let resolved = trail.resolved();
        after.set(&field, resolved.value.clone(), resolved.writer);
    }
    let step = match () {
        () if !known.is_held(record)? => Step::Remove,
        () if after != *record => Step::Put(Box::new(next(after, record))),
        () => Step::Leave,
    };
    Ok(Plan { step, passing })
}

/// The record in the version after that of `before`.
fn next(record: Record, before: &Record) -> Record {
    Record { version: before.version + 1, ..record }
}

/// The fields with a value or with a writer other than the maker.
fn all_fields(record: &Record) -> BTreeSet<String> {
    record.fields.keys().chain(record.writers.keys()).cloned().collect()
}

/// The values that the row of an image found and wrote in fields with index items.
pub fn own_values(image: &Image) -> Vec<(String, Value)> {
    let mut passing = Vec::new();
    let (found, written) = match &image.former {
        Former::Changed { fields, indexed } => (fields, Some(indexed)),
        Former::Deleted { indexed } => (indexed, None),
    };
    found.iter().for_each(|(field, before)| pass(&mut passing, field, std::slice::from_ref(before)));
    passing.extend(written.into_iter().flatten().map(|(field, value)| (field.clone(), value.clone())));
    passing
}

fn pass(passing: &mut Vec<(String, Value)>, field: &str, trail: &[WrittenValue]) {
    passing.extend(trail.iter().filter_map(|written| Some((field.to_owned(), written.value.clone()?))));
}
