//! Tests of the ways in which a file comes, and of the options, which are the same in each way.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::{outcome, page, send};
use crate::files::{FRECKLE, TOGGL};
use crate::stack::{Answer, Stack};

fn part(file: impl Into<Vec<u8>>) -> Part {
    Part::bytes(file.into()).file_name("March.csv")
}

async fn post(stack: &Stack, form: Form) -> anyhow::Result<Answer> {
    let request = stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo");
    stack.answer(request.multipart(form)).await
}

/// The fields that an answer names as wrong.
fn fields(answer: &Value) -> Vec<&str> {
    answer["errors"].as_object().map(|errors| errors.keys().map(String::as_str).collect()).unwrap_or_default()
}

#[tokio::test]
async fn a_file_comes_by_multipart_with_fields_before_and_behind() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let form = Form::new().text("note", "the first quarter").part("file", part(TOGGL)).text("format", "toggl");
    let form = form.text("type", "TimeEntryImport").text("import_tags", "false").text("fallback_user", "null");
    let answer = post(&stack, form).await?;
    let made = answer.expect(202)?;
    let url = format!("{}/api/v1/imports/1", stack.system.url());
    assert_eq!(answer.headers["location"], url.as_str());
    let seen = ["id", "type", "status", "file_name", "note", "url"].map(|name| made[name].clone());
    let said = [
        json!(1),
        json!("TimeEntryImport"),
        json!("queued"),
        json!("March.csv"),
        json!("the first quarter"),
        json!(url),
    ];
    assert_eq!(seen, said, "{made}");
    stack.idle().await?;
    let import = stack.native(1).await?;
    assert_eq!(
        (&import["status"], &import["tags"], &import["note"]),
        (&json!("complete"), &json!(0), &json!("the first quarter"))
    );
    assert_eq!(page(&stack, "").await?["records"][0]["note"], "the first quarter");
    let named = Form::new().part("file", Part::bytes(FRECKLE.as_bytes().to_vec())).text("name", "../../Mai.csv");
    let named = post(&stack, named).await?.expect(202)?;
    assert_eq!((&named["file_name"], &named["note"]), (&json!("Mai.csv"), &Value::Null));
    Ok(())
}

#[tokio::test]
async fn a_multipart_body_has_exactly_one_file() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let file = || Form::new().part("file", part(TOGGL));
    for (form, field, status) in [
        (file().part("file", part(TOGGL)), "file", 400),
        (Form::new().text("note", "x"), "file", 400),
        (Form::new().part("file", part("")), "file", 400),
        (file().text("location", "https://files.example.com/a.csv"), "location", 400),
        (file().text("upload", "true"), "upload", 400),
        (file().text("note", "a").text("note", "b"), "note", 400),
        (file().text("type", "PetImport"), "type", 400),
        (file().text("type", "ProfileImport"), "database", 400),
        (file().text("colour", "red"), "colour", 400),
        (file().text("key_fields", "email"), "key_fields", 400),
        (file().text("dry_run", "true"), "dry_run", 400),
        (file().text("date_order", "sideways"), "date_order", 400),
        (file().text("autostart", "perhaps"), "autostart", 400),
        (file().text("fallback_user", "99"), "fallback_user", 422),
        (file().text("delimiter", ";"), "delimiter", 422),
        (Form::new().part("file", part("name,colour\nrose,red\n")), "file", 422),
    ] {
        let answer = post(&stack, form).await?.expect(status)?;
        assert_eq!(fields(&answer), [field], "{answer}");
    }
    // Nothing was made of them.
    assert_eq!(page(&stack, "").await?["records"], json!([]));
    let large = post(&stack, Form::new().part("file", part(vec![b'x'; 5 << 20]))).await?.expect(413)?;
    let told = large["detail"].as_str().unwrap_or_default();
    assert!(told.contains("upload") && told.contains("location") && large["title"].is_string(), "{large}");
    let broken = stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo");
    let broken = broken.header("Content-Type", "multipart/form-data").body("--x");
    assert_eq!(fields(&stack.answer(broken).await?.expect(400)?), ["body"]);
    Ok(())
}

#[tokio::test]
async fn rows_come_as_text_or_as_an_array_of_objects() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let text = json!({ "source": TOGGL, "note": null, "duplicates": "create" });
    assert_eq!(send(&stack, "/imports", &text).await?.expect(202)?["file_name"], "source.csv");
    let rows = json!([
        { "date": "2026-03-05", "person": "Demo User", "hours": 1.5, "description": "Draw #design", "project": "Website" },
        { "date": "2026-03-06", "person": "Demo User", "hours": "2", "description": null, "project": "Website" },
        { "date": "2026-03-07", "person": "Demo User", "hours": { "amount": 2 }, "project": "Website" },
        {},
        { "date": "2026-03-32", "person": "Demo User", "hours": 1, "description": "", "project": "Website", "todo": "" },
        { "date": "2026-03-09", "person": "Demo User", "hours": 0.25, "list": "", "company": "Orchard" },
    ]);
    let made = send(&stack, "/imports", &json!({ "source": rows, "format": "basecamp" })).await?.expect(202)?;
    assert_eq!(made["file_name"], "source.json");
    stack.idle().await?;
    assert_eq!(outcome(&stack, 1).await?, ("complete".to_owned(), 5));
    let import = stack.native(2).await?;
    let counts = ["created", "failed", "pending"].map(|outcome| import["counts"][outcome].clone());
    assert_eq!((&import["status"], counts), (&json!("partially_complete"), [json!(3), json!(3), json!(0)]), "{import}");
    let errors: Vec<_> = import["errors"].as_array().into_iter().flatten().cloned().collect();
    let shown = |n: usize, names: [&str; 3]| names.map(|name| errors[n][name].clone());
    assert_eq!(shown(0, ["row", "column", "code"]), [json!(3), json!("hours"), json!("nested_value")], "{errors:?}");
    assert_eq!(shown(1, ["row", "column", "code"]), [json!(4), json!(""), json!("missing")], "{errors:?}");
    assert_eq!(shown(2, ["row", "column", "code"]), [json!(5), json!("date"), json!("invalid_date")], "{errors:?}");
    // The array is stored as it came.
    let services = stack.system.services();
    let source = super::stored(&stack, 2).await?.source.ok_or_else(|| anyhow::anyhow!("no source"))?;
    assert_eq!(serde_json::from_slice::<Value>(&services.files.range(&source, 0..source.size).await?)?, rows);
    let before = stack.workspace().await?;
    // Every way gives the same import.
    for (file, options) in [(rows.to_string(), json!({ "format": "basecamp" })), (TOGGL.to_owned(), json!({}))] {
        stack.upload_as(file.into_bytes(), options).await?;
        stack.idle().await?;
    }
    assert_eq!(outcome(&stack, 3).await?, ("partially_complete".to_owned(), 3));
    for id in [3, 4] {
        stack.undo(id).await?;
    }
    assert_eq!(crate::dump::differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn wrong_json_names_the_field() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    for (body, status, wrong) in [
        (json!({}), 400, vec!["location", "source", "upload"]),
        (json!({ "upload": false, "source": null }), 400, vec!["location", "source", "upload"]),
        (json!({ "source": TOGGL, "location": "https://files.example.com/" }), 400, vec!["location", "source"]),
        (json!({ "source": TOGGL, "upload": true }), 400, vec!["source", "upload"]),
        (json!({ "source": "" }), 400, vec!["source"]),
        (json!({ "source": [] }), 400, vec!["source"]),
        (json!({ "source": [["a"], ["b"]] }), 400, vec!["source"]),
        (json!({ "source": { "a": 1 } }), 400, vec!["source"]),
        (json!({ "source": 7 }), 400, vec!["source"]),
        (json!({ "source": TOGGL, "file_size": 3 }), 400, vec!["file_size"]),
        (json!({ "source": [{ "name": "rose" }] }), 422, vec!["source"]),
        (
            json!({ "source": [{ "a": 1, "b": 2 }], "colour": 1, "type": 3, "note": [] }),
            400,
            vec!["colour", "note", "type"],
        ),
        (json!({ "location": 1 }), 400, vec!["location"]),
        (json!({ "location": "files.example.com/a.csv" }), 400, vec!["location"]),
        (json!({ "location": "http://files.example.com/a.csv" }), 422, vec!["location"]),
        (json!({ "location": "https://user:secret@files.example.com/a.csv" }), 422, vec!["location"]),
        (json!({ "location": "https://0x7f.1/a.csv" }), 422, vec!["location"]),
        (json!({ "upload": "yes", "file_size": 3 }), 400, vec!["upload"]),
        (json!({ "upload": true }), 400, vec!["file_size"]),
        (json!({ "upload": true, "file_size": 0 }), 400, vec!["file_size"]),
        (json!({ "upload": true, "file_size": -1 }), 400, vec!["file_size"]),
        (json!({ "upload": true, "file_size": 3, "fallback_user": 99 }), 422, vec!["fallback_user"]),
        (json!([1]), 400, vec!["body"]),
    ] {
        let answer = send(&stack, "/imports", &body).await?.expect(status)?;
        assert_eq!(fields(&answer), wrong, "{body}: {answer}");
        assert!(!answer.to_string().contains("secret"), "{answer}");
    }
    let raw = |text: &str| {
        let request = stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo");
        request.header("Content-Type", "application/json; charset=utf-8").body(text.to_owned())
    };
    let twice = stack.answer(raw(r#"{"source": "a", "note": "x", "note": "y"}"#)).await?.expect(400)?;
    assert_eq!(fields(&twice), ["note"]);
    assert_eq!(fields(&stack.answer(raw("{")).await?.expect(400)?), ["body"]);
    stack.answer(raw(&json!({ "source": "x".repeat(5 << 20) }).to_string())).await?.expect(413)?;
    let plain = stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo");
    stack.answer(plain.header("Content-Type", "text/csv").body(TOGGL)).await?.expect(415)?;
    assert_eq!(page(&stack, "").await?["records"], json!([]));
    Ok(())
}

#[tokio::test]
async fn a_dropped_file_has_a_note_and_starts_by_itself() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let put = |name: &str| {
        let key = format!("inbox/1/auto/{name}");
        stack.system.s3().put_object().bucket(stack.system.services().files.bucket()).key(key)
    };
    let json = json!([{ "date": "2026-03-05", "person": "Demo User", "minutes": 30, "description": "x" }]).to_string();
    put("rows.json").body(json.into_bytes().into()).metadata("note", "by night").send().await?;
    stack.idle().await?;
    let import = stack.native(1).await?;
    assert_eq!((&import["status"], &import["note"]), (&json!("complete"), &json!("by night")), "{import}");
    put("held.csv").body(TOGGL.as_bytes().to_vec().into()).metadata("autostart", "false").send().await?;
    stack.idle().await?;
    assert_eq!(page(&stack, "").await?["records"].as_array().map(Vec::len), Some(1));
    Ok(())
}
