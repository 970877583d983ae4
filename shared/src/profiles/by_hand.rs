//! Profiles and subprofiles made, edited and deleted by hand. Each edit is one conditional write of the record, which is tried
//! again if somebody else was first.

use jiff::Zoned;
use serde_json::Value;

use super::columns::{Columns, SECRET};
use super::owned::Owned;
use super::terms::IndexedFields;
use super::walk::erase;
use crate::id::{AccountId, RecordId, Row};
use crate::records::change::{self, Attempt, Hold, Holdings, Seen};
use crate::records::edited::changed;
use crate::records::index::Indexable;
use crate::records::record::{Fields, subprofiles_field};
use crate::records::{HAND_CHUNK, Record};
use crate::schema::databases::draw_row;
use crate::schema::{Collection, Schema};
use crate::services::Services;
use crate::store::keys::RecordKind;
use crate::store::{Patience, StoreError, retry};

/// The message of the error after too many attempts of an edit.
const KEPT_CHANGING: &str = "the edited profile kept changing";
/// The longest secret that people choose, in bytes.
pub const LONGEST_SECRET: usize = 1_000;
/// The most bytes of all values of a record. DynamoDB keeps 400 KB in an item, with the writers of the fields.
pub const MOST_BYTES: usize = 200_000;

/// The reasons why a profile or a subprofile was not written.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// A request to the tables failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No such record, or none that people can see.
    #[error("not found")]
    NotFound,
    /// The record was deleted before.
    #[error("removed already")]
    Removed,
    /// The values of the record are too long.
    #[error("the values have more than {MOST_BYTES} bytes")]
    TooLarge,
    /// More records match than are changed by one request.
    #[error("more than {0} profiles match")]
    TooMany(usize),
}

/// The interests as given by a caller.
#[derive(Clone, Debug, PartialEq)]
pub enum InterestsInput {
    /// The record has these interests and no others.
    Exactly(Vec<String>),
    /// The record gets or loses each interest; the others stay.
    Each(Vec<(String, bool)>),
}

/// What a caller gives a record. Values are given by the names of fields; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RecordInput {
    /// The values by name, in the order given.
    pub fields: Vec<(String, String)>,
    /// The interests of a profile.
    pub interests: Option<InterestsInput>,
    /// The secret.
    pub secret: Option<String>,
}

impl RecordInput {
    /// The fields of `record` with the input's in place of its own.
    fn over(&self, columns: &Columns, record: &Record) -> Fields {
        let mut fields = record.fields.clone();
        columns.give(record, &self.fields, &mut fields);
        match &self.interests {
            None => {}
            Some(InterestsInput::Each(given)) => columns.interest(given, &mut fields),
            Some(InterestsInput::Exactly(names)) => {
                columns.take_interests(&mut fields);
                let given: Vec<(String, bool)> = names.iter().map(|name| (name.clone(), true)).collect();
                columns.interest(&given, &mut fields);
            }
        }
        if let Some(secret) = &self.secret {
            fields.insert(SECRET.to_owned(), Value::String(secret.clone()));
        }
        fields
    }
}

fn judged(fields: &Fields) -> Result<(), ProfileError> {
    let bytes: usize = fields.iter().map(|(name, value)| name.len() + value.as_str().map_or(4, str::len)).sum();
    if bytes > MOST_BYTES { Err(ProfileError::TooLarge) } else { Ok(()) }
}

/// A profile or a subprofile with the database that has it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The record as read.
    pub seen: Seen,
    /// The database with its parts.
    pub schema: Schema,
    /// The collection of a subprofile.
    pub collection: Option<Collection>,
    /// The profile of a subprofile as read.
    parent: Option<Seen>,
    /// The time of the deletion of the record, or of its profile, in milliseconds since the epoch.
    pub removed: Option<i64>,
}

impl Found {
    /// The table of the record.
    pub fn owned(&self) -> Owned<'_> {
        Owned { schema: &self.schema, collection: self.collection.as_ref() }
    }
}

/// The profile with an id, also a removed one. `None` if there never was such a profile, or if its database is gone.
pub async fn find_profile(services: &Services, account: AccountId, id: RecordId) -> Result<Option<Found>, StoreError> {
    let Some(seen) = Seen::find_any(services, account, RecordKind::Profile, id).await? else { return Ok(None) };
    let Some(owner) = seen.record.owner else { return Ok(None) };
    let Some(schema) = Schema::read(services, account, owner).await? else { return Ok(None) };
    let removed = seen.record.gone.map(|gone| gone.at);
    Ok(Some(Found { seen, schema, collection: None, parent: None, removed }))
}

/// The subprofile with an id, also a removed one. `None` if there never was such a subprofile, if its collection is gone, or
/// if its profile cannot be seen.
pub async fn find_subprofile(
    services: &Services,
    account: AccountId,
    id: RecordId,
) -> Result<Option<Found>, StoreError> {
    let Some(seen) = Seen::find_any(services, account, RecordKind::Subprofile, id).await? else { return Ok(None) };
    let (Some(owner), Some(parent)) = (seen.record.owner, seen.record.parent) else { return Ok(None) };
    let (of_collection, parent) = tokio::try_join!(
        Schema::of_collection(services, account, owner),
        Seen::find_any(services, account, RecordKind::Profile, parent)
    )?;
    let (Some((schema, collection)), Some(parent)) = (of_collection, parent) else { return Ok(None) };
    let removed = seen.record.gone.or(parent.record.gone).map(|gone| gone.at);
    Ok(Some(Found { seen, schema, collection: Some(collection), parent: Some(parent), removed }))
}

/// The record of a kind with an id, also a removed one.
pub async fn find(
    services: &Services,
    account: AccountId,
    kind: RecordKind,
    id: RecordId,
) -> Result<Option<Found>, StoreError> {
    match kind {
        RecordKind::Subprofile => find_subprofile(services, account, id).await,
        _ => find_profile(services, account, id).await,
    }
}

/// The values by which a record is found.
fn holdings(schema: &Schema, record: &Record) -> Holdings {
    Holdings { index: IndexedFields::of(schema).terms(Indexable::of(record)), ..Holdings::default() }
}

/// Makes a profile, or a subprofile of the profile `parent`, with the defaults in fields that the input does not have. A
/// profile that an import made stays from now on if the import is undone, because it has a subprofile of people.
pub async fn create(
    services: &Services,
    account: AccountId,
    owned: Owned<'_>,
    parent: Option<RecordId>,
    (input, now): (&RecordInput, &Zoned),
) -> Result<RecordId, ProfileError> {
    let columns = Columns::of(owned, now.clone());
    let row = draw_row(services, account, owned.hand()).await?;
    let id = RecordId::of(owned.hand(), Row(row));
    let at = services.clock.now_ms();
    let blank = Record { owner: Some(owned.id()), parent, ..Record::new(id, columns.defaults(), at) };
    let record = Record { fields: input.over(&columns, &blank), ..blank };
    judged(&record.fields)?;
    let holds = holdings(owned.schema, &record);
    let (record, holds, link) = (&record, &holds, &subprofiles_field(owned.id()));
    let made = retry(Patience::new(), KEPT_CHANGING, || async move {
        let profile = match parent {
            Some(parent) => Some(standing_profile(services, account, parent).await?),
            None => None,
        };
        let hold = profile.as_ref().map(|seen| Hold { kind: RecordKind::Profile, seen, link });
        let made = change::create_below(services, account, owned.kind(), (record, holds), hold.as_ref()).await?;
        if made == Attempt::Made {
            return Ok(Some(id));
        }
        let key = Record::key(account, owned.kind(), id, HAND_CHUNK);
        Ok::<_, ProfileError>(Record::read(services, &key).await?.map(|record| record.id))
    });
    let made = made.await?;
    // A deletion of the database hides the database first and then erases its records, so either the deletion meets the
    // new record or the database is gone by now.
    if Schema::read(services, account, owned.schema.database.id).await?.is_none() {
        erase(services, account, owned).await?;
        return Err(ProfileError::NotFound);
    }
    Ok(made)
}

/// The profile with an id, unless it is removed.
async fn standing_profile(services: &Services, account: AccountId, id: RecordId) -> Result<Seen, ProfileError> {
    let found = Seen::find_any(services, account, RecordKind::Profile, id).await?.ok_or(ProfileError::NotFound)?;
    if found.record.gone.is_some() { Err(ProfileError::Removed) } else { Ok(found) }
}

/// Gives a record other values, and returns `false` without a write if every value is as given already. The time of the last
/// change moves if a value or an interest changes, and not with the secret.
///
/// A changed subprofile holds its profile: the undo of the import that made the profile keeps it from then on, because people see
/// a subprofile only with its profile.
pub async fn update(
    services: &Services,
    account: AccountId,
    (kind, id): (RecordKind, RecordId),
    (input, now): (&RecordInput, &Zoned),
) -> Result<bool, ProfileError> {
    retry(Patience::new(), KEPT_CHANGING, || async move {
        let found = find(services, account, kind, id).await?.ok_or(ProfileError::NotFound)?;
        if found.removed.is_some() {
            return Err(ProfileError::Removed);
        }
        let columns = Columns::of(found.owned(), now.clone());
        let before = &found.seen.record;
        let fields = input.over(&columns, before);
        judged(&fields)?;
        let Some(mut after) = changed(before, fields, services.clock.now_ms()) else { return Ok(Some(false)) };
        let values = |record: &Record| {
            let mut fields = record.fields.clone();
            fields.remove(SECRET);
            fields
        };
        if values(before) == values(&after) {
            after.updated_at = before.updated_at;
        }
        let (held, holds) = (holdings(&found.schema, before), holdings(&found.schema, &after));
        let link = subprofiles_field(found.owned().id());
        let hold = found.parent.as_ref().map(|seen| Hold { kind: RecordKind::Profile, seen, link: &link });
        let attempt =
            change::update(services, account, kind, (&found.seen, &after), [&held, &holds], hold.as_ref()).await?;
        Ok((attempt == Attempt::Made).then_some(true))
    })
    .await
}

/// Deletes a record. Its tombstone stays.
pub async fn delete(
    services: &Services,
    account: AccountId,
    (kind, id): (RecordKind, RecordId),
) -> Result<(), ProfileError> {
    retry(Patience::new(), KEPT_CHANGING, || async move {
        let found = find(services, account, kind, id).await?.ok_or(ProfileError::NotFound)?;
        if found.removed.is_some() {
            return Err(ProfileError::Removed);
        }
        let held = holdings(&found.schema, &found.seen.record);
        let attempt = change::bury(services, account, kind, (&found.seen, &held), services.clock.now_ms()).await?;
        Ok((attempt == Attempt::Made).then_some(()))
    })
    .await
}
