//! The form of tables of time entries, and the types of [`table`](crate::table) for this form.

use super::candidate::Considered;
use super::decisions::Decisions;
use crate::table;

/// The form of tables of time entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeEntries;

pub type Layout = table::Layout<Decisions>;
pub type Plan = table::Plan<TimeEntries>;
pub type Refusal = table::Refusal<Considered>;
pub type Rows<'a> = table::Rows<'a, TimeEntries>;
pub type Survey = table::Survey<TimeEntries>;
pub type TableRow<'r> = table::TableRow<'r, TimeEntries>;
