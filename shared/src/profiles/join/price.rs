//! The estimated price of the load, by the plans of the rows and by a few of the records that match.
//!
//! | a row … | write units | read units |
//! |---|---|---|
//! | creates a profile | 1 for each KB, and 1 for each indexed field with a value | 0 |
//! | creates a subprofile | the same, and 1 for the index item of its profile | 0 |
//! | changes a record | 1 for each KB, its share of a block of images, and 2 for each indexed field with another value | 1 for 4 KB |
//! | changes a subprofile, or makes one, in a profile of another import and does not change the profile | 1 for each KB of the profile | 1 for 4 KB |
//! | finds nothing to change | 0 | 1 for 4 KB |
//! | deletes a record, or removes one as missing | 1 for each KB, and its share of a block of images | 1 for 4 KB |
//! | yields, leaves its match alone, or has no match and creates nothing | 0 | 0 |
//!
//! How many of the matching rows change their record is told by a sample: rows of a few chunks are compared with their records.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::JoinRules;
use crate::id::{ChunkNo, RecordId};
use crate::import::{ImportError, Units};
use crate::kind::planned_file::{PlannedFile, SeenRow};
use crate::profile_form::{
    DeleteTarget, FieldCell, PinnedField, PinnedSchema, ProfileAction, ProfileRow, Profiles, UpdatePolicy,
};
use crate::profiles::planned::{Act, RowPlan};
use crate::records::Record;
use crate::records::visible::VisibleRecords;
use crate::store::keys::RecordKind;

/// The bytes of a record's item without its fields.
const BARE_RECORD: usize = 130;
/// The bytes of a field beside its name and its text.
const BARE_FIELD: usize = 3;
/// The bytes of a before-image without its fields, and of a field of an image beside its name and its text.
const BARE_IMAGE: usize = 20;
const BARE_IMAGE_FIELD: usize = 8;
/// The write units of a deletion: the record, and its share of a block of images.
const DELETION: f64 = 1.0 + BARE_IMAGE as f64 / 1024.0;
/// The units of an import beside its chunks: its making, changes of status with their events, totals.
const UNITS_AN_IMPORT: Units = Units { read: 12.0, write: 70.0 };
/// The units of a chunk beside its rows: claim, page with counts, notes.
const UNITS_A_CHUNK: Units = Units { read: 12.0, write: 12.0 };
/// The further write units of a full chunk with follow-ups: its item with the list is written in two transactions.
const UNITS_OF_FOLLOW_UPS: f64 = 26.0;
/// The chunks from which a sample is taken, and the most rows of each.
const SAMPLED_CHUNKS: u64 = 4;
const SAMPLED_ROWS: usize = 25;
/// The number of matches up to which no sample is taken: each match counts as changed.
const FEW_MATCHES: u64 = 100;

/// The estimate of an import's load, as the rows and their plans are seen.
pub struct LoadEstimate<'f> {
    file: &'f PlannedFile<'f, Profiles>,
    rules: JoinRules,
    fields: BTreeMap<u64, &'f PinnedField>,
    /// The number of rows without an outcome.
    rows: u64,
    /// The units by which all rows would create a profile.
    profile_units: f64,
    /// The number of rows with a subprofile, and the units by which all of them would create one.
    subprofiles: u64,
    subprofile_units: f64,
    /// The number of rows with a plan.
    planned: u64,
    /// The numbers of planned rows that write a profile without a match, and of profiles that match.
    unmatched: u64,
    matched: u64,
    yielding: u64,
    /// The number of rows that find a profile which another import made.
    holdable: u64,
    /// The number of subprofiles that match.
    matched_subprofiles: u64,
    /// The number of records which are removed as missing.
    removed: u64,
    /// The rows of the sample with their profiles, by chunk.
    sample: BTreeMap<ChunkNo, Vec<(u64, RecordId)>>,
}

impl<'f> LoadEstimate<'f> {
    /// An estimate before any row is seen.
    pub fn new(file: &'f PlannedFile<'f, Profiles>, rules: JoinRules) -> Self {
        let schema = file.import.options.profiles.schema.as_ref();
        let chunks = file.rows.div_ceil(u64::from(file.import.rows_per_chunk)).max(1);
        let sampled = (0..SAMPLED_CHUNKS).map(|at| ChunkNo(at * (chunks - 1) / (SAMPLED_CHUNKS - 1)));
        Self {
            file,
            rules,
            fields: schema.map(fields).unwrap_or_default(),
            rows: 0,
            profile_units: 0.0,
            subprofiles: 0,
            subprofile_units: 0.0,
            planned: 0,
            unmatched: 0,
            matched: 0,
            yielding: 0,
            holdable: 0,
            matched_subprofiles: 0,
            removed: 0,
            sample: sampled.map(|chunk| (chunk, Vec::new())).collect(),
        }
    }

    /// Takes a row of the file. Each row is taken once.
    pub fn see(&mut self, seen: SeenRow, row: &ProfileRow<'_>) {
        if seen.outcome.is_some() {
            return;
        }
        self.rows += 1;
        self.profile_units += self.creation(&row.cells, row.interests.len());
        if let Some(subprofile) = row.subprofiles.first().filter(|subprofile| !subprofile.is_blank()) {
            self.subprofiles += 1;
            self.subprofile_units += 1.0 + self.creation(&subprofile.cells, 0);
        }
    }

    /// Takes the plan of a row that has a key. Each such row is taken once.
    pub fn plan(&mut self, row: u64, plan: &RowPlan) {
        self.planned += 1;
        let acting = |ids: &[RecordId]| self.rules.acting(ids).len() as u64;
        let (profiles, subprofiles) = (acting(&plan.profiles), acting(&plan.subprofiles));
        match plan.act {
            Act::YieldsTo(_) => self.yielding += 1,
            Act::Follows(_) => self.matched_subprofiles += subprofiles,
            Act::Acts => {
                self.matched_subprofiles += subprofiles;
                self.matched += profiles;
                self.unmatched += u64::from(plan.profiles.is_empty());
                self.holdable += u64::from(plan.profiles.first().is_some_and(|id| !id.import().is_by_hand()));
                let chunk = ChunkNo(row / u64::from(self.file.import.rows_per_chunk));
                if let (Some(rows), Some(&id)) = (self.sample.get_mut(&chunk), plan.profiles.first())
                    && rows.len() < SAMPLED_ROWS
                {
                    rows.push((row, id));
                }
            }
        }
    }

    /// Takes the number of records which are removed as missing.
    pub fn remove(&mut self, count: u64) {
        self.removed = count;
    }

    /// The estimated units of the load.
    pub async fn units(&self) -> Result<Units, ImportError> {
        let average = |sum: f64, count: u64| if count == 0 { 0.0 } else { sum / count as f64 };
        let of_profile = average(self.profile_units, self.rows);
        let of_subprofile = average(self.subprofile_units, self.subprofiles);
        let size = u64::from(self.file.import.rows_per_chunk);
        let chunks = (self.file.rows.div_ceil(size) + self.removed.div_ceil(size)) as f64;
        let mut units = Units {
            read: UNITS_AN_IMPORT.read + UNITS_A_CHUNK.read * chunks,
            write: UNITS_AN_IMPORT.write + UNITS_A_CHUNK.write * chunks,
        };
        if self.file.import.has_follow_ups() {
            units.write += UNITS_OF_FOLLOW_UPS * chunks;
        }
        let is_adding = !matches!(self.rules.action, ProfileAction::Update | ProfileAction::Delete);
        if is_adding {
            let created = self.rows - self.planned + self.unmatched;
            let acting = self.subprofiles.saturating_sub(self.yielding);
            let subprofiles = acting.saturating_sub(self.matched_subprofiles);
            units.write += of_profile * created as f64 + of_subprofile * subprofiles as f64;
            if self.rules.action == ProfileAction::IgnoreOrAdd {
                // A profile that another import made is held by its first new subprofile.
                units.write += subprofiles.min(self.holdable) as f64;
                units.read += subprofiles.min(self.holdable) as f64;
            }
        }
        let (records, of_record) = match self.rules.action {
            ProfileAction::Add | ProfileAction::IgnoreOrAdd => (0, 0.0),
            ProfileAction::Delete => {
                let deleted = match self.rules.target {
                    DeleteTarget::Profile => self.matched,
                    DeleteTarget::Subprofile => self.matched_subprofiles,
                };
                (deleted, DELETION)
            }
            ProfileAction::Update | ProfileAction::UpdateOrAdd => {
                (self.matched + self.matched_subprofiles, self.change().await?)
            }
        };
        if matches!(self.rules.action, ProfileAction::Update | ProfileAction::UpdateOrAdd) {
            // A profile that another import made is held by its first changed subprofile, unless its own row changes it.
            let held = self.matched_subprofiles.min(self.holdable) as f64;
            units.read += self.matched_subprofiles as f64;
            units.write += held * (1.0 - of_record).max(0.0);
        }
        units.read += (records + self.removed) as f64;
        units.write += records as f64 * of_record + self.removed as f64 * DELETION;
        Ok(units)
    }

    /// The average write units of a matching row.
    async fn change(&self) -> Result<f64, ImportError> {
        let policy = self.file.import.options.profiles.update_policy;
        if policy == UpdatePolicy::Skip || self.matched == 0 {
            return Ok(0.0);
        }
        if self.matched <= FEW_MATCHES {
            return Ok(1.0 + BARE_IMAGE as f64 / 1024.0);
        }
        let import = self.file.import;
        let mut records = VisibleRecords::new(self.file.services, import.account, RecordKind::Profile);
        let (mut sum, mut count) = (0.0, 0);
        for (&chunk, rows) in self.sample.iter().filter(|(_, rows)| !rows.is_empty()) {
            let ids: BTreeSet<RecordId> = rows.iter().map(|(_, id)| *id).collect();
            let read = records.read(&ids, |_| true).await?;
            let read: BTreeMap<RecordId, &Record> = read.iter().map(|record| (record.id, record)).collect();
            self.file
                .read_chunk(chunk, |seen, row| {
                    let id = rows.iter().find(|(other, _)| *other == seen.row).map(|(_, id)| id);
                    if let Some(record) = id.and_then(|id| read.get(id)) {
                        sum += self.change_of(policy, record, row);
                        count += 1;
                    }
                })
                .await?;
        }
        Ok(if count == 0 { 1.0 } else { sum / f64::from(count) })
    }

    /// The write units by which a row creates a record of these cells.
    fn creation(&self, cells: &[FieldCell<'_>], interests: usize) -> f64 {
        let mut bytes = BARE_RECORD + interests * 2 * BARE_FIELD;
        let mut indexed = 0;
        for cell in cells.iter().filter(|cell| !cell.is_empty) {
            bytes += field_bytes(cell.field, &cell.text);
            indexed += usize::from(self.fields.get(&cell.field).is_some_and(|field| field.indexed));
        }
        bytes.div_ceil(1024) as f64 + indexed as f64
    }

    /// The write units by which a row changes a record; 0 if every value is there already.
    fn change_of(&self, policy: UpdatePolicy, record: &Record, row: &ProfileRow<'_>) -> f64 {
        let (mut image, mut indexed, mut changed) = (BARE_IMAGE, 0, 0);
        for cell in &row.cells {
            let Some(field) = self.fields.get(&cell.field) else { continue };
            let empty = field.field_type.empty();
            let stored = record.fields.get(&cell.field.to_string()).and_then(|value| value.as_str()).unwrap_or(empty);
            let is_kept = policy == UpdatePolicy::FillEmpty && (stored != empty || cell.is_empty);
            if is_kept || stored == cell.text {
                continue;
            }
            changed += 1;
            image += BARE_IMAGE_FIELD + field_bytes(cell.field, stored);
            indexed += [stored, &cell.text].iter().filter(|text| field.indexed && **text != empty).count();
        }
        for (interest, is_set) in &row.interests {
            let key = format!("i{interest}");
            let differs = record.fields.contains_key(&key) != *is_set;
            changed += usize::from(differs);
            image += if differs { BARE_IMAGE_FIELD + key.len() } else { 0 };
        }
        if changed == 0 {
            return 0.0;
        }
        let text = |value: &serde_json::Value| value.as_str().map_or(1, str::len);
        let fields = record.fields.iter().map(|(name, value)| name.len() + text(value) + BARE_FIELD).sum::<usize>();
        let writers = (record.writers.len() + changed) * 12;
        let cells = row.cells.iter().map(|cell| field_bytes(cell.field, &cell.text)).sum::<usize>();
        let bytes = BARE_RECORD + fields.max(cells) + writers;
        bytes.div_ceil(1024) as f64 + image as f64 / 1024.0 + indexed as f64
    }
}

fn field_bytes(field: u64, text: &str) -> usize {
    field.checked_ilog10().unwrap_or_default() as usize + 1 + text.len() + BARE_FIELD
}

/// All fields of a schema by id.
fn fields(schema: &PinnedSchema) -> BTreeMap<u64, &PinnedField> {
    let of_collections = schema.collections.iter().flat_map(|collection| &collection.fields);
    schema.fields.iter().chain(of_collections).map(|field| (field.id, field)).collect()
}
