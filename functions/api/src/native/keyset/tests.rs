//! Tests of pages in memory, and of cursors beside parameters.

use serde_json::json;
use shared::id::AccountId;

use super::*;
use crate::native::parameters::{IMPORTS, List, MAPPINGS};

const ACCOUNT: AccountId = AccountId(1);

fn key() -> CursorKey {
    CursorKey::from_env("bucket")
}

fn read(query: &str, list: &'static List, of: AccountId) -> Result<Value, String> {
    let key = key();
    let keyset = Keyset::read(Some(query), list.of(of), &key).map_err(|problem| format!("{problem:?}"))?;
    let next = Some((keyset.after.map_or(0, |(at, _)| at) + 1, 7));
    Ok(json!(keyset.answer(Vec::<Value>::new(), next, 3)))
}

fn page(query: &str, all: &[u64]) -> Result<Value, String> {
    let key = key();
    let keyset = Keyset::read(Some(query), MAPPINGS.of(ACCOUNT), &key).map_err(|problem| format!("{problem:?}"))?;
    Ok(json!(keyset.page_of(all, |&id| id, |id| json!(id))))
}

#[test]
fn pages_of_any_size_in_either_direction_are_the_whole_list() {
    let all: Vec<u64> = (1..=101).map(|n| n * 7).collect();
    for (sort, ascending) in [("", false), ("&sort[id]=asc", true), ("&sort[id]=desc", false)] {
        for per_page in [2, 3, 50, 100] {
            let (mut found, mut query) = (Vec::new(), format!("per_page={per_page}{sort}"));
            loop {
                let shown = page(&query, &all).unwrap();
                assert_eq!(shown["estimated_remaining_count"], all.len() - found.len());
                found.extend(shown["records"].as_array().unwrap().iter().map(|id| id.as_u64().unwrap()));
                let Some(next) = shown["next_cursor"].as_str() else { break };
                // Follows the cursor with a page size, without the direction.
                query = format!("start_cursor={next}&per_page={per_page}");
            }
            if !ascending {
                found.reverse();
            }
            assert_eq!(found, all, "{sort} {per_page}");
        }
    }
    assert_eq!(page("start_cursor=", &[]).unwrap()["start_cursor"], Value::Null);
}

#[test]
fn a_page_ends_before_an_answer_is_too_large_and_the_next_goes_on_behind_it() {
    let all: Vec<u64> = (1..=100).collect();
    let (mut found, mut pages, mut query) = (Vec::new(), 0, "per_page=100".to_owned());
    loop {
        let (key, show) = (key(), |id: &u64| json!([id, "\\".repeat(50_000)]));
        let page = Keyset::read(Some(&query), MAPPINGS.of(ACCOUNT), &key).unwrap();
        let page = json!(page.page_of(&all, |&id| id, show));
        assert!(crate::answer::size(&page) < LARGEST + 1000);
        found.extend(page["records"].as_array().unwrap().iter().filter_map(|record| record[0].as_u64()));
        pages += 1;
        let Some(next) = page["next_cursor"].as_str() else { break };
        query = format!("start_cursor={next}&per_page=100");
    }
    found.reverse();
    assert_eq!((found, pages > 2), (all, true));
}

#[test]
fn a_cursor_of_another_list_account_or_direction_is_refused() {
    let own = page("per_page=2", &[3, 7, 9]).unwrap()["next_cursor"].as_str().unwrap().to_owned();
    assert!(page(&format!("start_cursor={own}"), &[3, 7, 9]).is_ok_and(|page| page["records"] == json!([3])));
    let of = |list, account| read("", list, account).unwrap()["next_cursor"].as_str().unwrap().to_owned();
    for other in [
        of(&IMPORTS, ACCOUNT),
        of(&MAPPINGS, AccountId(2)),
        format!("{own}&sort[id]=asc"),
        "x".to_owned(),
        "%00".to_owned(),
        "A".repeat(1000),
    ] {
        let said = page(&format!("start_cursor={other}"), &[3, 7, 9]).unwrap_err();
        assert!(said.contains("does not belong to this query"), "{other}: {said}");
    }
}

#[test]
fn a_filter_or_sort_beside_a_cursor_must_be_the_cursors_own() {
    let scans = [
        "",
        "filter[status][include]=complete,failed",
        "filter[created_at][gte]=2026-03-01",
        "filter[updated_at][lt]=2026-03-01&sort[updated_at]=asc",
        "filter[status][include]=new&filter[created_at][gt]=2026-03-01&filter[updated_at][lte]=2026-04-01&sort[created_at]=desc",
    ];
    for scan in scans {
        let first = read(scan, &IMPORTS, ACCOUNT).unwrap();
        let cursor = first["next_cursor"].as_str().unwrap();
        for beside in [String::new(), "&per_page=99".to_owned(), format!("&{scan}&per_page=2")] {
            let next = read(&format!("start_cursor={cursor}{beside}"), &IMPORTS, ACCOUNT).unwrap();
            for echo in ["filtered_by", "sorted_by"] {
                assert_eq!(next[echo], first[echo], "{scan}{beside}");
            }
        }
        for other in [
            "filter[status][include]=complete",
            "filter[status][include]=failed,new",
            "filter[created_at][gte]=2026-03-02",
            "filter[created_at][lte]=2026-03-01",
            "filter[updated_at][lt]=2026-03-02",
            "sort[updated_at]=desc",
            "sort[created_at]=asc",
            "sort[id]=asc",
        ] {
            let said = read(&format!("start_cursor={cursor}&{other}"), &IMPORTS, ACCOUNT).unwrap_err();
            assert!(said.contains("start_cursor") && said.contains("does not belong"), "{scan} {other}: {said}");
        }
    }
    // Another spelling of the same filter is the same filter.
    let first = read(scans[1], &IMPORTS, ACCOUNT).unwrap();
    let cursor = first["next_cursor"].as_str().unwrap();
    assert!(read(&format!("start_cursor={cursor}&filter[status][include]=failed,complete"), &IMPORTS, ACCOUNT).is_ok());
    let first = read(scans[2], &IMPORTS, ACCOUNT).unwrap();
    let cursor = first["next_cursor"].as_str().unwrap();
    let same = format!("start_cursor={cursor}&filter[created_at][gte]=2026-03-01T01:00:00%2B01:00");
    assert!(read(&same, &IMPORTS, ACCOUNT).is_ok());
}

#[test]
fn the_envelope_names_filters_and_sort() {
    let query =
        "filter[updated_at][lte]=2026-04-01&filter[status][include]=new,complete&filter[created_at][gt]=2026-03-01";
    let shown = read(query, &IMPORTS, ACCOUNT).unwrap();
    assert_eq!(
        shown["filtered_by"],
        json!([
            { "status": { "include": "new,complete" } },
            { "created_at": { "gt": "2026-03-01" } },
            { "updated_at": { "lte": "2026-04-01" } },
        ])
    );
    assert_eq!((&shown["sorted_by"], &shown["per_page"]), (&json!([{ "id": "desc" }]), &json!(50)));
}
