//! Tests which send whole files of contacts through both passes.

#![allow(clippy::unwrap_used, reason = "a test")]

mod columns;
mod data;
mod properties;
mod rows;
mod samples;

use super::{ContactField, ContactLayout, ContactMapping, ContactReading, ContactRow, Contacts, ContactsConsidered};
use crate::table::{Plan, Refusal, Rows, Survey, TableRow};

/// Surveys a file which arrives in pieces of `piece` bytes.
fn survey(
    bytes: &[u8],
    options: &ContactReading,
    rows_per_chunk: u32,
    piece: usize,
) -> Result<Plan<Contacts>, Refusal<ContactsConsidered>> {
    let mut survey = Survey::<Contacts>::new(options.clone(), rows_per_chunk);
    let mut chunks = Vec::new();
    for piece in bytes.chunks(piece) {
        survey.push(piece)?;
        chunks.extend(survey.take_chunks());
    }
    let plan = survey.finish()?;
    chunks.extend(plan.chunks);
    Ok(Plan { chunks, ..plan })
}

/// Reads all rows of a file by the stored layout, and passes each row to `see`.
fn load(bytes: &[u8], plan: &Plan<Contacts>, mut see: impl FnMut(&TableRow<'_, Contacts>)) {
    let stored = serde_json::to_value(&plan.layout).unwrap();
    let layout: ContactLayout = serde_json::from_value(stored).unwrap();
    let mut next = 1;
    for span in &plan.chunks {
        let ranges = span.ranges().map(|range| range.start as usize..range.end as usize);
        let chunk: Vec<u8> = ranges.flat_map(|range| bytes[range].to_vec()).collect();
        for row in &Rows::<Contacts>::new(&layout, span, &chunk).unwrap() {
            assert_eq!(row.row, next, "rows come one after the other");
            next += 1;
            see(&row);
        }
    }
    assert_eq!(next - 1, plan.rows);
}

/// Reads a file and describes each row in a line of text.
fn read_with(bytes: &[u8], options: &ContactReading) -> Result<Vec<String>, Refusal<ContactsConsidered>> {
    let plan = survey(bytes, options, 2, 7)?;
    let mut told = Vec::new();
    load(bytes, &plan, |row| told.push(tell(row)));
    Ok(told)
}

/// Reads a file which needs no options.
fn read(text: impl AsRef<[u8]>) -> Vec<String> {
    read_with(text.as_ref(), &ContactReading::default()).unwrap_or_else(|refusal| panic!("refused: {refusal}"))
}

/// The refusal of a file; panics if the file is read.
fn refused(text: impl AsRef<[u8]>) -> String {
    match read_with(text.as_ref(), &ContactReading::default()) {
        Ok(rows) => panic!("read as {rows:#?}"),
        Err(refusal) => refusal.to_string(),
    }
}

/// The evidence of a file as a single text.
fn evidence(text: &str) -> String {
    survey(text.as_bytes(), &ContactReading::default(), 10, 99).unwrap().layout.evidence.join("\n")
}

fn mapping(pairs: &[(&str, &str)]) -> ContactReading {
    let pairs = pairs.iter().map(|&(column, field)| (column.to_owned(), field.to_owned()));
    ContactReading { mapping: Some(ContactMapping::new(pairs).unwrap()), ..ContactReading::default() }
}

/// Describes a row in a line of text: the fields of the contact, or the error.
fn tell(row: &TableRow<'_, Contacts>) -> String {
    let person = match &row.parsed {
        Err(error) => {
            let code = serde_json::to_value(error.code).unwrap();
            return format!("line {}: {}: {}", row.line, code.as_str().unwrap(), error.message);
        }
        Ok(ContactRow::Company { name }) => return format!("company {name}"),
        Ok(ContactRow::Person(person)) => person,
    };
    let fields = [&person.first_name, &person.last_name, &person.email, &person.company, &person.title];
    let mut told = fields.map(|field| field.as_deref().unwrap_or("–").to_owned()).join(" | ");
    if !person.tags.is_empty() {
        told.push_str(&format!(" | #{}", person.tags.join(" #")));
    }
    for (column, value) in &person.custom_fields {
        told.push_str(&format!(" | +{column}: {value}"));
    }
    told
}
