//! The columns that are watched during the first pass.
//!
//! Those are the ones that hold the entries' dates, durations and numbers, and some that only bear
//! witness: a column "Cost Rate" tells the account's decimal mark as well as any other. Each record's
//! cells go to the profiles at once, except those of a record that may be a row of totals: it waits
//! until the next one shows that it was not the last.

use std::borrow::Cow;

use jiff::civil::{Date, DateTime, Time};

use super::columns::Role;
use super::dates::{self, DateOrder};
use super::durations::{self, Reading, Unit};
use super::headers::{Headers, fits};
use super::numbers::DecimalMark;
use super::profile::{DateProfile, DurationProfile, NumberProfile};
use super::times;
use super::words;
use crate::source::Cells;

/// A column that is watched.
pub(super) struct Watched {
    pub column: usize,
    /// `None` for a column that only bears witness.
    pub role: Option<Role>,
    pub profile: Profile,
}

#[expect(clippy::large_enum_variant, reason = "one for each watched column of a file")]
pub(super) enum Profile {
    Date(DateProfile),
    Number(NumberProfile),
    Duration(DurationProfile),
}

/// The columns of a file and what has been seen in them.
pub(super) struct Table {
    pub roles: Vec<(Role, usize)>,
    pub watched: Vec<Watched>,
    waiting: Option<Waiting>,
    total: bool,
}

/// The cells of a record that may be a row of totals.
struct Waiting {
    line: u64,
    /// Something in it says "total".
    labelled: bool,
    /// Not the first data record.
    behind_rows: bool,
    /// By watched column.
    cells: Vec<String>,
}

impl Table {
    /// Watches the columns of `roles`, and others whose names say that they hold dates or numbers.
    /// `years_last`: this format never puts a two-digit year first.
    pub fn new(roles: Vec<(Role, usize)>, headers: &Headers, years_last: bool) -> Self {
        let mut watched = Vec::new();
        for (column, key) in headers.keys().enumerate() {
            let role = roles.iter().find(|(_, other)| *other == column).map(|(role, _)| *role);
            if let Some(profile) = profile(role, key, years_last) {
                watched.push(Watched { column, role, profile });
            }
        }
        Self { roles, watched, waiting: None, total: false }
    }

    /// Sees a record; `cells` is `None` if they cannot be read. `rows` come before it.
    pub fn see(&mut self, line: u64, cells: Option<Cells<'_>>, headers: &Headers, rows: u64) {
        self.hear_waiting();
        let Some(cells) = cells else { return };
        self.waiting = self.total_like(line, cells, rows);
        if self.waiting.is_none() && fits(headers.shown(), cells.fields.len()) {
            self.hear(line, cells);
        }
    }

    /// Says that there are no more records.
    pub fn finish(&mut self) {
        self.total = self.waiting.as_ref().is_some_and(|last| self.is_total(last));
        if !self.total {
            self.hear_waiting();
        }
    }

    /// Whether the last record is a row of totals.
    pub fn has_total(&self) -> bool {
        self.total
    }

    fn column(&self, role: Role) -> Option<usize> {
        self.roles.iter().find(|(other, _)| *other == role).map(|(_, column)| *column)
    }

    fn hear(&mut self, line: u64, cells: Cells<'_>) {
        let related = Related { roles: &self.roles, cells };
        for watched in &mut self.watched {
            let Some(field) = cells.fields.get(watched.column) else {
                continue;
            };
            let cell = words::trimmed(field.cell(cells.text));
            if !cell.is_empty() {
                match &mut watched.profile {
                    Profile::Date(profile) => {
                        profile.see(line, &cell, |order| related.fits(order));
                    }
                    Profile::Number(profile) => profile.see(line, &cell),
                    Profile::Duration(profile) => {
                        profile.see(line, &cell, || related.elapsed());
                    }
                }
            }
        }
    }

    fn hear_waiting(&mut self) {
        let Some(Waiting { line, cells, .. }) = self.waiting.take() else {
            return;
        };
        for (watched, cell) in self.watched.iter_mut().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            match &mut watched.profile {
                Profile::Date(profile) => profile.see(line, &cell, |_| true),
                Profile::Number(profile) => profile.see(line, &cell),
                Profile::Duration(profile) => profile.see(line, &cell, || None),
            }
        }
    }

    /// A record without a date, that says "total" or has nothing but numbers in it.
    fn total_like(&self, line: u64, cells: Cells<'_>, rows: u64) -> Option<Waiting> {
        let cell = |column: usize| match cells.fields.get(column) {
            Some(field) => words::trimmed(field.cell(cells.text)),
            None => Cow::Borrowed(""),
        };
        let date = cell(self.column(Role::Date)?);
        if date.starts_with(|letter: char| letter.is_ascii_digit()) {
            // A spreadsheet's total may bear a date; then it has to be the sum besides, and to stand where names do.
            let names = [Role::Person, Role::Client, Role::Project, Role::Task];
            let said =
                names.into_iter().filter_map(|role| self.column(role)).any(|column| words::is_total(&cell(column)));
            return said.then(|| {
                let cells = self.watched.iter().map(|watched| cell(watched.column).into_owned()).collect();
                Waiting { line, labelled: false, behind_rows: rows > 1, cells }
            });
        }
        let labels = || (0..cells.fields.len()).map(cell).any(|cell| words::is_total(&cell));
        let labelled = (date.is_empty() || words::is_total(&date)) && labels();
        let worded = || {
            let words = [Role::Email, Role::Person, Role::FirstName, Role::LastName, Role::Text];
            let names = [Role::Client, Role::Project, Role::Task, Role::TaskKey, Role::PersonId];
            let mut columns = words.into_iter().chain(names).filter_map(|role| self.column(role));
            columns.any(|column| !cell(column).is_empty())
        };
        if !labelled && (!date.is_empty() || worded()) {
            return None;
        }
        let cells = self.watched.iter().map(|watched| cell(watched.column).into_owned()).collect();
        Some(Waiting { line, labelled, behind_rows: rows > 0, cells })
    }

    /// Whether the last record is a row of totals: it says so, or its duration is the sum of the others.
    fn is_total(&self, last: &Waiting) -> bool {
        let sums = self.watched.iter().zip(&last.cells).any(|(watched, cell)| match &watched.profile {
            Profile::Duration(profile) => is_sum(profile, cell, watched.role),
            _ => false,
        });
        last.behind_rows && (last.labelled || sums)
    }
}

/// Whether a cell is the sum of a column's durations, to a hundredth of an hour.
fn is_sum(profile: &DurationProfile, cell: &str, role: Option<Role>) -> bool {
    let unit = role.and_then(Role::duration).unwrap_or(Unit::Hours);
    let written = durations::read(cell);
    DecimalMark::ALL.into_iter().zip(profile.sums).any(|(mark, sum)| {
        let reading = Reading { unit, pair: Unit::Hours, mark };
        let seconds = written.and_then(|written| written.under(reading));
        sum > 0 && seconds.is_some_and(|seconds| seconds.abs_diff(sum) <= 36)
    })
}

/// The profile that watches a column.
fn profile(role: Option<Role>, key: &str, years_last: bool) -> Option<Profile> {
    let says = |words: &[&str]| words.iter().any(|word| key.contains(word));
    match role {
        Some(role) if role.is_date() => Some(Profile::Date(DateProfile::new(years_last))),
        Some(role) if role.is_number() => Some(Profile::Number(NumberProfile::new())),
        Some(role) => role.duration().map(|unit| {
            // A number in a column that is just called "Duration" may count anything.
            let unit = (role != Role::Duration).then_some(unit);
            Profile::Duration(DurationProfile::new(unit))
        }),
        None if says(&["date", "created", "updated"]) => Some(Profile::Date(DateProfile::new(years_last))),
        None if says(&["hours", "rate", "amount", "cost"]) => Some(Profile::Number(NumberProfile::new())),
        None => None,
    }
}

/// The cells of a record by role, for what they say about each other.
struct Related<'r> {
    roles: &'r [(Role, usize)],
    cells: Cells<'r>,
}

impl<'r> Related<'r> {
    fn cell(&self, role: Role) -> Option<Cow<'r, str>> {
        let (_, column) = self.roles.iter().find(|(other, _)| *other == role)?;
        Some(words::trimmed(self.cells.fields.get(*column)?.cell(self.cells.text)))
    }

    /// From the start to the end, if both are on the same day: then the order of dates is no matter.
    fn elapsed(&self) -> Option<u64> {
        let start = dates::read(&self.cell(Role::Date)?)?;
        let end = dates::read(&self.cell(Role::EndDate)?);
        if end.is_some_and(|end| end.day != start.day) {
            return None;
        }
        let midnight = jiff::civil::date(2000, 1, 1);
        self.between(midnight, midnight)
    }

    /// Whether start and end are as far apart as the entry took, with dates of an order. This tells
    /// an order by entries that cross midnight: under the wrong one they would take a month.
    fn fits(&self, order: DateOrder) -> bool {
        let cells = || Some((self.cell(Role::Date)?, self.cell(Role::EndDate)?));
        let (Some((start, end)), Some(took)) = (cells(), self.took()) else {
            return true;
        };
        if start == end || self.times().is_none() {
            return true;
        }
        let day = |cell: &str| dates::read(cell)?.day.under(order);
        let elapsed = day(&start).zip(day(&end)).and_then(|(start, end)| self.between(start, end));
        // An hour more or less is a clock that was turned.
        elapsed.is_some_and(|elapsed| elapsed.abs_diff(took) <= 3660)
    }

    /// The duration, where it needs no reading.
    fn took(&self) -> Option<u64> {
        match durations::read(&self.cell(Role::Duration)?)? {
            durations::Written::Exact(seconds) => Some(seconds),
            _ => None,
        }
    }

    /// The times of day of start and end.
    fn times(&self) -> Option<(Time, Time)> {
        let behind_date = |role: Role| dates::read(&self.cell(role)?)?.time;
        let time = |role: Role, date: Role| match self.cell(role).and_then(|cell| times::read(&cell)) {
            None => behind_date(date),
            time => time,
        };
        Some((time(Role::Start, Role::Date)?, time(Role::End, Role::EndDate)?))
    }

    fn between(&self, start: Date, end: Date) -> Option<u64> {
        let (from, to) = self.times()?;
        let elapsed = DateTime::from_parts(start, from).duration_until(DateTime::from_parts(end, to));
        u64::try_from(elapsed.as_secs()).ok()
    }
}
