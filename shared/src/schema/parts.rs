//! Fields, collections and interests made, edited and deleted by hand.

use super::databases::draw_hand;
use super::edit::{Planned, changing, deleting, draw, edit, making};
use super::indexing;
use super::naming::{is_same, judged_label, tidied, tidied_collection, tidied_field};
use super::view::ConditionTest;
use super::{Collection, Field, FieldOwner, FieldTraits, Interest, Schema, SchemaError};
use crate::id::{AccountId, OwnerId, PartId};
use crate::services::Services;
use crate::store::keys::SchemaSort;
use crate::values::profile_value::FieldType;

/// The most fields of a database or of a collection.
pub const MOST_FIELDS: usize = 500;
/// The most collections of a database, and the most interests.
pub const MOST_PARTS: usize = 500;
/// The most fields of a database or of a collection which have an index: all index items of a record fit a transaction.
pub const MOST_INDEXED: usize = 30;
/// The longest default value, or list of options, in bytes.
pub const LONGEST_VALUE: usize = 20_000;

/// The properties of a field as given by a caller. An absent property keeps its value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldInput {
    /// The new name.
    pub name: Option<String>,
    /// The new type. The values of records stay stored as before, and are shown as values of the new type.
    pub field_type: Option<FieldType>,
    /// The default value, or the options of a select.
    pub value: Option<String>,
    /// Whether lists show the field.
    pub displayed: Option<bool>,
    /// Whether lists are ordered by the field.
    pub ordered: Option<bool>,
    /// The length in characters.
    pub length: Option<u32>,
    /// The height in lines.
    pub textlines: Option<u32>,
    /// Whether the field is hidden.
    pub hidden: Option<bool>,
    /// Whether records are found by the field.
    pub index: Option<bool>,
}

/// The properties of an interest as given by a caller. An absent property keeps its value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InterestInput {
    /// The new name.
    pub name: Option<String>,
    /// The new group.
    pub group: Option<String>,
}

impl FieldInput {
    /// The field with the properties of the input in place of its own.
    fn over(&self, field: &Field) -> Result<Field, SchemaError> {
        let name = self.name.as_deref().map(tidied_field).transpose()?;
        if let Some(value) = self.value.as_ref().filter(|value| value.len() > LONGEST_VALUE) {
            return Err(SchemaError::invalid("value", value, "must have at most 20,000 bytes"));
        }
        let had = &field.traits;
        Ok(Field {
            name: name.unwrap_or_else(|| field.name.clone()),
            field_type: self.field_type.unwrap_or(field.field_type),
            value: self.value.clone().unwrap_or_else(|| field.value.clone()),
            traits: FieldTraits {
                displayed: self.displayed.unwrap_or(had.displayed),
                ordered: self.ordered.unwrap_or(had.ordered),
                length: self.length.unwrap_or(had.length),
                textlines: self.textlines.unwrap_or(had.textlines),
                hidden: self.hidden.unwrap_or(had.hidden),
                index: self.index.unwrap_or(had.index),
            },
            ..field.clone()
        })
    }
}

/// Refuses a name that another of the parts has.
fn is_free<'n>(name: &str, mut others: impl Iterator<Item = &'n String>) -> Result<(), SchemaError> {
    match others.any(|other| is_same(other, name)) {
        true => Err(SchemaError::Taken(name.to_owned())),
        false => Ok(()),
    }
}

/// Refuses to delete a part that a condition needs: without the part, the view would hold other profiles.
fn is_unused(schema: &Schema, needs: impl Fn(&ConditionTest) -> bool) -> Result<(), SchemaError> {
    let rule = schema.rules.iter().find(|rule| rule.conditions.iter().any(|condition| needs(&condition.test)));
    rule.map_or(Ok(()), |rule| Err(SchemaError::Needed(format!("a condition of rule {} needs it", rule.id))))
}

fn has_room(count: usize, most: usize, sort: &'static str) -> Result<(), SchemaError> {
    if count < most { Ok(()) } else { Err(SchemaError::Full { sort, most }) }
}

fn has_room_for_index(schema: &Schema, field: &Field) -> Result<(), SchemaError> {
    let others = schema.fields(field.owner).filter(|other| other.id != field.id && other.traits.index);
    if field.traits.index { has_room(others.count(), MOST_INDEXED, "fields with an index") } else { Ok(()) }
}

/// Makes a field of a database or of a collection.
pub async fn create_field(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    owner: FieldOwner,
    input: &FieldInput,
) -> Result<PartId, SchemaError> {
    let traits = FieldTraits { displayed: true, length: 50, textlines: 1, ..FieldTraits::default() };
    let (field_type, value) = (FieldType::Text, String::new());
    let blank = Field { id: PartId(0), owner, name: String::new(), field_type, value, traits, built: false };
    let named = input.over(&blank)?;
    if named.name.is_empty() {
        return Err(SchemaError::invalid("name", "", "must not be empty"));
    }
    // No record has a value of the new field, so its index is complete.
    let built = named.traits.index;
    let field = Field { id: draw(services, account, SchemaSort::Field).await?, built, ..named };
    edit(services, account, database, |schema| {
        if let FieldOwner::Collection(collection) = owner
            && schema.collection(collection).is_none()
        {
            return Err(SchemaError::NotFound);
        }
        has_room(schema.fields(owner).count(), MOST_FIELDS, "fields")?;
        has_room_for_index(schema, &field)?;
        is_free(&field.name, schema.fields(owner).map(|other| &other.name))?;
        Ok(Planned::of(making(account, database, SchemaSort::Field, field.id, &field), field.id))
    })
    .await
}

/// Gives a field other properties. An edit that changes nothing writes nothing.
pub async fn update_field(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    (owner, id): (FieldOwner, PartId),
    input: &FieldInput,
) -> Result<(), SchemaError> {
    edit(services, account, database, |schema| {
        let before = schema.field(owner, id).ok_or(SchemaError::NotFound)?;
        let mut after = input.over(before)?;
        if after == *before {
            return Ok(Planned::of(Vec::new(), ()));
        }
        is_free(&after.name, schema.fields(owner).filter(|other| other.id != id).map(|other| &other.name))?;
        has_room_for_index(schema, &after)?;
        let asked = indexing::asked(before, &mut after);
        let writes = vec![changing(account, database, SchemaSort::Field, id, &after)];
        Ok(indexing::planned(schema, account, (writes, asked), services.clock.now_ms()))
    })
    .await
}

/// Deletes a field. The values of records stay stored and nobody sees them any more.
pub async fn delete_field(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    (owner, id): (FieldOwner, PartId),
) -> Result<(), SchemaError> {
    edit(services, account, database, |schema| {
        let field = schema.field(owner, id).ok_or(SchemaError::NotFound)?;
        is_unused(schema, |test| test.reads(id))?;
        let asked = indexing::asked_for_deleted(field);
        let writes = deleting(account, database, SchemaSort::Field, id);
        Ok(indexing::planned(schema, account, (writes, asked), services.clock.now_ms()))
    })
    .await
}

/// Makes a collection without fields.
pub async fn create_collection(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    name: &str,
) -> Result<OwnerId, SchemaError> {
    let name = tidied_collection(name)?;
    let id = draw(services, account, SchemaSort::Collection).await?;
    let (hand, created_at) = (draw_hand(services, account).await?, services.clock.now_ms());
    let collection = Collection { id: OwnerId(id.0), name, hand, created_at };
    edit(services, account, database, |schema| {
        has_room(schema.collections.len(), MOST_PARTS, "collections")?;
        is_free(&collection.name, schema.collections.iter().map(|other| &other.name))?;
        Ok(Planned::of(making(account, database, SchemaSort::Collection, id, &collection), collection.id))
    })
    .await
}

/// Gives a collection another name.
pub async fn rename_collection(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    id: OwnerId,
    name: &str,
) -> Result<(), SchemaError> {
    let name = tidied_collection(name)?;
    edit(services, account, database, |schema| {
        let before = schema.collection(id).ok_or(SchemaError::NotFound)?;
        if before.name == name {
            return Ok(Planned::of(Vec::new(), ()));
        }
        is_free(&name, schema.collections.iter().filter(|other| other.id != id).map(|other| &other.name))?;
        let after = Collection { name: name.clone(), ..before.clone() };
        Ok(Planned::of(vec![changing(account, database, SchemaSort::Collection, PartId(id.0), &after)], ()))
    })
    .await
}

/// Makes an interest.
pub async fn create_interest(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    input: &InterestInput,
) -> Result<PartId, SchemaError> {
    let name = tidied(input.name.as_deref().unwrap_or_default())?;
    let group = input.group.clone().unwrap_or_default();
    judged_label("group", &group)?;
    let interest = Interest { id: draw(services, account, SchemaSort::Interest).await?, name, group };
    edit(services, account, database, |schema| {
        has_room(schema.interests.len(), MOST_PARTS, "interests")?;
        is_free(&interest.name, schema.interests.iter().map(|other| &other.name))?;
        Ok(Planned::of(making(account, database, SchemaSort::Interest, interest.id, &interest), interest.id))
    })
    .await
}

/// Gives an interest another name or group.
pub async fn update_interest(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    id: PartId,
    input: &InterestInput,
) -> Result<(), SchemaError> {
    let name = input.name.as_deref().map(tidied).transpose()?;
    judged_label("group", input.group.as_deref().unwrap_or_default())?;
    edit(services, account, database, |schema| {
        let before = schema.interest(id).ok_or(SchemaError::NotFound)?;
        let after = Interest {
            id,
            name: name.clone().unwrap_or_else(|| before.name.clone()),
            group: input.group.clone().unwrap_or_else(|| before.group.clone()),
        };
        if after == *before {
            return Ok(Planned::of(Vec::new(), ()));
        }
        is_free(&after.name, schema.interests.iter().filter(|other| other.id != id).map(|other| &other.name))?;
        Ok(Planned::of(vec![changing(account, database, SchemaSort::Interest, id, &after)], ()))
    })
    .await
}

/// Deletes an interest. Profiles that had the interest are not written.
pub async fn delete_interest(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    id: PartId,
) -> Result<(), SchemaError> {
    edit(services, account, database, |schema| {
        schema.interest(id).ok_or(SchemaError::NotFound)?;
        is_unused(schema, |test| test.asks_for(id))?;
        Ok(Planned::of(deleting(account, database, SchemaSort::Interest, id), ()))
    })
    .await
}
