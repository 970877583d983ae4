//! The shapes of errors, and of bodies that create and change resources.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

/// The errors of a request, as a document of JSON:API.
#[derive(ToSchema)]
#[schema(as = ProductiveErrors)]
pub struct ErrorDocument {
    /// The errors, one object for each wrong attribute, all at once and at most a hundred. Other errors
    /// have a single object.
    errors: Vec<ErrorShown>,
}

/// An error of a request, with exactly the members of the vendor's error objects.
#[derive(ToSchema)]
#[schema(as = ProductiveError)]
pub struct ErrorShown {
    /// The HTTP status of the answer, written as a text.
    #[schema(example = "422")]
    status: String,
    /// The code of the error in snake case, for programs.
    #[schema(example = "invalid_attribute")]
    code: String,
    /// The code in words, the same for all errors with the code.
    #[schema(example = "Invalid Attribute")]
    title: String,
    /// A sentence for people, at most 2,000 letters long. For wrong rows of `import_data` the detail is an object with
    /// a list for each model, whose items have `row` (from 1), `column` and `messages`.
    detail: Value,
    /// The part of the request to which the error belongs. The member is absent for an error of the whole request.
    #[schema(nullable = false)]
    source: Option<ErrorSource>,
}

/// The part of the request with the error, as a pointer without a slash at its beginning.
#[derive(ToSchema)]
#[schema(as = ProductiveErrorSource)]
pub struct ErrorSource {
    /// The path of the wrong member, such as `data/attributes/name`, or `data` for an error of the whole resource.
    #[schema(example = "data/attributes/import_data")]
    pointer: String,
}

/// A body that creates or changes an import. The body may have 4 MB.
#[derive(ToSchema)]
#[schema(as = ProductiveImportAsked)]
pub struct ImportAsked {
    /// The import as a single resource. An array is answered with 400 `invalid_document`.
    data: ImportData,
}

/// The import in a body. An `id` may be sent if the path has the same id.
#[derive(ToSchema)]
#[schema(as = ProductiveImportAskedData)]
pub struct ImportData {
    /// The type `imports`, which may be absent. Another type is answered with 409 `resource_mismatch`.
    #[serde(rename = "type")]
    #[schema(nullable = false, example = "imports")]
    kind: Option<String>,
    /// The attributes to set. `import_data` is needed, also for a change.
    attributes: ImportAttributes,
}

/// The attributes of an import in a body. Shown attributes which cannot be set are ignored, and unknown ones are
/// answered with 400 `unsupported_attribute`.
#[derive(ToSchema)]
#[schema(as = ProductiveImportAskedAttributes)]
pub struct ImportAttributes {
    /// A JSON object as a text, with a list of objects for each of the models `company` and `person`. Rows of
    /// people need `company` and `first_name`, and may have `last_name`, `email` and `title`. An absent or blank
    /// text is answered with 422.
    #[schema(
        example = "{\"company\":[{\"name\":\"Quay\"}],\"person\":[{\"company\":\"Quay\",\"first_name\":\"Robin\"}]}"
    )]
    import_data: String,
    /// A number below 2^53 which Waybill keeps and shows, with no other effect. `null` removes the number.
    import_model_id: Option<u64>,
    /// A boolean which Waybill keeps and shows, with no other effect. The default is false.
    sample: Option<bool>,
}

/// A body that creates or changes a company. The body may have 4 MB.
#[derive(ToSchema)]
#[schema(as = ProductiveCompanyAsked)]
pub struct CompanyAsked {
    /// The company as a single resource. An array is answered with 400 `invalid_document`.
    data: CompanyData,
}

/// The company in a body. An `id` may be sent if the path has the same id, and for a new company is answered with 403.
#[derive(ToSchema)]
#[schema(as = ProductiveCompanyAskedData)]
pub struct CompanyData {
    /// The type `companies`, which may be absent. Another type is answered with 409 `resource_mismatch`.
    #[serde(rename = "type")]
    #[schema(nullable = false, example = "companies")]
    kind: Option<String>,
    /// The attributes to set, of which a new company needs the name.
    attributes: CompanyAttributes,
}

/// The attributes of a company in a body. A change leaves attributes which are absent as before.
#[derive(ToSchema)]
#[schema(as = ProductiveCompanyAskedAttributes)]
pub struct CompanyAttributes {
    /// The name, at most 500 bytes long, unique without regard to case and required for a new company. A name which
    /// another company has is answered with 422.
    #[schema(nullable = false, max_length = 500)]
    name: Option<String>,
    /// A text of at most 10,000 bytes, where `null` or an empty text removes the description.
    description: Option<String>,
    /// The number of days within which the company pays, from 0 and below 2^53. `null` removes the number.
    due_days: Option<u64>,
    /// A code of three letters in either case, for example `EUR`. With `null` the company is shown with `USD`.
    #[schema(pattern = "^[A-Za-z]{3}$")]
    default_currency: Option<String>,
    /// At most 100 labels of at most 500 bytes each, of which repeated and empty ones are left out. The list replaces
    /// the labels before, and `null` is an empty list.
    tag_list: Option<Vec<String>>,
    /// Values by field name, at most 20,000 bytes as JSON. The object replaces the values before, and
    /// `null` removes the values.
    custom_fields: Option<BTreeMap<String, Value>>,
}

/// A body that creates or changes a contact. The body may have 4 MB.
#[derive(ToSchema)]
#[schema(as = ProductivePersonAsked)]
pub struct PersonAsked {
    /// The contact as a single resource. An array is answered with 400 `invalid_document`.
    data: PersonData,
}

/// The contact in a body. An `id` may be sent if the path has the same id, and for a new contact is answered with 403.
#[derive(ToSchema)]
#[schema(as = ProductivePersonAskedData)]
pub struct PersonData {
    /// The type `people`, which may be absent. Another type is answered with 409 `resource_mismatch`.
    #[serde(rename = "type")]
    #[schema(nullable = false, example = "people")]
    kind: Option<String>,
    /// The attributes to set, of which a new contact needs the first name.
    attributes: PersonAttributes,
    /// The company as `{"company": {"data": {"type": "companies", "id": "7"}}}`, which counts more than `company_id`. A
    /// company which does not exist is answered with 422.
    #[schema(nullable = false)]
    relationships: Option<BTreeMap<String, Value>>,
}

/// The attributes of a contact in a body. A change leaves attributes which are absent as before.
#[derive(ToSchema)]
#[schema(as = ProductivePersonAskedAttributes)]
pub struct PersonAttributes {
    /// The first name, at most 500 bytes long and required for a new contact.
    #[schema(nullable = false, max_length = 500)]
    first_name: Option<String>,
    /// The last name, at most 500 bytes long, where `null` or an empty text removes the name.
    #[schema(max_length = 500)]
    last_name: Option<String>,
    /// The address, at most 500 bytes long and unique among users and contacts without regard to case. An address which
    /// somebody has is answered with 422, and `null` removes the address.
    email: Option<String>,
    /// The job title, at most 500 bytes long, where `null` or an empty text removes the title.
    title: Option<String>,
    /// The id of the company, if the company is not given as a relationship. A new contact needs a
    /// company in either form.
    company_id: Option<u64>,
    /// At most 100 labels of at most 500 bytes each, of which repeated and empty ones are left out. The list replaces
    /// the labels before, and `null` is an empty list.
    tag_list: Option<Vec<String>>,
    /// Values by field name, at most 20,000 bytes as JSON. The object replaces the values before, and
    /// `null` removes the values.
    custom_fields: Option<BTreeMap<String, Value>>,
}
