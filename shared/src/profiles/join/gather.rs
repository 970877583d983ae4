//! The cells which an acting row takes over from earlier rows of its key, where empty cells are absent.
//!
//! The leader of a profile's key takes over cells of the profile, and the last row of a whole key cells of the subprofile. Of
//! several earlier rows the last one that has the cell counts.
//!
//! The cells of the keys that a pass over the file has begun and not ended are in memory. A key that would go beyond the memory
//! waits for the next pass, so a file whose rows all repeat is gathered in several passes.

use std::collections::{BTreeMap, HashMap};

use super::groups::{GatheringRow, Groups};
use crate::kind::bits::Bits;
use crate::profile_form::{FieldCell, ProfileRow};

/// The bytes that a cell takes in memory beside its text.
const CELL: usize = 64;

/// The cells which a row takes over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatheredCells {
    /// Texts by field.
    pub cells: Vec<(u64, String)>,
    /// Interests by id.
    pub interests: Vec<(u64, bool)>,
}

/// The cells of a profile's key so far.
#[derive(Default)]
struct OpenGroup {
    cells: BTreeMap<u64, String>,
    interests: BTreeMap<u64, bool>,
    /// The cells of subprofiles, by the places where the runs of their whole keys begin.
    runs: HashMap<usize, BTreeMap<u64, String>>,
}

/// The gathering of cells in passes over the file.
pub struct Gathering<'g> {
    groups: &'g Groups,
    /// The bytes beyond which a pass begins no further key.
    most_bytes: usize,
    bytes: usize,
    /// The keys, by the places where their groups begin, which earlier passes or this one have ended.
    ended: Bits,
    /// The keys which wait for the next pass.
    waiting: Bits,
    is_waiting: bool,
    open: HashMap<usize, OpenGroup>,
    /// The rows which take over cells, in the order of the file.
    found: Vec<(u64, GatheredCells)>,
}

impl<'g> Gathering<'g> {
    /// Begins the first pass. A pass begins no further key once it has `most_bytes` in memory.
    pub fn begin(groups: &'g Groups, most_bytes: usize) -> Self {
        let none = || Bits::new(groups.row_count());
        let (ended, waiting) = (none(), none());
        Self {
            groups,
            most_bytes,
            bytes: 0,
            ended,
            waiting,
            is_waiting: false,
            open: HashMap::new(),
            found: Vec::new(),
        }
    }

    /// Takes the next row of the file.
    pub fn see(&mut self, row: u64, read: &ProfileRow<'_>) {
        let Some(place) = self.groups.gathering(row) else { return };
        if !self.is_open(place.group) {
            return;
        }
        let group = self.open.entry(place.group).or_default();
        let subcells = read.subprofiles.first().map_or(&[][..], |subprofile| &subprofile.cells);
        let mut found = GatheredCells::default();
        if place.is_leader {
            found.cells.extend(missing(std::mem::take(&mut group.cells), &read.cells));
            let interests = std::mem::take(&mut group.interests).into_iter();
            found.interests.extend(interests.filter(|(id, _)| read.interests.iter().all(|(own, _)| own != id)));
        } else {
            self.bytes += take(&mut group.cells, &read.cells);
            group.interests.extend(read.interests.iter().copied());
        }
        if let GatheringRow { run: Some(run), is_last_of_run, .. } = place {
            match is_last_of_run {
                true => found.cells.extend(missing(group.runs.remove(&run).unwrap_or_default(), subcells)),
                false => self.bytes += take(group.runs.entry(run).or_default(), subcells),
            }
        }
        if place.is_leader {
            self.open.remove(&place.group);
            self.ended.set(place.group as u64);
        }
        if found != GatheredCells::default() {
            self.found.push((row, found));
        }
    }

    fn is_open(&mut self, group: usize) -> bool {
        if self.ended.get(group as u64) || self.waiting.get(group as u64) {
            return false;
        }
        let opens = self.bytes < self.most_bytes || self.open.contains_key(&group);
        if !opens {
            self.waiting.set(group as u64);
            self.is_waiting = true;
        }
        opens
    }

    /// Ends a pass over the file. Returns the rows which take over cells, in the order of the file.
    pub fn end_pass(&mut self) -> Vec<(u64, GatheredCells)> {
        for (group, _) in self.open.drain() {
            self.ended.set(group as u64);
        }
        self.waiting = Bits::new(self.groups.row_count());
        self.bytes = 0;
        std::mem::take(&mut self.found)
    }

    /// `true` if the file is to be passed over once more. Asked once after each pass.
    pub fn goes_on(&mut self) -> bool {
        std::mem::take(&mut self.is_waiting)
    }
}

/// The cells whose fields are not among a row's own.
fn missing(cells: BTreeMap<u64, String>, own: &[FieldCell<'_>]) -> impl Iterator<Item = (u64, String)> {
    cells.into_iter().filter(|(field, _)| own.iter().all(|cell| cell.field != *field))
}

/// Adds a row's cells. Returns the bytes which they take at most.
fn take(cells: &mut BTreeMap<u64, String>, own: &[FieldCell<'_>]) -> usize {
    let own = own.iter().filter(|cell| !cell.is_empty);
    own.map(|cell| {
        cells.insert(cell.field, cell.text.clone().into_owned());
        cell.text.len() + CELL
    })
    .sum()
}
