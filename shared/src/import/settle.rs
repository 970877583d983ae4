//! The end of an import: when every chunk is accounted for, totals are folded and the status says how it went.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Change, Counts, Findings, Import, ImportError, Made, Status, Tally, roll, transition};
use crate::drained::drained;
use crate::entity::reference::{self, Sums};
use crate::id::{ChunkNo, ThingId};
use crate::inbox;
use crate::ledger::summary::{Summing, is_summed};
use crate::ledger::{Chunk, ChunkState};
use crate::services::Services;
use crate::store::Write;
use crate::store::keys::{self, Kind};

/// Totals written at once.
const WRITES_IN_FLIGHT: usize = 8;

/// Settles the import if every chunk is committed, or if it was stopped and nobody commits any more. Whoever commits a
/// chunk asks; so does the sweep, for the one that died between its commit and the question. Asking twice does no harm:
/// totals are SET, and of two transitions one is told that the other was first.
pub async fn settle(services: &Services, import: &Import) -> Result<(), ImportError> {
    let chunks = match (import.status, import.chunks) {
        (Status::Processing, Some(chunks)) => chunks,
        (Status::Incomplete, Some(_)) => return seal(services, import).await,
        (status, _) if status.is_settled() && import.is_dropped() => {
            return Box::pin(inbox::finish(services, import)).await.map(drop);
        }
        _ => return Ok(()),
    };
    let counts = import.counts(services).await?;
    if counts.chunks < chunks {
        return Ok(());
    }
    // Chunks that are committed at the same time all get here, and folding costs a write per project and tag.
    let first = services.known.of(import.account, import.id);
    let _first = first.lock().await;
    let import = &Import::find(services, import.account, import.id).await?;
    if import.status != Status::Processing {
        return Ok(());
    }
    let Folded { tally, days } = fold(services, import).await?;
    let change = Change::none().set("tally", tally).set("days", days).set("completed_at", services.clock.now_ms());
    let change = change.also(roll::settled(import.account, import.id, tally.entries));
    match transition(services, import, verdict(&counts), "loader", change).await {
        // Somebody else settled it, or it is being undone.
        Ok(_) | Err(ImportError::Status { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Folds the totals of an import that was stopped, once no chunk is claimed any more: whoever claims one from now on reads
/// that it was stopped and lets go, so the pages are final, and everybody who folds them sets the same.
async fn seal(services: &Services, import: &Import) -> Result<(), ImportError> {
    let now = services.clock.now_ms();
    let mut pages =
        services.store.pages(keys::chunks(import.account, import.id, ChunkNo(0), ChunkNo(import.chunk_count())));
    while let Some(items) = pages.next().await? {
        for item in items {
            let chunk = Chunk::decode(item)?;
            if chunk.state == ChunkState::Planned && chunk.lease_until.is_some_and(|until| until > now) {
                return Ok(());
            }
        }
    }
    let Folded { tally, days } = fold(services, import).await?;
    // A drop goes out of the sweep's sight when its end is told.
    let out = if import.is_dropped() { "" } else { " REMOVE #open, #opened" };
    let set = format!("SET #tally = :tally, #days = :days{out}");
    let seal = Write::update(keys::import(import.account, import.id), &set)
        .when("#status = :incomplete")
        .bind(":tally", tally)
        .bind(":days", days)
        .bind(":incomplete", Status::Incomplete);
    let roll = roll::settled(import.account, import.id, tally.entries);
    match services.store.transact(vec![seal, roll]).await {
        Err(error) if error.is_refused() => return Ok(()),
        sealed => sealed?,
    }
    if import.is_dropped() {
        Box::pin(inbox::finish(services, &Import::find(services, import.account, import.id).await?)).await?;
    }
    Ok(())
}

fn verdict(counts: &Counts) -> Status {
    match (counts.failed, counts.accounted() - counts.failed) {
        (0, _) => Status::Complete,
        (_, 0) => Status::Failed,
        _ => Status::PartiallyComplete,
    }
}

/// What the ledger pages come to.
struct Folded {
    /// What the import created.
    tally: Tally,
    /// The first and the last day of its entries.
    days: Option<(Date, Date)>,
}

/// Folds the ledger pages: the totals into the import's references, what lists pass over into summaries, and what people
/// are to know into the findings; and what it made is kept. All by SET.
///
/// A reference that is gone belongs to an import that is being undone; it is left gone.
async fn fold(services: &Services, import: &Import) -> Result<Folded, ImportError> {
    let mut days: Option<(Date, Date)> = None;
    let mut totals: BTreeMap<(Kind, ThingId), Sums> = BTreeMap::new();
    let mut participants: BTreeMap<ThingId, BTreeSet<ThingId>> = BTreeMap::new();
    let (mut summing, mut findings) = (Summing::default(), Findings::default());
    let mut pages =
        services.store.pages(keys::chunks(import.account, import.id, ChunkNo(0), ChunkNo(import.chunk_count())));
    while let Some(items) = pages.next().await? {
        for item in items {
            let Chunk { number, page, .. } = Chunk::decode(item)?;
            summing.add(number, page.as_ref());
            let Some(page) = page else {
                continue;
            };
            if let Some((first, last)) = page.dates {
                days = Some(days.map_or((first, last), |days| (days.0.min(first), days.1.max(last))));
            }
            for total in &page.totals {
                totals.entry((total.kind, total.id)).or_default().add(&total.sums);
            }
            for (project, users) in page.participants() {
                participants.entry(project).or_default().extend(users);
            }
            findings.add(page);
        }
    }
    let participants = &participants;
    let set = |((kind, id), sums): ((Kind, ThingId), Sums)| async move {
        let users = (kind == Kind::Project).then(|| participants.get(&id)).flatten();
        let set = reference::loaded(import.account, kind, id, import.id, &sums, users);
        match services.store.write(set).await {
            Err(error) if !error.is_refused() => Err(error),
            _ => Ok(()),
        }
    };
    let sets: Vec<_> = totals.into_iter().map(set).collect();
    drained(sets, WRITES_IN_FLIGHT).await?;
    let made = Made::by_notes(services, import).await?;
    let summaries = is_summed(import.chunk_count()).then(|| summing.writes(import.account, import.id));
    for write in summaries.into_iter().flatten().chain(findings.write(import)).chain(made.write(import)) {
        services.store.write(write).await?;
    }
    Ok(Folded { tally: count(import.counts(services).await?.created, &made), days })
}

/// What the import created: entries by its counts, projects and tags by its notes.
pub async fn tally(services: &Services, import: &Import) -> Result<Tally, ImportError> {
    Ok(count(import.counts(services).await?.created, &Made::by_notes(services, import).await?))
}

fn count(entries: u64, made: &Made) -> Tally {
    Tally { entries, projects: made.projects.len() as u64, tags: made.tags.len() as u64 }
}
