//! The declaration and the reader of each format.

use super::cells::Cells;
use super::columns::Format;
use super::name::FormatName;
use super::row::EntryRow;
use super::{basecamp, freckle, freshbooks, harvest, mapped, tempo, toggl};
use crate::table::RowError;

/// Parses the cells of a row to an entry.
pub(super) type ReadRow = for<'r> fn(&Cells<'r, '_>) -> Result<EntryRow<'r>, RowError>;

impl FormatName {
    /// The columns and the signature of the format.
    pub(super) fn declaration(self) -> &'static Format {
        match self {
            Self::Freckle => &freckle::FORMAT,
            Self::Basecamp => &basecamp::FORMAT,
            Self::Freshbooks => &freshbooks::FORMAT,
            Self::Harvest => &harvest::FORMAT,
            Self::Tempo => &tempo::FORMAT,
            Self::Toggl => &toggl::FORMAT,
            Self::Table => &mapped::FORMAT,
        }
    }

    /// The function which reads a row of the format.
    pub(super) fn reader(self) -> ReadRow {
        match self {
            Self::Freckle => freckle::read,
            Self::Basecamp => basecamp::read,
            Self::Freshbooks => freshbooks::read,
            Self::Harvest => harvest::read,
            Self::Tempo => tempo::read,
            Self::Toggl => toggl::read,
            Self::Table => mapped::read,
        }
    }
}
