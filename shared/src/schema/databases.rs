//! Databases made, edited and deleted by hand.

use super::edit::{Planned, edit};
use super::naming::{compared, judged_description, tidied};
use super::whole::PartPlace;
use super::{Database, Schema, SchemaError};
use crate::id::{AccountId, FIRST_HAND_NUMBER, ImportId, MAX_ROWS, OwnerId, PartId};
use crate::services::Services;
use crate::store::keys::{self, SchemaSort};
use crate::store::{StoreError, Write};

/// The number of databases and collections that an account may make in all its life, because each has a number for the
/// records that people make.
pub const MOST_OWNERS: usize = 100_000;
/// The number of random bytes in the salt of a database.
const SALT: usize = 16;

/// The properties of a database as given by a caller. An absent property keeps its value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DatabaseInput {
    /// The new name.
    pub name: Option<String>,
    /// The new description.
    pub description: Option<String>,
    /// `true` to archive the database.
    pub archived: Option<bool>,
}

impl DatabaseInput {
    /// The database with the properties of the input in place of its own.
    fn over(&self, database: &Database) -> Result<Database, SchemaError> {
        let name = self.name.as_deref().map(tidied).transpose()?;
        self.description.as_deref().map_or(Ok(()), judged_description)?;
        Ok(Database {
            name: name.unwrap_or_else(|| database.name.clone()),
            description: self.description.clone().unwrap_or_else(|| database.description.clone()),
            archived: self.archived.unwrap_or(database.archived),
            ..database.clone()
        })
    }
}

/// The next number for records that people make in a database or a collection.
pub(super) async fn draw_hand(services: &Services, account: AccountId) -> Result<ImportId, SchemaError> {
    let number = services.store.next_number(keys::hand_number_counter(account)).await?;
    match usize::try_from(number).is_ok_and(|number| number <= MOST_OWNERS) {
        true => Ok(ImportId(FIRST_HAND_NUMBER + number - 1)),
        false => Err(SchemaError::Full { sort: "databases and collections", most: MOST_OWNERS }),
    }
}

/// The next row of a hand number.
///
/// # Errors
/// [`StoreError::Busy`] after the last of a thousand million rows.
pub async fn draw_row(services: &Services, account: AccountId, hand: ImportId) -> Result<u64, StoreError> {
    let row = services.store.next_number(keys::hand_row_counter(account, hand)).await?;
    if row > MAX_ROWS { Err(StoreError::Busy(format!("hand number {hand} has no rows left"))) } else { Ok(row) }
}

fn claim(account: AccountId, name: &str, database: OwnerId) -> Write {
    Write::put(keys::database_name(account, &compared(name)), &PartPlace { database }).when_absent()
}

fn random_salt() -> Result<String, StoreError> {
    let mut salt = [0; SALT];
    getrandom::fill(&mut salt).map_err(|error| StoreError::Sdk(error.to_string()))?;
    Ok(keys::hex(&salt))
}

/// Makes a database without parts.
pub async fn create(services: &Services, account: AccountId, input: &DatabaseInput) -> Result<Database, SchemaError> {
    let blank = Database {
        id: OwnerId(0),
        name: String::new(),
        description: String::new(),
        archived: false,
        created_at: services.clock.now_ms(),
        hand: ImportId::HAND,
        salt: random_salt()?,
        version: 1,
        removed: false,
        former: Vec::new(),
    };
    let named = input.over(&blank)?;
    if named.name.is_empty() {
        return Err(SchemaError::invalid("name", "", "must not be empty"));
    }
    // No number is drawn for a name that somebody has.
    if is_taken(services, account, &named.name).await? {
        return Err(SchemaError::Taken(named.name));
    }
    let hand = draw_hand(services, account).await?;
    let id = OwnerId(super::edit::draw(services, account, SchemaSort::Database).await?.0);
    let database = Database { id, hand, ..named };
    let key = keys::schema_part(account, id, SchemaSort::Database, PartId(id.0));
    let place = keys::schema_place(account, SchemaSort::Database, PartId(id.0));
    let writes = vec![
        claim(account, &database.name, id),
        Write::put(key, &database).when_absent(),
        Write::put(place, &PartPlace { database: id }),
    ];
    match services.store.attempt_all(writes).await? {
        true => Ok(database),
        false => match Schema::find(services, account, &database.name).await? {
            // The transaction was made, and its answer was lost.
            Some(schema) if schema.database.id == id => Ok(database),
            _ => Err(SchemaError::Taken(database.name)),
        },
    }
}

async fn is_taken(services: &Services, account: AccountId, name: &str) -> Result<bool, StoreError> {
    Ok(services.store.get(&keys::database_name(account, &compared(name))).await?.is_some())
}

/// Gives a database other properties. An edit that changes nothing writes nothing.
pub async fn update(
    services: &Services,
    account: AccountId,
    id: OwnerId,
    input: &DatabaseInput,
) -> Result<(), SchemaError> {
    let taken = || SchemaError::Taken(input.name.clone().unwrap_or_default());
    // No key is made of a name that cannot be stored.
    input.name.as_deref().map(tidied).transpose()?;
    if name_is_others(services, account, id, input).await? {
        return Err(taken());
    }
    let done = edit(services, account, id, |schema| {
        let before = &schema.database;
        let after = input.over(before)?;
        let mut writes = Vec::new();
        if compared(&after.name) != compared(&before.name) {
            writes.push(claim(account, &after.name, id));
            writes.push(Write::delete(keys::database_name(account, &compared(&before.name))));
        }
        let database = (after != *before).then_some(after);
        Ok(Planned { writes, database, outcome: () })
    });
    let done = done.await;
    // Somebody may have taken the name meanwhile, and the claim was refused until the end.
    if matches!(done, Err(SchemaError::Store(StoreError::Busy(_))))
        && name_is_others(services, account, id, input).await?
    {
        return Err(taken());
    }
    done
}

async fn name_is_others(
    services: &Services,
    account: AccountId,
    id: OwnerId,
    input: &DatabaseInput,
) -> Result<bool, StoreError> {
    let Some(name) = &input.name else { return Ok(false) };
    let holder: Option<PartPlace> = services.store.read(&keys::database_name(account, &compared(name))).await?;
    Ok(holder.is_some_and(|holder| holder.database != id))
}

/// Hides a database from everybody: the first step of its deletion. The name is free again. Returns the database with its
/// parts. A database that is hidden already is returned as well, so that a deletion which was interrupted goes on.
pub async fn hide(services: &Services, account: AccountId, id: OwnerId) -> Result<Schema, SchemaError> {
    let schema = Schema::read_any(services, account, id).await?.ok_or(SchemaError::NotFound)?;
    if schema.database.removed {
        return Ok(schema);
    }
    edit(services, account, id, |schema| {
        let after = Database { removed: true, ..schema.database.clone() };
        let name = Write::delete(keys::database_name(account, &compared(&after.name)));
        let place = Write::delete(keys::schema_place(account, SchemaSort::Database, PartId(id.0)));
        Ok(Planned { writes: vec![name, place], database: Some(after), outcome: schema.clone() })
    })
    .await
}

/// Deletes what is stored of a hidden database: the last step of its deletion. The item of the database goes last, so an
/// interrupted deletion is found by its id.
pub async fn clear(services: &Services, account: AccountId, schema: &Schema) -> Result<(), SchemaError> {
    let database = schema.database.id;
    let parts = schema.part_ids();
    let keys = parts
        .into_iter()
        .flat_map(|(sort, id)| [keys::schema_place(account, sort, id), keys::schema_part(account, database, sort, id)]);
    services.store.delete_all(keys.collect()).await?;
    let own = keys::schema_part(account, database, SchemaSort::Database, PartId(database.0));
    services.store.write(Write::delete(own)).await?;
    Ok(())
}
