//! Subprofiles.

use serde::Serialize;
use shared::profiles::by_hand::{self, Found};
use shared::profiles::{Columns, Owned, RecordInput, list, secret};
use shared::records::Record;
use shared::schema::Schema;

use super::answer::{OrFalse, Ordered, Window, created, document};
use super::caller::At;
use super::error::CopernicaError;
use super::profiles::{pairs, values};
use super::request::Asked;
use super::routes::Answered;

/// A subprofile.
#[derive(Serialize)]
pub struct SubprofileShape {
    #[serde(rename = "ID")]
    id: String,
    secret: String,
    fields: Ordered,
    profile: String,
    collection: String,
    created: String,
    modified: String,
    removed: OrFalse,
}

/// A subprofile of a list with `dataonly`.
#[derive(Serialize)]
pub struct SubprofileData {
    #[serde(rename = "ID")]
    id: String,
    secret: String,
    fields: Ordered,
    profile: String,
    modified: String,
}

impl SubprofileShape {
    /// The shape of a subprofile, removed at the time given.
    pub fn of(at: &At, schema: &Schema, columns: &Columns, record: &Record, removed: Option<i64>) -> Self {
        Self {
            id: record.id.to_string(),
            secret: secret(schema, record),
            fields: values(columns, record, removed.is_some()),
            profile: record.parent.map(|parent| parent.to_string()).unwrap_or_default(),
            collection: record.owner.map(|owner| owner.to_string()).unwrap_or_default(),
            created: at.time(record.created_at),
            modified: at.time(record.updated_at),
            removed: OrFalse(removed.map(|removed| at.time(removed))),
        }
    }

    /// Without the members that say where the subprofile belongs and when it was made.
    pub fn into_data(self) -> SubprofileData {
        let Self { id, secret, fields, profile, modified, .. } = self;
        SubprofileData { id, secret, fields, profile, modified }
    }
}

pub fn show(at: &At, found: &Found) -> Answered {
    let columns = Columns::of(found.owned(), at.now());
    document(&SubprofileShape::of(at, &found.schema, &columns, &found.seen.record, found.removed))
}

/// The subprofiles of a profile in a collection. A removed profile has none.
pub async fn of_profile(at: &At, found: &Found, owned: Owned<'_>, asked: &Asked) -> Answered {
    let records = match found.removed {
        Some(_) => Vec::new(),
        None => list::subprofiles_of(&at.services, at.id(), owned, found.seen.record.id).await?,
    };
    let columns = Columns::of(owned, at.now());
    let shape = |record| SubprofileShape::of(at, &found.schema, &columns, record, None);
    document(&Window::read(&asked.query).of_all(records.iter().map(shape).collect()))
}

/// Makes a subprofile. The body is the values themselves.
pub async fn create(at: &At, found: &Found, owned: Owned<'_>, asked: &Asked) -> Answered {
    if found.removed.is_some() {
        return Err(CopernicaError::saying("Subprofile could not be created"));
    }
    let input = RecordInput { fields: pairs(&asked.body).unwrap_or_default(), ..RecordInput::default() };
    let parent = Some(found.seen.record.id);
    let id = by_hand::create(&at.services, at.id(), owned, parent, (&input, &at.now())).await?;
    Ok(created(at, id.0, &format!("subprofile/{id}")))
}
