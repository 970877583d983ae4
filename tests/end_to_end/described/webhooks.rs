//! Webhooks and deliveries for the requests of the described operations.

use anyhow::{Context, bail};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use shared::events::Record;
use shared::id::{AccountId, WebhookId};
use shared::store::Table;
use shared::webhooks::{self, MOST_WEBHOOKS};

use super::Operation;
use super::requests::{World, within};
use crate::stack::Answer;

const ACCOUNT: AccountId = AccountId(1);

impl World<'_> {
    /// A new webhook, which is the only one of the account.
    pub(super) async fn webhook(&self) -> anyhow::Result<u64> {
        let services = self.stack.system.services();
        for webhook in webhooks::list(services, ACCOUNT).await? {
            webhooks::delete(services, ACCOUNT, webhook.id).await?;
        }
        let made = self.stack.answer(self.asking_for_webhook()).await?.expect(201)?;
        made["id"].as_u64().context("a webhook without an id")
    }

    /// The delivery of an event to a webhook.
    pub(super) async fn delivery(&self, webhook: u64) -> anyhow::Result<String> {
        let services = self.stack.system.services();
        let item = self.stack.dump(Table::Events).await?.into_values().next().context("no event")?;
        notifier::publish(services, vec![Record::inserted(item)], "https://api.example.com").await?;
        let place = (ACCOUNT, WebhookId(webhook));
        let found = webhooks::deliveries(services, place, None, 1).await?;
        Ok(found.first().context("no delivery")?.id.to_string())
    }

    /// The answer to a request that is refused for the state of a webhook, or for its address.
    pub(super) async fn refused_webhook(&self, operation: &Operation, status: u16) -> anyhow::Result<Answer> {
        let id = operation.get("/operationId").and_then(Value::as_str).unwrap_or_default();
        match (id, status) {
            ("create_webhook", 409) => {
                for _ in 0..MOST_WEBHOOKS {
                    self.stack.answer(self.asking_for_webhook()).await?;
                }
                self.stack.answer(self.asking_for_webhook()).await
            }
            ("create_webhook" | "change_webhook", 422) => {
                let path = operation.path.replace("{id}", &self.webhook().await?.to_string());
                within(&self.healthy, operation, &path, json!({ "url": "https://127.0.0.1/" }).to_string()).await
            }
            ("retry_delivery", 409) => {
                let asked = self.good(operation).await?;
                let hook = asked.path.split("/deliveries/").next().unwrap_or_default();
                let disable = self.stack.bare(Method::PATCH, hook).header("Authorization", "Token demo");
                self.stack.answer(disable.json(&json!({ "enabled": false }))).await?.expect(200)?;
                self.send(&operation.method, asked).await
            }
            _ => bail!("tests/end_to_end/described/webhooks.rs knows no request for it"),
        }
    }

    fn asking_for_webhook(&self) -> RequestBuilder {
        let request = self.stack.bare(Method::POST, "/api/v1/webhooks").header("Authorization", "Token demo");
        request.json(&json!({ "url": self.receiver.url }))
    }
}
