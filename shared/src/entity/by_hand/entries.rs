//! Entries, made, edited and deleted by hand.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::tagging::Tagging;
use super::{EditError, Tries, things};
use crate::entity::note::Note;
use crate::entity::reference::{self, Reference, Sums};
use crate::entity::{Entry, Thing, normal};
use crate::id::{AccountId, ChunkNo, EntryId, ImportId, Row, ThingId};
use crate::import::{Import, dropped};
use crate::ledger::{Chunk, ChunkState, summary};
use crate::services::Services;
use crate::store::keys::{self, Counter, Kind};
use crate::store::{Item, Key, StoreError, Table, Write, number};

/// DynamoDB takes so many writes in one transaction.
const MOST_WRITES: usize = 100;
/// Entries made by hand lie in partitions of so many.
pub const HAND_CHUNK: u32 = 1000;

/// An entry as a caller describes it; what is absent keeps its value, or gets the default.
#[derive(Clone, Debug, Default)]
pub struct EntryInput {
    /// The day.
    pub date: Option<Date>,
    /// The duration.
    pub seconds: Option<u64>,
    /// Whose it is; of a new one, if it is not said, the caller's.
    pub user: Option<ThingId>,
    /// Its project; none: no project.
    pub project: Option<Option<ProjectInput>>,
    /// The names of its tags, beside those that the text marks with `#`.
    pub tags: Option<Vec<String>>,
    /// What was done; none: nothing is said.
    pub text: Option<Option<String>>,
    /// Whether it can be billed.
    pub billable: Option<bool>,
    /// Where it came from.
    pub source_url: Option<Option<String>>,
}

/// How a caller names a project.
#[derive(Clone, Debug)]
pub enum ProjectInput {
    /// One that is there.
    Id(ThingId),
    /// One of this name, whatever its client; to be made, without a client, if there is none.
    Name(String),
}

/// How many entries made by hand stand, by partition.
pub async fn counts(services: &Services, account: AccountId) -> Result<Vec<(ChunkNo, u64)>, StoreError> {
    let items = services.store.all(keys::hand_counts(account)).await?;
    let count = |item: Item| {
        let chunk = Key::of(Table::Imports, &item).sk.parse().map(ChunkNo);
        let chunk = chunk.map_err(|_| StoreError::Shape("a count without a partition".to_owned()))?;
        Ok((chunk, number(item)?))
    };
    items.into_iter().map(count).collect()
}

/// An entry that may be seen: made by hand, or its chunk is committed.
pub async fn get(services: &Services, account: AccountId, id: EntryId) -> Result<Entry, EditError> {
    Ok(standing(services, account, id).await?.0)
}

/// The entry, and the import that made it, if one did.
async fn standing(services: &Services, account: AccountId, id: EntryId) -> Result<(Entry, Option<Import>), EditError> {
    let import = match id.import() {
        _ if id.row() == Row(0) => return Err(EditError::NotFound),
        ImportId::HAND => None,
        import => {
            let import = Import::get(services, account, import).await?.ok_or(EditError::NotFound)?;
            let key = keys::chunk(account, import.id, id.row().chunk(import.rows_per_chunk));
            let chunk = services.store.get(&key).await?.ok_or(EditError::NotFound)?;
            if import.status.is_gone() || Chunk::decode(chunk)?.state != ChunkState::Committed {
                return Err(EditError::NotFound);
            }
            Some(import)
        }
    };
    let entry = Entry::read(services, &place(account, id, import.as_ref())).await?;
    Ok((entry.ok_or(EditError::NotFound)?, import))
}

/// Where an entry lies.
fn place(account: AccountId, id: EntryId, import: Option<&Import>) -> Key {
    Entry::key(account, id, import.map_or(HAND_CHUNK, |import| import.rows_per_chunk))
}

/// Makes an entry; its user defaults to the caller.
pub async fn create(
    services: &Services,
    account: AccountId,
    caller: ThingId,
    input: &EntryInput,
) -> Result<Entry, EditError> {
    let number = services.store.next_number(keys::counter(account, Counter::Entries)).await?;
    let now = services.clock.now_ms();
    let blank = Entry {
        id: EntryId::of(ImportId::HAND, Row(number)),
        user: caller,
        project: None,
        tags: Vec::new(),
        date: services.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date(),
        start: None,
        end: None,
        seconds: 0,
        billable: true,
        text: None,
        task: None,
        invoiced: None,
        rate: None,
        amount: None,
        currency: None,
        source_url: None,
        fingerprint: None,
        extra: Vec::new(),
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let input = &EntryInput { user: input.user.or(Some(caller)), ..input.clone() };
    let mut tries = Tries::new();
    loop {
        let entry = applied(services, account, blank.clone(), input).await?;
        let key = Entry::key(account, entry.id, HAND_CHUNK);
        let writes = vec![Write::put(key.clone(), &entry).when_absent(), counted(account, entry.id, 1)];
        match change(services, account, None, Some(&entry), writes).await {
            Ok(()) => return Ok(entry),
            Err(EditError::Store(error)) if error.is_refused() => {
                // The number is ours alone: what stands there is what an answer that was lost has made.
                if let Some(made) = Entry::read(services, &key).await? {
                    return Ok(made);
                }
            }
            Err(error) => return Err(error),
        }
        tries.again().await?;
    }
}

/// Edits an entry.
pub async fn update(
    services: &Services,
    account: AccountId,
    id: EntryId,
    input: &EntryInput,
) -> Result<Entry, EditError> {
    let mut tries = Tries::new();
    loop {
        let (before, import) = standing(services, account, id).await?;
        let mut after = applied(services, account, before.clone(), input).await?;
        if after == before {
            return Ok(before);
        }
        after.version += 1;
        after.updated_at = services.clock.now_ms();
        let key = place(account, id, import.as_ref());
        let mut writes = vec![Write::put(key, &after).when("#version = :seen").bind(":seen", before.version)];
        writes.extend(import.iter().flat_map(|import| marks(import, id, false)));
        match change(services, account, Some(&before), Some(&after), writes).await {
            Ok(()) => return Ok(after),
            Err(EditError::Store(error)) if error.is_refused() => {}
            Err(error) => return Err(error),
        }
        tries.again().await?;
    }
}

/// Deletes an entry.
pub async fn delete(services: &Services, account: AccountId, id: EntryId) -> Result<(), EditError> {
    let mut tries = Tries::new();
    loop {
        let (before, import) = standing(services, account, id).await?;
        let key = place(account, id, import.as_ref());
        let mut writes = vec![Write::delete(key).when("#version = :seen").bind(":seen", before.version)];
        match &import {
            Some(import) => writes.extend(marks(import, id, true)),
            None => writes.push(counted(account, id, -1)),
        }
        match change(services, account, Some(&before), None, writes).await {
            Ok(()) => return Ok(()),
            Err(EditError::Store(error)) if error.is_refused() => {}
            Err(error) => return Err(error),
        }
        tries.again().await?;
    }
}

/// Entries more or fewer that were made by hand, counted by their partition.
fn counted(account: AccountId, id: EntryId, by: i64) -> Write {
    Write::update(keys::hand_count(account, id.row().chunk(HAND_CHUNK)), "ADD #n :by").bind(":by", by)
}

/// What says of an imported entry that it was edited or deleted by hand: its chunk, which must still be committed, and
/// what is counted over chunks.
fn marks(import: &Import, id: EntryId, deleted: bool) -> Vec<Write> {
    let chunk = id.row().chunk(import.rows_per_chunk);
    let mark = Write::update(
        keys::chunk(import.account, import.id, chunk),
        if deleted { "SET #edited = :true ADD #dropped :one" } else { "SET #edited = :true" },
    );
    let mark = mark.when("#state = :committed").bind(":committed", ChunkState::Committed).bind(":true", true);
    let mut writes = vec![if deleted { mark.bind(":one", 1) } else { mark }];
    writes.extend(summary::mark(import, id, deleted));
    if deleted {
        let counts = keys::counts(import.account, import.id, chunk);
        writes.push(Write::update(counts, "ADD #dropped :one").bind(":one", 1));
        writes.push(dropped(import.account, import.id));
    }
    writes
}

/// The entry with the input's fields.
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
    // Everything is looked at before anything is made.
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

/// The project that a name means for an entry: the entry keeps its own project if that has the name.
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

/// The things that an entry refers to.
fn named(entry: &Entry) -> impl Iterator<Item = (Kind, ThingId)> + '_ {
    let user = [(Kind::User, entry.user)];
    let project = entry.project.map(|id| (Kind::Project, id));
    user.into_iter().chain(project).chain(entry.tags.iter().map(|&id| (Kind::Tag, id)))
}

/// Makes `writes` together with what the change from `before` to `after` means for references and totals.
async fn change(
    services: &Services,
    account: AccountId,
    before: Option<&Entry>,
    after: Option<&Entry>,
    mut writes: Vec<Write>,
) -> Result<(), EditError> {
    let referrer = before.or(after).expect("an edit is of something").id.import();
    let mut deltas: BTreeMap<(Kind, ThingId), Sums> = BTreeMap::new();
    for (entry, sign) in [(before, -1), (after, 1)] {
        let Some(entry) = entry else { continue };
        let sums = Sums::of(entry);
        let sums = if sign < 0 { sums.negated() } else { sums };
        named(entry).for_each(|thing| deltas.entry(thing).or_default().add(&sums));
    }
    // Of a project it is told whose entries it has.
    let joins =
        after.filter(|after| before.is_none_or(|before| (before.user, before.project) != (after.user, after.project)));
    let joins = joins.and_then(|after| Some((after.project?, after.user)));
    let user = |kind, id| joins.filter(|(project, _)| (kind, id) == (Kind::Project, *project)).map(|(_, user)| user);
    deltas.retain(|&(kind, id), delta| *delta != Sums::default() || user(kind, id).is_some());

    for (&(kind, id), delta) in &deltas {
        let key = keys::reference(account, kind, id, referrer);
        let reference: Option<Reference> = services.store.read(&key).await?;
        match reference {
            Some(reference) if referrer == ImportId::HAND && reference.sums().entries + delta.entries == 0 => {
                let delete = Write::delete(key).when("#hand_entries = :seen").bind(":seen", reference.hand_entries);
                writes.push(delete);
                writes.extend(reference::let_go(services, account, kind, id).await?);
            }
            Some(_) => writes.push(reference::adjust(account, kind, id, referrer, delta, user(kind, id))),
            None => {
                if referrer != ImportId::HAND {
                    note(services, account, referrer, kind, id).await?;
                }
                let first = Reference {
                    hand_entries: delta.entries,
                    hand_seconds: delta.seconds,
                    hand_billable: delta.billable_seconds,
                    hand_invoiced: delta.invoiced_seconds,
                    hand_users: user(kind, id).into_iter().collect(),
                    ..Reference::default()
                };
                writes.extend([Write::put(key, &first).when_absent(), reference::count(account, kind, id, 1)]);
            }
        }
    }
    // Only where nearly all of its tags are left of undone imports and renamed.
    if writes.len() > MOST_WRITES {
        return Err(EditError::Invalid("tags"));
    }
    services.store.transact(writes).await?;
    Ok(())
}

/// Notes in the import's partition that an entry of it now refers to the thing.
async fn note(
    services: &Services,
    account: AccountId,
    import: ImportId,
    kind: Kind,
    id: ThingId,
) -> Result<(), StoreError> {
    let client = Thing::get(services, account, kind, id).await?.and_then(|thing| thing.client());
    Note::put_all(services, account, import, &[Note { kind, id, client }]).await
}
