//! The transaction by which every edit of a schema is made.

use super::{Schema, SchemaError};
use crate::id::{AccountId, OwnerId, PartId};
use crate::services::Services;
use crate::store::keys::{self, SchemaSort};
use crate::store::{Patience, Write, retry};

use super::whole::PartPlace;

/// The message of the error after too many attempts of an edit.
const KEPT_CHANGING: &str = "the edited database kept changing";

/// The writes of an edit besides that of the database, with what the caller gets once they are made.
pub struct Planned<T> {
    /// The writes, each of another item than the database's.
    pub writes: Vec<Write>,
    /// The database after the edit, if the edit changes more than its version.
    pub database: Option<super::Database>,
    /// The outcome of the edit.
    pub outcome: T,
}

impl<T> Planned<T> {
    /// An edit of these writes, which leaves the database itself as it is.
    pub fn of(writes: Vec<Write>, outcome: T) -> Self {
        Self { writes, database: None, outcome }
    }
}

/// Edits a database: reads the database with its parts, lets `plan` choose the writes, and makes them in one transaction with
/// the new version of the database. If somebody else was first, begins again with the read. A plan without any write is
/// done at once.
pub async fn edit<T>(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    plan: impl Fn(&Schema) -> Result<Planned<T>, SchemaError>,
) -> Result<T, SchemaError> {
    let plan = &plan;
    retry(Patience::new(), KEPT_CHANGING, || async move {
        let schema = Schema::read(services, account, database).await?.ok_or(SchemaError::NotFound)?;
        let Planned { mut writes, database: after, outcome } = plan(&schema)?;
        if writes.is_empty() && after.is_none() {
            return Ok(Some(outcome));
        }
        let seen = schema.database.version;
        let after = super::Database { version: seen + 1, ..after.unwrap_or(schema.database) };
        let key = keys::schema_part(account, database, SchemaSort::Database, PartId(database.0));
        writes.push(Write::put(key, &after).if_version(seen));
        Ok(services.store.attempt_all(writes).await?.then_some(outcome))
    })
    .await
}

/// The writes that make a part: the part, and the item that leads from its id to the database.
pub fn making(
    account: AccountId,
    database: OwnerId,
    sort: SchemaSort,
    id: PartId,
    part: &impl serde::Serialize,
) -> Vec<Write> {
    let place = Write::put(keys::schema_place(account, sort, id), &PartPlace { database });
    vec![Write::put(keys::schema_part(account, database, sort, id), part), place]
}

/// The write that gives a part other properties.
pub fn changing(
    account: AccountId,
    database: OwnerId,
    sort: SchemaSort,
    id: PartId,
    part: &impl serde::Serialize,
) -> Write {
    Write::put(keys::schema_part(account, database, sort, id), part)
}

/// The writes that delete a part.
pub fn deleting(account: AccountId, database: OwnerId, sort: SchemaSort, id: PartId) -> Vec<Write> {
    let part = keys::schema_part(account, database, sort, id);
    vec![Write::delete(part), Write::delete(keys::schema_place(account, sort, id))]
}

/// The next id of a sort. An id that is not used afterwards leaves a gap.
pub async fn draw(services: &Services, account: AccountId, sort: SchemaSort) -> Result<PartId, SchemaError> {
    Ok(PartId(services.store.next_number(keys::schema_counter(account, sort)).await?))
}
