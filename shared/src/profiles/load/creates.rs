//! The new profiles and subprofiles of a chunk.
//!
//! | effect | trace | why a second try is harmless |
//! |---|---|---|
//! | strays of an earlier try removed, with their index items | – | a removed stray is not met again |
//! | profiles and subprofiles, in batches | the chunk's partitions | keys and values are the same |
//! | their index items, in batches, after the records | the records | the same |
//!
//! Nobody sees the records before the chunk is committed, so nobody writes to them meanwhile.

use std::collections::HashSet;

use super::decide::Effect;
use super::job::Job;
use super::passes::LoadedRow;
use crate::concurrent::drained;
use crate::id::RecordId;
use crate::import::ImportError;
use crate::kind::HeldChunk;
use crate::records::Record;
use crate::records::index::items_of_new;
use crate::records::record::RecordRef;
use crate::records::rules::RecordRules;
use crate::records::undo::Records;
use crate::store::keys::{self, RecordKind};
use crate::store::{BATCHES_IN_FLIGHT, ITEMS_A_BATCH, Table, decode, encode};

/// Writes the new records of all rows.
pub async fn write_all(
    held: &HeldChunk<'_>,
    job: &Job<'_>,
    rules: &[RecordRules<'_>],
    rows: &[LoadedRow<'_>],
) -> Result<(), ImportError> {
    let new: Vec<(usize, RecordRef)> = rows.iter().enumerate().flat_map(|(at, row)| names(job, at, row)).collect();
    if held.chunk.tries > 1 {
        clear(held, rules, &new).await?;
    }
    let batches = new.chunks(ITEMS_A_BATCH).map(|some| write(held, job, rules, rows, some));
    drained(batches, BATCHES_IN_FLIGHT).await?;
    Ok(())
}

/// The names of the records which a row makes, each with the place of the row.
fn names(job: &Job<'_>, at: usize, row: &LoadedRow<'_>) -> impl Iterator<Item = (usize, RecordRef)> {
    let id = RecordId::of(job.import, row.row);
    let effects = row
        .writes
        .iter()
        .flat_map(|writes| [(RecordKind::Profile, &writes.profile), (RecordKind::Subprofile, &writes.subprofile)]);
    let new: Vec<_> = effects.filter(|(_, effect)| matches!(effect, Effect::Create)).collect();
    new.into_iter().map(move |(kind, _)| (at, (kind, id)))
}

/// The record which a row makes, of a kind.
fn record(job: &Job<'_>, row: &LoadedRow<'_>, kind: RecordKind) -> Option<Record> {
    let (writes, parsed) = (row.writes.as_ref()?, row.parsed.as_ref().ok()?);
    let values = job.values(kind, parsed, &row.plan);
    Some(match kind {
        RecordKind::Subprofile => job.new_subprofile(row.row, writes.parent, writes.collection?, values),
        _ => job.new_profile(row.row, values),
    })
}

/// Writes a batch of records, and then their index items. Values and items are made at the last moment, because they take many
/// times the memory of the chunk's bytes.
async fn write(
    held: &HeldChunk<'_>,
    job: &Job<'_>,
    rules: &[RecordRules<'_>],
    rows: &[LoadedRow<'_>],
    some: &[(usize, RecordRef)],
) -> Result<(), ImportError> {
    let HeldChunk { services, import, chunk, lease } = *held;
    lease.check(&services.clock)?;
    let (mut items, mut hints) = (Vec::with_capacity(some.len()), Vec::new());
    for &(at, (kind, id)) in some {
        let Some(record) = record(job, &rows[at], kind) else { continue };
        let key = keys::record(import.account, kind, import.id, chunk.number, id.row());
        items.push((Table::Workspace, encode(&key, &record)));
        if let Some(rules) = rules.iter().find(|rules| rules.kind == kind) {
            hints.extend(items_of_new(import.account, rules.terms, &record));
        }
    }
    services.store.put_all(items).await?;
    if !hints.is_empty() {
        lease.check(&services.clock)?;
        services.store.put_all(hints).await?;
    }
    Ok(())
}

/// Removes records which an earlier try wrote for rows that make none now.
async fn clear(held: &HeldChunk<'_>, rules: &[RecordRules<'_>], new: &[(usize, RecordRef)]) -> Result<(), ImportError> {
    let HeldChunk { services, import, chunk, lease } = *held;
    let wanted: HashSet<RecordRef> = new.iter().map(|&(_, name)| name).collect();
    for rules in rules {
        let own = [*rules];
        let records = Records { import, rules: &own };
        let mut pages = services.store.pages(keys::records(import.account, rules.kind, import.id, chunk.number));
        while let Some(items) = pages.next().await? {
            let there = items.into_iter().map(decode).collect::<Result<Vec<Record>, _>>()?;
            let strays = there.into_iter().filter(|record| !wanted.contains(&(rules.kind, record.id))).collect();
            records.remove(services, strays, lease).await?;
        }
    }
    Ok(())
}
