//! The shapes of resources and documents.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

/// A document with one resource, without links.
#[derive(ToSchema)]
#[schema(as = ProductiveDocument)]
pub struct Single<T: ToSchema> {
    /// The resource, as the resource is after the request.
    data: T,
    /// Related resources, each once, people before companies. The member is absent if the query includes nothing.
    #[schema(nullable = false)]
    included: Option<Vec<BTreeMap<String, Value>>>,
    /// The features of the organization and, after a revert that kept people, their number.
    meta: Meta,
}

/// A document with a page of resources and the links to other pages.
#[derive(ToSchema)]
#[schema(as = ProductivePage)]
pub struct Pages<T: ToSchema> {
    /// The resources of the page in the order of the list, at most `page_size`.
    data: Vec<T>,
    /// Related resources of the whole page, each once, people before companies. The member is absent if
    /// the query includes nothing.
    #[schema(nullable = false)]
    included: Option<Vec<BTreeMap<String, Value>>>,
    /// The URLs of the pages `first`, `prev`, `next` and `last`, as far as there are such pages. A page behind a cursor
    /// has `first` and `next` alone.
    links: BTreeMap<String, String>,
    /// The place of the page in the list, and the features of the organization.
    meta: PageMeta,
}

/// The members of every document which describe the answer and not the resource.
#[derive(ToSchema)]
#[schema(as = ProductiveMeta)]
pub struct Meta {
    /// The features of the organization, from the account's settings or, without such settings, those
    /// of the vendor's examples.
    organization_features: BTreeMap<String, Value>,
    /// The number of people whom an undo has kept. The member is absent unless the request reverted an
    /// import and people stayed.
    #[schema(nullable = false)]
    kept: Option<u64>,
}

/// The members of a page. A page behind a cursor has only the sizes and the features.
#[derive(ToSchema)]
#[schema(as = ProductivePageMeta)]
pub struct PageMeta {
    /// The number of the page, from 1. The member is absent behind a cursor.
    #[schema(nullable = false)]
    current_page: Option<u64>,
    /// The number of pages of this size, which is 0 for an empty list. The member is absent behind a cursor.
    #[schema(nullable = false)]
    total_pages: Option<u64>,
    /// The number of resources that pass the filter. The member is absent behind a cursor.
    #[schema(nullable = false)]
    total_count: Option<u64>,
    /// The most resources of the page, from 1 to 200 and by default 30.
    page_size: u64,
    /// The largest page, which is always 200. A larger `page[size]` is lowered to this number.
    max_page_size: u64,
    /// The features of the organization, the same as in every document.
    organization_features: BTreeMap<String, Value>,
}

/// An import of contacts, from whichever door the import came.
#[derive(ToSchema)]
#[schema(as = ProductiveImport)]
pub struct ImportResource {
    /// The number of the import within the account, from 1, written as a text.
    id: String,
    /// The type of the resource, which is always `imports`.
    #[serde(rename = "type")]
    #[schema(example = "imports")]
    kind: String,
    /// The attributes that the query asks for, by default all. The member is absent if
    /// `fields[imports]` names no attribute.
    #[schema(nullable = false)]
    attributes: Option<ImportAttributesShown>,
    /// The relationships `organization` and `creator`, of which the id of `organization` is an integer,
    /// as at the vendor.
    #[schema(nullable = false)]
    relationships: Option<BTreeMap<String, Value>>,
}

/// The attributes of an import. Times have milliseconds and the offset of the account's zone.
#[derive(ToSchema)]
#[schema(as = ProductiveImportAttributes)]
pub struct ImportAttributesShown {
    /// The number given when the import was made or changed, or `null`.
    import_model_id: Option<u64>,
    /// The id of the user who made the import.
    #[schema(nullable = false)]
    creator_id: Option<u64>,
    /// The boolean given when the import was made here, by default false, or `null` for imports of other doors.
    sample: Option<bool>,
    /// The time of the start and, once the file is planned, the time at which loading began. The value is `null` for an
    /// import which was not started.
    started_at: Option<String>,
    /// The time at which the last row was loaded, or `null` before and for an import which failed.
    processed_at: Option<String>,
    /// The time at which the undo was complete, or `null` for an import which is not undone.
    reverted_at: Option<String>,
    /// The time at which the import failed, was stopped or was refused. The member is absent for other imports.
    #[schema(nullable = false)]
    failed_at: Option<String>,
}

/// A company of contacts, or the account's own company, to which all users belong.
#[derive(ToSchema)]
#[schema(as = ProductiveCompany)]
pub struct CompanyResource {
    /// The id of the company, written as a text. The id of the account's own company is the number of the account.
    id: String,
    /// The type of the resource, which is always `companies`.
    #[serde(rename = "type")]
    #[schema(example = "companies")]
    kind: String,
    /// The attributes that the query asks for, by default all. The member is absent if
    /// `fields[companies]` names no attribute.
    #[schema(nullable = false)]
    attributes: Option<CompanyAttributesShown>,
    /// The relationships `organization` and `bill_to`, of which the latter is always empty.
    #[schema(nullable = false)]
    relationships: Option<BTreeMap<String, Value>>,
}

/// The attributes of a company. Times have milliseconds and the offset of the account's zone.
#[derive(ToSchema)]
#[schema(as = ProductiveCompanyAttributes)]
pub struct CompanyAttributesShown {
    /// The name, at most 500 bytes long and unique without regard to case among stored companies.
    #[schema(nullable = false)]
    name: Option<String>,
    /// The code of the currency in upper case, which is `USD` if nobody has chosen a currency.
    #[schema(nullable = false)]
    default_currency: Option<String>,
    /// The time at which a person or an import made the company.
    #[schema(nullable = false)]
    created_at: Option<String>,
    /// The time at which a person archived the company, or `null` for a company in use.
    archived_at: Option<String>,
    /// The address of a picture, which is always `null`.
    avatar_url: Option<String>,
    /// An object which is always empty, because Waybill sends no invoices.
    #[schema(nullable = false)]
    invoice_email_recipients: Option<BTreeMap<String, Value>>,
    /// Values by field name, or `null` if nobody gave a value.
    custom_fields: Option<BTreeMap<String, Value>>,
    /// The description, at most 10,000 bytes long, or `null` without a description.
    description: Option<String>,
    /// The number of days within which the company pays, or `null` if nobody gave a number.
    due_days: Option<u64>,
    /// The labels in the order in which a person gave the labels, each once.
    #[schema(nullable = false)]
    tag_list: Option<Vec<String>>,
}

/// A contact, or a user of the organization with `is_user` true. Users are shown here and changed by other doors alone.
#[derive(ToSchema)]
#[schema(as = ProductivePerson)]
pub struct PersonResource {
    /// The id of the contact or user, written as a text. Contacts and users never share an id.
    id: String,
    /// The type of the resource, which is always `people`.
    #[serde(rename = "type")]
    #[schema(example = "people")]
    kind: String,
    /// The attributes that the query asks for, by default all. The member is absent if
    /// `fields[people]` names no attribute.
    #[schema(nullable = false)]
    attributes: Option<PersonAttributesShown>,
    /// The relationships `organization`, `company` and `subsidiary`, of which the last is always empty.
    #[schema(nullable = false)]
    relationships: Option<BTreeMap<String, Value>>,
}

/// The attributes of a person. Times have milliseconds and the offset of the account's zone.
#[derive(ToSchema)]
#[schema(as = ProductivePersonAttributes)]
pub struct PersonAttributesShown {
    /// The first name, or an empty text for a person without a first name.
    #[schema(nullable = false)]
    first_name: Option<String>,
    /// The last name, or an empty text for a person without a last name.
    #[schema(nullable = false)]
    last_name: Option<String>,
    /// The address as somebody gave the address, or `null` for a person without an address.
    email: Option<String>,
    /// The job title of a contact, or `null` for users and for a contact without a title.
    title: Option<String>,
    /// The time at which a user was made, or `null` for a contact.
    joined_at: Option<String>,
    /// The present time for the caller, or `null` for everybody else.
    last_seen_at: Option<String>,
    /// The time of the last edit of a deactivated user, or `null` for other people.
    deactivated_at: Option<String>,
    /// The time at which a person archived the contact, or `null` for users and contacts in use.
    archived_at: Option<String>,
    /// The role of a user: 1 supervisor, 2 leader, 3 coworker, 4 contractor. The value is `null` for a contact.
    role_id: Option<u64>,
    /// The time of an invitation, which is always `null`.
    invited_at: Option<String>,
    /// True for a user of the organization, false for a contact.
    #[schema(nullable = false)]
    is_user: Option<bool>,
    /// The labels of a contact, each once. The list is empty for users.
    #[schema(nullable = false)]
    tag_list: Option<Vec<String>>,
    /// The address of a picture, which is always `null`.
    avatar_url: Option<String>,
    /// A boolean of the vendor's, which is always false.
    #[serde(rename = "virtual")]
    #[schema(nullable = false)]
    is_virtual: Option<bool>,
    /// Values of a contact by field name, or `null` if nobody gave a value. An import fills the object from columns
    /// without a field of their own.
    custom_fields: Option<BTreeMap<String, Value>>,
    /// A boolean of the vendor's, which is always false.
    #[schema(nullable = false)]
    autotracking: Option<bool>,
    /// The time at which a person or an import made the contact or the user.
    #[schema(nullable = false)]
    created_at: Option<String>,
    /// A boolean of the vendor's, which is always false.
    #[schema(nullable = false)]
    placeholder: Option<bool>,
    /// The number of a colour, which is always `null`.
    color_id: Option<u64>,
    /// The number of private reports, which is always 0.
    #[schema(nullable = false)]
    private_custom_reports_used: Option<u64>,
}
