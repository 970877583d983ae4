//! Chooses the delimiter of a file by its header.

use super::headers::{Headers, is_too_long};
use super::refusal::Refusal;
use super::{Form, RefusalOf};
use crate::source::Judged;

/// The delimiter and the header found in the head of a file.
pub(super) struct Chosen<F: Form> {
    pub judged: Judged,
    pub headers: Headers,
    pub known: F::Known,
}

/// Chooses the likeliest delimiter under which the form knows the header; `asked` is the caller's delimiter.
pub(super) fn choose<F: Form>(
    judged: Vec<Judged>,
    asked: Option<u8>,
    options: &F::Options,
) -> Result<Chosen<F>, RefusalOf<F>> {
    let mut nearest = None;
    let tables = judged.into_iter().filter(|judged| judged.header.len() >= F::LEAST_COLUMNS);
    for judged in tables {
        if is_too_long(&judged.header) {
            nearest.get_or_insert_with(|| Refusal::because("the first line is too long to be the header of a table"));
            continue;
        }
        let headers = Headers::new(judged.header.clone());
        match F::know(&headers, options) {
            Ok(known) => return Ok(Chosen { judged, headers, known }),
            Err(refusal) => {
                nearest.get_or_insert(Refusal { delimiter: Some(judged.dialect.delimiter), ..refusal });
            }
        }
    }
    Err(nearest.unwrap_or_else(|| match asked.map(char::from) {
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
