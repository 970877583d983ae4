//! A request for each documented operation and status of the Copernica door.

use std::sync::atomic::Ordering;

use anyhow::bail;
use reqwest::Method;
use serde_json::{Value, json};

use super::Operation;
use super::requests::{World, within};
use crate::copernica::{asking, made};
use crate::stack::{Answer, Stack};

/// Sends a request that gives the status, and returns the answer.
pub async fn answer(world: &World<'_>, operation: &Operation, status: u16) -> anyhow::Result<Answer> {
    let any =
        ["{id}", "{field}", "{collection}"].iter().fold(operation.path.clone(), |path, part| path.replace(part, "1"));
    let any = any.replace("{type}", "Interest");
    let with_token = format!("{any}?access_token=demo");
    match status {
        // Every error of a request has this status, also the lack of a token.
        400 => world.stack.answer(world.stack.bare(operation.method.clone(), &any)).await,
        500 => within(&world.failing, operation, &with_token, "{}").await,
        503 => within(&world.busy, operation, &with_token, "{}").await,
        200..300 => good(world, operation, status).await,
        _ => bail!("tests/end_to_end/described/copernica.rs knows no request for it"),
    }
}

/// The answer to a request that succeeds. With conditions that no record fulfils a record is made, which is 201.
async fn good(world: &World<'_>, operation: &Operation, status: u16) -> anyhow::Result<Answer> {
    let things = Things::made(world).await?;
    let path = things.path(&operation.path);
    let has_conditions = operation.get("/parameters").and_then(Value::as_array).is_some_and(|parameters| {
        parameters.iter().any(|parameter| parameter["name"] == "fields[]" && parameter["required"] == true)
    });
    let number = match (status, path.contains("/subprofiles")) {
        (201, _) => 0,
        (_, true) => things.subprofile,
        (_, false) => things.profile,
    };
    let query = if has_conditions { format!("?create=1&fields[]=id=={number}") } else { String::new() };
    let body = things.body_of(operation);
    let path = path.strip_prefix("/v3").unwrap_or(&path);
    let request = asking(world.stack, operation.method.clone(), &format!("{path}{query}"), &body);
    world.stack.answer(request).await
}

/// The path and the body of a request that succeeds.
pub async fn succeeding(world: &World<'_>, operation: &Operation) -> anyhow::Result<(String, Value)> {
    let things = Things::made(world).await?;
    Ok((things.path(&operation.path), things.body_of(operation)))
}

/// The ids of a database that nothing else uses, and of a thing of each sort in the database.
struct Things {
    name: String,
    database: u64,
    field: u64,
    collection: u64,
    field_of_collection: u64,
    interest: u64,
    view: u64,
    rule: u64,
    condition: u64,
    profile: u64,
    subprofile: u64,
    import: u64,
}

impl Things {
    async fn made(world: &World<'_>) -> anyhow::Result<Self> {
        let stack: &Stack = world.stack;
        let name = format!("Database {}", world.made.fetch_add(1, Ordering::Relaxed));
        let make = async |path: String, body: Value| made(stack, &path, &body).await;
        let database = make("/databases".into(), json!({ "name": name })).await?;
        let of = format!("/database/{database}");
        let field = make(format!("{of}/fields"), json!({ "name": "Email", "type": "email" })).await?;
        let collection = make(format!("{of}/collections"), json!({ "name": "Orders" })).await?;
        let field_of_collection = make(format!("/collection/{collection}/fields"), json!({ "name": "Number" })).await?;
        make(format!("{of}/interests"), json!({ "name": "Tea" })).await?;
        // An interest that a condition needs is not deleted.
        let interest = make(format!("{of}/interests"), json!({ "name": "Sailing" })).await?;
        let view = make(format!("{of}/views"), json!({ "name": "All" })).await?;
        let rule = make(format!("/view/{view}/rules"), json!({})).await?;
        let tea = json!({ "type": "Interest", "interest": "Tea" });
        let condition = make(format!("/rule/{rule}/conditions"), tea).await?;
        let profile = make(format!("{of}/profiles"), json!({ "fields": { "Email": "robin@example.com" } })).await?;
        let subprofile = make(format!("/profile/{profile}/subprofiles/{collection}"), json!({ "Number": "1" })).await?;
        let rows = json!([{ "Email": "kim@example.com" }]);
        let import =
            make("/imports".into(), json!({ "database": database, "source": rows, "autostart": false })).await?;
        Ok(Self {
            name,
            database,
            field,
            collection,
            field_of_collection,
            interest,
            view,
            rule,
            condition,
            profile,
            subprofile,
            import,
        })
    }

    /// The path of an operation with the ids of the things in place of the names in braces.
    fn path(&self, path: &str) -> String {
        let (id, field) = match path.split('/').nth(2).unwrap_or_default() {
            "database" => (self.database, self.field),
            "collection" => (self.collection, self.field_of_collection),
            "interest" => (self.interest, 0),
            "view" => (self.view, 0),
            "rule" => (self.rule, 0),
            "condition" => (self.condition, 0),
            "profile" => (self.profile, 0),
            "subprofile" => (self.subprofile, 0),
            _ => (self.import, 0),
        };
        path.replace("{id}", &id.to_string())
            .replace("{field}", &field.to_string())
            .replace("{collection}", &self.collection.to_string())
            .replace("{type}", "Interest")
    }

    /// A body with which an operation succeeds, or null for an operation that only reads.
    fn body_of(&self, operation: &Operation) -> Value {
        if operation.method == Method::GET { Value::Null } else { self.body(&operation.path) }
    }

    /// A body with which an operation that writes succeeds.
    fn body(&self, path: &str) -> Value {
        match path.rsplit('/').next().unwrap_or_default() {
            "databases" => json!({ "name": format!("{} and another", self.name) }),
            "imports" => json!({ "database": self.database, "source": [{ "Email": "lee@example.com" }] }),
            "fields" if path.contains("profile") => json!({ "Email": "lee@example.com", "Number": 2 }),
            "collections" => json!({ "name": "Visits" }),
            "fields" | "views" | "interests" if !path.contains("profile") => json!({ "name": "Another" }),
            "interests" => json!({ "interests": ["Tea"] }),
            "profiles" => json!({ "profiles": [self.profile], "fields": { "Email": "lee@example.com" } }),
            "conditions" => json!({ "type": "Interest", "interest": self.interest }),
            "{collection}" | "subprofiles" => json!({ "Number": 3 }),
            _ => json!({}),
        }
    }
}
