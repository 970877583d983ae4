//! CloudFormation's functions, as far as the template uses them where it matters here.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{BUCKET, QUEUE, TABLE, TemplateError};
use crate::emulators::arn;

/// The stack that the local resources belong to; its last part is what makes names unique on AWS.
const STACK_ID: &str = "arn:aws:cloudformation:us-east-1:000000000000:stack/waybill/local";

/// A template as it is written, with the functions unresolved.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Document {
    #[serde(default)]
    globals: Value,
    resources: BTreeMap<String, Resource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(default)]
    properties: Map<String, Value>,
}

impl Document {
    pub(super) fn parse(text: &str) -> Result<Self, TemplateError> {
        // Otherwise the attribute type `N` is read as "no".
        let options = serde_saphyr::options! { strict_booleans: true };
        serde_saphyr::from_str_with_options(text, options).map_err(|error| TemplateError::Syntax(error.to_string()))
    }

    /// The logical ids of a kind of resource.
    pub(super) fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a str> {
        let of_kind = self.resources.iter().filter(move |(_, resource)| resource.kind == kind);
        of_kind.map(|(id, _)| id.as_str())
    }

    pub(super) fn kind(&self, id: &str) -> Option<&str> {
        self.resources.get(id).map(|resource| resource.kind.as_str())
    }

    /// A resource's properties, unresolved.
    pub(super) fn raw(&self, id: &str) -> Result<&Map<String, Value>, String> {
        let resource = self.resources.get(id).ok_or_else(|| format!("no resource {id}"))?;
        Ok(&resource.properties)
    }

    /// One property of a function, or what the globals say for all functions.
    pub(super) fn property<T: DeserializeOwned>(&self, id: &str, name: &str) -> Result<Option<T>, String> {
        let own = self.raw(id)?.get(name);
        let Some(value) = own.or_else(|| self.globals.get("Function")?.get(name)) else {
            return Ok(None);
        };
        let value = serde_json::from_value(self.resolve(value)?).map_err(|error| format!("{name}: {error}"))?;
        Ok(Some(value))
    }

    /// A resource's name: its own if it has one, otherwise its logical id.
    pub(super) fn name(&self, id: &str) -> Result<String, String> {
        let property = match self.kind(id) {
            Some(TABLE) => "TableName",
            Some(BUCKET) => "BucketName",
            Some(QUEUE) => "QueueName",
            _ => return Err(format!("{id} has no name here")),
        };
        match self.raw(id)?.get(property) {
            Some(name) => self.text(name),
            // A bucket's name has no capitals.
            None if self.kind(id) == Some(BUCKET) => Ok(id.to_lowercase()),
            None => Ok(id.to_owned()),
        }
    }

    /// The value with every function in it replaced by what it stands for.
    pub(super) fn resolve(&self, value: &Value) -> Result<Value, String> {
        match value {
            Value::Array(items) => items.iter().map(|item| self.resolve(item)).collect(),
            Value::Object(members) => {
                let mut pairs = members.iter();
                match (pairs.next(), pairs.next()) {
                    (Some((name, argument)), None) if name == "Ref" || name.starts_with("Fn::") => {
                        self.call(name, argument)
                    }
                    _ => members.iter().map(|(name, value)| Ok((name.clone(), self.resolve(value)?))).collect(),
                }
            }
            scalar => Ok(scalar.clone()),
        }
    }

    fn call(&self, function: &str, argument: &Value) -> Result<Value, String> {
        let argument = match function {
            // Its variables are resolved below, one by one.
            "Fn::Sub" => argument.clone(),
            _ => self.resolve(argument)?,
        };
        match (function, argument.as_array().map(Vec::as_slice)) {
            ("Ref", _) => self.reference(argument.as_str().unwrap_or_default()).map(Value::String),
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

    fn reference(&self, name: &str) -> Result<String, String> {
        match name {
            "AWS::AccountId" => Ok(arn::ACCOUNT.to_owned()),
            "AWS::Partition" => Ok("aws".to_owned()),
            "AWS::Region" => Ok(arn::REGION.to_owned()),
            "AWS::StackId" => Ok(STACK_ID.to_owned()),
            "AWS::StackName" => Ok("waybill".to_owned()),
            _ => match self.kind(name) {
                // On AWS a reference to a queue is its URL, which is not known before it is created.
                Some(TABLE | BUCKET) => self.name(name),
                _ => Err(format!("a reference to {name} is not understood")),
            },
        }
    }

    fn attribute(&self, id: &str, attribute: &str) -> Result<String, String> {
        match (self.kind(id), attribute) {
            (Some(TABLE), "Arn") => Ok(arn::table(&self.name(id)?)),
            (Some(BUCKET), "Arn") => Ok(arn::bucket(&self.name(id)?)),
            (Some(QUEUE), "Arn") => Ok(arn::queue(&self.name(id)?)),
            _ => Err(format!("{id}.{attribute} is not understood")),
        }
    }

    /// `Fn::Sub`: every `${…}` is a variable, a reference or an attribute.
    fn substitute(&self, text: &str, variables: &Value) -> Result<String, String> {
        let mut done = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').ok_or_else(|| format!("no end of ${{ in {text:?}"))?;
            done.push_str(before);
            done.push_str(&match (variables.get(name), name.split_once('.')) {
                (Some(value), _) => self.text(value)?,
                (None, Some((id, attribute))) => self.attribute(id, attribute)?,
                (None, None) => self.reference(name)?,
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
