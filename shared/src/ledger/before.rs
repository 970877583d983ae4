//! The shape of a page in version 5 of the packing.

use jiff::civil::Date;
use serde::Deserialize;

use super::glance::{ChunkGlance, EntriesGlance, Total};
use super::page::{Outcome, Page, PageError, SkipReason};
use crate::id::ThingId;

/// The outcomes of version 5, in its order.
#[derive(Deserialize)]
enum OutcomeBefore {
    Created,
    Skipped,
    Duplicate,
    Failed,
}

/// The page of version 5.
#[derive(Deserialize)]
pub(super) struct PageBefore {
    outcomes: Vec<(OutcomeBefore, u32)>,
    dates: Option<(Date, Date)>,
    users: Vec<ThingId>,
    totals: Vec<Total>,
    project_users: Vec<Vec<u16>>,
    errors: Vec<PageError>,
    unknown_users: Vec<String>,
    unknown_user_rows: u32,
    unknown_projects: Vec<String>,
}

impl From<OutcomeBefore> for Outcome {
    fn from(outcome: OutcomeBefore) -> Self {
        match outcome {
            OutcomeBefore::Created => Self::Created,
            OutcomeBefore::Skipped => Self::Skipped(SkipReason::UnknownUser),
            OutcomeBefore::Duplicate => Self::Skipped(SkipReason::AlreadyThere),
            OutcomeBefore::Failed => Self::Failed,
        }
    }
}

impl From<PageBefore> for Page {
    fn from(page: PageBefore) -> Self {
        let PageBefore { outcomes, dates, users, totals, project_users, errors, .. } = page;
        let PageBefore { unknown_users, unknown_user_rows, unknown_projects, .. } = page;
        let glance =
            EntriesGlance { dates, users, totals, project_users, unknown_users, unknown_user_rows, unknown_projects };
        let outcomes = outcomes.into_iter().map(|(outcome, run)| (outcome.into(), run)).collect();
        Self { outcomes, glance: ChunkGlance::Entries(glance), became: Vec::new(), errors }
    }
}
