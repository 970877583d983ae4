//! Roles limit the clients of each function to the permissions which the function's role lists in the template.
//!
//! A [`Guard`] is part of each client of a function. Before each request, the guard asks the role for every
//! permission which the request needs on AWS ([`needs`]). A permission missing from the template therefore fails
//! here before it fails on AWS. A request whose permissions are unknown to this module fails too. The guard also
//! records the used permissions, so a test can name the permissions which no request needs.
//!
//! # Refusals
//!
//! | on AWS | here |
//! |---|---|
//! | the service refuses with `AccessDeniedException` | the client refuses before the request, without a retry |
//! | a presigned request is refused when the client sends it | the request is refused when it is signed |
//! | S3 answers 403 for a missing object to a role without `s3:ListBucket` | the guard replaces the 404 by a 403 |
//! | Lambda receives messages and writes logs under the role | [`Guard::lambda`] asks for permission at the start |

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

/// The guards of all functions, by the function's logical id in the template.
pub type Guards = BTreeMap<String, Guard>;

/// Creates a guard for each function of a template.
pub fn guards(template: &Template) -> Guards {
    template.functions.iter().map(|(id, function)| (id.clone(), Guard::new(function.role.clone()))).collect()
}

/// The permissions of a function, with a record of their use. Clones share the record.
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

/// The error for a request which needs a permission missing from the role.
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
    /// Creates a guard for a role, with an empty record.
    pub fn new(role: Role) -> Self {
        Self { role: Arc::new(role), record: Arc::default() }
    }

    /// Permissions of the role which no request has used so far.
    pub fn unused(&self) -> Vec<Permission> {
        let record = self.record();
        self.role.permissions.iter().filter(|permission| !record.used.contains(permission)).cloned().collect()
    }

    /// Permissions of the role which a request has used so far.
    pub fn used(&self) -> BTreeSet<Permission> {
        self.record().used.clone()
    }

    /// All refusals so far, without repetitions.
    pub fn refused(&self) -> Vec<AccessDenied> {
        self.record().refused.iter().cloned().collect()
    }

    /// Checks the permissions which Lambda itself needs from a function's role, to poll the queues and
    /// to write the logs.
    pub fn lambda(&self, function: &Function) -> Result<(), AccessDenied> {
        let receive = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"];
        for source in &function.messages {
            self.ask(&receive.map(|action| Need { action, resource: arn::queue(&source.queue) }))?;
        }
        let resource = arn::log_group(&function.log_group);
        let log = ["logs:CreateLogStream", "logs:PutLogEvents"];
        self.ask(&log.map(|action| Need { action, resource: resource.clone() }))
    }

    /// Marks the permissions which cover each need as used, or refuses the request if a need is not covered.
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

/// Name of the bucket from which a request reads an object, stored for the time until its answer.
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
