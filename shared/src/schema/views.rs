//! Views, rules and conditions made, edited and deleted by hand.

use super::edit::{Planned, changing, deleting, draw, edit, making};
use super::naming::{is_same, judged_description, judged_label, tidied};
use super::view::{Built, Comparison, Condition, ConditionTest, FieldTest, View, ViewRule, pattern};
use super::whole::PartPlace;
use super::{FieldOwner, Schema, SchemaError};
use crate::id::{AccountId, OwnerId, PartId};
use crate::services::Services;
use crate::store::Write;
use crate::store::keys::{self, SchemaSort};

/// The most views of a database.
pub const MOST_VIEWS: usize = 500;
/// The most rules of a view.
pub const MOST_RULES: usize = 20;
/// The most conditions of all rules of a view. A view is deleted with its rules in one transaction of 100 writes.
pub const MOST_CONDITIONS: usize = 50;
/// The longest value in bytes with which a condition compares a field. A rule lies in one item (400 KB) with all conditions.
pub const LONGEST_TESTED: usize = 5_000;
/// The most views above a view.
pub const DEEPEST_VIEW: usize = 10;

/// The properties of a view as given by a caller. An absent property keeps its value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ViewInput {
    /// The new name.
    pub name: Option<String>,
    /// The new description.
    pub description: Option<String>,
}

/// The properties of a rule as given by a caller. An absent property keeps its value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleInput {
    /// The new name.
    pub name: Option<String>,
    /// Whether the rule is left out.
    pub disabled: Option<bool>,
    /// Whether the rule holds where its conditions do not.
    pub inversed: Option<bool>,
}

fn name_is_free(schema: &Schema, name: &str, own: Option<PartId>) -> Result<(), SchemaError> {
    match schema.views.iter().any(|view| Some(view.id) != own && is_same(&view.name, name)) {
        true => Err(SchemaError::Taken(name.to_owned())),
        false => Ok(()),
    }
}

/// Makes a view below the database or below another view.
pub async fn create_view(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    parent: Option<PartId>,
    input: &ViewInput,
) -> Result<PartId, SchemaError> {
    let name = tidied(input.name.as_deref().unwrap_or_default())?;
    let description = input.description.clone().unwrap_or_default();
    judged_description(&description)?;
    let id = draw(services, account, SchemaSort::View).await?;
    let view = View { id, name, description, parent, built: None };
    edit(services, account, database, |schema| {
        if let Some(parent) = parent
            && schema.view_line(parent).ok_or(SchemaError::NotFound)?.len() > DEEPEST_VIEW
        {
            return Err(SchemaError::Full { sort: "views above a view", most: DEEPEST_VIEW });
        }
        if schema.views.len() >= MOST_VIEWS {
            return Err(SchemaError::Full { sort: "views", most: MOST_VIEWS });
        }
        name_is_free(schema, &view.name, None)?;
        Ok(Planned::of(making(account, database, SchemaSort::View, id, &view), id))
    })
    .await
}

/// Gives a view another name or description.
pub async fn update_view(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    id: PartId,
    input: &ViewInput,
) -> Result<(), SchemaError> {
    let name = input.name.as_deref().map(tidied).transpose()?;
    judged_description(input.description.as_deref().unwrap_or_default())?;
    edit(services, account, database, |schema| {
        let before = schema.view(id).ok_or(SchemaError::NotFound)?;
        let after = View {
            name: name.clone().unwrap_or_else(|| before.name.clone()),
            description: input.description.clone().unwrap_or_else(|| before.description.clone()),
            ..before.clone()
        };
        if after == *before {
            return Ok(Planned::of(Vec::new(), ()));
        }
        name_is_free(schema, &after.name, Some(id))?;
        Ok(Planned::of(vec![changing(account, database, SchemaSort::View, id, &after)], ()))
    })
    .await
}

/// Notes that the profiles of a view are stored under a build. Returns the number of the build before, or 0 before the first.
/// `None` if a later build is noted already.
pub async fn note_built(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    id: PartId,
    built: Built,
) -> Result<Option<u64>, SchemaError> {
    edit(services, account, database, |schema| {
        let before = schema.view(id).ok_or(SchemaError::NotFound)?;
        let noted = before.built.map_or(0, |noted| noted.build);
        if noted > built.build {
            return Ok(Planned::of(Vec::new(), None));
        }
        let after = View { built: Some(built), ..before.clone() };
        Ok(Planned::of(vec![changing(account, database, SchemaSort::View, id, &after)], Some(noted)))
    })
    .await
}

/// Deletes a view with its rules. What is stored of its profiles is the caller's to delete first.
pub async fn delete_view(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    id: PartId,
) -> Result<(), SchemaError> {
    edit(services, account, database, |schema| {
        schema.view(id).ok_or(SchemaError::NotFound)?;
        if let Some(child) = schema.views.iter().find(|view| view.parent == Some(id)) {
            return Err(SchemaError::Needed(format!("the view {} stands below it", child.name)));
        }
        let mut writes = deleting(account, database, SchemaSort::View, id);
        schema.rules_of(id).for_each(|rule| writes.extend(deleting_rule(account, database, rule)));
        Ok(Planned::of(writes, ()))
    })
    .await
}

fn deleting_rule(account: AccountId, database: OwnerId, rule: &ViewRule) -> Vec<Write> {
    let mut writes = deleting(account, database, SchemaSort::Rule, rule.id);
    let place = |condition: &Condition| keys::schema_place(account, SchemaSort::Condition, condition.id);
    writes.extend(rule.conditions.iter().map(|condition| Write::delete(place(condition))));
    writes
}

/// Makes a rule without conditions.
pub async fn create_rule(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    view: PartId,
    input: &RuleInput,
) -> Result<PartId, SchemaError> {
    judged_label("name", input.name.as_deref().unwrap_or_default())?;
    let id = draw(services, account, SchemaSort::Rule).await?;
    let (disabled, inversed) = (input.disabled.unwrap_or_default(), input.inversed.unwrap_or_default());
    let name = input.name.clone().unwrap_or_default();
    let rule = ViewRule { id, view, name, disabled, inversed, conditions: Vec::new() };
    edit(services, account, database, |schema| {
        schema.view(view).ok_or(SchemaError::NotFound)?;
        if schema.rules_of(view).count() >= MOST_RULES {
            return Err(SchemaError::Full { sort: "rules", most: MOST_RULES });
        }
        Ok(Planned::of(making(account, database, SchemaSort::Rule, id, &rule), id))
    })
    .await
}

/// Gives a rule other properties.
pub async fn update_rule(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    id: PartId,
    input: &RuleInput,
) -> Result<(), SchemaError> {
    judged_label("name", input.name.as_deref().unwrap_or_default())?;
    edit(services, account, database, |schema| {
        let before = schema.rule(id).ok_or(SchemaError::NotFound)?;
        let after = ViewRule {
            name: input.name.clone().unwrap_or_else(|| before.name.clone()),
            disabled: input.disabled.unwrap_or(before.disabled),
            inversed: input.inversed.unwrap_or(before.inversed),
            ..before.clone()
        };
        let is_changed = after != *before;
        let writes = is_changed.then(|| changing(account, database, SchemaSort::Rule, id, &after));
        Ok(Planned::of(writes.into_iter().collect(), ()))
    })
    .await
}

/// Deletes a rule with its conditions.
pub async fn delete_rule(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    id: PartId,
) -> Result<(), SchemaError> {
    edit(services, account, database, |schema| {
        let rule = schema.rule(id).ok_or(SchemaError::NotFound)?;
        Ok(Planned::of(deleting_rule(account, database, rule), ()))
    })
    .await
}

/// Refuses a condition on a field or an interest that the database does not have.
fn judged(schema: &Schema, test: &ConditionTest) -> Result<(), SchemaError> {
    let is_known = |field: PartId| schema.field(FieldOwner::Database, field).is_some();
    match test {
        ConditionTest::Field(test) if test.value.len() > LONGEST_TESTED => {
            Err(SchemaError::invalid("value", &test.value, "must have at most 5,000 bytes"))
        }
        ConditionTest::Field(test) if test.comparison == Comparison::Regexp && test.other_field.is_some() => {
            Err(SchemaError::invalid("other-field", "", "does not go with regexp, which takes a value"))
        }
        ConditionTest::Field(test) if test.comparison == Comparison::Regexp && pattern(&test.value).is_none() => Err(
            SchemaError::invalid("value", test.value.clone(), "must be a regular expression of at most 1,000 bytes"),
        ),
        ConditionTest::Field(FieldTest { field, other_field, .. }) => {
            let unknown = [Some(*field), *other_field].into_iter().flatten().find(|field| !is_known(*field));
            unknown.map_or(Ok(()), |field| {
                Err(SchemaError::invalid("field", field.to_string(), "must be a field of the database"))
            })
        }
        ConditionTest::Date(test) if !is_known(test.field) => {
            Err(SchemaError::invalid("field", test.field.to_string(), "must be a field of the database"))
        }
        ConditionTest::Interest { interest, .. } if schema.interest(*interest).is_none() => {
            Err(SchemaError::invalid("interest", interest.to_string(), "must be an interest of the database"))
        }
        ConditionTest::Interest { .. } | ConditionTest::Date(_) | ConditionTest::Change(_) => Ok(()),
    }
}

/// Adds a condition to a rule.
pub async fn create_condition(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    rule: PartId,
    test: &ConditionTest,
) -> Result<PartId, SchemaError> {
    let id = draw(services, account, SchemaSort::Condition).await?;
    edit(services, account, database, |schema| {
        let before = schema.rule(rule).ok_or(SchemaError::NotFound)?;
        if schema.rules_of(before.view).map(|rule| rule.conditions.len()).sum::<usize>() >= MOST_CONDITIONS {
            return Err(SchemaError::Full { sort: "conditions", most: MOST_CONDITIONS });
        }
        judged(schema, test)?;
        let mut after = before.clone();
        after.conditions.push(Condition { id, test: test.clone() });
        let place = Write::put(keys::schema_place(account, SchemaSort::Condition, id), &PartPlace { database });
        Ok(Planned::of(vec![changing(account, database, SchemaSort::Rule, rule, &after), place], id))
    })
    .await
}

/// Gives a condition another test, or deletes the condition if there is none.
pub async fn change_condition(
    services: &Services,
    account: AccountId,
    database: OwnerId,
    id: PartId,
    test: Option<&ConditionTest>,
) -> Result<(), SchemaError> {
    edit(services, account, database, |schema| {
        let (rule, _) = schema.condition(id).ok_or(SchemaError::NotFound)?;
        let mut after = rule.clone();
        let mut writes = Vec::new();
        match test {
            Some(test) => {
                judged(schema, test)?;
                let own = after.conditions.iter_mut().filter(|condition| condition.id == id);
                own.for_each(|condition| condition.test = test.clone());
            }
            None => {
                after.conditions.retain(|condition| condition.id != id);
                writes.push(Write::delete(keys::schema_place(account, SchemaSort::Condition, id)));
            }
        }
        if after != *rule {
            writes.push(changing(account, database, SchemaSort::Rule, rule.id, &after));
        }
        Ok(Planned::of(writes, ()))
    })
    .await
}
