//! Properties of both passes which hold for any file and any cell, run by the tests over a corpus and over generated
//! input, and by `cargo fuzz` for any length of time.

use super::{Layout, Plan, ReadingOptions, Refusal, Survey, TableRow};
use crate::values::dates::DateOrder;
use crate::values::durations::{self, DurationReading, Unit};
use crate::values::hashtags;
use crate::values::numbers::DecimalMark;
use crate::values::numbers::{self, Decimal};
use crate::values::{dates, times};

/// Surveys a file which arrives in pieces of `piece` bytes.
pub fn survey(bytes: &[u8], options: &ReadingOptions, rows_per_chunk: u32, piece: usize) -> Result<Plan, Refusal> {
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

/// Loads all rows of a file, chunk by chunk, and passes each row to `see`.
///
/// # Panics
///
/// Panics if a chunk's rows differ from the chunk's span.
pub fn load(bytes: &[u8], plan: &Plan, mut see: impl FnMut(&TableRow<'_>)) {
    // The layout is stored between the passes, so the check stores and reads the layout as well.
    let stored = serde_json::to_value(&plan.layout).expect("a layout can be stored");
    let layout: Layout = serde_json::from_value(stored).expect("and read back");
    for span in &plan.chunks {
        let range = |range: std::ops::Range<u64>| range.start as usize..range.end as usize;
        let chunk: Vec<u8> = span.ranges().flat_map(|bytes_of| bytes[range(bytes_of)].to_vec()).collect();
        let rows = layout.rows(span, &chunk).expect("the chunk is what was surveyed");
        let first = rows.iter().next().expect("a chunk has rows");
        assert_eq!((first.row, first.line), (span.first_row, span.first_line));
        assert_eq!(rows.iter().count(), span.rows as usize);
        rows.iter().for_each(|row| see(&row));
    }
}

/// Reads a file from the fuzzer, whose first byte chooses the size of the pieces.
///
/// # Panics
///
/// Panics if the plan depends on the pieces, or if the second pass finds other rows than the first pass.
pub fn detect(bytes: &[u8]) {
    let Some((&piece, file)) = bytes.split_first() else { return };
    let options = ReadingOptions::default();
    let whole = survey(file, &options, 3, file.len().max(1)).ok();
    // If two reasons refuse a file, the pieces may decide which reason is found first.
    assert_eq!(survey(file, &options, 3, 1 + usize::from(piece)).ok(), whole);
    let Some(plan) = whole else { return };
    let (mut rows, mut line) = (0, 0);
    load(file, &plan, |row| {
        rows += 1;
        assert!(row.row == rows && row.line > line, "rows come one after the other");
        line = row.line;
    });
    assert_eq!(rows, plan.rows);
}

/// Parses a cell as each type of value.
///
/// # Panics
///
/// Panics if a parsed value, written in its plain form, is parsed to a different value.
pub fn values(cell: &str) {
    if let Some(written) = dates::read(cell) {
        for date in DateOrder::ALL.into_iter().filter_map(|order| written.day.under(order)) {
            let again = dates::read(&date.to_string()).and_then(|written| written.day.under(DateOrder::Dmy));
            assert_eq!(again, Some(date), "{cell:?}");
        }
    }
    if let Some(time) = times::read(cell) {
        assert_eq!(times::read(&time.to_string()), Some(time), "{cell:?}");
    }
    for mark in DecimalMark::ALL {
        if let Some(number) = Decimal::read(numbers::without_currency(cell), mark) {
            assert!(Decimal::read(&number.to_string(), DecimalMark::Dot) == Some(number), "{cell:?}");
        }
        for unit in [Unit::Hours, Unit::Minutes, Unit::Seconds] {
            let reading = DurationReading { unit, pair: unit, mark, ..DurationReading::USUAL };
            if let Some(seconds) = durations::read(cell).and_then(|written| written.under(reading)) {
                let plain = format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
                let again = durations::read(&plain).and_then(|written| written.under(reading));
                assert_eq!(again, Some(seconds), "{cell:?} as {plain:?}");
            }
        }
    }
    for tag in hashtags::hashtags(cell) {
        assert!(!tag.name.is_empty() && cell.contains('#'), "{cell:?}");
    }
}
