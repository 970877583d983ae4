//! Tests of `import_data`: its reading, its faults against a slow oracle, and its table.

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::contact_form::data::{DataFaults, ImportData, Model, NoImportData, Standing, place, reading};

fn data(value: &Value) -> ImportData {
    ImportData::read(&value.to_string()).unwrap()
}

/// The faults as the Productive door shows these, for an account which has `companies` and `emails`.
fn faults(value: &Value, companies: &[&str], emails: &[&str]) -> Value {
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    json!(data(value).check(&Standing { companies: set(companies), emails: set(emails) }))
}

#[test]
fn the_rows_of_the_contract_have_the_faults_of_the_contract() {
    let good = json!({
        "company": [{ "name": "Quay" }],
        "person": [{
            "Company": "Quay", "First Name": "Jo", "Last Name": "Field", "Email": "jo@example.com", "Title": "Contact"
        }],
    });
    assert_eq!(faults(&good, &[], &[]), json!({ "company": [], "person": [] }));
    let bad = json!({
        "company": [{ "name": "Quay" }],
        "person": [{ "Company": "Quay", "First Name": "", "Last Name": "", "Email": "jo@example.com" }],
    });
    let blank = json!({ "row": 1, "column": "first_name", "messages": ["First name can't be blank"] });
    assert_eq!(faults(&bad, &[], &[]), json!({ "company": [], "person": [blank] }));
    assert_eq!(faults(&json!({ "person": [] }), &[], &[]), json!({ "person": [] }));
    assert_eq!(faults(&json!({}), &[], &[]), json!({}));
    assert!(DataFaults::default().is_empty() && !data(&bad).check(&Standing::default()).is_empty());
}

#[test]
fn all_faults_are_told_by_row_and_column() {
    let long = "x".repeat(501);
    let rows = json!({
        "company": [{ "name": " " }, { "name": "Quay" }, { "NAME": "QUAY" }, { "name": long }, { "city": "Oslo" }],
        "person": [
            { "company": "quay", "first_name": "Jo", "email": "jo@example.com" },
            { "company": "Nowhere", "first_name": "Mo", "email": "JO@example.com", "Title": long },
            { "first-name": "Al", "E-Mail": "al" },
            { "company": "Wharf", "first name": "Bo", "email": "bo@example.com", "nick name": "b" },
            { "company": "Wharf", "Company": "Quay", "first_name": ["Ed"], "title": null, "last_name": 5 },
        ],
    });
    let fault = |row: u64, column: &str, message: &str| json!({ "row": row, "column": column, "messages": [message] });
    let too_long = |name: &str| format!("{name} is too long (maximum is 500 bytes)");
    let shown = faults(&rows, &["wharf"], &["bo@example.com"]);
    assert_eq!(
        shown["company"],
        json!([
            fault(1, "name", "Name can't be blank"),
            fault(4, "name", &too_long("Name")),
            fault(5, "name", "Name can't be blank"),
            fault(5, "city", "City is not a column of company"),
        ])
    );
    assert_eq!(
        shown["person"],
        json!([
            fault(2, "company", "Company must exist"),
            fault(2, "email", "Email has already been taken"),
            fault(2, "title", &too_long("Title")),
            fault(3, "company", "Company can't be blank"),
            fault(3, "e_mail", "E mail is not a column of person"),
            fault(4, "email", "Email has already been taken"),
            fault(4, "nick_name", "Nick name is not a column of person"),
            fault(5, "company", "Company is given twice"),
            fault(5, "first_name", "First name is invalid"),
        ])
    );
}

#[test]
fn a_text_without_rows_is_blank_or_invalid_or_names_its_unknown_model() {
    for (text, error) in [
        ("", NoImportData::Blank),
        (" \n", NoImportData::Blank),
        ("{", NoImportData::Invalid),
        ("[]", NoImportData::Invalid),
        ("null", NoImportData::Invalid),
        ("{\"person\": {}}", NoImportData::Invalid),
        ("{\"person\": [1]}", NoImportData::Invalid),
        ("{\"person\": [], \"person\": []}", NoImportData::Invalid),
        ("{\"person\": [], \"deal\": []}", NoImportData::UnknownModel("deal".to_owned())),
    ] {
        assert_eq!(ImportData::read(text), Err(error), "{text}");
    }
    let unknown = NoImportData::UnknownModel("deal".to_owned()).to_string();
    assert_eq!(unknown, "has an unknown model \"deal\": known are company and person");
}

#[test]
fn the_account_is_asked_for_what_the_rows_need_and_do_not_make() {
    let rows = data(&json!({
        "company": [{ "name": "Quay" }],
        "person": [
            { "company": "QUAY ", "email": "Jo@Example.com" },
            { "company": "Wharf", "email": "jo@example.com" },
            { "company": "", "email": null },
        ],
    }));
    assert_eq!(rows.companies(), ["wharf".to_owned()].into());
    assert_eq!(rows.emails(), ["jo@example.com".to_owned()].into());
    assert_eq!(rows.rows(), 4);
}

#[test]
fn rows_of_the_table_are_told_as_rows_of_their_models() {
    let rows = data(&json!({ "person": [{ "first_name": "Jo" }], "company": [{ "name": "A" }, { "name": "B" }] }));
    assert_eq!(
        String::from_utf8(rows.to_csv()).unwrap(),
        "model,company,first_name,last_name,email,title\ncompany,A,,,,\ncompany,B,,,,\nperson,,Jo,,,\n"
    );
    assert_eq!([1, 2, 3].map(|row| rows.place(row)), [(Model::Company, 1), (Model::Company, 2), (Model::Person, 1)]);
    assert_eq!(place(0, 1), (Model::Person, 1));
}

/// A cell as a client may send it: the spelling of the column, and the value.
type Sent = (&'static str, Value);

/// The columns of people with spellings of each.
const COLUMNS: [(&str, [&str; 3]); 5] = [
    ("company", ["company", "Company", " COMPANY "]),
    ("first_name", ["first_name", "First Name", "first - name"]),
    ("last_name", ["last_name", "Last  Name", "LAST-NAME"]),
    ("email", ["email", "Email", "_email_"]),
    ("title", ["title", "Title", "TITLE"]),
];

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => prop::sample::select(vec!["Quay", "quay ", "Wharf", "Pier", "Jo", "", "  ", "a@b", "A@B", "c@d", "a b@c", "@"])
            .prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!(7)),
        1 => Just(json!("y".repeat(501))),
        1 => Just(json!(["x"])),
        1 => Just(json!("a\u{0}b@c")),
    ]
}

fn person() -> impl Strategy<Value = Vec<Sent>> {
    let cell = |place: usize| {
        let spelling = prop::sample::select(COLUMNS[place].1.to_vec());
        prop::option::weighted(0.8, (spelling, value()))
    };
    (cell(0), cell(1), cell(2), cell(3), cell(4), prop::option::weighted(0.1, (Just("phone"), value())))
        .prop_map(|(a, b, c, d, e, f)| [a, b, c, d, e, f].into_iter().flatten().collect())
}

fn company() -> impl Strategy<Value = Vec<Sent>> {
    let spelling = prop::sample::select(vec!["name", "Name", " NAME"]);
    prop::option::weighted(0.9, (spelling, value())).prop_map(|cell| cell.into_iter().collect())
}

fn object(row: &[Sent]) -> Value {
    Value::Object(row.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

/// A value as a row has it, for values of the strategy alone: a text, or `None` for a list.
fn text_of(value: Option<&Value>) -> Option<String> {
    match value {
        None | Some(Value::Null) => Some(String::new()),
        Some(Value::String(text)) => {
            Some(text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
        }
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(_) => None,
    }
}

/// The faults of a row told again from the contract, column by column, without the code under test.
fn told_again(
    row: &[Sent],
    columns: &[(&str, [&str; 3])],
    mut message: impl FnMut(&str, &str) -> Option<&'static str>,
) -> Vec<(String, String)> {
    let mut told = Vec::new();
    for (column, spellings) in columns {
        let value = row.iter().find(|(name, _)| spellings.contains(name)).map(|(_, value)| value);
        let human = match *column {
            "first_name" => "First name",
            "last_name" => "Last name",
            "email" => "Email",
            "company" => "Company",
            "title" => "Title",
            _ => "Name",
        };
        let said = match text_of(value) {
            None => Some("is invalid"),
            Some(text) if text.contains('\0') => Some("is invalid"),
            Some(text) if text.len() > 500 => Some("is too long (maximum is 500 bytes)"),
            Some(text) => message(column, &text),
        };
        told.extend(said.map(|said| ((*column).to_owned(), format!("{human} {said}"))));
    }
    told
}

fn oracle(companies: &[Vec<Sent>], people: &[Vec<Sent>], standing: &Standing) -> Value {
    let shown = |rows: Vec<Vec<(String, String)>>| {
        let mut list = Vec::new();
        for (at, row) in rows.into_iter().enumerate() {
            for (column, message) in row {
                list.push(json!({ "row": at + 1, "column": column, "messages": [message] }));
            }
        }
        Value::Array(list)
    };
    let name_column = [("name", ["name", "Name", " NAME"])];
    let mut made = HashSet::new();
    for row in companies {
        if let Some((_, value)) = row.first() {
            made.extend(text_of(Some(value)).map(|text| text.to_lowercase()).filter(|text| !text.is_empty()));
        }
    }
    let of_companies = companies
        .iter()
        .map(|row| told_again(row, &name_column, |_, text| text.is_empty().then_some("can't be blank")));
    let mut taken: HashSet<String> = standing.emails.clone();
    let mut of_people = Vec::new();
    for row in people {
        let mut told = told_again(row, &COLUMNS, |column, text| match column {
            "company" if text.is_empty() => Some("can't be blank"),
            "company" => {
                let name = text.to_lowercase();
                (!made.contains(&name) && !standing.companies.contains(&name)).then_some("must exist")
            }
            "first_name" => text.is_empty().then_some("can't be blank"),
            "email" if text.is_empty() => None,
            "email" => {
                let halves: Vec<&str> = text.split('@').collect();
                if halves.len() != 2 || halves.contains(&"") || text.contains(' ') {
                    return Some("is invalid");
                }
                (!taken.insert(text.to_lowercase())).then_some("has already been taken")
            }
            _ => None,
        });
        if let Some((_, value)) = row.iter().find(|(name, _)| *name == "phone") {
            if text_of(Some(value)).is_none() {
                told.push(("phone".to_owned(), "Phone is invalid".to_owned()));
            }
            told.push(("phone".to_owned(), "Phone is not a column of person".to_owned()));
        }
        of_people.push(told);
    }
    let mut shown = json!({ "company": shown(of_companies.collect()), "person": shown(of_people) });
    // Two messages of a column stand in one item.
    for list in shown.as_object_mut().unwrap().values_mut() {
        let mut merged: Vec<Value> = Vec::new();
        for item in list.as_array_mut().unwrap().drain(..) {
            match merged.last_mut() {
                Some(last) if last["row"] == item["row"] && last["column"] == item["column"] => {
                    last["messages"].as_array_mut().unwrap().push(item["messages"][0].clone());
                }
                _ => merged.push(item),
            }
        }
        *list = Value::Array(merged);
    }
    shown
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_faults_are_those_of_the_oracle(
        companies in prop::collection::vec(company(), 0..5),
        people in prop::collection::vec(person(), 0..6),
        has_wharf in any::<bool>(),
        has_a in any::<bool>(),
    ) {
        let mut standing = Standing::default();
        standing.companies.extend(has_wharf.then(|| "wharf".to_owned()));
        standing.emails.extend(has_a.then(|| "a@b".to_owned()));
        let objects = |rows: &[Vec<Sent>]| Value::Array(rows.iter().map(|row| object(row)).collect());
        let sent = json!({ "company": objects(&companies), "person": objects(&people) });
        let found = json!(data(&sent).check(&standing));
        prop_assert_eq!(found, oracle(&companies, &people, &standing), "{}", sent);
    }

    #[test]
    fn right_rows_survive_their_table_whatever_their_texts(
        companies in prop::collection::vec(hostile(), 0..4),
        people in prop::collection::vec((hostile(), hostile(), hostile(), "[a-z\"',;\\\\]{1,5}", hostile()), 0..6),
    ) {
        let company: Vec<Value> = companies.iter().map(|name| json!({ "name": name })).collect();
        let person: Vec<Value> = people
            .iter()
            .map(|(company, first, last, email, title)| json!({
                "company": company, "first_name": first, "last_name": last,
                "email": format!("{email}@example.com"), "title": title,
            }))
            .collect();
        let rows = data(&json!({ "company": company, "person": person }));
        let standing = Standing { companies: rows.companies().into_iter().collect(), ..Standing::default() };
        let faults = rows.check(&standing);
        let is_wrong = |list: &Option<Vec<_>>, row: usize| {
            let list: &Option<Vec<crate::contact_form::data::DataFault>> = list;
            list.iter().flatten().any(|fault| fault.row == row as u64 + 1 && fault.messages != ["Email has already been taken"])
        };
        let table = rows.to_csv();
        let back = ImportData::of_csv(&table).map(|back| back.to_csv());
        prop_assert_eq!(back.as_ref(), Some(&table));
        let found = read_with(&table, &reading()).map_err(|refusal| TestCaseError::fail(refusal.to_string()))?;
        prop_assert_eq!(found.len(), rows.rows());
        let tidy = |text: &str| text.split(is_blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
        let or_dash = |text: &str| if tidy(text).is_empty() { "–".to_owned() } else { tidy(text) };
        for (at, name) in companies.iter().enumerate() {
            let read = &found[at];
            if is_wrong(&faults.company, at) {
                prop_assert!(read.starts_with("line "), "{}", read);
            } else {
                prop_assert_eq!(read, &format!("company {}", tidy(name)));
            }
        }
        for (at, (company, first, last, email, title)) in people.iter().enumerate() {
            let read = &found[companies.len() + at];
            if is_wrong(&faults.person, at) {
                prop_assert!(read.starts_with("line "), "{}", read);
            } else {
                let [company, first, last, title] = [company, first, last, title].map(|text| or_dash(text));
                prop_assert_eq!(read, &format!("{first} | {last} | {email}@example.com | {company} | {title}"));
            }
        }
    }
}

/// White space, and the invisible characters which cells are trimmed of.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '\u{feff}' | '\u{200b}')
}

/// Texts that may break a table: quotes, delimiters, backslashes, line breaks, marks, empty texts. A zero character is
/// a fault of its row, and no table is made of faulty rows.
fn hostile() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "a",
        "Ü",
        "🏝",
        " ",
        ",",
        ";",
        "|",
        "\t",
        "\"",
        "'",
        "\n",
        "\r\n",
        "\\",
        "\\\"",
        "\u{1a}",
        "\u{feff}",
        "\u{fdd0}",
        "\u{fdd1}n",
        "=1+1",
        "-",
        "sep=;",
        "person",
        "Total",
        "\u{2028}",
        "İ",
        "<html>",
        "{\"",
    ]);
    prop::collection::vec(part, 0..6).prop_map(|parts| parts.concat())
}

#[test]
fn a_large_file_of_import_data_is_checked_once_over() {
    let person = |n: u32| json!({ "company": "Quay", "first_name": "Jo", "email": format!("jo{n}@example.com") });
    let rows = data(&json!({ "company": [{ "name": "Quay" }], "person": (0..10_000).map(person).collect::<Vec<_>>() }));
    assert!(rows.check(&Standing::default()).is_empty());
    let plan = survey(&rows.to_csv(), &reading(), 1000, 4096).unwrap();
    assert_eq!((plan.rows, plan.chunks.len()), (10_001, 11));
}

#[test]
fn only_a_table_of_ours_is_read_back() {
    for table in ["", "name,email\nJo,jo@example.com\n", "model,company,first_name,last_name,email,title\ndeal,Quay\n"]
    {
        assert_eq!(ImportData::of_csv(table.as_bytes()), None, "{table}");
    }
    assert_eq!(ImportData::of_csv(&[0xff]), None);
}
