//! The declaration of each format.

use super::columns::Format;
use super::name::FormatName;
use super::{basecamp, freckle, freshbooks, harvest, mapped, tempo, toggl};

impl FormatName {
    /// The columns, signature and reader of the format.
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
}
