//! The shapes of resources and documents.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

/// A document with one resource.
#[derive(ToSchema)]
#[schema(as = ProductiveDocument)]
pub struct Single<T: ToSchema> {
    data: T,
    /// Related resources, each once
    #[schema(nullable = false)]
    included: Option<Vec<BTreeMap<String, Value>>>,
    meta: Meta,
}

/// A document with a page of resources.
#[derive(ToSchema)]
#[schema(as = ProductivePage)]
pub struct Pages<T: ToSchema> {
    data: Vec<T>,
    /// Related resources, each once
    #[schema(nullable = false)]
    included: Option<Vec<BTreeMap<String, Value>>>,
    /// `first`, `prev`, `next` and `last`, as far as there are such pages
    links: BTreeMap<String, String>,
    meta: PageMeta,
}

/// The members of every document.
#[derive(ToSchema)]
#[schema(as = ProductiveMeta)]
pub struct Meta {
    organization_features: BTreeMap<String, Value>,
    /// The number of people whom an undo has kept
    #[schema(nullable = false)]
    kept: Option<u64>,
}

/// The members of a page. A page behind a cursor has only the sizes.
#[derive(ToSchema)]
#[schema(as = ProductivePageMeta)]
pub struct PageMeta {
    #[schema(nullable = false)]
    current_page: Option<u64>,
    #[schema(nullable = false)]
    total_pages: Option<u64>,
    #[schema(nullable = false)]
    total_count: Option<u64>,
    page_size: u64,
    max_page_size: u64,
    organization_features: BTreeMap<String, Value>,
}

/// An import of contacts.
#[derive(ToSchema)]
#[schema(as = ProductiveImport)]
pub struct ImportResource {
    id: String,
    #[serde(rename = "type")]
    #[schema(example = "imports")]
    kind: String,
    #[schema(nullable = false)]
    attributes: Option<ImportAttributesShown>,
    /// `organization` and `creator`
    #[schema(nullable = false)]
    relationships: Option<BTreeMap<String, Value>>,
}

/// The attributes of an import.
#[derive(ToSchema)]
#[schema(as = ProductiveImportAttributes)]
pub struct ImportAttributesShown {
    import_model_id: Option<u64>,
    #[schema(nullable = false)]
    creator_id: Option<u64>,
    sample: Option<bool>,
    started_at: Option<String>,
    processed_at: Option<String>,
    reverted_at: Option<String>,
    /// Only for an import that has failed
    #[schema(nullable = false)]
    failed_at: Option<String>,
}

/// A company.
#[derive(ToSchema)]
#[schema(as = ProductiveCompany)]
pub struct CompanyResource {
    id: String,
    #[serde(rename = "type")]
    #[schema(example = "companies")]
    kind: String,
    #[schema(nullable = false)]
    attributes: Option<CompanyAttributesShown>,
    /// `organization` and `bill_to`
    #[schema(nullable = false)]
    relationships: Option<BTreeMap<String, Value>>,
}

/// The attributes of a company.
#[derive(ToSchema)]
#[schema(as = ProductiveCompanyAttributes)]
pub struct CompanyAttributesShown {
    #[schema(nullable = false)]
    name: Option<String>,
    #[schema(nullable = false)]
    default_currency: Option<String>,
    #[schema(nullable = false)]
    created_at: Option<String>,
    archived_at: Option<String>,
    avatar_url: Option<String>,
    #[schema(nullable = false)]
    invoice_email_recipients: Option<BTreeMap<String, Value>>,
    custom_fields: Option<BTreeMap<String, Value>>,
    description: Option<String>,
    due_days: Option<u64>,
    #[schema(nullable = false)]
    tag_list: Option<Vec<String>>,
}

/// A contact, or a user of the organization.
#[derive(ToSchema)]
#[schema(as = ProductivePerson)]
pub struct PersonResource {
    id: String,
    #[serde(rename = "type")]
    #[schema(example = "people")]
    kind: String,
    #[schema(nullable = false)]
    attributes: Option<PersonAttributesShown>,
    /// `organization`, `company` and `subsidiary`
    #[schema(nullable = false)]
    relationships: Option<BTreeMap<String, Value>>,
}

/// The attributes of a person.
#[derive(ToSchema)]
#[schema(as = ProductivePersonAttributes)]
pub struct PersonAttributesShown {
    #[schema(nullable = false)]
    first_name: Option<String>,
    #[schema(nullable = false)]
    last_name: Option<String>,
    email: Option<String>,
    title: Option<String>,
    joined_at: Option<String>,
    last_seen_at: Option<String>,
    deactivated_at: Option<String>,
    archived_at: Option<String>,
    role_id: Option<u64>,
    invited_at: Option<String>,
    #[schema(nullable = false)]
    is_user: Option<bool>,
    #[schema(nullable = false)]
    tag_list: Option<Vec<String>>,
    avatar_url: Option<String>,
    #[serde(rename = "virtual")]
    #[schema(nullable = false)]
    is_virtual: Option<bool>,
    custom_fields: Option<BTreeMap<String, Value>>,
    #[schema(nullable = false)]
    autotracking: Option<bool>,
    #[schema(nullable = false)]
    created_at: Option<String>,
    #[schema(nullable = false)]
    placeholder: Option<bool>,
    color_id: Option<u64>,
    #[schema(nullable = false)]
    private_custom_reports_used: Option<u64>,
}
