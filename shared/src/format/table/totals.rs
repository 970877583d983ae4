//! Rows of totals: at the end of a file, and within it.
//!
//! A row of totals names nobody and nothing beside the word that says so. The last row of a file is left out if it is one. A row
//! of *subtotals* within the file names nobody where all other rows name somebody, and its duration is the sum of the rows since
//! the last such row; whatever its words are, an entry made of it would count hours twice. It becomes an error of its row.

use super::{Profile, Table, cell};
use crate::format::columns::Role;
use crate::format::durations::{self, Reading, Unit};
use crate::format::numbers::DecimalMark;
use crate::format::words;
use crate::source::Cells;

/// Columns in which a row says whom or what it is about.
const WORDS: [Role; 9] = [
    Role::Email,
    Role::Person,
    Role::FirstName,
    Role::LastName,
    Role::Text,
    Role::Client,
    Role::Project,
    Role::Task,
    Role::TaskKey,
];

/// A record that may be the row of totals at the end.
pub(super) struct Waiting {
    pub line: u64,
    pub looks: TotalLike,
    /// How many records come before it.
    pub rows: u64,
    /// By watched column.
    pub cells: Vec<String>,
    /// It is a row of subtotals, whether it is the last or not.
    pub subtotal: bool,
}

/// What makes a record look like a row of totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TotalLike {
    /// It says so where a date or a name should stand, and has no date.
    Labelled,
    /// It says so, but has a date as a spreadsheet's total may: then it has to be the sum besides.
    Dated,
    /// It has no date and nothing but numbers, which have to be the sum.
    Bare,
}

/// What a record looks like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looks {
    /// It may be the row of totals at the end.
    pub total: Option<TotalLike>,
    /// No cell names a person; in a table without people, no cell says what the row is about.
    pub names_nobody: bool,
    /// A cell is a word for a total, or ends or begins with one, as in "Orchard Total".
    labelled: bool,
    /// Nothing is said of what the row is about but such a word.
    bare: bool,
}

impl Looks {
    const OF_A_ROW: Self = Self { total: None, names_nobody: false, labelled: false, bare: false };
}

/// The rows of subtotals that have been seen.
#[derive(Debug, Default)]
pub(super) struct Totals {
    /// Columns that name people; where there are none, those that say what a row is about.
    who: Vec<usize>,
    what: Vec<usize>,
    date: Option<usize>,
    /// The sums of the durations at the last subtotal, by watched column.
    at_last: Vec<[u64; 2]>,
    /// Rows since then.
    since: u64,
    /// Subtotals, the line of the first, and rows that name nobody and are none.
    seen: u64,
    first: Option<u64>,
    pub nobody: u64,
}

/// The columns of some roles.
fn columns(roles: &[(Role, usize)], wanted: impl Fn(Role) -> bool) -> Vec<usize> {
    roles.iter().filter(|(role, _)| wanted(*role)).map(|(_, column)| *column).collect()
}

/// The columns of which each row has one filled, unless it is a row of totals: those that name people; in a table without
/// people, those that say what a row is about.
pub(in crate::format) fn who(roles: &[(Role, usize)]) -> Vec<usize> {
    let people = columns(roles, Role::names_a_person);
    if people.is_empty() { columns(roles, |role| WORDS.contains(&role)) } else { people }
}

/// Whether a record says nothing in any of these columns but that it is a total. There have to be some.
pub(in crate::format) fn names_nobody(who: &[usize], cells: Cells<'_>) -> bool {
    let says = |column: &usize| {
        let cell = cell(cells, *column);
        !cell.is_empty() && !words::is_dash(&cell) && !words::is_total(&cell)
    };
    !who.is_empty() && !who.iter().any(says)
}

impl Totals {
    pub fn new(roles: &[(Role, usize)]) -> Self {
        let date = columns(roles, |role| role == Role::Date).first().copied();
        Self { who: who(roles), what: columns(roles, |role| WORDS.contains(&role)), date, ..Self::default() }
    }

    /// What a record looks like.
    #[inline]
    pub fn look(&mut self, cells: Cells<'_>) -> Looks {
        self.since += 1;
        // Nearly all records are told by one byte.
        let first = self.who.first().and_then(|&column| cells.fields.get(column)?.first_byte(cells.text));
        match first.is_some_and(words::begins_a_name) {
            true => Looks::OF_A_ROW,
            false => self.look_closely(cells),
        }
    }

    #[inline(never)]
    fn look_closely(&self, cells: Cells<'_>) -> Looks {
        if !names_nobody(&self.who, cells) {
            return Looks::OF_A_ROW;
        }
        let date = self.date.map(|column| cell(cells, column)).unwrap_or_default();
        let is_dated = date.starts_with(|letter: char| letter.is_ascii_digit());
        let cells_of = || self.what.iter().map(|&column| cell(cells, column));
        let is_word = words::is_total(&date) || cells_of().any(|cell| words::is_total(&cell));
        let labelled = is_word || words::has_total(&date) || cells_of().any(|cell| words::has_total(&cell));
        let bare = cells_of().all(|cell| cell.is_empty() || words::is_total(&cell));
        let may_be_total = bare && self.date.is_some() && (is_dated || date.is_empty() || words::is_total(&date));
        let total = match (is_dated, is_word) {
            (true, true) => Some(TotalLike::Dated),
            (true, false) => None,
            (false, true) => Some(TotalLike::Labelled),
            (false, false) => Some(TotalLike::Bare),
        };
        Looks { total: total.filter(|_| may_be_total), names_nobody: true, labelled, bare }
    }

    /// Takes a row for subtotals; `sums` are those of the durations so far.
    pub fn add_subtotal(&mut self, line: u64, sums: Vec<[u64; 2]>) {
        self.at_last = sums;
        self.since = 0;
        self.seen += 1;
        self.first.get_or_insert(line);
    }

    /// The last subtotal is none.
    pub fn take_back(&mut self) {
        self.seen -= 1;
    }

    /// The line of the first subtotal, if rows that name nobody are subtotals.
    pub fn subtotals(&self) -> Option<u64> {
        self.first.filter(|_| self.seen > self.nobody)
    }
}

impl Table {
    /// The sums of all durations so far, by watched column.
    pub(super) fn sums(&self) -> Vec<[u64; 2]> {
        let sums = |profile: &Profile| match profile {
            Profile::Duration(profile) => profile.sums,
            _ => [0; 2],
        };
        self.watched.iter().map(|watched| sums(&watched.profile)).collect()
    }

    /// Whether a record that names nobody is the sum of the rows since the last subtotal, or of all rows.
    pub(super) fn is_subtotal(&self, looks: Looks, cells: Cells<'_>) -> bool {
        let rows = self.totals.since - 1;
        // The sum of one row is that row over again: more has to speak for it.
        if rows == 0 || rows == 1 && !looks.labelled && !looks.bare {
            return false;
        }
        self.watched.iter().enumerate().any(|(index, watched)| {
            let Profile::Duration(profile) = &watched.profile else {
                return false;
            };
            let before = self.totals.at_last.get(index).copied().unwrap_or_default();
            let since = [0, 1].map(|mark| profile.sums[mark].saturating_sub(before[mark]));
            let cell = cell(cells, watched.column);
            [since, profile.sums].into_iter().any(|sums| is_sum(sums, &cell, watched.role, rows, 100))
        })
    }

    /// Whether the last record is a row of totals: it says so, or its duration is the sum of the others.
    pub(super) fn is_total(&self, last: &Waiting) -> bool {
        let is_sum = || {
            self.watched.iter().zip(&last.cells).any(|(watched, cell)| match &watched.profile {
                Profile::Duration(profile) => is_sum(profile.sums, cell, watched.role, last.rows, 2),
                _ => false,
            })
        };
        match last.looks {
            TotalLike::Labelled => last.rows > 0,
            TotalLike::Dated => last.rows > 0 && is_sum(),
            TotalLike::Bare => last.rows > 0 && is_sum(),
        }
    }
}

/// Whether a cell is a sum of durations, each of which may have been rounded to a hundredth of an hour: in all by one part
/// in `exact` of such a hundredth for each row.
fn is_sum(sums: [u64; 2], cell: &str, role: Option<Role>, rows: u64, exact: u64) -> bool {
    const HUNDREDTH: u64 = 36;
    let unit = role.and_then(Role::duration).unwrap_or(Unit::Hours);
    let written = durations::read(cell);
    DecimalMark::ALL.into_iter().zip(sums).any(|(mark, sum)| {
        let reading = Reading { unit, mark, ..Reading::USUAL };
        let seconds = written.and_then(|written| written.under(reading));
        let off = (HUNDREDTH * rows.max(2) / exact).min(sum / 100).max(HUNDREDTH);
        sum > 0 && seconds.is_some_and(|seconds| seconds.abs_diff(sum) <= off)
    })
}
