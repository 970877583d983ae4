//! Roles: a function's clients do what its role in the template lists, and nothing else.
//!
//! A [`Guard`] stands in each client of a function. Before a request is made it asks the role for every permission that
//! the request needs on AWS ([`needs`]), so that a permission which the template lacks fails here first, and a request
//! that nobody has looked up the permissions of fails too. The guard also notes which permissions were used, so that a
//! test can name those that nothing needs.
//!
//! | on AWS | here |
//! |---|---|
//! | the service refuses, with `AccessDeniedException` | the client refuses, before the request is made; nothing tries it again |
//! | a presigned request is refused when it is sent | it is refused when it is signed |
//! | S3 answers 403 for an object that is not there to a role without `s3:ListBucket` | the answer is replaced by that one |
//! | Lambda receives messages and writes logs in the role's name | [`Guard::lambda`] asks for the permissions at the start |

mod needs;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use aws_sdk_dynamodb::config::interceptors::{
    BeforeDeserializationInterceptorContextMut, BeforeSerializationInterceptorContextRef,
};
use aws_sdk_dynamodb::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_dynamodb::error::BoxError;
use aws_smithy_runtime_api::http::{Response, StatusCode};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::{Storable, StoreReplace};

use crate::emulators::arn;
use crate::template::{Function, Permission, Role, Template};
use needs::Need;

/// The guards of all functions, by logical id.
pub type Guards = BTreeMap<String, Guard>;

/// The guards of the functions of a template.
pub fn guards(template: &Template) -> Guards {
    template.functions.iter().map(|(id, function)| (id.clone(), Guard::new(function.role.clone()))).collect()
}

/// What a function may do, and what it did. Clones share the record.
#[derive(Clone, Debug)]
pub struct Guard {
    role: Arc<Role>,
    record: Arc<Mutex<Record>>,
}

#[derive(Debug, Default)]
struct Record {
    used: BTreeSet<Permission>,
    refused: BTreeSet<AccessDenied>,
}

/// A request needs a permission that the role does not list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error(
    "AccessDeniedException: the role {role} is not authorized to perform {action} on {resource}: no statement of the \
     template allows it"
)]
pub struct AccessDenied {
    pub role: String,
    pub action: String,
    pub resource: String,
}

impl Guard {
    /// A guard by a role.
    pub fn new(role: Role) -> Self {
        Self { role: Arc::new(role), record: Arc::default() }
    }

    /// The permissions that the role lists and nothing used so far.
    pub fn unused(&self) -> Vec<Permission> {
        let record = self.record();
        self.role.permissions.iter().filter(|permission| !record.used.contains(permission)).cloned().collect()
    }

    /// The permissions that something used so far.
    pub fn used(&self) -> BTreeSet<Permission> {
        self.record().used.clone()
    }

    /// What was refused so far.
    pub fn refused(&self) -> Vec<AccessDenied> {
        self.record().refused.iter().cloned().collect()
    }

    /// Asks for the permissions that Lambda itself needs of a function's role: to drive it by its queues, and to keep
    /// what it logs.
    pub fn lambda(&self, function: &Function) -> Result<(), AccessDenied> {
        let receive = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
        for source in &function.messages {
            self.ask(&receive.map(|action| Need { action, resource: arn::queue(&source.queue) }))?;
        }
        let resource = arn::log_group(&function.log_group);
        let log = ["logs:CreateLogStream", "logs:PutLogEvents"];
        self.ask(&log.map(|action| Need { action, resource: resource.clone() }))
    }

    /// Uses a permission for each need, or refuses.
    fn ask(&self, needs: &[Need]) -> Result<(), AccessDenied> {
        for Need { action, resource } in needs {
            let covers = |permission: &&Permission| permission.covers(action, resource);
            let permissions: Vec<_> = self.role.permissions.iter().filter(covers).collect();
            if permissions.is_empty() {
                return Err(self.refuse(action, resource));
            }
            let mut record = self.record();
            for permission in permissions {
                if !record.used.contains(permission) {
                    record.used.insert(permission.clone());
                }
            }
        }
        Ok(())
    }

    fn refuse(&self, action: &str, resource: &str) -> AccessDenied {
        let (role, action, resource) = (self.role.name.clone(), action.to_owned(), resource.to_owned());
        let denied = AccessDenied { role, action, resource };
        self.record().refused.insert(denied.clone());
        denied
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().expect("no one panics while holding the record")
    }
}

/// The bucket that a request reads an object of.
#[derive(Debug)]
struct ReadsFrom(String);

impl Storable for ReadsFrom {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "Guard"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(needs) = needs::of(context.input()) else {
            return Err(self.refuse("an operation whose permissions are not known here", &needs::name(config)).into());
        };
        if let Some(bucket) = needs::reads_from(context.input()) {
            config.interceptor_state().store_put(ReadsFrom(bucket.to_owned()));
        }
        Ok(self.ask(&needs)?)
    }

    fn modify_before_deserialization(
        &self,
        context: &mut BeforeDeserializationInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(ReadsFrom(bucket)) = config.load::<ReadsFrom>() else { return Ok(()) };
        if context.response().status().as_u16() == 404 {
            let list = Need { action: "s3:ListBucket", resource: arn::bucket(bucket) };
            if self.ask(&[list]).is_err() {
                let body = "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>";
                *context.response_mut() = Response::new(StatusCode::try_from(403)?, SdkBody::from(body));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
