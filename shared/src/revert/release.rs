//! The end of an undo: the notes of the import are worked off, so references are dropped, and things made by the import
//! are removed if nobody else refers to them.
//!
//! An import may have as many notes as its file has rows. Notes are read a few items at a time in the order of their
//! keys, and an item is deleted once worked off. An invocation without time left stores a **mark** and sends a message,
//! and the next invocation continues behind the mark. The mark holds the last key worked off, and the things which
//! stayed so far, whose notes stay as well. The mark moves only from the place where the worker read the mark, so a
//! late worker moves nothing back. Losing the mark would only repeat work without effect. An ordinary undo has no mark.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use crate::concurrent::drained;
use crate::dispatch;
use crate::import::{Change, Import, ImportError, Status, Tally, roll, transition};
use crate::portions::TimeLeft;
use crate::queue::Message;
use crate::results::kept::{KeptRecords, kept_records};
use crate::services::Services;
use crate::settle::{abort, last_step};
use crate::store::keys::{self, Kind};
use crate::store::packing::{packed, unpacked};
use crate::store::{Item, Key, Query, StoreError, Table, Write};
use crate::things::Thing;
use crate::things::note::Note;
use crate::things::reference::Kept;
use crate::things::reference::{Dropped, drop_reference, drop_together};

/// The most notes worked off at once.
const NOTES_IN_FLIGHT: usize = 8;
/// The most things, and the most records, which the report names as kept.
const MOST_NAMED: usize = 100;
/// The most candidates for the report: a client which one project leaves in place may be removed with the next project.
const MOST_CANDIDATES: usize = 1000;

/// The progress through the notes.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct ReleaseMark {
    /// How often the mark was moved; the fence against a second worker.
    #[serde(skip)]
    steps: u64,
    /// The sort key of the last item worked off, or `None` before the first move.
    after: Option<String>,
    /// The first things which stayed so far.
    kept: BTreeSet<Kept>,
}

impl ReleaseMark {
    async fn read(services: &Services, import: &Import) -> Result<Self, StoreError> {
        match services.store.get(&keys::release(import.account, import.id)).await? {
            Some(item) => match item.get("mark") {
                Some(AttributeValue::B(mark)) => Ok(Self { steps: steps(&item), ..unpacked(mark.as_ref())? }),
                _ => Err(StoreError::Shape("a mark of an undo without its place".to_owned())),
            },
            None => Ok(Self::default()),
        }
    }

    /// The query for the notes behind the mark.
    fn notes(&self, services: &Services, import: &Import) -> Query {
        let notes = keys::notes(import.account, import.id).limit(services.portions.notes_a_step);
        match &self.after {
            Some(after) => notes.after(keys::note_at(import.account, import.id, after).attributes()),
            None => notes,
        }
    }

    /// Moves the mark to `after`. `false` if a second worker moved the mark in between; the second worker then
    /// continues.
    async fn advance(&self, services: &Services, import: &Import, after: String) -> Result<bool, StoreError> {
        let next = Self { after: Some(after), ..self.clone() };
        let unmoved = if self.steps == 0 { "attribute_not_exists(#steps)" } else { "#steps = :seen" };
        let key = keys::release(import.account, import.id);
        let write = Write::update(key, "SET #mark = :mark, #steps = :steps").when(unmoved);
        let write = write.bind_attribute(":mark", AttributeValue::B(Blob::new(packed(&next))));
        let write = write.bind(":steps", self.steps + 1);
        services.store.attempt(if self.steps == 0 { write } else { write.bind(":seen", self.steps) }).await
    }

    /// Adds things which stayed. If there are very many, only the first are kept.
    async fn keep(&mut self, services: &Services, import: &Import, stayed: Vec<Kept>) -> Result<(), StoreError> {
        self.kept.extend(stayed);
        if self.kept.len() > MOST_CANDIDATES {
            self.kept = self.standing(services, import).await?;
            while self.kept.len() > MOST_CANDIDATES / 2 {
                self.kept.pop_last();
            }
        }
        Ok(())
    }

    /// The kept things which are still present.
    async fn standing(&self, services: &Services, import: &Import) -> Result<BTreeSet<Kept>, StoreError> {
        let named: Vec<_> = self.kept.iter().map(|kept| (kept.kind, kept.id)).collect();
        let things = Thing::get_many(services, import.account, &named).await?.into_iter();
        Ok(things.map(|thing| Kept { kind: thing.kind(), id: thing.id }).collect())
    }
}

/// How often the mark of an undo's end was moved; 0 for an ordinary undo.
pub async fn released_steps(services: &Services, import: &Import) -> Result<u64, StoreError> {
    Ok(services.store.get(&keys::release(import.account, import.id)).await?.as_ref().map_or(0, steps))
}

fn steps(item: &Item) -> u64 {
    match item.get("steps") {
        Some(AttributeValue::N(steps)) => steps.parse().unwrap_or_default(),
        _ => 0,
    }
}

/// Works off the notes and ends the undo. If time is up before, a message asks a later invocation to continue.
pub async fn release(services: &Services, import: &Import, time: &TimeLeft) -> Result<(), ImportError> {
    // Workers which undo chunks at the same time all get here and would only hinder each other, so a single worker
    // continues.
    let ending = services.memory.ending(import.account, import.id, import.round);
    let Ok(one) = ending.try_lock() else {
        return Ok(());
    };
    let ended = let_go(services, import, time).await?;
    // The lock is released before the message is sent, because a second task of this process may receive the message.
    drop(one);
    if ended {
        return Ok(());
    }
    tracing::info!(account = import.account.0, import = import.id.0, "a message asks for the rest of the undo");
    let go_on = Message::Release { account: import.account, import: import.id };
    Ok(services.queues.send(&go_on).await?)
}

/// Works off the notes. `false` if time was up before the last note.
async fn let_go(services: &Services, import: &Import, time: &TimeLeft) -> Result<bool, ImportError> {
    let import = &Import::find(services, import.account, import.id).await?;
    if import.status != Status::RollingBack {
        return Ok(true);
    }
    let mut mark = ReleaseMark::read(services, import).await?;
    let mut notes = mark.notes(services, import);
    loop {
        let (items, more) = services.store.page(&notes).await?;
        let stayed = work_off(services, import, &items).await?;
        mark.keep(services, import, stayed).await?;
        let Some(more) = more else { break };
        if time.is_up(&services.clock) {
            let after = Key::of(Table::Imports, &more).sk;
            let moved = mark.advance(services, import, after).await?;
            return Ok(!moved);
        }
        notes = notes.after(more);
    }
    let mut kept = Vec::from_iter(mark.standing(services, import).await?);
    kept.truncate(MOST_NAMED);
    // Every chunk is undone, so the count is final. A kind which keeps nothing pays for no read.
    let kinds = dispatch::keeps(import);
    let stayed = if kinds.is_empty() { 0 } else { import.counts(services).await?.kept };
    let records =
        if stayed > 0 { kept_records(services, import, kinds, MOST_NAMED).await? } else { KeptRecords::default() };
    let mut import = import.clone();
    loop {
        let now = services.clock.now_ms();
        let mut change = Change::none().set("reverted_at", now).set("kept", &kept);
        if stayed > 0 {
            change = change.set("kept_records", &records.records).set("kept_subprofiles", &records.subprofiles);
        }
        if mark.steps > 0 {
            change = change.also(Write::delete(keys::release(import.account, import.id)));
        }
        let to = if import.aborting { Status::Failed } else { Status::RolledBack };
        if import.aborting {
            abort::keep_findings(services, &import).await?;
            change =
                change.unset("aborting").set("completed_at", now).set("sealed", true).set("tally", Tally::default());
            change = change.also(roll::emptied(&import, stayed));
        } else if stayed > 0 || roll::deletes(&import) {
            change = change.also(roll::kept(&import, stayed));
        }
        match transition(services, &import, to, change).await {
            Ok(undone) => return last_step::finish(services, &undone).await.map(|_| true),
            // A person took over the undo of an aborted import, or a second worker ended the undo.
            Err(ImportError::Status { .. }) => import = Import::find(services, import.account, import.id).await?,
            Err(error) => return Err(error),
        }
        if import.status != Status::RollingBack {
            return Ok(true);
        }
    }
}

/// Works off the notes in a few items. Returns the things made by the import which stay.
async fn work_off(services: &Services, import: &Import, items: &[Item]) -> Result<Vec<Kept>, ImportError> {
    let Dropped { mut kept, left } = drop_together(services, import.account, Note::all(items)?, import.id).await?;
    let drops = left.into_iter().map(|note| async move {
        Ok::<_, ImportError>(drop_reference(services, import.account, &note, import.id).await?)
    });
    kept.extend(drained(drops, NOTES_IN_FLIGHT).await?.into_iter().flatten());
    let stayed = kept;
    // Items worked off are deleted, so a later invocation need not look at the notes again.
    let is_kept = |kind, id| stayed.iter().any(|kept| (kept.kind, kept.id) == (kind, id));
    let stays =
        |note: &Note| is_kept(note.kind, note.id) || note.client.is_some_and(|client| is_kept(Kind::Client, client));
    let done = |item: &&Item| Note::all([*item]).is_ok_and(|notes| !notes.iter().any(stays));
    let done = items.iter().filter(done).map(|item| Key::of(Table::Imports, item));
    services.store.delete_all(done.collect()).await?;
    Ok(stayed)
}
