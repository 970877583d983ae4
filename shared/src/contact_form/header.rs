//! The meaning of a header: the fields of its columns, found by name or by a mapping.

use std::collections::BTreeSet;

use super::columns::{Columns, RowKinds};
use super::field::ContactMapping;
use super::layout::ContactsConsidered;
use super::options::ContactReading;
use crate::table::{Headers, Refusal, RememberedMapping, is_too_long, quoted};

/// The meaning of a header of contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactHeader {
    pub(super) columns: Columns,
    /// The remembered mapping by which the header is read.
    pub(super) recalled: Option<RememberedMapping>,
    /// Evidence about a mapping, for people.
    pub(super) said: Option<String>,
}

impl ContactHeader {
    /// Reads a header by the caller's mapping, by a remembered mapping, or by the names of its columns, in this order.
    pub(super) fn of(headers: &Headers, options: &ContactReading) -> Result<Self, Refusal<ContactsConsidered>> {
        if let Some(mapping) = &options.mapping {
            let columns = mapped(mapping, headers).map_err(|reason| refusal(reason, headers))?;
            return Ok(Self { columns, recalled: None, said: Some("the columns are as `mapping` says".to_owned()) });
        }
        let by_name = Columns::by_name(headers);
        let Some(remembered) = options.remembered.of(headers) else {
            let columns = by_name.map_err(|reason| refusal(reason, headers))?;
            return Ok(Self { columns, recalled: None, said: None });
        };
        let fit = ContactMapping::new(remembered.columns.clone()).map_err(|wrong| wrong.to_string());
        match fit.and_then(|mapping| mapped(&mapping, headers)) {
            Ok(columns) => {
                let said = Some(remembered.evidence(by_name.is_ok().then_some("contacts by the names of the columns")));
                Ok(Self { columns, recalled: Some(remembered.clone()), said })
            }
            Err(why) => {
                let said = remembered.misfit(&why);
                match by_name {
                    Ok(columns) => Ok(Self { columns, recalled: None, said: Some(said) }),
                    Err(reason) => {
                        let mut refusal = refusal(reason, headers);
                        refusal.reasons.push(said);
                        Err(refusal)
                    }
                }
            }
        }
    }

    /// The columns which have a field, if the cells can be a header; `None` otherwise.
    pub(super) fn columns_of(cells: &[String], options: &ContactReading) -> Option<BTreeSet<usize>> {
        // The survey refuses a header of this length, and a table of a single column.
        if is_too_long(cells) || cells.iter().filter(|cell| !cell.trim().is_empty()).count() < 2 {
            return None;
        }
        let Self { columns: Columns { fields, kinds }, .. } = Self::of(&Headers::new(cells.to_vec()), options).ok()?;
        let model = (kinds == RowKinds::Both).then_some(0);
        Some(fields.into_iter().map(|(_, column)| column).chain(model).collect())
    }
}

/// The columns of a header by a mapping; the error is the reason why the mapping does not fit.
fn mapped(mapping: &ContactMapping, headers: &Headers) -> Result<Columns, String> {
    let mut reasons = Vec::new();
    let fields = mapping.find(headers, &mut reasons);
    let columns = Columns::of(fields);
    if columns.is_none() && reasons.is_empty() {
        reasons.push("it names neither a name, nor an e-mail address, nor a company".to_owned());
    }
    columns
        .filter(|_| reasons.is_empty())
        .ok_or_else(|| format!("`mapping` does not fit: {}; found {}", reasons.join("; "), quoted(headers.shown())))
}

fn refusal(reason: String, headers: &Headers) -> Refusal<ContactsConsidered> {
    Refusal { headers: headers.shown().into(), ..Refusal::because(reason) }
}
