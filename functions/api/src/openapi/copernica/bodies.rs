//! The shapes of the bodies that the Copernica door takes. Values are converted and not refused: a number and a boolean
//! count like their texts, `true`, `yes` and numbers from 1 on are true. Unknown members are ignored.
#![expect(dead_code, reason = "the types describe JSON; nothing makes a value of them")]

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::ToSchema;

/// The properties of a database.
#[derive(ToSchema)]
#[schema(as = CopernicaDatabaseFields)]
pub struct DatabaseFields {
    /// The name, needed for a new database; letters, digits, blanks and some signs.
    #[schema(nullable = false)]
    name: Option<String>,
    /// A text for people.
    #[schema(nullable = false)]
    description: Option<String>,
    /// Whether the database is archived.
    #[schema(nullable = false)]
    archived: Option<bool>,
}

/// The properties of a field.
#[derive(ToSchema)]
#[schema(as = CopernicaFieldFields)]
pub struct FieldFields {
    /// The name, needed for a new field.
    #[schema(nullable = false)]
    name: Option<String>,
    /// The type, by default `text`.
    #[serde(rename = "type")]
    #[schema(nullable = false)]
    field_type: Option<String>,
    /// The default, or the options of a `select`: a line each, the default with a `*`.
    #[schema(nullable = false)]
    value: Option<String>,
    /// Whether tables show the field.
    #[schema(nullable = false)]
    displayed: Option<bool>,
    /// Whether lists are in the order of the field.
    #[schema(nullable = false)]
    ordered: Option<bool>,
    /// The length of texts for forms.
    #[schema(nullable = false)]
    length: Option<u32>,
    /// The number of lines for forms.
    #[schema(nullable = false)]
    textlines: Option<u32>,
    /// Whether forms leave the field out.
    #[schema(nullable = false)]
    hidden: Option<bool>,
    /// Whether profiles are found by the field without reading the database.
    #[schema(nullable = false)]
    index: Option<bool>,
}

/// The name of a collection.
#[derive(ToSchema)]
#[schema(as = CopernicaCollectionFields)]
pub struct CollectionFields {
    /// The name: letters, digits and underscores.
    #[schema(nullable = false)]
    name: Option<String>,
}

/// The properties of an interest.
#[derive(ToSchema)]
#[schema(as = CopernicaInterestFields)]
pub struct InterestFields {
    /// The name, needed for a new interest.
    #[schema(nullable = false)]
    name: Option<String>,
    /// A heading for people.
    #[schema(nullable = false)]
    group: Option<String>,
}

/// The properties of a view.
#[derive(ToSchema)]
#[schema(as = CopernicaViewFields)]
pub struct ViewFields {
    /// The name, needed for a new view.
    #[schema(nullable = false)]
    name: Option<String>,
    /// A text for people.
    #[schema(nullable = false)]
    description: Option<String>,
}

/// The properties of a rule.
#[derive(ToSchema)]
#[schema(as = CopernicaRuleFields)]
pub struct RuleFields {
    /// A name for people.
    #[schema(nullable = false)]
    name: Option<String>,
    /// Whether the rule is left out.
    #[schema(nullable = false)]
    disabled: Option<bool>,
    /// Whether the rule holds where its conditions do not.
    #[schema(nullable = false)]
    inversed: Option<bool>,
}

/// The properties of a condition, by the type of the condition.
#[derive(ToSchema)]
#[schema(as = CopernicaConditionFields)]
#[serde(rename_all = "kebab-case")]
pub struct ConditionFields {
    /// The type of a new condition: `Field`, `Interest` or `Date`.
    #[serde(rename = "type")]
    #[schema(nullable = false)]
    sort: Option<String>,
    /// The id or the name of a field, for `Field` and `Date`.
    #[schema(nullable = false)]
    field: Option<String>,
    /// The comparison of a `Field`: `equals`, `not equals`, `contains`, `not contains`, `less`, `more`, `is_email` or
    /// `is-numeric`, `regexp`.
    #[schema(nullable = false)]
    comparison: Option<String>,
    /// The value to compare with.
    #[schema(nullable = false)]
    value: Option<String>,
    /// The id or the name of a field to compare with.
    #[schema(nullable = false)]
    other_field: Option<String>,
    /// Whether both values are compared as numbers.
    #[schema(nullable = false)]
    numeric_comparison: Option<bool>,
    /// The id or the name of an interest, for `Interest`.
    #[schema(nullable = false)]
    interest: Option<String>,
    /// `match_profiles_with_interest` or `match_profiles_without_interest`.
    #[schema(nullable = false)]
    match_mode: Option<String>,
    /// `full`, or `ignoreyear` to compare the days of years, for `Date`.
    #[schema(nullable = false)]
    compare_mode: Option<String>,
    /// `any`, `none`, `new`, `notnew`, `edit` or `noedit`, for `Change`.
    #[schema(nullable = false)]
    change_type: Option<String>,
    /// The end of the period, as `2026-11-30 21:05:09`.
    #[schema(nullable = false)]
    before_time: Option<String>,
    /// The beginning of the period.
    #[schema(nullable = false)]
    after_time: Option<String>,
}

/// The values, interests and code of a profile or subprofile.
#[derive(ToSchema)]
#[schema(as = CopernicaProfileFields)]
pub struct ProfileFields {
    /// Values by the names of fields, without regard to case.
    #[schema(nullable = false)]
    fields: Option<BTreeMap<String, Value>>,
    /// A list of the names of all interests, or an object of names with yes or no.
    #[schema(nullable = false)]
    interests: Option<Value>,
    /// The code; taken by changes of a single profile or subprofile alone.
    #[schema(nullable = false)]
    secret: Option<String>,
}

/// Interests: the body is a list of names or an object of names with yes or no, or has either as `interests`.
#[derive(ToSchema)]
#[schema(as = CopernicaInterestsGiven)]
pub struct InterestsGiven(BTreeMap<String, Value>);

/// The ids of profiles to delete.
#[derive(ToSchema)]
#[schema(as = CopernicaProfilesToDelete)]
pub struct ProfilesToDelete {
    /// The ids, at most 1000, all of profiles of the database.
    profiles: Vec<String>,
}

/// The parameters of an import. Booleans are lenient: `true`, `yes` and numbers from 1 on are true, everything else is
/// false.
#[derive(ToSchema)]
#[schema(as = CopernicaImportFields)]
#[serde(rename_all = "camelCase")]
pub struct ImportFields {
    /// The id or the name of the database.
    database: String,
    /// The name of the import; by default the address of the file, or `import`.
    #[schema(nullable = false)]
    name: Option<String>,
    /// `add`, `update`, `update or add`, `ignore or add` or `delete`; by default `add` without key fields, else
    /// `update or add`.
    #[schema(nullable = false)]
    action: Option<String>,
    /// The names of the fields by which a row finds its profile and subprofile: fields of the database, `ID`, and
    /// `Collection.Field`.
    #[schema(nullable = false)]
    key_fields: Option<Vec<String>>,
    /// Whether an empty cell keeps the stored value.
    #[schema(nullable = false)]
    ignore_empty_fields: Option<bool>,
    /// Whether profiles and subprofiles that are not in the file are removed.
    #[schema(nullable = false)]
    remove_missing: Option<bool>,
    /// The record that a row of the action `delete` removes: `profile` or `subprofile`.
    #[schema(nullable = false)]
    delete_target: Option<String>,
    /// The http or https address of the file.
    #[schema(nullable = false)]
    location: Option<String>,
    /// The rows as a text of the given format, or as an array of objects.
    #[schema(nullable = false)]
    source: Option<Value>,
    /// `csv` or `json`; by default told from the beginning of the text.
    #[schema(nullable = false)]
    format: Option<String>,
    /// A tab, a comma or a semicolon; needed for a CSV text in `source`.
    #[schema(nullable = false)]
    delimiter: Option<String>,
    /// Whether the import begins at once, which is the default.
    #[schema(nullable = false)]
    autostart: Option<bool>,
    /// Whether each profile and subprofile which the import or its undo writes gives a message in the queue of follow-ups.
    #[schema(nullable = false)]
    followups: Option<bool>,
    /// Whether the selections of the database are found anew at the end.
    #[schema(nullable = false)]
    rebuild: Option<bool>,
}
