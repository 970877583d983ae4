//! Tests of all filters of lists, in both spellings, and of the links between pages.

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use shared::account::{Principal, Scope, grant};
use shared::id::{AccountId, ThingId};

use crate::files::{FRECKLE, TOGGL, one, toggl};
use crate::stack::Stack;

fn ids(list: &[Value]) -> Vec<u64> {
    list.iter().filter_map(|item| item["id"].as_u64()).collect()
}

fn names(list: &[Value]) -> Vec<&str> {
    let mut names: Vec<_> = list.iter().filter_map(|thing| thing["name"].as_str()).collect();
    names.sort_unstable();
    names
}

/// The page numbers to which an answer links, by relation.
fn pages(answer: &crate::stack::Answer) -> Vec<(String, u64)> {
    let page = |url: &str| url.split(['?', '&']).find_map(|pair| pair.strip_prefix("page=")?.parse().ok());
    answer.links().into_iter().map(|(rel, url)| (rel, page(&url).unwrap_or_default())).collect()
}

#[tokio::test]
async fn imports_are_filtered_by_type_user_fallback_options_and_day() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let other = json!({ "email": "other.person@example.com" });
    let other = stack.send(Method::POST, "/v2/users", &other).await?.expect(201)?["id"].to_string();
    stack.import(TOGGL.as_bytes(), &[]).await?;
    stack.import(FRECKLE.as_bytes(), &[("fallback_user", "null"), ("import_tags", "false")]).await?;
    stack.import(TOGGL.as_bytes(), &[("fallback_user", &other), ("autocreate_projects", "0")]).await?;
    stack.import(TOGGL.as_bytes(), &[("create_projects", "no")]).await?;
    let principal = Principal { account: AccountId(1), user: ThingId(2), scopes: vec![Scope::Import] };
    grant(stack.system.services(), "others", &principal).await?;
    let form = Form::new().part("file", Part::bytes(TOGGL.as_bytes().to_vec()).file_name("a.csv"));
    let form = form.text("fallback_user", "null").text("import_tags", "no").text("autocreate_projects", "no");
    let by_other = stack.bare(Method::POST, "/v2/imports").header("X-NokoToken", "others").multipart(form);
    stack.answer(by_other).await?.expect(202)?;
    stack.idle().await?;
    let today =
        stack.get("/v2/imports/1").await?.expect(200)?["created_at"].as_str().unwrap_or_default()[..10].to_owned();
    let cases = [
        ("type=toggl".to_owned(), vec![5, 4, 3, 1]),
        ("type=freckle".to_owned(), vec![2]),
        ("type=harvest".to_owned(), vec![]),
        ("user=1".to_owned(), vec![4, 3, 2, 1]),
        (format!("user={other}"), vec![5]),
        (format!("fallback_user={other}"), vec![3]),
        ("fallback_user=1".to_owned(), vec![4, 1]),
        ("fallback_user=null".to_owned(), vec![5, 2]),
        ("import_tags=true".to_owned(), vec![4, 3, 1]),
        ("import_tags=false".to_owned(), vec![5, 2]),
        ("autocreate_projects=true".to_owned(), vec![2, 1]),
        ("autocreate_projects=false".to_owned(), vec![5, 4, 3]),
        ("autocreate_projects=false&fallback_user=1&type=toggl".to_owned(), vec![4]),
        (format!("from={today}"), vec![5, 4, 3, 2, 1]),
        (format!("to={today}&from={today}"), vec![5, 4, 3, 2, 1]),
        ("to=2001-01-01".to_owned(), vec![]),
        ("from=2999-01-01".to_owned(), vec![]),
    ];
    for (query, expected) in cases {
        for per_page in [1, 30] {
            let found = stack.pages(&format!("/v2/imports/?{query}&per_page={per_page}")).await?;
            assert_eq!(ids(&found), expected, "{query}");
        }
    }
    for wrong in ["type=clockify", "user=me", "fallback_user=nobody", "import_tags=maybe", "from=today"] {
        let refused = stack.get(&format!("/v2/imports?{wrong}")).await?.expect(422)?;
        let field = wrong.split('=').next().unwrap_or_default();
        let expected = json!([{ "resource": "Import", "field": field, "code": "invalid" }]);
        assert_eq!(refused["errors"], expected);
    }
    Ok(())
}

#[tokio::test]
async fn first_middle_and_last_pages_of_every_list_are_linked_right() -> anyhow::Result<()> {
    let stack = Stack::start(3).await?;
    stack.import(toggl(7, 7, 7).as_bytes(), &[]).await?;
    for n in 2..=7 {
        stack.import(one("Orchard", "Website", "").as_bytes(), &[]).await?;
        stack.send(Method::POST, "/v2/users", &json!({ "email": format!("u{n}@example.com") })).await?.expect(201)?;
    }
    stack.delete("/v2/entries/1000000007").await?.expect(204)?;
    let by_hand = json!({ "date": "2026-01-01", "minutes": 1 });
    stack.send(Method::POST, "/v2/entries", &by_hand).await?.expect(201)?;
    // The stack has 6 entries of the first import, 6 of the remaining imports, and an entry made by hand.
    let lists = [
        ("imports", 7),
        ("imports/1/entries", 6),
        ("imports/1/tags", 7),
        ("imports/1/projects", 7),
        ("entries", 13),
        ("tags", 7),
        ("projects", 8),
        ("users", 7),
    ];
    for (list, length) in lists {
        let path = format!("/v2/{list}");
        let whole = stack.get(&path).await?;
        let all = whole.expect(200)?.as_array().cloned().unwrap_or_default();
        assert_eq!((all.len(), whole.headers.get("link")), (length, None), "{list}");
        let last = length.div_ceil(3) as u64;
        for page in 1..=last {
            let answer = stack.get(&format!("{path}?per_page=3&page={page}")).await?;
            let mut expected = Vec::new();
            if page > 1 {
                expected.push(("first".to_owned(), 1));
            }
            if page < last {
                expected.extend([("last".to_owned(), last), ("next".to_owned(), page + 1)]);
            }
            if page > 1 {
                expected.push(("prev".to_owned(), page - 1));
            }
            assert_eq!(pages(&answer), expected, "page {page} of {list}");
        }
        let paged = stack.pages(&format!("{path}?per_page=3")).await?;
        assert_eq!(paged, all, "{list}");
        let sorted = ids(&all);
        assert!(sorted.is_sorted_by(|a, b| a > b), "{list}: {sorted:?}");
    }
    Ok(())
}

#[tokio::test]
async fn links_keep_the_filters_and_leave_the_token_out() -> anyhow::Result<()> {
    let stack = Stack::start(3).await?;
    stack.import(toggl(9, 1, 1).as_bytes(), &[]).await?;
    let path = format!("{}/v2/imports/1/entries?billable=yes&description=entry&per_page=2", stack.system.url());
    let answer = stack.answer(stack.bare(Method::GET, &format!("{path}&page=2&noko_token=demo"))).await?;
    answer.expect(200)?;
    let links = answer.links();
    assert_eq!(pages(&answer), [("first".to_owned(), 1), ("next".to_owned(), 3), ("prev".to_owned(), 1)]);
    for url in links.values() {
        assert!(
            url.contains("billable=yes") && url.contains("description=entry") && url.contains("per_page=2"),
            "{url}"
        );
        assert!(!url.contains("demo"), "{url}");
    }
    // A page is the same by its link and by its number.
    let by_number = stack.get(&format!("{path}&page=3")).await?.expect(200)?;
    assert_eq!(stack.get(&links["next"]).await?.expect(200)?, by_number);
    // A client which changes the page number within the link gets the page of this number.
    let turned = links["next"].replace("page=3", "page=1");
    assert_eq!(stack.get(&turned).await?.expect(200)?, stack.get(&format!("{path}&page=1")).await?.expect(200)?);
    // After the end of the list, the previous page is the last page.
    let behind = stack.get("/v2/imports/1/entries?per_page=2&page=9").await?;
    assert_eq!(pages(&behind), [("first".to_owned(), 1), ("prev".to_owned(), 5)]);
    Ok(())
}

#[tokio::test]
async fn a_page_holds_a_thousand_at_most_and_thirty_by_itself() -> anyhow::Result<()> {
    let stack = Stack::start(400).await?;
    let id = stack.upload(toggl(1100, 1, 1).into_bytes()).await?;
    stack.idle().await?;
    for (query, length) in
        [("", 30), ("?per_page=1000", 1000), ("?per_page=5000", 1000), ("?per_page=1000&page=2", 100)]
    {
        let list = stack.get(&format!("/v2/imports/{id}/entries{query}")).await?.expect(200)?;
        assert_eq!(list.as_array().map(Vec::len), Some(length), "{query:?}");
    }
    Ok(())
}

#[tokio::test]
async fn entries_are_filtered_by_either_spelling_and_by_both() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let id = stack.import(TOGGL.as_bytes(), &[]).await?;
    stack.import(one("Orchard", "Website", "design").as_bytes(), &[]).await?;
    let tags = stack.pages("/v2/tags").await?;
    let tag =
        |name: &str| tags.iter().find(|tag| tag["name"] == name).map(|tag| tag["id"].to_string()).unwrap_or_default();
    let cranes = stack.pages("/v2/projects?name=cranes").await?[0]["id"].to_string();
    let (design, research, outside) = (tag("design"), tag("research"), tag("outside"));
    let cases = [
        (format!("tags={design}&tag_ids={research}"), vec![1]),
        (format!("tags={design}&tag_ids={outside}"), vec![]),
        (format!("tags={design},{outside}&tag_ids={research},{outside}&tag_filter_type=any"), vec![5, 1]),
        (format!("projects={cranes}&project_ids={cranes},5"), vec![5]),
        (format!("projects={cranes}&project_ids=5"), vec![]),
        ("users=1&user_ids=2".to_owned(), vec![]),
        ("users=1,2&user_ids=1".to_owned(), vec![5, 4, 3, 2, 1]),
        (format!("imports={id}&import_ids={id},2"), vec![5, 4, 3, 2, 1]),
        ("invoices=3".to_owned(), vec![]),
        ("invoice_ids=3".to_owned(), vec![]),
        ("invoiced_at_from=2026-01-01".to_owned(), vec![]),
        ("invoiced_at_to=2026-01-01".to_owned(), vec![]),
        ("invoiced=false".to_owned(), vec![5, 4, 3, 2, 1]),
        ("from=2026-03-02&to=2026-03-03".to_owned(), vec![4, 3, 2, 1]),
        (format!("tags={design}&from=2026-03-02&billable=true&users=1"), vec![1]),
    ];
    for (query, rows) in cases {
        let expected: Vec<u64> = rows.iter().map(|row| id * 1_000_000_000 + row).collect();
        for per_page in [1, 2, 30] {
            let path = format!("/v2/imports/{id}/entries?per_page={per_page}&{query}");
            assert_eq!(ids(&stack.pages(&path).await?), expected, "{path}");
            let path = format!("/v2/entries?per_page={per_page}&imports={id}&{query}");
            let both = query.starts_with("imports=");
            assert!(both || ids(&stack.pages(&path).await?) == expected, "{path}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_was_invoiced_where_it_came_from_is_told_from_the_rest() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let header = "Date,Client,Project,Task,Notes,Hours,Billable?,Invoiced?,First Name,Last Name";
    let row = |day: u32, invoiced: &str| format!("2026-03-{day:02},A,B,C,D,1.0,Yes,{invoiced},Demo,User");
    let file = [header.to_owned(), row(1, "Yes"), row(2, "No"), row(3, ""), row(4, "Yes")].join("\n");
    let id = stack.import(file.as_bytes(), &[]).await?;
    for (query, rows) in [("true", vec![4, 1]), ("false", vec![3, 2])] {
        let expected: Vec<u64> = rows.iter().map(|row| id * 1_000_000_000 + row).collect();
        for list in ["entries".to_owned(), format!("imports/{id}/entries")] {
            assert_eq!(
                ids(&stack.pages(&format!("/v2/{list}?invoiced={query}&per_page=1")).await?),
                expected,
                "{list}"
            );
        }
    }
    let invoiced = async || anyhow::Ok(stack.pages("/v2/projects").await?[0]["invoiced_minutes"].clone());
    assert_eq!(invoiced().await?, 120);
    stack.delete(&format!("/v2/entries/{}", id * 1_000_000_000 + 4)).await?.expect(204)?;
    assert_eq!(invoiced().await?, 60);
    Ok(())
}

#[tokio::test]
async fn tags_and_projects_of_an_import_are_filtered_and_are_those_that_it_made() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    stack.import(one("Orchard", "Website", "design").as_bytes(), &[]).await?;
    let id = stack.import(TOGGL.as_bytes(), &[]).await?;
    let all = stack.pages(&format!("/v2/imports/{id}/projects")).await?;
    assert_eq!(names(&all), ["Cranes", "Website"]);
    assert_eq!(names(&stack.pages(&format!("/v2/imports/{id}/tags")).await?), ["outside", "research"]);
    let cranes = all.iter().find(|project| project["name"] == "Cranes").cloned().unwrap_or_default();
    let group = cranes["group"]["id"].clone();
    let change = json!({ "stepping": 15, "enabled": false, "billable": false });
    stack.send(Method::PUT, &format!("/v2/projects/{}", cranes["id"]), &change).await?.expect(200)?;
    let cases = [
        ("name=CRA".to_owned(), vec!["Cranes"]),
        ("name=e".to_owned(), vec!["Cranes", "Website"]),
        ("stepping=15".to_owned(), vec!["Cranes"]),
        ("billing_increment=15".to_owned(), vec!["Cranes"]),
        ("billing_increment=15&stepping=1".to_owned(), vec![]),
        ("enabled=false".to_owned(), vec!["Cranes"]),
        ("enabled=true".to_owned(), vec!["Website"]),
        ("billable=false".to_owned(), vec!["Cranes"]),
        (format!("project_group_ids={group}"), vec!["Cranes", "Website"]),
        ("project_group_ids=5".to_owned(), vec![]),
        (format!("project_group_ids={group},5&billable=true"), vec!["Website"]),
    ];
    for (query, expected) in cases {
        let found = stack.pages(&format!("/v2/imports/{id}/projects?{query}&per_page=1")).await?;
        assert_eq!(names(&found), expected, "{query}");
    }
    let tag = stack.pages("/v2/tags?name=outside").await?[0]["id"].clone();
    stack.send(Method::PATCH, &format!("/v2/tags/{tag}"), &json!({ "billable": false })).await?.expect(200)?;
    for (query, expected) in
        [("name=SEAR", vec!["research"]), ("billable=false", vec!["outside"]), ("billable=true&name=out", vec![])]
    {
        let found = stack.pages(&format!("/v2/imports/{id}/tags?{query}")).await?;
        assert_eq!(names(&found), expected, "{query}");
    }
    for wrong in ["projects?stepping=x", "projects?enabled=x", "projects?project_group_ids=x", "tags?billable=x"] {
        stack.get(&format!("/v2/imports/{id}/{wrong}")).await?.expect(422)?;
    }
    Ok(())
}

#[tokio::test]
async fn while_an_import_runs_what_is_committed_is_listed_and_counted() -> anyhow::Result<()> {
    let stack = Stack::by_hand(3).await?;
    let (account, import) = (shared::id::AccountId(1), shared::id::ImportId(1));
    stack.post(toggl(10, 2, 2).as_bytes(), &[]).await?.expect(202)?;
    shared::plan::plan(&stack.functions().parser, account, import).await?;
    for (chunk, rows) in [(2, vec![9, 8, 7]), (0, vec![9, 8, 7, 3, 2, 1])] {
        shared::load::load(&stack.functions().loader, account, import, shared::id::ChunkNo(chunk)).await?;
        let expected: Vec<u64> = rows.iter().map(|row| 1_000_000_000 + row).collect();
        for path in ["/v2/entries", "/v2/imports/1/entries"] {
            assert_eq!(ids(&stack.pages(&format!("{path}?per_page=2")).await?), expected, "{path}");
            let links = pages(&stack.get(&format!("{path}?per_page=2")).await?);
            assert_eq!(links[0], ("last".to_owned(), rows.len().div_ceil(2) as u64), "{path}");
        }
        let shown = stack.get("/v2/imports/1").await?.expect(200)?;
        assert_eq!((&shown["status"], &shown["entries"]), (&json!("in_progress"), &json!(rows.len())));
    }
    Ok(())
}
