//! Chooses the delimiter and the format of a file by its header.

use super::candidate::Candidate;
use super::detect;
use super::name::FormatName;
use super::options::ReadingOptions;
use super::refusal::Refusal;
use super::remembered::Mapped;
use crate::source::Judged;
use crate::table::{Headers, is_too_long};

/// The delimiter, header and format found in the head of a file.
pub(super) struct Chosen {
    pub judged: Judged,
    pub headers: Headers,
    /// The formats which were considered, with the chosen format first.
    pub candidates: Vec<Candidate>,
    pub mapped: Mapped,
}

/// Chooses the likeliest delimiter under which the header belongs to a format or has the mapped columns.
pub(super) fn choose(judged: Vec<Judged>, options: &ReadingOptions) -> Result<Chosen, Refusal> {
    let mut nearest = None;
    let tables = judged.into_iter().filter(|judged| judged.header.len() > 1);
    for judged in tables {
        if is_too_long(&judged.header) {
            nearest.get_or_insert_with(|| Refusal::because("the first line is too long to be the header of a table"));
            continue;
        }
        let headers = Headers::new(judged.header.clone());
        let mapped = options.mapped(&headers);
        let detected = match (&mapped.mapping, options.format) {
            (Some(_), Some(_)) => Err(Refusal::because("say the format or a `mapping`, not both")),
            (Some(mapping), None) => mapping.roles(&headers).map(|_| vec![mapping.candidate()]),
            (None, Some(FormatName::Table)) => Err(Refusal::because("a table is read by its `mapping`")),
            (None, Some(format)) => detect::named(format, &headers),
            (None, None) => detect::detect(&headers),
        };
        match detected {
            Ok(candidates) => return Ok(Chosen { judged, headers, candidates, mapped }),
            Err(mut refusal) => {
                refusal.reasons.extend(mapped.said);
                nearest.get_or_insert(Refusal { delimiter: Some(judged.dialect.delimiter), ..refusal });
            }
        }
    }
    Err(nearest.unwrap_or_else(|| match options.delimiter.map(char::from) {
        Some(asked) => Refusal::because(format!(
            "this is no table: its first line has one column only with {asked:?}, which is the delimiter that was \
                 asked for; without one it is found from the file"
        )),
        None => Refusal::because(
            "this is no table: its first line has one column only, with comma, semicolon, tab and bar alike; if it \
                 has another, say so with `delimiter`; if a title stands above the header, take it away",
        ),
    }))
}
