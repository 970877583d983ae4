//! The declaration of a format: its columns, and the signature by which the format is recognised.

use serde::{Deserialize, Serialize};

use crate::table::Headers;
use crate::values::durations::Unit;

/// The meaning of a column in a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    Date,
    EndDate,
    Start,
    End,
    /// A duration which names its unit, or needs no unit because it is a clock's.
    Duration,
    Hours,
    Minutes,
    Seconds,
    Email,
    Person,
    FirstName,
    LastName,
    /// Identifies a person to machines: a user name or an account id.
    PersonId,
    Client,
    /// Replaces the client in rows whose client is empty.
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
    /// The hours of the entry repeated as a decimal, beside columns of hours and minutes.
    DecimalHours,
    /// The day of the week on which the date falls.
    Weekday,
}

impl Role {
    /// Count of roles, which is the length of an array indexed by role.
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

    /// True if the column holds numbers which are not durations of the entry.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Rate | Self::Amount | Self::BilledHours)
    }

    /// True if the column holds names or a text, in which a dash may be the actual value.
    pub fn is_words(self) -> bool {
        self.names_a_person()
            || matches!(
                self,
                Self::Client | Self::ClientElse | Self::Project | Self::Task | Self::TaskKey | Self::Text | Self::Tags
            )
    }

    /// True if the column names the person who worked.
    pub fn names_a_person(self) -> bool {
        matches!(self, Self::Email | Self::Person | Self::FirstName | Self::LastName | Self::PersonId)
    }
}

/// A column of a format: its role and the names under which exports write the column, the likeliest name first.
pub(super) struct Column {
    role: Role,
    names: &'static [&'static str],
}

impl Column {
    /// Finds the column of a header with one of the names, and returns the column with the role.
    fn find(&self, headers: &Headers) -> Option<(Role, usize)> {
        self.names.iter().find_map(|name| headers.find(name)).map(|index| (self.role, index))
    }
}

/// Adds the companions which the header has in columns without a role.
pub(super) fn add_companions(roles: &mut Vec<(Role, usize)>, headers: &Headers, wanted: impl Fn(Role) -> bool) {
    for companion in COMPANIONS.iter().filter(|companion| wanted(companion.role)) {
        let found = companion.find(headers);
        let new = |&(role, index): &(Role, usize)| roles.iter().all(|other| other.0 != role && other.1 != index);
        roles.extend(found.filter(new));
    }
}

/// Declares a column. Names are given in the form of [`Headers::find`].
pub(super) const fn column(role: Role, names: &'static [&'static str]) -> Column {
    Column { role, names }
}

/// Columns which any table may have in addition to the columns of its format: minutes and seconds beside whole hours,
/// the hours as a decimal, and the day of the week.
const COMPANIONS: &[Column] = &[
    column(Role::Minutes, &["minutes", "mins", "min"]),
    column(Role::Seconds, &["seconds", "secs", "sec"]),
    column(Role::DecimalHours, &["decimal hours", "hours (decimal)", "hours decimal", "time (decimal)"]),
    column(Role::Weekday, &["weekday", "day of week", "day of the week", "day", "wochentag"]),
];

/// The declaration of a format, as made by each file which is named after a program.
pub(super) struct Format {
    pub columns: &'static [Column],
    /// Names of columns which belong to the format and have no field in an entry.
    pub others: &'static [&'static str],
    /// Requirements of the signature, which a header of this format must meet in every group. The groups of a date
    /// and a duration come first, followed by the groups which distinguish the format from others.
    pub signature: &'static [Group],
}

/// A requirement for the header, which can be met in one of several ways.
pub(super) struct Group {
    /// Description of the requirement for people, for example `a column "Date"`.
    said: &'static str,
    any: &'static [Need],
}

/// Declares a requirement of a signature, which is met if any of the needs is met.
pub(super) const fn group(said: &'static str, any: &'static [Need]) -> Group {
    Group { said, any }
}

/// A single way to meet a requirement of a signature.
pub(super) enum Need {
    /// The header has a column for each of these roles.
    Roles(&'static [Role]),
    /// The header has at least this many of the format's other columns.
    Others(usize),
    /// The header has columns with exactly these names.
    Columns(&'static [&'static str]),
}

/// The columns of a header which a format knows.
pub(super) struct Known {
    /// Each role found, with its column.
    pub roles: Vec<(Role, usize)>,
    /// Columns of the format without a role.
    pub others: Vec<usize>,
}

impl Format {
    /// Finds the format's columns in a header. The first of several columns with the same name is taken, and among
    /// several names for a role, the first name in the declaration.
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

    /// Descriptions of the requirements which a header fails. Without `whole`, only the first two groups count, which
    /// are the date and the duration needed by every entry.
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
