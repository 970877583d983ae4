//! Fields, collections and interests.

use serde::Serialize;
use serde_json::Value;
use shared::id::PartId;
use shared::schema::parts::{self, FieldInput, InterestInput};
use shared::schema::{Collection, Field, FieldOwner, Interest, Schema};
use shared::values::profile_value::FieldType;

use super::answer::{List, Window, changed, created, deleted, document};
use super::caller::At;
use super::databases::text_of;
use super::error::CopernicaError;
use super::given::Given;
use super::request::Asked;
use super::routes::Answered;

/// A field. Numbers are texts.
#[derive(Serialize)]
pub struct FieldShape {
    #[serde(rename = "ID")]
    id: String,
    name: String,
    #[serde(rename = "type")]
    field_type: FieldType,
    value: String,
    displayed: bool,
    ordered: bool,
    length: String,
    textlines: String,
    hidden: bool,
    index: bool,
}

impl FieldShape {
    pub fn of(field: &Field) -> Self {
        let traits = &field.traits;
        Self {
            id: field.id.to_string(),
            name: field.name.clone(),
            field_type: field.field_type,
            value: field.value.clone(),
            displayed: traits.displayed,
            ordered: traits.ordered,
            length: traits.length.to_string(),
            textlines: traits.textlines.to_string(),
            hidden: traits.hidden,
            index: traits.index,
        }
    }
}

/// An interest.
#[derive(Serialize)]
pub struct InterestShape {
    #[serde(rename = "ID")]
    id: String,
    name: String,
    group: String,
}

impl InterestShape {
    pub fn of(interest: &Interest) -> Self {
        Self { id: interest.id.to_string(), name: interest.name.clone(), group: interest.group.clone() }
    }
}

/// A collection.
#[derive(Serialize)]
pub struct CollectionShape {
    #[serde(rename = "ID")]
    id: String,
    name: String,
    database: String,
    fields: List<FieldShape>,
}

impl CollectionShape {
    pub fn of(schema: &Schema, collection: &Collection) -> Self {
        let fields = schema.fields(FieldOwner::Collection(collection.id)).map(FieldShape::of);
        Self {
            id: collection.id.to_string(),
            name: collection.name.clone(),
            database: schema.database.id.to_string(),
            fields: List::whole(fields.collect()),
        }
    }
}

pub fn fields(schema: &Schema, owner: FieldOwner, asked: &Asked) -> Answered {
    document(&Window::read(&asked.query).of_all(schema.fields(owner).map(FieldShape::of).collect()))
}

pub fn interests(schema: &Schema, asked: &Asked) -> Answered {
    document(&Window::read(&asked.query).of_all(schema.interests.iter().map(InterestShape::of).collect()))
}

pub fn collections(schema: &Schema, asked: &Asked) -> Answered {
    let shape = |collection| CollectionShape::of(schema, collection);
    document(&Window::read(&asked.query).of_all(schema.collections.iter().map(shape).collect()))
}

pub fn collection(schema: &Schema, collection: &Collection) -> Answered {
    document(&CollectionShape::of(schema, collection))
}

/// The type of a field, by its word.
fn field_type(word: &str) -> Result<FieldType, CopernicaError> {
    let word = word.trim().to_ascii_lowercase();
    serde_json::from_value(Value::String(word.clone())).map_err(|_| {
        let types = FieldType::WORDS.join(", ");
        CopernicaError::saying(format!("Invalid data provided: type must be one of {types}, not {word:?}"))
    })
}

/// A size as a whole number from 0.
fn size_of(given: &Given, name: &str) -> Result<Option<u32>, CopernicaError> {
    let Some(value) = given.member(name) else { return Ok(None) };
    u32::try_from(value.integer()).map(Some).map_err(|_| {
        CopernicaError::saying(format!("Invalid data provided: {name} must be a whole number from 0 to {}", u32::MAX))
    })
}

fn field_input(given: &Given) -> Result<FieldInput, CopernicaError> {
    let flag = |name: &str| given.member(name).map(Given::is_true);
    Ok(FieldInput {
        name: text_of(given, "name")?,
        field_type: text_of(given, "type")?.as_deref().map(field_type).transpose()?,
        value: text_of(given, "value")?,
        displayed: flag("displayed"),
        ordered: flag("ordered"),
        length: size_of(given, "length")?,
        textlines: size_of(given, "textlines")?,
        hidden: flag("hidden"),
        index: flag("index"),
    })
}

/// The path of the table of a field, below the door.
fn place(schema: &Schema, owner: FieldOwner) -> String {
    match owner {
        FieldOwner::Database => format!("database/{}", schema.database.id),
        FieldOwner::Collection(collection) => format!("collection/{collection}"),
    }
}

pub async fn create_field(at: &At, schema: &Schema, owner: FieldOwner, asked: &Asked) -> Answered {
    let input = field_input(&asked.body)?;
    let id = parts::create_field(&at.services, at.id(), schema.database.id, owner, &input).await?;
    Ok(created(at, id.0, &format!("{}/field/{id}", place(schema, owner))))
}

pub async fn update_field(at: &At, schema: &Schema, field: &Field, asked: &Asked) -> Answered {
    let (input, place) = (field_input(&asked.body)?, (field.owner, field.id));
    parts::update_field(&at.services, at.id(), schema.database.id, place, &input).await?;
    Ok(changed())
}

pub async fn delete_field(at: &At, schema: &Schema, field: &Field) -> Answered {
    parts::delete_field(&at.services, at.id(), schema.database.id, (field.owner, field.id)).await?;
    Ok(deleted("field", field.id))
}

pub async fn create_collection(at: &At, schema: &Schema, asked: &Asked) -> Answered {
    let name = text_of(&asked.body, "name")?.unwrap_or_default();
    let id = parts::create_collection(&at.services, at.id(), schema.database.id, &name).await?;
    Ok(created(at, id.0, &format!("collection/{id}")))
}

pub async fn update_collection(at: &At, schema: &Schema, collection: &Collection, asked: &Asked) -> Answered {
    if let Some(name) = text_of(&asked.body, "name")? {
        parts::rename_collection(&at.services, at.id(), schema.database.id, collection.id, &name).await?;
    }
    Ok(changed())
}

fn interest_input(given: &Given) -> Result<InterestInput, CopernicaError> {
    Ok(InterestInput { name: text_of(given, "name")?, group: text_of(given, "group")? })
}

pub async fn create_interest(at: &At, schema: &Schema, asked: &Asked) -> Answered {
    let input = interest_input(&asked.body)?;
    let id = parts::create_interest(&at.services, at.id(), schema.database.id, &input).await?;
    Ok(created(at, id.0, &format!("interest/{id}")))
}

pub async fn update_interest(at: &At, schema: &Schema, id: PartId, asked: &Asked) -> Answered {
    let input = interest_input(&asked.body)?;
    parts::update_interest(&at.services, at.id(), schema.database.id, id, &input).await?;
    Ok(changed())
}

pub async fn delete_interest(at: &At, schema: &Schema, id: PartId) -> Answered {
    parts::delete_interest(&at.services, at.id(), schema.database.id, id).await?;
    Ok(deleted("interest", id))
}
