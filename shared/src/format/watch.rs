//! Observes the columns of a file during the first pass, to decide how their cells are read.
//!
//! The observed columns hold the dates, durations and numbers of entries, and some columns without a role are
//! observed as evidence only: a column "Cost Rate" shows the account's decimal mark as well as any other. The cells
//! of a record go to the profiles at once. A record which may be a row of totals waits for the next record, which
//! proves that the waiting record was not the last. The cells of a row of subtotals go to no profile.

mod related;
mod totals;

use super::columns::Role;
use super::error::NO_VALUE;
use super::headers::{Headers, RowEnds, Width};
use super::profile::{
    DashProfile, DateProfile, DurationProfile, NumberProfile, PartsProfile, SpanProfile, WeekdayProfile,
};
use crate::source::RecordCells;
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
pub(super) struct Watch {
    pub roles: Vec<(Role, usize)>,
    pub watched: Vec<Watched>,
    pub dashes: DashProfile,
    /// Present if hours, minutes and seconds stand in separate columns.
    pub parts: Option<PartsProfile>,
    pub spans: SpanProfile,
    pub weekdays: WeekdayProfile,
    by_role: ByRole,
    ends: RowEnds,
    lengths: Lengths,
    totals: Totals,
    waiting: Option<Waiting>,
    total: bool,
    /// Count of columns up to the last column with a name, and count of all columns.
    named: usize,
    columns: usize,
    /// Line of the first row with text in a nameless column at the end, and line of the first row which is
    /// too short for such a column.
    beyond: Option<u64>,
    short: Option<u64>,
}

/// Observations on the number of cells in the rows.
#[derive(Debug, Default)]
struct Lengths {
    rows: u64,
    /// Count of rows without the cells of some named columns, and the line of the first such row.
    short: u64,
    first_short: Option<u64>,
    /// True if some row ends with an empty cell of a named column, so the program writes empty cells at the end.
    ends_empty: bool,
}

impl Watch {
    /// Observes the columns of `roles`, and other columns whose names promise dates or numbers. With `years_last` the
    /// format never puts a two-digit year first; `surplus` is the count of empty cells after the last column.
    pub fn new(roles: Vec<(Role, usize)>, headers: &Headers, years_last: bool, surplus: u32) -> Self {
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
        let columns = headers.shown().len();
        let named = headers.shown().iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
        Self {
            dashes: DashProfile::new(&roles),
            parts: PartsProfile::new(&roles),
            spans: SpanProfile::default(),
            weekdays: WeekdayProfile::default(),
            by_role,
            ends: RowEnds { surplus, trimmed: false },
            lengths: Lengths::default(),
            totals: Totals::new(&roles),
            roles,
            watched,
            waiting: None,
            total: false,
            named,
            columns,
            beyond: None,
            short: None,
        }
    }

    /// Notes a record, which follows `rows` records; `cells` is `None` if the record cannot be read.
    pub fn see(&mut self, line: u64, cells: Option<RecordCells<'_>>, headers: &Headers, rows: u64) {
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
        if self.waiting.is_none() && self.see_length(line, cells, headers) {
            self.see_end(line, cells);
            self.hear(line, cells);
        }
    }

    fn wait(&self, line: u64, cells: RecordCells<'_>, looks: totals::TotalLike, rows: u64, subtotal: bool) -> Waiting {
        Waiting { line, looks, rows, cells: self.watched_cells(cells), subtotal }
    }

    /// Notes the number of cells in a record; returns true if the cells may go to the profiles.
    fn see_length(&mut self, line: u64, cells: RecordCells<'_>, headers: &Headers) -> bool {
        let width = match cells.fields.len() == self.columns {
            true => Width::Whole,
            false => self.ends.width(headers.shown(), cells.text, cells.fields),
        };
        self.lengths.rows += 1;
        let last = cells.fields.get(self.named.min(cells.fields.len()).saturating_sub(1));
        self.lengths.ends_empty |= last.is_some_and(|field| field.len() <= 2 && field.cell(cells.text).is_empty());
        if width == Width::Short {
            self.lengths.short += 1;
            self.lengths.first_short.get_or_insert(line);
        }
        width == Width::Whole || width == Width::Short && !self.lengths.ends_empty
    }

    /// The way in which rows end, and the line of the first row without its last cells, if any.
    pub fn ends(&self) -> (RowEnds, Option<u64>) {
        let Lengths { rows, short, first_short, ends_empty } = self.lengths;
        // A single short row among many has more likely lost a cell.
        let many = short > 1 && short * 20 >= rows || rows <= 4;
        let trimmed = short > 0 && many && !ends_empty;
        (RowEnds { trimmed, ..self.ends }, first_short)
    }

    /// Notes the text in nameless columns at the end of the header.
    fn see_end(&mut self, line: u64, cells: RecordCells<'_>) {
        if self.named == self.columns {
            return;
        }
        let beyond = cells.fields.get(self.named..).unwrap_or_default();
        if beyond.iter().any(|field| !words::trimmed(field.cell(cells.text)).is_empty()) {
            self.beyond.get_or_insert(line);
        } else if cells.fields.len() < self.columns {
            self.short.get_or_insert(line);
        }
    }

    /// Lines which suggest shifted cells: the line of a row with text beyond the last name, and the line of a row too
    /// short for this column. `None` unless both exist.
    pub fn shifted(&self) -> Option<(u64, u64)> {
        self.beyond.zip(self.short)
    }

    /// Ends the file, and decides if the waiting record is a row of totals.
    pub fn finish(&mut self) {
        self.total = self.waiting.as_ref().is_some_and(|last| self.is_total(last));
        match (self.total, &self.waiting) {
            (false, _) => self.hear_waiting(),
            // A subtotal in the last row is left out as the total of the file, and not counted as an error.
            (true, Some(Waiting { subtotal: true, .. })) => self.totals.take_back(),
            (true, _) => {}
        }
    }

    /// True if the last record is a row of totals.
    pub fn has_total(&self) -> bool {
        self.total
    }

    /// Line of the first row of subtotals, if rows which name nobody are subtotals.
    pub fn subtotals(&self) -> Option<u64> {
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

/// True if the cell is evidence for the reading of its column. A formula without a value is an error of its row only,
/// and a dash may be an empty cell.
fn says_something(cell: &str) -> bool {
    !cell.is_empty() && cell != NO_VALUE && !words::is_dash(cell)
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
