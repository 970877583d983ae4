//! Evaluates CloudFormation's intrinsic functions, as far as the template uses them in
//! properties which matter locally.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{BUCKET, FUNCTION, HTTP_API, LOG_GROUP, PARAMETER, PIPE, QUEUE, ROLE, TABLE, TemplateError};
use crate::emulators::arn;

/// Id of the stack for the local resources. On AWS the last part of the id makes names unique.
const STACK_ID: &str = "arn:aws:cloudformation:us-east-1:000000000000:stack/waybill/local";

/// A template in its written form, with intrinsic functions not yet resolved.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Document {
    #[serde(default)]
    parameters: BTreeMap<String, Parameter>,
    #[serde(default)]
    conditions: BTreeMap<String, Value>,
    #[serde(default)]
    globals: Value,
    resources: BTreeMap<String, Resource>,
}

/// A parameter of the stack, which locally always has its default value.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    default: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(default)]
    depends_on: Value,
    /// Name of the condition without which the resource is not made.
    condition: Option<String>,
    #[serde(default)]
    properties: Map<String, Value>,
}

impl Document {
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        // Without this option, the YAML parser would take the attribute type `N` for the boolean "no".
        let options = serde_saphyr::options! { strict_booleans: true };
        let document: Self = serde_saphyr::from_str_with_options(text, options)
            .map_err(|error| TemplateError::Syntax(error.to_string()))?;
        document.without_unmade()
    }

    /// The document without the resources whose condition does not hold.
    fn without_unmade(mut self) -> Result<Self, TemplateError> {
        let mut unmade = Vec::new();
        for (id, resource) in &self.resources {
            let Some(condition) = &resource.condition else { continue };
            match self.condition(condition) {
                Ok(true) => {}
                Ok(false) => unmade.push(id.clone()),
                Err(reason) => return Err(TemplateError::Resource { id: id.clone(), reason }),
            }
        }
        self.resources.retain(|id, _| !unmade.contains(id));
        Ok(self)
    }

    /// Logical ids of all resources of a type.
    pub(super) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        let of_kind = self.resources.iter().filter(move |(_, resource)| resource.kind == kind);
        of_kind.map(|(id, _)| id.as_str())
    }

    pub(super) fn kind(&self, id: &str) -> Option<&str> {
        self.resources.get(id).map(|resource| resource.kind.as_str())
    }

    /// The properties of a resource, with intrinsic functions not yet resolved.
    pub(super) fn raw(&self, id: &str) -> Result<&Map<String, Value>, String> {
        let resource = self.resources.get(id).ok_or_else(|| format!("no resource {id}"))?;
        Ok(&resource.properties)
    }

    /// True if the resource lists `other` in its `DependsOn`, so CloudFormation creates the resource after `other`.
    pub(super) fn depends_on(&self, id: &str, other: &str) -> bool {
        let names = self.resources.get(id).map_or(&Value::Null, |resource| &resource.depends_on);
        names == other || names.as_array().is_some_and(|names| names.iter().any(|name| name == other))
    }

    /// The unresolved properties of a function, together with the properties which `Globals`
    /// gives to all functions. As in SAM, the variables of the function are added to those of all functions, and any other
    /// property of the function takes the place of the global one.
    pub(super) fn function(&self, id: &str) -> Result<Map<String, Value>, String> {
        let mut properties = self.globals.get("Function").and_then(Value::as_object).cloned().unwrap_or_default();
        let variables = |properties: &Map<String, Value>| {
            let environment = properties.get("Environment").map(|environment| &environment["Variables"]);
            environment.and_then(Value::as_object).cloned().unwrap_or_default()
        };
        let mut all = variables(&properties);
        properties.extend(self.raw(id)?.clone());
        all.extend(variables(&properties));
        properties.insert("Environment".to_owned(), json!({ "Variables": all }));
        Ok(properties)
    }

    /// Name of a resource, which is the name property if present, and otherwise the logical id.
    pub(super) fn name(&self, id: &str) -> Result<String, String> {
        let property = match self.kind(id) {
            Some(TABLE) => "TableName",
            Some(BUCKET) => "BucketName",
            Some(QUEUE) => "QueueName",
            Some(LOG_GROUP) => "LogGroupName",
            _ => return Err(format!("{id} has no name here")),
        };
        match self.raw(id)?.get(property) {
            Some(name) => self.text(name),
            // The names of buckets may not contain capital letters.
            None if self.kind(id) == Some(BUCKET) => Ok(id.to_lowercase()),
            None => Ok(id.to_owned()),
        }
    }

    /// Replaces every intrinsic function in a value by its result. Null stands for `AWS::NoValue`, so lists and
    /// objects lose their null members.
    pub(super) fn resolve(&self, value: &Value) -> Result<Value, String> {
        match value {
            Value::Array(items) => {
                let items: Result<Vec<_>, _> = items.iter().map(|item| self.resolve(item)).collect();
                Ok(items?.into_iter().filter(|item| !item.is_null()).collect())
            }
            Value::Object(members) => {
                let mut pairs = members.iter();
                match (pairs.next(), pairs.next()) {
                    (Some((name, argument)), None) if name == "Ref" || name.starts_with("Fn::") => {
                        self.call(name, argument)
                    }
                    _ => {
                        let resolved = |(name, value): (&String, _)| Ok((name.clone(), self.resolve(value)?));
                        let members: Result<Map<_, _>, String> = members.iter().map(resolved).collect();
                        Ok(members?.into_iter().filter(|(_, value)| !value.is_null()).collect())
                    }
                }
            }
            scalar => Ok(scalar.clone()),
        }
    }

    fn call(&self, function: &str, argument: &Value) -> Result<Value, String> {
        let argument = match function {
            // The variables of `Fn::Sub`, or the chosen branch of `Fn::If`, are resolved below.
            "Fn::Sub" | "Fn::If" => argument.clone(),
            _ => self.resolve(argument)?,
        };
        match (function, argument.as_array().map(Vec::as_slice)) {
            ("Ref", _) => self.reference(argument.as_str().unwrap_or_default()),
            ("Fn::If", Some([Value::String(condition), then, otherwise])) => {
                self.resolve(if self.condition(condition)? { then } else { otherwise })
            }
            ("Fn::Equals", Some([one, other])) => Ok((text_of(one) == text_of(other)).into()),
            ("Fn::Not", Some([Value::Bool(holds)])) => Ok((!holds).into()),
            ("Fn::GetAtt", Some([Value::String(id), Value::String(attribute)])) => {
                self.attribute(id, attribute).map(Value::String)
            }
            ("Fn::Select", Some([index, Value::Array(items)])) => {
                let index = index.as_u64().and_then(|index| usize::try_from(index).ok());
                let item = index.and_then(|index| items.get(index));
                item.cloned().ok_or_else(|| format!("nothing to select: {argument}"))
            }
            ("Fn::Split", Some([Value::String(separator), Value::String(text)])) => {
                Ok(text.split(separator.as_str()).collect())
            }
            ("Fn::Sub", None) => {
                self.substitute(argument.as_str().unwrap_or_default(), &Value::Null).map(Value::String)
            }
            ("Fn::Sub", Some([Value::String(text), variables])) => {
                self.substitute(text, &self.resolve(variables)?).map(Value::String)
            }
            _ => Err(format!("{function} of {argument} is not understood")),
        }
    }

    fn condition(&self, name: &str) -> Result<bool, String> {
        let condition = self.conditions.get(name).ok_or_else(|| format!("no condition {name}"))?;
        self.resolve(condition)?.as_bool().ok_or_else(|| format!("{name} is no condition"))
    }

    fn reference(&self, name: &str) -> Result<Value, String> {
        let text = match name {
            "AWS::NoValue" => return Ok(Value::Null),
            "AWS::AccountId" => arn::ACCOUNT,
            "AWS::Partition" => "aws",
            "AWS::Region" => arn::REGION,
            "AWS::StackId" => STACK_ID,
            "AWS::StackName" => "waybill",
            _ => return self.reference_within(name),
        };
        Ok(text.into())
    }

    /// Resolves a reference to a parameter or to a resource.
    fn reference_within(&self, name: &str) -> Result<Value, String> {
        match (self.parameters.get(name), self.kind(name)) {
            (Some(parameter), _) => {
                parameter.default.clone().ok_or_else(|| format!("the parameter {name} has no default"))
            }
            // On AWS a reference to a queue yields its URL. Only policies of the template refer to queues, and a
            // policy needs only the name from the URL.
            (None, Some(TABLE | BUCKET | QUEUE | LOG_GROUP)) => Ok(self.name(name)?.into()),
            (None, Some(FUNCTION | HTTP_API | PIPE)) => Ok(name.into()),
            _ => Err(format!("a reference to {name} is not understood")),
        }
    }

    fn attribute(&self, id: &str, attribute: &str) -> Result<String, String> {
        match (self.kind(id), attribute) {
            (Some(TABLE), "Arn") => Ok(arn::table(&self.name(id)?)),
            (Some(BUCKET), "Arn") => Ok(arn::bucket(&self.name(id)?)),
            (Some(QUEUE), "Arn") => Ok(arn::queue(&self.name(id)?)),
            (Some(QUEUE), "QueueName") => self.name(id),
            (Some(ROLE), "Arn") => Ok(arn::role(id)),
            (Some(LOG_GROUP), "Arn") => Ok(arn::log_group(&self.name(id)?)),
            (Some(PARAMETER), "Value") => self.text(self.raw(id)?.get("Value").unwrap_or(&Value::Null)),
            _ => Err(format!("{id}.{attribute} is not understood")),
        }
    }

    /// Evaluates `Fn::Sub`, in which every `${…}` stands for a variable, a reference or an attribute.
    fn substitute(&self, text: &str, variables: &Value) -> Result<String, String> {
        let mut done = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or_else(|| format!("no end of ${{ in {text:?}"))?;
            done.push_str(before);
            done.push_str(&match (variables.get(name), name.split_once('.')) {
                (Some(value), _) => self.text(value)?,
                (None, Some((id, attribute))) => self.attribute(id, attribute)?,
                (None, None) => text_of(&self.reference(name)?),
            });
            rest = after;
        }
        done.push_str(rest);
        Ok(done)
    }

    fn text(&self, value: &Value) -> Result<String, String> {
        match self.resolve(value)? {
            Value::String(text) => Ok(text),
            other => Err(format!("no text: {other}")),
        }
    }
}

/// Text of a scalar for comparison and substitution. As in CloudFormation, a number equals the text of its digits.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
