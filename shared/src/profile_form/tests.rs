//! Tests which send whole files of profiles through both passes.

#![allow(clippy::unwrap_used, reason = "a test")]

mod books;
mod columns;
mod properties;
mod quotes;
mod rows;

use bytes::Bytes;

use super::*;
use crate::packed::{Cancellation, Limits, Packing, Unpacked, WantedSheet, unpack};
use crate::table::{Plan, Refusal, Rows, TableRow};
use crate::values::profile_value::FieldType;

/// A field whose `value` is empty.
fn field(id: u64, name: &str, field_type: FieldType) -> PinnedField {
    PinnedField { id, name: name.to_owned(), field_type, value: String::new(), indexed: false }
}

/// A database of people with two collections.
fn schema() -> PinnedSchema {
    let size = PinnedField { value: "small\r\nlarge *".to_owned(), ..field(15, "Size", FieldType::Select) };
    PinnedSchema {
        fields: vec![
            field(11, "Email", FieldType::Email),
            field(12, "Name", FieldType::Text),
            field(13, "Age", FieldType::Integer),
            field(14, "Born", FieldType::EmptyDate),
            size,
            field(16, "Seen", FieldType::Datetime),
            field(17, "Score", FieldType::Float),
        ],
        interests: vec![
            PinnedInterest { id: 21, name: "News".to_owned() },
            PinnedInterest { id: 22, name: "Old Mail".to_owned() },
        ],
        collections: vec![
            PinnedCollection {
                id: 31,
                name: "Pets".to_owned(),
                fields: vec![field(41, "Name", FieldType::Text), field(42, "Age", FieldType::Integer)],
            },
            PinnedCollection { id: 32, name: "Orders".to_owned(), fields: vec![field(43, "Number", FieldType::Text)] },
        ],
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// The options of an import which creates profiles.
fn adding() -> ProfileReading {
    ProfileReading { schema: schema(), ..ProfileReading::default() }
}

/// The options of an import with key fields.
fn keyed(action: ProfileAction, keys: &[&str]) -> ProfileReading {
    ProfileReading { action, key_fields: names(keys), ..adding() }
}

/// A table, and where the table is from.
fn table(file: &[u8], options: &ProfileReading) -> (Vec<u8>, Unpacked) {
    let Some(packing) = Packing::of(file) else { return (file.to_vec(), Unpacked::from(None)) };
    let wanted = WantedSheet::<Profiles> { options: options.clone(), sheet: None };
    let (mut table, file) = (Vec::new(), Bytes::copy_from_slice(file));
    let unpacked = unpack(packing, file, &wanted, &Limits::PARSER, &Cancellation::default(), &mut |piece| {
        table.extend_from_slice(piece);
        Ok(())
    });
    (table, unpacked.unwrap())
}

/// Surveys a table which arrives in pieces of `piece` bytes.
fn survey(
    (table, from): &(Vec<u8>, Unpacked),
    options: &ProfileReading,
    rows_per_chunk: u32,
    piece: usize,
) -> Result<Plan<Profiles>, Refusal<ProfilesConsidered>> {
    let mut survey = from.survey::<Profiles>(options.clone(), rows_per_chunk);
    let mut chunks = Vec::new();
    for piece in table.chunks(piece) {
        survey.push(piece)?;
        chunks.extend(survey.take_chunks());
    }
    let plan = survey.finish()?;
    chunks.extend(plan.chunks);
    Ok(Plan { chunks, ..plan })
}

/// Reads all rows of a table by the stored layout, and passes each row to `see`.
fn load(table: &[u8], plan: &Plan<Profiles>, mut see: impl FnMut(&TableRow<'_, Profiles>)) {
    let stored = serde_json::to_string(&plan.layout).unwrap();
    let layout: ProfileLayout = serde_json::from_str(&stored).unwrap();
    let mut next = 1;
    for span in &plan.chunks {
        let ranges = span.ranges().map(|range| range.start as usize..range.end as usize);
        let chunk: Vec<u8> = ranges.flat_map(|range| table[range].to_vec()).collect();
        for row in &Rows::<Profiles>::new(&layout, span, &chunk).unwrap() {
            assert_eq!(row.row, next, "rows come one after the other");
            next += 1;
            see(&row);
        }
    }
    assert_eq!(next - 1, plan.rows);
}

/// Reads a file and describes each row in a line of text.
fn read_with(file: impl AsRef<[u8]>, options: &ProfileReading) -> Result<Vec<String>, Refusal<ProfilesConsidered>> {
    let table = table(file.as_ref(), options);
    let plan = survey(&table, options, 2, 7)?;
    let mut told = Vec::new();
    load(&table.0, &plan, |row| told.push(tell(row)));
    Ok(told)
}

fn read(file: impl AsRef<[u8]>, options: &ProfileReading) -> Vec<String> {
    read_with(file, options).unwrap_or_else(|refusal| panic!("refused: {refusal}"))
}

/// The refusal of a file; panics if the file is read.
fn refused(file: impl AsRef<[u8]>, options: &ProfileReading) -> String {
    match read_with(file, options) {
        Ok(rows) => panic!("read as {rows:#?}"),
        Err(refusal) => refusal.to_string(),
    }
}

/// The evidence of a file.
fn evidence(file: impl AsRef<[u8]>, options: &ProfileReading) -> Vec<String> {
    let table = table(file.as_ref(), options);
    survey(&table, options, 10, 99).unwrap_or_else(|refusal| panic!("refused: {refusal}")).layout.evidence
}

/// Describes a row in a line of text: the key, the cells, or the error. Empty cells are told as `-`.
fn tell(row: &TableRow<'_, Profiles>) -> String {
    let row = match &row.parsed {
        Err(error) => {
            let code = serde_json::to_value(error.code).unwrap();
            return format!("line {}: {}: {}", row.line, code.as_str().unwrap(), error.message);
        }
        Ok(row) => row,
    };
    let key = |key: &RowKey<'_>| match key {
        RowKey::Unkeyed => String::new(),
        RowKey::Nothing => "[nothing] ".to_owned(),
        RowKey::Values(values) => {
            let value = |value: &KeyValue<'_>| match value {
                KeyValue::Number(number) => format!("ID={number}"),
                KeyValue::Field { field, text } => format!("{field}={text}"),
            };
            format!("[{}] ", values.iter().map(value).collect::<Vec<_>>().join(", "))
        }
    };
    let cells = |cells: &[FieldCell<'_>]| {
        let cell =
            |cell: &FieldCell<'_>| format!("{}={}{}", cell.field, if cell.is_empty { "-" } else { "" }, cell.text);
        cells.iter().map(cell).collect::<Vec<_>>().join(" | ")
    };
    let mut told = key(&row.key) + &cells(&row.cells);
    for (interest, flag) in &row.interests {
        told.push_str(&format!(" | i{interest}={flag}"));
    }
    for subprofile in &row.subprofiles {
        let blank = if subprofile.is_blank() { " blank" } else { "" };
        told.push_str(&format!(
            " | {}:{blank} {}{}",
            subprofile.collection,
            key(&subprofile.key),
            cells(&subprofile.cells)
        ));
    }
    for emptied in &row.emptied {
        told.push_str(&format!(" | emptied {}", emptied.message));
    }
    told.trim().to_owned()
}
