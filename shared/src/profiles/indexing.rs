//! The work on index items which edits of fields ask for ([`crate::schema::indexing`]), a part in each sweep.
//!
//! | effect | trace | why a second try is harmless |
//! |---|---|---|
//! | items of the records of a partition put | the work's item | each item is put for the version of its record, or is there |
//! | items of former fields dropped | the work's item | an item is dropped once |
//! | the place up to which partitions are done | itself | on the condition that no edit has asked since |
//! | the fields marked, and the work's item deleted | – | one transaction |
//!
//! The work covers everything that is stored, also tombstones of imports and the rows of chunks which are not committed.

use super::owned::Owned;
use super::terms::IndexedFields;
use crate::id::{AccountId, ChunkNo, OwnerId};
use crate::import::{Import, Roll, RollOf};
use crate::records::index::{Indexable, key_of};
use crate::records::rules::put_hints;
use crate::records::{HAND_CHUNK, Record};
use crate::schema::indexing::{IndexPlace, IndexWork, LONGEST_RUN, finish, note_place};
use crate::schema::{Schema, SchemaError};
use crate::services::Services;
use crate::store::keys::{self, Key, RecordKind};
use crate::store::{StoreError, Table, Write, decode, number};

/// How long a sweep works on index items, in milliseconds.
const SHARE_OF_A_SWEEP: i64 = 25_000;

/// Works on the index items of every database for which the work is due. `at_once` is true if no function is at work.
pub async fn work_on_all(services: &Services, at_once: bool) -> Result<(), StoreError> {
    let until = services.clock.now_ms() + SHARE_OF_A_SWEEP;
    for item in services.store.all(keys::all_index_work()).await? {
        let key = Key::of(Table::Imports, &item);
        let work: IndexWork = decode(item)?;
        let wait = i64::try_from(LONGEST_RUN.as_millis()).unwrap_or(i64::MAX);
        let is_due = at_once || services.clock.now_ms() - work.since >= wait;
        let Some(database) = keys::database_of_index_work(&key).filter(|_| is_due) else { continue };
        match work_on(services, database, &work, until).await {
            // An edit has asked again, and a later sweep begins anew.
            Ok(()) | Err(SchemaError::Store(StoreError::Busy(_))) => {}
            Err(error) => tracing::warn!(account = database.0.0, %error, "index items could not be worked on"),
        }
    }
    Ok(())
}

async fn work_on(
    services: &Services,
    (account, database): (AccountId, OwnerId),
    work: &IndexWork,
    until: i64,
) -> Result<(), SchemaError> {
    let Some(schema) = Schema::read(services, account, database).await? else {
        services.store.write(Write::delete(keys::index_work(account, database))).await?;
        return Ok(());
    };
    let of = |is_wanted: bool| {
        let fields = schema.all_fields.iter();
        fields.filter(move |field| field.traits.index == is_wanted && field.built != is_wanted)
    };
    let wanted: IndexedFields = of(true).map(|field| (field.id, field.field_type)).collect();
    let lost = of(false).map(|field| (field.id, field.field_type));
    let former = schema.database.former.iter().copied();
    let former: Vec<IndexedFields> = former.chain(lost).map(|field| [field].into_iter().collect()).collect();
    let all = partitions(services, account, &schema).await?;
    for place in all.into_iter().filter(|place| work.place.is_none_or(|done| *place > done)) {
        work_on_partition(services, account, place, (&wanted, &former)).await?;
        if !note_place(services, (account, database), work, place).await? {
            return Ok(());
        }
        if services.clock.now_ms() >= until {
            return Ok(());
        }
    }
    finish(services, (account, database), work).await
}

/// The partitions with records of a database, in order: those of imports, then those of people.
async fn partitions(services: &Services, account: AccountId, schema: &Schema) -> Result<Vec<IndexPlace>, StoreError> {
    let mut all = Vec::new();
    let collections = schema.collections.iter().map(|collection| Owned::subprofiles(schema, collection));
    for owned in [Owned::profiles(schema)].into_iter().chain(collections) {
        let counter = services.store.get(&keys::hand_row_counter(account, owned.hand())).await?;
        let last = counter.map(number).transpose()?.unwrap_or(0);
        let chunks = last.div_ceil(u64::from(HAND_CHUNK));
        all.extend((0..chunks).map(|chunk| (owned.hand(), ChunkNo(chunk), owned.kind())));
    }
    let roll = Roll::read(services, account, RollOf::Profiles(schema.database.id)).await?;
    for (id, _) in roll.all() {
        let Some(import) = Import::get(services, account, id).await? else { continue };
        for chunk in (0..import.file_chunk_count()).map(ChunkNo) {
            all.extend([RecordKind::Profile, RecordKind::Subprofile].map(|kind| (id, chunk, kind)));
        }
    }
    all.sort_unstable();
    Ok(all)
}

async fn work_on_partition(
    services: &Services,
    account: AccountId,
    (import, chunk, kind): IndexPlace,
    (wanted, former): (&IndexedFields, &[IndexedFields]),
) -> Result<(), StoreError> {
    let mut pages = services.store.pages(keys::records(account, kind, import, chunk));
    while let Some(items) = pages.next().await? {
        let mut records = Vec::with_capacity(items.len());
        for item in items {
            let key = Key::of(Table::Workspace, &item);
            records.push((key, decode::<Record>(item)?));
        }
        let mut gone = Vec::new();
        for (_, record) in &records {
            // The item by which a subprofile is found by its profile is no field's.
            let fields = Indexable { parent: None, ..Indexable::of(record) };
            let stays = wanted.terms(fields);
            let terms = former.iter().flat_map(|former| former.terms(fields)).filter(|term| !stays.contains(term));
            gone.extend(terms.map(|term| key_of(account, &term, record.id)));
        }
        services.store.delete_all(gone).await?;
        let terms = |record: Indexable<'_>| wanted.terms(Indexable { parent: None, ..record });
        put_hints(services, account, &terms, records).await?;
    }
    Ok(())
}
