//! Companies made, edited and deleted by hand. A company is a shared thing whose key is its name, so a name is unique
//! without regard to case, and an edit is a single transaction as for all things ([`super::things`]).

use serde_json::{Map, Value};

use super::people::{ContactError, Fault, faults_of_lists, labels};
use super::{EditError, things};
use crate::id::{AccountId, ThingId};
use crate::services::Services;
use crate::store::keys::Kind;
use crate::things::find::{Found, find};
use crate::things::names::{is_short, normal, tidy};
use crate::things::{Body, CompanyFields, Thing};

/// The longest description in bytes.
pub const LONGEST_DESCRIPTION: usize = 10_000;

/// The fields of a company as given by a caller. An absent field (`None`) keeps its value in an edit, and has no value in
/// a new company; `Some(None)` removes the value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompanyInput {
    pub name: Option<Option<String>>,
    pub description: Option<Option<String>>,
    pub due_days: Option<Option<u64>>,
    /// A code of three letters, for example `EUR`.
    pub default_currency: Option<Option<String>>,
    pub tag_list: Option<Vec<String>>,
    pub custom_fields: Option<Option<Map<String, Value>>>,
}

impl CompanyInput {
    /// The company with the fields of the input in place of its own.
    fn over(&self, company: &Thing) -> Thing {
        let own = company.company().cloned().unwrap_or_default();
        let name = match &self.name {
            None => company.name.clone(),
            Some(name) => tidy(name.as_deref().unwrap_or_default()),
        };
        let currency = |given: &Option<String>| given.as_deref().map(str::trim).map(str::to_ascii_uppercase);
        let fields = CompanyFields {
            description: self.description.clone().unwrap_or(own.description).filter(|text| !text.is_empty()),
            due_days: self.due_days.unwrap_or(own.due_days),
            default_currency: self.default_currency.as_ref().map_or(own.default_currency, currency),
            tag_list: self.tag_list.as_deref().map_or(own.tag_list, labels),
            custom_fields: self.custom_fields.clone().unwrap_or(own.custom_fields),
            archived_at: own.archived_at,
        };
        Thing { key: normal(&name), name, body: Body::Company(fields), ..company.clone() }
    }
}

/// The faults of a company, which is new or has the id given.
async fn faults(
    services: &Services,
    account: AccountId,
    company: &Thing,
    id: Option<ThingId>,
) -> Result<Vec<(&'static str, Fault)>, EditError> {
    let mut wrong = Vec::new();
    if company.key.is_empty() {
        wrong.push(("name", Fault::Blank));
    } else if !is_short(&company.name) {
        wrong.push(("name", Fault::Invalid));
    } else if let Found::There(other) = find(services, account, Kind::Company, &company.key).await?
        && Some(other.id) != id
    {
        wrong.push(("name", Fault::Taken));
    }
    let fields = company.company().cloned().unwrap_or_default();
    let is_code = |code: &str| code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase());
    if fields.default_currency.as_deref().is_some_and(|code| !is_code(code)) {
        wrong.push(("default_currency", Fault::Invalid));
    }
    if fields.description.as_deref().is_some_and(|text| text.len() > LONGEST_DESCRIPTION) {
        wrong.push(("description", Fault::Invalid));
    }
    wrong.extend(faults_of_lists(&fields.tag_list, fields.custom_fields.as_ref()));
    Ok(wrong)
}

/// The company if it has no faults. A name that somebody else takes afterwards is found when the company is written.
async fn checked(
    services: &Services,
    account: AccountId,
    company: Thing,
    id: Option<ThingId>,
) -> Result<Thing, ContactError> {
    let wrong = faults(services, account, &company, id).await?;
    if wrong.is_empty() { Ok(company) } else { Err(ContactError::Wrong(wrong)) }
}

/// Tells an error of writing in terms of fields.
fn told(error: EditError) -> ContactError {
    match error {
        EditError::Taken(field) => ContactError::Wrong(vec![(field, Fault::Taken)]),
        error => ContactError::Edit(error),
    }
}

/// Makes a company.
pub async fn create(services: &Services, account: AccountId, input: &CompanyInput) -> Result<Thing, ContactError> {
    let now = services.clock.now_ms();
    let blank = Thing::new(Kind::Company, ThingId(0), String::new(), String::new(), crate::id::ImportId::HAND, now);
    let company = checked(services, account, input.over(&blank), None).await?;
    things::put(services, account, &company).await.map_err(told)
}

/// Edits a company. An edit which changes nothing writes nothing.
pub async fn update(
    services: &Services,
    account: AccountId,
    id: ThingId,
    input: &CompanyInput,
) -> Result<Thing, ContactError> {
    let before = Thing::get(services, account, Kind::Company, id).await?.ok_or(EditError::NotFound)?;
    checked(services, account, input.over(&before), Some(id)).await?;
    things::edit(services, account, Kind::Company, id, |company| input.over(&company)).await.map_err(told)
}

/// Archives a company, or takes a company back into use. A second call changes nothing.
pub async fn archive(
    services: &Services,
    account: AccountId,
    id: ThingId,
    is_archived: bool,
) -> Result<Thing, ContactError> {
    let now = services.clock.now_ms();
    let apply = |company: Thing| {
        let fields = company.company().cloned().unwrap_or_default();
        let archived_at = is_archived.then(|| fields.archived_at.unwrap_or(now));
        Thing { body: Body::Company(CompanyFields { archived_at, ..fields }), ..company }
    };
    things::edit(services, account, Kind::Company, id, apply).await.map_err(told)
}

/// Deletes a company to which nobody belongs.
///
/// # Errors
/// [`EditError::InUse`] if a person belongs to the company.
pub async fn delete(services: &Services, account: AccountId, id: ThingId) -> Result<(), ContactError> {
    Ok(things::delete(services, account, Kind::Company, id).await?)
}
