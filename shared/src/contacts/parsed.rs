//! Rows of contacts as parsed, with what the plan found out about each row.

use super::notes::ContactPlan;
use crate::contact_form::{ContactRow, PersonRow};
use crate::id::{RecordId, Row};
use crate::ledger::{Chunk, Outcome};
use crate::table::{ErrorCode, RowError, excerpt};
use crate::things::names::{LONGEST_NAME, is_short};

/// The most text of a person in bytes, below the 400 KB which DynamoDB allows for an item.
pub(super) const MOST_TEXT: usize = 300_000;

/// A row of a chunk, parsed, or the error for which the row fails.
#[derive(Clone, Debug)]
pub struct ParsedContact<'r> {
    /// The number of the row within the file, from 1.
    pub row: Row,
    /// The physical line on which the row begins.
    pub line: u64,
    /// `true` if the plan found that the row's person or company stands already.
    pub there: bool,
    /// The plan of a row of an import which changes people who stand. `None` for a row which creates.
    pub plan: Option<ContactPlan>,
    /// The person whom the row has found and changed, or left alone, with the outcome of the row. `None` before the changes of
    /// the chunk, and for a row which creates.
    pub met: Option<MetPerson>,
    /// The contact, small enough to be stored.
    pub contact: Result<ContactRow<'r>, RowError>,
}

/// A person whom a row has found by the address, with the outcome of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetPerson {
    /// The person.
    pub id: RecordId,
    /// Updated, unchanged, or skipped by the update policy.
    pub outcome: Outcome,
}

impl<'r> ParsedContact<'r> {
    /// The row of a chunk as the form parsed the row, with its plan.
    pub fn new(
        chunk: &Chunk,
        (row, line): (u64, u64),
        plan: Option<ContactPlan>,
        contact: Result<ContactRow<'r>, RowError>,
    ) -> Self {
        let there = chunk.is_there(row - chunk.first_row);
        Self { row: Row(row), line, there, plan, met: None, contact: contact.and_then(storable) }
    }

    /// `true` if the row creates its person, unless the address is taken.
    pub fn creates(&self) -> bool {
        let yields = matches!(self.plan, Some(ContactPlan::YieldsTo(_)));
        self.contact.is_ok() && !self.there && !yields && self.met.is_none()
    }

    /// The person whom the row has found, with the cells of the row.
    pub fn meets(&self) -> Option<(RecordId, &PersonRow<'r>)> {
        match (&self.plan, &self.contact) {
            (Some(ContactPlan::Meets(id)), Ok(ContactRow::Person(person))) => Some((*id, person)),
            _ => None,
        }
    }
}

/// Refuses a row which is too large for an item of DynamoDB, or has a name too long for a key.
fn storable(contact: ContactRow<'_>) -> Result<ContactRow<'_>, RowError> {
    let too_large = |column: &str, value: &str, message: String| RowError {
        column: column.to_owned(),
        code: ErrorCode::TooLarge,
        value: excerpt(value),
        message,
    };
    let keys = match &contact {
        ContactRow::Company { name } => [("company", Some(name)), ("email", None)],
        ContactRow::Person(person) => [("company", person.company.as_ref()), ("email", person.email.as_ref())],
    };
    for (column, text) in keys {
        if let Some(text) = text.filter(|text| !is_short(text)) {
            return Err(too_large(column, text, format!("{column}: the text is longer than {LONGEST_NAME} bytes")));
        }
    }
    if let ContactRow::Person(person) = &contact
        && size(person) > MOST_TEXT
    {
        return Err(too_large("", "", format!("the text of the row is longer than {MOST_TEXT} bytes")));
    }
    Ok(contact)
}

/// The bytes of a person's texts.
pub(super) fn size(person: &PersonRow<'_>) -> usize {
    let texts = [&person.first_name, &person.last_name, &person.email, &person.title];
    let texts = texts.into_iter().flatten().chain(&person.tags).map(|text| text.len());
    let cells = person.custom_fields.iter().map(|(column, cell)| column.len() + cell.len());
    texts.chain(cells).sum()
}
