//! The report of `waybill detect` about a file of contacts.

use std::fmt::Write;
use std::path::Path;

use serde_json::json;
use shared::contact_form::{ContactRow, Contacts, PersonRow};
use shared::import::ImportType;
use shared::table::{Rows, TableRow};

use super::super::report::separators;
use super::{Found, Surveyed};

/// Builds the report for people, or the JSON object for programs.
pub fn report(path: &Path, surveyed: &Surveyed<Contacts>, is_json: bool) -> anyhow::Result<String> {
    match (surveyed, is_json) {
        (Ok(Found { plan, .. }), true) => {
            let mut report = plan.layout.shown();
            report["type"] = json!(ImportType::Contacts);
            report["format"] = json!(null);
            report["rows"] = json!(plan.rows);
            report["total_row"] = json!(null);
            report["reasons"] = json!([]);
            Ok(format!("{report}\n"))
        }
        (Err(refusal), true) => {
            let mut report = json!(refusal);
            report["type"] = json!(ImportType::Contacts);
            report["format"] = json!(null);
            report["delimiter"] = json!(refusal.delimiter.map(char::from));
            Ok(format!("{report}\n"))
        }
        (Ok(found), false) => understood(path, found),
        (Err(refusal), false) => {
            let mut text = format!("{}: refused as a file of contacts\n\n", path.display());
            for reason in &refusal.reasons {
                writeln!(text, "  refused       {reason}")?;
            }
            Ok(text)
        }
    }
}

fn understood(path: &Path, Found { plan, first }: &Found<Contacts>) -> anyhow::Result<String> {
    let layout = &plan.layout;
    let mut text = String::new();
    writeln!(text, "{}: contacts, {} rows", path.display(), plan.rows)?;
    writeln!(text)?;
    if !layout.sheet {
        writeln!(text, "  encoding      {}", layout.encoding)?;
        writeln!(text, "  separated by  {}", separators(char::from(layout.delimiter).encode_utf8(&mut [0; 4])))?;
    }
    for said in &layout.evidence {
        writeln!(text, "                {said}")?;
    }
    if let Some((span, bytes)) = first {
        writeln!(text)?;
        writeln!(text, "  The first rows as they are understood:")?;
        for row in &Rows::<Contacts>::new(layout, span, bytes)? {
            writeln!(text, "    line {:<4} {}", row.line, told(&row))?;
        }
    }
    Ok(text)
}

fn told(row: &TableRow<'_, Contacts>) -> String {
    match &row.parsed {
        Ok(ContactRow::Company { name }) => format!("company {name:?}"),
        Ok(ContactRow::Person(person)) => told_person(person),
        Err(error) => format!("error: {}", error.message),
    }
}

fn told_person(person: &PersonRow<'_>) -> String {
    let tags = person.tags.join(", ");
    let words = [
        ("first name", person.first_name.as_deref()),
        ("last name", person.last_name.as_deref()),
        ("email", person.email.as_deref()),
        ("company", person.company.as_deref()),
        ("title", person.title.as_deref()),
        ("tags", Some(tags.as_str()).filter(|tags| !tags.is_empty())),
    ];
    let told = words.into_iter().filter_map(|(name, word)| Some(format!("{name} {:?}", word?)));
    told.collect::<Vec<_>>().join(", ")
}
