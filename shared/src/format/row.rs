//! A row's cells by their role.

mod error;

use std::borrow::Cow;

use jiff::civil::{Date, Time};

use super::columns::Role;
use super::dates::{self, DateOrder};
use super::durations::{self, Unit, Written};
use super::entry::{EntryRow, Person, Tag};
use super::layout::Readings;
use super::numbers::{self, Decimal, DecimalMark};
use super::people;
use super::tags;
use super::times;
use super::words;
use crate::shorten::shortened;
use crate::source;
pub use error::{ErrorCode, RowError};

/// The text of a cell whose formula has no stored value, in a table that was made from a sheet. No file has this
/// character in a text: Unicode keeps U+FDD0 for use inside a program.
pub const NO_VALUE: &str = "\u{fdd0}";

/// The most letters of a cell or an option that an error repeats.
pub const VALUE: usize = 80;

/// The beginning of a cell, short enough to be shown.
pub(crate) fn excerpt(cell: &str) -> String {
    shortened(cell, VALUE)
}

/// Whether a cell that reads as a time, `9.05.30`, may be a date as well, on which an entry of `day` ends or begins.
fn may_be_day(cell: &str, day: Date) -> bool {
    if !times::is_dotted(cell) {
        return false;
    }
    let Some(written) = dates::read(cell) else {
        return false;
    };
    let near = |date: Date| day.until(date).is_ok_and(|span| (0..=31).contains(&span.get_days()));
    DateOrder::ALL.into_iter().filter_map(|order| written.day.under(order)).any(near)
}

/// The cells of one row, under a layout.
pub(super) struct Cells<'r, 's> {
    pub text: &'r str,
    pub fields: &'s [source::Field],
    pub readings: &'r Readings<'r>,
    /// A field holds something else than what stands between its delimiters or quotes.
    pub needs_care: bool,
}

impl<'r> Cells<'r, '_> {
    /// Whether the table has a column for the role.
    pub fn has(&self, role: Role) -> bool {
        self.readings.column(role).is_some()
    }

    /// The name of a role's column as shown.
    pub fn shown(&self, role: Role) -> &'r str {
        self.readings.shown(role)
    }

    /// The cell of a role without blanks around it; `None` if there is none or nothing in it.
    #[inline(always)]
    pub fn text(&self, role: Role) -> Option<Cow<'r, str>> {
        self.written(self.field(role)?)
    }

    #[inline(always)]
    fn field(&self, role: Role) -> Option<&source::Field> {
        self.fields.get(self.readings.place(role))
    }

    /// The bytes of the cell of a role as they stand in the text, for shortcuts: of a cell that needs to be trimmed or unescaped
    /// they begin or end otherwise than what is read by a shortcut. Empty if there is no cell.
    #[inline(always)]
    pub fn bytes(&self, role: Role) -> &'r [u8] {
        self.field(role).map_or(&[], |field| field.bytes(self.text))
    }

    /// What is written in a field, without blanks around it; `None` if nothing is.
    #[inline(always)]
    fn written(&self, field: &source::Field) -> Option<Cow<'r, str>> {
        match field.bytes(self.text) {
            [] => None,
            // Nothing to be trimmed, no dash, and nothing to be unescaped either, which would begin with a quote.
            [first, .., last] if first.is_ascii_graphic() && *first != b'"' && last.is_ascii_graphic() => {
                Some(field.cell(self.text))
            }
            _ => self.written_closely(field),
        }
    }

    #[inline(never)]
    fn written_closely(&self, field: &source::Field) -> Option<Cow<'r, str>> {
        let cell = words::trimmed(field.cell(self.text));
        // In some files a dash means that nothing is written.
        let is_nothing = cell.is_empty() || self.readings.rules.dashes && words::is_dash(&cell);
        (!is_nothing).then_some(cell)
    }

    /// The cell of a role that names something: blanks inside are collapsed.
    pub fn name(&self, role: Role) -> Option<Cow<'r, str>> {
        let field = self.field(role)?;
        let cell = self.written(field)?;
        Some(if self.is_tidy(field, &cell) { cell } else { words::collapsed(cell) })
    }

    /// Whether the cell of a field can be seen at once to have no blanks that are to be collapsed.
    #[inline(always)]
    fn is_tidy(&self, field: &source::Field, cell: &Cow<'r, str>) -> bool {
        // A cell that was unescaped or trimmed is shorter than the field.
        let as_it_stands = matches!(cell, Cow::Borrowed(_)) && cell.len() == field.bytes(self.text).len();
        let tidy = || words::is_short_and_tidy(field.window(self.text)?, cell.len());
        as_it_stands && tidy().unwrap_or_else(|| words::is_tidy(cell))
    }

    /// The tags of the usual column.
    fn tags(&self) -> Vec<Tag<'r>> {
        let Some(field) = self.field(Role::Tags) else { return Vec::new() };
        let Some(cell) = self.written(field) else { return Vec::new() };
        let tidy = self.is_tidy(field, &cell);
        tags::listed(cell, tidy)
    }

    /// The date of a role, and the time of day if one follows it.
    #[inline]
    pub fn date(&self, role: Role) -> Result<(Date, Option<Time>), RowError> {
        match dates::iso(self.bytes(role)) {
            Some(date) => Ok((date, None)),
            None => self.any_date(role),
        }
    }

    #[inline(never)]
    fn any_date(&self, role: Role) -> Result<(Date, Option<Time>), RowError> {
        let Some(cell) = self.text(role) else {
            return Err(self.missing(role));
        };
        let written = dates::read(&cell);
        let date = written.and_then(|written| {
            let date = written.day.under(self.readings.order(role))?;
            Some((date, written.time))
        });
        date.ok_or_else(|| {
            let order = self.readings.order(role);
            let how = match dates::read(&cell) {
                Some(_) => format!("is no day of the calendar ({order})"),
                None => match dates::unclear_month(&cell) {
                    None => "cannot be read as a date".to_owned(),
                    Some((word, months)) => {
                        let months: Vec<String> = months.iter().map(u8::to_string).collect();
                        format!("cannot be read as a date: {word:?} may be month {}", months.join(" or "))
                    }
                },
            };
            self.unreadable(role, ErrorCode::InvalidDate, &cell, &how)
        })
    }

    /// The time of day in the cell of a role, and whether that is all that the cell says: it may name a day before it,
    /// which need not be `day`.
    #[inline]
    fn time(&self, role: Role, day: Date) -> (Option<Time>, bool) {
        match self.bytes(role) {
            [] => (None, true),
            bytes => match times::plain(bytes) {
                Some(time) => (Some(time), true),
                None => self.any_time(role, day),
            },
        }
    }

    #[inline(never)]
    fn any_time(&self, role: Role, day: Date) -> (Option<Time>, bool) {
        let Some(cell) = self.text(role) else {
            return (None, true);
        };
        // Where durations are parts of a day, so are times.
        let parts = || self.readings.duration(Role::Duration).unit == Unit::Days;
        if let Some(time) = times::read(&cell).or_else(|| times::part_of_a_day(&cell, parts())) {
            return if may_be_day(&cell, day) { (None, false) } else { (Some(time), true) };
        }
        if role == Role::End && times::is_end_of_day(&cell) {
            return (Some(Time::midnight()), true);
        }
        let order = self.readings.order(if role == Role::End { Role::EndDate } else { Role::Date });
        match dates::read(&cell) {
            Some(written) if written.time.is_some() => (written.time, written.day.under(order) == Some(day)),
            _ => (None, false),
        }
    }

    /// The duration of a role as it is written; `None` if its cell is empty.
    #[inline]
    pub fn duration(&self, role: Role) -> Result<Option<Duration>, RowError> {
        let bytes = self.bytes(role);
        if bytes.is_empty() {
            return Ok(None);
        }
        match durations::plain(bytes).and_then(|written| written.under(self.readings.duration(role))) {
            Some(seconds) => Ok(Some(Duration { seconds, clock: false })),
            None => self.any_duration(role),
        }
    }

    #[inline(never)]
    fn any_duration(&self, role: Role) -> Result<Option<Duration>, RowError> {
        let Some(cell) = self.text(role) else {
            return Ok(None);
        };
        let unreadable = || {
            let how = match cell.starts_with(['-', '−', '(']) && cell.contains(|letter: char| letter.is_ascii_digit())
            {
                true => "is no duration: it is below zero",
                false => "cannot be read as a duration",
            };
            self.unreadable(role, ErrorCode::InvalidDuration, &cell, how)
        };
        let written = durations::read(&cell).ok_or_else(unreadable)?;
        let seconds = written.under(self.readings.duration(role)).ok_or_else(unreadable)?;
        if let Some(unit) = self.leaves_open(role, written, seconds) {
            let how = format!(
                "may be hours and minutes, or minutes and seconds, in a column of {unit}: write a number of {unit}, or H:MM:SS"
            );
            return Err(self.unreadable(role, ErrorCode::InvalidDuration, &cell, &how));
        }
        let clock = matches!(written, Written::Clock(_));
        Ok(Some(Duration { seconds, clock }))
    }

    /// Whether a cell is a `1:30` in a column of minutes or seconds, where no custom says that it is hours and minutes, and
    /// start and end do not tell; the name of the unit if so.
    fn leaves_open(&self, role: Role, written: Written, seconds: u64) -> Option<&'static str> {
        let unit = match (written, role) {
            (Written::Pair(..), Role::Minutes) => "minutes",
            (Written::Pair(..), Role::Seconds) => "seconds",
            _ => return None,
        };
        let is_open = !self.readings.duration(role).pair_is_told && seconds > 0;
        is_open.then_some(unit)
    }

    /// The duration of a role, in seconds; an entry cannot do without.
    pub fn needed_seconds(&self, role: Role) -> Result<u64, RowError> {
        let duration = self.duration(role)?.ok_or_else(|| self.missing(role))?;
        Ok(duration.seconds)
    }

    /// A number of a role.
    pub fn number(&self, role: Role) -> Option<Decimal> {
        let cell = self.text(role)?;
        Decimal::read(numbers::without_currency(&cell), self.readings.mark(role))
    }

    /// A number of a role in the plain way: digits, and a dot before the fraction.
    fn decimal(&self, role: Role) -> Option<Cow<'r, str>> {
        let cell = self.text(role)?;
        if self.readings.mark(role) == DecimalMark::Dot && numbers::is_plain(&cell) {
            return Some(cell);
        }
        self.number(role).map(|number| Cow::Owned(number.to_string()))
    }

    /// A yes or no; `None` if its cell is empty, or a dash.
    #[inline]
    fn flag(&self, role: Role) -> Result<Option<bool>, RowError> {
        match self.bytes(role) {
            b"Yes" => Ok(Some(true)),
            b"No" => Ok(Some(false)),
            b"" => Ok(None),
            _ => self.any_flag(role),
        }
    }

    #[inline(never)]
    fn any_flag(&self, role: Role) -> Result<Option<bool>, RowError> {
        let Some(cell) = self.text(role) else {
            return Ok(None);
        };
        match words::flag(&cell) {
            None if words::is_dash(&cell) => Ok(None),
            None => {
                let how = format!("is neither yes nor no; known are {}", words::FLAGS);
                Err(self.unreadable(role, ErrorCode::InvalidFlag, &cell, &how))
            }
            flag => Ok(flag),
        }
    }

    /// The person of the usual columns: e-mail, name, first and last name.
    pub fn person(&self) -> Person<'r> {
        let name = self.name(Role::Person).map(people::first_name_first);
        let name = name.or_else(|| people::joined(self.name(Role::FirstName), self.name(Role::LastName)));
        let name = name.or_else(|| self.name(Role::PersonId));
        match (self.text(Role::Email), name) {
            (None, Some(name)) if people::is_email(&name) => Person { email: Some(name), name: None },
            (email, name) => Person { email, name },
        }
    }

    /// The error of a row that lacks what an entry cannot do without.
    pub fn missing(&self, role: Role) -> RowError {
        let column = self.shown(role);
        RowError {
            column: column.to_owned(),
            code: ErrorCode::Missing,
            value: String::new(),
            message: format!("{column}: nothing is written there"),
        }
    }

    /// The error of a row with a cell that says no such thing.
    pub fn unreadable(&self, role: Role, code: ErrorCode, cell: &str, how: &str) -> RowError {
        let (column, value) = (self.shown(role), excerpt(cell));
        let message = format!("{column}: {value:?} {how}");
        RowError { column: column.to_owned(), code, value, message }
    }
}

/// A duration that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Duration {
    pub seconds: u64,
    /// Written as a time of day, which counts no whole days.
    pub clock: bool,
}

impl<'r> Cells<'r, '_> {
    /// The entry that all formats have in common: each role read in the usual way, and all cells kept
    /// that found no place. The duration is the format's to tell.
    #[inline(always)]
    pub fn entry(&self) -> Result<EntryRow<'r>, RowError> {
        let (date, time) = self.date(Role::Date)?;
        let mut extra = self.extra();
        let ((start, all_of_start), (end, all_of_end)) = (self.time(Role::Start, date), self.time(Role::End, date));
        let (billable, invoiced) = (self.flag(Role::Billable)?, self.flag(Role::Invoiced)?);
        let (rate, amount) = (self.decimal(Role::Rate), self.decimal(Role::Amount));
        let mut keep = |role: Role, is_kept: bool| {
            if is_kept && self.has(role) {
                extra.extend(self.shown_text(role));
            }
        };
        keep(Role::Start, !all_of_start);
        keep(Role::End, !all_of_end);
        keep(Role::Rate, rate.is_none());
        keep(Role::Amount, amount.is_none());
        keep(Role::DecimalHours, true);
        keep(Role::Weekday, true);
        Ok(EntryRow {
            person: self.person(),
            client: self.name(Role::Client),
            project: self.name(Role::Project),
            task: self.name(Role::Task),
            text: self.text(Role::Text),
            tags: self.tags(),
            billable,
            invoiced,
            date,
            start: start.or(time),
            end,
            ends_day: end == Some(Time::midnight())
                && self.text(Role::End).is_some_and(|cell| times::is_end_of_day(&cell)),
            seconds: 0,
            rate,
            amount,
            currency: self.text(Role::Currency),
            extra,
        })
    }

    /// The cells of columns that have no role.
    fn extra(&self) -> Vec<(&'r str, Cow<'r, str>)> {
        let columns = self.readings.without_role();
        // Room for all of them, unless the table is far wider than those that programs write.
        let mut extra = Vec::with_capacity(columns.len().min(32));
        for &(column, name) in columns {
            if let Some(cell) = self.fields.get(column).and_then(|field| self.written(field)) {
                extra.push((name, cell));
            }
        }
        extra
    }

    /// Keeps the cell of a role among the extras, for the reader of a format that has no use for it.
    #[inline]
    pub fn keep(&self, entry: &mut EntryRow<'r>, role: Role) {
        if self.has(role) {
            entry.extra.extend(self.shown_text(role));
        }
    }

    /// The cell of a role with the column's name.
    #[inline(never)]
    fn shown_text(&self, role: Role) -> Option<(&'r str, Cow<'r, str>)> {
        self.text(role).map(|cell| (self.shown(role), cell))
    }
}
