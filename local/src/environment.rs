//! The environment variables of functions that run outside of this process and use the emulators in it. Such functions are
//! bootstraps in processes of their own, or containers of `sam local invoke`.

use std::collections::BTreeMap;

use serde_json::json;
use shared::queue::QueueUrls;
use shared::quotas::Quotas;
use shared::retention::Retention;
use shared::services::ResourceNames;

use crate::emulators::{ACCESS_KEY_ID, SECRET_ACCESS_KEY, arn};

/// Environment variables by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment(BTreeMap<&'static str, String>);

impl Environment {
    /// Environment of a function for which AWS is at `url`, for example `http://127.0.0.1:4566`. `api_url` is the address of the
    /// router for people and programs on this machine.
    pub fn new(url: &str, api_url: &str, names: &ResourceNames, retention: Retention, quotas: Quotas) -> Self {
        // The URL of a queue is an address, an account and the queue's name. Only the address differs.
        let there = |queue: &str| {
            let path: Vec<_> = queue.split('/').skip(3).collect();
            format!("{url}/{}", path.join("/"))
        };
        let QueueUrls { arrival, work, load, revert, follow_ups, webhooks } = &names.queues;
        let queues = QueueUrls {
            arrival: there(arrival),
            work: there(work),
            load: there(load),
            revert: there(revert),
            follow_ups: there(follow_ups),
            webhooks: there(webhooks),
        };
        let names = ResourceNames { queues, ..names.clone() };
        let aws = [
            ("API_URL", api_url),
            ("AWS_ENDPOINT_URL", url),
            ("AWS_REGION", arn::REGION),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID),
            ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY),
        ];
        let given = names.variables().into_iter().chain(aws).map(|(name, value)| (name, value.to_owned()));
        let days = retention.variables().map(|(name, days)| (name, days.to_string()));
        let quotas = quotas.variables().map(|(name, quota)| (name, quota.to_string()));
        Self(given.chain(days).chain(quotas).collect())
    }

    /// One line per variable, for example `BUCKET=files`.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(name, value)| format!("{name}={value}"))
    }

    /// The file for `sam local invoke --env-vars`. SAM gives the variables under `Parameters` to every function.
    pub fn to_json(&self) -> String {
        format!("{:#}\n", json!({ "Parameters": self.0 }))
    }
}
