//! The fields of an entry as given by a caller.

use jiff::civil::Date;

use crate::id::ThingId;

/// The fields of an entry as given by a caller. An absent field (`None`) keeps its value in an edit, and has its
/// default in a new entry.
#[derive(Clone, Debug, Default)]
pub struct EntryInput {
    /// The day on which the work was done. A new entry has the present UTC day by default.
    pub date: Option<Date>,
    /// The duration in seconds.
    pub seconds: Option<u64>,
    /// The user who spent the time. A new entry has the caller by default.
    pub user: Option<ThingId>,
    /// The project; `Some(None)` removes the project.
    pub project: Option<Option<ProjectInput>>,
    /// The names of tags, in addition to tags marked with `#` in the text.
    pub tags: Option<Vec<String>>,
    /// The description of the work; `Some(None)` removes the description.
    pub text: Option<Option<String>>,
    /// `true` if the time can be billed.
    pub billable: Option<bool>,
    /// The address from which the entry came; `Some(None)` removes the address.
    pub source_url: Option<Option<String>>,
}

/// The project of an entry, by id or by name.
#[derive(Clone, Debug)]
pub enum ProjectInput {
    /// The id of an existing project.
    Id(ThingId),
    /// A project with this name, whichever client the project has. If there is none, a project without a client is
    /// made.
    Name(String),
}
