//! The cells of a row by their role.

use std::borrow::Cow;

use jiff::civil::{Date, Time};

use super::columns::Role;
use super::readings::Readings;
use super::row::{EntryRow, RowPerson};
use crate::source;
use crate::table::{ErrorCode, RowError};
use crate::values::dates::{self, DateOrder};
use crate::values::durations::{self, Unit, Written};
use crate::values::hashtags::{self, Tag};
use crate::values::names;
use crate::values::numbers::{self, Decimal, DecimalMark};
use crate::values::times;
use crate::values::words;

/// True if a cell which can be read as a time, such as `9.05.30`, may be a date as well, on which an
/// entry of `day` begins or ends.
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

/// The cells of a row, read under a layout.
pub(super) struct Cells<'r, 's> {
    pub text: &'r str,
    pub fields: &'s [source::RawField],
    pub readings: &'r Readings<'r>,
}

impl<'r> Cells<'r, '_> {
    /// True if the table has a column for the role.
    pub fn has(&self, role: Role) -> bool {
        self.readings.column(role).is_some()
    }

    /// Name of the role's column as shown.
    pub fn shown(&self, role: Role) -> &'r str {
        self.readings.shown(role)
    }

    /// The trimmed cell of a role; `None` if the cell is missing or empty.
    #[inline(always)]
    pub fn text(&self, role: Role) -> Option<Cow<'r, str>> {
        self.written(self.field(role)?)
    }

    #[inline(always)]
    fn field(&self, role: Role) -> Option<&source::RawField> {
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
    fn written(&self, field: &source::RawField) -> Option<Cow<'r, str>> {
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
    fn written_closely(&self, field: &source::RawField) -> Option<Cow<'r, str>> {
        let cell = words::trimmed(field.cell(self.text));
        // In some files a dash means that nothing is written.
        let is_nothing = cell.is_empty() || self.readings.rules.dashes && words::is_dash(&cell);
        (!is_nothing).then_some(cell)
    }

    /// The cell of a role which is a name, with blanks inside the name collapsed.
    pub fn name(&self, role: Role) -> Option<Cow<'r, str>> {
        let field = self.field(role)?;
        let cell = self.written(field)?;
        Some(if self.is_tidy(field, &cell) { cell } else { words::collapsed(cell) })
    }

    /// Whether the cell of a field can be seen at once to have no blanks that are to be collapsed.
    #[inline(always)]
    #[expect(clippy::ptr_arg, reason = "a borrowed cell differs from an owned cell")]
    fn is_tidy(&self, field: &source::RawField, cell: &Cow<'r, str>) -> bool {
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
        hashtags::listed(cell, tidy)
    }

    /// The date of a role, with the time of day if a time follows the date.
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

    /// The time of day in the cell of a role, and true if the time and `day` cover the whole cell. A cell which names
    /// a day other than `day` before the time gives false and must be kept.
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
        // If durations are parts of a day, times are parts of a day as well.
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

    /// The duration in the cell of a role; `None` if the cell is empty.
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

    /// The unit of the column, `minutes` or `seconds`, if the cell is a pair such as `1:30` whose meaning neither
    /// custom nor start and end decide; `None` otherwise.
    fn leaves_open(&self, role: Role, written: Written, seconds: u64) -> Option<&'static str> {
        let unit = match (written, role) {
            (Written::Pair(..), Role::Minutes) => "minutes",
            (Written::Pair(..), Role::Seconds) => "seconds",
            _ => return None,
        };
        let is_open = !self.readings.duration(role).pair_is_told && seconds > 0;
        is_open.then_some(unit)
    }

    /// The duration of a role in seconds; an empty cell is an error.
    pub fn needed_seconds(&self, role: Role) -> Result<u64, RowError> {
        let duration = self.duration(role)?.ok_or_else(|| self.missing(role))?;
        Ok(duration.seconds)
    }

    /// The number of a role; `None` if the cell is empty or no number.
    pub fn number(&self, role: Role) -> Option<Decimal> {
        let cell = self.text(role)?;
        Decimal::read(numbers::without_currency(&cell), self.readings.mark(role))
    }

    /// The number of a role in its plain form: digits, and a dot before the decimals.
    fn decimal(&self, role: Role) -> Option<Cow<'r, str>> {
        let cell = self.text(role)?;
        if self.readings.mark(role) == DecimalMark::Dot && numbers::is_plain(&cell) {
            return Some(cell);
        }
        self.number(role).map(|number| Cow::Owned(number.to_string()))
    }

    /// The boolean of a role; `None` if its cell is empty or a dash.
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

    /// The person named by the usual columns: e-mail, name, first and last name.
    pub fn person(&self) -> RowPerson<'r> {
        let name = self.name(Role::Person).map(names::first_name_first);
        let name = name.or_else(|| names::joined(self.name(Role::FirstName), self.name(Role::LastName)));
        let name = name.or_else(|| self.name(Role::PersonId));
        match (self.text(Role::Email), name) {
            (None, Some(name)) if names::is_email(&name) => RowPerson { email: Some(name), name: None },
            (email, name) => RowPerson { email, name },
        }
    }

    /// The error of a row in which a cell needed by every entry is empty.
    pub fn missing(&self, role: Role) -> RowError {
        RowError::missing(self.shown(role))
    }

    /// The error of a row whose cell cannot be parsed as the role demands; `how` completes the sentence.
    pub fn unreadable(&self, role: Role, code: ErrorCode, cell: &str, how: &str) -> RowError {
        RowError::unreadable(self.shown(role), code, cell, how)
    }
}

/// A parsed duration, with the form in which the cell was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Duration {
    pub seconds: u64,
    /// True if the duration is written as a time of day, which lacks whole days.
    pub clock: bool,
}

impl<'r> Cells<'r, '_> {
    /// The entry as common to all formats, with each role read in the usual way and all cells without a field
    /// kept. The caller adds the duration.
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

    /// The filled cells of columns without a role, with the names of their columns.
    fn extra(&self) -> Vec<(&'r str, Cow<'r, str>)> {
        let columns = self.readings.without_role();
        // Room for all of these cells, unless the table is far wider than the tables written by programs.
        let mut extra = Vec::with_capacity(columns.len().min(32));
        for &(column, name) in columns {
            if let Some(cell) = self.fields.get(column).and_then(|field| self.written(field)) {
                extra.push((name, cell));
            }
        }
        extra
    }

    /// Keeps the cell of a role among the extra cells, for formats which have no use for the role.
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
