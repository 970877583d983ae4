//! Finds the fields of contacts in a header, by the names that programs give to columns.
//!
//! Names are compared without regard to case, blanks, hyphens and underscores, so `First Name`, `first_name`,
//! `FirstName` and `FIRST-NAME` are one name. The sources of the names are listed in `docs/formats.md`.

use serde::{Deserialize, Serialize};

use super::field::ContactField;
use crate::table::{Headers, quoted};

/// The header of a table which [`data`](super::data) makes of `import_data`. Its first column tells the rows of
/// companies from the rows of people.
pub(super) const OURS: [&str; 6] = ["model", "company", "first_name", "last_name", "email", "title"];

/// The names of columns by field, as squeezed by [`squeezed`]; the likeliest name of a field first.
const NAMES: [(ContactField, &[&str]); ContactField::COUNT] = [
    (
        ContactField::Company,
        &[
            "company",
            "companyname",
            "organization",
            "organisation",
            "organizationname",
            "organisationname",
            "accountname",
            "account",
            "employer",
        ],
    ),
    (ContactField::Name, &["fullname", "name", "contactname", "displayname", "contact"]),
    (ContactField::FirstName, &["firstname", "givenname", "forename"]),
    (ContactField::LastName, &["lastname", "surname", "familyname"]),
    (
        ContactField::Email,
        &["email", "emailaddress", "mail", "mailaddress", "primaryemail", "workemail", "email1value", "email1"],
    ),
    (ContactField::Title, &["jobtitle", "title", "position", "organizationtitle", "organization1title"]),
    (ContactField::Tags, &["tags", "taglist", "tag", "labels"]),
];

/// Columns which only lists of companies have, as squeezed by [`squeezed`]. A custom field of Salesforce ends in `__c`.
const OF_COMPANIES: [&str; 18] = [
    "accountnumber",
    "annualrevenue",
    "billingcity",
    "billingstreet",
    "companycity",
    "companycountry",
    "companyindustry",
    "employees",
    "industry",
    "numberofemployees",
    "registrationnumber",
    "sic",
    "taxid",
    "tickersymbol",
    "vat",
    "vatid",
    "vatnumber",
    "companydomain",
];

/// Columns which lists of time entries have and lists of contacts do not, as squeezed by [`squeezed`].
const OF_ENTRIES: [&str; 16] = [
    "date",
    "duration",
    "durationh",
    "end",
    "enddate",
    "endtime",
    "hours",
    "minutes",
    "seconds",
    "start",
    "startdate",
    "starttime",
    "stop",
    "stoptime",
    "timespent",
    "workdate",
];

/// The rows which a file of contacts has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum RowKinds {
    /// Each row is a person, with or without a company.
    People,
    /// Each row is a company.
    Companies,
    /// The first column of each row says `company` or `person`.
    Both,
}

/// The fields found in a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    /// Each field found, with its column.
    pub fields: Vec<(ContactField, usize)>,
    pub kinds: RowKinds,
}

impl Columns {
    /// Finds the fields of a header by the names of its columns; the error is the reason for a refusal.
    pub fn by_name(headers: &Headers) -> Result<Self, String> {
        if headers.shown() == OURS {
            let ours = [ContactField::Company, ContactField::FirstName, ContactField::LastName];
            let fields = ours.into_iter().chain([ContactField::Email, ContactField::Title]).zip(1..).collect();
            return Ok(Self { fields, kinds: RowKinds::Both });
        }
        let keys: Vec<String> = headers.shown().iter().map(|name| squeezed(name)).collect();
        let find = |names: &[&str]| names.iter().find_map(|name| keys.iter().position(|key| key == name));
        let found = NAMES.iter().filter_map(|(field, names)| Some((*field, find(names)?)));
        let mut fields: Vec<(ContactField, usize)> = found.collect();
        let is_of_companies = has_company_columns(&keys);
        let has = |field: ContactField| fields.iter().any(|(other, _)| *other == field);
        let names_people = [ContactField::FirstName, ContactField::LastName].into_iter().any(has);
        // The name alone may be a person's or a company's.
        if has(ContactField::Name) && !names_people && !has(ContactField::Company) {
            let is_of_people = has(ContactField::Email) || has(ContactField::Title);
            match (is_of_people, is_of_companies) {
                (true, false) => {}
                (false, true) => {
                    let name = fields.iter_mut().find(|(field, _)| *field == ContactField::Name);
                    name.expect("the header has a name").0 = ContactField::Company;
                }
                _ => return Err(ambiguous(headers, &fields)),
            }
        }
        Self::of(fields).ok_or_else(|| unknown(headers))
    }

    /// The columns with these fields; `None` if the fields name neither people nor companies.
    pub fn of(fields: Vec<(ContactField, usize)>) -> Option<Self> {
        let has = |wanted: &[ContactField]| fields.iter().any(|(field, _)| wanted.contains(field));
        let kinds = if has(&[ContactField::Name, ContactField::FirstName, ContactField::LastName, ContactField::Email])
        {
            RowKinds::People
        } else if has(&[ContactField::Company]) {
            RowKinds::Companies
        } else {
            return None;
        };
        Some(Self { fields, kinds })
    }
}

/// True if a header, which may be a list of time entries, can only be a list of contacts.
pub fn can_only_be_contacts(names: &[String]) -> bool {
    let keys: Vec<String> = names.iter().map(|name| squeezed(name)).collect();
    if keys.iter().any(|key| OF_ENTRIES.contains(&key.as_str())) {
        return false;
    }
    let Ok(Columns { fields, kinds }) = Columns::by_name(&Headers::new(names.to_vec())) else { return false };
    let has = |field: ContactField| fields.iter().any(|(other, _)| *other == field);
    match kinds {
        RowKinds::Both => true,
        RowKinds::Companies => has_company_columns(&keys),
        RowKinds::People => {
            let first_and_last = has(ContactField::FirstName) && has(ContactField::LastName);
            let name_and_work = has(ContactField::Name) && (has(ContactField::Company) || has(ContactField::Title));
            has(ContactField::Email) || first_and_last || name_and_work
        }
    }
}

/// The form in which names are compared: lower case, without blanks, hyphens and underscores, and without the end of a
/// custom field of Salesforce.
fn squeezed(name: &str) -> String {
    let lower = name.trim().to_lowercase();
    let bare = lower.strip_suffix("__c").unwrap_or(&lower);
    bare.chars().filter(|letter| letter.is_alphanumeric()).collect()
}

fn has_company_columns(keys: &[String]) -> bool {
    keys.iter().any(|key| OF_COMPANIES.contains(&key.as_str()))
}

fn ambiguous(headers: &Headers, fields: &[(ContactField, usize)]) -> String {
    let name = fields.iter().find(|(field, _)| *field == ContactField::Name);
    let name = name.map_or("", |&(_, column)| headers.shown()[column].as_str());
    format!(
        "{name:?} may be the name of people or of companies: say which with `mapping`, {{{name:?}: \"name\"}} or \
         {{{name:?}: \"company\"}}, beside the other columns; found {}",
        quoted(headers.shown())
    )
}

fn unknown(headers: &Headers) -> String {
    format!(
        "no column names people or companies: a name, an e-mail address or a company is needed; found {}; say with \
         `mapping` which column is what",
        quoted(headers.shown())
    )
}
