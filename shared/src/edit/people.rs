//! Contacts made, edited and deleted by hand. Every edit is a single transaction with the claim of the address and the
//! references of the companies ([`crate::records::change`]).
//!
//! An edit tells all wrong fields at once. The users of the account are no contacts and are not edited here.

use serde_json::{Map, Value};

use super::{EditError, repeated};
use crate::contacts::{Person, by_hand};
use crate::id::{AccountId, RecordId, ThingId};
use crate::records::Record;
use crate::records::change::Attempt;
use crate::services::Services;
use crate::store::StoreError;
use crate::store::keys::Kind;
use crate::things::Thing;
use crate::things::claim::{Holder, holder};
use crate::things::names::{is_short, tidy};
use crate::things::user::is_email;

/// The most labels of a person or a company.
pub const MOST_TAGS: usize = 100;
/// The most bytes of all custom fields of a person or a company, as JSON.
pub const MOST_CUSTOM: usize = 20_000;

/// The reason why a field is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The field needs a value.
    #[error("can't be blank")]
    Blank,
    /// Somebody else has the value.
    #[error("has already been taken")]
    Taken,
    /// The value is not in the form of the field, or is too long.
    #[error("is invalid")]
    Invalid,
    /// The field refers to something that does not exist.
    #[error("must exist")]
    Missing,
}

/// The reasons why an edit of a contact or a company was not made.
#[derive(Debug, thiserror::Error)]
pub enum ContactError {
    /// An error which concerns no field, such as an id that nothing has.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The wrong fields, each once.
    #[error("{} fields are wrong", .0.len())]
    Wrong(Vec<(&'static str, Fault)>),
}

impl From<StoreError> for ContactError {
    fn from(error: StoreError) -> Self {
        Self::Edit(error.into())
    }
}

/// The fields of a contact as given by a caller. An absent field (`None`) keeps its value in an edit, and has no value in
/// a new contact; `Some(None)` removes the value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PersonInput {
    pub first_name: Option<Option<String>>,
    pub last_name: Option<Option<String>>,
    pub email: Option<Option<String>>,
    pub title: Option<Option<String>>,
    pub company: Option<Option<ThingId>>,
    pub tag_list: Option<Vec<String>>,
    pub custom_fields: Option<Option<Map<String, Value>>>,
}

impl PersonInput {
    /// The contact with the fields of the input in place of its own. Names are tidied, and an empty text is no value.
    fn over(&self, person: &Person) -> Person {
        let text = |given: &Option<Option<String>>, own: &Option<String>| match given {
            None => own.clone(),
            Some(given) => given.as_deref().map(tidy).filter(|text| !text.is_empty()),
        };
        Person {
            first_name: text(&self.first_name, &person.first_name),
            last_name: text(&self.last_name, &person.last_name),
            email: text(&self.email, &person.email),
            title: text(&self.title, &person.title),
            company: self.company.unwrap_or(person.company),
            tag_list: self.tag_list.as_deref().map_or_else(|| person.tag_list.clone(), labels),
            custom_fields: self.custom_fields.clone().unwrap_or_else(|| person.custom_fields.clone()),
            archived_at: person.archived_at,
        }
    }
}

/// Labels as stored: tidied, each once, without empty ones.
pub(super) fn labels(given: &[String]) -> Vec<String> {
    let mut labels: Vec<String> = Vec::with_capacity(given.len());
    for label in given.iter().map(|label| tidy(label)).filter(|label| !label.is_empty()) {
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}

/// The faults of labels and custom fields, which people and companies have alike.
pub(super) fn faults_of_lists(
    tags: &[String],
    custom_fields: Option<&Map<String, Value>>,
) -> Vec<(&'static str, Fault)> {
    let mut wrong = Vec::new();
    if tags.len() > MOST_TAGS || !tags.iter().all(|tag| is_short(tag)) {
        wrong.push(("tag_list", Fault::Invalid));
    }
    if custom_fields.is_some_and(|fields| serde_json::to_string(fields).is_ok_and(|text| text.len() > MOST_CUSTOM)) {
        wrong.push(("custom_fields", Fault::Invalid));
    }
    wrong
}

/// The faults of a contact, which is new or was `before`. What an import left empty may stay empty.
async fn faults(
    services: &Services,
    account: AccountId,
    id: RecordId,
    person: &Person,
    before: Option<&Person>,
) -> Result<Vec<(&'static str, Fault)>, StoreError> {
    let mut wrong = Vec::new();
    let is_new = |had: fn(&Person) -> bool| before.is_none_or(had);
    if person.first_name.is_none() && is_new(|before| before.first_name.is_some()) {
        wrong.push(("first_name", Fault::Blank));
    }
    for (name, text) in [("first_name", &person.first_name), ("last_name", &person.last_name), ("title", &person.title)]
    {
        if text.as_deref().is_some_and(|text| !is_short(text)) {
            wrong.push((name, Fault::Invalid));
        }
    }
    if let Some(email) = &person.email
        && before.is_none_or(|before| before.email.as_ref() != Some(email))
    {
        if !is_email(email) || !is_short(email) {
            wrong.push(("email", Fault::Invalid));
        } else if let Some(address) = person.address()
            && holder(services, account, &address).await?.is_some_and(|holder| holder != Holder::Person(id))
        {
            wrong.push(("email", Fault::Taken));
        }
    }
    match person.company {
        None if is_new(|before| before.company.is_some()) => wrong.push(("company", Fault::Blank)),
        Some(company)
            if before.is_none_or(|before| before.company != Some(company))
                && Thing::get(services, account, Kind::Company, company).await?.is_none() =>
        {
            wrong.push(("company", Fault::Missing));
        }
        _ => {}
    }
    wrong.extend(faults_of_lists(&person.tag_list, person.custom_fields.as_ref()));
    Ok(wrong)
}

/// The result of an attempt in the form which [`repeated`] takes: `None` to try again.
fn attempted<T>(attempt: Result<T, Attempt>) -> Result<Option<T>, EditError> {
    match attempt {
        Ok(done) => Ok(Some(done)),
        // The next attempt reads the holder of the address and tells the fault.
        Err(Attempt::Taken | Attempt::Again) => Ok(None),
        Err(Attempt::Made) => unreachable!("a change that was made has a result"),
    }
}

/// Runs [`repeated`] over attempts which may find wrong fields.
async fn attempts<T, F>(attempt: impl Fn() -> F) -> Result<T, ContactError>
where
    F: Future<Output = Result<Option<T>, ContactError>>,
{
    let done = repeated(|| async {
        match attempt().await {
            Ok(done) => Ok(done.map(Ok)),
            Err(ContactError::Wrong(wrong)) => Ok(Some(Err(ContactError::Wrong(wrong)))),
            Err(ContactError::Edit(error)) => Err(error),
        }
    });
    done.await?
}

/// Makes a contact.
pub async fn create(services: &Services, account: AccountId, input: &PersonInput) -> Result<Record, ContactError> {
    let person = input.over(&Person::default());
    let wrong = faults(services, account, RecordId(0), &person, None).await?;
    if !wrong.is_empty() {
        return Err(ContactError::Wrong(wrong));
    }
    let id = by_hand::draw(services, account).await?;
    attempts(|| async {
        // A second attempt may come after the first one was made and its answer was lost.
        let wrong = faults(services, account, id, &person, None).await?;
        if !wrong.is_empty() {
            return Err(ContactError::Wrong(wrong));
        }
        Ok(attempted(by_hand::create(services, account, id, &person).await?)?)
    })
    .await
}

/// Edits a contact. An edit which changes nothing writes nothing.
pub async fn update(
    services: &Services,
    account: AccountId,
    id: RecordId,
    input: &PersonInput,
) -> Result<Record, ContactError> {
    change(services, account, id, |person| input.over(person)).await
}

/// Archives a contact, or takes a contact back into use. A second call changes nothing.
pub async fn archive(
    services: &Services,
    account: AccountId,
    id: RecordId,
    is_archived: bool,
) -> Result<Record, ContactError> {
    let now = services.clock.now_ms();
    change(services, account, id, |person| {
        let archived_at = is_archived.then(|| person.archived_at.unwrap_or(now));
        Person { archived_at, ..person.clone() }
    })
    .await
}

async fn change(
    services: &Services,
    account: AccountId,
    id: RecordId,
    apply: impl Fn(&Person) -> Person,
) -> Result<Record, ContactError> {
    let apply = &apply;
    attempts(|| async move {
        let found = by_hand::find(services, account, id).await?;
        let (seen, before) = found.ok_or(EditError::NotFound)?;
        let after = apply(&before);
        let wrong = faults(services, account, id, &after, Some(&before)).await?;
        if !wrong.is_empty() {
            return Err(ContactError::Wrong(wrong));
        }
        Ok(attempted(by_hand::update(services, account, (&seen, &before), &after).await?)?)
    })
    .await
}

/// Deletes a contact with the claim of the address.
pub async fn delete(services: &Services, account: AccountId, id: RecordId) -> Result<(), ContactError> {
    attempts(|| async {
        let found = by_hand::find(services, account, id).await?;
        let (seen, person) = found.ok_or(EditError::NotFound)?;
        let attempt = by_hand::delete(services, account, (&seen, &person)).await?;
        Ok((attempt == Attempt::Made).then_some(()))
    })
    .await
}
