//! The ten statuses of an import, and the moves between statuses.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The status of an import, changed only by [`super::transition()`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The import was made but not started: its file is awaited, or its owner has yet to start the import.
    New,
    /// The file is stored, or about to be stored by a door, and is to be planned.
    Queued,
    /// The plan is complete, and rows are being loaded.
    Processing,
    /// Every row has an outcome, and no row failed.
    Complete,
    /// Every row has an outcome, and some rows failed.
    PartiallyComplete,
    /// Every row failed, so nothing was imported.
    Failed,
    /// Stopped before the end; entities loaded so far stay.
    Incomplete,
    /// The file could not be parsed, or could be parsed in more than one way.
    Unsupported,
    /// An undo is deleting the import's entities.
    RollingBack,
    /// The undo is complete.
    RolledBack,
}

impl Status {
    /// The status in snake case, as in JSON and in the tables.
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

    /// `true` if nothing more happens until somebody asks.
    pub fn is_settled(self) -> bool {
        !matches!(self, Self::New | Self::Queued | Self::Processing | Self::RollingBack)
    }

    /// `true` if the import is undone or being undone, so people see nothing of the import any more.
    pub fn is_gone(self) -> bool {
        matches!(self, Self::RollingBack | Self::RolledBack)
    }

    /// `true` if an import with this status may get the status `to`.
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

    /// The name of the event published when an import gets this status.
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
