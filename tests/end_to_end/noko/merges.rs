//! Tests of merged projects and tags, of deleted tags and groups which are in use, and of the
//! undo of their imports.

use reqwest::Method;
use serde_json::{Value, json};
use shared::edit::{EditError, Rule, merge};
use shared::id::{AccountId, ThingId};
use shared::store::keys::Kind;

use crate::dump::differences;
use crate::faults::{Fault, Faults};
use crate::files::toggl;
use crate::invariants::at_rest;
use crate::stack::Stack;

const HEADER: &str = "User,Email,Client,Project,Description,Start date,Start time,End date,End time,Duration,Tags\n";

/// A row of Toggl which lasts half an hour.
fn row(day: usize, client: &str, (project, tags, text): (&str, &str, &str)) -> String {
    let day = format!("2026-05-{day:02}");
    format!("Demo User,demo@example.com,{client},{project},{text},{day},09:00:00,{day},09:30:00,00:30:00,\"{tags}\"\n")
}

fn file(rows: &[(&str, &str, &str)]) -> String {
    let rows = rows.iter().enumerate().map(|(at, &of)| row(at + 1, "", of));
    [HEADER.to_owned()].into_iter().chain(rows).collect()
}

async fn import(stack: &Stack, rows: &[(&str, &str, &str)]) -> anyhow::Result<u64> {
    stack.import(file(rows).as_bytes(), &[("type", "toggl")]).await
}

async fn named(stack: &Stack, list: &str, name: &str) -> anyhow::Result<u64> {
    let all = stack.pages(&format!("/v2/{list}?per_page=1000")).await?;
    let found = all.iter().find(|thing| thing["name"] == name).and_then(|thing| thing["id"].as_u64());
    found.ok_or_else(|| anyhow::anyhow!("{name} is not among {all:#?}"))
}

async fn merge_into(stack: &Stack, list: &str, into: u64, field: &str, from: u64) -> anyhow::Result<()> {
    let path = format!("/v2/{list}/{into}/merge");
    stack.send(Method::PUT, &path, &json!({ field: from })).await?.expect(204).map(drop)
}

fn texts(entries: &[Value]) -> Vec<String> {
    let tags = |entry: &Value| {
        let tags = entry["tags"].as_array().into_iter().flatten();
        tags.filter_map(|tag| tag["name"].as_str()).collect::<Vec<_>>().join(" ")
    };
    let text = |entry: &Value| entry["description"].as_str().unwrap_or_default().to_owned();
    entries.iter().map(|entry| format!("{} | {}", text(entry), tags(entry))).collect()
}

#[tokio::test]
async fn a_merged_project_is_the_other_one_in_every_list_and_goes_with_its_import() -> anyhow::Result<()> {
    for first in [1, 2] {
        let stack = Stack::start(2).await?;
        let before = stack.workspace().await?;
        let row = ("Pond", "", "x");
        import(&stack, &[row, row, row]).await?;
        import(&stack, &[("Shed", "", "y"), ("Shed", "", "z"), row]).await?;
        let (pond, shed) = (named(&stack, "projects", "Pond").await?, named(&stack, "projects", "Shed").await?);
        merge_into(&stack, "projects", pond, "project_id", shed).await?;
        at_rest(&stack).await?;
        stack.get(&format!("/v2/projects/{shed}")).await?.expect(404)?;
        assert_eq!(stack.pages("/v2/imports/2/projects").await?.len(), 0);
        assert_eq!(stack.get("/v2/imports/2").await?.expect(200)?["projects"], 1);
        let shown = stack.get(&format!("/v2/projects/{pond}")).await?.expect(200)?;
        assert_eq!((&shown["entries"], &shown["minutes"]), (&json!(6), &json!(180)));
        for entry in stack.pages("/v2/entries").await? {
            assert_eq!(entry["project"]["id"], pond);
        }
        for (query, count) in [(pond, 6), (shed, 0)] {
            let entries = stack.pages(&format!("/v2/entries?project_ids={query}&per_page=2")).await?;
            assert_eq!(entries.len(), count);
        }
        assert_eq!(stack.pages(&format!("/v2/projects/{pond}/entries?per_page=4")).await?.len(), 6);
        assert_eq!(stack.pages(&format!("/v2/imports/2/entries?project_ids={pond}")).await?.len(), 3);

        stack.undo(first).await?;
        at_rest(&stack).await?;
        let shown = stack.get(&format!("/v2/projects/{pond}")).await?.expect(200)?;
        assert_eq!(shown["entries"], 3);
        stack.undo(3 - first).await?;
        at_rest(&stack).await?;
        assert_eq!(differences(&stack.workspace().await?, &before), [""; 0], "{first} was undone first");
    }
    Ok(())
}

#[tokio::test]
async fn the_name_of_a_merged_project_is_free_and_edits_keep_the_totals() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    import(&stack, &[("Pond", "", "x"), ("Shed", "", "y"), ("Shed", "", "z")]).await?;
    let (pond, shed) = (named(&stack, "projects", "Pond").await?, named(&stack, "projects", "Shed").await?);
    let by_hand = json!({ "date": "2026-06-01", "minutes": 10, "project_id": shed });
    let by_hand = stack.send(Method::POST, "/v2/entries", &by_hand).await?.expect(201)?;
    merge_into(&stack, "projects", pond, "project_id", shed).await?;
    // An entry which a client sends back unchanged does not change.
    let shown = stack.get("/v2/entries/1000000002").await?.expect(200)?;
    let same = json!({ "project_id": shown["project"]["id"], "description": shown["description"] });
    assert_eq!(stack.send(Method::PUT, "/v2/entries/1000000002", &same).await?.expect(200)?, shown);
    // The entries are moved, edited and deleted, and the deletion of the last entry by hand removes its reference.
    stack.send(Method::PUT, "/v2/entries/1000000002", &json!({ "project_id": null })).await?.expect(200)?;
    stack.send(Method::PUT, "/v2/entries/1000000003", &json!({ "minutes": 60 })).await?.expect(200)?;
    at_rest(&stack).await?;
    stack.delete(&format!("/v2/entries/{}", by_hand["id"])).await?.expect(204)?;
    at_rest(&stack).await?;
    let shown = stack.get(&format!("/v2/projects/{pond}")).await?.expect(200)?;
    assert_eq!((&shown["entries"], &shown["minutes"]), (&json!(2), &json!(90)));
    // A later import creates the project anew.
    import(&stack, &[("Shed", "", "new")]).await?;
    let new = named(&stack, "projects", "Shed").await?;
    assert!(new != shed && new != pond);
    at_rest(&stack).await?;
    for (id, entries) in [(pond, 2), (new, 1)] {
        assert_eq!(stack.pages(&format!("/v2/projects/{id}/entries")).await?.len(), entries);
    }
    stack.undo(1).await?;
    at_rest(&stack).await?;
    stack.undo(2).await?;
    at_rest(&stack).await?;
    assert_eq!(stack.pages("/v2/projects").await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn merges_in_a_row_lead_to_the_last_and_their_things_go_with_the_imports() -> anyhow::Result<()> {
    let stack = Stack::start(3).await?;
    let before = stack.workspace().await?;
    for name in ["A", "B", "C", "D"] {
        import(&stack, &[(name, name, name)]).await?;
    }
    for list in ["projects", "tags"] {
        let field = if list == "projects" { "project_id" } else { "tag_id" };
        for (from, into) in [("A", "B"), ("B", "C"), ("C", "D")] {
            let (from, into) = (named(&stack, list, from).await?, named(&stack, list, into).await?);
            merge_into(&stack, list, into, field, from).await?;
            at_rest(&stack).await?;
        }
        let last = named(&stack, list, "D").await?;
        assert_eq!(stack.get(&format!("/v2/{list}/{last}")).await?.expect(200)?["entries"], 4);
        assert_eq!(stack.pages(&format!("/v2/{list}/{last}/entries?per_page=3")).await?.len(), 4);
    }
    for import in [4, 2, 1, 3] {
        stack.undo(import).await?;
        at_rest(&stack).await?;
    }
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_merged_tag_counts_once_where_an_entry_has_both_and_hashtags_follow() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let before = stack.workspace().await?;
    let rows = [("Pond", "meet, meets", "a"), ("Pond", "meets", "b"), ("Pond", "meet", "c"), ("", "meets, dev", "d")];
    import(&stack, &rows).await?;
    for text in ["#meets with #meet", "all #meets, (#meets*)"] {
        let entry = json!({ "date": "2026-06-01", "minutes": 10, "description": text });
        stack.send(Method::POST, "/v2/entries", &entry).await?.expect(201)?;
    }
    let (meet, meets) = (named(&stack, "tags", "meet").await?, named(&stack, "tags", "meets").await?);
    merge_into(&stack, "tags", meet, "tag_id", meets).await?;
    at_rest(&stack).await?;
    let entries = stack.pages("/v2/entries").await?;
    let expected =
        ["d | meet dev", "c | meet", "b | meet", "a | meet", "all #meet, (#meet*) | meet", "#meet with #meet | meet"];
    assert_eq!(texts(&entries), expected);
    let shown = stack.get(&format!("/v2/tags/{meet}")).await?.expect(200)?;
    assert_eq!(shown["entries"], 6);
    for query in
        [format!("tag_ids={meet}"), format!("tags={meet}&tag_filter_type=any"), "description=meet+w".to_owned()]
    {
        let count = if query.starts_with("desc") { 1 } else { 6 };
        assert_eq!(stack.pages(&format!("/v2/entries?{query}&per_page=2")).await?.len(), count, "{query}");
    }
    // Sending the description back changes nothing, and a changed description keeps the tag.
    let path = format!("/v2/entries/{}", entries[4]["id"]);
    let same = json!({ "description": entries[4]["description"] });
    assert_eq!(stack.send(Method::PUT, &path, &same).await?.expect(200)?, entries[4]);
    let changed = stack.send(Method::PUT, &path, &json!({ "description": "only #meet" })).await?.expect(200)?;
    assert_eq!(texts(&[changed]), ["only #meet | meet"]);
    at_rest(&stack).await?;
    for entry in [&entries[4], &entries[5]] {
        stack.delete(&format!("/v2/entries/{}", entry["id"])).await?.expect(204)?;
        at_rest(&stack).await?;
    }
    stack.undo(1).await?;
    at_rest(&stack).await?;
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_used_tag_is_deleted_and_leaves_the_text() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let before = stack.workspace().await?.len();
    import(&stack, &[("Pond", "dev", "a"), ("Pond", "dev, ops", "b"), ("", "ops", "c")]).await?;
    let entry = json!({ "date": "2026-06-01", "minutes": 10, "description": "some #dev* and #ops" });
    stack.send(Method::POST, "/v2/entries", &entry).await?.expect(201)?;
    let dev = named(&stack, "tags", "dev").await?;
    stack.delete(&format!("/v2/tags/{dev}")).await?.expect(204)?;
    at_rest(&stack).await?;
    stack.get(&format!("/v2/tags/{dev}")).await?.expect(404)?;
    let entries = stack.pages("/v2/entries").await?;
    assert_eq!(texts(&entries), ["c | ops", "b | ops", "a | ", "some dev and #ops | ops"]);
    assert_eq!(stack.pages(&format!("/v2/entries?tag_ids={dev}")).await?.len(), 0);
    assert_eq!(stack.pages("/v2/imports/1/tags").await?.len(), 1);
    // The name now belongs to a new tag, which the older entries do not have.
    let entry = json!({ "date": "2026-06-02", "minutes": 10, "description": "new #dev" });
    let made = stack.send(Method::POST, "/v2/entries", &entry).await?.expect(201)?;
    assert_ne!(made["tags"][0]["id"], dev);
    assert_eq!(stack.get(&format!("/v2/tags/{}", made["tags"][0]["id"])).await?.expect(200)?["entries"], 1);
    at_rest(&stack).await?;
    // An edit stores the entry in the form which is shown.
    let edited = stack.send(Method::PUT, "/v2/entries/1000000002", &json!({ "minutes": 5 })).await?.expect(200)?;
    assert_eq!(texts(&[edited]), ["b | ops"]);
    at_rest(&stack).await?;
    for entry in [&made, &entries[3]] {
        stack.delete(&format!("/v2/entries/{}", entry["id"])).await?.expect(204)?;
    }
    stack.delete(&format!("/v2/tags/{}", made["tags"][0]["id"])).await?.expect(204)?;
    stack.undo(1).await?;
    at_rest(&stack).await?;
    assert_eq!(stack.pages("/v2/tags").await?.len(), 0);
    // The second tag of this name had its place after the first tag, where a mark remains.
    assert_eq!(stack.workspace().await?.len(), before + 1);
    Ok(())
}

#[tokio::test]
async fn a_deleted_group_leaves_its_projects_and_they_go_with_their_import() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let before = stack.workspace().await?;
    let file = format!("{HEADER}{}{}", row(1, "Quay", ("Pond", "", "x")), row(2, "Quay", ("Shed", "", "y")));
    stack.import(file.as_bytes(), &[("type", "toggl")]).await?;
    let quay = named(&stack, "project_groups", "Quay").await?;
    let group = stack.get(&format!("/v2/project_groups/{quay}")).await?.expect(200)?;
    assert_eq!(group["projects"].as_array().map(Vec::len), Some(2));
    assert_eq!(stack.pages(&format!("/v2/project_groups/{quay}/entries?per_page=1")).await?.len(), 2);
    for name in ["Wharf", "Quay"] {
        let path = format!("/v2/project_groups/{quay}");
        let renamed = stack.send(Method::PUT, &path, &json!({ "name": name })).await?.expect(200)?;
        assert_eq!((&renamed["name"], &renamed["id"]), (&json!(name), &json!(quay)));
        at_rest(&stack).await?;
    }
    stack.delete(&format!("/v2/project_groups/{quay}")).await?.expect(204)?;
    at_rest(&stack).await?;
    for project in stack.pages("/v2/projects").await? {
        assert_eq!((&project["group"], &project["entries"]), (&Value::Null, &json!(1)));
    }
    assert_eq!(stack.pages(&format!("/v2/projects?project_group_ids={quay}")).await?.len(), 0);
    // A project of the deleted group can be edited and moved to another group.
    let pond = named(&stack, "projects", "Pond").await?;
    stack.send(Method::PUT, &format!("/v2/projects/{pond}"), &json!({ "billable": false })).await?.expect(200)?;
    let made = json!({ "name": "Yard", "project_ids": [pond] });
    let made = stack.send(Method::POST, "/v2/project_groups", &made).await?.expect(201)?;
    at_rest(&stack).await?;
    stack.undo(1).await?;
    at_rest(&stack).await?;
    stack.delete(&format!("/v2/project_groups/{}", made["id"])).await?.expect(204)?;
    // At the former place of the moved project, a mark remains.
    assert_eq!(differences(&stack.workspace().await?, &before).len(), 1);
    assert_eq!(stack.pages("/v2/projects").await?.len() + stack.pages("/v2/project_groups").await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn merges_that_cannot_be_are_refused_with_the_vendors_codes() -> anyhow::Result<()> {
    let stack = Stack::start(3).await?;
    import(&stack, &[("Pond", "dev", "a"), ("Shed", "ops", "b")]).await?;
    let (pond, shed) = (named(&stack, "projects", "Pond").await?, named(&stack, "projects", "Shed").await?);
    let refused = async |body: Value, status: u16| -> anyhow::Result<Value> {
        let path = format!("/v2/projects/{pond}/merge");
        Ok(stack.send(Method::PUT, &path, &body).await?.expect(status)?["errors"][0]["code"].clone())
    };
    assert_eq!(refused(json!({}), 422).await?, "missing_field");
    assert_eq!(refused(json!({ "project_id": 7 }), 422).await?, "missing");
    assert_eq!(refused(json!({ "project_id": pond }), 422).await?, "invalid");
    let unknown = stack.send(Method::PUT, "/v2/projects/7/merge", &json!({ "project_id": pond })).await?;
    unknown.expect(404)?;
    stack.send(Method::PUT, &format!("/v2/projects/{shed}/archive"), &json!({})).await?.expect(204)?;
    assert_eq!(refused(json!({ "project_id": shed }), 422).await?, "archived_project");
    stack.send(Method::PUT, &format!("/v2/projects/{shed}/unarchive"), &json!({})).await?.expect(204)?;
    merge_into(&stack, "projects", pond, "project_id", shed).await?;
    // A chain of more than twenty merges is refused, because a single transaction could not remove the whole chain.
    let mut last = pond;
    for n in 0..19 {
        let body = json!({ "date": "2026-06-01", "minutes": 1, "project_name": format!("P{n}") });
        let made = stack.send(Method::POST, "/v2/entries", &body).await?.expect(201)?;
        let next = made["project"]["id"].as_u64().unwrap_or_default();
        merge_into(&stack, "projects", next, "project_id", last).await?;
        last = next;
    }
    let other = stack.send(Method::POST, "/v2/projects", &json!({ "name": "Other" })).await?.expect(201)?;
    let path = format!("/v2/projects/{}/merge", other["id"]);
    let refused = stack.send(Method::PUT, &path, &json!({ "project_id": last })).await?.expect(422)?;
    assert_eq!(refused["errors"][0]["code"], "too_many_merges");
    stack.undo(1).await?;
    at_rest(&stack).await
}

#[tokio::test]
async fn tags_of_a_running_import_are_locked() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1).await?;
    let services = stack.system.services();
    let (account, import) = (AccountId(1), shared::id::ImportId(1));
    stack.post(file(&[("", "dev", "a"), ("", "ops, dev", "b")]).as_bytes(), &[("type", "toggl")]).await?.expect(202)?;
    shared::plan::plan(&stack.functions().parser, account, import).await?;
    shared::load::load(&stack.functions().loader, account, import, shared::id::ChunkNo(1)).await?;
    let (dev, ops) = (named(&stack, "tags", "dev").await?, named(&stack, "tags", "ops").await?);
    let merge = async || merge::merge(services, account, Kind::Tag, ThingId(dev), ThingId(ops), "tag_id").await;
    assert!(matches!(merge().await, Err(EditError::Forbidden(Rule::Locked))));
    shared::load::load(&stack.functions().loader, account, import, shared::id::ChunkNo(0)).await?;
    merge().await?;
    at_rest(&stack).await
}

#[tokio::test]
async fn a_merge_costs_the_same_however_many_entries_there_are() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    stack.import(toggl(3_000, 2, 2).as_bytes(), &[("type", "toggl")]).await?;
    for (list, field) in [("projects", "project_id"), ("tags", "tag_id")] {
        let things = stack.pages(&format!("/v2/{list}")).await?;
        let ids: Vec<_> = things.iter().filter_map(|thing| thing["id"].as_u64()).collect();
        let before = stack.system.services().store.consumed().write;
        merge_into(&stack, list, ids[0], field, ids[1]).await?;
        let units = stack.system.services().store.consumed().write - before;
        assert!(units <= 16.0, "merging {list} costs {units} write units");
        assert_eq!(stack.get(&format!("/v2/{list}/{}", ids[0])).await?.expect(200)?["entries"], 3_000);
        let page = stack.get(&format!("/v2/{list}/{}/entries?page=90", ids[0])).await?;
        assert_eq!(page.expect(200)?.as_array().map(Vec::len), Some(30));
    }
    at_rest(&stack).await?;
    stack.undo(1).await?;
    at_rest(&stack).await
}

/// A merge of tags which dies at any request is completed by a repetition. In between, the totals
/// equal a full count.
#[tokio::test]
async fn a_merge_that_dies_anywhere_is_done_when_it_is_asked_for_again() -> anyhow::Result<()> {
    let account = AccountId(1);
    for fault in [Fault::DeathBefore, Fault::DeathAfter] {
        for n in 1.. {
            let stack = Stack::start(2).await?;
            let before = stack.workspace().await?;
            import(&stack, &[("Pond", "a, b", "x"), ("Pond", "b", "y"), ("Shed", "a, b", "z")]).await?;
            let entry = json!({ "date": "2026-06-01", "minutes": 10, "description": "#a #b" });
            let by_hand = stack.send(Method::POST, "/v2/entries", &entry).await?.expect(201)?;
            let (a, b) = (named(&stack, "tags", "a").await?, named(&stack, "tags", "b").await?);
            let faults = Faults::default();
            let services = faults.connect(&stack.system)?.api;
            faults.at(n, 1, fault);
            let merged = merge::merge(&services, account, Kind::Tag, ThingId(a), ThingId(b), "tag_id");
            let ended = faults.outlive(merged).await;
            at_rest(&stack).await?;
            if ended.is_none() {
                let again = stack.system.services();
                let again = merge::merge(again, account, Kind::Tag, ThingId(a), ThingId(b), "tag_id").await;
                assert!(matches!(again, Ok(()) | Err(EditError::Missing("tag_id"))), "{n}: {again:?}");
            }
            at_rest(&stack).await?;
            assert_eq!(stack.get(&format!("/v2/tags/{a}")).await?.expect(200)?["entries"], 4, "{n}");
            stack.delete(&format!("/v2/entries/{}", by_hand["id"])).await?.expect(204)?;
            stack.undo(1).await?;
            at_rest(&stack).await?;
            assert_eq!(differences(&stack.workspace().await?, &before), [""; 0], "{n}");
            if ended.is_some() {
                assert!(n > 12, "{n} requests");
                break;
            }
        }
    }
    Ok(())
}
