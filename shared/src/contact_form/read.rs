//! Reads the rows of a chunk by a layout.

use std::borrow::Cow;

use super::check::{self, Rules, Wrong};
use super::columns::RowKinds;
use super::field::ContactField;
use super::layout::ContactLayout;
use super::row::{ContactRow, PersonRow};
use crate::source::{RawField, RecordCells};
use crate::table::{ErrorCode, RowEnds, RowError};
use crate::values::compared::{LONGEST_NAME, is_email};
use crate::values::hashtags;
use crate::values::names;
use crate::values::words;

/// A layout prepared for reading rows.
pub struct ContactReader<'l> {
    headers: &'l [String],
    /// The column of each field; [`NO_COLUMN`] for a field without a column.
    columns: [usize; ContactField::COUNT],
    /// Columns without a field, with their names.
    others: Vec<(usize, &'l str)>,
    kinds: RowKinds,
    rules: Rules,
    ends: RowEnds,
}

/// Stands for a missing column, since no row has so many cells.
const NO_COLUMN: usize = usize::MAX;

/// The most text of a row in bytes, below the 400 KB which DynamoDB allows for an item.
const MOST_TEXT: usize = 300_000;

impl<'l> ContactReader<'l> {
    pub(super) fn new(layout: &'l ContactLayout) -> Self {
        let decisions = &layout.decisions;
        let mut columns = [NO_COLUMN; ContactField::COUNT];
        for &(field, column) in &decisions.fields {
            columns[field as usize] = column as usize;
        }
        let names = layout.headers.iter().map(String::as_str).enumerate();
        let is_other = |column: usize| !columns.contains(&column);
        let others = match decisions.kinds {
            RowKinds::People => names.filter(|(column, _)| is_other(*column)).collect(),
            RowKinds::Companies | RowKinds::Both => Vec::new(),
        };
        Self {
            headers: &layout.headers,
            columns,
            others,
            kinds: decisions.kinds,
            rules: decisions.rules,
            ends: decisions.ends,
        }
    }

    #[inline]
    pub(super) fn ends(&self) -> RowEnds {
        self.ends
    }

    /// True if a short row has the cells of all fields, and unless the file `leaves_out` empty cells, ends with an address
    /// in the column of addresses.
    pub(super) fn is_complete(&self, RecordCells { text, fields }: RecordCells<'_>, leaves_out: bool) -> bool {
        if leaves_out {
            return true;
        }
        let has_all = self.columns.iter().all(|&column| column == NO_COLUMN || column < fields.len());
        let email = self.columns[ContactField::Email as usize];
        let ends_with_address = || {
            fields.get(email).is_some_and(|field| email + 1 == fields.len() && is_email(words::trim(&field.cell(text))))
        };
        has_all && ends_with_address()
    }

    pub(super) fn read<'r>(&'r self, text: &'r str, fields: &[RawField]) -> Result<ContactRow<'r>, RowError> {
        let cells = Cells { reader: self, text, fields };
        let is_company = match self.kinds {
            RowKinds::People => false,
            RowKinds::Companies => true,
            RowKinds::Both => cells.says_company()?,
        };
        if is_company { cells.company() } else { cells.person() }
    }

    /// The name of the field's column as shown; empty without such a column.
    fn shown(&self, field: ContactField) -> &'l str {
        self.headers.get(self.columns[field as usize]).map_or("", String::as_str)
    }
}

/// The cells of a row by their field.
struct Cells<'r, 's> {
    reader: &'r ContactReader<'r>,
    text: &'r str,
    fields: &'s [RawField],
}

impl<'r> Cells<'r, '_> {
    /// The trimmed cell of a column; `None` if the cell is missing or empty.
    fn at(&self, column: usize) -> Option<Cow<'r, str>> {
        let cell = words::trimmed(self.fields.get(column)?.cell(self.text));
        (!cell.is_empty()).then_some(cell)
    }

    /// The trimmed cell of a field.
    fn cell(&self, field: ContactField) -> Option<Cow<'r, str>> {
        self.at(self.reader.columns[field as usize])
    }

    /// The cell of a field on a single line, without blanks in a row.
    fn name(&self, field: ContactField) -> Option<Cow<'r, str>> {
        self.cell(field).map(words::collapsed)
    }

    /// True for a row of a company; the first column says so.
    fn says_company(&self) -> Result<bool, RowError> {
        let column = &self.reader.headers[0];
        match self.at(0) {
            None => Err(RowError::missing(column)),
            Some(cell) if cell.eq_ignore_ascii_case("company") => Ok(true),
            Some(cell) if cell.eq_ignore_ascii_case("person") => Ok(false),
            Some(cell) => {
                Err(RowError::unreadable(column, ErrorCode::UnknownModel, &cell, "is neither company nor person"))
            }
        }
    }

    fn company(&self) -> Result<ContactRow<'r>, RowError> {
        let name = self.name(ContactField::Company).unwrap_or_default();
        match check::company(&name) {
            None => Ok(ContactRow::Company { name }),
            Some(wrong) => Err(self.error(ContactField::Company, wrong)),
        }
    }

    fn person(&self) -> Result<ContactRow<'r>, RowError> {
        let full = self.name(ContactField::Name);
        let parts = (self.name(ContactField::FirstName), self.name(ContactField::LastName));
        let mut custom_fields = self.others();
        let (first_name, last_name) = match (full, parts) {
            (Some(full), (None, None)) => names::split(full),
            (Some(full), (first, last)) => {
                // A full name beside its parts says something only if it differs.
                if names::joined(first.clone(), last.clone()).as_ref() != Some(&full) {
                    custom_fields.push((Cow::Borrowed(self.reader.shown(ContactField::Name)), full));
                }
                (first, last)
            }
            (None, parts) => parts,
        };
        let person = PersonRow {
            company: self.name(ContactField::Company),
            first_name,
            last_name,
            email: self.cell(ContactField::Email),
            title: self.name(ContactField::Title),
            tags: self.tags(),
            custom_fields,
        };
        let mut faults = check::person(&person, self.reader.rules).into_iter();
        if let Some((field, wrong)) = faults.next() {
            let mut error = match (wrong, self.reader.rules) {
                (Wrong::Blank, Rules::File) => RowError::of_row(
                    ErrorCode::Missing,
                    person.company.as_deref().unwrap_or_default(),
                    "the row names nobody: a name or an e-mail address is needed",
                ),
                _ => self.error(field, wrong),
            };
            for (field, wrong) in faults {
                error.message.push_str("; ");
                error.message.push_str(&self.error(field, wrong).message);
            }
            return Err(error);
        }
        let texts = person.tags.iter().map(|tag| tag.len());
        let custom = person.custom_fields.iter().map(|(name, value)| name.len() + value.len());
        if texts.chain(custom).sum::<usize>() > MOST_TEXT {
            let message = format!("the text of the row is longer than {MOST_TEXT} bytes");
            return Err(RowError::of_row(ErrorCode::TooLarge, "", message));
        }
        Ok(ContactRow::Person(Box::new(person)))
    }

    /// The filled cells of columns without a field, with the names of their columns.
    fn others(&self) -> Vec<(Cow<'r, str>, Cow<'r, str>)> {
        let others = self.reader.others.iter();
        others.filter_map(|&(column, name)| Some((Cow::Borrowed(name), self.at(column)?))).collect()
    }

    /// The labels in the order of the file, without duplicates (compared without regard to case). A cell without a comma
    /// may separate labels by semicolons.
    fn tags(&self) -> Vec<Cow<'r, str>> {
        let Some(cell) = self.cell(ContactField::Tags) else { return Vec::new() };
        let cell = match cell.contains(';') && !cell.contains(',') {
            true => Cow::Owned(cell.replace(';', ",")),
            false => cell,
        };
        hashtags::listed(cell, false).into_iter().map(|tag| tag.name).collect()
    }

    /// The error of a field for people, with the cell.
    fn error(&self, field: ContactField, wrong: Wrong) -> RowError {
        let full = self.reader.columns[field as usize] == NO_COLUMN
            && matches!(field, ContactField::FirstName | ContactField::LastName);
        let field = if full { ContactField::Name } else { field };
        let column = self.reader.shown(field);
        let cell = self.cell(field).unwrap_or_default();
        match wrong {
            Wrong::Blank => RowError::missing(column),
            Wrong::Invalid if field == ContactField::Email => {
                RowError::unreadable(column, ErrorCode::InvalidEmail, &cell, "is no e-mail address")
            }
            Wrong::TooLong => {
                let how = format!("is longer than {LONGEST_NAME} bytes");
                RowError::unreadable(column, ErrorCode::TooLarge, &cell, &how)
            }
            Wrong::Invalid | Wrong::Taken | Wrong::MustExist => {
                RowError::unreadable(column, ErrorCode::InvalidText, &cell, &wrong.message())
            }
        }
    }
}
