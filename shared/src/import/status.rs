//! The ten statuses of an import, and the moves between statuses.

use crate::wire::wire_words;

wire_words! {
    /// The status of an import, changed only by [`super::transition()`].
    Status {
        /// The import was made but not started: its file is awaited, or its owner has yet to start the import.
        New = "new",
        /// The file is stored, or about to be stored by a door, and is to be planned; or the import was resumed, and its
        /// load is to go on.
        Queued = "queued",
        /// The plan is complete, and rows are being loaded.
        Processing = "processing",
        /// Every row has an outcome, and no row failed.
        Complete = "complete",
        /// Every row has an outcome, and some rows failed.
        PartiallyComplete = "partially_complete",
        /// Nothing was imported: every row failed, the import was aborted at a failed row and undone, or the join with the
        /// records that stand or a quota of the account forbade the load.
        Failed = "failed",
        /// Stopped before the end; entities loaded so far stay.
        Incomplete = "incomplete",
        /// The file could not be parsed, or could be parsed in more than one way.
        Unsupported = "unsupported",
        /// An undo is deleting the import's entities.
        RollingBack = "rolling_back",
        /// The undo is complete.
        RolledBack = "rolled_back",
    }
}

impl Status {
    /// All statuses, in the order in which an import may reach them.
    pub const ALL: [Self; 10] = [
        Self::New,
        Self::Queued,
        Self::Processing,
        Self::Complete,
        Self::PartiallyComplete,
        Self::Failed,
        Self::Incomplete,
        Self::Unsupported,
        Self::RollingBack,
        Self::RolledBack,
    ];

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
            // A person resumes an import which was stopped before it was started.
            Self::New => self == Self::Incomplete,
            Self::Queued => matches!(self, Self::New | Self::Incomplete),
            Self::Processing | Self::Unsupported => self == Self::Queued,
            Self::Complete | Self::PartiallyComplete => self == Self::Processing,
            // The join of a queued import, or a quota, may forbid the load. The undo of an aborted import ends as failed.
            Self::Failed => matches!(self, Self::Queued | Self::Processing | Self::RollingBack),
            Self::Incomplete => matches!(self, Self::New | Self::Queued | Self::Processing),
            // A person takes over the undo of an aborted import, which then ends as undone.
            Self::RollingBack => self != Self::RolledBack,
            Self::RolledBack => self == Self::RollingBack,
        }
    }

    /// The type of the event published when an import gets this status. No two statuses share a type.
    pub const fn event(self) -> &'static str {
        match self {
            Self::New => "Import Created",
            Self::Queued => "Import Queued",
            Self::Processing => "Import Started",
            Self::Complete => "Import Completed",
            Self::PartiallyComplete => "Import Partially Completed",
            Self::Failed => "Import Failed",
            Self::Incomplete => "Import Incomplete",
            Self::Unsupported => "Import Unsupported",
            Self::RollingBack => "Import Rollback Started",
            Self::RolledBack => "Import Rolled Back",
        }
    }
}
