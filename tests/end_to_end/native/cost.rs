//! Tests of the price of pages in large accounts and large imports.

use anyhow::Context;
use serde_json::Value;
use shared::id::{ImportId, ThingId};
use shared::import::{Import, ImportType, NewImport, Options, Origin, Status, create};
use shared::inbox::shown::time;
use shared::portions::Portions;
use shared::results::rows::{self, RowOutcome, RowPage, RowQuery};
use shared::services::Services;
use shared::store::Table;

use super::{ACCOUNT, get, scan_all, stored};
use crate::files::toggl;
use crate::stack::Stack;

/// The number of imports in the large account; the variable `WAYBILL_LIST_IMPORTS` asks for another number. With 300,000 a
/// filter that one import in a thousand passes has 150 pages as well.
const IMPORTS: u64 = 10_000;
/// The number of items that are written at once.
const AT_ONCE: u64 = 1_000;

/// Returns whether the import with this number is one of the rare ones: of another status, and changed later than all others.
fn is_rare(number: u64) -> bool {
    number % 1_000 == 500
}

/// A time after the changes of all imports but the rare ones, in milliseconds since 1970.
const LATE: i64 = 1_800_000_000_000;

/// An account with many imports, of which one in a thousand failed. The items are copies of an import that was made in the
/// usual way, under further numbers and encoded by the same code. Only the transactions that make imports one by one are left
/// out, because ten thousand of them take minutes.
async fn large_account(imports: u64) -> anyhow::Result<Stack> {
    let stack = Stack::by_hand(100).await?;
    let services = stack.system.services();
    let new = NewImport {
        account: ACCOUNT,
        user: ThingId(1),
        import_type: ImportType::TimeEntries,
        options: Options::of_user(ThingId(1)),
        file_name: "March.csv".to_owned(),
        note: None,
        origin: Origin::Awaited { token: shared::lease::nonce() },
        once: None,
    };
    let first = create(services, &new).await?;
    for from in (2..=imports).step_by(AT_ONCE as usize) {
        let items = (from..(from + AT_ONCE).min(imports + 1)).map(|number| {
            let offset = i64::try_from(number).unwrap_or_default();
            let created_at = first.created_at + offset;
            let (status, updated_at) =
                if is_rare(number) { (Status::Failed, LATE + offset) } else { (Status::Complete, created_at) };
            let import = Import { id: ImportId(number), status, created_at, updated_at, ..first.clone() };
            (Table::Imports, import.item())
        });
        services.store.put_all(items.collect()).await?;
    }
    Ok(stack)
}

/// The read units and the number of records of a page, with the cursor of the next.
async fn page(stack: &Stack, path: &str) -> anyhow::Result<(f64, usize, Option<String>)> {
    let before = stack.system.services().store.consumed().read;
    let page = get(stack, path).await?.expect(200)?;
    let units = stack.system.services().store.consumed().read - before;
    let next = page["next_cursor"].as_str().map(str::to_owned);
    Ok((units, page["records"].as_array().map_or(0, Vec::len), next))
}

/// The read units of the second page and of the page `late`.
async fn second_and(stack: &Stack, path: &str, query: &str, late: usize) -> anyhow::Result<(f64, f64)> {
    let (mut at, mut second) = (format!("{path}?{query}"), 0.0);
    let per_page = query.split('&').next().unwrap_or_default().to_owned();
    for number in 1..=late {
        let (units, records, next) = page(stack, &at).await?;
        assert_eq!(format!("per_page={records}"), per_page, "page {number} of {query}");
        if number == 2 {
            second = units;
        }
        if number == late {
            return Ok((second, units));
        }
        at = format!("{path}?{per_page}&start_cursor={}", next.with_context(|| format!("{query}: {number} pages"))?);
    }
    anyhow::bail!("no page {late}")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn page_150_of_ten_thousand_imports_costs_what_page_2_costs() -> anyhow::Result<()> {
    let asked = std::env::var("WAYBILL_LIST_IMPORTS").ok().and_then(|imports| imports.parse().ok());
    let imports: u64 = asked.unwrap_or(IMPORTS);
    let stack = large_account(imports).await?;
    assert_eq!(stored(&stack, 500).await?.status, Status::Failed);
    // One import in a thousand passes the rare filters: ten altogether, on five pages.
    let rare_pages = usize::try_from(imports / 2_000)?.min(150);
    let late = time(LATE);
    let crossing = format!("per_page=2&filter[updated_at][gte]={late}&sort[id]=desc");
    for (query, late) in [
        ("per_page=50", 150),
        ("per_page=50&sort[updated_at]=asc", 150),
        ("per_page=50&filter[status][include]=complete", 150),
        ("per_page=50&filter[created_at][gte]=2026-01-01&sort[created_at]=asc", 150),
        ("per_page=2&filter[status][include]=failed", rare_pages),
        ("per_page=2&filter[status][include]=failed&sort[updated_at]=desc", rare_pages),
        // This filter crosses the order, so a page passes over two thousand imports. The last page passes over the rest.
        (crossing.as_str(), rare_pages - 1),
    ] {
        let (second, far) = second_and(&stack, "/imports", query, late).await?;
        println!("{query}: page 2 {second}, page {late} {far} read units");
        // Among very many imports the last page of a rare filter is cheaper than the second, which counts the records behind it.
        let dearer = if imports == IMPORTS { (far - second).abs() } else { far - second };
        assert!(dearer < second / 5.0, "{query}: page 2 costs {second}, page {late} {far}");
    }
    Ok(())
}

/// A file in which one row in a thousand cannot be read.
fn rarely_broken(rows: u64) -> Vec<u8> {
    let mut lines: Vec<String> = toggl(rows, 3, 3).lines().map(str::to_owned).collect();
    for (row, line) in (1_u64..).zip(lines.iter_mut().skip(1)) {
        if row % 1_000 == 500 {
            *line = line.replacen(",2026-", ",2026-99-", 1);
        }
    }
    (lines.join("\n") + "\n").into_bytes()
}

fn row_numbers(list: &[Value]) -> Vec<u64> {
    list.iter().filter_map(|result| result["row_number"].as_u64()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_rows_costs_the_same_wherever_it_lies_and_a_rare_filter_ends_with_its_last_match()
-> anyhow::Result<()> {
    let stack = Stack::start(100).await?;
    let id = stack.upload(rarely_broken(10_000)).await?;
    stack.idle().await?;
    let results = format!("/imports/{id}/results");
    for (path, query) in [
        (results.clone(), "per_page=50"),
        (results.clone(), "per_page=50&sort[id]=desc"),
        (results.clone(), "per_page=50&filter[outcome][include]=created"),
        (format!("/imports/{id}/records"), "per_page=50"),
    ] {
        let (second, far) = second_and(&stack, &path, query, 150).await?;
        println!("{path} {query}: page 2 {second}, page 150 {far} read units");
        assert!((far - second).abs() <= 2.0, "{path} {query}: page 2 costs {second}, page 150 {far}");
    }
    let rare: Vec<u64> = (0..10).map(|thousand| thousand * 1_000 + 500).collect();
    let query = "filter[status][include]=error";
    for per_page in [2, 3, 10] {
        assert_eq!(row_numbers(&scan_all(&stack, &results, query, per_page).await?), rare, "{per_page}");
    }
    let (all, _, _) = page(&stack, &format!("{results}?per_page=10&{query}")).await?;
    let (nothing, _, next) = page(&stack, &format!("{results}?per_page=10&filter[status][include]=pending")).await?;
    println!("ten failed rows of ten thousand in 100 chunks: {all} read units; no pending row: {nothing}");
    assert!(nothing < 6.0 && next.is_none(), "{nothing}");
    // With fewer reads a page ends early, and the scan goes on and finds the same rows.
    let portions = Portions { ledger_reads_a_page: 1, ..Portions::default() };
    let services = Services { portions, ..stack.system.services().clone() };
    let import = stored(&stack, id).await?;
    for ascending in [true, false] {
        let (mut found, mut after, mut short) = (Vec::new(), None, 0);
        loop {
            let query = RowQuery { outcomes: vec![RowOutcome::Failed], ascending, after, take: 3 };
            let RowPage { rows, remaining, next } = rows::page(&services, &import, &query).await?;
            assert_eq!(remaining as usize, rare.len() - found.len());
            short += usize::from(rows.len() < 3 && next.is_some());
            found.extend(rows.iter().map(|row| row.row.0));
            after = next;
            if after.is_none() {
                break;
            }
        }
        if !ascending {
            found.reverse();
        }
        assert_eq!((&found, short > 5), (&rare, true), "{short} short pages");
    }
    Ok(())
}
