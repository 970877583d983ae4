//! Tests of people, who are found by address or name or else created, and are undone with their import.

use futures::future::try_join_all;
use reqwest::Method;
use serde_json::{Value, json};
use shared::id::{AccountId, ChunkNo, ImportId};
use shared::import::{ImportType, NewImport, Options, Origin};
use shared::ledger::hold::Ended;
use shared::load::load;
use shared::plan::plan;

use crate::dump::{Dump, differences};
use crate::stack::{Stack, sent};

const ACCOUNT: AccountId = AccountId(1);

/// Builds a file of Freckle with a row for each pair of name and address.
fn rows(people: &[(&str, &str)]) -> String {
    let row = |(name, email): &(&str, &str)| format!("2026-05-01,\"{name}\",{email},30,Worked\n");
    format!("date,person,email,minutes,description\n{}", people.iter().map(row).collect::<String>())
}

async fn import(stack: &Stack, people: &[(&str, &str)]) -> anyhow::Result<u64> {
    let asked = json!({ "autocreate_users": true, "fallback_user": null });
    let id = stack.upload_as(rows(people).into_bytes(), asked).await?;
    stack.idle().await?;
    Ok(id)
}

/// First name, last name and address of each user except the first.
async fn users(stack: &Stack) -> anyhow::Result<Vec<String>> {
    let word = |user: &Value, field: &str| user[field].as_str().unwrap_or_default().to_owned();
    let shown = |user: &Value| ["first_name", "last_name", "email"].map(|field| word(user, field)).join("|");
    let mut users: Vec<_> = stack.pages("/v2/users").await?.iter().filter(|user| user["id"] != 1).map(shown).collect();
    users.sort();
    Ok(users)
}

async fn create_user(stack: &Stack, first: &str, last: &str, email: &str) -> anyhow::Result<u64> {
    let user = json!({ "email": email, "first_name": first, "last_name": last });
    let made = stack.send(Method::POST, "/v2/users", &user).await?.expect(201)?;
    Ok(made["id"].as_u64().unwrap_or_default())
}

#[tokio::test]
async fn unknown_people_are_made_users_found_again_and_undone() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let before = stack.workspace().await?;
    let people = [
        ("Jo Ann Field", "jo@example.com"),
        ("Ash, Mo", ""),
        ("JO  ANN field", "JO@example.com"),
        ("mo ash", ""),
        ("", "only@example.com"),
    ];
    let first = import(&stack, &people).await?;
    let told = stack.native(first).await?;
    assert_eq!((&told["status"], &told["counts"]["created"]), (&json!("complete"), &json!(5)));
    assert_eq!(told["unknown_users"], json!([]));
    // If two spellings of a name occur, the spelling which sorts first is used.
    let made = ["JO ANN|field|jo@example.com", "Mo|Ash|", "||only@example.com"];
    assert_eq!(users(&stack).await?, made);

    let second = import(&stack, &[("Field, Jo Ann", "jo@example.com"), ("Mo Ash", "")]).await?;
    assert_eq!(users(&stack).await?, made);
    stack.undo(second).await?;
    assert_eq!(users(&stack).await?, made);
    stack.undo(first).await?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_made_user_whom_others_refer_to_stays_is_named_and_goes_with_the_last_of_them() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let before = stack.workspace().await?;
    let first = import(&stack, &[("Jo Field", "jo@example.com"), ("Mo Ash", "")]).await?;
    let second = import(&stack, &[("jo field", "")]).await?;
    assert_eq!(stack.native(second).await?["counts"]["created"], 1);
    stack.undo(first).await?;
    let kept = stack.native(first).await?["undone"]["kept"].clone();
    assert_eq!(kept.as_array().map(Vec::len), Some(1), "{kept}");
    assert_eq!(kept[0]["kind"], "user");
    assert_eq!(users(&stack).await?, ["Jo|Field|jo@example.com"]);
    stack.undo(second).await?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_made_user_who_was_edited_by_hand_stays_and_is_named() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let before = stack.workspace().await?;
    let id = import(&stack, &[("Jo Field", ""), ("Mo Ash", "")]).await?;
    let all = stack.pages("/v2/users").await?;
    let jo = all.iter().find(|user| user["first_name"] == "Jo").map(|user| user["id"].clone()).unwrap_or_default();
    let address = json!({ "email": "jo@example.com" });
    stack.send(Method::PUT, &format!("/v2/users/{jo}"), &address).await?.expect(200)?;
    stack.undo(id).await?;
    assert_eq!(stack.native(id).await?["undone"]["kept"], json!([{ "kind": "user", "id": jo }]));
    assert_eq!(users(&stack).await?, ["Jo|Field|jo@example.com"]);
    // An imported person is like any other person: an import finds the new address, and a deletion by
    // hand leaves no trace.
    let again = import(&stack, &[("", "jo@example.com")]).await?;
    assert_eq!(users(&stack).await?.len(), 1);
    stack.undo(again).await?;
    stack.delete(&format!("/v2/users/{jo}")).await?.expect(204)?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn nobody_is_made_unless_it_is_asked_for() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let id = stack.upload(rows(&[("Jo Field", "jo@example.com")]).into_bytes()).await?;
    stack.idle().await?;
    assert_eq!(users(&stack).await?, [""; 0]);
    assert_eq!(stack.native(id).await?["unknown_users"], json!(["jo@example.com"]));
    Ok(())
}

#[tokio::test]
async fn a_name_that_two_users_have_is_an_error_that_names_both() -> anyhow::Result<()> {
    let stack = Stack::start(10).await?;
    let one = create_user(&stack, "Jo", "Field", "jo@example.com").await?;
    let other = create_user(&stack, "jo", "FIELD", "field@example.com").await?;
    let id = import(&stack, &[("Field,  Jo", ""), ("JO FIELD", "field@example.com"), ("Ash, Mo", "")]).await?;
    let told = stack.native(id).await?;
    assert_eq!((&told["counts"]["failed"], &told["counts"]["created"]), (&json!(1), &json!(2)));
    let message = told["errors"][0]["message"].as_str().unwrap_or_default();
    assert_eq!(message, format!("person: \"Jo Field\" is the name of several users ({one}, {other})"));
    assert_eq!(told["errors"][0]["code"], "ambiguous_user");
    Ok(())
}

/// Loads chunks of a single row through the given number of loaders at once.
async fn workspace_of(people: &[(&str, &str)], loaders: u64) -> anyhow::Result<Dump> {
    let stack = Stack::by_hand(1).await?;
    let services = stack.system.services();
    let mut options = Options::default();
    options.entries.autocreate_users = true;
    let new = NewImport {
        account: ACCOUNT,
        user: shared::id::ThingId(1),
        import_type: ImportType::TimeEntries,
        options,
        file_name: "people.csv".to_owned(),
        note: None,
        origin: Origin::Body { token: "people".to_owned() },
        once: None,
    };
    let import: ImportId = sent(services, &new, rows(people)).await?.id;
    plan(&stack.functions().parser, ACCOUNT, import).await?;
    let worker = &stack.functions().loader;
    let share = |loader| async move {
        for chunk in (0..people.len() as u64).rev().filter(|chunk| chunk % loaders == loader) {
            assert_eq!(load(worker, ACCOUNT, import, ChunkNo(chunk)).await?, Ended::Done);
        }
        anyhow::Ok(())
    };
    try_join_all((0..loaders).map(share)).await?;
    assert_eq!(stack.native(import.0).await?["counts"]["created"], people.len());
    stack.workspace().await
}

#[tokio::test]
async fn loaders_that_meet_the_same_new_people_make_each_of_them_once() -> anyhow::Result<()> {
    let people = [
        ("Jo Field", "jo@example.com"),
        ("", "jo@example.com"),
        ("JO FIELD", "Jo@example.com"),
        ("Jo Meadow", "jo@example.com"),
        ("Jo Field", ""),
        ("field, jo", ""),
        ("Mo Ash", ""),
        ("MO ASH", ""),
        ("mo ash", ""),
    ];
    let one = workspace_of(&people, 1).await?;
    for loaders in [3, 9] {
        assert_eq!(differences(&workspace_of(&people, loaders).await?, &one), [""; 0]);
    }
    let mut backwards = people;
    backwards.reverse();
    let named = |dump: &Dump| -> Vec<String> {
        let users = dump.iter().filter(|((pk, _), _)| pk == "A#1#user");
        users.map(|(_, item)| format!("{:?}", item.get("name"))).collect()
    };
    assert_eq!(named(&workspace_of(&backwards, 1).await?), named(&one));
    assert_eq!(named(&one).len(), 3 + 1);
    Ok(())
}
