//! Totals and lists agree with a full count after any mix of imports, edits by hand and undos.
//!
//! `WAYBILL_TOTALS=n` runs n seeds, and `WAYBILL_TOTAL=s` repeats the failed seed s.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use anyhow::Context;
use reqwest::Method;
use serde_json::{Value, json};

use crate::files::toggl;
use crate::invariants::at_rest;
use crate::stack::{Answer, Stack};
use crate::world::Draw;

/// Number of seeds in a plain `cargo test`.
const SEEDS: u64 = 4;
const DEEDS: u32 = 12;
const PROJECTS: [&str; 4] = ["Pond", "Shed", "Fence", "Garden"];
const TAGS: [&str; 4] = ["spade", "rake", "hose", "saw"];

fn id(thing: &Value) -> u64 {
    thing["id"].as_u64().unwrap_or_default()
}

/// Draws a file of random length, whose chunks have different content.
fn file(draw: &mut Draw) -> String {
    let mut file = toggl(0, 1, 1);
    // Some files have enough chunks for two summaries.
    let rows = if draw.one_in(5) { 101 + draw.below(9) } else { 1 + draw.below(30) };
    let name = |draw: &mut Draw, all: &[&'static str]| *draw.of(all).expect("there are some");
    for row in 0..rows {
        let day = format!("2026-{:02}-{:02}", 1 + row / 28, 1 + row % 28);
        let (seconds, billable) = (draw.below(200), if draw.one_in(3) { "No" } else { "Yes" });
        let duration =
            if draw.one_in(15) { "soon".to_owned() } else { format!("00:{:02}:{:02}", seconds / 60, seconds % 60) };
        let project = if draw.one_in(6) { "" } else { name(draw, &PROJECTS[..3]) };
        let mut tags: Vec<&str> = (0..draw.below(3)).map(|_| name(draw, &TAGS)).collect();
        tags.dedup();
        let email = if draw.one_in(4) { "kim@example.com" } else { "demo@example.com" };
        writeln!(
            file,
            "Somebody,{email},,{project},,Row {row},{billable},{day},09:00:00,{day},09:10:00,{duration},\"{}\"",
            tags.join(", ")
        )
        .expect("a string takes all");
    }
    file
}

fn change(draw: &mut Draw) -> Value {
    let mut change = json!({});
    if draw.one_in(2) {
        change["minutes"] = json!(draw.below(100));
    }
    if draw.one_in(4) {
        change["user_id"] = json!(1 + draw.below(2));
    }
    if draw.one_in(3) {
        change["billable"] = json!(draw.one_in(2));
    }
    if draw.one_in(3) {
        change["date"] = json!(format!("2026-{:02}-11", 1 + draw.below(12)));
    }
    match draw.below(4) {
        0 => change["project_id"] = Value::Null,
        1 => change["project_name"] = json!(draw.of(&PROJECTS)),
        _ => {}
    }
    match draw.below(4) {
        0 => change["tags"] = json!([draw.of(&TAGS), draw.of(&TAGS)]),
        1 => change["description"] = json!(format!("a #{} and #{}*", TAGS[0], TAGS[3])),
        2 => change["description"] = json!("nothing marked"),
        _ => {}
    }
    change
}

/// Executes a random action of a user, and returns its description.
async fn deed(stack: &Stack, draw: &mut Draw) -> anyhow::Result<String> {
    let entries = stack.pages("/v2/entries?per_page=1000").await?;
    let imports = stack.pages("/v2/imports?per_page=1000").await?;
    let entry = draw.of(&entries).map(id);
    Ok(match draw.below(15) {
        0..=2 => {
            let text = file(draw);
            let import = stack.import(text.as_bytes(), &[("type", "toggl")]).await?;
            format!("import {import} of {} rows", text.lines().count() - 1)
        }
        3 => match draw.of(&imports).map(id) {
            Some(import) => {
                stack.undo(import).await?;
                format!("undo of {import}")
            }
            None => "nothing to undo".to_owned(),
        },
        4 | 5 => {
            let mut made = change(draw);
            made["date"] = json!("2026-05-05");
            made["minutes"] = json!(draw.below(100));
            let made = stack.send(Method::POST, "/v2/entries", &made).await?.expect(201)?;
            format!("entry {} by hand", id(&made))
        }
        6 | 7 => match entry {
            Some(entry) => {
                let change = change(draw);
                let answer = stack.send(Method::PUT, &format!("/v2/entries/{entry}"), &change).await?;
                format!("{entry} edited: {change}: {}", refused(&answer, 200, &["approved_and_locked"])?)
            }
            None => "nothing to edit".to_owned(),
        },
        8 => match entry {
            Some(entry) => {
                let answer = stack.delete(&format!("/v2/entries/{entry}")).await?;
                let rules = ["approved_and_locked", "invoiced", "archived_project"];
                format!("{entry} deleted: {}", refused(&answer, 204, &rules)?)
            }
            None => "nothing to delete".to_owned(),
        },
        9 | 10 => merged(stack, draw).await?,
        11 => {
            let list = if draw.one_in(3) { "project_groups" } else { "tags" };
            let things = stack.pages(&format!("/v2/{list}")).await?;
            match draw.of(&things).map(id) {
                Some(thing) => {
                    stack.delete(&format!("/v2/{list}/{thing}")).await?.expect(204)?;
                    format!("{list} {thing} deleted")
                }
                None => format!("no {list} to delete"),
            }
        }
        12 | 13 => {
            let some: Vec<_> = entries.iter().map(id).filter(|_| draw.one_in(4)).collect();
            let mark = *draw.of(&["approved", "unapproved", "marked_as_invoiced"]).expect("there are some");
            let mut body = json!({ "entry_ids": some });
            if mark == "marked_as_invoiced" {
                body["date"] = json!("2026-06-01");
            }
            stack.send(Method::PUT, &format!("/v2/entries/{mark}"), &body).await?.expect(204)?;
            format!("{some:?} {mark}")
        }
        _ => {
            let projects = stack.pages("/v2/projects").await?;
            match draw.of(&projects).map(id) {
                Some(project) => {
                    let answer = stack.delete(&format!("/v2/projects/{project}")).await?;
                    format!("project {project} deleted: {}", answer.status)
                }
                None => "no project to delete".to_owned(),
            }
        }
    })
}

/// The result of a request which one of the given rules may forbid.
fn refused(answer: &Answer, status: u16, rules: &[&str]) -> anyhow::Result<String> {
    let code = answer.json()["errors"][0]["code"].clone();
    match code.as_str().filter(|_| answer.status == 422) {
        Some(code) if rules.contains(&code) => Ok(code.to_owned()),
        _ => answer.expect(status).map(|_| status.to_string()),
    }
}

/// Merges two random projects or two random tags.
async fn merged(stack: &Stack, draw: &mut Draw) -> anyhow::Result<String> {
    let (list, field) = *draw.of(&[("projects", "project_id"), ("tags", "tag_id")]).expect("there are some");
    let things = stack.pages(&format!("/v2/{list}")).await?;
    let (into, from) = (draw.of(&things).map(id), draw.of(&things).map(id));
    let (Some(into), Some(from)) = (into, from) else { return Ok(format!("no {list} to merge")) };
    let path = format!("/v2/{list}/{into}/merge");
    let answer = stack.send(Method::PUT, &path, &json!({ field: from })).await?;
    Ok(format!("{list} {from} merged into {into}: {}", refused(&answer, 204, &["invalid"])?))
}

/// For each thing, by id: the number of entries, their seconds, and their billable seconds.
type Counted = BTreeMap<u64, [u64; 3]>;

/// Reads seconds and billable flags from the stored entries, because the door shows minutes only.
async fn seconds(stack: &Stack) -> anyhow::Result<BTreeMap<u64, (u64, bool)>> {
    let mut seconds = BTreeMap::new();
    for ((pk, _), item) in stack.workspace().await? {
        if pk.contains("#entry#") {
            let entry: shared::entries::Entry = shared::store::decode(item)?;
            seconds.insert(entry.id.0, (entry.seconds, entry.billable));
        }
    }
    Ok(seconds)
}

/// Compares the shown totals of projects and tags with a full count of the listed entries.
async fn totals_agree(stack: &Stack) -> anyhow::Result<()> {
    let entries = stack.pages("/v2/entries?per_page=1000").await?;
    let seconds = seconds(stack).await?;
    anyhow::ensure!(entries.len() == seconds.len(), "{} are listed, {} stored", entries.len(), seconds.len());
    let (mut of_projects, mut of_tags) = (Counted::new(), Counted::new());
    let mut users: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    for entry in &entries {
        let &(time, billable) = seconds.get(&id(entry)).context("an entry that is not stored")?;
        let count = |counted: &mut Counted, thing: u64| {
            let sums = counted.entry(thing).or_default();
            *sums = [sums[0] + 1, sums[1] + time, sums[2] + if billable { time } else { 0 }];
        };
        if !entry["project"].is_null() {
            count(&mut of_projects, id(&entry["project"]));
            users.entry(id(&entry["project"])).or_default().insert(id(&entry["user"]));
        }
        entry["tags"].as_array().into_iter().flatten().for_each(|tag| count(&mut of_tags, id(tag)));
    }
    let minutes = |seconds: u64| (seconds + 30) / 60;
    for project in stack.pages("/v2/projects?per_page=2").await? {
        let [entries, all, billable] = of_projects.remove(&id(&project)).unwrap_or_default();
        let expected = [entries, minutes(all), minutes(billable), minutes(all - billable)];
        let told = ["entries", "minutes", "billable_minutes", "unbillable_minutes"].map(|name| project[name].as_u64());
        anyhow::ensure!(told == expected.map(Some), "{} tells {told:?}, a full count {expected:?}", project["name"]);
    }
    for project in stack.pages("/v2/projects").await? {
        // Every user with entries in the project is named. A user without remaining entries may still be named.
        let named: BTreeSet<u64> = project["participants"].as_array().into_iter().flatten().map(id).collect();
        let users = users.remove(&id(&project)).unwrap_or_default();
        anyhow::ensure!(named.is_superset(&users), "{} names {named:?}, has entries of {users:?}", project["name"]);
    }
    for tag in stack.pages("/v2/tags?per_page=2").await? {
        let [entries, ..] = of_tags.remove(&id(&tag)).unwrap_or_default();
        anyhow::ensure!(tag["entries"] == entries, "{} tells {}, a full count {entries}", tag["name"], tag["entries"]);
    }
    anyhow::ensure!(of_projects.is_empty() && of_tags.is_empty(), "entries name what is not listed");
    Ok(())
}

/// Compares pages and filters with the corresponding part of the whole list.
async fn lists_agree(stack: &Stack, draw: &mut Draw) -> anyhow::Result<()> {
    let all = stack.pages("/v2/entries?per_page=1000").await?;
    let imports = stack.pages("/v2/imports").await?;
    let project = stack.pages("/v2/projects").await?.first().map(id).unwrap_or_default();
    let tags = stack.pages("/v2/tags").await?;
    let (tag, other) = (tags.first().map(id).unwrap_or_default(), tags.last().map(id).unwrap_or_default());
    let has = |entry: &Value, tag: u64| entry["tags"].as_array().into_iter().flatten().any(|t| id(t) == tag);
    let date = |entry: &Value| entry["date"].as_str().unwrap_or_default().to_owned();
    type Passes<'a> = Box<dyn Fn(&Value) -> bool + 'a>;
    let filters: Vec<(String, Passes<'_>)> = vec![
        (String::new(), Box::new(|_| true)),
        (format!("project_ids={project}"), Box::new(|entry| project > 0 && id(&entry["project"]) == project)),
        (format!("tags={tag}"), Box::new(|entry| has(entry, tag))),
        (format!("tags={tag},{other}"), Box::new(|entry| has(entry, tag) && has(entry, other))),
        (format!("tag_ids={tag},{other}&tag_filter_type=any"), Box::new(|entry| has(entry, tag) || has(entry, other))),
        (
            format!("projects={project}&tags={tag}"),
            Box::new(|entry| project > 0 && id(&entry["project"]) == project && has(entry, tag)),
        ),
        (
            "from=2026-01-10&to=2026-02-11".to_owned(),
            Box::new(|entry| ("2026-01-10".to_owned()..="2026-02-11".to_owned()).contains(&date(entry))),
        ),
        ("billable=true".to_owned(), Box::new(|entry| entry["billable"] == true)),
        ("user_ids=1".to_owned(), Box::new(|entry| id(&entry["user"]) == 1)),
        ("approved_by_ids=1".to_owned(), Box::new(|entry| !entry["approved_at"].is_null())),
        ("invoiced_at_from=2026-06-01".to_owned(), Box::new(|entry| !entry["invoiced_at"].is_null())),
        (
            "description=rake".to_owned(),
            Box::new(|entry| entry["description"].as_str().is_some_and(|text| text.contains("rake"))),
        ),
    ];
    for (list, thing) in [("projects", project), ("tags", tag)].into_iter().filter(|(_, thing)| *thing > 0) {
        let of_thing = |entry: &&Value| if list == "tags" { has(entry, thing) } else { id(&entry["project"]) == thing };
        let expected: Vec<u64> = all.iter().filter(of_thing).map(id).collect();
        let found = stack.pages(&format!("/v2/{list}/{thing}/entries?per_page=5")).await?;
        anyhow::ensure!(found.iter().map(id).collect::<Vec<_>>() == expected, "the entries of {list} {thing}");
        let found = stack.pages(&format!("/v2/{list}/{thing}/entries?per_page=5&billable=true")).await?;
        let billable = all.iter().filter(of_thing).filter(|entry| entry["billable"] == true).map(id);
        anyhow::ensure!(found.iter().map(id).eq(billable), "the billable entries of {list} {thing}");
    }
    for (query, passes) in &filters {
        let per_page = 1 + draw.below(9);
        let expected: Vec<u64> = all.iter().filter(|entry| passes(entry)).map(id).collect();
        let walked = stack.pages(&format!("/v2/entries?per_page={per_page}&{query}")).await?;
        anyhow::ensure!(walked.iter().map(id).collect::<Vec<_>>() == expected, "{query} by {per_page}");
        let page = draw.below(expected.len() as u64 / per_page + 2) + 1;
        let answer = stack.get(&format!("/v2/entries?per_page={per_page}&page={page}&{query}")).await?;
        let skip = usize::try_from((page - 1) * per_page)?;
        let on_page: Vec<_> = expected.iter().copied().skip(skip).take(usize::try_from(per_page)?).collect();
        let list = answer.expect(200)?;
        let found: Vec<u64> = list.as_array().into_iter().flatten().map(id).collect();
        anyhow::ensure!(found == on_page, "page {page} of {query} by {per_page}: {found:?} instead of {on_page:?}");
        if let Some(import) = draw.of(&imports).map(id) {
            let expected: Vec<_> = expected.into_iter().filter(|entry| entry / 1_000_000_000 == import).collect();
            let found = stack.pages(&format!("/v2/imports/{import}/entries?per_page={per_page}&{query}")).await?;
            anyhow::ensure!(found.iter().map(id).collect::<Vec<_>>() == expected, "{query} of import {import}");
        }
    }
    Ok(())
}

async fn run(seed: u64) -> anyhow::Result<()> {
    let stack = Stack::start(1).await?;
    stack.send(Method::POST, "/v2/users", &json!({ "email": "kim@example.com" })).await?.expect(201)?;
    let mut draw = Draw(seed);
    let mut story = Vec::new();
    for n in 1..=DEEDS {
        story.push(deed(&stack, &mut draw).await.with_context(|| format!("{story:#?}"))?);
        let agreed = async {
            totals_agree(&stack).await?;
            if n % 4 == 0 || n == DEEDS { lists_agree(&stack, &mut draw).await } else { Ok(()) }
        };
        agreed.await.with_context(|| format!("{story:#?}"))?;
    }
    at_rest(&stack).await.with_context(|| format!("{story:#?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn totals_and_lists_agree_with_a_full_count_after_any_mix() -> anyhow::Result<()> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("WAYBILL_TOTAL") {
        Some(seed) => seed..seed + 1,
        None => 1..number("WAYBILL_TOTALS").unwrap_or(SEEDS) + 1,
    };
    for seed in seeds {
        run(seed).await.with_context(|| format!("WAYBILL_TOTAL={seed}"))?;
    }
    Ok(())
}
