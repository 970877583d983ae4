//! The end of an undo: the notes of the import are worked off, so its references go, and the things that it made and that
//! nobody else refers to.
//!
//! An import may have noted as many things as it has rows. The notes are read a few items at a time, in the order of their
//! keys, and an item goes when it is worked off. An invocation whose time is up stores a **mark**: how far it came, and
//! which things stayed up to there, whose notes stay as well. A message has the next one go on behind it. The mark moves
//! only from where it was seen, so a late worker moves nothing back. Without it the notes would be worked off from the
//! first again, which does no harm. An ordinary undo has no mark.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use crate::concurrent::drained;
use crate::import::{Change, Import, ImportError, Status, transition};
use crate::inbox;
use crate::portions::TimeLeft;
use crate::queue::Message;
use crate::services::Services;
use crate::store::keys::{self, Kind};
use crate::store::packing::{packed, unpacked};
use crate::store::{Item, Key, Query, StoreError, Table, Write};
use crate::things::Thing;
use crate::things::note::Note;
use crate::things::reference::Kept;
use crate::things::reference::{Dropped, drop_reference, drop_together};

/// Notes worked off at once.
const NOTES_IN_FLIGHT: usize = 8;
/// At most so many things that stayed are named in the report.
const MOST_NAMED: usize = 100;
/// Things that stayed so far and may be named: a client that one project left may go with the next.
const MOST_CANDIDATES: usize = 1000;

/// How far the notes are worked off.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct ReleaseMark {
    /// How often it was moved.
    #[serde(skip)]
    steps: u64,
    /// The key of the last item that is worked off.
    after: Option<String>,
    /// The first of the things that stayed.
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

    /// The notes that are to be worked off.
    fn notes(&self, services: &Services, import: &Import) -> Query {
        let notes = keys::notes(import.account, import.id).limit(services.portions.notes_a_step);
        match &self.after {
            Some(after) => notes.after(keys::note_at(import.account, import.id, after).attributes()),
            None => notes,
        }
    }

    /// Moves the mark on, unless another worker moved it: then that one goes on.
    async fn advance(&self, services: &Services, import: &Import, after: String) -> Result<bool, StoreError> {
        let next = Self { after: Some(after), ..self.clone() };
        let unmoved = if self.steps == 0 { "attribute_not_exists(#steps)" } else { "#steps = :seen" };
        let key = keys::release(import.account, import.id);
        let write = Write::update(key, "SET #mark = :mark, #steps = :steps").when(unmoved);
        let write = write.bind_attribute(":mark", AttributeValue::B(Blob::new(packed(&next))));
        let write = write.bind(":steps", self.steps + 1);
        match services.store.write(if self.steps == 0 { write } else { write.bind(":seen", self.steps) }).await {
            Err(error) if error.is_refused() => Ok(false),
            written => written.map(|_| true),
        }
    }

    /// Takes in what stayed. Of very many things the first are kept.
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

    /// Those of the things that still stand.
    async fn standing(&self, services: &Services, import: &Import) -> Result<BTreeSet<Kept>, StoreError> {
        let named: Vec<_> = self.kept.iter().map(|kept| (kept.kind, kept.id)).collect();
        let things = Thing::get_many(services, import.account, &named).await?.into_iter();
        let standing = things.filter(|thing| !thing.is_spent());
        Ok(standing.map(|thing| Kept { kind: thing.kind, id: thing.id }).collect())
    }
}

/// How often the mark of an undo's end was moved.
pub async fn released_steps(services: &Services, import: &Import) -> Result<u64, StoreError> {
    Ok(services.store.get(&keys::release(import.account, import.id)).await?.as_ref().map_or(0, steps))
}

fn steps(item: &Item) -> u64 {
    match item.get("steps") {
        Some(AttributeValue::N(steps)) => steps.parse().unwrap_or_default(),
        _ => 0,
    }
}

/// Works the notes off and ends the undo, or has another invocation go on when time is up.
pub async fn release(services: &Services, import: &Import, time: &TimeLeft) -> Result<(), ImportError> {
    // Chunks that are undone at the same time all get here, and would only get in each other's way.
    let ending = services.memory.ending(import.account, import.id);
    let Ok(one) = ending.try_lock() else {
        return Ok(());
    };
    let ended = let_go(services, import, time).await?;
    // Before the message is sent: another task of this process may be the one to take it.
    drop(one);
    if ended {
        return Ok(());
    }
    tracing::info!(account = import.account.0, import = import.id.0, "another is to let go of the rest");
    let go_on = Message::Release { account: import.account, import: import.id };
    Ok(services.queues.send(&go_on).await?)
}

/// Works the notes off. False, if time was up before their end.
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
    let change = Change::none().set("reverted_at", services.clock.now_ms()).set("kept", &kept);
    let change = match mark.steps {
        0 => change,
        _ => change.also(Write::delete(keys::release(import.account, import.id))),
    };
    match transition(services, import, Status::RolledBack, change).await {
        Ok(undone) => inbox::finish(services, &undone).await.map(|_| true),
        // Somebody else finished it.
        Err(ImportError::Status { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Works off what a few items note; what stays although the import made it.
async fn work_off(services: &Services, import: &Import, items: &[Item]) -> Result<Vec<Kept>, ImportError> {
    let Dropped { mut kept, left } = drop_together(services, import.account, Note::all(items)?, import.id).await?;
    let drops = left.into_iter().map(|note| async move {
        Ok::<_, ImportError>(drop_reference(services, import.account, &note, import.id).await?)
    });
    kept.extend(drained(drops, NOTES_IN_FLIGHT).await?.into_iter().flatten());
    let stayed = kept;
    // What is worked off need not be looked at again, should another invocation have to go on.
    let is_kept = |kind, id| stayed.iter().any(|kept| (kept.kind, kept.id) == (kind, id));
    let stays =
        |note: &Note| is_kept(note.kind, note.id) || note.client.is_some_and(|client| is_kept(Kind::Client, client));
    let done = |item: &&Item| Note::all([*item]).is_ok_and(|notes| !notes.iter().any(stays));
    let done = items.iter().filter(done).map(|item| Key::of(Table::Imports, item));
    services.store.delete_all(done.collect()).await?;
    Ok(stayed)
}
