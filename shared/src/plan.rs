//! The plan of an import: a single pass over the file, which finds format, columns and chunks.
//!
//! The parser function reads the file once from the first byte to the last, in memory which does not grow with the
//! file. A packed file is unpacked first ([`crate::unpack`]).
//!
//! - Chunk items are written during the pass, each only if absent, so a second run of the same plan never takes back a
//!   claimed or committed chunk.
//! - Format, readings of the columns, and the number of rows are known at the end. Only then does the status become
//!   `processing`.
//! - The change of status also counts the rows for the account's day, if the account has a quota of rows a day. A file with
//!   more rows than the day has left is not loaded (`plan/within_quota.rs`).
//! - A resumed import which has a plan goes on by its plan (`plan/resumed.rs`).
//! - A message per chunk is sent after the change of status. A run which finds the plan complete sends the messages for
//!   uncommitted chunks again.

mod forbid;
mod pin;
mod recall;
mod resumed;
mod within_quota;

use std::time::Duration;

use crate::collect::collect;
use crate::concurrent::drained;
use crate::dispatch::{self, OpenFile};
use crate::files::{FileError, Object};
use crate::id::{AccountId, ChunkNo, ImportId, MAX_ROWS};
use crate::import::messages::send_chunks;
use crate::import::{Change, Import, ImportError, OnError, Status, lane, transition};
use crate::kind::survey::{RefusedFile, Surveyed};
use crate::ledger::hold::Ended;
use crate::ledger::{Chunk, ChunkState};
use crate::load;
use crate::queue::Message;
use crate::services::Services;
use crate::settle::last_step;
use crate::settle::stop::stop;
use crate::settle::{go_on, settle_soon};
use crate::store::{StoreError, Write, decode, keys};
use crate::table::{ChunkSpan, Verdict};
use crate::unpack;

/// The most chunk items written at once.
const PUTS_IN_FLIGHT: usize = 16;
/// How long a queued import waits for the file of a request's body; the door which stores the file lives for half a
/// minute.
const STORING: Duration = Duration::from_secs(600);

/// Plans the import and sends a message per chunk.
pub async fn plan(services: &Services, account: AccountId, import: ImportId) -> Result<(), ImportError> {
    let mut import = Import::find(services, account, import).await?;
    if import.source.is_none() && matches!(import.status, Status::New | Status::Queued) {
        import = arrived(services, import).await?;
    }
    match import.status {
        // The door has yet to store the file, and sends a message afterwards.
        Status::Queued if import.source.is_none() => return Ok(()),
        Status::Queued if lane::has_its_turn(services, &import).await? => {
            if import.chunks.is_some() {
                let import = Box::pin(resumed::go_on(services, &import)).await?;
                let is_started = import.status == Status::Processing;
                return if is_started { Box::pin(send_out(services, &import)).await } else { Ok(()) };
            }
        }
        // The import before this import in the lane calls this import when settled.
        Status::Queued => return Ok(()),
        // The file is awaited, or somebody has yet to start the import.
        Status::New => return Ok(()),
        Status::Processing => return send_out(services, &import).await,
        // The import is settled or being undone. A drop's report may be missing if the worker which settled the import
        // died.
        _ => return settle_soon(services, &import).await,
    }
    let source = import.source.clone().ok_or(FileError::Missing)?;
    let mut unpacked = None;
    let planned = match Box::pin(survey(services, &mut import, &source, &mut unpacked)).await {
        Ok(Ok(plan)) if plan.rows > MAX_ROWS => {
            let rows = plan.rows;
            let why = format!("the file has {rows} rows; an import takes at most {MAX_ROWS}");
            stop(services, &import, why).await
        }
        Ok(Ok(plan)) => Box::pin(begin(services, &import, &source, plan, unpacked.as_ref())).await,
        Ok(Err(refusal)) => refuse(services, &import, refusal).await,
        Err(error @ (ImportError::File(FileError::Missing | FileError::Replaced) | ImportError::Impossible(_))) => {
            stop(services, &import, error.to_string()).await
        }
        Err(error) => Err(error),
    };
    let import = match planned {
        Ok(import) => import,
        // A second parser planned the import, or this run did and the answer was lost, or the import was stopped or is
        // being undone.
        Err(ImportError::Status { .. }) => Import::find(services, account, import.id).await?,
        Err(error) => return Err(error),
    };
    if let Some(unpacked) = &unpacked {
        unpack::forget(services, &import, unpacked).await;
    }
    if import.status == Status::Processing { Box::pin(send_out(services, &import)).await } else { Ok(()) }
}

/// Pins the awaited file if the file is in the bucket. Gives up an import whose door never stored the file.
async fn arrived(services: &Services, import: Import) -> Result<Import, ImportError> {
    let Some(key) = &import.awaits else {
        return Ok(import);
    };
    let found = match &import.location {
        Some(location) => match Box::pin(collect(services, &import, location)).await? {
            Some(object) => Ok(object),
            // Another message comes, or the import was stopped.
            None => return Ok(import),
        },
        None => services.files.head(key).await,
    };
    let moved = match (found, import.status) {
        (Ok(object), Status::New) if import.is_held() => return hold(services, &import, &object).await,
        (Ok(object), Status::New) => {
            let change = Change::none().set("source", object);
            // The history names the person who started the import before its file was there.
            let change = import.starter.iter().fold(change, Change::asked_by);
            lane::line_up(services, &import, change).await
        }
        (Ok(object), _) => return pin(services, &import, &object).await,
        (Err(FileError::Missing), Status::Queued) if import.age(services) > STORING => {
            stop(services, &import, "its file was never stored".to_owned()).await
        }
        (Err(FileError::Missing), _) => {
            // A message can come before the file, and S3's event after the file was deleted.
            tracing::info!(account = import.account.0, import = import.id.0, "the file of the import does not exist");
            return Ok(import);
        }
        (Err(error), _) => return Err(error.into()),
    };
    match moved {
        Err(ImportError::Status { .. }) => Import::find(services, import.account, import.id).await,
        done => done,
    }
}

/// Pins the file of an import which waits for somebody to start it. If somebody did in between, the import goes on.
async fn hold(services: &Services, import: &Import, object: &Object) -> Result<Import, ImportError> {
    let pin = Write::update(keys::import(import.account, import.id), "SET #source = :source")
        .when("#status = :new AND attribute_not_exists(#source) AND attribute_not_exists(#released)")
        .bind(":source", object)
        .bind(":new", Status::New);
    match services.store.write(pin).await {
        Ok(Some(item)) => return Ok(decode(item)?),
        Ok(None) => {}
        Err(error) if error.is_refused() => {}
        Err(error) => return Err(error.into()),
    }
    let now = Import::find(services, import.account, import.id).await?;
    match (now.status, &now.source) {
        (Status::New, None) => Box::pin(arrived(services, now)).await,
        _ => Ok(now),
    }
}

/// Pins the file of a queued import, so every later read requires the same ETag.
async fn pin(services: &Services, import: &Import, object: &Object) -> Result<Import, ImportError> {
    let pin = Write::update(keys::import(import.account, import.id), "SET #source = :source")
        .when("#status = :queued AND attribute_not_exists(#source)")
        .bind(":source", object)
        .bind(":queued", Status::Queued);
    match services.store.write(pin).await {
        Ok(Some(item)) => Ok(decode(item)?),
        Ok(None) => Import::find(services, import.account, import.id).await,
        // A second parser pinned the file, or the import was stopped.
        Err(error) if error.is_refused() => Import::find(services, import.account, import.id).await,
        Err(error) => Err(error.into()),
    }
}

/// Surveys the file. `unpacked` is set to the object with the rows if the file is packed.
async fn survey(
    services: &Services,
    import: &mut Import,
    source: &Object,
    unpacked: &mut Option<Object>,
) -> Result<Result<Surveyed, RefusedFile>, ImportError> {
    if let Err(refusal) = pin::pin_schema(services, import).await? {
        return Ok(Err(refusal));
    }
    let remembered = recall::remembered(services, import).await?;
    let OpenFile { mut bytes, unpacked: table, mut survey } =
        match dispatch::open(services, import, source, &remembered).await? {
            Ok(open) => open,
            Err(refusal) => return Ok(Err(refusal)),
        };
    unpacked.clone_from(&table);
    let mut written = 0;
    while let Some(piece) = bytes.next().await? {
        if let Err(refusal) = survey.push(&piece) {
            return Ok(Err(refusal));
        }
        let spans = survey.take_chunks();
        if !spans.is_empty() {
            recall::pin(services, import, survey.recalled()).await?;
        }
        written = put_chunks(services, import, written, spans).await?;
    }
    let mut plan = match survey.finish() {
        Ok(plan) => plan,
        Err(refusal) => return Ok(Err(refusal)),
    };
    recall::pin(services, import, plan.recalled.as_ref()).await?;
    put_chunks(services, import, written, std::mem::take(&mut plan.chunks)).await?;
    Ok(Ok(plan))
}

/// Writes chunks with consecutive numbers from `first`. Returns the next number.
async fn put_chunks(
    services: &Services,
    import: &Import,
    first: u64,
    spans: Vec<ChunkSpan>,
) -> Result<u64, StoreError> {
    let next = first + spans.len() as u64;
    let put = |(number, span): (u64, ChunkSpan)| async move {
        let chunk = Chunk::planned(ChunkNo(number), span);
        let put = Write::put(keys::chunk(import.account, import.id, chunk.number), &chunk).when_absent();
        match services.store.write(put).await {
            Err(StoreError::Refused { found: Some(found), .. }) if import.recalled.is_some() => {
                recall::overrule(services, import, Chunk::decode(*found)?, &chunk).await
            }
            Err(error) if !error.is_refused() => Err(error),
            _ => Ok(()),
        }
    };
    drained((first..).zip(spans).map(put), PUTS_IN_FLIGHT).await?;
    Ok(next)
}

async fn begin(
    services: &Services,
    import: &Import,
    source: &Object,
    plan: Surveyed,
    unpacked: Option<&Object>,
) -> Result<Import, ImportError> {
    let chunks = plan.rows.div_ceil(u64::from(import.rows_per_chunk));
    let table = unpacked.unwrap_or(source);
    let joined = dispatch::join(services, import, table, &plan.layout, (plan.rows, chunks)).await?;
    let refusal = joined.as_ref().and_then(|joined| joined.refusal.clone());
    let mut change = Change::none().planned(plan.rows, chunks);
    if let Some(joined) = joined {
        change = change.set("joined", joined);
    }
    if let Some(format) = plan.format {
        change = change.set("format", format);
    }
    if let Some(unpacked) = unpacked {
        change = change.set("unpacked", unpacked);
    }
    if import.recalled.is_none() {
        change = change.provided(recall::UNPINNED);
    }
    let verdict = Verdict { layout: Some(plan.layout), refusal: None, recalled: import.recalled.is_some() };
    recall::put_verdict(services, import, &verdict).await?;
    match refusal {
        None => {
            let now = services.clock.now_ms();
            let started = change.clone().set("started_at", now);
            let until = services.retention.undo_until(now);
            let started = until.into_iter().fold(started, |change, until| change.set("undo_until", until));
            match within_quota::begin_load(services, import, started, plan.rows).await? {
                Ok(import) => Ok(import),
                Err(reason) => forbid::forbid(services, import, change, reason).await,
            }
        }
        Some(reason) => forbid::forbid(services, import, change, reason).await,
    }
}

async fn refuse(services: &Services, import: &Import, refusal: RefusedFile) -> Result<Import, ImportError> {
    let reason = refusal.reasons.join("; ");
    let verdict = Verdict { refusal: Some(refusal.shown), recalled: import.recalled.is_some(), ..Verdict::default() };
    let mut change = Change::none().set("reason", &reason).set("completed_at", services.clock.now_ms());
    if import.recalled.is_none() {
        change = change.provided(recall::UNPINNED);
    }
    recall::put_verdict(services, import, &verdict).await?;
    // The reasons quote cells for which two readings fit.
    let change = change.because(reason).announced_as("the file cannot be read, or can be read in more than one way");
    let refused = transition(services, import, Status::Unsupported, change).await?;
    last_step::finish(services, &refused).await?;
    Ok(refused)
}

/// Sends the chunks of a planned import to the loaders. A file without rows is settled, and a single chunk is loaded on
/// the spot.
async fn send_out(services: &Services, import: &Import) -> Result<(), ImportError> {
    let (account, id) = (import.account, import.id);
    if is_to_abort(services, import).await? {
        return go_on(services, import).await;
    }
    match import.chunk_count() {
        0 => settle_soon(services, import).await,
        1 => match Box::pin(load::load(services, account, id, ChunkNo(0))).await? {
            Ended::Done => Ok(()),
            Ended::Held(until) => load::come_again(services, account, id, ChunkNo(0), until).await,
        },
        _ => send_waiting(services, import).await.map(drop),
    }
}

/// Sends messages for an import which makes no progress, since earlier messages may be lost. If every chunk is
/// committed, a loader settles the import.
pub async fn resend(services: &Services, import: &Import) -> Result<(), ImportError> {
    if is_to_abort(services, import).await? || send_waiting(services, import).await? == 0 {
        go_on(services, import).await?;
    }
    Ok(())
}

/// `true` if a row has failed of an import which is to be aborted then. Settling the import aborts it.
async fn is_to_abort(services: &Services, import: &Import) -> Result<bool, ImportError> {
    let asked = import.options.on_error == OnError::Abort;
    Ok(asked && import.is_to_abort(&import.counts(services).await?))
}

/// Sends a message for every chunk which is not committed, or whose follow-ups are not sent yet. Returns the number of messages.
async fn send_waiting(services: &Services, import: &Import) -> Result<usize, ImportError> {
    let (account, id) = (import.account, import.id);
    send_chunks(services, import, |chunk| {
        (chunk.state == ChunkState::Planned || chunk.unsent).then_some(Message::Load {
            account,
            import: id,
            chunk: chunk.number,
        })
    })
    .await
}
