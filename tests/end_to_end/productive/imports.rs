//! Imports from the first request to the last: made, changed, run within the request or through the queue, and reverted.

use reqwest::Method;
use serde_json::{Value, json};

use super::{companies, contacts, errors, get, import_data, made, resource, run, send, tables};
use crate::dump::differences;
use crate::stack::Stack;

fn rows() -> Value {
    json!({
        "company": [{ "name": "Quay" }],
        "person": [
            { "Company": "Quay", "First Name": "Robin", "Last Name": "Example", "Email": "robin@example.com", "Title": "Cook" },
            { "company": "quay", "first_name": "Kim", "E mail": null, "email": "KIM@example.com" },
        ]
    })
}

fn good_rows() -> Value {
    let mut rows = rows();
    rows["person"][1].as_object_mut().expect("an object").remove("E mail");
    rows
}

#[tokio::test]
async fn an_import_is_made_run_and_reverted() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let before = stack.workspace().await?;
    let id = made(&stack, &good_rows()).await?;
    assert!(contacts(&stack).await?.is_empty() && companies(&stack).await?.is_empty());
    let done = send(&stack, Method::POST, &format!("/imports/{id}/import"), &Value::Null).await?.expect(200)?;
    let attributes = &done["data"]["attributes"];
    assert!(attributes["started_at"].is_string() && attributes["processed_at"].is_string(), "{attributes}");
    assert_eq!(contacts(&stack).await?, ["Robin Example", "Kim"]);
    assert_eq!(companies(&stack).await?, ["Quay"]);
    let people = super::all(&stack, "/people?filter[email]=kim@EXAMPLE.com&include=company").await?;
    assert_eq!(people[0]["attributes"]["email"], "KIM@example.com");

    let undone = send(&stack, Method::PATCH, &format!("/imports/{id}/revert"), &Value::Null).await?.expect(200)?;
    assert!(undone["data"]["attributes"]["reverted_at"].is_string(), "{undone:#}");
    assert!(undone["data"]["attributes"]["processed_at"].is_string(), "{undone:#}");
    assert!(undone["meta"]["kept"].is_null());
    assert!(contacts(&stack).await?.is_empty() && companies(&stack).await?.is_empty());
    stack.idle().await?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn rows_in_the_body_of_a_run_replace_those_of_the_import() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let id = made(&stack, &good_rows()).await?;
    let other = import_data(
        &json!({ "person": [{ "company": "Dock", "first_name": "Sam" }], "company": [{ "name": "Dock" }] }),
    );
    send(&stack, Method::POST, &format!("/imports/{id}/import"), &other).await?.expect(200)?;
    assert_eq!((contacts(&stack).await?, companies(&stack).await?), (vec!["Sam".to_owned()], vec!["Dock".to_owned()]));
    Ok(())
}

#[tokio::test]
async fn a_change_replaces_the_rows_until_the_import_is_run() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let id = made(&stack, &good_rows()).await?;
    let path = format!("/imports/{id}");
    let changed = resource(
        "imports",
        &json!({
            "import_data": json!({ "company": [{ "name": "Pier" }] }).to_string(),
            "import_model_id": 7, "sample": true,
        }),
    );
    let attributes = send(&stack, Method::PATCH, &path, &changed).await?.expect(200)?["data"]["attributes"].clone();
    assert_eq!((&attributes["import_model_id"], &attributes["sample"]), (&json!(7), &json!(true)));
    // A client may send the changed attribute alone, which leaves the rows.
    let sample = resource("imports", &json!({ "sample": false }));
    let attributes = send(&stack, Method::PATCH, &path, &sample).await?.expect(200)?["data"]["attributes"].clone();
    assert_eq!((&attributes["import_model_id"], &attributes["sample"]), (&json!(7), &json!(false)));
    let nothing = send(&stack, Method::PATCH, &path, &resource("imports", &json!({}))).await?;
    nothing.expect(422)?;
    assert_eq!(errors(&nothing)[0].1, "can't be blank");
    // The vendor's client library sends an empty object for an action without arguments.
    send(&stack, Method::POST, &format!("{path}/import"), &json!({})).await?.expect(200)?;
    assert_eq!(companies(&stack).await?, ["Pier"]);
    let late = send(&stack, Method::PATCH, &path, &changed).await?;
    late.expect(409)?;
    assert_eq!(errors(&late)[0].0, "import_already_processed");
    Ok(())
}

#[tokio::test]
async fn more_rows_than_a_chunk_go_through_the_queue() -> anyhow::Result<()> {
    let stack = Stack::start(3).await?;
    let people: Vec<Value> = (0..10)
        .map(|at| json!({ "company": "Quay", "first_name": format!("P{at}"), "email": format!("p{at}@example.com") }))
        .collect();
    let id = run(&stack, &json!({ "company": [{ "name": "Quay" }], "person": people })).await?;
    assert_eq!(contacts(&stack).await?.len(), 10);
    send(&stack, Method::PATCH, &format!("/imports/{id}/revert"), &Value::Null).await?.expect(200)?;
    stack.idle().await?;
    let import = get(&stack, &format!("/imports/{id}")).await?.expect(200)?;
    assert!(import["data"]["attributes"]["reverted_at"].is_string());
    assert!(contacts(&stack).await?.is_empty() && companies(&stack).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn an_address_taken_since_the_import_was_made_is_told_and_nothing_is_written() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let id = made(&stack, &good_rows()).await?;
    run(&stack, &json!({ "company": [{ "name": "Dock" }], "person": [{ "company": "Dock", "first_name": "Sam", "email": "Robin@example.com" }] }))
        .await?;
    let before = tables(&stack).await?;
    let refused = send(&stack, Method::POST, &format!("/imports/{id}/import"), &Value::Null).await?;
    refused.expect(422)?;
    let row = json!({ "row": 1, "column": "email", "messages": ["Email has already been taken"] });
    assert_eq!(errors(&refused), [("invalid_attribute".to_owned(), json!({ "company": [], "person": [row] }))]);
    let after = tables(&stack).await?;
    for (after, before) in after.iter().zip(&before) {
        assert_eq!(differences(after, before), [""; 0]);
    }
    // The import is not processed, and can still be changed and run.
    let good = import_data(&json!({ "person": [{ "company": "Dock", "first_name": "Kim" }] }));
    send(&stack, Method::PATCH, &format!("/imports/{id}"), &good).await?.expect(200)?;
    send(&stack, Method::POST, &format!("/imports/{id}/import"), &Value::Null).await?.expect(200)?;
    assert_eq!(contacts(&stack).await?.len(), 2);
    Ok(())
}

#[tokio::test]
async fn people_who_were_edited_since_stay_with_their_company_and_are_counted() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let id = run(&stack, &good_rows()).await?;
    let people = super::all(&stack, "/people?filter[email]=robin@example.com").await?;
    let robin = people[0]["id"].as_str().unwrap_or_default().to_owned();
    let edit = resource("people", &json!({ "title": "Chef" }));
    send(&stack, Method::PATCH, &format!("/people/{robin}"), &edit).await?.expect(200)?;
    let undone = send(&stack, Method::PATCH, &format!("/imports/{id}/revert"), &Value::Null).await?.expect(200)?;
    assert_eq!(undone["meta"]["kept"], 1, "{undone:#}");
    stack.idle().await?;
    assert_eq!(
        (contacts(&stack).await?, companies(&stack).await?),
        (vec!["Robin Example".to_owned()], vec!["Quay".to_owned()])
    );
    // Whoever deletes the last person of the company removes the company, whose maker is undone.
    send(&stack, Method::DELETE, &format!("/people/{robin}"), &Value::Null).await?.expect(204)?;
    assert!(contacts(&stack).await?.is_empty());
    assert!(companies(&stack).await?.is_empty());
    assert_eq!(get(&stack, "/people").await?.expect(200)?["meta"]["total_count"], 1);
    Ok(())
}

#[tokio::test]
async fn the_same_key_makes_one_import() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let body = import_data(&good_rows());
    let ask = |body: &Value| {
        let request = super::asking(&stack, Method::POST, "/imports", body).header("Idempotency-Key", "once");
        super::sent(&stack, request)
    };
    let (first, second) = (ask(&body).await?.expect(201)?, ask(&body).await?.expect(201)?);
    assert_eq!(first["data"]["id"], second["data"]["id"]);
    let other = ask(&import_data(&json!({ "company": [{ "name": "Other" }] }))).await?;
    other.expect(400)?;
    assert_eq!(errors(&other)[0].0, "invalid_idempotency_key");
    assert_eq!(get(&stack, "/imports").await?.expect(200)?["meta"]["total_count"], 1);
    Ok(())
}

#[tokio::test]
async fn an_import_of_another_door_is_shown_and_reverted_here() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    stack.import(crate::files::TOGGL.as_bytes(), &[]).await?;
    let source = "company,first name,email\nQuay,Robin,robin@example.com\n,Nameless,bad address\n";
    let body = json!({ "type": "ContactImport", "source": source });
    let request = stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo").json(&body);
    let id = stack.answer(request).await?.expect(202)?["id"].to_string();
    stack.idle().await?;
    let list = get(&stack, "/imports").await?.expect(200)?;
    assert_eq!(super::ids(list["data"].as_array().map(Vec::as_slice).unwrap_or_default()), [id.as_str()]);
    let attributes = &list["data"][0]["attributes"];
    assert!(attributes["sample"].is_null() && attributes["processed_at"].is_string(), "{attributes}");
    // The import of time entries is none of this door.
    get(&stack, "/imports/1").await?.expect(404)?;
    send(&stack, Method::PATCH, &format!("/imports/{id}/revert"), &Value::Null).await?.expect(200)?;
    assert!(contacts(&stack).await?.is_empty());
    Ok(())
}
