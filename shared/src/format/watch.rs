//! Observes the columns of a file during the first pass, to decide how their cells are read.
//!
//! The observed columns hold the dates, durations and numbers of entries, and some columns without a role are
//! observed as evidence only: a column "Cost Rate" shows the account's decimal mark as well as any other. The cells
//! of a record go to the profiles at once. A record which may be a row of totals waits for the next record, which
//! proves that the waiting record was not the last. The cells of a row of subtotals go to no profile.

mod related;
mod totals;

use super::columns::Role;
use super::profile::{
    DashProfile, DateProfile, DurationProfile, NumberProfile, PartsProfile, SpanProfile, WeekdayProfile,
};
use crate::source::RecordCells;
use crate::table::{Headers, RowLengths, is_remark};
use crate::values::words;
pub(super) use related::Related;
use related::{ByRole, cell};
use totals::{Looks, TotalLike, Totals, Waiting, is_sum};
pub(super) use totals::{names_nobody, who};

/// A column which is observed during the first pass.
pub(super) struct Watched {
    pub column: usize,
    /// `None` for a column without a role, which is evidence only.
    pub role: Option<Role>,
    pub profile: Profile,
}

pub(super) enum Profile {
    Date(Box<DateProfile>),
    Number(Box<NumberProfile>),
    Duration(Box<DurationProfile>),
}

/// The columns of a file, with the observations on their cells.
pub struct Watch {
    pub(super) roles: Vec<(Role, usize)>,
    pub(super) watched: Vec<Watched>,
    pub(super) dashes: DashProfile,
    /// Present if hours, minutes and seconds stand in separate columns.
    pub(super) parts: Option<PartsProfile>,
    pub(super) spans: SpanProfile,
    pub(super) weekdays: WeekdayProfile,
    pub(super) lengths: RowLengths,
    by_role: ByRole,
    totals: Totals,
    waiting: Option<Waiting>,
}

impl Watch {
    /// Observes the columns of `roles`, and other columns whose names promise dates or numbers. With `years_last` the
    /// format never puts a two-digit year first.
    pub(super) fn new(roles: Vec<(Role, usize)>, headers: &Headers, years_last: bool, lengths: RowLengths) -> Self {
        let mut watched = Vec::new();
        for (column, key) in headers.keys().enumerate() {
            let role = roles.iter().find(|(_, other)| *other == column).map(|(role, _)| *role);
            if let Some(profile) = profile(role, key, years_last) {
                watched.push(Watched { column, role, profile });
            }
        }
        let by_role = std::array::from_fn(|index| {
            roles.iter().find(|(role, _)| *role as usize == index).map(|(_, column)| *column)
        });
        Self {
            dashes: DashProfile::new(&roles),
            parts: PartsProfile::new(&roles),
            spans: SpanProfile::default(),
            weekdays: WeekdayProfile::default(),
            lengths,
            by_role,
            totals: Totals::new(&roles),
            roles,
            watched,
            waiting: None,
        }
    }

    /// Notes a record, which follows `rows` records; `cells` is `None` if the record cannot be read.
    pub(super) fn see(&mut self, line: u64, cells: Option<RecordCells<'_>>, headers: &Headers, rows: u64) {
        if self.waiting.is_some() {
            self.hear_waiting();
        }
        let Some(cells) = cells else { return };
        let looks = self.totals.look(cells);
        if looks.names_nobody && self.is_subtotal(looks, cells) {
            self.totals.add_subtotal(line, self.sums());
            self.waiting = looks.total.map(|looks| self.wait(line, cells, looks, rows, true));
            return;
        }
        self.totals.nobody += u64::from(looks.names_nobody);
        self.waiting = looks.total.map(|looks| self.wait(line, cells, looks, rows, false));
        if self.waiting.is_none() && self.lengths.see(line, cells, headers) {
            self.hear(line, cells);
        }
    }

    fn wait(&self, line: u64, cells: RecordCells<'_>, looks: totals::TotalLike, rows: u64, subtotal: bool) -> Waiting {
        Waiting { line, looks, rows, cells: self.watched_cells(cells), subtotal }
    }

    /// Ends the file. True if the last record is a row of totals.
    pub(super) fn finish(&mut self) -> bool {
        let is_total = self.waiting.as_ref().is_some_and(|last| self.is_total(last));
        match (is_total, &self.waiting) {
            (false, _) => self.hear_waiting(),
            // A subtotal in the last row is left out as the total of the file, and not counted as an error.
            (true, Some(Waiting { subtotal: true, .. })) => self.totals.take_back(),
            (true, _) => {}
        }
        is_total
    }

    /// Line of the first row of subtotals, if rows which name nobody are subtotals.
    pub(super) fn subtotals(&self) -> Option<u64> {
        self.totals.subtotals()
    }

    fn hear(&mut self, line: u64, cells: RecordCells<'_>) {
        let related = Related { columns: &self.by_role, cells };
        self.dashes.see(line, cells);
        if let Some(parts) = &mut self.parts {
            parts.see(line, cells);
        }
        let weekdays = self.weekdays.see(line, &related);
        for watched in &mut self.watched {
            let Some(field) = cells.fields.get(watched.column) else {
                continue;
            };
            // Cells in the usual spelling are read by their bytes, and all other cells by the general parser.
            let bytes = field.bytes(cells.text);
            let is_seen = match &mut watched.profile {
                Profile::Date(profile) => profile.see_usual(line, bytes),
                Profile::Number(profile) => profile.see_usual(line, bytes),
                Profile::Duration(profile) => !self.spans.wants(watched.role) && profile.see_usual(bytes),
            };
            if is_seen {
                continue;
            }
            let cell = words::trimmed(field.cell(cells.text));
            if !says_something(&cell) {
                continue;
            }
            match &mut watched.profile {
                Profile::Date(profile) => {
                    let is_day = watched.role == Some(Role::Date);
                    profile
                        .see(line, &cell, |order| related.fits(order) && !(is_day && weekdays.rules_out(&cell, order)));
                }
                Profile::Number(profile) => profile.see(line, &cell),
                Profile::Duration(profile) => {
                    profile.see(line, &cell, || related.elapsed());
                    self.spans.see(line, &cell, watched.role, &related);
                }
            }
        }
    }

    fn hear_waiting(&mut self) {
        let Some(Waiting { line, cells, subtotal: false, .. }) = self.waiting.take() else {
            return;
        };
        for (watched, cell) in self.watched.iter_mut().zip(cells).filter(|(_, cell)| says_something(cell)) {
            match &mut watched.profile {
                Profile::Date(profile) => profile.see(line, &cell, |_| true),
                Profile::Number(profile) => profile.see(line, &cell),
                Profile::Duration(profile) => profile.see(line, &cell, || None),
            }
        }
    }

    fn watched_cells(&self, cells: RecordCells<'_>) -> Vec<String> {
        self.watched.iter().map(|watched| cell(cells, watched.column).into_owned()).collect()
    }
}

impl Watch {
    /// Sums of all durations so far in seconds, by watched column and decimal mark.
    fn sums(&self) -> Vec<[u64; 2]> {
        let sums = |profile: &Profile| match profile {
            Profile::Duration(profile) => profile.sums,
            _ => [0; 2],
        };
        self.watched.iter().map(|watched| sums(&watched.profile)).collect()
    }

    /// True if a record which names nobody is the sum of the rows since the last subtotal, or of all rows.
    fn is_subtotal(&self, looks: Looks, cells: RecordCells<'_>) -> bool {
        let rows = self.totals.since - 1;
        // The sum of a single row equals the row, so a label or bare cells must speak for a subtotal as well.
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

    /// True if the last record is a row of totals, by a word for a total or by being the sum of the rows before.
    fn is_total(&self, last: &Waiting) -> bool {
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

/// True if the cell is evidence for the reading of its column. A formula without a value, or a fault in JSON, is an error of its row only,
/// and a dash may be an empty cell.
fn says_something(cell: &str) -> bool {
    !cell.is_empty() && !is_remark(cell) && !words::is_dash(cell)
}

/// The profile which observes the column; `None` if the column is not observed.
fn profile(role: Option<Role>, key: &str, years_last: bool) -> Option<Profile> {
    let words = key.split(|letter: char| !letter.is_alphanumeric());
    let says = |wanted: &[&str]| words.clone().any(|word| wanted.contains(&word));
    match role {
        Some(role) if role.is_date() => Some(Profile::Date(Box::new(DateProfile::new(years_last)))),
        Some(role) if role.is_number() => Some(Profile::Number(Box::new(NumberProfile::new()))),
        Some(role) => role.duration().map(|unit| {
            // A number in a column which is just named "Duration" may count any unit.
            let unit = (role != Role::Duration).then_some(unit);
            Profile::Duration(Box::new(DurationProfile::new(unit)))
        }),
        None if says(&["date", "created", "updated", "datum", "дата"]) => {
            Some(Profile::Date(Box::new(DateProfile::new(years_last))))
        }
        None if !says(&["center", "centre", "code", "id"])
            && says(&["hours", "rate", "amount", "cost", "stunden", "часы", "horas"]) =>
        {
            Some(Profile::Number(Box::new(NumberProfile::new())))
        }
        None => None,
    }
}
