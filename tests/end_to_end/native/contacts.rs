//! Tests of imports of contacts through the native door: the ways in which files come, the outcome of each row, rows that
//! stand already, mappings, and the undo.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};
use shared::store::Table;
use waybill::system::Options;

use super::location::URL;
use super::site::{Reply, Site};
use super::{get, of_user, scan_all, send};
use crate::dump::{Dump, differences};
use crate::files::TOGGL;
use crate::stack::{Answer, Stack};

/// Seven rows: three people with all that a row may say, a person known by an address alone, and three errors.
const CONTACTS: &str = include_str!("../fixtures/contacts.csv");

async fn post(stack: &Stack, file: &[u8], fields: &[(&'static str, &'static str)]) -> anyhow::Result<Answer> {
    let form = Form::new().part("file", Part::bytes(file.to_vec()).file_name("people.csv"));
    let form = fields.iter().fold(form, |form, (name, value)| form.text(*name, *value));
    stack.answer(of_user(stack, Method::POST, "/imports").multipart(form)).await
}

/// Imports a file of contacts with further options, waits for the end, and returns the import.
async fn imported(stack: &Stack, file: &[u8], fields: &[(&'static str, &'static str)]) -> anyhow::Result<Value> {
    let fields = [&[("type", "ContactImport")], fields].concat();
    let made = post(stack, file, &fields).await?.expect(202)?;
    stack.idle().await?;
    stack.native(made["id"].as_u64().unwrap_or_default()).await
}

/// The outcome of each row, with the code and the column of an error.
async fn outcomes(stack: &Stack, id: &Value) -> anyhow::Result<Vec<Value>> {
    let rows = scan_all(stack, &format!("/imports/{id}/results"), "", 2).await?;
    Ok(rows.iter().map(|row| json!([row["outcome"], row["code"], row["column"]])).collect())
}

/// The records of an import as name, address, company and labels.
async fn people(stack: &Stack, id: &Value) -> anyhow::Result<Vec<Value>> {
    let records = scan_all(stack, &format!("/imports/{id}/records"), "", 2).await?;
    Ok(records
        .iter()
        .map(|record| json!([record["first_name"], record["last_name"], record["email"], record["tag_list"]]))
        .collect())
}

#[tokio::test]
async fn each_row_of_a_file_of_contacts_is_accounted_for_and_the_undo_leaves_nothing() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let before = stack.workspace().await?;
    let import = imported(&stack, CONTACTS.as_bytes(), &[]).await?;
    assert_eq!(
        json!([import["type"], import["status"], import["format"], import["rows"], import["companies"]]),
        json!(["ContactImport", "partially_complete", null, 7, 2]),
        "{import}"
    );
    let (none, id) = (Value::Null, &import["id"]);
    assert_eq!(
        outcomes(&stack, id).await?,
        [
            json!(["created", none, none]),
            json!(["created", none, none]),
            json!(["created", none, none]),
            json!(["created", none, none]),
            json!(["failed", "missing", none]),
            json!(["failed", "invalid_email", "Email"]),
            json!(["failed", "taken", "email"]),
        ]
    );
    assert_eq!(
        people(&stack, id).await?,
        [
            json!(["Robin", "Quay", "robin@example.com", ["North", "Night"]]),
            json!(["Kim", "van der Brook", "Kim@Example.com", []]),
            json!(["Lee", none, none, []]),
            json!([none, none, "mo@example.com", []]),
        ]
    );
    let records = get(&stack, &format!("/imports/{id}/records")).await?.expect(200)?;
    let first = &records["records"][0];
    assert_eq!(
        json!([first["type"], first["state"], first["title"], first["custom_fields"]]),
        json!(["person", "imported", "Gardener", { "Role": "Staff", "Send Invitation": "Yes" }])
    );
    assert_eq!(first["company_id"], records["records"][1]["company_id"], "one company, whatever its case");
    let causes = get(&stack, &format!("/imports/{id}/errors")).await?.expect(200)?;
    assert_eq!(causes["failed"], 3, "{causes}");
    let said = import["evidence"]["evidence"].to_string();
    assert!(said.contains("each row is a person") && said.contains("kept with each person"), "{said}");
    stack.revert(import["id"].as_u64().unwrap_or_default()).await?;
    assert_eq!(differences(&before, &stack.workspace().await?), Vec::<String>::new());
    assert_eq!(people(&stack, id).await?, Vec::<Value>::new());
    Ok(())
}

#[tokio::test]
async fn a_second_import_of_a_file_loads_nobody_twice() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let first = imported(&stack, CONTACTS.as_bytes(), &[("duplicates", "skip")]).await?;
    assert_eq!(json!([first["counts"]["created"], first["counts"]["skipped"]]), json!([4, 1]), "{first}");
    let once = stack.workspace().await?;
    let second = imported(&stack, CONTACTS.as_bytes(), &[("duplicates", "skip")]).await?;
    assert_eq!(
        json!([
            second["counts"]["created"],
            second["counts"]["skipped"],
            second["counts"]["failed"],
            second["duplicates"]
        ]),
        json!([0, 5, 2, 5]),
        "{second}"
    );
    // Nobody is made, and no company gets a further reference. Each import refers to its user.
    let others = |dump: Dump| Dump::from_iter(dump.into_iter().filter(|((pk, _), _)| !pk.contains("user")));
    assert_eq!(differences(&others(once), &others(stack.workspace().await?)), Vec::<String>::new());
    let third = imported(&stack, CONTACTS.as_bytes(), &[]).await?;
    let taken = outcomes(&stack, &third["id"]).await?;
    assert_eq!(taken[0], json!(["failed", "taken", "email"]));
    // Without an address, a second person of the name is made unless the caller says otherwise.
    assert_eq!(taken[2], json!(["created", null, null]));
    // People of an undone import do not stand.
    for id in [3, 1] {
        stack.revert(id).await?;
    }
    let again = imported(&stack, CONTACTS.as_bytes(), &[("duplicates", "skip")]).await?;
    assert_eq!(again["counts"]["created"], 4, "{again}");
    Ok(())
}

#[tokio::test]
async fn a_name_stands_only_with_its_company() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let file = "Name,Company\nLee Ash,Alder\nLee Ash,Birch\nLee Ash,\n";
    let first = imported(&stack, file.as_bytes(), &[("duplicates", "skip")]).await?;
    assert_eq!(first["counts"]["created"], 3, "{first}");
    let file = "Name,Company\nLEE  ASH,alder\nLee Ash,Cedar\nLee Ash,\nLee Oak,Alder\n";
    let second = imported(&stack, file.as_bytes(), &[("duplicates", "skip")]).await?;
    let (there, new) = (json!(["skipped", "already_there", null]), json!(["created", null, null]));
    assert_eq!(outcomes(&stack, &second["id"]).await?, [there.clone(), new.clone(), there, new]);
    Ok(())
}

#[tokio::test]
async fn contacts_come_as_a_spreadsheet_as_rows_and_as_companies() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let mut book = Workbook::new();
    let notes = book.add_worksheet();
    notes.set_name("Notes")?.write_string(0, 0, "Spring list")?;
    let sheet = book.add_worksheet();
    for (row, cells) in [["Name", "E-mail", "Company"], ["Robin Quay", "robin@example.com", "Alder"]].iter().enumerate()
    {
        for (column, cell) in cells.iter().enumerate() {
            sheet.write_string(row as u32, column as u16, *cell)?;
        }
    }
    sheet.set_name("People")?;
    let import = imported(&stack, &book.save_to_buffer()?, &[]).await?;
    assert_eq!(import["counts"]["created"], 1, "{import}");
    assert!(import["evidence"]["evidence"].to_string().contains("sheet \\\"People\\\""), "{import}");
    let rows = json!([
        { "first_name": "Kim", "email": "kim@example.com", "company": "Alder", "since": 2020 },
        { "first_name": "Lee", "company": null, "email": { "work": "lee@example.com" } },
    ]);
    let made = send(&stack, "/imports", &json!({ "type": "ContactImport", "source": rows })).await?.expect(202)?;
    stack.idle().await?;
    assert_eq!(
        outcomes(&stack, &made["id"]).await?,
        [json!(["created", null, null]), json!(["failed", "nested_value", "email"])]
    );
    let record = &get(&stack, "/imports/2/records").await?.expect(200)?["records"][0];
    assert_eq!(record["custom_fields"], json!({ "since": "2020" }));
    let companies = imported(&stack, b"Company,Industry\nAlder,Wood\nBirch,Paper\nbirch,Paper\n", &[]).await?;
    assert_eq!(companies["companies"], 1, "{companies}");
    assert_eq!(
        outcomes(&stack, &companies["id"]).await?,
        [json!(["unchanged", null, null]), json!(["created", null, null]), json!(["unchanged", null, null])]
    );
    let records = get(&stack, "/imports/3/records").await?.expect(200)?;
    let shown = &records["records"][0];
    assert_eq!(json!([shown["type"], shown["name"], shown["state"]]), json!(["company", "Birch", "imported"]));
    Ok(())
}

#[tokio::test]
async fn without_a_type_a_file_of_contacts_is_refused_with_the_type_and_time_entries_stay_time_entries()
-> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let refused = post(&stack, CONTACTS.as_bytes(), &[]).await?.expect(422)?;
    assert!(refused["errors"]["file"].to_string().contains("type=ContactImport"), "{refused}");
    post(&stack, TOGGL.as_bytes(), &[]).await?.expect(202)?;
    let refused = post(&stack, b"Phone,City\n1,Oslo\n", &[("type", "ContactImport")]).await?.expect(422)?;
    assert!(refused["errors"]["file"].to_string().contains("no column names people or companies"), "{refused}");
    for (field, value) in [("fallback_user", "1"), ("format", "toggl"), ("date_order", "ymd"), ("key_fields", "email")]
    {
        let fields: [(&'static str, &'static str); 2] = [("type", "ContactImport"), (field, value)];
        let refused = post(&stack, CONTACTS.as_bytes(), &fields).await?.expect(400)?;
        assert!(refused["errors"][field].is_array(), "{refused}");
    }
    Ok(())
}

#[tokio::test]
async fn a_mapping_of_contacts_is_remembered_for_the_next_file_and_forgotten_by_the_undo() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let file = |name: &str| format!("Wer;Firma;Post\n{name};Alder;{name}@example.com\n").into_bytes();
    post(&stack, &file("kim"), &[("type", "ContactImport")]).await?.expect(422)?;
    let mapping = r#"{"Wer": "name", "Firma": "company", "Post": "email"}"#;
    let first = imported(&stack, &file("kim"), &[("mapping", mapping)]).await?;
    assert_eq!(json!([first["status"], first["mapping"]["columns"]["Wer"]]), json!(["complete", "name"]), "{first}");
    let second = imported(&stack, &file("lee"), &[]).await?;
    assert_eq!(
        json!([second["status"], second["mapping"]["remembered"]["import"]]),
        json!(["complete", 1]),
        "{second}"
    );
    post(&stack, &file("mo"), &[("type", "ContactImport"), ("mapping", "none")]).await?.expect(422)?;
    for id in [1, 2] {
        stack.revert(id).await?;
    }
    post(&stack, &file("mo"), &[("type", "ContactImport")]).await?.expect(422)?;
    let left = stack.dump(Table::Imports).await?.into_keys().filter(|(pk, _)| pk.ends_with("#mappings")).count();
    assert_eq!(left, 0);
    Ok(())
}

#[tokio::test]
async fn a_file_uploaded_straight_to_the_bucket_is_imported_as_contacts() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let id = stack.upload_as(CONTACTS.as_bytes().to_vec(), json!({ "type": "ContactImport" })).await?;
    stack.idle().await?;
    let import = stack.native(id).await?;
    assert_eq!(json!([import["type"], import["counts"]["created"]]), json!(["ContactImport", 4]), "{import}");
    Ok(())
}

#[tokio::test]
async fn contacts_behind_a_url_are_fetched_like_any_file() -> anyhow::Result<()> {
    let site = Site::open(|_, _| Reply::file(CONTACTS)).await?;
    let stack = Stack::with(Options { fetcher: site.fetcher(), ..Options::default() }).await?;
    let before = stack.workspace().await?;
    let asked = json!({ "type": "ContactImport", "location": URL });
    send(&stack, "/imports", &asked).await?.expect(202)?;
    stack.idle().await?;
    let import = stack.native(1).await?;
    assert_eq!(
        json!([import["type"], import["status"], import["counts"]["created"], import["counts"]["failed"]]),
        json!(["ContactImport", "partially_complete", 4, 3]),
        "{import}"
    );
    stack.revert(1).await?;
    assert_eq!(differences(&before, &stack.workspace().await?), Vec::<String>::new());
    Ok(())
}
