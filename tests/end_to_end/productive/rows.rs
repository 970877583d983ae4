//! Errors of rows, against an oracle that knows the contract's rules and nothing of the code; refused rows write nothing.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Map, Value, json};

use super::{errors, import_data, run, send, tables};
use crate::dump::differences;
use crate::stack::Stack;

/// Numbers that look random, by a seed.
struct Dice(u64);

impl Dice {
    fn one_of<T: Clone>(&mut self, all: &[T]) -> T {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        all[usize::try_from(self.0 >> 33).unwrap_or_default() % all.len()].clone()
    }
}

const COMPANIES: [&str; 6] = ["", "Quay", "  quay ", "Dock", "Pier", "Harbour"];
const NAMES: [&str; 4] = ["", "  ", "Robin", "Kim"];
const EMAILS: [&str; 8] = [
    "",
    "robin@example.com",
    "ROBIN@example.com",
    "taken@example.com",
    "kim@example.com",
    "no address",
    "a@b@c",
    "sam@example.com",
];

/// The expected errors. Harbour stands in the account, and so does taken@example.com.
fn expected(companies: &[Value], people: &[Value]) -> Value {
    let cell = |row: &Value, column: &str| row[column].as_str().unwrap_or_default().trim().to_lowercase();
    let error = |at: usize, column: &str, message: &str| {
        let mut name = column.replace('_', " ");
        name[..1].make_ascii_uppercase();
        json!({ "row": at + 1, "column": column, "messages": [format!("{name} {message}")] })
    };
    let mut known = BTreeSet::from(["harbour".to_owned()]);
    let mut of_companies = Vec::new();
    for (at, row) in companies.iter().enumerate() {
        match cell(row, "name") {
            name if name.is_empty() => of_companies.push(error(at, "name", "can't be blank")),
            name => drop(known.insert(name)),
        }
    }
    let mut taken = BTreeSet::from(["taken@example.com".to_owned()]);
    let mut of_people = Vec::new();
    for (at, row) in people.iter().enumerate() {
        let company = cell(row, "company");
        if company.is_empty() {
            of_people.push(error(at, "company", "can't be blank"));
        } else if !known.contains(&company) {
            of_people.push(error(at, "company", "must exist"));
        }
        if cell(row, "first_name").is_empty() {
            of_people.push(error(at, "first_name", "can't be blank"));
        }
        let email = cell(row, "email");
        if !email.is_empty() && (email.contains(' ') || email.matches('@').count() != 1) {
            of_people.push(error(at, "email", "is invalid"));
        } else if !email.is_empty() && !taken.insert(email) {
            of_people.push(error(at, "email", "has already been taken"));
        }
    }
    json!({ "company": of_companies, "person": of_people })
}

#[tokio::test]
async fn faults_of_rows_are_those_of_the_oracle_and_nothing_is_written() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let standing = json!({
        "company": [{ "name": "Harbour" }],
        "person": [{ "company": "Harbour", "first_name": "Sam", "email": "Taken@example.com" }],
    });
    run(&stack, &standing).await?;
    let before = tables(&stack).await?;
    let (mut refused, mut dice) = (0, Dice(7));
    for _ in 0..60 {
        let mut rows = |count: usize, columns: &[(&str, &[&str])]| -> Vec<Value> {
            (0..count)
                .map(|_| {
                    let cells =
                        columns.iter().map(|(column, values)| ((*column).to_owned(), json!(dice.one_of(values))));
                    Value::Object(cells.collect::<Map<_, _>>())
                })
                .collect()
        };
        let companies = rows(3, &[("name", &COMPANIES)]);
        let people = rows(6, &[("company", &COMPANIES), ("first_name", &NAMES), ("email", &EMAILS)]);
        let expected = expected(&companies, &people);
        if expected == json!({ "company": [], "person": [] }) {
            continue;
        }
        refused += 1;
        let rows = json!({ "company": companies, "person": people });
        let answer = send(&stack, Method::POST, "/imports", &import_data(&rows)).await?;
        answer.expect(422)?;
        assert_eq!(errors(&answer), [("invalid_attribute".to_owned(), expected)], "{rows}");
    }
    assert!(refused > 40, "{refused}");
    for (after, before) in tables(&stack).await?.iter().zip(&before) {
        assert_eq!(differences(after, before), [""; 0]);
    }
    Ok(())
}

#[tokio::test]
async fn import_data_that_is_no_object_of_arrays_is_told_as_a_whole() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    for (text, detail) in [
        (json!(""), json!("can't be blank")),
        (json!("   "), json!("can't be blank")),
        (Value::Null, json!("can't be blank")),
        (json!("no JSON"), json!("is invalid")),
        (json!("[]"), json!("is invalid")),
        (json!("{\"person\": {}}"), json!("is invalid")),
        (json!("{\"person\": [1]}"), json!("is invalid")),
        (json!({ "person": [] }), json!("is invalid")),
    ] {
        let body = super::resource("imports", &json!({ "import_data": text }));
        let answer = send(&stack, Method::POST, "/imports", &body).await?;
        answer.expect(422)?;
        assert_eq!(errors(&answer), [("invalid_attribute".to_owned(), detail)], "{text}");
        assert_eq!(answer.json()["errors"][0]["source"], json!({ "pointer": "data/attributes/import_data" }));
    }
    let unknown = send(&stack, Method::POST, "/imports", &import_data(&json!({ "deal": [] }))).await?;
    unknown.expect(422)?;
    assert!(unknown.text.contains("deal"), "{}", unknown.text);
    let column =
        send(&stack, Method::POST, "/imports", &import_data(&json!({ "company": [{ "name": "A", "Fax": "1" }] })))
            .await?;
    column.expect(422)?;
    let fault = &column.json()["errors"][0]["detail"]["company"][0];
    assert_eq!((&fault["row"], &fault["column"]), (&json!(1), &json!("fax")));
    Ok(())
}
