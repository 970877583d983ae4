//! Lists: filters against a naive oracle over a thousand people, pages by number and behind cursors, includes and fields.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::{all, each, errors, get, ids, made, resource, run, send};
use crate::stack::Stack;

/// A thousand people of ten companies in three imports, and two made by hand.
async fn crowd(stack: &Stack) -> anyhow::Result<()> {
    for part in 0..3_usize {
        let companies: Vec<Value> = (0..10).map(|at| json!({ "name": format!("Company {at}") })).collect();
        let people: Vec<Value> = (0..333)
            .map(|at| {
                let number = part * 333 + at;
                let first_name = ["Robin", "Kim", "Sam", "Ada, the first"][number % 4];
                let title = ["", "Cook", "Head Cook"][number % 3];
                let mut person = json!({
                    "company": format!("Company {}", number % 10), "first_name": first_name,
                    "last_name": format!("Name{}", number % 50), "title": title,
                });
                if number % 5 != 0 {
                    person["email"] = json!(format!("P{number}@Example.com"));
                }
                person
            })
            .collect();
        run(stack, &json!({ "company": companies, "person": people })).await?;
    }
    let company = super::all(stack, "/companies?filter[name]=company 3").await?[0]["id"].clone();
    for name in ["Hand", "Maker"] {
        let mut body = resource("people", &json!({ "first_name": name, "tag_list": ["by hand"] }));
        body["data"]["relationships"] = json!({ "company": { "data": { "id": company } } });
        send(stack, Method::POST, "/people", &body).await?.expect(201)?;
    }
    Ok(())
}

/// Whether a person passes a filter, by the person's JSON alone.
type Test = fn(&Value) -> bool;

fn text<'p>(person: &'p Value, name: &str) -> &'p str {
    person["attributes"][name].as_str().unwrap_or_default()
}

const CASES: [(&str, Test); 19] = [
    ("filter[first_name]=robin", |p| text(p, "first_name") == "Robin"),
    ("filter[first_name][not_eq]=robin", |p| text(p, "first_name") != "Robin"),
    ("filter[first_name]=Ada, the first", |p| text(p, "first_name") == "Ada, the first"),
    ("filter[first_name]=robin,KIM", |p| matches!(text(p, "first_name"), "Robin" | "Kim")),
    ("filter[first_name][not_eq]=robin,KIM", |p| !matches!(text(p, "first_name"), "Robin" | "Kim")),
    ("filter[archived_at]", |p| p["attributes"]["archived_at"].is_null()),
    ("filter[name][contains]=NAME4", |p| text(p, "last_name").contains("Name4")),
    ("filter[name]=kim name1", |p| text(p, "first_name") == "Kim" && text(p, "last_name") == "Name1"),
    ("filter[email]=p1@example.com,p2@example.com", |p| {
        matches!(text(p, "email"), "P1@Example.com" | "P2@Example.com")
    }),
    ("filter[email][not_contain]=@", |p| !text(p, "email").contains('@')),
    ("filter[title][]=cook&filter[title][]=head cook", |p| text(p, "title").ends_with("Cook")),
    ("filter[status]=archived", |_| false),
    ("filter[status][eq][]=1", |_| true),
    ("filter[person_type]=1", |p| p["attributes"]["is_user"] == true),
    ("filter[is_user]=false", |p| p["attributes"]["is_user"] == false),
    ("filter[tags]=by hand", |p| p["attributes"]["tag_list"] == json!(["by hand"])),
    ("filter[created_at][lt]=2001-01-01", |_| false),
    ("filter[created_at][gt_eq]=2001-01-01", |_| true),
    (
        "filter[$op]=or&filter[0][first_name]=hand&filter[1][$op]=and&filter[1][0][last_name]=name7&filter[1][1][first_name][contains]=a",
        |p| {
            text(p, "first_name") == "Hand"
                || text(p, "last_name") == "Name7" && text(p, "first_name").to_lowercase().contains('a')
        },
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_of_a_thousand_people_are_those_of_a_naive_oracle() -> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    crowd(&stack).await?;
    let everybody = all(&stack, "/people?page[size]=200").await?;
    assert_eq!(everybody.len(), 1002);
    let numbers: Vec<u64> = ids(&everybody).iter().filter_map(|id| id.parse().ok()).collect();
    assert!(numbers.is_sorted() && numbers.iter().collect::<BTreeSet<_>>().len() == 1002);
    let first = get(&stack, "/people").await?.expect(200)?;
    assert_eq!((&first["meta"]["total_count"], &first["meta"]["total_pages"]), (&json!(1002), &json!(34)));

    for (filter, passes) in CASES {
        let expected: Vec<String> = ids(&everybody.iter().filter(|person| passes(person)).cloned().collect::<Vec<_>>());
        let by_number = all(&stack, &format!("/people?{filter}&page[size]=77")).await?;
        assert_eq!(ids(&by_number), expected, "{filter}");
        let behind = all(&stack, &format!("/people?{filter}&page[size]=77&page[after]=")).await?;
        assert_eq!(ids(&behind), expected, "{filter} behind cursors");
        let total =
            get(&stack, &format!("/people?{filter}&page[size]=1")).await?.expect(200)?["meta"]["total_count"].clone();
        assert_eq!(total, json!(expected.len()), "{filter}");
    }
    // Any page by number is the same part of the list, also within and behind imports.
    for size in [7, 100, 200] {
        for number in [1, 2, 1002 / size, 1002 / size + 1, 1002 / size + 2] {
            let page = get(&stack, &format!("/people?page[size]={size}&page[number]={number}")).await?.expect(200)?;
            let expected: Vec<Value> = everybody.iter().skip((number - 1) * size).take(size).cloned().collect();
            assert_eq!(
                ids(page["data"].as_array().map(Vec::as_slice).unwrap_or_default()),
                ids(&expected),
                "{size} {number}"
            );
        }
    }
    for (sort, key) in [("first_name", "first_name"), ("-title", "title"), ("email", "email")] {
        let sorted = all(&stack, &format!("/people?sort={sort}&page[size]=200&filter[is_user]=false")).await?;
        let value = |person: &Value| (text(person, key).is_empty(), text(person, key).to_lowercase());
        let values: Vec<_> = sorted.iter().map(value).collect();
        let is_sorted = if sort.starts_with('-') { values.iter().rev().is_sorted() } else { values.is_sorted() };
        assert!(is_sorted && values.len() == 1001, "{sort}");
    }
    Ok(())
}

#[tokio::test]
async fn a_deleted_person_and_a_reverted_import_leave_right_totals() -> anyhow::Result<()> {
    let stack = Stack::start(4).await?;
    let people = |from: usize| -> Vec<Value> {
        (from..from + 10).map(|at| json!({ "company": "Quay", "first_name": format!("P{at}") })).collect()
    };
    let quay = json!([{ "name": "Quay" }]);
    let first = run(&stack, &json!({ "company": quay, "person": people(0) })).await?;
    run(&stack, &json!({ "company": quay, "person": people(10) })).await?;
    let everybody = all(&stack, "/people").await?;
    assert_eq!(everybody.len(), 21);
    for gone in [3, 12] {
        let path = format!("/people/{}", ids(&everybody)[gone]);
        send(&stack, Method::DELETE, &path, &Value::Null).await?.expect(204)?;
    }
    let page = get(&stack, "/people?page[size]=5&page[number]=3").await?.expect(200)?;
    assert_eq!(page["meta"]["total_count"], 19);
    let left: Vec<Value> =
        everybody.iter().enumerate().filter(|(at, _)| ![3, 12].contains(at)).map(|(_, p)| p.clone()).collect();
    assert_eq!(ids(page["data"].as_array().map(Vec::as_slice).unwrap_or_default()), ids(&left)[10..15]);
    send(&stack, Method::PATCH, &format!("/imports/{first}/revert"), &Value::Null).await?.expect(200)?;
    stack.idle().await?;
    assert_eq!(get(&stack, "/people").await?.expect(200)?["meta"]["total_count"], 10);
    assert_eq!(all(&stack, "/people?page[size]=3").await?.len(), 10);
    Ok(())
}

#[tokio::test]
async fn imports_are_listed_by_id_and_filtered() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    for at in 0..5 {
        let rows = json!({ "company": [{ "name": format!("C{at}") }] }).to_string();
        let model = if at % 2 == 0 { json!(at) } else { Value::Null };
        let sample = if at == 1 { Value::Null } else { json!(at == 0) };
        let attributes = json!({ "import_data": rows, "import_model_id": model, "sample": sample });
        send(&stack, Method::POST, "/imports", &resource("imports", &attributes)).await?.expect(201)?;
    }
    for (query, expected) in [
        ("", vec!["1", "2", "3", "4", "5"]),
        ("sort=-id", vec!["5", "4", "3", "2", "1"]),
        ("filter[sample]=true", vec!["1"]),
        ("filter[sample]=null", vec!["2"]),
        ("filter[sample]=false", vec!["3", "4", "5"]),
        ("filter[import_model_id]=2,4", vec!["3", "5"]),
        ("filter[import_model_id][]=2&filter[import_model_id][]=0", vec!["1", "3"]),
        ("filter%5Bimport_model_id%5D=2", vec!["3"]),
    ] {
        for paging in ["page[size]=2", "page[size]=2&page[after]="] {
            if paging.contains("after") && query.starts_with("sort") {
                continue;
            }
            assert_eq!(ids(&all(&stack, &format!("/imports?{query}&{paging}")).await?), expected, "{query} {paging}");
        }
    }
    for (query, code) in [
        ("filter[sample]=maybe", "unsupported_filter_value"),
        ("filter[status]=new", "unsupported_filter"),
        ("sort=created_at", "unsupported_sort"),
        ("include=tasks", "unsupported_include"),
        ("page[size]=0", "invalid_page"),
        ("perpage=3", "unsupported_parameter"),
    ] {
        let answer = get(&stack, &format!("/imports?{query}")).await?;
        answer.expect(400)?;
        assert_eq!(errors(&answer)[0].0, code, "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn includes_and_sets_of_fields_show_what_was_asked_for() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let id = made(&stack, &json!({ "company": [{ "name": "Quay" }] })).await?;
    let kinds = |document: &Value| -> Vec<String> {
        let included = document["included"].as_array().cloned().unwrap_or_default();
        included.iter().map(|one| one["type"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let path = format!("/imports/{id}");
    assert_eq!(kinds(&get(&stack, &path).await?.expect(200)?), ["people", "companies"]);
    assert_eq!(kinds(&get(&stack, &format!("{path}?include=creator")).await?.expect(200)?), ["people"]);
    assert_eq!(
        kinds(&get(&stack, &format!("{path}?include=creator.company")).await?.expect(200)?),
        ["people", "companies"]
    );
    let bare = get(&stack, &format!("{path}?include=")).await?.expect(200)?;
    assert!(bare.get("included").is_none(), "{bare}");
    let few = get(&stack, &format!("{path}?fields[imports]=sample,creator&fields[people]=email,company"))
        .await?
        .expect(200)?;
    assert_eq!(few["data"]["attributes"], json!({ "sample": false }));
    assert_eq!(
        few["data"]["relationships"].as_object().map(|names| names.keys().cloned().collect::<Vec<_>>()),
        Some(vec!["creator".to_owned()])
    );
    assert_eq!(each(std::slice::from_ref(&few["included"][0]), "email"), [json!("demo@example.com")]);
    assert_eq!(few["included"][0]["attributes"].as_object().map(serde_json::Map::len), Some(1));
    assert_eq!(errors(&get(&stack, &format!("{path}?fields[imports]=status")).await?)[0].0, "unsupported_fields");
    Ok(())
}
