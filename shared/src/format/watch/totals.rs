//! Recognises rows of totals at the end of a file, and rows of subtotals within a file.
//!
//! - A **total at the end** names no person and no subject except by a word for a total. The row is left out.
//! - A **subtotal within the file** names nobody although all other rows name somebody, and its duration is the sum
//!   of the rows since the last subtotal. The row becomes an error.
//!
//! A subtotal is recognised whatever its words are, since an entry made of such a row would count hours twice.

use super::related::cell;
use crate::format::columns::Role;
use crate::source::RecordCells;
use crate::values::durations::{self, DurationReading, Unit};
use crate::values::numbers::DecimalMark;
use crate::values::words;

/// Columns in which a row names its person or its subject.
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

/// A record which may be the row of totals at the end of the file.
pub(super) struct Waiting {
    pub line: u64,
    pub looks: TotalLike,
    /// Count of records before this record.
    pub rows: u64,
    /// Trimmed cells of the watched columns, in their order.
    pub cells: Vec<String>,
    /// True if the record is a row of subtotals, even if more records follow.
    pub subtotal: bool,
}

/// The feature by which a record resembles a row of totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TotalLike {
    /// A word for a total stands in place of a date or a name, and the row has no date.
    Labelled,
    /// A word for a total stands beside a date, as in the totals of some spreadsheets. The row must also be the sum.
    Dated,
    /// The row has no date and only numbers, which must be the sum.
    Bare,
}

/// Features of a record which matter for totals and subtotals.
#[derive(Clone, Copy, Debug)]
pub(super) struct Looks {
    /// The feature of a total at the end of the file; `None` if the record cannot be a total.
    pub total: Option<TotalLike>,
    /// True if no cell names a person, or in a table without people, if no cell names the subject of the row.
    pub names_nobody: bool,
    /// True if a cell is a word for a total, or begins or ends with such a word, as in "Orchard Total".
    pub(super) labelled: bool,
    /// True if no cell names the subject of the row, except by a word for a total.
    pub(super) bare: bool,
}

impl Looks {
    const OF_A_ROW: Self = Self { total: None, names_nobody: false, labelled: false, bare: false };
}

/// Subtotals found so far in the file.
#[derive(Debug, Default)]
pub(super) struct Totals {
    /// `who` are the columns which name people, or in a table without people the columns of `what`, which
    /// name the subject of a row.
    who: Vec<usize>,
    what: Vec<usize>,
    date: Option<usize>,
    /// Sums of the durations at the last subtotal, by watched column and decimal mark.
    pub(super) at_last: Vec<[u64; 2]>,
    /// Count of rows since the last subtotal.
    pub(super) since: u64,
    /// Count of subtotals, the line of the first subtotal, and the count of rows which
    /// name nobody and are no subtotal.
    seen: u64,
    first: Option<u64>,
    pub nobody: u64,
}

/// Indexes of the columns whose role is wanted.
fn columns(roles: &[(Role, usize)], wanted: impl Fn(Role) -> bool) -> Vec<usize> {
    roles.iter().filter(|(role, _)| wanted(*role)).map(|(_, column)| *column).collect()
}

/// Columns of which each row except a row of totals has at least one filled. In a table with people these columns
/// name people; otherwise they name the subject of a row.
pub(crate) fn who(roles: &[(Role, usize)]) -> Vec<usize> {
    let people = columns(roles, Role::names_a_person);
    if people.is_empty() { columns(roles, |role| WORDS.contains(&role)) } else { people }
}

/// True if the record's cells in the columns `who` are empty, a dash or a word for a total; false if `who` is empty.
pub(crate) fn names_nobody(who: &[usize], cells: RecordCells<'_>) -> bool {
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

    /// Finds the features of a record, and counts the record.
    #[inline]
    pub fn look(&mut self, cells: RecordCells<'_>) -> Looks {
        self.since += 1;
        // Nearly all records are told by one byte.
        let first = self.who.first().and_then(|&column| cells.fields.get(column)?.first_byte(cells.text));
        match first.is_some_and(words::begins_a_name) {
            true => Looks::OF_A_ROW,
            false => self.look_closely(cells),
        }
    }

    #[inline(never)]
    fn look_closely(&self, cells: RecordCells<'_>) -> Looks {
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

    /// Notes a row of subtotals on `line`; `sums` are the sums of the durations up to this row.
    pub fn add_subtotal(&mut self, line: u64, sums: Vec<[u64; 2]>) {
        self.at_last = sums;
        self.since = 0;
        self.seen += 1;
        self.first.get_or_insert(line);
    }

    /// Takes back the last subtotal, which turned out to be the total of the file.
    pub fn take_back(&mut self) {
        self.seen -= 1;
    }

    /// Line of the first subtotal, if most of the rows which name nobody are subtotals; `None` otherwise.
    pub fn subtotals(&self) -> Option<u64> {
        self.first.filter(|_| self.seen > self.nobody)
    }
}

/// True if the cell is a sum of durations, each of which may have been rounded to a hundredth of an hour. The
/// tolerance for each row is a hundredth of an hour (36 seconds) divided by `exact`; in all the tolerance is at least
/// 36 seconds and otherwise at most a hundredth of the sum.
pub(super) fn is_sum(sums: [u64; 2], cell: &str, role: Option<Role>, rows: u64, exact: u64) -> bool {
    const HUNDREDTH: u64 = 36;
    let unit = role.and_then(Role::duration).unwrap_or(Unit::Hours);
    let written = durations::read(cell);
    DecimalMark::ALL.into_iter().zip(sums).any(|(mark, sum)| {
        let reading = DurationReading { unit, mark, ..DurationReading::USUAL };
        let seconds = written.and_then(|written| written.under(reading));
        let off = (HUNDREDTH * rows.max(2) / exact).min(sum / 100).max(HUNDREDTH);
        sum > 0 && seconds.is_some_and(|seconds| seconds.abs_diff(sum) <= off)
    })
}
