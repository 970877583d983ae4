//! The price of people who come and are listed through the Productive door.
//!
//! `WAYBILL_PEOPLE=10000 cargo test -p waybill-tests productive::cost -- --nocapture` measures the figures in
//! `docs/cost.md`, while a plain `cargo test` measures a tenth.

use std::fmt::{self, Display, Formatter};

use reqwest::Method;
use serde_json::{Value, json};

use super::{get, run, send};
use crate::stack::Stack;

/// The people of one import.
const AT_ONCE: u64 = 250;
/// The companies of all people.
const COMPANIES: u64 = 100;

/// The units which the Workspace and the Imports tables have consumed so far: read and written.
fn units(stack: &Stack) -> [f64; 2] {
    let consumed = stack.system.services().store.consumed();
    [consumed.read, consumed.write]
}

/// The units consumed since `before`.
fn since(stack: &Stack, before: [f64; 2]) -> [f64; 2] {
    let now = units(stack);
    [now[0] - before[0], now[1] - before[1]]
}

/// The read units of pages, in the order in which the pages were asked for.
#[derive(Default)]
struct Prices(Vec<f64>);

impl Prices {
    /// Asks for a page and notes its price.
    async fn of(&mut self, stack: &Stack, path: &str) -> anyhow::Result<Value> {
        let before = units(stack);
        let list = get(stack, path).await?.expect(200)?;
        self.0.push(since(stack, before)[0]);
        Ok(list)
    }

    fn least(&self) -> f64 {
        self.0.iter().copied().fold(f64::MAX, f64::min)
    }

    fn most(&self) -> f64 {
        self.0.iter().copied().fold(0.0, f64::max)
    }
}

impl Display for Prices {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let [first, last] = [self.0.first(), self.0.last()].map(|price| price.copied().unwrap_or_default());
        let (least, most) = (self.least(), self.most());
        write!(f, "the first {first:.1} and the last {last:.1} read units, all of them {least:.1} to {most:.1}")
    }
}

/// The rows of an import: the hundred companies, and people of all of them.
fn rows(import: u64) -> Value {
    let company = |number: u64| format!("Company {}", number % COMPANIES);
    let numbers = import * AT_ONCE..(import + 1) * AT_ONCE;
    let people = numbers.map(|number| {
        json!({
            "company": company(number), "first_name": "Person", "last_name": format!("Number {number}"),
            "email": format!("person{number}@example.com"), "title": "Gardener",
        })
    });
    let companies = (0..COMPANIES).map(|number| json!({ "name": company(number) }));
    json!({ "company": companies.collect::<Vec<_>>(), "person": people.collect::<Vec<_>>() })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_cost_two_units_each_and_a_page_costs_the_same_wherever_it_lies() -> anyhow::Result<()> {
    let people: u64 = std::env::var("WAYBILL_PEOPLE").ok().and_then(|people| people.parse().ok()).unwrap_or(1000);
    let imports = people / AT_ONCE;
    let stack = Stack::start(1000).await?;
    let before = units(&stack);
    let mut made = Vec::new();
    for import in 0..imports {
        made.push(run(&stack, &rows(import)).await?);
    }
    let [_, written] = since(&stack, before).map(|units| units / people as f64);
    println!("{imports} imports of {AT_ONCE} people: {written:.3} write units a person");
    // Two for the person and the address. Each import costs some fifty units itself and some five for each of its hundred
    // companies, with the reference and the total.
    assert!((2.0..5.0).contains(&written), "{written}");

    // The account has a user, who is a person too.
    let (size, total) = (100, people + 1);
    let pages = people / size;
    let mut by_number = Prices::default();
    for page in [1, 2, pages / 2, pages - 1, pages] {
        let path = format!("/people?page[number]={page}&page[size]={size}");
        let list = by_number.of(&stack, &path).await?;
        assert_eq!(list["meta"]["total_count"], json!(total), "{}", list["meta"]);
        assert_eq!(list["data"].as_array().map(Vec::len), Some(100));
    }
    println!("a page of {size} people by its number: {by_number}");

    let (mut by_cursor, mut shown) = (Prices::default(), 0);
    let mut next = Some(format!("/people?page[after]=&page[size]={size}"));
    while let Some(path) = next {
        let list = by_cursor.of(&stack, &path).await?;
        shown += list["data"].as_array().map_or(0, Vec::len) as u64;
        next = list["links"]["next"].as_str().map(str::to_owned);
    }
    assert_eq!(shown, total);
    println!("a page of {size} people behind a cursor: {by_cursor}");
    assert!(by_number.most() <= by_number.least() + 10.0, "{by_number}");
    assert!(by_cursor.most() <= by_number.most() + 10.0, "{by_cursor}");

    let before = units(&stack);
    for id in made.iter().rev() {
        send(&stack, Method::PATCH, &format!("/imports/{id}/revert"), &Value::Null).await?.expect(200)?;
        stack.idle().await?;
    }
    let [_, written] = since(&stack, before).map(|units| units / people as f64);
    println!("the undo of all: {written:.3} write units a person");
    assert!((2.0..5.0).contains(&written), "{written}");
    Ok(())
}
