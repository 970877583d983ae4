//! A database with all of its parts, as one query reads them.

use serde::{Deserialize, Serialize};

use super::naming::{compared, is_same};
use super::view::{Condition, View, ViewRule};
use super::{Collection, Database, Field, FieldOwner, Interest};
use crate::concurrent::drained;
use crate::id::{AccountId, OwnerId, PartId};
use crate::services::Services;
use crate::store::keys::{self, Key, SchemaSort};
use crate::store::{StoreError, Table, decode};
use crate::values::compared::is_short;

/// The number of databases which are read at once.
const AT_ONCE: usize = 8;

/// A database with all of its parts, each in the order of ids.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// The database.
    pub database: Database,
    /// The fields of the database and of its collections.
    pub all_fields: Vec<Field>,
    /// The collections.
    pub collections: Vec<Collection>,
    /// The interests.
    pub interests: Vec<Interest>,
    /// The views.
    pub views: Vec<View>,
    /// The rules of all views.
    pub rules: Vec<ViewRule>,
}

/// The item that leads from a part to its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PartPlace {
    /// The database of the part.
    pub database: OwnerId,
}

impl Schema {
    /// Reads a database with its parts. `None` for an id without a database, and for a database that is being deleted.
    pub async fn read(services: &Services, account: AccountId, id: OwnerId) -> Result<Option<Self>, StoreError> {
        Ok(Self::read_any(services, account, id).await?.filter(|schema| !schema.database.removed))
    }

    /// Reads a database with its parts, also while the database is being deleted.
    pub(super) async fn read_any(
        services: &Services,
        account: AccountId,
        id: OwnerId,
    ) -> Result<Option<Self>, StoreError> {
        let items = services.store.all(keys::schema(account, id)).await?;
        let mut database = None;
        let (mut all_fields, mut collections, mut interests) = (Vec::new(), Vec::new(), Vec::new());
        let (mut views, mut rules) = (Vec::new(), Vec::new());
        for item in items {
            let sk = Key::of(Table::Workspace, &item).sk;
            match sk.split('#').next().unwrap_or_default() {
                "database" => database = Some(decode(item)?),
                "field" => all_fields.push(decode(item)?),
                "collection" => collections.push(decode(item)?),
                "interest" => interests.push(decode(item)?),
                "view" => views.push(decode(item)?),
                "rule" => rules.push(decode(item)?),
                _ => return Err(StoreError::Shape(format!("a part of a database of no known sort: {sk}"))),
            }
        }
        Ok(database.map(|database| Self { database, all_fields, collections, interests, views, rules }))
    }

    /// Reads the database with an id or with a name.
    pub async fn find(services: &Services, account: AccountId, text: &str) -> Result<Option<Self>, StoreError> {
        let id = match text.parse() {
            Ok(id) => id,
            // No database has such a name, and no key has room for it.
            Err(_) if !is_short(text) => return Ok(None),
            Err(_) => {
                let key = keys::database_name(account, &compared(text));
                match services.store.read::<PartPlace>(&key).await? {
                    Some(place) => place.database,
                    None => return Ok(None),
                }
            }
        };
        Self::read(services, account, id).await
    }

    /// Reads the database which has a part.
    pub async fn of_part(
        services: &Services,
        account: AccountId,
        sort: SchemaSort,
        id: PartId,
    ) -> Result<Option<Self>, StoreError> {
        let place: Option<PartPlace> = services.store.read(&keys::schema_place(account, sort, id)).await?;
        match place {
            Some(place) => Self::read(services, account, place.database).await,
            None => Ok(None),
        }
    }

    /// Reads a collection with its database.
    pub async fn of_collection(
        services: &Services,
        account: AccountId,
        id: OwnerId,
    ) -> Result<Option<(Self, Collection)>, StoreError> {
        let schema = Self::of_part(services, account, SchemaSort::Collection, PartId(id.0)).await?;
        Ok(schema.and_then(|schema| {
            let collection = schema.collection(id)?.clone();
            Some((schema, collection))
        }))
    }

    /// The fields of the database or of a collection.
    pub fn fields(&self, owner: FieldOwner) -> impl Iterator<Item = &Field> {
        self.all_fields.iter().filter(move |field| field.owner == owner)
    }

    /// The field with an id, if the table has the field.
    pub fn field(&self, owner: FieldOwner, id: PartId) -> Option<&Field> {
        self.fields(owner).find(|field| field.id == id)
    }

    /// The field with a name, without regard to case.
    pub fn field_named(&self, owner: FieldOwner, name: &str) -> Option<&Field> {
        self.fields(owner).find(|field| is_same(&field.name, name))
    }

    /// The collection with an id.
    pub fn collection(&self, id: OwnerId) -> Option<&Collection> {
        self.collections.iter().find(|collection| collection.id == id)
    }

    /// The collection with an id or with a name.
    pub fn find_collection(&self, text: &str) -> Option<&Collection> {
        match text.parse() {
            Ok(id) => self.collection(id),
            Err(_) => self.collections.iter().find(|collection| is_same(&collection.name, text)),
        }
    }

    /// The view with an id.
    pub fn view(&self, id: PartId) -> Option<&View> {
        self.views.iter().find(|view| view.id == id)
    }

    /// The view with an id and the views above it, upwards.
    pub fn view_line(&self, id: PartId) -> Option<Vec<&View>> {
        let mut line = vec![self.view(id)?];
        while let Some(parent) = line.last().and_then(|view| view.parent) {
            // A view is made below one that stands already, so the line has an end.
            line.push(self.view(parent)?);
        }
        Some(line)
    }

    /// The rules of a view.
    pub fn rules_of(&self, view: PartId) -> impl Iterator<Item = &ViewRule> {
        self.rules.iter().filter(move |rule| rule.view == view)
    }

    /// The rule with an id.
    pub fn rule(&self, id: PartId) -> Option<&ViewRule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The condition with an id, and the rule that has the condition.
    pub fn condition(&self, id: PartId) -> Option<(&ViewRule, &Condition)> {
        let mut all = self.rules.iter().flat_map(|rule| rule.conditions.iter().map(move |condition| (rule, condition)));
        all.find(|(_, condition)| condition.id == id)
    }

    /// The sorts and ids of all parts, without the database itself.
    pub(super) fn part_ids(&self) -> Vec<(SchemaSort, PartId)> {
        let fields = self.all_fields.iter().map(|field| (SchemaSort::Field, field.id));
        let collections = self.collections.iter().map(|part| (SchemaSort::Collection, PartId(part.id.0)));
        let interests = self.interests.iter().map(|interest| (SchemaSort::Interest, interest.id));
        let views = self.views.iter().map(|view| (SchemaSort::View, view.id));
        let rules = self.rules.iter().map(|rule| (SchemaSort::Rule, rule.id));
        let conditions = self.rules.iter().flat_map(|rule| &rule.conditions);
        let conditions = conditions.map(|condition| (SchemaSort::Condition, condition.id));
        fields.chain(collections).chain(interests).chain(views).chain(rules).chain(conditions).collect()
    }

    /// The interest with an id.
    pub fn interest(&self, id: PartId) -> Option<&Interest> {
        self.interests.iter().find(|interest| interest.id == id)
    }

    /// The interest with a name, without regard to case.
    pub fn interest_named(&self, name: &str) -> Option<&Interest> {
        self.interests.iter().find(|interest| is_same(&interest.name, name))
    }
}

/// The ids of all databases of an account.
pub async fn database_ids(services: &Services, account: AccountId) -> Result<Vec<OwnerId>, StoreError> {
    let places: Vec<PartPlace> = services.store.read_all(keys::databases(account)).await?;
    Ok(places.into_iter().map(|place| place.database).collect())
}

/// The number of an account's databases, and the databases from number `start`, at most `most` of them.
pub async fn list(
    services: &Services,
    account: AccountId,
    start: usize,
    most: usize,
) -> Result<(usize, Vec<Schema>), StoreError> {
    let ids = database_ids(services, account).await?;
    let wanted = ids.iter().skip(start).take(most).map(|&id| Schema::read(services, account, id));
    let found = drained(wanted, AT_ONCE).await?;
    Ok((ids.len(), found.into_iter().flatten().collect()))
}
