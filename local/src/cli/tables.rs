//! Opens the tables of a deployed stack or of a data folder, for the commands which no token permits.

use std::path::PathBuf;

use anyhow::Context;
use aws_config::BehaviorVersion;
use clap::Args;
use shared::clock::Clock;
use shared::connections::{Connections, Roots, timeouts};
use shared::queue::QueueUrls;
use shared::services::{ResourceNames, Services};
use shared::store::TableNames;
use waybill::system::{self, System};

use super::stack;

/// The arguments which choose the tables.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Tables {
    /// Name of a deployed stack, with credentials and region from the usual places of the AWS SDKs
    #[arg(long, value_name = "NAME")]
    stack: Option<String>,
    /// Folder of an embedded service, which must not be running
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

/// Open tables, which [`Open::close`] closes.
pub struct Open {
    /// The services on the tables, with permission for every action.
    pub services: Services,
    system: Option<System>,
}

impl Tables {
    /// `true` for the tables of a deployed stack.
    pub fn is_stack(&self) -> bool {
        self.stack.is_some()
    }

    /// Connects to the stack, or opens the folder.
    pub async fn open(&self) -> anyhow::Result<Open> {
        if let Some(stack) = &self.stack {
            return Ok(Open { services: of_stack(stack).await?, system: None });
        }
        // With no workers, none of the folder's open imports is resumed.
        let options = system::Options { data: self.data.clone(), workers: 0, ..system::Options::default() };
        let system = System::start(options).await.context("the folder cannot be opened")?;
        Ok(Open { services: system.services().clone(), system: Some(system) })
    }
}

impl Open {
    /// Closes the folder, if the tables belong to a folder.
    pub async fn close(self) {
        if let Some(system) = self.system {
            system.shutdown().await;
        }
    }
}

/// Connects to the services of a deployed stack, whose outputs contain the names of its resources.
async fn of_stack(stack: &str) -> anyhow::Result<Services> {
    let http = Connections::new(Roots::System).client();
    let config =
        aws_config::defaults(BehaviorVersion::latest()).http_client(http).timeout_config(timeouts()).load().await;
    let outputs = stack::outputs(&config, stack).await;
    let outputs = outputs.with_context(|| format!("the stack {stack} cannot be read"))?;
    let output = |key: &str| {
        let value = outputs.get(key).cloned();
        value.with_context(|| format!("the stack {stack} has no output {key}; it is not a Waybill of this version"))
    };
    let names = ResourceNames {
        tables: TableNames {
            imports: output("ImportsTableName")?,
            workspace: output("WorkspaceTableName")?,
            events: output("EventsTableName")?,
        },
        bucket: output("BucketName")?,
        queues: QueueUrls {
            arrival: output("ArrivalQueueUrl")?,
            work: output("WorkQueueUrl")?,
            load: output("LoadQueueUrl")?,
            revert: output("RevertQueueUrl")?,
            follow_ups: output("FollowUpsQueueUrl")?,
            webhooks: output("WebhookQueueUrl")?,
        },
    };
    Ok(Services::new(&config, names, Clock::system()))
}
