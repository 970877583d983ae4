//! The invariant that the rows and the causes which people are shown add up to the counts of each import.

use std::collections::BTreeMap;

use shared::results::causes::{self, CausesNow};
use shared::results::rows::{RowOutcome, RowPage, RowQuery, page};

use super::World;
use crate::stack::Stack;

/// Compares what an import's results and errors tell with the import's counts, when no work is left.
pub async fn wrongly_told(stack: &Stack, world: &World) -> anyhow::Result<Vec<String>> {
    let services = stack.system.services();
    let mut wrong = Vec::new();
    for (&(account, id), import) in world.imports.iter().filter(|(_, import)| import.is_sealed()) {
        let CausesNow { causes, is_whole, counts } = causes::read(services, import).await?;
        let failed: u64 = causes.errors.iter().map(|cause| cause.count).sum();
        let skipped: u64 = causes.skips.iter().map(|skip| skip.count).sum();
        let told = (failed + causes.other_errors, skipped);
        if !is_whole || told != (counts.failed, counts.skipped) {
            wrong.push(format!("import {id} of {account} has the causes {causes:?}, whole {is_whole}, and {counts:?}"));
        }
        let mut query = RowQuery { outcomes: Vec::new(), ascending: id.0 % 2 == 0, after: None, take: 100 };
        let mut rows: BTreeMap<&str, u64> = BTreeMap::new();
        loop {
            let RowPage { rows: found, next, .. } = page(services, import, &query).await?;
            found.iter().for_each(|row| *rows.entry(row.outcome.name()).or_default() += 1);
            query.after = next;
            if next.is_none() {
                break;
            }
        }
        let pending = [("pending", counts.pending.unwrap_or_default())];
        let counted: BTreeMap<_, _> =
            counts.outcomes().into_iter().chain(pending).filter(|(_, rows)| *rows > 0).collect();
        if rows != counted {
            wrong.push(format!("import {id} of {account} shows the rows {rows:?}, and counts {counted:?}"));
        }
        for outcome in RowOutcome::ALL {
            let query = RowQuery { outcomes: vec![outcome], ascending: true, after: None, take: 100 };
            let found = page(services, import, &query).await?;
            let there = counted.get(outcome.name()).copied().unwrap_or_default();
            if found.remaining != there || found.rows.len() as u64 != there.min(100) {
                wrong.push(format!("import {id} of {account} finds {} of {there} {outcome} rows", found.rows.len()));
            }
        }
    }
    Ok(wrong)
}
