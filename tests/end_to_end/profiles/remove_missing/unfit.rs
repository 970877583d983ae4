//! Files which are no complete list of their database, and imports with a failed row: nothing is removed.

use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};
use shared::import::Import;
use waybill::system::Options;

use super::super::Harbour;
use super::{removal, sorted};
use crate::copernica::get;
use crate::native::of_user;
use crate::native::site::{Reply, Site};
use crate::outbox;
use crate::stack::Stack;

/// A page as a server sends it in place of a file.
const PAGE: &str =
    "<!DOCTYPE html>\n<html>\n<head><title>Sign in</title></head>\n<body><p>Email, Name</p></body>\n</html>\n";

/// The status of an import, and its reasons in one text.
fn ended(import: &Value) -> (String, String) {
    let reasons = import["reasons"].as_array().into_iter().flatten().filter_map(Value::as_str);
    (import["status"].as_str().unwrap_or_default().to_owned(), reasons.collect::<Vec<_>>().join("; "))
}

impl Harbour {
    /// Uploads a file straight to S3, so that the parser is the first to read the file, and returns the import at its end.
    async fn upload(&self, file: &str, options: &Value) -> anyhow::Result<Value> {
        let mut asked = options.clone();
        (asked["type"], asked["database"]) = (json!("ProfileImport"), json!(self.database));
        let id = self.stack.upload_as(file.as_bytes().to_vec(), asked).await?;
        self.stack.idle().await?;
        self.stack.native(id).await
    }
}

#[tokio::test]
async fn a_file_that_is_no_complete_list_loads_nothing_and_removes_nothing() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let people = harbour.people(&["ada@example.com", "bea@example.com", "cy@example.com", ""]).await?;
    let before = harbour.stored_records().await?;
    let limited = json!({ "remove_missing_share": 0.9 });
    let comma = json!({ "delimiter": "," });
    let none = json!({});
    for (name, file, others, status, said) in [
        ("empty", "\n", &none, "unsupported", "empty"),
        ("header only", "Email,Name\n", &none, "failed", "the file has no rows"),
        (
            "cut in mid-row",
            "Email,Name,City\nada@example.com,Ada,Delft\nbea@example.com,Be",
            &none,
            "failed",
            "ends within the row on line 3, which has 2 of 3 cells",
        ),
        (
            "cut in a cell",
            "Email,Name\nada@example.com,Ada\nbea@example.com,\"Be",
            &none,
            "failed",
            "ends within the row on line 3",
        ),
        (
            "wrong database",
            "Email,Name\nzoe@example.com,Zoe\nyan@example.com,Yan\n",
            &limited,
            "failed",
            "matches any of the 4 profiles",
        ),
        ("wrong delimiter", "Email;Name\nada@example.com;Ada\n", &comma, "unsupported", "Email"),
        ("a page", PAGE, &none, "unsupported", ""),
        ("a missing key column", "Name,City\nAda,Delft\nBea,Delft\n", &none, "unsupported", "Email"),
        (
            "all keys empty",
            "Email,Name\n,Ada\n\"\",Bea\n",
            &none,
            "failed",
            "no row of the file has a value in each key field",
        ),
        (
            "too many missing",
            "Email\nada@example.com\n",
            &json!({ "remove_missing_share": 0.5 }),
            "failed",
            "3 of the 4 profiles",
        ),
    ] {
        for action in ["update", "update or add", "ignore or add"] {
            let mut options = removal(others);
            options["action"] = json!(action);
            let import = harbour.upload(file, &options).await?;
            let (found, reasons) = ended(&import);
            assert_eq!(found, status, "{name}: {import}");
            assert!(reasons.contains(said), "{name}: {reasons}");
            harbour.is_untouched(&before).await.context(name)?;
            let shown = get(&harbour.stack, &format!("/import/{}", import["id"])).await?;
            assert_eq!(shown["status"], "failed", "{name}: {shown}");
            assert!(shown["lasterror"].as_str().is_some_and(|error| error.contains(said)), "{name}: {shown}");
            let counts = &import["counts"];
            assert!(
                counts["removed_missing"].as_u64().unwrap_or_default() == 0 && counts["created"] == 0,
                "{name}: {counts}"
            );
            // An import that came to nothing can be undone like any other.
            harbour.undo(&import).await?;
            harbour.is_untouched(&before).await.with_context(|| format!("{name}, undone"))?;
        }
    }
    assert_eq!(harbour.standing().await?, sorted(&people));
    crate::invariants::at_rest(&harbour.stack).await
}

#[tokio::test]
async fn a_page_from_an_address_removes_nothing() -> anyhow::Result<()> {
    let site = Site::open(|_, _| Reply::file(PAGE)).await?;
    let harbour = Harbour::on(Stack::with(Options { fetcher: site.fetcher(), ..Options::default() }).await?).await?;
    harbour.people(&["ada@example.com", "bea@example.com"]).await?;
    let before = harbour.stored_records().await?;
    let mut asked = removal(&json!({ "type": "ProfileImport", "database": harbour.database }));
    asked["location"] = json!("https://files.example.com/members.csv");
    let request = of_user(&harbour.stack, Method::POST, "/imports").json(&asked);
    let made = harbour.stack.answer(request).await?.expect(202)?;
    harbour.stack.idle().await?;
    let import = harbour.stack.native(made["id"].as_u64().unwrap_or_default()).await?;
    assert_eq!(import["status"], "unsupported", "{import}");
    harbour.is_untouched(&before).await
}

#[tokio::test]
async fn one_failed_row_keeps_everything_that_is_missing() -> anyhow::Result<()> {
    let harbour = Harbour::start(2).await?;
    let people = harbour.people(&["ada@example.com", "bea@example.com", "cy@example.com", "dan@example.com"]).await?;
    let before = harbour.workspace().await?;
    for (name, file, others) in [
        ("a value that cannot be read", "Email,Points\nada@example.com,many\nbea@example.com,2\n", json!({})),
        ("an empty key", "Email,Points\n,1\nada@example.com,1\nbea@example.com,2\n", json!({})),
        ("a row of another width", "Email,Points\nada@example.com,1,2,3\nbea@example.com,2\n", json!({})),
        ("an unknown number", "ID,Points\n7,1\n%,2\n", json!({ "key_fields": ["ID"], "action": "update or add" })),
    ] {
        let file = file.replace('%', &people[1].to_string());
        // The share counts for nothing, because nothing is removed.
        for share in [0.0, 1.0] {
            let mut options = removal(&others);
            options["remove_missing_share"] = json!(share);
            let import = harbour.upload(&file, &options).await?;
            let (status, reasons) = ended(&import);
            if share == 0.0 && status == "failed" {
                // All rows could be read, so the share forbade the load.
                assert!(reasons.contains("remove_missing_share"), "{name}: {reasons}");
                continue;
            }
            assert_eq!(status, "partially_complete", "{name}: {import}");
            assert!(
                reasons.contains("1 of") && reasons.contains("nothing was removed as missing"),
                "{name}: {reasons}"
            );
            assert_eq!((&import["counts"]["failed"], &import["counts"]["removed_missing"]), (&json!(1), &json!(0)));
            assert_eq!(harbour.standing().await?, sorted(&people), "{name}");
            let shown = get(&harbour.stack, &format!("/import/{}", import["id"])).await?;
            assert!(shown["lasterror"].as_str().is_some_and(|error| error.contains("nothing was removed")), "{shown}");
            harbour.undo(&import).await?;
            harbour.is_as(&before).await?;
        }
    }
    let abort = removal(&json!({ "on_error": "abort" }));
    let import = harbour.upload("Email,Points\nada@example.com,many\nbea@example.com,2\n", &abort).await?;
    assert_eq!(import["status"], "failed", "{import}");
    harbour.is_as(&before).await?;
    assert_eq!(harbour.standing().await?, sorted(&people));
    Ok(())
}

#[tokio::test]
async fn a_drop_removes_a_tenth_at_most_and_its_report_tells_why_nothing_was_removed() -> anyhow::Result<()> {
    let harbour = Harbour::start(1000).await?;
    let addresses: Vec<String> = (0..10).map(|n| format!("p{n}@example.com")).collect();
    let people = harbour.people(&addresses.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let files = &harbour.stack.system.services().files;
    let options = json!({ "database": "Harbour", "key_fields": "Email", "remove_missing": "true" }).to_string();
    for (name, from) in [("eight.csv", 2), ("nine.csv", 1)] {
        files.put(&format!("inbox/1/profiles/{name}.options.json"), options.clone().into()).await?;
        let file = format!("Email\n{}\n", addresses[from..].join("\n"));
        files.put(&format!("inbox/1/profiles/{name}"), file.into()).await?;
        harbour.stack.idle().await?;
    }
    let told: Vec<Value> = outbox::reports(&harbour.stack).await?.into_values().collect();
    let of = |name: &str| told.iter().find(|report| report["file_name"] == name).cloned().unwrap_or_default();
    let (refused, done) = (of("eight.csv"), of("nine.csv"));
    assert_eq!(refused["status"], "failed", "{refused}");
    assert!(refused["reasons"].to_string().contains("2 of the 10 profiles"), "{refused}");
    assert_eq!((&done["status"], &done["counts"]["removed_missing"]), (&json!("complete"), &json!(1)), "{done}");
    assert_eq!(harbour.standing().await?, sorted(&people[1..]));
    // The refused import holds up nobody.
    let import: Import = Import::find(
        harbour.stack.system.services(),
        shared::id::AccountId(1),
        shared::id::ImportId(refused["id"].as_u64().unwrap_or_default()),
    )
    .await?;
    assert!(import.is_sealed() && import.started_at.is_none());
    crate::invariants::at_rest(&harbour.stack).await
}
