//! What a format declares: its columns, by which of them it is known, and how a row is read.

use serde::{Deserialize, Serialize};

use super::entry::EntryRow;
use super::headers::Headers;
use super::row::{Cells, RowError};
use crate::values::durations::Unit;

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    Date,
    EndDate,
    Start,
    End,
    /// A duration that carries its unit, or has none because it is a clock's.
    Duration,
    Hours,
    Minutes,
    Seconds,
    Email,
    Person,
    FirstName,
    LastName,
    /// What names a person to machines: a user name, an account id.
    PersonId,
    Client,
    /// What stands in for the client where that is empty.
    ClientElse,
    Project,
    Task,
    TaskKey,
    Text,
    Tags,
    Billable,
    BilledHours,
    Invoiced,
    Status,
    Rate,
    Amount,
    Currency,
    /// The hours of the entry once more, as a decimal, beside columns of hours and minutes.
    DecimalHours,
    /// The day of the week of the date.
    Weekday,
}

impl Role {
    /// How many roles there are: the length of a table by role.
    pub const COUNT: usize = Self::Weekday as usize + 1;

    /// The unit of a bare number, if the column holds durations.
    pub fn duration(self) -> Option<Unit> {
        match self {
            Self::Duration | Self::Hours => Some(Unit::Hours),
            Self::Minutes => Some(Unit::Minutes),
            Self::Seconds => Some(Unit::Seconds),
            _ => None,
        }
    }

    pub fn is_date(self) -> bool {
        matches!(self, Self::Date | Self::EndDate)
    }

    /// Whether the column holds numbers that are not durations of the entry.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Rate | Self::Amount | Self::BilledHours)
    }

    /// Whether the column names something or holds a text, so that a dash may be meant as it stands.
    pub fn is_words(self) -> bool {
        self.names_a_person()
            || matches!(
                self,
                Self::Client | Self::ClientElse | Self::Project | Self::Task | Self::TaskKey | Self::Text | Self::Tags
            )
    }

    /// Whether the column says who worked.
    pub fn names_a_person(self) -> bool {
        matches!(self, Self::Email | Self::Person | Self::FirstName | Self::LastName | Self::PersonId)
    }
}

/// One column of a format: its role and the names it is known by, the likeliest first.
pub(super) struct Column {
    role: Role,
    names: &'static [&'static str],
}

impl Column {
    /// The column of a header that bears one of the names, with the role.
    fn find(&self, headers: &Headers) -> Option<(Role, usize)> {
        self.names.iter().find_map(|name| headers.find(name)).map(|index| (self.role, index))
    }
}

/// Adds the companions that a header has in columns without a role.
pub(super) fn add_companions(roles: &mut Vec<(Role, usize)>, headers: &Headers, wanted: impl Fn(Role) -> bool) {
    for companion in COMPANIONS.iter().filter(|companion| wanted(companion.role)) {
        let found = companion.find(headers);
        let new = |&(role, index): &(Role, usize)| roles.iter().all(|other| other.0 != role && other.1 != index);
        roles.extend(found.filter(new));
    }
}

/// A column of a declaration. Names are given as [`Headers::find`] takes them.
pub(super) const fn column(role: Role, names: &'static [&'static str]) -> Column {
    Column { role, names }
}

/// Columns that any table may have beside those of its format: the rest of an hour beside whole hours, and the day of the week.
const COMPANIONS: &[Column] = &[
    column(Role::Minutes, &["minutes", "mins", "min"]),
    column(Role::Seconds, &["seconds", "secs", "sec"]),
    column(Role::DecimalHours, &["decimal hours", "hours (decimal)", "hours decimal", "time (decimal)"]),
    column(Role::Weekday, &["weekday", "day of week", "day of the week", "day", "wochentag"]),
];

/// A format's declaration.
pub(super) struct Format {
    pub columns: &'static [Column],
    /// Names of columns that the format has and an entry has no field for.
    pub others: &'static [&'static str],
    /// A header is this format's if it has what each group needs: a date and a duration first, then
    /// what tells the format from others.
    pub signature: &'static [Group],
    /// Reads the cells of a row.
    pub read: for<'r> fn(&Cells<'r, '_>) -> Result<EntryRow<'r>, RowError>,
}

/// Something that a header must have, in one of several ways.
pub(super) struct Group {
    /// How people call it.
    said: &'static str,
    any: &'static [Need],
}

/// A group of a declaration.
pub(super) const fn group(said: &'static str, any: &'static [Need]) -> Group {
    Group { said, any }
}

/// A way to meet a group.
pub(super) enum Need {
    /// A column for each of these.
    Roles(&'static [Role]),
    /// So many of the format's other columns.
    Others(usize),
    /// Columns of exactly these names.
    Columns(&'static [&'static str]),
}

/// How much of a header a format knows.
pub(super) struct Known {
    /// The column of each role.
    pub roles: Vec<(Role, usize)>,
    /// The other columns of the format.
    pub others: Vec<usize>,
}

impl Format {
    /// Looks a header over. Of several columns that bear a name the first is taken; of several names
    /// for one role, the one that comes first in the declaration.
    pub fn know(&self, headers: &Headers) -> Known {
        let find = |column: &Column| column.find(headers);
        let mut roles: Vec<(Role, usize)> = self.columns.iter().filter_map(find).collect();
        let hours = roles.iter().any(|(role, _)| *role == Role::Hours);
        add_companions(&mut roles, headers, |role| role == Role::Weekday || hours);
        let other = |name: &&'static str| headers.find(name);
        let free = |column: &usize| roles.iter().all(|(_, other)| other != column);
        let others = self.others.iter().filter_map(other).filter(free).collect();
        Known { roles, others }
    }

    /// What a header lacks of the signature, in words. Without `whole`, only what an entry cannot do
    /// without counts: a date and a duration, the first two groups.
    pub fn lacks(&self, headers: &Headers, known: &Known, whole: bool) -> Vec<&'static str> {
        let groups = if whole { self.signature } else { &self.signature[..self.signature.len().min(2)] };
        let has = |role: &Role| known.roles.iter().any(|(other, _)| other == role);
        let met = |need: &Need| match need {
            Need::Roles(roles) => roles.iter().all(has),
            Need::Others(least) => known.others.len() >= *least,
            Need::Columns(names) => names.iter().all(|name| headers.has(name)),
        };
        groups.iter().filter(|group| !group.any.iter().any(met)).map(|group| group.said).collect()
    }
}
