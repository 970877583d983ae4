//! The part of the matrix that tells what `removeMissing` removes.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Context, ensure};

use super::oracle::{Holder, RowGiven, Terms, run};
use super::{ACTIONS, Line, Source, check};
use crate::profiles::Harbour;

/// What `removeMissing` removed by the action and the keys: without a failed row, and with one.
pub(super) type Removals = BTreeMap<(usize, &'static [&'static str]), [String; 2]>;

/// Imports with `removeMissing` the rows which do not fail, and then all rows if one of them fails. Returns what each removed.
pub(super) async fn check_removal(
    harbour: &Harbour,
    terms: Terms,
    source: Source,
    (world, lines): (&[Holder], &[Line]),
) -> anyhow::Result<[String; 2]> {
    let plain = Terms { removes: false, ..terms };
    let given: Vec<RowGiven> = lines
        .iter()
        .map(|line| {
            let at = line.row.number.strip_prefix('#').and_then(|at| at.parse::<usize>().ok());
            let number = at.and_then(|at| world[at - 1].id).map(|id| id.to_string());
            RowGiven { number: number.unwrap_or_else(|| line.row.number.clone()), ..line.row.clone() }
        })
        .collect();
    let told = run(&mut world.to_vec(), plain, &given);
    let whole = lines.iter().zip(&told).filter(|(_, outcome)| !outcome.starts_with("failed"));
    let whole: Vec<Line> = whole.map(|(line, _)| line.clone()).collect();
    let (_, removed) = check(harbour, terms, source, (world, &whole)).await?;
    ensure!(removed > 0, "nothing is missing");
    let of_pets = terms.keys.contains(&"Pets.Name");
    let (all, what) = match of_pets {
        true => (world.iter().map(|holder| holder.pets.len()).sum(), "subprofiles"),
        false => (world.len(), "profiles"),
    };
    let mut with_failed = "no row fails".to_owned();
    if whole.len() < lines.len() {
        let (_, removed) = check(harbour, terms, source, (world, lines)).await.context("with a failed row")?;
        ensure!(removed == 0, "{removed} are removed in spite of a failed row");
        "nothing".clone_into(&mut with_failed);
    }
    Ok([format!("{removed} of {all} {what}"), with_failed])
}

/// The table of what `removeMissing` removes.
pub(super) fn page_of_removals(removals: &Removals) -> String {
    let mut page = String::from(
        "| `removeMissing` with | keys | no row fails: removed | a row fails: removed |\n|---|---|---|---|\n",
    );
    for ((action, keys), [removed, with_failed]) in removals {
        let _ = writeln!(page, "| {} | {} | {removed} | {with_failed} |", ACTIONS[*action], keys.join("+"));
    }
    page
}
