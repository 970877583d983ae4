//! Profiles, and whatever profiles and subprofiles have in common.

use serde::Serialize;
use shared::id::RecordId;
use shared::profiles::by_hand::{self, Found, InterestsInput, LONGEST_SECRET};
use shared::profiles::{Columns, Owned, ProfileError, RecordInput, secret};
use shared::records::Record;
use shared::schema::Schema;
use shared::store::keys::RecordKind;

use super::answer::{OrFalse, Ordered, Window, changed, created, deleted, document};
use super::caller::At;
use super::error::CopernicaError;
use super::given::Given;
use super::request::Asked;
use super::routes::Answered;

/// The most profiles that one request deletes by their ids.
const MOST_DELETED: usize = 1000;

/// A profile.
#[derive(Serialize)]
pub struct ProfileShape {
    #[serde(rename = "ID")]
    id: String,
    fields: Ordered,
    interests: Vec<String>,
    database: String,
    secret: String,
    created: String,
    modified: String,
    removed: OrFalse,
}

/// A profile of a list with `dataonly`.
#[derive(Serialize)]
pub struct ProfileData {
    #[serde(rename = "ID")]
    id: String,
    fields: Ordered,
    interests: Vec<String>,
    secret: String,
    modified: String,
}

/// The values of a record by the names of the fields. A removed record has empty values.
pub fn values(columns: &Columns, record: &Record, is_removed: bool) -> Ordered {
    let value = |column| if is_removed { String::new() } else { columns.shown(column, record) };
    Ordered(columns.all.iter().map(|column| (column.field.name.clone(), value(column))).collect())
}

fn names(columns: &Columns, record: &Record, is_removed: bool) -> Vec<String> {
    if is_removed { Vec::new() } else { columns.interests_of(record).into_iter().map(str::to_owned).collect() }
}

impl ProfileShape {
    /// The shape of a profile, removed at the time given.
    pub fn of(at: &At, schema: &Schema, columns: &Columns, record: &Record, removed: Option<i64>) -> Self {
        Self {
            id: record.id.to_string(),
            fields: values(columns, record, removed.is_some()),
            interests: names(columns, record, removed.is_some()),
            database: schema.database.id.to_string(),
            secret: secret(schema, record),
            created: at.time(record.created_at),
            modified: at.time(record.updated_at),
            removed: OrFalse(removed.map(|removed| at.time(removed))),
        }
    }

    /// Without the members that say where the profile belongs and when it was made.
    pub fn into_data(self) -> ProfileData {
        let Self { id, fields, interests, secret, modified, .. } = self;
        ProfileData { id, fields, interests, secret, modified }
    }
}

pub fn show(at: &At, found: &Found) -> Answered {
    let columns = Columns::of(found.owned(), at.now());
    document(&ProfileShape::of(at, &found.schema, &columns, &found.seen.record, found.removed))
}

/// The values of a profile or of a subprofile.
pub fn fields(at: &At, found: &Found) -> Answered {
    let columns = Columns::of(found.owned(), at.now());
    document(&values(&columns, &found.seen.record, found.removed.is_some()))
}

pub fn interests(at: &At, found: &Found, asked: &Asked) -> Answered {
    let columns = Columns::of(found.owned(), at.now());
    let names = names(&columns, &found.seen.record, found.removed.is_some());
    document(&Window::read(&asked.query).of_all(names))
}

/// Values by the names of fields. A list or a map is converted as an empty text: the field gets its empty value.
pub fn pairs(given: &Given) -> Option<Vec<(String, String)>> {
    let members = given.members()?;
    Some(members.into_iter().map(|(name, value)| (name.to_owned(), value.text().unwrap_or_default())).collect())
}

/// Interests as a list of names, or as a map of names to yes or no.
fn given_interests(given: &Given) -> Option<InterestsInput> {
    match given {
        Given::List(items) => Some(InterestsInput::Exactly(items.iter().filter_map(Given::text).collect())),
        Given::Map(members) if members.iter().all(|(name, _)| name.parse::<u64>().is_ok()) => {
            Some(InterestsInput::Exactly(members.iter().filter_map(|(_, name)| name.text()).collect()))
        }
        Given::Map(members) => {
            Some(InterestsInput::Each(members.iter().map(|(name, is_set)| (name.clone(), is_set.is_true())).collect()))
        }
        _ => None,
    }
}

/// What a body gives a record. `fields` of another form than a map are left out.
pub fn record_input(body: &Given) -> Result<RecordInput, CopernicaError> {
    // The vendor keeps a question mark for each letter beyond ASCII.
    let ascii = |text: String| text.chars().map(|letter| if letter.is_ascii() { letter } else { '?' }).collect();
    let secret: Option<String> = body.member("secret").and_then(Given::text).map(ascii);
    if secret.as_ref().is_some_and(|secret| secret.len() > LONGEST_SECRET) {
        return Err(CopernicaError::saying("Invalid data provided: secret must have at most 1,000 bytes"));
    }
    Ok(RecordInput {
        fields: body.member("fields").and_then(pairs).unwrap_or_default(),
        interests: body.member("interests").and_then(given_interests),
        secret,
    })
}

/// What a body gives many records or a new one: `fields` of another form than a map are an error, and a secret is ignored.
pub fn new_input(body: &Given) -> Result<RecordInput, CopernicaError> {
    if body.member("fields").is_some_and(|fields| fields.members().is_none()) {
        return Err(CopernicaError::invalid_data());
    }
    Ok(RecordInput { secret: None, ..record_input(body)? })
}

pub async fn create(at: &At, schema: &Schema, asked: &Asked) -> Answered {
    let input = new_input(&asked.body)?;
    let id = by_hand::create(&at.services, at.id(), Owned::profiles(schema), None, (&input, &at.now())).await?;
    Ok(created(at, id.0, &format!("profile/{id}")))
}

/// The word for the kind of a record, as answers name the kind.
fn word(found: &Found) -> &'static str {
    found.owned().kind().name()
}

async fn write(at: &At, found: &Found, input: &RecordInput) -> Answered {
    let (kind, id) = (found.owned().kind(), found.seen.record.id);
    match by_hand::update(&at.services, at.id(), (kind, id), (input, &at.now())).await {
        Err(ProfileError::Removed) => {
            Err(CopernicaError::saying(format!("This {} has already been removed", word(found))))
        }
        done => done.map(|_| changed()).map_err(CopernicaError::from),
    }
}

pub async fn update(at: &At, found: &Found, asked: &Asked) -> Answered {
    write(at, found, &record_input(&asked.body)?).await
}

pub async fn update_fields(at: &At, found: &Found, asked: &Asked) -> Answered {
    let fields = pairs(&asked.body).unwrap_or_default();
    write(at, found, &RecordInput { fields, ..RecordInput::default() }).await
}

/// The interests in a body: the body itself, or its member `interests`.
fn body_interests(body: &Given) -> Result<InterestsInput, CopernicaError> {
    given_interests(body.member("interests").unwrap_or(body)).ok_or_else(CopernicaError::invalid_data)
}

pub async fn add_interests(at: &At, found: &Found, asked: &Asked) -> Answered {
    let interests = match body_interests(&asked.body)? {
        InterestsInput::Exactly(names) => InterestsInput::Each(names.into_iter().map(|name| (name, true)).collect()),
        each => each,
    };
    write(at, found, &RecordInput { interests: Some(interests), ..RecordInput::default() }).await
}

pub async fn replace_interests(at: &At, found: &Found, asked: &Asked) -> Answered {
    let interests = match body_interests(&asked.body)? {
        InterestsInput::Each(given) => {
            InterestsInput::Exactly(given.into_iter().filter(|(_, is_set)| *is_set).map(|(name, _)| name).collect())
        }
        exactly => exactly,
    };
    write(at, found, &RecordInput { interests: Some(interests), ..RecordInput::default() }).await
}

pub async fn delete(at: &At, found: &Found) -> Answered {
    let (kind, id) = (found.owned().kind(), found.seen.record.id);
    match by_hand::delete(&at.services, at.id(), (kind, id)).await {
        Err(ProfileError::Removed) => {
            Err(CopernicaError::saying(format!("This {} has already been removed", word(found))))
        }
        done => done.map(|()| deleted(word(found), id)).map_err(CopernicaError::from),
    }
}

/// Deletes the profiles whose ids the body lists. Before any is deleted, every id must be that of a profile of the database.
pub async fn delete_many(at: &At, schema: &Schema, asked: &Asked) -> Answered {
    // The vendor's class sends an empty list with every DELETE.
    let given = asked.body.member("profiles").ok_or_else(CopernicaError::invalid_method)?;
    let given = given.items().ok_or_else(CopernicaError::invalid_data)?;
    if given.len() > MOST_DELETED {
        let message = format!("Invalid data provided: profiles may list {MOST_DELETED} ids; import larger lists");
        return Err(CopernicaError::saying(message));
    }
    let mut ids: Vec<RecordId> = Vec::with_capacity(given.len());
    for id in given {
        let missing = || CopernicaError::saying("No entity with supplied ID");
        let id: RecordId = id.text().and_then(|id| id.parse().ok()).ok_or_else(missing)?;
        let found = by_hand::find_profile(&at.services, at.id(), id).await?;
        let found = found.filter(|found| found.schema.database.id == schema.database.id).ok_or_else(missing)?;
        if found.removed.is_none() && !ids.contains(&id) {
            ids.push(id);
        }
    }
    for &id in &ids {
        match by_hand::delete(&at.services, at.id(), (RecordKind::Profile, id)).await {
            // Somebody else removed the profile in this moment.
            Ok(()) | Err(ProfileError::Removed) => {}
            Err(error) => return Err(error.into()),
        }
    }
    let ids: Vec<String> = ids.iter().map(RecordId::to_string).collect();
    Ok(deleted("profiles", ids.join(",")))
}
