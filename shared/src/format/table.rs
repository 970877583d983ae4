//! The columns that are watched during the first pass.
//!
//! Those are the ones that hold the entries' dates, durations and numbers, and some that only bear
//! witness: a column "Cost Rate" tells the account's decimal mark as well as any other. Each record's
//! cells go to the profiles at once, except those of a record that may be a row of totals: it waits
//! until the next one shows that it was not the last. A row of subtotals goes to none.

mod related;
mod totals;

use std::borrow::Cow;

use super::columns::Role;
use super::headers::{Headers, RowEnds, Width};
use super::profile::{
    DashProfile, DateProfile, DurationProfile, NumberProfile, PartsProfile, SpanProfile, WeekdayProfile,
};
use super::row::NO_VALUE;
use super::words;
use crate::source::Cells;
use related::ByRole;
pub(super) use related::Related;
use totals::{Totals, Waiting};
pub(super) use totals::{names_nobody, who};

/// A column that is watched.
pub(super) struct Watched {
    pub column: usize,
    /// `None` for a column that only bears witness.
    pub role: Option<Role>,
    pub profile: Profile,
}

pub(super) enum Profile {
    Date(Box<DateProfile>),
    Number(Box<NumberProfile>),
    Duration(Box<DurationProfile>),
}

/// The columns of a file and what has been seen in them.
pub(super) struct Table {
    pub roles: Vec<(Role, usize)>,
    pub watched: Vec<Watched>,
    pub dashes: DashProfile,
    /// Where hours, minutes and seconds have columns of their own.
    pub parts: Option<PartsProfile>,
    pub spans: SpanProfile,
    pub weekdays: WeekdayProfile,
    by_role: ByRole,
    ends: RowEnds,
    lengths: Lengths,
    totals: Totals,
    waiting: Option<Waiting>,
    total: bool,
    /// Columns up to the last one that has a name, and all of them.
    named: usize,
    columns: usize,
    /// The first row that holds something in a nameless column at the end, and the first that is short of one.
    beyond: Option<u64>,
    short: Option<u64>,
}

/// What has been seen of where rows end.
#[derive(Debug, Default)]
struct Lengths {
    rows: u64,
    /// Rows that lack cells of named columns, and the first of them.
    short: u64,
    first_short: Option<u64>,
    /// A row ends with an empty cell of a named column: its program writes such cells.
    ends_empty: bool,
}

impl Table {
    /// Watches the columns of `roles`, and others whose names say that they hold dates or numbers.
    /// `years_last`: this format never puts a two-digit year first. `surplus`: empty cells behind the last column.
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

    /// Sees a record; `cells` is `None` if they cannot be read. `rows` come before it.
    pub fn see(&mut self, line: u64, cells: Option<Cells<'_>>, headers: &Headers, rows: u64) {
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

    fn wait(&self, line: u64, cells: Cells<'_>, looks: totals::TotalLike, rows: u64, subtotal: bool) -> Waiting {
        Waiting { line, looks, rows, cells: self.watched_cells(cells), subtotal }
    }

    /// Sees how many cells a record has; whether they are to be heard.
    fn see_length(&mut self, line: u64, cells: Cells<'_>, headers: &Headers) -> bool {
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

    /// How the rows end, and the first row that lacks its last cells if there are such rows.
    pub fn ends(&self) -> (RowEnds, Option<u64>) {
        let Lengths { rows, short, first_short, ends_empty } = self.lengths;
        // One row of many that is short has rather lost a cell on the way.
        let many = short > 1 && short * 20 >= rows || rows <= 4;
        let trimmed = short > 0 && many && !ends_empty;
        (RowEnds { trimmed, ..self.ends }, first_short)
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
        match (self.total, &self.waiting) {
            (false, _) => self.hear_waiting(),
            // A subtotal that is the last row is left out as the total, and no error besides.
            (true, Some(Waiting { subtotal: true, .. })) => self.totals.take_back(),
            (true, _) => {}
        }
    }

    /// Whether the last record is a row of totals.
    pub fn has_total(&self) -> bool {
        self.total
    }

    /// Whether rows that name nobody are subtotals, and the line of the first of them.
    pub fn subtotals(&self) -> Option<u64> {
        self.totals.subtotals()
    }

    fn hear(&mut self, line: u64, cells: Cells<'_>) {
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
            // Cells in the usual way are read by their bytes; whatever the shortcut does not know goes the long way.
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

    fn watched_cells(&self, cells: Cells<'_>) -> Vec<String> {
        self.watched.iter().map(|watched| cell(cells, watched.column).into_owned()).collect()
    }
}

/// Whether a cell can tell how its column is to be read. A formula without a value is the error of its row alone, and a dash
/// may be an empty cell.
fn says_something(cell: &str) -> bool {
    !cell.is_empty() && cell != NO_VALUE && !words::is_dash(cell)
}

fn cell<'c>(cells: Cells<'c>, column: usize) -> Cow<'c, str> {
    match cells.fields.get(column) {
        Some(field) => words::trimmed(field.cell(cells.text)),
        None => Cow::Borrowed(""),
    }
}

/// The profile that watches a column.
fn profile(role: Option<Role>, key: &str, years_last: bool) -> Option<Profile> {
    let words = key.split(|letter: char| !letter.is_alphanumeric());
    let says = |wanted: &[&str]| words.clone().any(|word| wanted.contains(&word));
    match role {
        Some(role) if role.is_date() => Some(Profile::Date(Box::new(DateProfile::new(years_last)))),
        Some(role) if role.is_number() => Some(Profile::Number(Box::new(NumberProfile::new()))),
        Some(role) => role.duration().map(|unit| {
            // A number in a column that is just called "Duration" may count anything.
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
