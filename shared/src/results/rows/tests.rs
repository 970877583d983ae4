//! Tests of the rows of a chunk, against a plain list of rows.

use super::*;
use crate::ledger::{ChunkState, Page};
use crate::table::ChunkSpan;

fn error(row: u64) -> PageError {
    PageError {
        row: Row(row),
        line: row + 1,
        column: "Date".to_owned(),
        code: "invalid_date".to_owned(),
        value: format!("day {row}"),
        message: "Date: no such day".to_owned(),
    }
}

/// A chunk of ten rows, the first of which is row 21, with an outcome per row.
fn chunk(outcomes: &[Outcome]) -> Chunk {
    let span = ChunkSpan { first_row: 21, rows: 10, first_line: 22, start: 0, end: 100, oversized: Vec::new() };
    let mut page = Page::default();
    for (row, &outcome) in (21..).zip(outcomes) {
        page.push(outcome);
        if outcome == Outcome::Failed {
            page.errors.push(error(row));
        }
    }
    let page = (!outcomes.is_empty()).then_some(page);
    Chunk { page, state: ChunkState::Committed, ..Chunk::planned(ChunkNo(2), span) }
}

fn found(query: &RowQuery, chunk: Chunk, range: (u64, u64), wanted: usize) -> Vec<RowResult> {
    let mut walk = Walk { rows: Vec::new(), passed: None };
    walk.add(query, chunk, (Row(range.0), Row(range.1)), wanted);
    walk.rows
}

#[test]
fn every_filter_range_and_direction_finds_the_rows_of_a_plain_list() {
    let (there, nobody) = (SkipReason::AlreadyThere, SkipReason::UnknownUser);
    let outcomes = [
        Outcome::Created,
        Outcome::Created,
        Outcome::Failed,
        Outcome::Failed,
        Outcome::Skipped(there),
        Outcome::Skipped(nobody),
        Outcome::Created,
        Outcome::Unchanged,
        Outcome::Updated,
        Outcome::Deleted,
    ];
    let all: Vec<_> = (21..).zip(outcomes).collect();
    let filters = [
        vec![],
        vec![RowOutcome::Created],
        vec![RowOutcome::Failed, RowOutcome::Skipped],
        vec![RowOutcome::Pending],
        RowOutcome::ALL.to_vec(),
    ];
    for outcomes_wanted in filters {
        for ascending in [true, false] {
            for (first, last) in [(21, 30), (23, 26), (1, 24), (28, 99), (25, 25), (40, 50)] {
                for wanted in [1, 3, 10] {
                    let query = RowQuery { outcomes: outcomes_wanted.clone(), ascending, after: None, take: wanted };
                    let mut expected: Vec<_> = all
                        .iter()
                        .filter(|(row, outcome)| {
                            (first..=last).contains(row)
                                && (outcomes_wanted.is_empty() || outcomes_wanted.contains(&RowOutcome::from(*outcome)))
                        })
                        .collect();
                    if !ascending {
                        expected.reverse();
                    }
                    expected.truncate(wanted);
                    let found = found(&query, chunk(&outcomes), (first, last), wanted);
                    assert_eq!(found.len(), expected.len(), "{query:?} {first} {last}");
                    for (found, &&(row, outcome)) in found.iter().zip(&expected) {
                        assert_eq!((found.row, found.outcome), (Row(row), outcome.into()));
                        assert_eq!(found.error, (outcome == Outcome::Failed).then(|| error(row)));
                        let skipped = match outcome {
                            Outcome::Skipped(reason) => Some(reason),
                            _ => None,
                        };
                        assert_eq!(found.skipped, skipped);
                    }
                }
            }
        }
    }
}

#[test]
fn rows_without_a_page_are_pending() {
    let query = RowQuery { outcomes: Vec::new(), ascending: false, after: None, take: 50 };
    let rows = found(&query, chunk(&[]), (1, 100), 50);
    assert_eq!(rows.iter().map(|row| row.row.0).collect::<Vec<_>>(), (21..=30).rev().collect::<Vec<_>>());
    assert!(rows.iter().all(|row| row.outcome == RowOutcome::Pending && row.code().is_none()));
}

#[test]
fn a_result_tells_its_id_its_entry_its_code_and_its_message() {
    let query = RowQuery { outcomes: Vec::new(), ascending: true, after: None, take: 50 };
    let outcomes = [Outcome::Created, Outcome::Failed, Outcome::Skipped(SkipReason::AlreadyThere)];
    let rows = found(&query, chunk(&outcomes), (1, 100), 50);
    let told = |at: usize| {
        let row: &RowResult = &rows[at];
        (row.id(ImportId(7)), row.record(ImportId(7)), row.code().unwrap_or("-").to_owned())
    };
    assert_eq!(told(0), (7_000_000_021, Some(7_000_000_021), "-".to_owned()));
    assert_eq!(told(1), (7_000_000_022, None, "invalid_date".to_owned()));
    assert_eq!(told(2), (7_000_000_023, None, "already_there".to_owned()));
    assert_eq!(rows[1].message().unwrap(), "Date: no such day");
    assert!(rows[2].message().unwrap().starts_with("the account has the same"));
    assert_eq!((rows.len(), rows[3].outcome), (10, RowOutcome::Pending));
}
