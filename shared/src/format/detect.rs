//! Detects the format of a header.
//!
//! A format is recognised by its signature, which is a set of columns that must be present. Among the formats whose
//! signature is met, the format which knows most of the header's columns is chosen. Freckle's signature is loose and
//! counts only if no other signature is met.

use super::candidate::{Candidate, Considered};
use super::foreign;
use super::lookalikes;
use super::name::FormatName;
use super::time_entries::Refusal;
use crate::table::{Headers, quoted};

/// Scores each format against a header and returns the best first. Equal formats stay in the order of detection.
pub(super) fn weigh(headers: &Headers) -> Vec<Candidate> {
    let mut candidates: Vec<Candidate> = FormatName::ALL.into_iter().map(|format| candidate(format, headers)).collect();
    candidates.sort_by_key(|candidate| {
        let met = candidate.lacks.is_empty();
        let loose = candidate.format == FormatName::Freckle;
        (std::cmp::Reverse(met), met && loose, std::cmp::Reverse(candidate.score))
    });
    candidates
}

fn candidate(format: FormatName, headers: &Headers) -> Candidate {
    let declaration = format.declaration();
    let known = declaration.know(headers);
    let lacks: Vec<String> = declaration.lacks(headers, &known, true).into_iter().map(str::to_owned).collect();
    let columns = headers.shown().len().max(1);
    let groups = declaration.signature.len();
    let count = known.roles.len() + known.others.len();
    let share = count.min(columns) * 50 / columns;
    let score = if lacks.is_empty() { 50 + share } else { (groups - lacks.len()) * 50 / groups };
    let mut evidence = Vec::new();
    if count == 0 {
        evidence.push("none of its columns".to_owned());
    } else {
        let by_role = known.roles.iter().map(|(_, column)| column);
        let mut found: Vec<usize> = by_role.chain(&known.others).copied().collect();
        found.sort_unstable();
        let names: Vec<String> = found.iter().map(|&column| headers.shown()[column].clone()).collect();
        evidence.push(format!("{count} of {columns} columns are known: {}", quoted(&names)));
    }
    Candidate { format, score: score as u8, evidence, lacks }
}

/// Finds the format of a header; the refusal explains why no format fits.
pub(super) fn detect(headers: &Headers) -> Result<Vec<Candidate>, Refusal> {
    let candidates = weigh(headers);
    let look_alike = lookalikes::name(headers);
    let best = &candidates[0];
    let refusal = |reason: String| Refusal {
        reasons: vec![reason],
        considered: Considered { candidates: candidates.clone().into(), ..Considered::default() },
        look_alike,
        headers: headers.shown().into(),
        ..Refusal::default()
    };
    if !best.lacks.is_empty() {
        return Err(refusal(unknown(headers, best, look_alike)));
    }
    if let Some(name) = lookalikes::before_formats(headers) {
        return Err(refusal(taken_for(headers, best, name)));
    }
    if let Some(foreign) = foreign::column(best.format, headers) {
        return Err(refusal(format!(
            "the columns fit {}, but {foreign} is none that {0} has, and would not be read: if the file is {0}'s, say so with `type`, and the column is kept with each entry; of any other table say with `mapping` which column is what; found {}",
            best.format,
            quoted(headers.shown())
        )));
    }
    let rivals = candidates.iter().filter(|other| {
        other.lacks.is_empty()
            && other.score == best.score
            && (best.format == FormatName::Freckle || other.format != FormatName::Freckle)
    });
    let rivals: Vec<String> = rivals.map(|other| other.format.to_string()).collect();
    if rivals.len() > 1 {
        return Err(refusal(format!(
            "the columns fit {} equally well: say which it is with `type`",
            rivals.join(" and ")
        )));
    }
    Ok(candidates)
}

fn unknown(headers: &Headers, nearest: &Candidate, look_alike: Option<&str>) -> String {
    let found = quoted(headers.shown());
    let Candidate { format, lacks, .. } = nearest;
    let lacks = lacks.join(" and ");
    let known = FormatName::list();
    match look_alike {
        Some(name) => format!(
            "this looks like {name}, which is not read: found {found}; nearest is {format}, which \
             needs {lacks} as well; export a list of time entries as one of {known}, or say with \
             `mapping` which column is what"
        ),
        None if nearest.score == 0 => format!(
            "the columns fit no format: found {found}, none of which is known; if these are no headers but a title, take it \
             away; if the table is one of {known}, say so with `type`; of any other say with `mapping` which column is what"
        ),
        None => format!(
            "the columns fit no format: found {found}; nearest is {format}, which needs {lacks} as \
             well; if it is one of {known}, say so with `type`; of any other table say with `mapping` \
             which column is what"
        ),
    }
}

/// The reason for refusing a header which has a format's columns and belongs to another program.
fn taken_for(headers: &Headers, nearest: &Candidate, name: &str) -> String {
    let format = nearest.format;
    format!(
        "this looks like {name}, which is not read: found {}; nearest is {format}, which needs nothing more but means other \
         things by these columns; export a list of time entries as one of {}, or say with `mapping` which column is what",
        quoted(headers.shown()),
        FormatName::list()
    )
}

/// Reads a header as the format named by the caller.
pub(super) fn named(format: FormatName, headers: &Headers) -> Result<Vec<Candidate>, Refusal> {
    let declaration = format.declaration();
    let candidate = candidate(format, headers);
    let lacks = declaration.lacks(headers, &declaration.know(headers), false);
    if lacks.is_empty() {
        return Ok(vec![candidate]);
    }
    let look_alike = lookalikes::name(headers);
    let mut reasons = vec![format!("{format} needs {}; found {}", lacks.join(" and "), quoted(headers.shown()))];
    reasons.extend(look_alike.map(|name| format!("this looks like {name}")));
    Err(Refusal {
        reasons,
        considered: Considered { candidates: [candidate].into(), ..Considered::default() },
        look_alike,
        headers: headers.shown().into(),
        ..Refusal::default()
    })
}
