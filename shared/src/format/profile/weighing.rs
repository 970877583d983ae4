//! Readings of a column which exclude each other, weighed by the cells for and against each.

use crate::table::excerpt;

/// A cell which decided a reading, with its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::format) struct Witness {
    pub line: u64,
    pub value: String,
}

impl Witness {
    pub(super) fn new(line: u64, cell: &str) -> Self {
        Self { line, value: excerpt(cell) }
    }
}

/// The reading of a column as decided by its own cells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::format) enum ColumnVerdict<How> {
    /// Cells rule out all other readings: the first cell against each of them.
    Settled(How, Vec<Witness>),
    /// All cells have the same value under each remaining reading.
    Indifferent(How),
    /// The remaining readings, and the first cell with different values under two of them.
    Open(Vec<How>, Witness),
    /// No reading fits all cells: each reading with the first cell against it.
    Contradictory(Vec<(How, Witness)>),
}

/// Count of cells which are not empty, and count of cells which no reading can read, with the first of them.
#[derive(Clone, Debug, Default)]
pub(in crate::format) struct CellTally {
    pub cells: u64,
    pub unread: u64,
    pub first_unread: Option<Witness>,
}

impl CellTally {
    pub(super) fn miss(&mut self, line: u64, cell: &str) {
        self.unread += 1;
        self.first_unread.get_or_insert_with(|| Witness::new(line, cell));
    }
}

/// Readings which exclude each other, with the evidence of a column against each.
#[derive(Clone, Debug)]
pub(super) struct Rivals<const N: usize> {
    /// The first cell which this reading cannot read although another reading can, and the
    /// count of such cells, by reading.
    pub(super) fails: [Option<Witness>; N],
    pub(super) failed: [u64; N],
    /// For each pair of readings, the first cell which both can read, with different values.
    pub(super) differs: [[Option<Witness>; N]; N],
}

impl<const N: usize> Rivals<N> {
    pub(super) fn new() -> Self {
        let none = || std::array::from_fn(|_| None);
        Self { fails: none(), failed: [0; N], differs: std::array::from_fn(|_| none()) }
    }

    /// Notes a cell which at least one reading can read.
    #[inline(always)]
    pub(super) fn see<What: PartialEq>(&mut self, line: u64, cell: &[u8], readings: &[Option<What>; N]) {
        let witness = || Witness::new(line, &String::from_utf8_lossy(cell));
        for (a, reading) in readings.iter().enumerate() {
            let Some(what) = reading else {
                self.fails[a].get_or_insert_with(witness);
                self.failed[a] += 1;
                continue;
            };
            for (b, other) in readings.iter().enumerate().skip(a + 1) {
                if other.as_ref().is_some_and(|other| other != what) {
                    self.differs[a][b].get_or_insert_with(witness);
                }
            }
        }
    }

    /// Decides between the readings called `names`; only readings `in_play` are considered.
    pub(super) fn verdict<How: Copy>(&self, names: [How; N], in_play: [bool; N]) -> ColumnVerdict<How> {
        let playing = || (0..N).filter(|&reading| in_play[reading]);
        let left: Vec<usize> = playing().filter(|&reading| self.fails[reading].is_none()).collect();
        let out = playing().filter_map(|reading| Some((reading, self.fails[reading].clone()?)));
        let Some(&first) = left.first() else {
            return ColumnVerdict::Contradictory(out.map(|(index, cell)| (names[index], cell)).collect());
        };
        if left.len() == 1 {
            return ColumnVerdict::Settled(names[first], out.map(|(_, cell)| cell).collect());
        }
        let pairs = left.iter().flat_map(|&a| left.iter().map(move |&b| (a, b)));
        let differs = pairs.filter_map(|(a, b)| self.differs[a][b].as_ref());
        match differs.min_by_key(|cell| cell.line) {
            None => ColumnVerdict::Indifferent(names[first]),
            Some(cell) => ColumnVerdict::Open(left.iter().map(|&index| names[index]).collect(), cell.clone()),
        }
    }
}
