//! Schedules for the requests of documented operations.

use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};

use super::requests::World;

impl World<'_> {
    /// A schedule whose first run lies far ahead, as the body of the request that makes it.
    pub(super) fn order(&self) -> Value {
        let import = json!({ "location": "https://files.example.com/hours.csv" });
        json!({ "name": self.name("Hours"), "every": "P1D", "starts_at": "2099-01-01T00:00:00Z", "import": import })
    }

    /// A new schedule.
    pub(super) async fn schedule(&self) -> anyhow::Result<u64> {
        let request = self.stack.bare(Method::POST, "/api/v1/schedules").header("Authorization", "Token demo");
        let made = self.stack.answer(request.json(&self.order())).await?.expect(201)?;
        made["id"].as_u64().context("a schedule without an id")
    }
}
