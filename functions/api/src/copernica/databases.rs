//! Databases: shown with all of their parts, made, edited and deleted.

use serde::Serialize;
use shared::profiles::Owned;
use shared::profiles::selection::erase_members;
use shared::profiles::walk::erase;
use shared::schema::databases::{self, DatabaseInput};
use shared::schema::{FieldOwner, Schema, SchemaError, list as read_list};

use super::answer::{List, Window, changed, created, deleted, document};
use super::caller::At;
use super::error::CopernicaError;
use super::given::Given;
use super::parts::{CollectionShape, FieldShape, InterestShape};
use super::request::Asked;
use super::routes::Answered;

/// A database.
#[derive(Serialize)]
struct DatabaseShape {
    #[serde(rename = "ID")]
    id: String,
    name: String,
    description: String,
    archived: bool,
    created: String,
    fields: List<FieldShape>,
    interests: List<InterestShape>,
    collections: List<CollectionShape>,
}

impl DatabaseShape {
    fn of(at: &At, schema: &Schema) -> Self {
        let database = &schema.database;
        let collection = |collection| CollectionShape::of(schema, collection);
        Self {
            id: database.id.to_string(),
            name: database.name.clone(),
            description: database.description.clone(),
            archived: database.archived,
            created: at.time(database.created_at),
            fields: List::whole(schema.fields(FieldOwner::Database).map(FieldShape::of).collect()),
            interests: List::whole(schema.interests.iter().map(InterestShape::of).collect()),
            collections: List::whole(schema.collections.iter().map(collection).collect()),
        }
    }
}

pub async fn list(at: &At, asked: &Asked) -> Answered {
    let window = Window::read(&asked.query);
    let (start, limit) = window.range();
    let (total, schemas) = read_list(&at.services, at.id(), start, limit).await?;
    let shapes = schemas.iter().map(|schema| DatabaseShape::of(at, schema)).collect();
    document(&window.list(shapes, total as u64))
}

fn input(given: &Given) -> Result<DatabaseInput, CopernicaError> {
    Ok(DatabaseInput {
        name: text_of(given, "name")?,
        description: text_of(given, "description")?,
        archived: given.member("archived").map(Given::is_true),
    })
}

/// The text of a parameter, or an error for a list. `None` without the parameter.
pub fn text_of(given: &Given, name: &str) -> Result<Option<String>, CopernicaError> {
    let Some(value) = given.member(name) else { return Ok(None) };
    let text = value.text();
    text.map(Some).ok_or_else(|| CopernicaError::saying(format!("Invalid data provided: {name} must be a text")))
}

pub async fn create(at: &At, asked: &Asked) -> Answered {
    let database = databases::create(&at.services, at.id(), &input(&asked.body)?).await?;
    Ok(created(at, database.id.0, &format!("database/{}", database.id)))
}

pub fn show(at: &At, schema: &Schema) -> Answered {
    document(&DatabaseShape::of(at, schema))
}

pub async fn update(at: &At, schema: &Schema, asked: &Asked) -> Answered {
    databases::update(&at.services, at.id(), schema.database.id, &input(&asked.body)?).await?;
    Ok(changed())
}

/// Deletes a database with its profiles. `None` if there is no database with the id or name. The request may end before
/// everything is deleted; nobody sees the database then, and the same request goes on.
pub async fn delete(at: &At, text: &str) -> Result<Option<axum::response::Response>, CopernicaError> {
    let id = match text.parse() {
        Ok(id) => id,
        Err(_) => match Schema::find(&at.services, at.id(), text).await? {
            Some(schema) => schema.database.id,
            None => return Ok(None),
        },
    };
    let schema = match databases::hide(&at.services, at.id(), id).await {
        Err(SchemaError::NotFound) => return Ok(None),
        hidden => hidden?,
    };
    for collection in &schema.collections {
        erase(&at.services, at.id(), Owned::subprofiles(&schema, collection)).await?;
    }
    erase(&at.services, at.id(), Owned::profiles(&schema)).await?;
    for view in &schema.views {
        erase_members(&at.services, at.id(), view.id).await?;
    }
    databases::clear(&at.services, at.id(), &schema).await?;
    Ok(Some(deleted("database", id)))
}
