//! An entry as a caller describes it.

use jiff::civil::Date;

use crate::id::ThingId;

/// An entry as a caller describes it; what is absent keeps its value, or gets the default.
#[derive(Clone, Debug, Default)]
pub struct EntryInput {
    /// The day.
    pub date: Option<Date>,
    /// The duration.
    pub seconds: Option<u64>,
    /// Whose it is; of a new one, if it is not said, the caller's.
    pub user: Option<ThingId>,
    /// Its project; none: no project.
    pub project: Option<Option<ProjectInput>>,
    /// The names of its tags, beside those that the text marks with `#`.
    pub tags: Option<Vec<String>>,
    /// What was done; none: nothing is said.
    pub text: Option<Option<String>>,
    /// Whether it can be billed.
    pub billable: Option<bool>,
    /// Where it came from.
    pub source_url: Option<Option<String>>,
}

/// How a caller names a project.
#[derive(Clone, Debug)]
pub enum ProjectInput {
    /// One that is there.
    Id(ThingId),
    /// One of this name, whatever its client; to be made, without a client, if there is none.
    Name(String),
}
