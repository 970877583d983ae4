//! Reads a table of time entries by a mapping which the account remembers for its header.

use super::columns::Role;
use super::detect;
use super::mapping::Mapping;
use crate::table::{Headers, Remembered, RememberedMapping};

/// The mapping by which a file is read, if any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mapped {
    /// The caller's mapping or the remembered mapping; `None` if the file is read by its format.
    pub mapping: Option<Mapping>,
    /// The remembered mapping with its origin, if the file is read by this mapping.
    pub recalled: Option<RememberedMapping>,
    /// Evidence about the mapping remembered for the header, for people.
    pub said: Option<String>,
}

/// The mapping remembered for the header. A mapping which this version cannot use is only mentioned in the evidence.
pub(super) fn recall(all: &Remembered, headers: &Headers) -> Mapped {
    let Some(remembered) = all.of(headers) else {
        return Mapped::default();
    };
    match fit(remembered, headers) {
        Ok(mapping) => {
            let detected = detect::detect(headers).ok().map(|candidates| candidates[0].format);
            let said = Some(remembered.evidence(detected.map(|format| format.name())));
            Mapped { mapping: Some(mapping), recalled: Some(remembered.clone()), said }
        }
        Err(why) => Mapped { said: Some(remembered.misfit(&why)), ..Mapped::default() },
    }
}

/// The roles of the header's columns; `None` if no remembered mapping reads the header.
pub(super) fn roles(all: &Remembered, headers: &Headers) -> Option<Vec<(Role, usize)>> {
    recall(all, headers).mapping?.roles(headers).ok()
}

/// The mapping, if this version can read the header by it; the error is the reason, for people.
fn fit(remembered: &RememberedMapping, headers: &Headers) -> Result<Mapping, String> {
    let mapping = Mapping::new(remembered.columns.clone()).map_err(|wrong| wrong.to_string())?;
    mapping.roles(headers).map_err(|refusal| refusal.to_string())?;
    Ok(mapping)
}
