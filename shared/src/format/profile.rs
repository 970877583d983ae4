//! Profiles of columns: observations over the whole file, and the decisions which follow from them.
//!
//! A profile notes each cell once, and keeps counts and a few witnesses, such as the first cell which rules a reading
//! out and the first cell with different values under two readings. The size of a profile is independent of the size
//! of the file. A reading is possible as long as no cell rules the reading out; cells which no reading can read are
//! errors of their rows and decide nothing.

mod dashes;
mod dates;
mod durations;
mod numbers;
mod pairs;
mod parts;
mod spans;
mod weekdays;
mod weighing;

pub(super) use dashes::DashProfile;
pub(super) use dates::DateProfile;
pub(super) use durations::DurationProfile;
pub(super) use numbers::NumberProfile;
pub(super) use parts::{PartsProfile, Together, agrees, is_whole};
pub(super) use spans::SpanProfile;
pub(super) use weekdays::WeekdayProfile;
pub(super) use weighing::{ColumnVerdict, Witness};
