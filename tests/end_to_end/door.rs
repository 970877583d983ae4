//! Tests of lists, with their pages, links and filters.

use reqwest::Method;
use serde_json::{Value, json};

use crate::files::{TOGGL, one, toggl};
use crate::stack::Stack;

fn ids(list: &[Value]) -> Vec<u64> {
    list.iter().filter_map(|item| item["id"].as_u64()).collect()
}

#[tokio::test]
async fn pages_link_to_their_neighbours() -> anyhow::Result<()> {
    let stack = Stack::start(4).await?;
    let id = stack.import(toggl(25, 3, 3).as_bytes(), &[]).await?;
    let path = format!("/v2/imports/{id}/entries");
    let pages = |relations: &[(&str, u64)]| -> Vec<(String, String)> {
        let url = |page| format!("{}{path}?page={page}&per_page=10", stack.system.url());
        let mut links: Vec<_> = relations.iter().map(|&(rel, page)| (rel.to_owned(), url(page))).collect();
        links.sort();
        links
    };
    let expected = [
        (1, vec![("next", 2), ("last", 3)], 10),
        (2, vec![("first", 1), ("prev", 1), ("next", 3), ("last", 3)], 10),
        (3, vec![("first", 1), ("prev", 2)], 5),
        (4, vec![("first", 1), ("prev", 3)], 0),
    ];
    let mut seen = Vec::new();
    for (page, relations, length) in expected {
        let answer = stack.get(&format!("{path}?page={page}&per_page=10")).await?;
        let list = answer.expect(200)?.as_array().cloned().unwrap_or_default();
        assert_eq!(list.len(), length, "page {page}");
        assert_eq!(answer.links().into_iter().collect::<Vec<_>>(), pages(&relations), "page {page}");
        seen.extend(ids(&list));
    }
    let highest_first: Vec<u64> = (1..=25).rev().map(|row| id * 1_000_000_000 + row).collect();
    assert_eq!(seen, highest_first);
    let whole = stack.get(&path).await?;
    assert_eq!(whole.headers.get("link"), None);
    for wrong in ["page=0", "per_page=x"] {
        stack.get(&format!("{path}?{wrong}")).await?.expect(422)?;
    }
    Ok(())
}

#[tokio::test]
async fn filters_of_entries_all_have_to_hold_in_both_spellings() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let id = stack.import(TOGGL.as_bytes(), &[]).await?;
    let tags = stack.pages("/v2/tags").await?;
    let tag = |name: &str| tags.iter().find(|tag| tag["name"] == name).map(|tag| tag["id"].clone()).unwrap_or_default();
    let projects = stack.pages("/v2/projects?name=CRANES").await?;
    let (design, research, outside) = (tag("design"), tag("research"), tag("outside"));
    let cases = [
        ("from=2026-03-03".to_owned(), vec![5, 4, 3]),
        ("to=2026-03-02".to_owned(), vec![2, 1]),
        ("from=2026-03-03&to=2026-03-03&billable=false".to_owned(), vec![4]),
        ("description=THE".to_owned(), vec![5, 3, 1]),
        (format!("tags={design},{research}"), vec![1]),
        (format!("tag_ids={design}"), vec![2, 1]),
        (format!("tags={design}&tag_filter_type=combination of"), vec![2]),
        (format!("tags={research},{outside}&tag_filter_type=any"), vec![5, 1]),
        (format!("projects={}", projects[0]["id"]), vec![5]),
        (format!("project_ids={}&billable=yes", projects[0]["id"]), vec![5]),
        ("users=1&description=mail".to_owned(), vec![4]),
        ("user_ids=2".to_owned(), vec![]),
        (format!("imports={id}&billable=1"), vec![5, 3, 1]),
        ("import_ids=77".to_owned(), vec![]),
        ("invoiced=true".to_owned(), vec![]),
        ("updated_from=2001-01-01T00:00:00Z".to_owned(), vec![5, 4, 3, 2, 1]),
        ("updated_to=2001-01-01T00:00:00Z".to_owned(), vec![]),
    ];
    for (query, rows) in cases {
        let expected: Vec<u64> = rows.iter().map(|row| 1_000_000_000 + row).collect();
        for path in [format!("/v2/imports/{id}/entries"), "/v2/entries".to_owned()] {
            assert_eq!(ids(&stack.pages(&format!("{path}?per_page=2&{query}")).await?), expected, "{path} {query}");
        }
    }
    for wrong in ["from=yesterday", "tags=x", "billable=perhaps", "tag_filter_type=some"] {
        stack.get(&format!("/v2/imports/{id}/entries?{wrong}")).await?.expect(422)?;
    }
    Ok(())
}

#[tokio::test]
async fn an_edited_entry_is_found_where_it_is_now() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let id = stack.import(TOGGL.as_bytes(), &[]).await?;
    let moved = json!({ "date": "2027-01-01", "description": "moved #later" });
    let entry = stack.send(Method::PUT, "/v2/entries/1000000002", &moved).await?.expect(200)?;
    let tag = entry["tags"][0]["id"].clone();
    for query in ["from=2026-12-31".to_owned(), format!("tags={tag}")] {
        let found = stack.pages(&format!("/v2/imports/{id}/entries?{query}")).await?;
        assert_eq!(ids(&found), [1_000_000_002], "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn the_list_of_imports_is_newest_first_and_filtered() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    stack.import(TOGGL.as_bytes(), &[]).await?;
    stack.import(crate::files::FRECKLE.as_bytes(), &[("fallback_user", "null"), ("import_tags", "false")]).await?;
    stack.import(one("a", "b", "c").as_bytes(), &[("create_projects", "no")]).await?;
    let cases = [
        ("", vec![3, 2, 1]),
        ("?type=toggl", vec![3, 1]),
        ("?type=freckle", vec![2]),
        ("?fallback_user=null", vec![2]),
        ("?fallback_user=1", vec![3, 1]),
        ("?user=1&import_tags=true", vec![3, 1]),
        ("?autocreate_projects=false", vec![3]),
        ("?from=2001-01-01&to=2001-01-02", vec![]),
    ];
    for (query, expected) in cases {
        assert_eq!(ids(&stack.pages(&format!("/v2/imports/{query}")).await?), expected, "{query}");
    }
    stack.undo(2).await?;
    assert_eq!(ids(&stack.pages("/v2/imports?per_page=1").await?), [3, 1]);
    let head = stack.answer(stack.request(Method::HEAD, "/v2/imports/1")).await?;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    Ok(())
}

#[tokio::test]
async fn every_way_of_giving_the_token_works() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let get = |path: &str| stack.bare(Method::GET, path);
    let ways = [
        get("/v2/imports").header("X-FreckleToken", "demo"),
        get("/v2/imports").header("X-NokoToken", "demo"),
        get("/v2/imports").bearer_auth("demo"),
        get("/v2/imports").basic_auth("demo", Some("x")),
        get("/v2/imports?freckle_token=demo"),
        get("/v2/imports?noko_token=demo"),
        get("/v2/imports?access_token=demo"),
    ];
    for way in ways {
        assert_eq!(stack.answer(way).await?.expect(200)?, json!([]));
    }
    Ok(())
}

#[tokio::test]
async fn the_bodies_have_the_contracts_shape() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let created = stack.post(TOGGL.as_bytes(), &[]).await?.expect(202)?;
    stack.idle().await?;
    let mut bodies = vec![("created_import", created)];
    bodies.push(("import", stack.get("/v2/imports/1").await?.expect(200)?));
    bodies.push(("entry", stack.get("/v2/entries/1000000001").await?.expect(200)?));
    bodies.push(("project", stack.pages("/v2/imports/1/projects?name=cranes").await?[0].clone()));
    bodies.push(("tag", stack.pages("/v2/imports/1/tags?name=outside").await?[0].clone()));
    for (name, mut body) in bodies {
        blank(&mut body, stack.system.url());
        insta::assert_json_snapshot!(name, body);
    }
    Ok(())
}

/// Blanks the times and the port, which differ between two runs.
pub fn blank(value: &mut Value, url: &str) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                if matches!(name.as_str(), "created_at" | "updated_at") {
                    *value = json!("[time]");
                }
                blank(value, url);
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| blank(value, url)),
        Value::String(text) => *text = text.replace(url, "[base]"),
        _ => {}
    }
}
