//! People made, edited and deleted by hand, an attempt at a time: the caller reads again and tries again if somebody else
//! was first.

use super::Person;
use crate::id::{AccountId, ImportId, RecordId, Row};
use crate::records::change::{self, Attempt, Seen};
use crate::records::edited::changed;
use crate::records::{HAND_CHUNK, Record};
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::{self, Counter, RecordKind};

/// A person whom people can see, or `None` for an id without a visible person.
pub async fn find(services: &Services, account: AccountId, id: RecordId) -> Result<Option<(Seen, Person)>, StoreError> {
    let Some(seen) = Seen::find(services, account, RecordKind::Person, id).await? else { return Ok(None) };
    let person = Person::of(&seen.record)?;
    Ok(Some((seen, person)))
}

/// The number of a new person, from the counter that people share with users.
pub async fn draw(services: &Services, account: AccountId) -> Result<RecordId, StoreError> {
    let number = services.store.next_number(keys::counter(account, Counter::Users)).await?;
    Ok(RecordId::of(ImportId::HAND, Row(number)))
}

/// Makes a person with a number that [`draw`] gave. Returns the record, or how the attempt failed. A second attempt with
/// the same number finds the person whom the first attempt made, if the first answer was lost.
pub async fn create(
    services: &Services,
    account: AccountId,
    id: RecordId,
    person: &Person,
) -> Result<Result<Record, Attempt>, StoreError> {
    let record = person.record(id, services.clock.now_ms());
    match change::create(services, account, RecordKind::Person, &record, &person.holdings()).await? {
        Attempt::Made => Ok(Ok(record)),
        Attempt::Taken => Ok(Err(Attempt::Taken)),
        Attempt::Again => {
            let key = Record::key(account, RecordKind::Person, id, HAND_CHUNK);
            Ok(Record::read(services, &key).await?.ok_or(Attempt::Again))
        }
    }
}

/// Gives a person other fields. Returns the record, which is the one that was read if no field differs, or how the attempt
/// failed.
pub async fn update(
    services: &Services,
    account: AccountId,
    (seen, before): (&Seen, &Person),
    after: &Person,
) -> Result<Result<Record, Attempt>, StoreError> {
    let Some(record) = changed(&seen.record, after.fields(), services.clock.now_ms()) else {
        return Ok(Ok(seen.record.clone()));
    };
    let holdings = [&before.holdings(), &after.holdings()];
    let attempt = change::update(services, account, RecordKind::Person, (seen, &record), holdings, None).await?;
    Ok(if attempt == Attempt::Made { Ok(record) } else { Err(attempt) })
}

/// Deletes a person.
pub async fn delete(
    services: &Services,
    account: AccountId,
    (seen, person): (&Seen, &Person),
) -> Result<Attempt, StoreError> {
    change::delete(services, account, RecordKind::Person, seen, &person.holdings()).await
}
