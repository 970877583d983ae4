//! Tests of fingerprints: which rows count as the same row.

use super::{load, plainly, survey};
use crate::format::{Fingerprint, ReadingOptions};

fn fingerprints_with(text: &[u8], options: &ReadingOptions) -> Vec<Fingerprint> {
    let plan = survey(text, options, 3, 11).unwrap_or_else(|refusal| panic!("refused: {refusal}"));
    let mut prints = Vec::new();
    load(text, &plan, |row| prints.extend(row.parsed.as_ref().map(|entry| entry.fingerprint())));
    prints
}

fn fingerprints(text: &str) -> Vec<Fingerprint> {
    fingerprints_with(text.as_bytes(), &plainly())
}

const HEADER: &str = "Date,Client,Project,Project Code,Task,Notes,Hours,Billable?,Invoiced?,First Name,Last Name";

#[test]
fn the_same_row_has_the_same_fingerprint_however_its_file_is_written() {
    let one = fingerprints(&format!(
        "{HEADER}\n2026-03-25,Garden & Sons,Website,,Design,Sketch,1.5,Yes,No,Ada,Example\n\
         2026-03-26,Garden & Sons,Website,,Design,Sketch,1.5,Yes,No,Ada,Example\n"
    ));
    let other = fingerprints(
        "Last Name;First Name;Date;Hours;Notes;Task;Project;Client;Billable?;Invoiced?\r\n\
         EXAMPLE;ada;25.03.2026;1,50;Sketch;design;website;\"Garden  &  Sons\";yes;Yes\r\n\
         Example;Ada;26.03.2026;1,50;Sketch;Design;Website;Garden & Sons;yes;Yes\r\n",
    );
    assert_eq!(one, other);
    assert_ne!(one[0], one[1]);
}

#[test]
fn each_value_that_makes_a_row_another_row_makes_another_fingerprint() {
    let row = |values: &str| fingerprints(&format!("{HEADER}\n2026-03-31,{values},1.5,Yes,No,Ada,Example\n"))[0];
    let all = [
        row("Garden,Website,,Design,Sketch"),
        row("Garden,Website,,Design,sketch"),
        row("Garden,Website,,,Sketch"),
        row("Garden,Web,,siteDesign,Sketch"),
        row(",Garden Website,,Design,Sketch"),
        row("Website,Garden,,Design,Sketch"),
    ];
    let mut distinct = all.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), all.len());
}

#[test]
fn a_fingerprint_is_kept_with_entries_so_it_may_never_change() {
    let prints = fingerprints(&format!("{HEADER}\n2026-03-31,Garden,Website,,Design,Sketch,1.5,Yes,No,Ada,Example\n"));
    assert_eq!(prints, [Fingerprint(100_450_123_318_805_786)]);
}
