//! The formats of files of time entries, and their names.

use std::str::FromStr;

use crate::wire::wire_words;

wire_words! {
    /// A format of a file of time entries, serialized as its lower-case name, for example `toggl`.
    #[derive(PartialOrd, Ord)]
    FormatName {
        Freckle = "freckle",
        Basecamp = "basecamp",
        Freshbooks = "freshbooks",
        Harvest = "harvest",
        Tempo = "tempo",
        Toggl = "toggl",
        /// Any table, whose columns are named by a [`Mapping`](super::Mapping).
        Table = "table",
    }
}

/// A word which is not the name of a format, as the caller wrote the word.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format {0:?}: known are {known}", known = FormatName::list())]
pub struct UnknownFormat(pub String);

impl FormatName {
    /// The formats which are recognised by their headers, in the order of detection; the format
    /// with the loosest header comes last.
    pub const ALL: [Self; 6] =
        [Self::Tempo, Self::Toggl, Self::Harvest, Self::Freshbooks, Self::Basecamp, Self::Freckle];

    /// The names of all formats in [`FormatName::ALL`], separated by commas, for error messages.
    pub(super) fn list() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl FromStr for FormatName {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let lower = name.trim().to_ascii_lowercase();
        let format = Self::ALL.into_iter().find(|format| format.name() == lower);
        format.ok_or_else(|| UnknownFormat(name.to_owned()))
    }
}
