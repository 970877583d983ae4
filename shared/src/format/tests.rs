//! Whole files through both passes. Unit tests of what the formats share are beside it.

#![allow(clippy::unwrap_used, reason = "a test")]

mod dialects;
mod encodings;
mod fingerprints;
mod formats;
mod mapping;
mod matrix;
mod properties;
mod readings;
mod refusals;

use super::{EntryRow, Layout, Plan, ReadingOptions, Refusal, Row, Survey};

/// How files are read unless a test says otherwise.
fn plainly() -> ReadingOptions {
    ReadingOptions::default()
}

/// Surveys a file that comes in pieces of `piece` bytes.
fn survey(bytes: &[u8], options: &ReadingOptions, rows_per_chunk: u32, piece: usize) -> Result<Plan, Refusal> {
    let mut survey = Survey::new(options.clone(), rows_per_chunk);
    let mut chunks = Vec::new();
    for piece in bytes.chunks(piece) {
        survey.push(piece)?;
        chunks.extend(survey.take_chunks());
    }
    let plan = survey.finish()?;
    chunks.extend(plan.chunks);
    Ok(Plan { chunks, ..plan })
}

/// Loads all rows of a file, chunk by chunk, and shows each to `see`.
fn load(bytes: &[u8], plan: &Plan, mut see: impl FnMut(&Row<'_>)) {
    // The layout travels between the passes.
    let layout: Layout = postcard::from_bytes(&postcard::to_stdvec(&plan.layout).unwrap()).unwrap();
    for span in &plan.chunks {
        let range = |range: std::ops::Range<u64>| range.start as usize..range.end as usize;
        let chunk: Vec<u8> = span.ranges().flat_map(|bytes_of| bytes[range(bytes_of)].to_vec()).collect();
        let rows = layout.rows(span, &chunk).unwrap();
        assert_eq!(rows.iter().count(), span.rows as usize);
        assert_eq!(rows.iter().next().unwrap().row, span.first_row);
        assert_eq!(rows.iter().next().unwrap().line, span.first_line);
        rows.iter().for_each(|row| see(&row));
    }
}

/// Reads a file and tells each row in a line.
fn read_with(bytes: &[u8], options: &ReadingOptions) -> Result<Vec<String>, Refusal> {
    let plan = survey(bytes, options, 2, 7)?;
    let mut told = Vec::new();
    load(bytes, &plan, |row| told.push(tell(row)));
    assert_eq!(told.len() as u64, plan.rows);
    Ok(told)
}

/// Reads a file that tells everything itself.
fn read(text: impl AsRef<[u8]>) -> Vec<String> {
    read_with(text.as_ref(), &plainly()).unwrap_or_else(|refusal| panic!("refused: {refusal}"))
}

/// Why a file is refused.
fn refused(text: impl AsRef<[u8]>) -> Refusal {
    match read_with(text.as_ref(), &plainly()) {
        Ok(rows) => panic!("read as {rows:#?}"),
        Err(refusal) => refusal,
    }
}

/// The seconds of each row.
fn seconds(text: impl AsRef<[u8]>) -> Vec<u64> {
    let bytes = text.as_ref();
    let plan = survey(bytes, &plainly(), 3, 11).unwrap_or_else(|refusal| panic!("refused: {refusal}"));
    let mut seconds = Vec::new();
    load(bytes, &plan, |row| seconds.push(row.entry.as_ref().map_or(u64::MAX, |entry| entry.seconds)));
    seconds
}

/// A row in one line: what there is of an entry, or its error.
fn tell(row: &Row<'_>) -> String {
    match &row.entry {
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
    let tag = |tag: &super::Tag<'_>| format!("{}{}", tag.name, if tag.unbillable { "*" } else { "" });
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
