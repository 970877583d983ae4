#![allow(clippy::unwrap_used, reason = "tests")]

mod bombs;
mod books;
mod formulas;
mod gzips;
mod hidden;
mod hostile;
mod json;
mod sheets;

use std::io::{Cursor, Read, Write};

use bytes::Bytes;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::*;
use crate::format::{ReadingOptions, Survey, TableRow, TimeEntries};

type WantedSheet = super::WantedSheet<TimeEntries>;

/// Makes a zip archive with these parts.
fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// Replaces a part of a spreadsheet by the result of `edit`.
fn edited(file: &[u8], part: &str, edit: impl Fn(&str) -> String) -> Vec<u8> {
    let mut archive = ZipArchive::new(Cursor::new(file)).unwrap();
    let mut parts = Vec::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).unwrap();
        let (name, mut text) = (entry.name().unwrap().into_owned(), String::new());
        entry.read_to_string(&mut text).unwrap();
        let text = if name == part { edit(&text) } else { text };
        parts.push((name, text));
    }
    assert!(parts.iter().any(|(name, _)| name == part), "there is no {part}");
    let parts: Vec<_> = parts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    zipped(&parts)
}

/// Unpacks the table of a packed file as text.
fn table(file: &[u8], wanted: &WantedSheet) -> Result<(String, Unpacked), String> {
    let mut table = Vec::new();
    let bytes = Bytes::copy_from_slice(file);
    let kind = Packing::of(file).ok_or("it is not packed")?;
    let unpacked = unpack(kind, bytes, wanted, &Limits::PARSER, &Cancellation::default(), &mut |piece| {
        table.extend_from_slice(piece);
        Ok(())
    });
    let unpacked = unpacked.map_err(|why| why.to_string())?;
    Ok((String::from_utf8(table).unwrap(), unpacked))
}

/// Unpacks the table of a spreadsheet without any option.
fn sheet(file: &[u8]) -> String {
    table(file, &WantedSheet::default()).unwrap().0
}

/// The message with which a packed file is refused.
fn refusal(file: &[u8]) -> String {
    table(file, &WantedSheet::default()).unwrap_err()
}

/// Parses a file, packed or not, into its rows: `line: date start seconds | person | project | text`, or the error.
fn entries(file: &[u8]) -> Vec<String> {
    let options = ReadingOptions::default();
    let (text, mut survey) = match Packing::of(file) {
        None => (file.to_vec(), Survey::new(options, 1000)),
        Some(_) => {
            let (text, unpacked) = table(file, &WantedSheet::default()).unwrap();
            (text.into_bytes(), unpacked.survey(options, 1000))
        }
    };
    survey.push(&text).unwrap();
    let plan = survey.finish().unwrap();
    let mut shown = Vec::new();
    for span in &plan.chunks {
        let bytes: Vec<u8> =
            span.ranges().flat_map(|range| &text[range.start as usize..range.end as usize]).copied().collect();
        shown.extend(plan.layout.rows(span, &bytes).unwrap().iter().map(|row| show(&row)));
    }
    shown
}

fn show(row: &TableRow<'_>) -> String {
    match &row.parsed {
        Err(error) => format!("{}: {}", row.line, error.message),
        Ok(entry) => {
            let start = entry.start.map_or(String::new(), |start| format!("{start} "));
            let project = entry.project.as_deref().unwrap_or_default();
            let (person, text) = (entry.person.name.as_deref(), entry.text.as_deref().unwrap_or_default());
            let rate = entry.rate.as_deref().unwrap_or_default();
            format!(
                "{}: {} {start}{} s | {} | {project} | {text} | {rate}",
                row.line,
                entry.date,
                entry.seconds,
                person.unwrap_or_default()
            )
        }
    }
}
