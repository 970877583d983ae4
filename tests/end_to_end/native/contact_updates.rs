//! Tests of imports which change people who stand, through the native door: the ways in which the option comes, the shape of
//! results, counts, price and undo, and the whole workspace before and after.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::{get, of_user, scan_all, send};
use crate::dump::{Dump, differences};
use crate::stack::{Answer, Stack};

const PEOPLE: &str = "Name,Email,Company,Job Title,Tags,Desk,Floor\n\
    Robin Quay,robin@example.com,Alder,Gardener,\"North, Night\",12,1\n\
    Kim Brook,kim@example.com,Birch,,,,\n\
    Lee Ash,lee@example.com,,Baker,South,,3\n";

const CHANGES: &str = "Name,Email,Company,Job Title,Tags,Desk\n\
    Robin Quayle,ROBIN@example.com,Cedar,,Day,14\n\
    Kim Brook,kim@example.com,Alder,Cook,East,\n\
    Lee Ash,lee@example.com,,,South,\n\
    Mo Elm,mo@example.com,Birch,,,\n\
    Mo,no address,Birch,,,\n";

async fn post(stack: &Stack, file: &str, fields: &[(&'static str, &'static str)]) -> anyhow::Result<Answer> {
    let form = Form::new().text("type", "ContactImport");
    let form = form.part("file", Part::bytes(file.as_bytes().to_vec()).file_name("people.csv"));
    let form = fields.iter().fold(form, |form, (name, value)| form.text(*name, *value));
    stack.answer(of_user(stack, Method::POST, "/imports").multipart(form)).await
}

/// Imports a file, waits for the end, and returns the import.
async fn imported(stack: &Stack, file: &str, fields: &[(&'static str, &'static str)]) -> anyhow::Result<Value> {
    let made = post(stack, file, fields).await?.expect(202)?;
    stack.idle().await?;
    stack.native(made["id"].as_u64().unwrap_or_default()).await
}

/// The people of the first import, as name, address, title, labels and custom fields, with the name of the company.
async fn people(stack: &Stack) -> anyhow::Result<Vec<Value>> {
    let mut people = Vec::new();
    let companies: Vec<Value> = stack
        .workspace()
        .await?
        .into_iter()
        .filter(|((pk, _), _)| pk == "A#1#company")
        .map(|(_, item)| {
            let text = |name: &str| item[name].as_s().or(item[name].as_n()).cloned().unwrap_or_default();
            json!([text("id"), text("name")])
        })
        .collect();
    for record in scan_all(stack, "/imports/1/records", "", 2).await? {
        let id = record["company_id"].to_string();
        let company = companies.iter().find(|company| company[0] == id.as_str()).map(|company| company[1].clone());
        people.push(json!([
            record["first_name"],
            record["last_name"],
            record["email"],
            company,
            record["title"],
            record["tag_list"],
            record["custom_fields"],
        ]));
    }
    Ok(people)
}

/// The workspace without the versions of people, which an undo raises, and without the import's references to its user.
async fn values(stack: &Stack) -> anyhow::Result<Dump> {
    let mut dump = stack.workspace().await?;
    for item in dump.iter_mut().filter(|((pk, _), _)| pk.contains("#person#")).map(|(_, item)| item) {
        for name in ["version", "by", "updated_at", "undone_at"] {
            item.remove(name);
        }
    }
    Ok(dump)
}

#[tokio::test]
async fn a_file_changes_the_people_of_its_addresses_and_the_undo_gives_them_back() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    imported(&stack, PEOPLE, &[]).await?;
    let (before, team) = (values(&stack).await?, people(&stack).await?);
    let import = imported(&stack, CHANGES, &[("update_policy", "overwrite")]).await?;
    let none = Value::Null;
    assert_eq!(
        json!([import["status"], import["update_policy"], import["counts"], import["companies"]]),
        json!([
            "partially_complete",
            "overwrite",
            { "created": 1, "updated": 2, "unchanged": 1, "skipped": 0, "deleted": 0, "failed": 1, "pending": 0 },
            1
        ]),
        "{import}"
    );
    assert!(import["cost"]["load"]["write_units"].as_f64().is_some_and(|units| units > 2.0), "{}", import["cost"]);
    assert_eq!(
        people(&stack).await?,
        [
            json!(["Robin", "Quayle", "robin@example.com", "Cedar", "Gardener", ["Day"], { "Desk": "14", "Floor": "1" }]),
            json!(["Kim", "Brook", "kim@example.com", "Alder", "Cook", ["East"], none]),
            json!(["Lee", "Ash", "lee@example.com", none, "Baker", ["South"], { "Floor": "3" }]),
        ]
    );
    let rows = scan_all(&stack, "/imports/2/results", "", 2).await?;
    let told: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!([row["status"], row["outcome"], row["record_id"], row["imported_type"], row["code"], row["undo"]])
        })
        .collect();
    assert_eq!(
        told,
        [
            json!(["updated", "updated", 1_000_000_001_u64, "Person", none, none]),
            json!(["updated", "updated", 1_000_000_002_u64, "Person", none, none]),
            json!(["unaffected", "unchanged", 1_000_000_003_u64, "Person", none, none]),
            json!(["created", "created", 2_000_000_004_u64, "Person", none, none]),
            json!(["error", "failed", none, "Contact", "invalid_email", none]),
        ]
    );
    let found = scan_all(&stack, "/imports/2/results", "filter[outcome][include]=updated", 2).await?;
    assert_eq!(found.len(), 2);
    stack.revert(2).await?;
    let undone = stack.native(2).await?["undone"].clone();
    assert_eq!(
        json!([undone["removed"], undone["restored"], undone["changes_kept"], undone["gone"], undone["kept"]]),
        json!([1, 2, 0, 0, []])
    );
    assert_eq!(people(&stack).await?, team);
    assert_eq!(differences(&before, &values(&stack).await?), [""; 0]);
    let rows = scan_all(&stack, "/imports/2/results", "", 2).await?;
    assert_eq!(json!([rows[0]["undo"], rows[2]["undo"], rows[0]["record_id"]]), json!(["restored", none, none]));
    Ok(())
}

#[tokio::test]
async fn empty_fields_are_filled_and_no_others() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    imported(&stack, PEOPLE, &[]).await?;
    let before = values(&stack).await?;
    let rows = json!([
        { "name": "Robin Quayle", "email": "robin@example.com", "company": "Cedar", "title": "Cook", "Desk": "14", "Room": "7" },
        { "name": "Kim", "email": "kim@example.com", "title": "Cook", "tags": "East", "company": null },
        { "name": "Lee", "email": "lee@example.com", "company": "Birch", "title": "" },
    ]);
    let asked =
        json!({ "type": "ContactImport", "source": rows, "update_policy": "fill_empty", "duplicates": "create" });
    let id = send(&stack, "/imports", &asked).await?.expect(202)?["id"].clone();
    stack.idle().await?;
    let none = Value::Null;
    assert_eq!(
        people(&stack).await?,
        [
            json!(["Robin", "Quay", "robin@example.com", "Alder", "Gardener", ["North", "Night"], { "Desk": "12", "Floor": "1", "Room": "7" }]),
            json!(["Kim", "Brook", "kim@example.com", "Birch", "Cook", ["East"], none]),
            json!(["Lee", "Ash", "lee@example.com", "Birch", "Baker", ["South"], { "Floor": "3" }]),
        ]
    );
    assert_eq!(stack.native(2).await?["counts"]["updated"], 3);
    stack.revert(id.as_u64().unwrap_or_default()).await?;
    assert_eq!(differences(&before, &values(&stack).await?), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn options_that_contradict_each_other_are_refused_by_both_names() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    for policy in ["overwrite", "fill_empty"] {
        let refused = post(&stack, PEOPLE, &[("duplicates", "skip"), ("update_policy", policy)]).await?.expect(400)?;
        for name in ["duplicates", "update_policy"] {
            let why = refused["errors"][name].to_string();
            assert!(why.contains("duplicates=skip") && why.contains(&format!("update_policy={policy}")), "{refused}");
        }
    }
    let refused = post(&stack, PEOPLE, &[("update_policy", "replace")]).await?.expect(400)?;
    assert!(refused["errors"]["update_policy"].to_string().contains("overwrite, fill_empty, skip"), "{refused}");
    let form = Form::new()
        .text("update_policy", "skip")
        .part("file", Part::bytes(crate::files::TOGGL.as_bytes()).file_name("a.csv"));
    let refused = stack.answer(of_user(&stack, Method::POST, "/imports").multipart(form)).await?.expect(400)?;
    assert!(refused["errors"]["update_policy"].to_string().contains("contacts or profiles"), "{refused}");
    // Both say that people stay as they are.
    let left = imported(&stack, PEOPLE, &[("duplicates", "skip"), ("update_policy", "skip")]).await?;
    assert_eq!(json!([left["counts"]["created"], left["update_policy"]]), json!([3, "skip"]));
    // An empty field is not given, and null is no policy.
    let asked = json!({ "type": "ContactImport", "source": PEOPLE, "update_policy": null });
    let made = send(&stack, "/imports", &asked).await?.expect(202)?;
    let none = imported(&stack, PEOPLE, &[("update_policy", "")]).await?;
    assert_eq!(json!([none["counts"]["failed"], none.get("update_policy"), none.get("cost")]), json!([3, null, null]));
    let same = get(&stack, &format!("/imports/{}", made["id"])).await?.expect(200)?;
    assert_eq!(same["undone"].get("restored"), None);
    Ok(())
}
