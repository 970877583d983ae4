//! Tests of the price of lists, in read units for a page at any place, with and without filters.
//!
//! `WAYBILL_LIST_ROWS=1000000 WAYBILL_LIST_CHUNK=1000 cargo test -p waybill-tests cost -- --nocapture` measures the
//! figures in `docs/doors/noko.md`, while a plain `cargo test` measures a smaller import of the same structure.

use std::fmt::Write;

use reqwest::Method;
use serde_json::{Value, json};

use crate::files::toggl;
use crate::stack::Stack;

/// A file in the order of days, as in an export, with four hundred rows a day. Each of twenty projects has
/// every twentieth row. The last twentieth of the file has a tag of its own, and a project of its own in place
/// of one of the twenty.
struct File {
    rows: u64,
}

/// Decides whether a filter should find the given row of the file.
type Model = Box<dyn Fn(u64, &File) -> bool>;

impl File {
    fn day(row: u64) -> String {
        let day = row / 400;
        format!("{}-{:02}-{:02}", 2010 + day / 336, 1 + day / 28 % 12, 1 + day % 28)
    }

    fn is_late(&self, row: u64) -> bool {
        row >= self.rows - self.rows / 20
    }

    fn text(&self) -> Vec<u8> {
        let header = toggl(0, 1, 1);
        let mut text = header;
        for row in 0..self.rows {
            let (day, late) = (Self::day(row), self.is_late(row));
            let project = if late && row % 20 == 7 { "Late".to_owned() } else { format!("Project {}", row % 20) };
            let (tag, billable) = (if late { "late" } else { "early" }, if row % 3 == 0 { "Yes" } else { "No" });
            writeln!(
                text,
                "Demo User,demo@example.com,Client,{project},,Entry {row},{billable},{day},09:00:00,{day},09:01:00,00:01:00,\
                 {tag}"
            )
            .expect("a string takes all");
        }
        text.into_bytes()
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Sends a request, and returns the answer with the consumed read units.
async fn measured(stack: &Stack, path: &str) -> anyhow::Result<(crate::stack::Answer, f64)> {
    let before = stack.system.services().store.consumed().read;
    let answer = stack.get(path).await?;
    Ok((answer, stack.system.services().store.consumed().read - before))
}

async fn id_of(stack: &Stack, kind: &str, name: &str) -> anyhow::Result<Value> {
    let found = stack.pages(&format!("/v2/{kind}?name={name}&per_page=1000")).await?;
    let found = found.into_iter().find(|thing| thing["name"] == name.replace('+', " "));
    found.map(|thing| thing["id"].clone()).ok_or_else(|| anyhow::anyhow!("no {name}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_costs_about_the_same_wherever_it_lies_and_is_what_a_full_count_says() -> anyhow::Result<()> {
    let file = File { rows: number("WAYBILL_LIST_ROWS", 24_000) };
    let chunk = number("WAYBILL_LIST_CHUNK", 100);
    let stack = Stack::start(u32::try_from(chunk)?).await?;
    let import = stack.upload(file.text()).await?;
    while !stack.native(import).await?["completed_at"].is_string() {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    let of = async |kind, name| id_of(&stack, kind, name).await;
    let (seven, nine) = (of("projects", "Project+7").await?, of("projects", "Project+9").await?);
    let (late, tag) = (of("projects", "Late").await?, of("tags", "late").await?);
    let (middle, half) = (File::day(file.rows / 2), file.rows / 2);
    let middle_day = middle.clone();
    let no_filter = || -> Model { Box::new(|_, _| true) };
    let of_project = |n: u64| -> Model { Box::new(move |row, file| row % 20 == n && !(n == 7 && file.is_late(row))) };
    let last = file.rows.div_ceil(30);
    // A page costs a unit for each of its entries and named things. A filter whose matches the summaries know costs
    // in addition at most the chunks of one summary and the rows of one chunk.
    let (page, rows) = (36.0, chunk as f64 / 8.0);
    let known = page + 40.0 + rows;
    let cases: Vec<(&str, String, Model, f64)> = vec![
        ("first page", String::new(), no_filter(), page),
        ("middle page", format!("page={}", half / 30), no_filter(), page),
        ("last page", format!("page={last}"), no_filter(), page),
        ("behind the last page", format!("page={}", last + 1), no_filter(), page),
        ("a thousand in the middle", format!("page={}&per_page=1000", half / 1000), no_filter(), 140.0),
        ("a project, first page", format!("project_ids={nine}"), of_project(9), known),
        ("a project, in the middle", format!("project_ids={nine}&page={}", half / 600), of_project(9), known),
        ("a project, its last page", format!("project_ids={nine}&page={}", last / 20), of_project(9), known),
        ("a project that ends early", format!("project_ids={seven}"), of_project(7), known),
        (
            "a project of the last rows",
            format!("project_ids={late}"),
            Box::new(|row, file| file.is_late(row) && row % 20 == 7),
            known,
        ),
        ("a tag of the last rows", format!("tag_ids={tag}&page=3"), Box::new(|row, file| file.is_late(row)), known),
        (
            "from a day to a day",
            format!("from={middle}&to={middle}&page=2"),
            Box::new(move |row, _| File::day(row) == middle_day),
            known,
        ),
        ("of a user, in the middle", format!("users=1&page={}", half / 30), no_filter(), known),
        ("unbillable, first page", "billable=no".to_owned(), Box::new(|row, _| row % 3 != 0), known + 4.0 * rows),
        (
            "a rare text",
            format!("description=entry+{}", half + 1),
            Box::new(move |row, _| row.to_string().starts_with(&(half + 1).to_string())),
            f64::MAX,
        ),
    ];
    for (what, query, passes, most) in cases {
        let path = format!("/v2/imports/{import}/entries?{query}");
        let (answer, units) = measured(&stack, &path).await?;
        let (list, pairs) = (answer.expect(200)?, query.split('&').filter_map(|pair| pair.split_once('=')));
        let pairs: Vec<_> = pairs.collect();
        let asked = |name: &str, otherwise: usize| {
            pairs.iter().find(|(n, _)| *n == name).and_then(|(_, value)| value.parse().ok()).unwrap_or(otherwise)
        };
        let (page, per_page) = (asked("page", 1), asked("per_page", 30));
        let expected =
            (0..file.rows).rev().filter(|&row| passes(row, &file)).skip((page - 1) * per_page).take(per_page);
        let expected: Vec<u64> = expected.map(|row| import * 1_000_000_000 + row + 1).collect();
        let ids: Vec<u64> = list.as_array().into_iter().flatten().filter_map(|entry| entry["id"].as_u64()).collect();
        assert_eq!(ids, expected, "{what}");
        println!("{what}: {} entries, {units} read units", ids.len());
        assert!(units <= most, "{what} costs {units} read units, which is more than {most}");
        if let Some(next) = answer.links().get("next").filter(|_| most < f64::MAX) {
            let (_, units) = measured(&stack, next).await?;
            println!("  the next: {units} read units");
            assert!(units <= most, "the next page of {what} costs {units} read units, which is more than {most}");
        }
    }
    for (what, path, most) in [
        ("the account's entries, middle page", format!("/v2/entries?page={}", half / 30), page + 2.0),
        ("the account's entries of a project", format!("/v2/entries?project_ids={nine}&page=9"), known + 2.0),
        ("imports", "/v2/imports".to_owned(), 6.0),
        ("the import", format!("/v2/imports/{import}"), 4.0),
        ("its tags", format!("/v2/imports/{import}/tags"), 10.0),
        ("its projects", format!("/v2/imports/{import}/projects"), 60.0),
        ("its details", format!("/v2/imports/{import}/details"), 5.0),
        ("projects", "/v2/projects".to_owned(), 50.0),
    ] {
        let (answer, units) = measured(&stack, &path).await?;
        answer.expect(200)?;
        println!("{what}: {units} read units");
        assert!(units <= most, "{what} costs {units} read units, which is more than {most}");
    }
    let before = stack.system.services().store.consumed().read;
    stack.native(import).await?;
    let units = stack.system.services().store.consumed().read - before;
    println!("the import through the native door: {units} read units");
    assert!(units <= 8.0, "{units}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_rows_cost_at_most_1_04_write_units_each_both_ways() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let file = toggl(10_000, 20, 20);
    let store = &stack.system.services().store;
    let before = store.consumed().write;
    let id = stack.import(file.as_bytes(), &[]).await?;
    let between = store.consumed().write;
    stack.undo(id).await?;
    let (import, undo) = ((between - before) / 10_000.0, (store.consumed().write - between) / 10_000.0);
    println!("import {import}, undo {undo} write units a row");
    assert!(import <= 1.04 && undo <= 1.04, "import {import}, undo {undo} write units a row");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_name_costs_at_most_six_write_units_both_ways_however_many_there_are() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let (rows, projects, tags) = (2_000, 1_000, 500);
    let store = &stack.system.services().store;
    let before = store.consumed().write;
    let id = stack.import(toggl(rows, projects, tags).as_bytes(), &[]).await?;
    let between = store.consumed().write;
    let shown = stack.native(id).await?;
    assert_eq!((&shown["projects"], &shown["tags"]), (&json!(projects), &json!(tags)));
    stack.undo(id).await?;
    let after = store.consumed().write;
    let most = rows as f64 + 2.0 * 12.0 + 6.0 * (projects + tags) as f64;
    println!("import {}, undo {} write units of {most}", between - before, after - between);
    assert!(between - before <= most && after - between <= most);
    Ok(())
}

#[tokio::test]
async fn a_list_of_imports_reads_a_page_whatever_was_undone() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let row = crate::files::one("Orchard", "Website", "");
    for _ in 0..40 {
        stack.post(row.as_bytes(), &[]).await?.expect(202)?;
    }
    stack.idle().await?;
    for id in [3, 17, 40] {
        stack.undo(id).await?;
    }
    let expected: Vec<u64> = (1..40).rev().filter(|id| ![3, 17].contains(id)).collect();
    let (answer, units) = measured(&stack, "/v2/imports?per_page=10&page=2").await?;
    let list = answer.expect(200)?;
    let ids: Vec<_> = list.as_array().into_iter().flatten().filter_map(|import| import["id"].as_u64()).collect();
    assert_eq!(ids, expected[10..20]);
    // The list costs a read unit or two for each import on the page, and a few units in addition.
    assert!(units <= 20.0 + 6.0, "{units} read units");
    let links = answer.links();
    assert!(links["last"].contains("page=4") && links["next"].contains("page=3"), "{links:?}");
    let last = stack.get("/v2/imports?per_page=10&page=4").await?;
    assert_eq!((last.expect(200)?.as_array().map(Vec::len), last.links().get("next")), (Some(7), None));
    assert_eq!(
        stack.send(Method::GET, "/v2/imports?type=toggl&per_page=100", &json!({})).await?.expect(200)?[0]["id"],
        39
    );
    Ok(())
}
