//! Observes hours, minutes and seconds in neighbouring columns, to decide how the columns form a duration.
//!
//! Two columns may both hold the whole duration (`1.5` hours, `90` minutes) or hold its parts (`1` hour, `30`
//! minutes). The rows are the evidence: minutes equal to sixty times the hours are the same duration again, and whole
//! hours beside minutes below sixty are parts. A column of decimal hours, if present, must agree with either reading.

use std::borrow::Cow;

use super::weighing::Witness;
use crate::format::columns::Role;
use crate::source::RecordCells;
use crate::values::durations::{self, DurationReading, Unit};
use crate::values::numbers::DecimalMark;
use crate::values::words;

/// The columns which may hold parts, with the largest unit first.
const UNITS: [(Role, Unit); 3] =
    [(Role::Hours, Unit::Hours), (Role::Minutes, Unit::Minutes), (Role::Seconds, Unit::Seconds)];

/// Count of contradictory rows which are tolerated in a small file.
const FEW: u64 = 3;

/// The way in which a file's columns of hours, minutes and seconds form a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Together {
    /// Each column holds the whole duration.
    Same,
    /// The duration is the sum of the columns.
    Parts,
}

/// Evidence of a single row: the columns hold the same duration, its parts, or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Nothing,
    Same,
    Parts,
    Neither,
}

/// Evidence of all rows in a file with several columns of parts.
#[derive(Clone, Debug)]
pub(crate) struct PartsProfile {
    /// Indexes of the columns in the order of [`UNITS`], and `decimal` for the column of decimal hours.
    columns: [Option<usize>; UNITS.len()],
    decimal: Option<usize>,
    same: Seen,
    parts: Seen,
    neither: Seen,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    rows: u64,
    first: Option<Witness>,
}

impl PartsProfile {
    /// Creates a profile; `None` if the table has fewer than two of the columns.
    pub fn new(roles: &[(Role, usize)]) -> Option<Self> {
        let column = |role: Role| roles.iter().find(|(other, _)| *other == role).map(|(_, column)| *column);
        let columns = UNITS.map(|(role, _)| column(role));
        let several = columns.iter().flatten().count() > 1;
        several.then(|| Self {
            columns,
            decimal: column(Role::DecimalHours),
            same: Seen::default(),
            parts: Seen::default(),
            neither: Seen::default(),
        })
    }

    /// Notes the cells of a record which begins on `line`.
    pub fn see(&mut self, line: u64, cells: RecordCells<'_>) {
        let cell = |column: Option<usize>| {
            let field = cells.fields.get(column?)?;
            let cell = words::trimmed(field.cell(cells.text));
            (!cell.is_empty() && !words::is_dash(&cell)).then_some(cell)
        };
        let written = self.columns.map(cell);
        let values = [0, 1, 2].map(|unit: usize| Value::of(written[unit].as_deref()?, UNITS[unit].1));
        let decimal = cell(self.decimal).and_then(|cell| Value::of(&cell, Unit::Hours));
        let seen = match row(values, decimal) {
            Says::Nothing => return,
            Says::Same => &mut self.same,
            Says::Parts => &mut self.parts,
            Says::Neither => &mut self.neither,
        };
        seen.rows += 1;
        seen.first.get_or_insert_with(|| {
            let said: Vec<Cow<'_, str>> = written.into_iter().flatten().collect();
            Witness::new(line, &said.join(", "))
        });
    }

    /// The decision with a row as its evidence, or `None` without evidence. The error holds rows which contradict
    /// each other, or a row which fits neither reading.
    pub fn verdict(&self) -> Result<Option<(Together, &Witness)>, Vec<&Witness>> {
        let rows = self.same.rows + self.parts.rows + self.neither.rows;
        let few = |seen: &Seen| seen.rows <= rows / 10;
        let told = match (&self.same.first, &self.parts.first) {
            (Some(same), None) => Some((Together::Same, same)),
            (None, Some(parts)) => Some((Together::Parts, parts)),
            (Some(same), Some(_)) if few(&self.parts) => Some((Together::Same, same)),
            (Some(_), Some(parts)) if few(&self.same) => Some((Together::Parts, parts)),
            (None, None) => None,
            _ => return Err(self.witnesses()),
        };
        // A few rows which fit neither reading become errors of their own.
        if few(&self.neither) || told.is_none() && self.neither.rows <= FEW { Ok(told) } else { Err(self.witnesses()) }
    }

    fn witnesses(&self) -> Vec<&Witness> {
        [&self.same, &self.parts, &self.neither].into_iter().filter_map(|seen| seen.first.as_ref()).collect()
    }
}

/// A duration in one of the columns of parts.
#[derive(Clone, Copy, Debug)]
struct Value {
    seconds: u64,
    /// Largest rounding error of the cell, in seconds.
    off: u64,
}

impl Value {
    /// Parses a cell whose bare numbers count `unit`; a comma or a dot may be the
    /// decimal mark, whichever gives a number.
    fn of(cell: &str, unit: Unit) -> Option<Self> {
        let written = durations::read(cell)?;
        let under = |mark| written.under(DurationReading { unit, mark, ..DurationReading::USUAL });
        let seconds = DecimalMark::ALL.into_iter().find_map(under)?;
        let places = cell.rfind(['.', ',']).map_or(0, |mark| cell.len() - mark - 1);
        let off = match (unit, places) {
            (Unit::Hours, 1) => 180,
            (Unit::Hours, _) => 36,
            _ => u64::from(unit.seconds()) / 2,
        };
        Some(Self { seconds, off })
    }

    fn agrees(self, seconds: u64) -> bool {
        self.seconds.abs_diff(seconds) <= self.off
    }
}

/// True if the cell is a duration of `seconds` within its rounding error; a bare number counts `unit`.
pub(crate) fn agrees(cell: &str, unit: Unit, seconds: u64) -> bool {
    Value::of(cell, unit).is_some_and(|value| value.agrees(seconds))
}

/// Evidence of a row's values, in the order of [`UNITS`], and of the decimal hours beside the values.
fn row(values: [Option<Value>; UNITS.len()], decimal: Option<Value>) -> Says {
    let seconds = values.map(|value| value.map(|value| value.seconds));
    let sum: u64 = seconds.iter().flatten().sum();
    // The column of the smallest unit has the most exact value.
    let Some(exact) = seconds.iter().rev().flatten().next().copied().filter(|_| sum > 0) else {
        return Says::Nothing;
    };
    let agrees = |whole: u64| decimal.is_none_or(|decimal| decimal.agrees(whole));
    let is_same = values.iter().flatten().all(|value| value.agrees(exact)) && agrees(exact);
    let is_parts = is_whole(&seconds) && agrees(sum);
    match (is_same, is_parts) {
        // For example `0` hours and `45` minutes are three quarters of an hour under both readings.
        (true, true) => Says::Nothing,
        (_, true) if sum == exact => Says::Nothing,
        (true, false) => Says::Same,
        (false, true) => Says::Parts,
        (false, false) => Says::Neither,
    }
}

/// True if the values, in seconds and in the order of [`UNITS`], can be the parts of a duration. Each value except
/// the smallest must be whole in its unit, and each must be below a single unit of the next larger size.
pub(crate) fn is_whole(values: &[Option<u64>; UNITS.len()]) -> bool {
    let smallest = values.iter().rposition(Option::is_some);
    values.iter().enumerate().all(|(unit, value)| {
        let Some(value) = value else { return true };
        let size = u64::from(UNITS[unit].1.seconds());
        let fits = unit == 0 || *value < u64::from(UNITS[unit - 1].1.seconds());
        fits && (Some(unit) == smallest || value.is_multiple_of(size))
    })
}
