//! The meaning of a header: the format of the file, and the columns by their roles.

use std::collections::BTreeSet;

use super::candidate::Candidate;
use super::columns::Role;
use super::detect;
use super::name::FormatName;
use super::options::ReadingOptions;
use super::remembered::{self, Mapped};
use super::time_entries::Refusal;
use crate::table::{self, Headers};

/// The format of a file, as found by its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownHeader {
    pub(super) format: FormatName,
    /// The formats which were considered, with the chosen format first.
    pub(super) candidates: Vec<Candidate>,
    pub(super) roles: Vec<(Role, usize)>,
    pub(super) mapped: Mapped,
}

impl KnownHeader {
    /// Reads a header by the caller's or a remembered mapping, as the caller's format, or as any format.
    pub(super) fn of(headers: &Headers, options: &ReadingOptions) -> Result<Self, Refusal> {
        let mapped = options.mapped(headers);
        let found = match (&mapped.mapping, options.format) {
            (Some(_), Some(_)) => Err(Refusal::because("say the format or a `mapping`, not both")),
            (Some(mapping), None) => mapping.roles(headers).map(|roles| (vec![mapping.candidate()], roles)),
            (None, Some(FormatName::Table)) => Err(Refusal::because("a table is read by its `mapping`")),
            (None, Some(format)) => detect::named(format, headers).map(|candidates| by_format(candidates, headers)),
            (None, None) => detect::detect(headers).map(|candidates| by_format(candidates, headers)),
        };
        match found {
            Ok((candidates, roles)) => Ok(Self { format: candidates[0].format, candidates, roles, mapped }),
            Err(mut refusal) => {
                refusal.reasons.extend(mapped.said);
                Err(refusal)
            }
        }
    }
}

/// The candidates, with the columns of the first one.
fn by_format(candidates: Vec<Candidate>, headers: &Headers) -> (Vec<Candidate>, Vec<(Role, usize)>) {
    let roles = candidates[0].format.declaration().know(headers).roles;
    (candidates, roles)
}

/// The columns which have a role, if the cells can be the header of a readable file, or `None` otherwise. The header
/// is read by the caller's mapping, as the caller's format, by a remembered mapping, or as any format, in this order.
pub(super) fn header_columns(cells: &[String], options: &ReadingOptions) -> Option<BTreeSet<usize>> {
    // The survey refuses a header of this length.
    if table::is_too_long(cells) {
        return None;
    }
    let headers = Headers::new(cells.to_vec());
    let candidates = match (&options.mapping, options.format) {
        (Some(mapping), _) => return Some(columns_of(mapping.roles(&headers).ok()?)),
        (None, Some(format)) => detect::named(format, &headers).ok()?,
        (None, None) => match remembered::roles(&options.remembered, &headers) {
            Some(roles) => return Some(columns_of(roles)),
            None => detect::detect(&headers).ok()?,
        },
    };
    Some(columns_of(candidates.first()?.format.declaration().know(&headers).roles))
}

fn columns_of(roles: Vec<(Role, usize)>) -> BTreeSet<usize> {
    roles.into_iter().map(|(_, column)| column).collect()
}
