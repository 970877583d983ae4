//! Tests of the commands that export and delete an account.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::Method;
use serde_json::{Value, json};
use shared::store::Table;
use waybill::http_client;
use waybill::system::{Options, System};

use super::{fixture, json_of, waybill};

/// The number that the first account made by a command gets.
const ACCOUNT: &str = "3";

/// The items of all tables as texts by table, partition key and sort key, and the keys of all objects.
type Contents = (BTreeMap<(&'static str, String, String), String>, BTreeSet<String>);

async fn opened(data: &str, workers: usize) -> anyhow::Result<System> {
    System::start(Options { data: Some(data.into()), workers, ..Options::default() }).await
}

/// A value as a text in which the members of maps have an order.
fn spelt(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(map) => {
            let members: BTreeMap<_, _> = map.iter().map(|(name, value)| (name, spelt(value))).collect();
            format!("{members:?}")
        }
        AttributeValue::L(list) => format!("{:?}", list.iter().map(spelt).collect::<Vec<_>>()),
        value => format!("{value:?}"),
    }
}

async fn contents(data: &str) -> anyhow::Result<Contents> {
    let system = opened(data, 0).await?;
    let mut items = BTreeMap::new();
    for (table, name) in [(Table::Imports, "imports"), (Table::Workspace, "workspace"), (Table::Events, "events")] {
        for item in system.services().store.dump(table).await? {
            let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
            let key = (name, text("pk"), text("sk"));
            items.insert(key, spelt(&AttributeValue::M(item)));
        }
    }
    let list = system.s3().list_objects_v2().bucket(system.services().files.bucket()).send().await?;
    let objects = list.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect();
    system.shutdown().await;
    Ok((items, objects))
}

/// Sends a request with a JSON body, and returns the JSON of the answer, or null for an answer without JSON.
async fn sent(url: &str, token: &str, (method, path): (Method, &str), body: &Value) -> anyhow::Result<Value> {
    let client = http_client::loopback().build()?;
    let request = client.request(method, format!("{url}{path}")).bearer_auth(token).header("user-agent", "test");
    let answer = request.header("content-type", "application/json").body(body.to_string()).send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    ensure!(status.is_success(), "{path}: {status} {text}");
    Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// Fills an account with records of every kind: by imports, of which one is undone, by hand, and by a drop.
async fn fill(data: &str, token: &str) -> anyhow::Result<()> {
    let system = opened(data, 2).await?;
    let url = system.url();
    let post = |path: &'static str, body: Value| async move { sent(url, token, (Method::POST, path), &body).await };
    post("/v2/entries", json!({ "date": "2026-03-02", "minutes": 30, "description": "#mail" })).await?;
    post("/v2/projects", json!({ "name": "Orchard" })).await?;
    post("/v3/databases", json!({ "name": "Shop" })).await?;
    post("/v3/database/shop/fields", json!({ "name": "Email", "type": "email", "index": true })).await?;
    post("/v3/database/shop/interests", json!({ "name": "Tea" })).await?;
    post("/v3/database/shop/collections", json!({ "name": "Pets" })).await?;
    post("/v3/database/shop/views", json!({ "name": "All" })).await?;
    post("/v3/database/shop/profiles", json!({ "fields": { "Email": "robin@example.com" } })).await?;
    let import = json!({ "location": "https://files.example.com/hours.csv" });
    let schedule = json!({ "name": "Hours", "every": "P1D", "starts_at": "2099-01-01T00:00:00Z", "import": import });
    post("/api/v1/schedules", schedule).await?;
    let imports = [
        json!({ "type": "ProfileImport", "database": "shop", "action": "update or add", "key_fields": ["Email"],
                "source": [{ "Email": "robin@example.com", "interest.Tea": "yes" }, { "Email": "kim@example.com" }] }),
        json!({ "type": "ContactImport", "source": "Name,Email,Company\nAsh,ash@example.com,Quay\n" }),
        json!({ "mapping": { "Day": "date", "Who": "person", "Took": "minutes", "On": "project" },
                "autocreate_users": true,
                "source": "Day,Who,Took,On\n2026-03-05,Lee,30,Harbour\n2026-03-06,Lee,15,Harbour\n" }),
    ];
    for body in imports {
        post("/api/v1/imports", body).await?;
    }
    let drop = system.s3().put_object().bucket(system.services().files.bucket());
    let bytes = std::fs::read(fixture("toggl.csv"))?;
    drop.key(format!("inbox/{ACCOUNT}/toggl/times.csv")).body(bytes.into()).send().await?;
    let settled = async |count: usize| -> anyhow::Result<()> {
        for _ in 0..300 {
            let list = sent(url, token, (Method::GET, "/api/v1/imports?per_page=100"), &Value::Null).await?;
            let words: Vec<&str> = list["records"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|import| import["status"].as_str())
                .collect();
            if words.len() == count
                && words.iter().all(|word| ["complete", "partially_complete", "rolled_back"].contains(word))
            {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        anyhow::bail!("the imports have not ended after 30 s")
    };
    settled(4).await?;
    post("/api/v1/imports/1/revert", json!({})).await?;
    settled(4).await?;
    // The report of the drop is written behind the end of its import.
    let files = &system.services().files;
    for _ in 0..300 {
        if !files.keys_below("outbox/").await?.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    system.shutdown().await;
    Ok(())
}

#[test]
fn an_account_is_exported_and_deleted_as_if_it_had_never_been() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("state");
    let data = data.to_str().context("a path of text")?;
    let file = fixture("toggl.csv");
    let file = file.to_str().context("a path of text")?;
    // The first account keeps its data.
    ensure!(waybill(&["import", file, "--data", data])?.status.success());
    let before = runtime.block_on(contents(data))?;

    let at = ["--data", data, "--json"];
    json_of(&[&["account", "create", "--name", "North", "--email", "kim@example.com"][..], &at].concat())?;
    let scopes = ["--scopes", "import,workspace,contacts,profiles"];
    let create = ["token", "create", "--account", ACCOUNT, "--name", "Filling"];
    let token = json_of(&[&create[..], &scopes, &at].concat())?["token"].as_str().context("a token")?.to_owned();
    runtime.block_on(fill(data, &token))?;
    let filled = runtime.block_on(contents(data))?;

    let to = folder.path().join("export");
    let target = to.to_str().context("a path of text")?;
    let export = ["account", "export", "--account", ACCOUNT, "--to", target, "--data", data];
    let said = waybill(&export)?;
    ensure!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let of_account = |name: &str| exported(&to, name);
    for table in ["imports", "workspace", "events"] {
        let own = filled.0.iter().filter(|(key, item)| key.0 == table && before.0.get(key) != Some(item));
        let mut own: BTreeSet<_> = own.map(|(key, _)| (key.1.clone(), key.2.clone())).collect();
        own.remove(&("accounts".to_owned(), "last".to_owned()));
        assert_eq!(of_account(table)?, own, "{table}");
    }
    let objects = filled.1.difference(&before.1);
    for key in objects {
        ensure!(to.join("objects").join(key).is_file(), "{key} is missing in the export");
    }
    assert_eq!(std::fs::read(to.join("objects/inbox/3/toggl/times.csv"))?, std::fs::read(file)?);
    let again = waybill(&export)?;
    ensure!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("is not empty"));

    let delete = |name: &str| waybill(&["account", "delete", "--account", ACCOUNT, "--name", name, "--data", data]);
    let said = delete("South")?;
    ensure!(!said.status.success() && String::from_utf8_lossy(&said.stderr).contains("is called \"North\""));
    assert_eq!(runtime.block_on(contents(data))?, filled);
    let said = delete("North")?;
    ensure!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    let after = runtime.block_on(contents(data))?;
    let without_number = |contents: &Contents| {
        let mut items = contents.0.clone();
        items.remove(&("imports", "accounts".to_owned(), "last".to_owned()));
        (items, contents.1.clone())
    };
    assert_eq!(without_number(&after), without_number(&before));
    // A second run finds nothing, and the number is not given again.
    let said = delete("North")?;
    ensure!(String::from_utf8_lossy(&said.stdout).contains("0 items and 0 objects"));
    let made = json_of(&[&["account", "create", "--name", "East", "--email", "lee@example.com"][..], &at].concat())?;
    assert_eq!(made["account"], 4);
    Ok(())
}

/// The keys of the items in the export of a table.
fn exported(to: &Path, table: &str) -> anyhow::Result<BTreeSet<(String, String)>> {
    let text = std::fs::read_to_string(to.join(format!("{table}.json")))?;
    let keys = text.lines().map(|line| {
        let item: Value = serde_json::from_str(line)?;
        let text = |name: &str| item["Item"][name]["S"].as_str().map(str::to_owned).context("an item without a key");
        Ok((text("pk")?, text("sk")?))
    });
    keys.collect()
}

#[test]
fn an_account_with_an_import_under_way_is_not_deleted() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("state");
    let data = data.to_str().context("a path of text")?;
    let post = async {
        let system = opened(data, 2).await?;
        let body = json!({ "upload": true, "file_size": 9, "file_name": "March.csv" });
        let made = sent(system.url(), "demo", (Method::POST, "/api/v1/imports"), &body).await;
        system.shutdown().await;
        made
    };
    runtime.block_on(post)?;
    // Each start of the service looks at the imports that wait, and notes how often.
    let unwatched = || -> anyhow::Result<Contents> {
        let (mut items, objects) = runtime.block_on(contents(data))?;
        items.retain(|(_, _, sk), _| sk != "watch");
        Ok((items, objects))
    };
    let before = unwatched()?;
    let said = waybill(&["account", "delete", "--account", "1", "--name", "Demo", "--data", data])?;
    let error = String::from_utf8_lossy(&said.stderr).into_owned();
    ensure!(!said.status.success() && error.contains("1 imports under way (numbers 1)"), "{error}");
    assert_eq!(unwatched()?, before);
    Ok(())
}
