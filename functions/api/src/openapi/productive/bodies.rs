//! The shapes of errors, and of bodies that create and change resources.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

/// The errors of a request.
#[derive(ToSchema)]
#[schema(as = ProductiveErrors)]
pub struct ErrorDocument {
    errors: Vec<ErrorShown>,
}

/// An error of a request.
#[derive(ToSchema)]
#[schema(as = ProductiveError)]
pub struct ErrorShown {
    /// The HTTP status as a text
    #[schema(example = "422")]
    status: String,
    #[schema(example = "invalid_attribute")]
    code: String,
    #[schema(example = "Invalid Attribute")]
    title: String,
    /// A text, or the faults of rows by model
    detail: Value,
    #[schema(nullable = false)]
    source: Option<ErrorSource>,
}

/// The part of the request with the error.
#[derive(ToSchema)]
#[schema(as = ProductiveErrorSource)]
pub struct ErrorSource {
    #[schema(example = "data/attributes/import_data")]
    pointer: String,
}

/// A body that creates or changes an import.
#[derive(ToSchema)]
#[schema(as = ProductiveImportAsked)]
pub struct ImportAsked {
    data: ImportData,
}

/// The import in a body.
#[derive(ToSchema)]
#[schema(as = ProductiveImportAskedData)]
pub struct ImportData {
    #[serde(rename = "type")]
    #[schema(nullable = false, example = "imports")]
    kind: Option<String>,
    attributes: ImportAttributes,
}

/// The attributes of an import in a body.
#[derive(ToSchema)]
#[schema(as = ProductiveImportAskedAttributes)]
pub struct ImportAttributes {
    /// A JSON object as a text, with a list of objects for each model
    #[schema(
        example = "{\"company\":[{\"name\":\"Quay\"}],\"person\":[{\"company\":\"Quay\",\"first_name\":\"Robin\"}]}"
    )]
    import_data: String,
    import_model_id: Option<u64>,
    sample: Option<bool>,
}

/// A body that creates or changes a company.
#[derive(ToSchema)]
#[schema(as = ProductiveCompanyAsked)]
pub struct CompanyAsked {
    data: CompanyData,
}

/// The company in a body.
#[derive(ToSchema)]
#[schema(as = ProductiveCompanyAskedData)]
pub struct CompanyData {
    #[serde(rename = "type")]
    #[schema(nullable = false, example = "companies")]
    kind: Option<String>,
    attributes: CompanyAttributes,
}

/// The attributes of a company in a body.
#[derive(ToSchema)]
#[schema(as = ProductiveCompanyAskedAttributes)]
pub struct CompanyAttributes {
    /// Unique without regard to case; required for a new company
    #[schema(nullable = false, max_length = 500)]
    name: Option<String>,
    description: Option<String>,
    due_days: Option<u64>,
    #[schema(pattern = "^[A-Za-z]{3}$")]
    default_currency: Option<String>,
    tag_list: Option<Vec<String>>,
    custom_fields: Option<BTreeMap<String, Value>>,
}

/// A body that creates or changes a contact.
#[derive(ToSchema)]
#[schema(as = ProductivePersonAsked)]
pub struct PersonAsked {
    data: PersonData,
}

/// The contact in a body.
#[derive(ToSchema)]
#[schema(as = ProductivePersonAskedData)]
pub struct PersonData {
    #[serde(rename = "type")]
    #[schema(nullable = false, example = "people")]
    kind: Option<String>,
    attributes: PersonAttributes,
    /// The company as `{"company": {"data": {"type": "companies", "id": "…"}}}`
    #[schema(nullable = false)]
    relationships: Option<BTreeMap<String, Value>>,
}

/// The attributes of a contact in a body.
#[derive(ToSchema)]
#[schema(as = ProductivePersonAskedAttributes)]
pub struct PersonAttributes {
    /// Required for a new contact
    #[schema(nullable = false, max_length = 500)]
    first_name: Option<String>,
    #[schema(max_length = 500)]
    last_name: Option<String>,
    /// Unique among users and contacts
    email: Option<String>,
    title: Option<String>,
    /// The company, if it is not a relationship; required for a new contact
    company_id: Option<u64>,
    tag_list: Option<Vec<String>>,
    custom_fields: Option<BTreeMap<String, Value>>,
}
