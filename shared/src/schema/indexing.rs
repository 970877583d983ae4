//! The index items that an edit of a field asks for: items for all records when a field gets an index, none when the field
//! loses the index, and others when the field gets a type that shows stored texts, or compares them, in another way.
//!
//! The edit leaves an item for the sweep in its own transaction. The work begins [`LONGEST_RUN`] after the edit: functions that
//! read the database before the edit write records without the new items, and all of them have ended by then. Whoever reads
//! the database after the edit puts the items with the record. Lookups use an index once the field is
//! [`ready`](super::Field::is_ready).

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::edit::{Planned, changing, edit};
use super::{Database, Field, Schema, SchemaError};
use crate::id::{AccountId, ChunkNo, ImportId, OwnerId, PartId};
use crate::services::Services;
use crate::store::keys::{self, RecordKind, SchemaSort};
use crate::store::{StoreError, Write};
use crate::values::profile_value::FieldType;

/// The time after which no function is at work that read a database before: a function runs for 15 minutes at most.
pub const LONGEST_RUN: Duration = Duration::from_secs(960);

/// The work on the index items of a database, as edits asked for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct IndexWork {
    /// The time of the last edit which asked, in milliseconds since the epoch.
    pub since: i64,
    /// The last partition of records that is done since the last edit: the import or hand number, the chunk and the kind.
    pub place: Option<IndexPlace>,
}

/// The place of a partition of records in the order in which the work takes them.
pub type IndexPlace = (ImportId, ChunkNo, RecordKind);

/// `true` if a stored text has the same index item under two types. Each type of texts shows a text as it is stored.
fn is_indexed_alike(one: FieldType, other: FieldType) -> bool {
    one == other || one.is_text() && other.is_text()
}

/// The work for which an edit of a field asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AskedWork {
    /// The field as it was, if all of its index items are to go.
    former: Option<(PartId, FieldType)>,
}

/// The work for which an edit of a field asks, if the edit needs any. Marks whether the index of the field is complete.
pub(super) fn asked(before: &Field, after: &mut Field) -> Option<AskedWork> {
    let had_items = before.traits.index || before.built;
    let is_other_type = !is_indexed_alike(before.field_type, after.field_type);
    match (before.traits.index, after.traits.index) {
        (true, true) if !is_other_type => return None,
        (false, false) if !(is_other_type && had_items) => return None,
        (_, true) => after.built = false,
        (_, false) => after.built = had_items && !is_other_type,
    }
    Some(AskedWork { former: (is_other_type && had_items).then_some((before.id, before.field_type)) })
}

/// The work for which the deletion of a field asks: the deletion of its index items, if there are any.
pub(super) fn asked_for_deleted(field: &Field) -> Option<AskedWork> {
    let has_items = field.traits.index || field.built;
    has_items.then_some(AskedWork { former: Some((field.id, field.field_type)) })
}

/// The edit of a field with these writes, which asks at the time `now` (milliseconds since the epoch) for the work.
pub(super) fn planned(
    schema: &Schema,
    account: AccountId,
    (mut writes, asked): (Vec<Write>, Option<AskedWork>),
    now: i64,
) -> Planned<()> {
    let database = &schema.database;
    if asked.is_some() {
        let ask = Write::update(keys::index_work(account, database.id), "SET #since = :now REMOVE #place");
        writes.push(ask.bind(":now", now));
    }
    let former = asked.and_then(|asked| asked.former).map(|former| {
        let former = database.former.iter().copied().chain([former]).collect();
        Database { former, ..database.clone() }
    });
    Planned { writes, database: former, outcome: () }
}

/// Notes that the partitions up to a place are done. `false` if an edit has asked again since.
pub async fn note_place(
    services: &Services,
    (account, database): (AccountId, OwnerId),
    work: &IndexWork,
    place: IndexPlace,
) -> Result<bool, StoreError> {
    let note = Write::update(keys::index_work(account, database), "SET #place = :place").when("#since = :since");
    services.store.attempt(note.bind(":place", place).bind(":since", work.since)).await
}

/// Ends the work: marks that the index of each field is complete, or gone.
///
/// # Errors
/// [`SchemaError::Store`] with a busy store, if an edit asks again at the same time.
pub async fn finish(
    services: &Services,
    (account, database): (AccountId, OwnerId),
    work: &IndexWork,
) -> Result<(), SchemaError> {
    edit(services, account, database, |schema| {
        let other = schema.all_fields.iter().filter(|field| field.traits.index != field.built);
        let mark = |field: &Field| {
            let after = Field { built: field.traits.index, ..field.clone() };
            changing(account, database, SchemaSort::Field, field.id, &after)
        };
        let mut writes: Vec<Write> = other.map(mark).collect();
        let end = Write::delete(keys::index_work(account, database)).when("#since = :since");
        writes.push(end.bind(":since", work.since));
        let database = Database { former: Vec::new(), ..schema.database.clone() };
        Ok(Planned { writes, database: Some(database), outcome: () })
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::super::{FieldOwner, FieldTraits};
    use super::*;

    fn field(field_type: FieldType, index: bool, built: bool) -> Field {
        let traits = FieldTraits { index, ..FieldTraits::default() };
        let (id, owner, name, value) = (PartId(7), FieldOwner::Database, "Name".to_owned(), String::new());
        Field { id, owner, name, field_type, value, traits, built }
    }

    #[test]
    fn an_edit_asks_for_work_if_items_are_to_be_made_or_to_go() {
        use FieldType::{Big, Float, Integer, Text};
        // The field before as its type, index and completeness, the type and index after, and the outcome: completeness, and
        // whether the edit asks.
        for (before, after, built, asks) in [
            ((Text, false, false), (Text, false), false, false),
            ((Text, false, false), (Integer, false), false, false),
            ((Text, false, false), (Text, true), false, true),
            ((Text, false, true), (Text, true), false, true),
            ((Text, true, true), (Text, true), true, false),
            ((Text, true, true), (Big, true), true, false),
            ((Text, true, false), (Big, true), false, false),
            ((Text, true, true), (Integer, true), false, true),
            ((Float, true, true), (Integer, true), false, true),
            ((Float, true, true), (Float, true), true, false),
            ((Text, true, true), (Text, false), true, true),
            ((Text, true, false), (Text, false), true, true),
            ((Text, true, true), (Integer, false), false, true),
            ((Text, false, true), (Integer, false), false, true),
        ] {
            let old = field(before.0, before.1, before.2);
            let mut new = field(after.0, after.1, before.2);
            let asked = asked(&old, &mut new);
            assert_eq!((new.built, asked.is_some()), (built, asks), "{before:?} to {after:?}");
        }
    }
}
