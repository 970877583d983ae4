//! The cells of a row by their role, and the errors of rows.

use std::borrow::Cow;

use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use super::columns::Role;
use super::entry::{EntryRow, Person};
use super::layout::Readings;
use crate::shorten::shortened;
use crate::source;
use crate::values::dates::{self, DateOrder};
use crate::values::durations::{self, Unit, Written};
use crate::values::hashtags;
use crate::values::names;
use crate::values::numbers::{self, Decimal, DecimalMark};
use crate::values::times;
use crate::values::words;

/// The reason why a row became no entry, with the faulty cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowError {
    /// Name of the column as shown; empty if the error concerns the row as a whole.
    pub column: String,
    pub code: ErrorCode,
    /// The cell, cut to [`VALUE`] letters.
    pub value: String,
    /// A sentence for people which contains the column and the value.
    pub message: String,
}

/// The kind of fault in a row; serialized in snake case, for example `invalid_date`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// A cell which an entry needs is empty.
    Missing,
    InvalidDate,
    InvalidDuration,
    /// A cell of a flag is neither yes nor no.
    InvalidFlag,
    /// The row has more or fewer cells than the header.
    Ragged,
    /// The record is longer than [`source::MAX_RECORD`].
    TooLarge,
    /// A quote is opened and never closed in the file.
    UnclosedQuote,
    /// A formula of a spreadsheet is stored without a value.
    FormulaWithoutValue,
    /// The row is a subtotal, which would count hours twice.
    Subtotal,
}

/// The text of a cell whose formula has no stored value, in a table made from a worksheet. No text of a file contains
/// this character, because Unicode reserves U+FDD0 for use inside a program.
pub const NO_VALUE: &str = "\u{fdd0}";

/// Largest count of letters which an error repeats from a cell or an option.
pub const VALUE: usize = 80;

/// The beginning of a cell, at most [`VALUE`] letters long, for display.
pub(crate) fn excerpt(cell: &str) -> String {
    shortened(cell, VALUE)
}

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
    pub fields: &'s [source::Field],
    pub readings: &'r Readings<'r>,
    /// True if no cell, as written in the text, has blanks to collapse ([`words::is_tidy`]).
    pub tidy: bool,
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
        let cell = self.fields.get(self.readings.column(role)?)?.cell(self.text);
        let cell = words::trimmed(cell);
        self.is_written(&cell).then_some(cell)
    }

    /// True if the cell is filled; in some files a dash stands for an empty cell.
    #[inline(always)]
    fn is_written(&self, cell: &str) -> bool {
        !(cell.is_empty() || self.readings.rules.dashes && words::is_dash(cell))
    }

    /// The cell of a role which is a name, with blanks inside the name collapsed.
    pub fn name(&self, role: Role) -> Option<Cow<'r, str>> {
        let cell = self.text(role)?;
        Some(if self.tidy && matches!(cell, Cow::Borrowed(_)) { cell } else { words::collapsed(cell) })
    }

    /// The date of a role, with the time of day if a time follows the date.
    pub fn date(&self, role: Role) -> Result<(Date, Option<Time>), RowError> {
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
    fn time(&self, role: Role, day: Date) -> (Option<Time>, bool) {
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
    pub fn duration(&self, role: Role) -> Result<Option<Duration>, RowError> {
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
    fn flag(&self, role: Role) -> Result<Option<bool>, RowError> {
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
    pub fn person(&self) -> Person<'r> {
        let name = self.name(Role::Person).map(names::first_name_first);
        let name = name.or_else(|| names::joined(self.name(Role::FirstName), self.name(Role::LastName)));
        let name = name.or_else(|| self.name(Role::PersonId));
        match (self.text(Role::Email), name) {
            (None, Some(name)) if names::is_email(&name) => Person { email: Some(name), name: None },
            (email, name) => Person { email, name },
        }
    }

    /// The error of a row in which a cell needed by every entry is empty.
    pub fn missing(&self, role: Role) -> RowError {
        let column = self.shown(role);
        RowError {
            column: column.to_owned(),
            code: ErrorCode::Missing,
            value: String::new(),
            message: format!("{column}: nothing is written there"),
        }
    }

    /// The error of a row whose cell cannot be parsed as the role demands; `how` completes the sentence.
    pub fn unreadable(&self, role: Role, code: ErrorCode, cell: &str, how: &str) -> RowError {
        let (column, value) = (self.shown(role), excerpt(cell));
        let message = format!("{column}: {value:?} {how}");
        RowError { column: column.to_owned(), code, value, message }
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
    pub fn entry(&self) -> Result<EntryRow<'r>, RowError> {
        let (date, time) = self.date(Role::Date)?;
        let mut extra = self.extra();
        let ((start, all_of_start), (end, all_of_end)) = (self.time(Role::Start, date), self.time(Role::End, date));
        let (billable, invoiced) = (self.flag(Role::Billable)?, self.flag(Role::Invoiced)?);
        let (rate, amount) = (self.decimal(Role::Rate), self.decimal(Role::Amount));
        let kept = [
            (Role::Start, !all_of_start),
            (Role::End, !all_of_end),
            (Role::Rate, rate.is_none()),
            (Role::Amount, amount.is_none()),
            (Role::DecimalHours, true),
            (Role::Weekday, true),
        ];
        for (role, _) in kept.into_iter().filter(|(role, is_kept)| *is_kept && self.has(*role)) {
            extra.extend(self.text(role).map(|cell| (self.shown(role), cell)));
        }
        Ok(EntryRow {
            person: self.person(),
            client: self.name(Role::Client),
            project: self.name(Role::Project),
            task: self.name(Role::Task),
            text: self.text(Role::Text),
            tags: hashtags::listed(self.text(Role::Tags), self.tidy),
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
        let cell = |&column: &usize| {
            let cell = words::trimmed(self.fields.get(column)?.cell(self.text));
            self.is_written(&cell).then(|| (self.readings.headers()[column].as_str(), cell))
        };
        let columns = self.readings.without_role();
        // Room for all of these cells, unless the table is far wider than the tables written by programs.
        let mut extra = Vec::with_capacity(columns.len().min(32));
        extra.extend(columns.iter().filter_map(cell));
        extra
    }

    /// Keeps the cell of a role among the extra cells, for formats which have no use for the role.
    pub fn keep(&self, entry: &mut EntryRow<'r>, role: Role) {
        if let Some(cell) = self.text(role) {
            entry.extra.push((self.shown(role), cell));
        }
    }
}
