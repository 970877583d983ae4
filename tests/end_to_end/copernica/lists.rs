//! Lists of profiles: pages, filters and orders, held against a naive reading of the same profiles.

use std::cmp::Ordering;

use reqwest::Method;
use serde_json::{Value, json};
use shared::store::Table;

use super::{delete, get, made, refused, send, shop};
use crate::stack::Stack;

/// A generator of numbers for profiles that are the same in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.below(from.len() as u64)).unwrap_or_default()]
    }
}

const NAMES: [&str; 8] = ["Quay", "quay", "QUAYS", "Dock", "", " Quay", "Größe", "a%b_c"];
const DAYS: [&str; 5] = ["1974-04-27", "2020-02-29", "", "2020-02-28", "0001-01-01"];
const NUMBERS: [&str; 6] = ["-1", "0", "3", "12", "100", "-20"];

/// Whether a profile matches a condition: a reading of its own, which knows columns by name and kind.
fn fits(profile: &Value, name: &str, operator: &str, value: &str) -> bool {
    let text = |name: &str| profile["fields"][name].as_str().unwrap_or_default().to_lowercase();
    let order = match name {
        "ANumber" | "id" => {
            let own = if name == "id" { profile["ID"].as_str().unwrap_or_default().to_owned() } else { text(name) };
            let number = |text: &str| text.parse::<i64>().unwrap_or(0);
            number(&own).cmp(&number(value))
        }
        name => text(name).as_str().cmp(value.to_lowercase().as_str()),
    };
    let like = || {
        let (text, pattern) = (text(name), value.to_lowercase());
        // The patterns of the test have `%` at the ends only.
        let inner = pattern.trim_matches('%');
        match (pattern.starts_with('%'), pattern.ends_with('%')) {
            (true, true) => text.contains(inner),
            (true, false) => text.ends_with(inner),
            (false, true) => text.starts_with(inner),
            (false, false) => text == inner,
        }
    };
    match operator {
        "==" => order == Ordering::Equal,
        "!=" | "<>" => order != Ordering::Equal,
        "<" => order == Ordering::Less,
        "<=" => order != Ordering::Greater,
        ">" => order == Ordering::Greater,
        ">=" => order != Ordering::Less,
        "=~" => like(),
        _ => !like(),
    }
}

fn ids(list: &Value) -> Vec<String> {
    let items = list["data"].as_array().into_iter().flatten();
    items.filter_map(|item| item["ID"].as_str().map(str::to_owned)).collect()
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn filters_and_orders_agree_with_a_naive_reading_of_300_profiles() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let list = format!("/database/{}/profiles", shop.database);
    let mut numbers = Numbers(5);
    for _ in 0..300 {
        let fields = json!({
            "LastName": numbers.pick(&NAMES), "Birthdate": numbers.pick(&DAYS), "ANumber": numbers.pick(&NUMBERS),
        });
        made(&stack, &list, &json!({ "fields": fields })).await?;
    }
    let all = get(&stack, &format!("{list}?limit=1000")).await?;
    assert_eq!((&all["count"], &all["total"]), (&json!(300), &json!(300)));
    let mut all: Vec<Value> = all["data"].as_array().cloned().unwrap_or_default();
    for _ in 0..20 {
        let at = usize::try_from(numbers.below(all.len() as u64))?;
        delete(&stack, &format!("/profile/{}", all.remove(at)["ID"].as_str().unwrap_or_default())).await?;
    }
    let middle = all[140]["ID"].as_str().unwrap_or_default().to_owned();
    let mut found = 0;
    for _ in 0..120 {
        let mut conditions = Vec::new();
        for _ in 0..=numbers.below(2) {
            let name = numbers.pick(&["LastName", "Birthdate", "ANumber", "id"]);
            let operators = ["==", "!=", "<>", "<", "<=", ">", ">=", "=~", "!~"];
            let operator = match name {
                "id" => numbers.pick(&operators[..7]),
                _ => numbers.pick(&operators),
            };
            let value = match (name, operator) {
                (_, "=~" | "!~") => numbers.pick(&["Qu%", "%ay", "%u%", "quay", "%ö%", "%0%"]),
                ("LastName", _) => numbers.pick(&NAMES),
                ("Birthdate", _) => numbers.pick(&DAYS),
                ("ANumber", _) => numbers.pick(&NUMBERS),
                _ => middle.as_str(),
            };
            // A condition is trimmed as a whole, so a value with a blank at its end cannot be asked for.
            conditions.push((name, operator, value));
        }
        let expected: Vec<&Value> = all
            .iter()
            .filter(|profile| conditions.iter().all(|(name, operator, value)| fits(profile, name, operator, value)))
            .collect();
        let order = numbers.pick(&["", "LastName", "ANumber", "Birthdate", "id"]);
        let descending = numbers.below(2) == 1;
        let mut expected = expected;
        expected.sort_by(|a, b| {
            let text = |profile: &Value| profile["fields"][order].as_str().unwrap_or_default().to_lowercase();
            let id = |profile: &Value| profile["ID"].as_str().and_then(|id| id.parse::<u64>().ok());
            let by = match order {
                "LastName" | "Birthdate" => text(a).cmp(&text(b)),
                "ANumber" => text(a).parse::<i64>().ok().cmp(&text(b).parse().ok()),
                _ => id(a).cmp(&id(b)),
            };
            if descending { by.reverse() } else { by }.then(id(a).cmp(&id(b)))
        });
        let (start, limit) = (numbers.below(40), 1 + numbers.below(60));
        let mut path = format!("{list}?start={start}&limit={limit}&orderby={order}");
        path += if descending { "&order=descending" } else { "&order=asc" };
        for (name, operator, value) in &conditions {
            path += &format!("&fields[]={}", encoded(&format!(" {name}{operator}{value} ")));
        }
        let page = get(&stack, &path).await?;
        let expected: Vec<String> =
            expected.iter().filter_map(|profile| profile["ID"].as_str().map(str::to_owned)).collect();
        assert_eq!(page["total"], json!(expected.len()), "{conditions:?}");
        let (start, limit) = (usize::try_from(start)?, usize::try_from(limit)?);
        let of_page: Vec<String> = expected.into_iter().skip(start).take(limit).collect();
        assert_eq!(ids(&page), of_page, "{path}");
        found += of_page.len();
    }
    assert!(found > 1000, "{found}");
    Ok(())
}

#[tokio::test]
async fn what_a_list_cannot_read_is_ignored() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let list = format!("/database/{}/profiles", shop.database);
    for name in ["Quay", "Dock"] {
        made(&stack, &list, &json!({ "fields": { "LastName": name } })).await?;
    }
    let whole = send(&stack, Method::GET, &list, &Value::Null).await?.text;
    for query in [
        "fields=LastName==Dock",
        "fields[]=bogus==1",
        "fields[]=LastName+==Dock",
        "fields[]=LastName",
        "FIELds[]=LastName==Dock&LIMIT=1&starT=2&TOTAL=false&order=descendin",
        "orderby=bogus&total=TRue",
        "total=false&total=yes",
        "order[]=desc",
    ] {
        let text = send(&stack, Method::GET, &format!("{list}/bogus?{query}"), &Value::Null).await?.text;
        assert_eq!(text, whole, "{query}");
    }
    for (query, text) in [
        ("fields[]=LastName==+Quay&limit=1&total=thisisfalse", r#"{"start":0,"limit":1,"count":0,"data":[]}"#),
        ("start=-2", r#"{"start":-2,"limit":100,"count":0,"data":[],"total":2}"#),
        ("limit=-2", r#"{"start":0,"limit":-2,"count":0,"data":[],"total":2}"#),
    ] {
        assert_eq!(send(&stack, Method::GET, &format!("{list}?{query}"), &Value::Null).await?.text, text, "{query}");
    }
    let random = get(&stack, &format!("{list}?orderby=random")).await?;
    assert_eq!((&random["count"], &random["total"]), (&json!(2), &json!(2)));
    Ok(())
}

/// The read units that a request takes of a table, at least.
async fn read_units(stack: &Stack, path: &str) -> anyhow::Result<f64> {
    let store = &stack.system.services().store;
    let before = store.consumed().read;
    get(stack, path).await?;
    Ok(store.consumed().read - before)
}

#[tokio::test]
async fn a_page_far_behind_costs_as_much_as_the_first_one() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let shop = shop(&stack).await?;
    let list = format!("/database/{}/profiles", shop.database);
    // The rows of four partitions, of which a few profiles are made.
    let counter = format!("hand#{}", shared::id::FIRST_HAND_NUMBER);
    let key = stack.dump(Table::Imports).await?.into_keys().find(|key| key.1 == counter);
    assert_eq!(key, None);
    let mut made_ids = Vec::new();
    for row in [0, 1000, 2000, 3000_u64] {
        let at = shared::store::keys::hand_row_counter(
            shared::id::AccountId(1),
            shared::id::ImportId(shared::id::FIRST_HAND_NUMBER),
        );
        let put = shared::store::Write::put(at, &json!({ "n": row }));
        stack.system.services().store.write(put).await?;
        for _ in 0..10 {
            made_ids.push(made(&stack, &list, &json!({})).await?.to_string());
        }
    }
    for (start, limit) in [(0, 10), (9, 3), (15, 20), (38, 5), (40, 5)] {
        let page = get(&stack, &format!("{list}?start={start}&limit={limit}")).await?;
        let expected: Vec<String> = made_ids.iter().skip(start).take(limit).cloned().collect();
        assert_eq!((ids(&page), &page["total"]), (expected, &json!(40)));
    }
    let first = read_units(&stack, &format!("{list}?limit=10")).await?;
    let last = read_units(&stack, &format!("{list}?start=30&limit=10")).await?;
    assert!(first > 0.0 && (first - last).abs() < 1.0, "{first} and {last}");
    let all = get(&stack, &format!("/database/{}/profileids", shop.database)).await?;
    assert_eq!(all, json!(made_ids));
    let mut walked = Vec::new();
    let mut after = "0".to_owned();
    loop {
        let path = format!("/database/{}/profileids?limit=7&after={after}", shop.database);
        let some = get(&stack, &path).await?;
        let some: Vec<String> = serde_json::from_value(some)?;
        let Some(last) = some.last() else { break };
        after = last.clone();
        walked.extend(some);
    }
    assert_eq!(walked, made_ids);
    let said = refused(&stack, Method::GET, &format!("{list}?start=10001"), &Value::Null).await?;
    assert!(said.contains("profileids"), "{said}");
    Ok(())
}
