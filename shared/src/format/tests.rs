//! Tests which send whole files through both passes. Unit tests of the shared parts stand beside those parts.

#![allow(clippy::unwrap_used, reason = "a test")]

mod cases;
mod code_pages;
mod dialects;
mod encodings;
mod fingerprints;
mod foreign;
mod formats;
mod kinds;
mod languages;
mod letters;
mod mapping;
mod matrix;
mod mishaps;
mod other_tools;
mod properties;
mod readings;
mod refusals;
mod remembered;
mod samples;
mod shortcuts;
mod stored;
mod suggestions;
mod translated;
mod variations;

use super::checks::{load, survey};
use super::{EntryRow, ReadingOptions, Refusal, Survey, TableRow};

/// Reading options without any choice by the caller.
fn plainly() -> ReadingOptions {
    ReadingOptions::default()
}

/// Reads a file and describes each row in a line of text.
fn read_with(bytes: &[u8], options: &ReadingOptions) -> Result<Vec<String>, Refusal> {
    let plan = survey(bytes, options, 2, 7)?;
    let mut told = Vec::new();
    load(bytes, &plan, |row| told.push(tell(row)));
    assert_eq!(told.len() as u64, plan.rows);
    Ok(told)
}

/// Reads a file which needs no options.
fn read(text: impl AsRef<[u8]>) -> Vec<String> {
    read_with(text.as_ref(), &plainly()).unwrap_or_else(|refusal| panic!("refused: {refusal}"))
}

/// The refusal of a file; panics if the file is read.
fn refused(text: impl AsRef<[u8]>) -> Refusal {
    match read_with(text.as_ref(), &plainly()) {
        Ok(rows) => panic!("read as {rows:#?}"),
        Err(refusal) => refusal,
    }
}

/// The duration of each row in seconds, and `u64::MAX` for a row with an error.
fn seconds(text: impl AsRef<[u8]>) -> Vec<u64> {
    let bytes = text.as_ref();
    let plan = survey(bytes, &plainly(), 3, 11).unwrap_or_else(|refusal| panic!("refused: {refusal}"));
    let mut seconds = Vec::new();
    load(bytes, &plan, |row| seconds.push(row.parsed.as_ref().map_or(u64::MAX, |entry| entry.seconds)));
    seconds
}

/// Describes a row in a line of text: the fields of the entry, or the error.
fn tell(row: &TableRow<'_>) -> String {
    match &row.parsed {
        Ok(entry) => tell_entry(entry),
        Err(error) => {
            let code = serde_json::to_value(error.code).unwrap();
            format!("line {}: {}: {}", row.line, code.as_str().unwrap(), error.message)
        }
    }
}

fn tell_entry(entry: &EntryRow<'_>) -> String {
    let mut parts = vec![entry.date.to_string()];
    match (entry.start, entry.end) {
        (None, None) => {}
        (start, end) => {
            let time = |time: Option<_>| time.map_or(String::new(), |time: jiff::civil::Time| time.to_string());
            parts.push(format!("{}-{}", time(start), time(end)));
        }
    }
    parts.push(format!("{} s", entry.seconds));
    let mut add = |name: &str, value: Option<&str>| {
        parts.extend(value.map(|value| format!("{name}: {value}")));
    };
    add("email", entry.person.email.as_deref());
    add("name", entry.person.name.as_deref());
    add("client", entry.client.as_deref());
    add("project", entry.project.as_deref());
    add("task", entry.task.as_deref());
    add("text", entry.text.as_deref());
    let tag = |tag: &crate::values::hashtags::Tag<'_>| format!("{}{}", tag.name, if tag.unbillable { "*" } else { "" });
    let tags: Vec<String> = entry.tags.iter().map(tag).collect();
    add("tags", (!tags.is_empty()).then_some(&tags.join(", ")));
    add("billable", entry.billable.map(|flag| if flag { "yes" } else { "no" }));
    add("invoiced", entry.invoiced.map(|flag| if flag { "yes" } else { "no" }));
    add("rate", entry.rate.as_deref());
    add("amount", entry.amount.as_deref());
    add("currency", entry.currency.as_deref());
    for (column, value) in &entry.extra {
        add(&format!("+{column}"), Some(value));
    }
    parts.join(" | ")
}
