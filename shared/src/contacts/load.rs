//! The writes of a chunk's people, and the claims of their addresses.
//!
//! | effect | trace | why a second try is harmless |
//! |---|---|---|
//! | strays of an earlier try removed, with their claims | – | a removed stray is not met again |
//! | people, in batches | the chunk's partition | keys and values are the same |
//! | claims of addresses, each if nobody has the address | the person's address | a claim is refused only to others than its person |
//! | people who lost their address removed | – | the second try writes and removes them again, or gets the address |
//!
//! A claim comes after its person, so no crash leaves a claim that no partition leads to. Nobody sees the people before the
//! chunk is committed.

use std::collections::HashSet;

use super::draft::{Draft, DraftedRow, PersonDraft};
use super::records_of;
use crate::concurrent::drained;
use crate::id::RecordId;
use crate::import::ImportError;
use crate::kind::HeldChunk;
use crate::records::Record;
use crate::store::keys::{self, RecordKind};
use crate::store::{BATCHES_IN_FLIGHT, ITEMS_A_BATCH, Key, Table, decode, encode};
use crate::things::claim::claim_for_person;

/// The most claims under way at once.
const CLAIMS_IN_FLIGHT: usize = 16;

/// Writes the people of a chunk. Returns the people who did not get their address, and are not there.
pub async fn write_all(held: &HeldChunk<'_>, rows: &[DraftedRow]) -> Result<HashSet<RecordId>, ImportError> {
    let people: Vec<&PersonDraft> = rows
        .iter()
        .filter_map(|row| match &row.draft {
            Draft::Person(person) => Some(&**person),
            Draft::Company { .. } | Draft::There { .. } | Draft::Met(_) | Draft::Yields(_) | Draft::Failed(_) => None,
        })
        .collect();
    if held.chunk.tries > 1 {
        clear(held, &people).await?;
    }
    let batches = people.chunks(ITEMS_A_BATCH).map(|some| write(held, some));
    drained(batches, BATCHES_IN_FLIGHT).await?;
    let lost = claim_all(held, &people).await?;
    held.lease.check(&held.services.clock)?;
    held.services.store.delete_all(lost.iter().map(|&id| key(held, id)).collect()).await?;
    Ok(lost)
}

fn key(held: &HeldChunk<'_>, id: RecordId) -> Key {
    keys::record(held.import.account, RecordKind::Person, held.import.id, held.chunk.number, id.row())
}

/// Writes a batch of people. Encoding is left to the last moment, because items take many times the memory of the
/// chunk's bytes.
async fn write(held: &HeldChunk<'_>, people: &[&PersonDraft]) -> Result<(), ImportError> {
    held.lease.check(&held.services.clock)?;
    let item = |person: &&PersonDraft| (Table::Workspace, encode(&key(held, person.record.id), &person.record));
    Ok(held.services.store.put_all(people.iter().map(item).collect()).await?)
}

/// Claims the address of each person who has one. Returns the people whose address belongs to somebody else.
async fn claim_all(held: &HeldChunk<'_>, people: &[&PersonDraft]) -> Result<HashSet<RecordId>, ImportError> {
    let HeldChunk { services, import, lease, .. } = *held;
    let claims = people.iter().filter_map(|person| Some((person.record.id, person.address.as_deref()?)));
    let claims = claims.map(|(id, address)| async move {
        lease.check(&services.clock)?;
        let claimed = services.store.attempt(claim_for_person(import.account, address, id)).await?;
        Ok::<_, ImportError>((!claimed).then_some(id))
    });
    Ok(drained(claims, CLAIMS_IN_FLIGHT).await?.into_iter().flatten().collect())
}

/// Removes people whom an earlier try wrote for rows which create nobody now.
async fn clear(held: &HeldChunk<'_>, people: &[&PersonDraft]) -> Result<(), ImportError> {
    let HeldChunk { services, import, chunk, lease } = *held;
    let wanted: HashSet<RecordId> = people.iter().map(|person| person.record.id).collect();
    let mut pages = services.store.pages(keys::records(import.account, RecordKind::Person, import.id, chunk.number));
    while let Some(items) = pages.next().await? {
        let there = items.into_iter().map(decode).collect::<Result<Vec<Record>, _>>()?;
        let strays = there.into_iter().filter(|record| !wanted.contains(&record.id)).collect();
        records_of(import).remove(services, strays, lease).await?;
    }
    Ok(())
}
