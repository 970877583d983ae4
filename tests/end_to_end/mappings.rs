//! Tests of remembered mappings: which files are read by them, and which imports they rely on.

mod door;
mod drops;
mod races;

use anyhow::Context;
use reqwest::Method;
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};
use shared::store::Table;

use crate::dump::{Dump, differences};
use crate::files::TOGGL;
use crate::stack::Stack;

/// A table whose header fits no known format.
const TABLE: &str = "When,Took,Whose,What\n2026-03-02,90,Demo User,Tea\n2026-03-03,30,Demo User,Cake\n";

/// A mapping for the columns of [`TABLE`].
fn mapping() -> Value {
    json!({ "When": "date", "Took": "minutes", "Whose": "person", "What": "text" })
}

/// A second mapping for the same columns, with another meaning of the last column.
fn other_mapping() -> Value {
    json!({ "When": "date", "Took": "minutes", "Whose": "person", "What": "project" })
}

/// Uploads a file with the given options, waits for the end, and returns the import.
async fn imported(stack: &Stack, file: &str, asked: Value) -> anyhow::Result<Value> {
    let id = stack.upload_as(file.as_bytes().to_vec(), asked).await?;
    stack.idle().await?;
    stack.native(id).await
}

/// The sentences about remembered mappings among the evidence and the reasons.
fn said(import: &Value) -> String {
    let evidence = import["evidence"]["evidence"].as_array().into_iter().flatten();
    let all = evidence.chain(import["reasons"].as_array().into_iter().flatten()).filter_map(Value::as_str);
    all.filter(|said| said.contains("remembered for this header")).collect::<Vec<_>>().join("\n")
}

/// The import's status and format, and the import whose mapping was used.
fn told(import: &Value) -> Value {
    json!([import["status"], import["format"], import["mapping"]["remembered"]["import"]])
}

/// The entries of an import, reduced to the fields which two imports of the same file share.
async fn entries(stack: &Stack, id: &Value) -> anyhow::Result<Vec<Value>> {
    let mut entries = stack.pages(&format!("/v2/imports/{id}/entries")).await?;
    for entry in &mut entries {
        let kept = ["date", "minutes", "description", "billable", "user", "project", "tags"];
        *entry = json!(kept.map(|name| entry[name].clone()));
    }
    Ok(entries)
}

/// All remembered mappings, as stored items.
async fn memory(stack: &Stack) -> anyhow::Result<Dump> {
    let mut imports = stack.dump(Table::Imports).await?;
    imports.retain(|(pk, _), _| pk.ends_with("#mappings"));
    Ok(imports)
}

#[tokio::test]
async fn the_next_file_with_the_header_is_read_so_and_says_from_which_import() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    assert_eq!(told(&imported(&stack, TABLE, json!({})).await?), json!(["unsupported", null, null]));
    let first = imported(&stack, TABLE, json!({ "mapping": mapping() })).await?;
    assert_eq!(told(&first), json!(["complete", "table", null]));
    assert_eq!(first["mapping"], json!({ "columns": mapping(), "remembered": null }));

    // The file has another order of columns, another delimiter and other letter cases. A further file
    // has a column more.
    let turned = "took;WHEN;what;whose\n90;2026-03-02;Tea;Demo User\n30;2026-03-03;Cake;Demo User\n";
    let next = imported(&stack, turned, json!({})).await?;
    assert_eq!(told(&next), json!(["complete", "table", first["id"]]));
    assert_eq!(next["mapping"]["columns"], mapping());
    let since = first["completed_at"].as_str().context("no time")?;
    assert!(said(&next).contains(&format!("import {} was made with", first["id"])), "{next}");
    assert!(said(&next).contains(&format!("since {}; `mapping=none`", &since[..10])), "{next}");
    assert_eq!(entries(&stack, &next["id"]).await?, entries(&stack, &first["id"]).await?);
    let wider = TABLE.replace(",What\n", ",What,Room\n").replace("Tea", "Tea,1").replace("Cake", "Cake,2");
    assert_eq!(imported(&stack, &wider, json!({})).await?["status"], "unsupported");

    // Without a mapping the file is refused, and with another mapping this latest mapping is remembered.
    let none = imported(&stack, TABLE, json!({ "mapping": "none" })).await?;
    assert_eq!((told(&none), said(&none).as_str()), (json!(["unsupported", null, null]), ""));
    let other = imported(&stack, TABLE, json!({ "mapping": other_mapping() })).await?;
    assert_eq!((told(&other), said(&other).as_str()), (json!(["complete", "table", null]), ""));
    let latest = imported(&stack, TABLE, json!({})).await?;
    assert_eq!(told(&latest), json!(["complete", "table", other["id"]]));
    assert_eq!(latest["projects"], 0, "they are there");
    assert_eq!(entries(&stack, &latest["id"]).await?, entries(&stack, &other["id"]).await?);
    Ok(())
}

#[tokio::test]
async fn rows_are_told_to_be_there_already_whether_their_mapping_was_given_or_remembered() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    imported(&stack, TABLE, json!({ "mapping": mapping() })).await?;
    for asked in [json!({ "duplicates": "skip" }), json!({ "duplicates": "skip", "mapping": mapping() })] {
        let again = imported(&stack, TABLE, asked).await?;
        assert_eq!((&again["status"], &again["duplicates"]), (&json!("complete"), &json!(2)), "{again}");
    }
    let longer = format!("{TABLE}2026-03-04,5,Demo User,Milk\n");
    let longer = imported(&stack, &longer, json!({ "duplicates": "skip" })).await?;
    assert_eq!((&longer["duplicates"], &longer["counts"]["created"]), (&json!(2), &json!(1)));
    Ok(())
}

#[tokio::test]
async fn a_mapping_of_a_formats_own_header_is_remembered_too_until_somebody_wants_none() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let columns = json!({ "Start date": "date", "Duration": "duration", "Project": "client", "Email": "email" });
    let first = imported(&stack, TOGGL, json!({ "mapping": columns })).await?;
    let next = imported(&stack, TOGGL, json!({})).await?;
    assert_eq!(told(&next), json!(["complete", "table", first["id"]]));
    assert!(said(&next).contains("`mapping=none` reads the file without it, as toggl"), "{next}");
    for asked in [json!({ "mapping": "None" }), json!({ "format": "toggl" })] {
        let toggl = imported(&stack, TOGGL, asked).await?;
        assert_eq!((told(&toggl), &toggl["mapping"]), (json!(["complete", "toggl", null]), &Value::Null));
    }
    // Only the imports which were read by a remembered mapping support this mapping.
    stack.undo(first["id"].as_u64().context("no id")?).await?;
    stack.undo(next["id"].as_u64().context("no id")?).await?;
    assert_eq!(told(&imported(&stack, TOGGL, json!({})).await?), json!(["complete", "toggl", null]));
    Ok(())
}

#[tokio::test]
async fn an_undone_import_is_not_believed_unless_another_stands_and_all_is_as_before() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let tables = async || anyhow::Ok((stack.workspace().await?, memory(&stack).await?));
    let empty = tables().await?;
    let first = imported(&stack, TABLE, json!({ "mapping": mapping() })).await?["id"].as_u64().context("no id")?;
    let with_first = tables().await?;
    assert_eq!(with_first.1.len(), 1);
    let second =
        imported(&stack, TABLE, json!({ "mapping": other_mapping() })).await?["id"].as_u64().context("no id")?;
    stack.undo(second).await?;
    assert_eq!(differences(&tables().await?.0, &with_first.0), [""; 0]);
    assert_eq!(differences(&tables().await?.1, &with_first.1), [""; 0]);

    // An import which was read by the remembered mapping confirms the mapping, and is named in the evidence.
    let third = imported(&stack, TABLE, json!({})).await?;
    assert_eq!(told(&third), json!(["complete", "table", first]));
    stack.undo(first).await?;
    let fourth = imported(&stack, TABLE, json!({})).await?;
    assert!(said(&fourth).contains(&format!("(that one is undone, import {} stands)", third["id"])), "{fourth}");
    for id in [&third["id"], &fourth["id"]] {
        stack.undo(id.as_u64().context("no id")?).await?;
    }
    assert_eq!(differences(&tables().await?.0, &empty.0), [""; 0]);
    assert_eq!(differences(&tables().await?.1, &empty.1), [""; 0]);
    assert_eq!(imported(&stack, TABLE, json!({})).await?["status"], "unsupported");
    Ok(())
}

#[tokio::test]
async fn what_failed_or_was_cancelled_says_nothing() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    // Every row fails, because each row lacks its date.
    let bad = "When,Took,Whose,What\n,90,Demo User,Tea\n,30,Demo User,Cake\n";
    let failed = imported(&stack, bad, json!({ "mapping": mapping() })).await?;
    assert_eq!(failed["status"], "failed", "{failed}");
    assert!(memory(&stack).await?.is_empty());
    // In this file only some rows fail.
    let some = format!("{TABLE},30,Demo User,Milk\n");
    let partly = imported(&stack, &some, json!({ "mapping": mapping() })).await?;
    assert_eq!(partly["status"], "partially_complete", "{partly}");
    assert_eq!(memory(&stack).await?.len(), 1);
    stack.undo(partly["id"].as_u64().context("no id")?).await?;
    assert!(memory(&stack).await?.is_empty());
    // The file of this import never arrives.
    let asked = json!({ "upload": true, "file_size": 5, "mapping": mapping() });
    let request = stack.bare(Method::POST, "/api/v1/imports").header("Authorization", "Token demo").json(&asked);
    let made = stack.answer(request).await?.expect(201)?;
    let cancel = stack.bare(Method::POST, &format!("/api/v1/imports/{}/cancel", made["id"]));
    stack.answer(cancel.header("Authorization", "Token demo")).await?.expect(202)?;
    stack.idle().await?;
    assert!(memory(&stack).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_body_at_the_noko_door_is_read_by_what_is_remembered_and_refused_without() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    stack.import(TABLE.as_bytes(), &[("mapping", &mapping().to_string())]).await?;
    let next = stack.import(TABLE.as_bytes(), &[]).await?;
    assert_eq!(told(&stack.native(next).await?), json!(["complete", "table", 1]));
    let refused = stack.post(TABLE.as_bytes(), &[("mapping", "none")]).await?.expect(422)?;
    assert!(refused["errors"][0]["message"].as_str().is_some_and(|said| said.contains("fit no format")), "{refused}");
    // The file is read by the remembered mapping, and its cells have wrong values.
    let bad = TABLE.replace("90", "soon").replace("30", "late");
    let refused = stack.post(bad.as_bytes(), &[]).await?.expect(422)?;
    let message = refused["errors"][0]["message"].as_str().unwrap_or_default();
    assert!(message.contains("Took") && message.contains("that import 1 was made with, remembered"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn a_sheet_and_a_file_with_one_header_are_read_alike() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let first = imported(&stack, TABLE, json!({ "mapping": mapping() })).await?;
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Notes")?.write_row(0, 0, ["Remember", "the", "milk"])?;
    let sheet = book.add_worksheet();
    sheet.set_name("Hours")?.write(0, 0, "Hours of March")?;
    for (row, line) in (2..).zip(TABLE.lines()) {
        sheet.write_row(row, 0, line.split(','))?;
    }
    let id = stack.upload(book.save_to_buffer()?).await?;
    stack.idle().await?;
    let sheet = stack.native(id).await?;
    assert_eq!(told(&sheet), json!(["complete", "table", first["id"]]), "{sheet}");
    assert_eq!(entries(&stack, &sheet["id"]).await?, entries(&stack, &first["id"]).await?);
    Ok(())
}

#[tokio::test]
async fn no_account_reads_by_what_another_remembers() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    imported(&stack, TABLE, json!({ "mapping": mapping() })).await?;
    let part = reqwest::multipart::Part::bytes(TABLE.as_bytes().to_vec()).file_name("a.csv");
    let form = reqwest::multipart::Form::new().part("file", part);
    let other = stack.bare(Method::POST, "/v2/imports").header("X-NokoToken", waybill::system::OTHER_TOKEN);
    stack.answer(other.multipart(form)).await?.expect(422)?;
    Ok(())
}
