//! The columns of a header by a caller's mapping.

use super::candidate::Candidate;
use super::columns::{Role, add_companions};
use super::lookalikes;
use super::mapping::{Field, Mapping};
use super::name::FormatName;
use super::time_entries::Refusal;
use crate::table::{Headers, quoted};

impl Mapping {
    /// The columns of a header by their roles; the refusal lists every reason why the mapping does not fit.
    pub(super) fn roles(&self, headers: &Headers) -> Result<Vec<(Role, usize)>, Refusal> {
        let mut reasons = self.lacks();
        let columns = self.find(headers, &mut reasons);
        if reasons.is_empty() {
            let mut roles = with_dates(columns);
            add_companions(&mut roles, headers, |role| role == Role::Weekday);
            return Ok(roles);
        }
        let found = quoted(headers.shown());
        Err(Refusal {
            reasons: vec![format!("`mapping` does not fit: {}; found {found}", reasons.join("; "))],
            look_alike: lookalikes::name(headers),
            headers: headers.shown().into(),
            ..Refusal::default()
        })
    }

    /// The candidate shown for a table which was read by a mapping.
    pub(super) fn candidate(&self) -> Candidate {
        let said = self.fields().map(|(column, field)| format!("{column:?} is said to be {field}"));
        Candidate { format: FormatName::Table, score: 100, evidence: said.collect(), lacks: Vec::new() }
    }
}

/// Roles of the mapped columns. A column of starts may hold the day as well, as may a column of ends, and only the
/// cells decide, so such a column gets two roles.
fn with_dates(columns: Vec<(Field, usize)>) -> Vec<(Role, usize)> {
    let column = |field: Field| columns.iter().find(|(other, _)| *other == field).map(|(_, column)| *column);
    let mut roles = Vec::new();
    if let (None, Some(start)) = (column(Field::Date), column(Field::Start)) {
        roles.push((Role::Date, start));
    }
    if let (None, Some(end)) = (column(Field::EndDate), column(Field::End)) {
        roles.push((Role::EndDate, end));
    }
    roles.extend(columns.into_iter().map(|(field, column)| (field.role(), column)));
    roles
}
