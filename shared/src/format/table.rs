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
use super::row::NO_VALUE;
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
    /// Columns up to the last one that has a name, and all of them.
    named: usize,
    columns: usize,
    /// The first row that holds something in a nameless column at the end, and the first that is short of one.
    beyond: Option<u64>,
    short: Option<u64>,
}

/// A record that may be a row of totals.
struct Waiting {
    line: u64,
    looks: TotalLike,
    /// How many records come before it.
    rows: u64,
    /// By watched column.
    cells: Vec<String>,
}

/// What makes a record look like a row of totals.
#[derive(Clone, Copy, PartialEq, Eq)]
enum TotalLike {
    /// It says so where a date or a name should stand, and has no date.
    Labelled,
    /// It says so, but has a date as a spreadsheet's total may: then it has to be the sum besides.
    Dated,
    /// It has no date and nothing but numbers, which have to be the sum.
    Bare,
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
        let columns = headers.shown().len();
        let named = headers.shown().iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
        Self { roles, watched, waiting: None, total: false, named, columns, beyond: None, short: None }
    }

    /// Sees a record; `cells` is `None` if they cannot be read. `rows` come before it.
    pub fn see(&mut self, line: u64, cells: Option<Cells<'_>>, headers: &Headers, rows: u64) {
        self.hear_waiting();
        let Some(cells) = cells else { return };
        self.waiting =
            self.total_like(cells).map(|looks| Waiting { line, looks, rows, cells: self.watched_cells(cells) });
        if self.waiting.is_none() && fits(headers.shown(), cells.text, cells.fields) {
            self.see_end(line, cells);
            self.hear(line, cells);
        }
    }

    /// Sees what stands in nameless columns at the end of the header.
    fn see_end(&mut self, line: u64, cells: Cells<'_>) {
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

    /// Lines that speak of shifted cells: one with something beyond the last name, and one with nothing there at all.
    pub fn shifted(&self) -> Option<(u64, u64)> {
        self.beyond.zip(self.short)
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
            if says_something(&cell) {
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
        for (watched, cell) in self.watched.iter_mut().zip(cells).filter(|(_, cell)| says_something(cell)) {
            match &mut watched.profile {
                Profile::Date(profile) => profile.see(line, &cell, |_| true),
                Profile::Number(profile) => profile.see(line, &cell),
                Profile::Duration(profile) => profile.see(line, &cell, || None),
            }
        }
    }

    fn watched_cells(&self, cells: Cells<'_>) -> Vec<String> {
        self.watched.iter().map(|watched| cell(cells, watched.column).into_owned()).collect()
    }

    /// What makes a record look like a row of totals, if something does: such a row names nobody and nothing beside the
    /// word that says so.
    fn total_like(&self, cells: Cells<'_>) -> Option<TotalLike> {
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
        let date = cell(cells, self.column(Role::Date)?);
        let is_dated = date.starts_with(|letter: char| letter.is_ascii_digit());
        if !is_dated && !date.is_empty() && !words::is_total(&date) {
            return None;
        }
        let mut labelled = words::is_total(&date);
        for column in WORDS.into_iter().filter_map(|role| self.column(role)) {
            let cell = cell(cells, column);
            if words::is_total(&cell) {
                labelled = true;
            } else if !cell.is_empty() {
                return None;
            }
        }
        match (is_dated, labelled) {
            (true, true) => Some(TotalLike::Dated),
            (true, false) => None,
            (false, true) => Some(TotalLike::Labelled),
            (false, false) => Some(TotalLike::Bare),
        }
    }

    /// Whether the last record is a row of totals: it says so, or its duration is the sum of the others.
    fn is_total(&self, last: &Waiting) -> bool {
        let is_sum = || {
            self.watched.iter().zip(&last.cells).any(|(watched, cell)| match &watched.profile {
                Profile::Duration(profile) => is_sum(profile, cell, watched.role, last.rows),
                _ => false,
            })
        };
        match last.looks {
            TotalLike::Labelled => last.rows > 0,
            // The sum of one row is that row over again.
            TotalLike::Dated => last.rows > 1 && is_sum(),
            TotalLike::Bare => last.rows > 0 && is_sum(),
        }
    }
}

/// Whether a cell can tell how its column is to be read. A formula without a value is the error of its row alone.
fn says_something(cell: &str) -> bool {
    !cell.is_empty() && cell != NO_VALUE
}

fn cell<'c>(cells: Cells<'c>, column: usize) -> Cow<'c, str> {
    match cells.fields.get(column) {
        Some(field) => words::trimmed(field.cell(cells.text)),
        None => Cow::Borrowed(""),
    }
}

/// Whether a cell is the sum of a column's durations, each of which may have been rounded to a hundredth of an hour.
fn is_sum(profile: &DurationProfile, cell: &str, role: Option<Role>, rows: u64) -> bool {
    const HUNDREDTH: u64 = 36;
    let unit = role.and_then(Role::duration).unwrap_or(Unit::Hours);
    let written = durations::read(cell);
    DecimalMark::ALL.into_iter().zip(profile.sums).any(|(mark, sum)| {
        let reading = Reading { unit, mark, ..Reading::USUAL };
        let seconds = written.and_then(|written| written.under(reading));
        let off = (HUNDREDTH * rows.max(2) / 2).min(sum / 100).max(HUNDREDTH);
        sum > 0 && seconds.is_some_and(|seconds| seconds.abs_diff(sum) <= off)
    })
}

/// The profile that watches a column.
fn profile(role: Option<Role>, key: &str, years_last: bool) -> Option<Profile> {
    let words = key.split(|letter: char| !letter.is_alphanumeric());
    let says = |wanted: &[&str]| words.clone().any(|word| wanted.contains(&word));
    match role {
        Some(role) if role.is_date() => Some(Profile::Date(DateProfile::new(years_last))),
        Some(role) if role.is_number() => Some(Profile::Number(NumberProfile::new())),
        Some(role) => role.duration().map(|unit| {
            // A number in a column that is just called "Duration" may count anything.
            let unit = (role != Role::Duration).then_some(unit);
            Profile::Duration(DurationProfile::new(unit))
        }),
        None if says(&["date", "created", "updated"]) => Some(Profile::Date(DateProfile::new(years_last))),
        None if !says(&["center", "centre", "code", "id"]) && says(&["hours", "rate", "amount", "cost"]) => {
            Some(Profile::Number(NumberProfile::new()))
        }
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

    /// From the start to the end, where the order of dates is no matter: on one day, on days that read the same under
    /// each order, or in the night to the day behind under the only order that makes it that.
    fn elapsed(&self) -> Option<u64> {
        let start = dates::read(&self.cell(Role::Date)?)?.day;
        let day_of_end = self.cell(Role::EndDate).filter(|cell| !cell.is_empty());
        let Some(end) = day_of_end.and_then(|cell| dates::read(&cell)) else {
            let (from, to) = self.times()?;
            let midnight = jiff::civil::date(2000, 1, 1);
            return self.between(midnight, if to < from { midnight.tomorrow().ok()? } else { midnight });
        };
        let days = DateOrder::ALL.into_iter().filter_map(|order| start.under(order).zip(end.day.under(order)));
        let mut elapsed: Vec<_> = days.filter_map(|(start, end)| self.between(start, end)).collect();
        elapsed.dedup();
        match elapsed[..] {
            [elapsed] => Some(elapsed),
            _ => None,
        }
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

    /// The duration, where it needs no reading but the usual one.
    fn took(&self) -> Option<u64> {
        match durations::read(&self.cell(Role::Duration)?)? {
            durations::Written::Number { .. } => None,
            written => written.under(Reading::USUAL),
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
