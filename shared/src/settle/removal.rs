//! The removal of records which no row of the file matched (`remove_missing`): the second phase of an import, after every row
//! has its outcome and before the import settles.
//!
//! The join has noted which records are missing. The phase is more chunks of the same machine, behind those of the file: they
//! are loaded, committed, counted, fenced and undone like any chunk. They have no bytes, and no rows of the file.
//!
//! | step | trace | why a second try is harmless |
//! |---|---|---|
//! | the items of the chunks | themselves, which no reader sees yet | each try of a round sets the same attributes |
//! | the number of chunks raised in the import | `file_chunks` | refused once `file_chunks` is set, and after any change of status |
//! | a message for each chunk | the chunks which are not committed | a worker that finds none of them committed sends the messages again, and so does the sweep |
//!
//! A failed row forbids the phase: what the row meant to keep is not known. So does every change of status, because an import
//! that was stopped, or is being undone, is `processing` no more. A stopped import that is resumed before the phase is joined
//! again; one that is resumed during the phase goes on with the records that were found before.

use crate::concurrent::drained;
use crate::id::ChunkNo;
use crate::import::messages::send_chunks;
use crate::import::{Counts, Import, ImportError, MissingRecords, Status};
use crate::ledger::{Chunk, ChunkState};
use crate::queue::Message;
use crate::services::Services;
use crate::store::{StoreError, Write, decode, keys};
use crate::table::ChunkSpan;

/// The most items of chunks written at once.
const WRITES_IN_FLIGHT: usize = 16;

/// Begins the phase of an import whose rows all have their outcome, unless there is nothing to remove or a row failed. `true`
/// if the phase is under way, so the import cannot settle yet.
pub(super) async fn goes_first(services: &Services, import: &Import) -> Result<bool, ImportError> {
    let missing = import.joined.as_ref().and_then(|joined| joined.missing);
    let Some(missing) = missing.filter(|missing| missing.count > 0) else { return Ok(false) };
    let counts = import.counts(services).await?;
    if import.file_chunks.is_some() {
        let is_told = !import.has_follow_ups() || counts.told >= import.chunk_count();
        return Ok(counts.chunks < import.chunk_count() || !is_told);
    }
    if counts.failed > 0 {
        return Ok(false);
    }
    begin(services, import, missing).await?;
    Ok(true)
}

async fn begin(services: &Services, import: &Import, missing: MissingRecords) -> Result<(), ImportError> {
    let of_file = import.chunk_count();
    let spans = (of_file..).zip(spans(import, missing));
    let puts = spans.map(|(number, span)| async move { put(services, import, ChunkNo(number), span).await });
    let added = drained(puts, WRITES_IN_FLIGHT).await?.len() as u64;
    let raise = Write::update(keys::import(import.account, import.id), "SET #chunks = :all, #file_chunks = :of_file")
        .when("#status = :processing AND #updated_at = :seen AND attribute_not_exists(#file_chunks)")
        .bind(":all", of_file + added)
        .bind(":of_file", of_file)
        .bind(":processing", Status::Processing)
        .bind(":seen", import.updated_at);
    match services.store.write(raise).await {
        Ok(Some(item)) => {
            tracing::info!(account = import.account.0, import = import.id.0, missing.count, "the removal begins");
            call(services, &decode(item)?).await
        }
        // A second worker began the phase, or the import was stopped or is being undone.
        Ok(None) => Ok(()),
        Err(error) if error.is_refused() => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The spans of the phase's chunks, without bytes. Their rows are numbered from the first chunk behind those of the file on, so
/// a row leads to its chunk like a row of the file.
fn spans(import: &Import, missing: MissingRecords) -> impl Iterator<Item = ChunkSpan> {
    let size = u64::from(import.rows_per_chunk);
    let first = import.chunk_count() * size + 1;
    (0..missing.count.div_ceil(size)).map(move |at| {
        let rows = u32::try_from(size.min(missing.count - at * size)).expect("a chunk has few rows");
        ChunkSpan { first_row: first + at * size, rows, first_line: 0, start: 0, end: 0, oversized: Vec::new() }
    })
}

/// Writes the item of a chunk, unless its load has begun. An earlier round of the import may have left another item.
async fn put(services: &Services, import: &Import, number: ChunkNo, span: ChunkSpan) -> Result<(), StoreError> {
    let Chunk { first_row, rows, first_line, start, end, state, tries, .. } = Chunk::planned(number, span);
    let set = "SET #number = :number, #first_row = :first_row, #rows = :rows, #first_line = :first_line, #start = :start, \
               #end = :end, #state = :planned, #tries = :tries";
    let put = Write::update(keys::chunk(import.account, import.id, number), set)
        .when("attribute_not_exists(#state) OR (#state = :planned AND #tries = :tries)")
        .bind(":number", number)
        .bind(":first_row", first_row)
        .bind(":rows", rows)
        .bind(":first_line", first_line)
        .bind(":start", start)
        .bind(":end", end)
        .bind(":planned", state)
        .bind(":tries", tries)
        .in_round(import.round);
    services.store.attempt(put).await.map(drop)
}

/// Sends the messages again if the phase has begun and none of its chunks is committed: the worker which began the phase may
/// have died.
pub(super) async fn call_again(services: &Services, import: &Import, counts: &Counts) -> Result<(), ImportError> {
    if import.file_chunks == Some(counts.chunks) { call(services, import).await } else { Ok(()) }
}

async fn call(services: &Services, import: &Import) -> Result<(), ImportError> {
    let (account, id) = (import.account, import.id);
    let message = |chunk: &Chunk| {
        (chunk.state == ChunkState::Planned).then_some(Message::Load { account, import: id, chunk: chunk.number })
    };
    send_chunks(services, import, message).await.map(drop)
}

/// The reason, for people, why an import which settles removed nothing; `None` if a removal was not asked for, or no row failed.
pub(super) fn reason_for_none(import: &Import, counts: &Counts) -> Option<String> {
    let (failed, rows) = (counts.failed, import.rows.unwrap_or_default());
    let is_asked = import.options.profiles.remove_missing && failed > 0;
    is_asked.then(|| format!("{failed} of {rows} rows failed, so nothing was removed as missing"))
}
