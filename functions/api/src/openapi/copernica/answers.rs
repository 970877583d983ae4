//! The shapes of the Copernica door's answers.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::schema::{AnyOfBuilder, ObjectBuilder, Schema};
use utoipa::openapi::{RefOr, Type};
use utoipa::{PartialSchema, ToSchema};

use super::super::shared::{Schemas, plain};

/// The body of every error.
#[derive(ToSchema)]
#[schema(as = CopernicaError)]
pub struct CopernicaErrorShown {
    /// The error.
    error: ErrorMessage,
}

/// The message of an error.
#[derive(ToSchema)]
#[schema(as = CopernicaErrorMessage)]
struct ErrorMessage {
    /// A sentence for people, at most 2,000 letters long.
    #[schema(example = "No database with supplied ID")]
    message: String,
}

/// A text, or `false` without a value.
pub struct TextOrFalse;

impl ToSchema for TextOrFalse {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("CopernicaTextOrFalse")
    }

    fn schemas(_: &mut Schemas) {}
}

impl PartialSchema for TextOrFalse {
    fn schema() -> RefOr<Schema> {
        let never = ObjectBuilder::new().schema_type(Type::Boolean).enum_values(Some([false])).build();
        let either = AnyOfBuilder::new().item(plain(Type::String)).item(never);
        Schema::AnyOf(either.description(Some("A text, or `false` without a value")).build()).into()
    }
}

/// A page of a list, or a list as a member with all of its items.
#[derive(ToSchema)]
#[schema(as = CopernicaList)]
pub struct Pages<T: ToSchema> {
    /// The number of items before the page, as asked for.
    start: i64,
    /// The most items on the page, as asked for and at most 1000.
    limit: i64,
    /// The number of items on the page.
    count: u64,
    /// The items.
    data: Vec<T>,
    /// The number of all items. The member is absent with `total=false`.
    #[schema(nullable = false)]
    total: Option<u64>,
}

/// Ids as texts, in the order of their numbers.
#[derive(ToSchema)]
#[schema(as = CopernicaIds)]
pub struct IdsShown(Vec<String>);

/// Values by the names of fields.
#[derive(ToSchema)]
#[schema(as = CopernicaValues)]
pub struct Values(BTreeMap<String, String>);

/// The account of the token.
#[derive(ToSchema)]
#[schema(as = CopernicaIdentity)]
pub struct IdentityShown {
    /// The number of the account.
    id: String,
    /// The name of the account.
    name: String,
    /// The company of the account.
    company: String,
}

/// A database with all of its parts.
#[derive(ToSchema)]
#[schema(as = CopernicaDatabase)]
pub struct DatabaseShown {
    /// The id of the database, from 1.
    #[serde(rename = "ID")]
    id: String,
    /// The name, unique in the account without regard to case.
    name: String,
    /// A text for people.
    description: String,
    /// Whether the database is archived, which changes nothing else.
    archived: bool,
    /// The time at which the database was made, in the account's zone.
    #[schema(example = "2026-11-30 21:05:09")]
    created: String,
    /// The fields of profiles.
    fields: Pages<FieldShown>,
    /// The interests of profiles.
    interests: Pages<InterestShown>,
    /// The collections of subprofiles.
    collections: Pages<CollectionShown>,
}

/// A field of profiles or of subprofiles.
#[derive(ToSchema)]
#[schema(as = CopernicaField)]
pub struct FieldShown {
    /// The id of the field, from 1.
    #[serde(rename = "ID")]
    id: String,
    /// The name, unique in the database or the collection without regard to case.
    name: String,
    /// The type: `integer`, `float`, `date`, `empty_date`, `datetime`, `empty_datetime`, `text`, `email`, `phone`, `phone_fax`,
    /// `phone_gsm`, `select`, `big` or `foreign_key`.
    #[serde(rename = "type")]
    field_type: String,
    /// The default, or the options of a `select`: a line each, the default with a `*`.
    value: String,
    /// Whether tables show the field.
    displayed: bool,
    /// Whether lists are in the order of the field.
    ordered: bool,
    /// The length of texts for forms, as digits.
    length: String,
    /// The number of lines for forms, as digits.
    textlines: String,
    /// Whether forms leave the field out.
    hidden: bool,
    /// Whether profiles are found by the field without reading the database.
    index: bool,
}

/// An interest, which a profile has or lacks.
#[derive(ToSchema)]
#[schema(as = CopernicaInterest)]
pub struct InterestShown {
    /// The id of the interest, from 1.
    #[serde(rename = "ID")]
    id: String,
    /// The name, unique in the database without regard to case.
    name: String,
    /// A heading for people, or an empty text.
    group: String,
}

/// A collection, which is a table of subprofiles.
#[derive(ToSchema)]
#[schema(as = CopernicaCollection)]
pub struct CollectionShown {
    /// The id of the collection, from 1.
    #[serde(rename = "ID")]
    id: String,
    /// The name, unique in the database without regard to case.
    name: String,
    /// The id of the database.
    database: String,
    /// The fields of subprofiles.
    fields: Pages<FieldShown>,
}

/// A profile.
#[derive(ToSchema)]
#[schema(as = CopernicaProfile)]
pub struct ProfileShown {
    /// The id of the profile.
    #[serde(rename = "ID")]
    id: String,
    /// The values by the names of the fields; all are empty for a removed profile.
    fields: BTreeMap<String, String>,
    /// The names of the interests that the profile has.
    interests: Vec<String>,
    /// The id of the database. The member is absent with `dataonly`.
    #[schema(nullable = false)]
    database: Option<String>,
    /// The code of the profile, at first 28 hexadecimal digits.
    secret: String,
    /// The time at which the profile was made. The member is absent with `dataonly`.
    #[schema(nullable = false)]
    created: Option<String>,
    /// The time at which a value last changed.
    modified: String,
    /// The time at which the profile was removed, or `false`. The member is absent with `dataonly`.
    #[schema(nullable = false)]
    removed: Option<TextOrFalse>,
}

/// A subprofile, which belongs to a profile.
#[derive(ToSchema)]
#[schema(as = CopernicaSubprofile)]
pub struct SubprofileShown {
    /// The id of the subprofile.
    #[serde(rename = "ID")]
    id: String,
    /// The code of the subprofile, at first 28 hexadecimal digits.
    secret: String,
    /// The values by the names of the fields; all are empty for a removed subprofile.
    fields: BTreeMap<String, String>,
    /// The id of the profile.
    profile: String,
    /// The id of the collection. The member is absent with `dataonly`.
    #[schema(nullable = false)]
    collection: Option<String>,
    /// The time at which the subprofile was made. The member is absent with `dataonly`.
    #[schema(nullable = false)]
    created: Option<String>,
    /// The time at which a value last changed.
    modified: String,
    /// The time at which the subprofile or its profile was removed, or `false`. The member is absent with `dataonly`.
    #[schema(nullable = false)]
    removed: Option<TextOrFalse>,
}

/// A view, which is a selection of profiles.
#[derive(ToSchema)]
#[schema(as = CopernicaView)]
#[serde(rename_all = "kebab-case")]
pub struct ViewShown {
    /// The id of the view, from 1.
    #[serde(rename = "ID")]
    id: String,
    /// The name, unique in the database without regard to case.
    name: String,
    /// A text for people.
    description: String,
    /// The sort of the parent: `database` or `view`.
    parent_type: String,
    /// The id of the parent.
    parent_id: String,
    /// Whether there are views below the view.
    has_children: bool,
    /// Whether conditions refer to the view, which is never the case.
    has_referred: bool,
    /// Whether the view has rules.
    has_rules: bool,
    /// The id of the database.
    database: String,
    /// The time at which the profiles of the view were last found, or `false`.
    last_built: TextOrFalse,
}

/// A rule of a view.
#[derive(ToSchema)]
#[schema(as = CopernicaRule)]
pub struct RuleShown {
    /// The id of the rule, from 1.
    #[serde(rename = "ID")]
    id: String,
    /// A name for people, or an empty text.
    name: String,
    /// The id of the view.
    view: String,
    /// The conditions, which must all hold.
    conditions: Pages<ConditionShown>,
    /// Whether the rule holds where its conditions do not.
    inversed: bool,
    /// Whether the rule is left out.
    disabled: bool,
}

/// A condition of a rule. The type of the condition decides on its members.
#[derive(ToSchema)]
#[schema(as = CopernicaCondition)]
#[serde(rename_all = "kebab-case")]
pub struct ConditionShown {
    /// The id of the condition, from 1.
    #[serde(rename = "ID")]
    id: String,
    /// The type: `Field`, `Interest` or `Date`.
    #[serde(rename = "type")]
    sort: String,
    /// The id of the rule.
    rule: String,
    /// The field of a `Field` or a `Date`, or `false` if the field is gone.
    #[schema(nullable = false)]
    field: Option<Value>,
    /// The comparison of a `Field`.
    #[schema(nullable = false)]
    comparison: Option<String>,
    /// The value with which a `Field` is compared.
    #[schema(nullable = false)]
    value: Option<String>,
    /// The field with which a `Field` is compared, or `false`.
    #[schema(nullable = false)]
    other_field: Option<Value>,
    /// Whether both values of a `Field` are compared as numbers.
    #[schema(nullable = false)]
    numeric_comparison: Option<bool>,
    /// The interest of an `Interest`, or `false` if the interest is gone.
    #[schema(nullable = false)]
    interest: Option<Value>,
    /// The mode of an `Interest`.
    #[schema(nullable = false)]
    match_mode: Option<String>,
    /// The mode of a `Date`.
    #[schema(nullable = false)]
    compare_mode: Option<String>,
    /// The sort of change of a `Change`.
    #[schema(nullable = false)]
    change_type: Option<String>,
    /// The end of the period of a `Date` or a `Change`, or `false`.
    #[schema(nullable = false)]
    before_time: Option<TextOrFalse>,
    /// The beginning of the period of a `Date` or a `Change`, or `false`.
    #[schema(nullable = false)]
    after_time: Option<TextOrFalse>,
}

/// An import of profiles, from whichever door the import came.
#[derive(ToSchema)]
#[schema(as = CopernicaImport)]
pub struct ImportShown {
    /// The number of the import within the account, from 1.
    #[serde(rename = "ID")]
    id: String,
    /// The name of the import or of its file.
    name: String,
    /// The action: `add`, `update`, `update or add`, `ignore or add` or `delete`.
    #[serde(rename = "type")]
    action: String,
    /// The status: `ready for start`, `waiting`, `downloading`, `running`, `finished`, `failed`, `undoing` or `undone`.
    status: String,
    /// The number of rows, as digits; `0` until the rows are counted.
    totallines: String,
    /// The number of rows with an outcome, as digits.
    #[serde(rename = "processedLines")]
    processed_lines: String,
    /// The time at which the import was last started, or `false`. Of an import that a schedule made, the time of the schedule's
    /// last run.
    lastrun: TextOrFalse,
    /// The time of the next run of the schedule that made the import, or `false` without such a schedule.
    nextrun: TextOrFalse,
    /// The reason for which the import failed or rows failed, or `false`.
    lasterror: TextOrFalse,
}
