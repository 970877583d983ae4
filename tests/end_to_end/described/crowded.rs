//! Requests while the account has as many open imports as its quota allows.

use reqwest::Method;
use serde_json::json;
use shared::quotas::OwnQuotas;

use super::Operation;
use super::requests::World;
use crate::native::of_user;
use crate::quotas;
use crate::stack::Answer;

impl World<'_> {
    /// The answer to a request that would succeed if the account had fewer open imports.
    pub async fn crowded(&self, operation: &Operation) -> anyhow::Result<Answer> {
        let awaited = of_user(self.stack, Method::POST, "/imports").json(&json!({ "upload": true, "file_size": 1 }));
        self.stack.answer(awaited).await?.expect(201)?;
        quotas::set(self.stack, 1, quotas::open_imports(1)).await?;
        let success = if operation.path.starts_with("/api/v2/") { 201 } else { 202 };
        let answer = self.answer(operation, success).await;
        quotas::set(self.stack, 1, OwnQuotas::default()).await?;
        answer
    }
}
