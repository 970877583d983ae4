//! Reads policies, which list the permissions of a role, or let S3 send to a queue.
//!
//! A policy may only list permissions. Statements which deny, exceptions (`NotAction`), conditions in a role, and
//! actions with a wildcard are refused, because none of them can be compared with the requests of a function.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use super::intrinsics::Document;
use super::{QUEUE_POLICY, ROLE};
use crate::emulators::arn;

/// Version of the policy language which has variables. Policies of any other version are refused.
const LANGUAGE: &str = "2012-10-17";

/// A role, with its permissions from all statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Logical id of the role in the template.
    pub name: String,
    pub permissions: Vec<Permission>,
}

/// Permission for a single action on the resources which a pattern covers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// Service and action, for example `dynamodb:GetItem`.
    pub action: String,
    /// ARN of the resources, in which `*` stands for any text and `?` for any single letter.
    pub resource: String,
}

impl Permission {
    /// True if this permission covers the action on the resource.
    pub fn covers(&self, action: &str, resource: &str) -> bool {
        self.action == action && matches(self.resource.as_bytes(), resource.as_bytes())
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.action, self.resource)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct RoleProperties {
    assume_role_policy_document: Policy<Trust>,
    policies: Vec<NamedPolicy>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct NamedPolicy {
    #[serde(rename = "PolicyName")]
    _name: String,
    policy_document: Policy<Statement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Policy<S> {
    version: String,
    statement: Vec<S>,
}

/// A statement about the services which may take a role.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Trust {
    effect: Effect,
    principal: Principal,
    action: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(default, rename = "Sid")]
    _id: String,
    effect: Effect,
    action: OneOrMore,
    resource: OneOrMore,
}

#[derive(Deserialize)]
enum Effect {
    Allow,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Principal {
    service: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn all(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::More(more) => more,
        }
    }
}

/// Reads the role with the given logical id, and refuses a role which Lambda may not take.
pub(super) fn role(document: &Document, id: &str) -> Result<Role, String> {
    if document.kind(id) != Some(ROLE) {
        return Err(format!("no role {id}"));
    }
    let properties: RoleProperties = document.properties(id).map_err(|reason| format!("{id}: {reason}"))?;
    let trust = statements(properties.assume_role_policy_document)?;
    let is_lambda = |Trust { effect: Effect::Allow, principal, action }: &Trust| {
        principal.service == "lambda.amazonaws.com" && action == "sts:AssumeRole"
    };
    if !trust.iter().any(is_lambda) {
        return Err(format!("{id}: Lambda may not take it"));
    }
    let mut permissions = Vec::new();
    for policy in properties.policies {
        for Statement { effect: Effect::Allow, action, resource, .. } in statements(policy.policy_document)? {
            let resources = resource.all();
            for action in action.all() {
                if action.contains(['*', '?']) {
                    return Err(format!("{id}: {action} is more than one action"));
                }
                let one = |resource: &String| Permission { action: action.clone(), resource: resource.clone() };
                permissions.extend(resources.iter().map(one));
            }
        }
    }
    Ok(Role { name: id.to_owned(), permissions })
}

fn statements<S>(policy: Policy<S>) -> Result<Vec<S>, String> {
    if policy.version == LANGUAGE { Ok(policy.statement) } else { Err(format!("no policy version {}", policy.version)) }
}

/// A statement about a queue.
#[derive(Deserialize)]
#[serde(tag = "Effect")]
enum QueueStatement {
    Allow(Admission),
    Deny(Refusal),
}

/// The refusal of requests without TLS, which has no effect here: the emulators listen on loopback, without TLS.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Refusal {
    #[serde(default, rename = "Sid")]
    _id: String,
    #[serde(rename = "Principal")]
    _principal: String,
    #[serde(rename = "Action")]
    _action: String,
    #[serde(rename = "Resource")]
    _resource: String,
    condition: BTreeMap<String, BTreeMap<String, String>>,
}

/// The service which may send to a queue, and the source of the messages.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Admission {
    #[serde(default, rename = "Sid")]
    _id: String,
    principal: Principal,
    action: String,
    resource: String,
    condition: BTreeMap<String, BTreeMap<String, String>>,
}

impl QueueStatement {
    /// True if the statement lets S3 send to the queue for a bucket of the local account.
    fn admits(&self, bucket: &str, queue: &str) -> Result<bool, String> {
        match self {
            Self::Allow(admission) => admission.admits(bucket, queue),
            Self::Deny(refusal) if refusal.is_of_plain_requests() => Ok(false),
            Self::Deny(_) => Err("only requests without TLS can be denied".to_owned()),
        }
    }
}

impl Refusal {
    fn is_of_plain_requests(&self) -> bool {
        let plain = [("aws:SecureTransport".to_owned(), "false".to_owned())];
        self.condition == BTreeMap::from([("Bool".to_owned(), BTreeMap::from(plain))])
    }
}

impl Admission {
    fn admits(&self, bucket: &str, queue: &str) -> Result<bool, String> {
        let mut holds = self.principal.service == "s3.amazonaws.com"
            && self.action == "sqs:SendMessage"
            && self.resource == arn::queue(queue);
        for (operator, keys) in &self.condition {
            for (key, wanted) in keys {
                holds &= match (operator.as_str(), key.as_str()) {
                    ("ArnEquals", "aws:SourceArn") => *wanted == arn::bucket(bucket),
                    ("StringEquals", "aws:SourceAccount") => wanted == arn::ACCOUNT,
                    _ => return Err(format!("{operator} of {key} is not understood")),
                };
            }
        }
        Ok(holds)
    }
}

/// Logical id of the policy which lets S3 send to a queue for a bucket, or `None` without such a policy. `bucket`
/// and `queue` are names.
pub(super) fn admission<'a>(document: &'a Document, bucket: &str, queue: &str) -> Result<Option<&'a str>, String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase", deny_unknown_fields)]
    struct Properties {
        queues: Vec<String>,
        policy_document: Policy<QueueStatement>,
    }
    for id in document.of_kind(QUEUE_POLICY) {
        let properties: Properties = document.properties(id).map_err(|reason| format!("{id}: {reason}"))?;
        let is_of_queue = properties.queues.iter().any(|name| name == queue);
        for statement in statements(properties.policy_document)? {
            if is_of_queue && statement.admits(bucket, queue).map_err(|reason| format!("{id}: {reason}"))? {
                return Ok(Some(id));
            }
        }
    }
    Ok(None)
}

/// True if a text matches a pattern with the wildcards `*` and `?`.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, _) => text.is_empty(),
        (Some((b'*', rest)), _) => (0..=text.len()).any(|skipped| matches(rest, &text[skipped..])),
        (Some((b'?', pattern)), Some((_, text))) => matches(pattern, text),
        (Some((letter, pattern)), Some((other, text))) => letter == other && matches(pattern, text),
        (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_a_question_mark_any_letter() {
        for (pattern, text, is) in [
            ("arn:aws:s3:::b/in/*", "arn:aws:s3:::b/in/1/x.csv", true),
            ("arn:aws:s3:::b/in/*", "arn:aws:s3:::b/in/", true),
            ("arn:aws:s3:::b/in/*", "arn:aws:s3:::b/inbox/1", false),
            ("table/T/index/*", "table/T", false),
            ("table/T", "table/T/index/list", false),
            ("a*c?", "abbcd", true),
            ("a*c?", "abbc", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), is, "{pattern} {text}");
        }
    }
}
