//! The ten words for where an import stands.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Made, its file awaited.
    New,
    /// The file is in, to be planned.
    Queued,
    /// Rows are being loaded.
    Processing,
    /// Every row has its outcome, none failed.
    Complete,
    /// Every row has its outcome, some failed.
    PartiallyComplete,
    /// Nothing was imported.
    Failed,
    /// Stopped before the end; what was loaded stays.
    Incomplete,
    /// The file could not be read, or not in one way only.
    Unsupported,
    /// Being undone.
    RollingBack,
    /// Undone.
    RolledBack,
}

impl Status {
    /// The word, as it stands on the wire and in the tables.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Queued => "queued",
            Self::Processing => "processing",
            Self::Complete => "complete",
            Self::PartiallyComplete => "partially_complete",
            Self::Failed => "failed",
            Self::Incomplete => "incomplete",
            Self::Unsupported => "unsupported",
            Self::RollingBack => "rolling_back",
            Self::RolledBack => "rolled_back",
        }
    }

    /// Whether nothing more happens by itself.
    pub fn is_settled(self) -> bool {
        !matches!(self, Self::New | Self::Queued | Self::Processing | Self::RollingBack)
    }

    /// Whether it is undone, or being undone: nothing of it is to be seen any more.
    pub fn is_gone(self) -> bool {
        matches!(self, Self::RollingBack | Self::RolledBack)
    }

    /// Whether an import may go from here to `to`.
    pub fn may_become(self, to: Self) -> bool {
        match to {
            Self::New => false,
            Self::Queued => self == Self::New,
            Self::Processing | Self::Unsupported => self == Self::Queued,
            Self::Complete | Self::PartiallyComplete | Self::Failed => self == Self::Processing,
            Self::Incomplete => matches!(self, Self::New | Self::Queued | Self::Processing),
            Self::RollingBack => !matches!(self, Self::RollingBack | Self::RolledBack),
            Self::RolledBack => self == Self::RollingBack,
        }
    }

    /// The name of the event that tells of the arrival here.
    pub fn event(self) -> &'static str {
        match self {
            Self::New => "Import Created",
            Self::Queued => "Import Queued",
            Self::Processing => "Import Started",
            Self::Complete | Self::PartiallyComplete | Self::Failed | Self::Incomplete | Self::Unsupported => {
                "Import Completed"
            }
            Self::RollingBack => "Import Rollback Started",
            Self::RolledBack => "Import Rolled Back",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
