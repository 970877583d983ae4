//! Time entries made, edited and deleted by hand. Every edit is a single transaction, which is refused and retried if
//! the entry's version has changed since the read.

use super::change::{Edit, change, counted, marks};
use super::input::{EntryInput, ProjectInput};
use super::{EditError, Rule, repeated, things};
use crate::edit::tags::Tagging;
use crate::entries::Entry;
use crate::entries::by_hand::HAND_CHUNK;
use crate::id::{AccountId, EntryId, ImportId, Row, ThingId};
use crate::import::Import;
use crate::ledger::{Chunk, ChunkState};
use crate::services::Services;
use crate::store::keys::{self, Counter, Kind};
use crate::store::{Key, StoreError, Write};
use crate::things::Thing;
use crate::things::names::normal;
use crate::things::retired::Retirements;

/// An entry which people can see, with merges resolved: an entry made by hand, or an entry of a committed chunk.
pub async fn get(services: &Services, account: AccountId, id: EntryId) -> Result<Entry, EditError> {
    let mut entry = standing(services, account, id).await?.0;
    Retirements::read(services, account).await?.resolve(&mut entry);
    Ok(entry)
}

/// The entry as stored, with the import which created the entry (`None` for an entry made by hand).
async fn standing(services: &Services, account: AccountId, id: EntryId) -> Result<(Entry, Option<Import>), EditError> {
    if id.row() == Row(0) {
        return Err(EditError::NotFound);
    }
    let import = maker(services, account, id).await?;
    let entry = Entry::read(services, &place(account, id, import.as_ref())).await?;
    Ok((entry.ok_or(EditError::NotFound)?, import))
}

/// The import which created an entry, provided the entry's chunk is committed, or `None` for an entry made by hand.
pub(super) async fn maker(services: &Services, account: AccountId, id: EntryId) -> Result<Option<Import>, EditError> {
    if id.import() == ImportId::HAND {
        return Ok(None);
    }
    let import = Import::get(services, account, id.import()).await?.ok_or(EditError::NotFound)?;
    let key = keys::chunk(account, import.id, id.row().chunk(import.rows_per_chunk));
    let chunk = services.store.get(&key).await?.ok_or(EditError::NotFound)?;
    if import.status.is_gone() || Chunk::decode(chunk)?.state != ChunkState::Committed {
        return Err(EditError::NotFound);
    }
    Ok(Some(import))
}

/// The storage key of an entry.
pub(super) fn place(account: AccountId, id: EntryId, import: Option<&Import>) -> Key {
    Entry::key(account, id, import.map_or(HAND_CHUNK, |import| import.rows_per_chunk))
}

/// Makes an entry, by default for the caller.
pub async fn create(
    services: &Services,
    account: AccountId,
    caller: ThingId,
    input: &EntryInput,
) -> Result<Entry, EditError> {
    let number = services.store.next_number(keys::counter(account, Counter::Entries)).await?;
    let (now, today) = (services.clock.now_ms(), services.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date());
    let blank = Entry::blank(EntryId::of(ImportId::HAND, Row(number)), caller, today, now);
    let input = &EntryInput { user: input.user.or(Some(caller)), ..input.clone() };
    repeated(|| async {
        let entry = applied(services, account, blank.clone(), input).await?;
        let key = Entry::key(account, entry.id, HAND_CHUNK);
        let writes = vec![Write::put(key.clone(), &entry).when_absent(), counted(account, entry.id, 1)];
        if change(services, account, &[Edit { before: None, after: Some(&entry) }], writes).await? {
            return Ok(Some(entry));
        }
        // The number was drawn for this request alone, so an entry with the number was made by this request, whose answer
        // was lost.
        Ok(Entry::read(services, &key).await?)
    })
    .await
}

/// Edits an entry, unless the entry is approved.
pub async fn update(
    services: &Services,
    account: AccountId,
    id: EntryId,
    input: &EntryInput,
) -> Result<Entry, EditError> {
    repeated(|| async {
        let (before, import) = standing(services, account, id).await?;
        if before.approved_at.is_some() {
            return Err(EditError::Forbidden(Rule::Approved));
        }
        let mut seen = before.clone();
        Retirements::read(services, account).await?.resolve(&mut seen);
        let mut after = applied(services, account, seen.clone(), input).await?;
        if after == seen {
            return Ok(Some(seen));
        }
        after.version += 1;
        after.updated_at = services.clock.now_ms();
        let key = place(account, id, import.as_ref());
        let mut writes = vec![Write::put(key, &after).if_version(before.version)];
        writes.extend(import.iter().flat_map(|import| marks(import, id, false)));
        let edit = Edit { before: Some(&before), after: Some(&after) };
        Ok(change(services, account, &[edit], writes).await?.then_some(after))
    })
    .await
}

/// Deletes an entry which is neither approved nor marked as invoiced, and whose project is not archived.
pub async fn delete(services: &Services, account: AccountId, id: EntryId) -> Result<(), EditError> {
    repeated(|| async {
        let (before, import) = standing(services, account, id).await?;
        let project = Retirements::read(services, account).await?.project(&before);
        deletable(&before, is_archived(services, account, project).await?)?;
        let key = place(account, id, import.as_ref());
        let mut writes = vec![Write::delete(key).if_version(before.version)];
        match &import {
            Some(import) => writes.extend(marks(import, id, true)),
            None => writes.push(counted(account, id, -1)),
        }
        let edit = Edit { before: Some(&before), after: None };
        Ok(change(services, account, &[edit], writes).await?.then_some(()))
    })
    .await
}

fn deletable(entry: &Entry, is_archived: bool) -> Result<(), EditError> {
    let rule = match entry {
        Entry { approved_at: Some(_), .. } => Rule::Approved,
        Entry { invoiced_at: Some(_), .. } => Rule::Invoiced,
        _ if is_archived => Rule::ArchivedProject,
        _ => return Ok(()),
    };
    Err(EditError::Forbidden(rule))
}

/// `true` if a project is archived; `false` if there is no project.
async fn is_archived(services: &Services, account: AccountId, id: Option<ThingId>) -> Result<bool, StoreError> {
    let Some(id) = id else { return Ok(false) };
    let project = Thing::get(services, account, Kind::Project, id).await?;
    Ok(project.is_some_and(|project| project.is_archived()))
}

/// The entry after the input is applied.
async fn applied(
    services: &Services,
    account: AccountId,
    mut entry: Entry,
    input: &EntryInput,
) -> Result<Entry, EditError> {
    if let Some(date) = input.date {
        entry.date = date;
    }
    if let Some(seconds) = input.seconds {
        entry.seconds = seconds;
    }
    if let Some(user) = input.user {
        Thing::get(services, account, Kind::User, user).await?.ok_or(EditError::Missing("user_id"))?;
        entry.user = user;
    }
    if let Some(Some(ProjectInput::Id(id))) = &input.project {
        Thing::get(services, account, Kind::Project, *id).await?.ok_or(EditError::Missing("project_id"))?;
    }
    // Tags are checked before a project is made, so a refused edit makes nothing.
    let tagging = Tagging::of(services, account, &entry, input).await?;
    if let Some(project) = &input.project {
        entry.project = match project {
            None => None,
            Some(ProjectInput::Id(id)) => Some(*id),
            Some(ProjectInput::Name(name)) => Some(project_named(services, account, entry.project, name).await?),
        };
    }
    if let Some(billable) = input.billable {
        entry.billable = billable;
    }
    if let Some(tagging) = tagging {
        tagging.apply(services, account, &mut entry).await?;
    }
    if let Some(text) = &input.text {
        entry.text.clone_from(text);
    }
    if let Some(source_url) = &input.source_url {
        entry.source_url.clone_from(source_url);
    }
    Ok(entry)
}

/// The project meant by a name in an edit: the entry's present project if its name matches, else the project found or
/// made by name.
async fn project_named(
    services: &Services,
    account: AccountId,
    own: Option<ThingId>,
    name: &str,
) -> Result<ThingId, EditError> {
    if let Some(id) = own
        && let Some(project) = Thing::get(services, account, Kind::Project, id).await?
        && normal(&project.name) == normal(name)
    {
        return Ok(id);
    }
    things::named(services, account, Kind::Project, name).await
}
