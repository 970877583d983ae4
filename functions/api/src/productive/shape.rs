//! The resources as the door shows them. The members are exactly those of the vendor's examples.
//!
//! | member | value here |
//! |---|---|
//! | `organization` | the account's number as an integer, as in the vendor's examples |
//! | `joined_at` of a user | the time at which the user was made |
//! | `last_seen_at` | the present time for the caller, else null |
//! | `deactivated_at` of a user | the time of the last edit, if the user is deactivated |
//! | `role_id` of a user | 1 to 4, by the roles of the Noko door |
//! | members for things that Waybill does not have (avatars, invoices, placeholders, tracking) | the empty value of the examples |

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use shared::account::Account;
use shared::contacts::Person;
use shared::id::AccountId;
use shared::import::{Import, Status};
use shared::records::Record;
use shared::things::{Thing, UserRole, UserState};

use super::caller::At;
use super::document::{COMPANIES, IMPORTS, PEOPLE, Resource, related};

/// The currency of a company for which nobody has chosen a currency.
pub const CURRENCY: &str = "USD";

/// A time in ISO 8601 with milliseconds and the offset of the zone, e.g. `2026-03-02T08:30:00.000+01:00`.
pub fn time(zone: &TimeZone, ms: i64) -> String {
    let at = Timestamp::from_millisecond(ms).unwrap_or_default().to_zoned(zone.clone());
    at.strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => unreachable!("an object was written: {other}"),
    }
}

fn organization(account: AccountId) -> Value {
    json!({ "data": { "type": "organizations", "id": account } })
}

/// The times of an import in the vendor's terms, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// The time of the start.
    pub started_at: Option<i64>,
    /// The time at which everything was loaded.
    pub processed_at: Option<i64>,
    /// The time at which the undo was complete.
    pub reverted_at: Option<i64>,
    /// The time at which the import ended without standing for anything.
    pub failed_at: Option<i64>,
}

impl Times {
    /// The times by the status of an import.
    pub fn of(import: &Import) -> Self {
        let started_at = match import.status {
            Status::New => None,
            // The time of the start, until the plan is complete.
            _ => Some(import.started_at.unwrap_or(import.updated_at)),
        };
        let ended_at = import.completed_at.unwrap_or(import.updated_at);
        let none = Self { started_at, ..Self::default() };
        match import.status {
            Status::New | Status::Queued | Status::Processing => none,
            Status::Complete | Status::PartiallyComplete => Self { processed_at: Some(ended_at), ..none },
            Status::Failed | Status::Incomplete | Status::Unsupported => Self { failed_at: Some(ended_at), ..none },
            Status::RollingBack if import.aborting => none,
            Status::RollingBack => Self { processed_at: import.completed_at, ..none },
            Status::RolledBack => Self { processed_at: import.completed_at, reverted_at: import.reverted_at, ..none },
        }
    }
}

/// The attributes and relationships of each type, for sets of fields.
pub fn names() -> Vec<(&'static str, Vec<&'static str>)> {
    vec![
        (IMPORTS, [IMPORT_ATTRIBUTES, &["failed_at", "organization", "creator"]].concat()),
        (PEOPLE, [PERSON_ATTRIBUTES, &["organization", "company", "subsidiary"]].concat()),
        (COMPANIES, [COMPANY_ATTRIBUTES, &["organization", "bill_to"]].concat()),
    ]
}

/// The attributes of an import. A failed import has `failed_at` as well.
pub const IMPORT_ATTRIBUTES: &[&str] =
    &["import_model_id", "creator_id", "sample", "started_at", "processed_at", "reverted_at"];

/// The attributes of a person.
pub const PERSON_ATTRIBUTES: &[&str] = &[
    "first_name",
    "last_name",
    "email",
    "title",
    "joined_at",
    "last_seen_at",
    "deactivated_at",
    "archived_at",
    "role_id",
    "invited_at",
    "is_user",
    "tag_list",
    "avatar_url",
    "virtual",
    "custom_fields",
    "autotracking",
    "created_at",
    "placeholder",
    "color_id",
    "private_custom_reports_used",
];

/// The attributes of a company.
pub const COMPANY_ATTRIBUTES: &[&str] = &[
    "name",
    "default_currency",
    "created_at",
    "archived_at",
    "avatar_url",
    "invoice_email_recipients",
    "custom_fields",
    "description",
    "due_days",
    "tag_list",
];

/// Builds the resources of answers to a caller.
pub struct Shapes<'a>(pub &'a At);

impl Shapes<'_> {
    fn time(&self, ms: i64) -> String {
        time(&self.0.zone, ms)
    }

    fn maybe(&self, ms: Option<i64>) -> Option<String> {
        ms.map(|ms| self.time(ms))
    }

    /// An import of contacts, with `failed_at` only if the import has failed.
    pub fn import(&self, import: &Import) -> Resource {
        let times = Times::of(import);
        let contacts = &import.options.contacts;
        let mut attributes = members(json!({
            "import_model_id": contacts.import_model_id,
            "creator_id": import.user,
            "sample": contacts.sample,
            "started_at": self.maybe(times.started_at),
            "processed_at": self.maybe(times.processed_at),
            "reverted_at": self.maybe(times.reverted_at),
        }));
        if let Some(at) = times.failed_at {
            attributes.insert("failed_at".to_owned(), json!(self.time(at)));
        }
        let relationships = members(json!({
            "organization": organization(import.account),
            "creator": related(PEOPLE, Some(import.user.0)),
        }));
        Resource { kind: IMPORTS, id: import.id.0, attributes, relationships }
    }

    /// A user of the account as a person of the account's own company.
    pub fn user(&self, user: &Thing) -> Resource {
        let fields = user.user().cloned().unwrap_or_default();
        let is_caller = user.id == self.0.principal.user;
        let deactivated_at = (fields.state == UserState::Disabled).then_some(user.updated_at);
        let text = |text: String| if text.is_empty() { Value::Null } else { json!(text) };
        let attributes = json!({
            "first_name": fields.first_name,
            "last_name": fields.last_name,
            "email": text(fields.email),
            "title": null,
            "joined_at": self.time(user.created_at),
            "last_seen_at": is_caller.then(|| self.time(self.0.services.clock.now_ms())),
            "deactivated_at": self.maybe(deactivated_at),
            "archived_at": null,
            "role_id": role(fields.role),
            "invited_at": null,
            "is_user": true,
            "tag_list": [],
            "avatar_url": null,
            "virtual": false,
            "custom_fields": null,
            "autotracking": false,
            "created_at": self.time(user.created_at),
            "placeholder": false,
            "color_id": null,
            "private_custom_reports_used": 0,
        });
        self.person_resource(user.id.0, attributes, Some(own_company(&self.0.account)))
    }

    /// A contact as a person who is no user, so members of users alone are null.
    pub fn person(&self, record: &Record, person: &Person) -> Resource {
        let attributes = json!({
            "first_name": person.first_name.as_deref().unwrap_or_default(),
            "last_name": person.last_name.as_deref().unwrap_or_default(),
            "email": person.email,
            "title": person.title,
            "joined_at": null,
            "last_seen_at": null,
            "deactivated_at": null,
            "archived_at": self.maybe(person.archived_at),
            "role_id": null,
            "invited_at": null,
            "is_user": false,
            "tag_list": person.tag_list,
            "avatar_url": null,
            "virtual": false,
            "custom_fields": person.custom_fields,
            "autotracking": false,
            "created_at": self.time(record.created_at),
            "placeholder": false,
            "color_id": null,
            "private_custom_reports_used": 0,
        });
        self.person_resource(record.id.0, attributes, person.company.map(|company| company.0))
    }

    fn person_resource(&self, id: u64, attributes: Value, company: Option<u64>) -> Resource {
        let relationships = json!({
            "organization": organization(self.0.id()),
            "company": related(COMPANIES, company),
            "subsidiary": related("subsidiaries", None),
        });
        Resource { kind: PEOPLE, id, attributes: members(attributes), relationships: members(relationships) }
    }

    /// A company of contacts.
    pub fn company(&self, company: &Thing) -> Resource {
        let fields = company.company().cloned().unwrap_or_default();
        let attributes = json!({
            "name": company.name,
            "default_currency": fields.default_currency.as_deref().unwrap_or(CURRENCY),
            "created_at": self.time(company.created_at),
            "archived_at": self.maybe(fields.archived_at),
            "avatar_url": null,
            "invoice_email_recipients": {},
            "custom_fields": fields.custom_fields,
            "description": fields.description,
            "due_days": fields.due_days,
            "tag_list": fields.tag_list,
        });
        self.company_resource(company.id.0, attributes)
    }

    /// The account's own company, to which its users belong. The company is not stored: its name is the account's, and
    /// its id is the number of the account, which no stored company can have. An account without a time of its own
    /// shows the time of the caller's user.
    pub fn own_company(&self) -> Resource {
        let account = &self.0.account;
        let attributes = json!({
            "name": account.company,
            "default_currency": CURRENCY,
            "created_at": self.time(account.created_at.unwrap_or(self.0.user.created_at)),
            "archived_at": null,
            "avatar_url": null,
            "invoice_email_recipients": {},
            "custom_fields": null,
            "description": null,
            "due_days": null,
            "tag_list": [],
        });
        self.company_resource(own_company(account), attributes)
    }

    fn company_resource(&self, id: u64, attributes: Value) -> Resource {
        let relationships = json!({
            "organization": organization(self.0.id()),
            "bill_to": related("bill_tos", None),
        });
        Resource { kind: COMPANIES, id, attributes: members(attributes), relationships: members(relationships) }
    }
}

/// The id of the account's own company.
pub fn own_company(account: &Account) -> u64 {
    account.id.0
}

fn role(role: UserRole) -> u8 {
    match role {
        UserRole::Supervisor => 1,
        UserRole::Leader => 2,
        UserRole::Coworker => 3,
        UserRole::Contractor => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds_and_the_offset_of_the_zone() {
        let berlin = TimeZone::get("Europe/Berlin").expect("a known zone");
        assert_eq!(time(&berlin, 1_597_100_674_034), "2020-08-11T01:04:34.034+02:00");
        assert_eq!(time(&berlin, 1_514_761_200_000), "2018-01-01T00:00:00.000+01:00");
        assert_eq!(time(&TimeZone::UTC, 1_514_761_200_000), "2017-12-31T23:00:00.000+00:00");
    }
}
