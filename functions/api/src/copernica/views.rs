//! Views, their rules and conditions.

use serde::Serialize;
use shared::id::PartId;
use shared::profiles::{Columns, Owned, selection};
use shared::schema::view::{
    ChangeTest, ChangeType, Comparison, Condition, ConditionTest, DateTest, FieldTest, View, ViewRule,
};
use shared::schema::views::{self, RuleInput, ViewInput};
use shared::schema::{Field, FieldOwner, Schema};

use super::answer::{List, OrFalse, Window, changed, created, deleted, document};
use super::caller::At;
use super::databases::text_of;
use super::error::CopernicaError;
use super::given::Given;
use super::parts::{FieldShape, InterestShape};
use super::request::Asked;
use super::routes::Answered;

/// A view.
#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct ViewShape {
    #[serde(rename = "ID")]
    id: String,
    name: String,
    description: String,
    parent_type: &'static str,
    parent_id: String,
    has_children: bool,
    /// Never true, because no condition of the door refers to a view.
    has_referred: bool,
    has_rules: bool,
    database: String,
    last_built: OrFalse,
}

impl ViewShape {
    fn of(at: &At, schema: &Schema, view: &View) -> Self {
        let database = schema.database.id;
        Self {
            id: view.id.to_string(),
            name: view.name.clone(),
            description: view.description.clone(),
            parent_type: if view.parent.is_some() { "view" } else { "database" },
            parent_id: view.parent.map_or_else(|| database.to_string(), |parent| parent.to_string()),
            has_children: schema.views.iter().any(|other| other.parent == Some(view.id)),
            has_referred: false,
            has_rules: schema.rules_of(view.id).next().is_some(),
            database: database.to_string(),
            last_built: OrFalse(view.built.map(|built| at.time(built.at))),
        }
    }
}

/// A rule with its conditions.
#[derive(Serialize)]
struct RuleShape {
    #[serde(rename = "ID")]
    id: String,
    name: String,
    view: String,
    conditions: List<ConditionShape>,
    inversed: bool,
    disabled: bool,
}

impl RuleShape {
    fn of(schema: &Schema, rule: &ViewRule) -> Self {
        let conditions = rule.conditions.iter().map(|condition| ConditionShape::of(schema, rule, condition));
        Self {
            id: rule.id.to_string(),
            name: rule.name.clone(),
            view: rule.view.to_string(),
            conditions: List::whole(conditions.collect()),
            inversed: rule.inversed,
            disabled: rule.disabled,
        }
    }
}

/// A condition.
#[derive(Serialize)]
struct ConditionShape {
    #[serde(rename = "ID")]
    id: String,
    #[serde(rename = "type")]
    sort: &'static str,
    rule: String,
    #[serde(flatten)]
    test: TestShape,
}

/// The properties of a condition by its type. A field or an interest that is gone is `false`.
#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "kebab-case")]
enum TestShape {
    Field {
        comparison: Comparison,
        field: Shown<FieldShape>,
        value: String,
        other_field: Shown<FieldShape>,
        numeric_comparison: bool,
    },
    Interest {
        match_mode: &'static str,
        interest: Shown<InterestShape>,
    },
    Date {
        field: Shown<FieldShape>,
        compare_mode: &'static str,
        before_time: OrFalse,
        after_time: OrFalse,
    },
    Change {
        change_type: ChangeType,
        before_time: OrFalse,
        after_time: OrFalse,
    },
}

/// A shape, or `false`.
#[derive(Serialize)]
#[serde(untagged)]
enum Shown<T> {
    Shape(T),
    Nothing(bool),
}

impl<T> From<Option<T>> for Shown<T> {
    fn from(shape: Option<T>) -> Self {
        shape.map_or(Self::Nothing(false), Self::Shape)
    }
}

/// The words for profiles with an interest, and for those without.
const MATCH_MODES: [&str; 2] = ["match_profiles_with_interest", "match_profiles_without_interest"];
/// The words for whole dates, and for dates without their years.
const COMPARE_MODES: [&str; 2] = ["full", "ignoreyear"];

impl ConditionShape {
    fn of(schema: &Schema, rule: &ViewRule, condition: &Condition) -> Self {
        let field = |id: PartId| schema.field(FieldOwner::Database, id).map(FieldShape::of).into();
        let test = match &condition.test {
            ConditionTest::Field(test) => TestShape::Field {
                comparison: test.comparison,
                field: field(test.field),
                value: test.value.clone(),
                other_field: test.other_field.map_or(Shown::Nothing(false), field),
                numeric_comparison: test.numeric,
            },
            ConditionTest::Interest { interest, has } => TestShape::Interest {
                match_mode: MATCH_MODES[usize::from(!has)],
                interest: schema.interest(*interest).map(InterestShape::of).into(),
            },
            ConditionTest::Date(test) => TestShape::Date {
                field: field(test.field),
                compare_mode: COMPARE_MODES[usize::from(test.ignore_year)],
                before_time: OrFalse(test.before.clone()),
                after_time: OrFalse(test.after.clone()),
            },
            ConditionTest::Change(test) => TestShape::Change {
                change_type: test.change,
                before_time: OrFalse(test.before.clone()),
                after_time: OrFalse(test.after.clone()),
            },
        };
        Self { id: condition.id.to_string(), sort: condition.test.word(), rule: rule.id.to_string(), test }
    }
}

/// The views below the database, or below a view.
pub fn list(at: &At, schema: &Schema, parent: Option<PartId>, asked: &Asked) -> Answered {
    let views = schema.views.iter().filter(|view| view.parent == parent);
    document(&Window::read(&asked.query).of_all(views.map(|view| ViewShape::of(at, schema, view)).collect()))
}

fn view_input(given: &Given) -> Result<ViewInput, CopernicaError> {
    Ok(ViewInput { name: text_of(given, "name")?, description: text_of(given, "description")? })
}

pub async fn create(at: &At, schema: &Schema, parent: Option<PartId>, asked: &Asked) -> Answered {
    let input = view_input(&asked.body)?;
    let id = views::create_view(&at.services, at.id(), schema.database.id, parent, &input).await?;
    Ok(created(at, id.0, &format!("view/{id}")))
}

pub fn show(at: &At, schema: &Schema, view: &View) -> Answered {
    document(&ViewShape::of(at, schema, view))
}

pub async fn update(at: &At, schema: &Schema, view: &View, asked: &Asked) -> Answered {
    let input = view_input(&asked.body)?;
    views::update_view(&at.services, at.id(), schema.database.id, view.id, &input).await?;
    Ok(changed())
}

/// Deletes a view, what is stored of its profiles first. A view with views below it is refused before anything is deleted.
pub async fn delete(at: &At, schema: &Schema, view: &View) -> Answered {
    if !schema.views.iter().any(|other| other.parent == Some(view.id)) {
        selection::erase_members(&at.services, at.id(), view.id).await?;
    }
    views::delete_view(&at.services, at.id(), schema.database.id, view.id).await?;
    Ok(deleted("view", view.id))
}

pub async fn rebuild(at: &At, schema: &Schema, view: &View) -> Answered {
    let columns = Columns::of(Owned::profiles(schema), at.now());
    selection::build(&at.services, at.id(), schema, (view.id, &columns)).await?;
    Ok(changed())
}

pub fn rules(schema: &Schema, view: &View, asked: &Asked) -> Answered {
    let rules = schema.rules_of(view.id).map(|rule| RuleShape::of(schema, rule));
    document(&Window::read(&asked.query).of_all(rules.collect()))
}

fn rule_input(given: &Given) -> Result<RuleInput, CopernicaError> {
    let flag = |name: &str| given.member(name).map(Given::is_true);
    Ok(RuleInput { name: text_of(given, "name")?, disabled: flag("disabled"), inversed: flag("inversed") })
}

pub async fn create_rule(at: &At, schema: &Schema, view: &View, asked: &Asked) -> Answered {
    let input = rule_input(&asked.body)?;
    let id = views::create_rule(&at.services, at.id(), schema.database.id, view.id, &input).await?;
    Ok(created(at, id.0, &format!("rule/{id}")))
}

pub fn show_rule(schema: &Schema, rule: &ViewRule) -> Answered {
    document(&RuleShape::of(schema, rule))
}

pub async fn update_rule(at: &At, schema: &Schema, rule: &ViewRule, asked: &Asked) -> Answered {
    let input = rule_input(&asked.body)?;
    views::update_rule(&at.services, at.id(), schema.database.id, rule.id, &input).await?;
    Ok(changed())
}

pub async fn delete_rule(at: &At, schema: &Schema, rule: &ViewRule) -> Answered {
    views::delete_rule(&at.services, at.id(), schema.database.id, rule.id).await?;
    Ok(deleted("rule", rule.id))
}

/// The field with an id or a name, or an error that names the parameter.
fn field_of<'s>(schema: &'s Schema, given: &Given, name: &str) -> Result<Option<&'s Field>, CopernicaError> {
    let Some(text) = text_of(given, name)?.filter(|text| !text.is_empty()) else { return Ok(None) };
    let id: Option<PartId> = text.parse().ok();
    let field = id.and_then(|id| schema.field(FieldOwner::Database, id));
    let field = field.or_else(|| schema.field_named(FieldOwner::Database, &text));
    field.map(Some).ok_or_else(|| wrong(format!("{name} must be a field of the database: {text:?}")))
}

/// Reads a condition. Properties that are absent stay as `before`, if the condition is there already.
fn test(
    schema: &Schema,
    given: &Given,
    sort: &str,
    before: Option<&ConditionTest>,
) -> Result<ConditionTest, CopernicaError> {
    match sort.to_ascii_lowercase().as_str() {
        "field" => {
            let before =
                before.and_then(|before| if let ConditionTest::Field(test) = before { Some(test) } else { None });
            field_test(schema, given, before).map(ConditionTest::Field)
        }
        "interest" => interest_test(schema, given, before),
        "date" => {
            let before =
                before.and_then(|before| if let ConditionTest::Date(test) = before { Some(test) } else { None });
            date_test(schema, given, before).map(ConditionTest::Date)
        }
        "change" => {
            let before =
                before.and_then(|before| if let ConditionTest::Change(test) = before { Some(test) } else { None });
            change_test(given, before).map(ConditionTest::Change)
        }
        _ => Err(wrong(format!("type must be Field, Interest, Date or Change: {sort:?}"))),
    }
}

fn wrong(why: impl std::fmt::Display) -> CopernicaError {
    CopernicaError::saying(format!("Invalid data provided: {why}"))
}

/// The field that a condition needs: the one given, else the one before.
fn needed_field(schema: &Schema, given: &Given, before: Option<PartId>) -> Result<PartId, CopernicaError> {
    let field = field_of(schema, given, "field")?.map(|field| field.id).or(before);
    field.ok_or_else(|| wrong("field must be a field of the database"))
}

/// A value takes the place of another field, and another field that of a value.
fn field_test(schema: &Schema, given: &Given, before: Option<&FieldTest>) -> Result<FieldTest, CopernicaError> {
    let comparison = match text_of(given, "comparison")? {
        Some(word) => comparison(&word)?,
        None => before.map_or(Comparison::Equals, |test| test.comparison),
    };
    let (value, other) = (text_of(given, "value")?, field_of(schema, given, "other-field")?.map(|field| field.id));
    let (value, other_field) = match (value, other) {
        (_, Some(other)) => (String::new(), Some(other)),
        (Some(value), None) => (value, None),
        (None, None) => before.map_or((String::new(), None), |test| (test.value.clone(), test.other_field)),
    };
    let numeric = given.member("numeric-comparison").map(Given::is_true);
    Ok(FieldTest {
        comparison,
        field: needed_field(schema, given, before.map(|test| test.field))?,
        value,
        other_field,
        numeric: numeric.or(before.map(|test| test.numeric)).unwrap_or_default(),
    })
}

fn interest_test(
    schema: &Schema,
    given: &Given,
    before: Option<&ConditionTest>,
) -> Result<ConditionTest, CopernicaError> {
    let before = match before {
        Some(ConditionTest::Interest { interest, has }) => Some((*interest, *has)),
        _ => None,
    };
    let interest = match text_of(given, "interest")? {
        Some(text) => {
            let id: Option<PartId> = text.parse().ok();
            let known = id.and_then(|id| schema.interest(id)).or_else(|| schema.interest_named(&text));
            known.map(|interest| interest.id)
        }
        None => before.map(|(interest, _)| interest),
    };
    let has = match text_of(given, "match-mode")?.as_deref() {
        None => before.is_none_or(|(_, has)| has),
        Some(mode) => match MATCH_MODES.iter().position(|known| *known == mode) {
            Some(at) => at == 0,
            None => return Err(wrong(format!("match-mode must be one of {}: {mode:?}", MATCH_MODES.join(", ")))),
        },
    };
    let interest = interest.ok_or_else(|| wrong("interest must be an interest of the database"))?;
    Ok(ConditionTest::Interest { interest, has })
}

/// An end of a period as the vendor writes times. `None` for an end that is left out; an empty one is taken off.
fn end_of(given: &Given, name: &str, before: Option<&String>) -> Result<Option<String>, CopernicaError> {
    let Some(text) = text_of(given, name)? else { return Ok(before.cloned()) };
    if text.is_empty() {
        return Ok(None);
    }
    let time = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", &text);
    let time = time.map_err(|_| wrong(format!("{name} must be a time such as 2026-11-30 21:05:09: {text:?}")))?;
    Ok(Some(time.strftime("%Y-%m-%d %H:%M:%S").to_string()))
}

/// Refuses the ends of a period as differences from today.
fn refuse_mutations(given: &Given) -> Result<(), CopernicaError> {
    match ["before-mutation", "after-mutation"].into_iter().find(|name| given.member(name).is_some()) {
        Some(name) => Err(wrong(format!("{name} is not supported; before-time and after-time are"))),
        None => Ok(()),
    }
}

/// Reads a condition on the times of a profile. Changes of a single field, of an interest or of subprofiles are refused,
/// because a profile has no history of them.
fn change_test(given: &Given, before: Option<&ChangeTest>) -> Result<ChangeTest, CopernicaError> {
    refuse_mutations(given)?;
    let change = match text_of(given, "change-type")? {
        Some(word) => serde_json::from_value(serde_json::Value::String(word.clone()))
            .map_err(|_| wrong(format!("change-type must be one of {}: {word:?}", ChangeType::WORDS.join(", "))))?,
        None => before.map_or(ChangeType::Any, |test| test.change),
    };
    Ok(ChangeTest {
        change,
        before: end_of(given, "before-time", before.and_then(|test| test.before.as_ref()))?,
        after: end_of(given, "after-time", before.and_then(|test| test.after.as_ref()))?,
    })
}

fn date_test(schema: &Schema, given: &Given, before: Option<&DateTest>) -> Result<DateTest, CopernicaError> {
    refuse_mutations(given)?;
    let ignore_year = match text_of(given, "compare-mode")?.as_deref() {
        None => before.is_some_and(|test| test.ignore_year),
        Some(mode) => match COMPARE_MODES.iter().position(|known| *known == mode) {
            Some(at) => at == 1,
            None => return Err(wrong(format!("compare-mode must be one of {}: {mode:?}", COMPARE_MODES.join(", ")))),
        },
    };
    Ok(DateTest {
        field: needed_field(schema, given, before.map(|test| test.field))?,
        ignore_year,
        before: end_of(given, "before-time", before.and_then(|test| test.before.as_ref()))?,
        after: end_of(given, "after-time", before.and_then(|test| test.after.as_ref()))?,
    })
}

fn comparison(word: &str) -> Result<Comparison, CopernicaError> {
    serde_json::from_value(serde_json::Value::String(word.to_owned()))
        .map_err(|_| wrong(format!("comparison must be one of {}: {word:?}", Comparison::WORDS.join(", "))))
}

pub async fn create_condition(at: &At, schema: &Schema, rule: &ViewRule, asked: &Asked) -> Answered {
    let sort = text_of(&asked.body, "type")?.unwrap_or_default();
    let test = test(schema, &asked.body, &sort, None)?;
    let id = views::create_condition(&at.services, at.id(), schema.database.id, rule.id, &test).await?;
    Ok(created(at, id.0, &format!("condition/{}/{id}", test.word())))
}

pub async fn update_condition(at: &At, schema: &Schema, condition: &Condition, asked: &Asked) -> Answered {
    let test = test(schema, &asked.body, condition.test.word(), Some(&condition.test))?;
    views::change_condition(&at.services, at.id(), schema.database.id, condition.id, Some(&test)).await?;
    Ok(changed())
}

pub async fn delete_condition(at: &At, schema: &Schema, condition: &Condition) -> Answered {
    views::change_condition(&at.services, at.id(), schema.database.id, condition.id, None).await?;
    Ok(deleted("condition", condition.id))
}
