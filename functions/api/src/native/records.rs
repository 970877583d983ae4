//! `GET /imports/{id}/records`, the entries, contacts or profiles that an import created, as the records are now.
//! [`shared::entries::imported`], [`shared::contacts::imported`] and [`shared::profiles::imported`] find the page.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use serde_json::{Map, Value};
use shared::contacts::Person;
use shared::contacts::imported::{ContactNow, ImportedContact, ImportedContacts, page as contacts_page};
use shared::entries::Entry;
use shared::entries::imported::{ImportedEntry, ImportedPage, page};
use shared::id::{EntryId, ImportId, RecordId};
use shared::import::ImportType;
use shared::inbox::shown::time;
use shared::profiles::imported::page as profiles_page;
use utoipa::ToSchema;

use super::Problem;
use super::imports::import_of;
use super::keyset::{Envelope, Keyset};
use super::parameters::RECORDS;
use super::path::Path;
use super::problem::Caller;
use super::profile_records::{ProfileRecord, ShownTable};
use super::results::{place, row_place};
use crate::Door;
use crate::answer::{MESSAGE, shortened};
use crate::openapi::native::{Everywhere, Headers, ImportNumber, RecordsQuery, Unknown, WrongFields};

/// A record that an import created, told apart by the member `type`.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Record {
    TimeEntry(EntryRecord),
    Person(PersonRecord),
    Company(CompanyRecord),
    Profile(ProfileRecord),
}

/// An entry, a person or a company that a row made; the members that the type does not have are absent
// One schema has the members of all types, so that a client which knows entries alone can read the description as before.
/// An entry, a person, a company or a profile that a row made, as the record is now. Members which the type does not have are
/// absent, and members behind `state` are `null` for a deleted record.
#[derive(ToSchema)]
#[schema(as = Record)]
#[expect(dead_code, reason = "the type describes JSON; nothing makes a value of it")]
pub struct AnyRecord {
    /// The id of the record, which for entries and people is `import × 1 000 000 000 + row`.
    id: u64,
    /// The type of the record: `time_entry`, `person`, `company` or `profile`.
    r#type: String,
    /// The number of the data row within the file, from 1, without the header.
    row_number: u64,
    /// The state of the record: `imported` if nobody changed the record since, `edited` by hand or, for people, by a later
    /// import, or `deleted` by hand.
    /// Companies are never shown as `edited`.
    state: String,
    /// The day of the work of an entry, for example `2026-03-01`.
    date: Option<String>,
    /// The duration of an entry in seconds, not rounded to minutes.
    seconds: Option<u64>,
    /// Whether the time of an entry can be billed, which is true where the file does not tell.
    billable: Option<bool>,
    /// The text of an entry, cut to 2,000 letters, or `null` for an entry without a text.
    description: Option<String>,
    /// The id of the user who spent the time of an entry.
    user_id: Option<u64>,
    /// The id of an entry's project, or `null` without a project. A project which was merged is shown by the
    /// id of its target.
    project_id: Option<u64>,
    /// The ids of an entry's tags in the order of the file, at most 20. A tag which was merged is shown by the
    /// id of its target.
    tag_ids: Option<Vec<u64>>,
    /// The first name of a person, or `null` for a person without a first name.
    first_name: Option<String>,
    /// The last name of a person, or `null` for a person without a last name.
    last_name: Option<String>,
    /// The address of a person as the file spells the address, or `null` for a person without an address.
    email: Option<String>,
    /// The job title of a person, or `null` for a person without a title.
    title: Option<String>,
    /// The id of a person's company, or `null` for a person without a company.
    company_id: Option<u64>,
    /// The labels of a person, each once and at most 500 bytes long. The list is empty for a person without labels.
    tag_list: Option<Vec<String>>,
    /// The cells of a person's row in columns without a field of their own, by the name of the column, or `null`
    /// if there are none.
    custom_fields: Option<BTreeMap<String, String>>,
    /// The name of a company, at most 500 bytes long.
    name: Option<String>,
    /// The values of a profile by the names of fields, or `null` for a row which made a subprofile alone.
    fields: Option<BTreeMap<String, String>>,
    /// The interests of a profile, or `null` for a row which made a subprofile alone.
    interests: Option<Vec<String>>,
    /// The values of a row's subprofile by the names of fields, or `null` for a row which made no subprofile.
    subprofile: Option<BTreeMap<String, String>>,
    /// The id of the profile to which the subprofile belongs, or `null` for a row which made no subprofile.
    profile_id: Option<u64>,
    /// The time at which the import was made, because everything that an import creates has the import's time.
    created_at: Option<String>,
    /// The time of the last edit by hand, or the same as `created_at` before the first edit. Companies do
    /// not have this member.
    updated_at: Option<String>,
}

/// A person that an import created. The members behind `state` are `null` for a deleted person.
#[derive(Debug, Serialize)]
pub struct PersonRecord {
    /// The id of the person, `import × 1 000 000 000 + row`.
    id: u64,
    /// The number of the data row within the file, from 1, without the header.
    row_number: u64,
    /// The state: `imported` if nobody changed the person since, `edited` by hand or by a later import, or `deleted`.
    state: &'static str,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    /// The job title of the person, for example `Harbour master`.
    title: Option<String>,
    company_id: Option<u64>,
    tag_list: Option<Vec<String>>,
    /// The cells of columns without a field of their own, by the name of the column.
    custom_fields: Option<Map<String, Value>>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

/// A company that an import created. The members behind `state` are `null` for a deleted company.
#[derive(Debug, Serialize)]
pub struct CompanyRecord {
    id: u64,
    /// The number of the data row within the file, from 1, without the header.
    row_number: u64,
    /// The state: `imported` if the company still stands, edited or not, and otherwise `deleted`.
    state: &'static str,
    name: Option<String>,
    created_at: Option<String>,
}

/// An entry that an import created. The members behind `state` are `null` for a deleted entry.
#[derive(Debug, Serialize)]
pub struct EntryRecord {
    /// The id of the entry, `import × 1 000 000 000 + row`.
    id: u64,
    /// The number of the data row within the file, from 1, without the header.
    row_number: u64,
    /// The state: `imported` if nobody changed the entry since, `edited`, or `deleted`.
    state: &'static str,
    /// The day of the work, for example `2026-03-01`.
    date: Option<String>,
    /// The duration in seconds, as the file or the last edit gave the duration.
    seconds: Option<u64>,
    billable: Option<bool>,
    /// The text of the entry, cut to 2,000 letters, or `None` without a text.
    description: Option<String>,
    user_id: Option<u64>,
    project_id: Option<u64>,
    tag_ids: Option<Vec<u64>>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

fn shown(import: ImportId, imported: &ImportedEntry) -> Record {
    let entry = imported.entry.as_ref();
    let state = match entry {
        None => "deleted",
        Some(_) if imported.is_edited() => "edited",
        Some(_) => "imported",
    };
    Record::TimeEntry(EntryRecord {
        id: EntryId::of(import, imported.row).0,
        row_number: imported.row.0,
        state,
        date: entry.map(|entry| entry.date.to_string()),
        seconds: entry.map(|entry| entry.seconds),
        billable: entry.map(|entry| entry.billable),
        description: entry.and_then(|entry| Some(shortened(entry.text.as_deref()?, MESSAGE))),
        user_id: entry.map(|entry| entry.user.0),
        project_id: entry.and_then(|entry| Some(entry.project?.0)),
        tag_ids: entry.map(|Entry { tags, .. }| tags.iter().map(|tag| tag.0).collect()),
        created_at: entry.map(|entry| time(entry.created_at)),
        updated_at: entry.map(|entry| time(entry.updated_at)),
    })
}

fn shown_contact(import: ImportId, imported: ImportedContact) -> Record {
    let row_number = imported.row.0;
    let person = match imported.contact {
        ContactNow::Company(id, company) => {
            return Record::Company(CompanyRecord {
                id: id.0,
                row_number,
                state: if company.is_some() { "imported" } else { "deleted" },
                created_at: company.as_ref().map(|company| time(company.created_at)),
                name: company.map(|company| company.name),
            });
        }
        ContactNow::Person(person) => person,
    };
    let state = match person.as_deref() {
        None => "deleted",
        // An undo of changes leaves the version of a record, and nobody but the maker as the writer of its fields.
        Some((record, _)) if !record.writers.is_empty() => "edited",
        Some(_) => "imported",
    };
    let text = |text: Option<String>| text.map(|text| shortened(text, MESSAGE));
    let times = person.as_deref().map(|(record, _)| (time(record.created_at), time(record.updated_at)));
    let (created_at, updated_at) = times.unzip();
    let person = person.map(|person| person.1);
    let company_id = person.as_ref().and_then(|person| Some(person.company?.0));
    let (mut first_name, mut last_name, mut email, mut title) = (None, None, None, None);
    let (mut tag_list, mut custom_fields) = (None, None);
    if let Some(Person {
        first_name: first,
        last_name: last,
        email: mail,
        title: job,
        tag_list: tags,
        custom_fields: fields,
        ..
    }) = person
    {
        (first_name, last_name, email, title) = (text(first), text(last), text(mail), text(job));
        (tag_list, custom_fields) = (Some(tags), fields);
    }
    Record::Person(PersonRecord {
        id: RecordId::of(import, imported.row).0,
        row_number,
        state,
        first_name,
        last_name,
        email,
        title,
        company_id,
        tag_list,
        custom_fields,
        created_at,
        updated_at,
    })
}

/// `GET /imports/{id}/records` returns a page of the entries or contacts that the import created, as they are now.
/// Records of chunks that are not committed, and of an undone import, are not there.
#[utoipa::path(
    get,
    path = "/imports/{id}/records",
    operation_id = "list_records",
    tag = "Imports",
    params(ImportNumber, RecordsQuery, Headers),
    responses(
        (status = 200, description = "A page of records", body = Envelope<AnyRecord>), WrongFields, Unknown, Everywhere
    )
)]
pub async fn list(
    State(door): State<Door>,
    caller: Caller,
    Path(id): Path,
    RawQuery(query): RawQuery,
) -> Result<Json<Envelope<Record>>, Problem> {
    let import = import_of(&door.services, &caller, &id).await?;
    let keyset = Keyset::read(query.as_deref(), RECORDS.within(import.account, import.id.0), &door.cursor_key)?;
    let (ascending, after) = (keyset.scan.sort.ascending, keyset.after.map(row_place));
    let (services, most) = (&door.services, keyset.per_page);
    let (records, remaining, next) = match import.import_type {
        ImportType::TimeEntries => {
            let found = page(services, &import, ascending, after, most).await?;
            let ImportedPage { entries, remaining, next } = found;
            (entries.iter().map(|imported| shown(import.id, imported)).collect(), remaining, next)
        }
        ImportType::Contacts => {
            let found = contacts_page(services, &import, ascending, after, most).await?;
            let ImportedContacts { contacts, remaining, next } = found;
            (contacts.into_iter().map(|imported| shown_contact(import.id, imported)).collect(), remaining, next)
        }
        ImportType::Profiles => {
            let found = profiles_page(services, &import, ascending, after, most).await?;
            let table = ShownTable::read(services, &import).await?;
            let records = found.profiles.into_iter().map(|row| Record::Profile(table.shown(import.id, row)));
            (records.collect(), found.remaining, found.next)
        }
    };
    Ok(Json(keyset.answer(records, next.map(place), usize::try_from(remaining).unwrap_or(usize::MAX))))
}
