//! The type of an import, which decides on the kind of the rows in its file.

use crate::wire::wire_words;

wire_words! {
    /// The type of an import. A room of its own implements each kind of rows, and [`crate::dispatch`] finds the room.
    #[derive(Default)]
    ImportType {
        /// Each row is a time entry.
        #[default] TimeEntries = "TimeEntryImport",
        /// Each row is a company, or a person of a company.
        Contacts = "ContactImport",
        /// Each row is a profile of a database, with or without a subprofile.
        Profiles = "ProfileImport",
    }
}

impl ImportType {
    /// `true` for time entries, which is the type of an import item without a type.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it so")]
    pub(super) fn is_time_entries(&self) -> bool {
        *self == Self::TimeEntries
    }
}
