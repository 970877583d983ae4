//! Reads the rows of a chunk by a layout.

use std::borrow::Cow;

use super::columns::{LinkedColumn, LinkedField, ProfileTarget};
use super::layout::ProfileLayout;
use super::options::InvalidValues;
use super::row::{FieldCell, KeyValue, ProfileRow, RowKey, SubprofileRow};
use crate::source::{RawField, RecordCells};
use crate::table::{ErrorCode, Given, RowEnds, RowError};
use crate::values::compared::is_email;
use crate::values::profile_value::{BadValue, BadValueCode, FieldType, as_key, convert};
use crate::values::words;

/// A layout prepared for reading rows.
pub struct ProfileReader<'l> {
    layout: &'l ProfileLayout,
}

/// The most text of a row in bytes, below the 400 KB which DynamoDB allows for an item.
const MOST_TEXT: usize = 300_000;

/// The words which a cell of an interest may have, for error messages.
const FLAGS: &str = "yes, no, true, false, 1, 0, and the words for yes and no in other languages";

/// A cell of the file, trimmed outside of its quotes; `None` if the cell is absent.
type FileCell<'r> = Option<Cow<'r, str>>;

impl<'l> ProfileReader<'l> {
    pub(super) fn new(layout: &'l ProfileLayout) -> Self {
        Self { layout }
    }

    #[inline]
    pub(super) fn ends(&self) -> RowEnds {
        self.layout.decisions.ends
    }

    /// True if a short row has the cells of all columns with a field, and unless the file `leaves_out` empty cells, ends
    /// with an address in a column of addresses.
    pub(super) fn is_complete(&self, RecordCells { text, fields }: RecordCells<'_>, leaves_out: bool) -> bool {
        let columns = &self.layout.decisions.columns;
        let ends_with_address = || {
            let last = columns.iter().find(|column| column.column as usize + 1 == fields.len());
            let is_address = |target: &ProfileTarget| match target {
                ProfileTarget::Field(field) | ProfileTarget::Subfield { field, .. } => {
                    field.field_type == FieldType::Email
                }
                ProfileTarget::Number | ProfileTarget::Interest(_) => false,
            };
            last.is_some_and(|last| is_address(&last.target))
                && fields.last().is_some_and(|field| is_email(words::trim(&field.cell(text))))
        };
        leaves_out || columns.iter().all(|column| (column.column as usize) < fields.len()) && ends_with_address()
    }

    pub(super) fn read<'r>(&'r self, text: &'r str, fields: &[RawField]) -> Result<ProfileRow<'r>, RowError> {
        let mut reading =
            RowReading { reader: self, row: ProfileRow::default(), numbers: Vec::new(), faults: Vec::new(), length: 0 };
        for column in &self.layout.decisions.columns {
            if let Some(cell) = self.cell(text, fields, column.column as usize) {
                reading.take(column, cell);
            }
        }
        reading.finish()
    }

    /// The cell of a column.
    fn cell<'r>(&self, text: &'r str, fields: &[RawField], column: usize) -> FileCell<'r> {
        let field = fields.get(column);
        if self.layout.objects {
            return match Given::of(field, text) {
                Given::Absent => None,
                Given::Null => Some(Cow::Borrowed("")),
                Given::Value(cell) => Some(cell),
            };
        }
        // A row which leaves empty cells at its end out has empty cells there.
        let Some(field) = field else { return Some(Cow::Borrowed("")) };
        if self.layout.sheet {
            return Some(field.cell(text));
        }
        let cell = field.cell_inside(text);
        match self.layout.apostrophes && !field.is_quoted() && cell.contains("\\'") {
            true => Some(Cow::Owned(cell.replace("\\'", "'"))),
            false => Some(cell),
        }
    }

    fn name(&self, column: &LinkedColumn) -> &'l str {
        self.layout.headers.get(column.column as usize).map_or("", String::as_str)
    }

    fn is_key(&self, column: &LinkedColumn) -> bool {
        self.layout.decisions.keys.contains(&column.column)
    }

    fn column(&self, place: u32) -> Option<&'l LinkedColumn> {
        self.layout.decisions.columns.iter().find(|column| column.column == place)
    }
}

/// A row which is being read.
struct RowReading<'r> {
    reader: &'r ProfileReader<'r>,
    row: ProfileRow<'r>,
    /// The number in the column `ID`, with the place of the column.
    numbers: Vec<(u32, u64)>,
    faults: Vec<RowError>,
    /// The bytes of all texts so far.
    length: usize,
}

impl<'r> RowReading<'r> {
    /// Takes a cell which is not absent.
    fn take(&mut self, column: &'r LinkedColumn, cell: Cow<'r, str>) {
        match &column.target {
            ProfileTarget::Number => self.number(column, &cell),
            ProfileTarget::Interest(interest) => self.interest(column, *interest, &cell),
            ProfileTarget::Field(field) => {
                let value = self.value(column, field, cell);
                self.row.cells.extend(value);
            }
            ProfileTarget::Subfield { collection, field } => {
                let Some(value) = self.value(column, field, cell) else { return };
                let subprofiles = &mut self.row.subprofiles;
                match subprofiles.iter_mut().find(|subprofile| subprofile.collection == *collection) {
                    Some(subprofile) => subprofile.cells.push(value),
                    None => {
                        let (collection, cells) = (*collection, vec![value]);
                        subprofiles.push(SubprofileRow { collection, key: RowKey::Unkeyed, cells });
                    }
                }
            }
        }
    }

    fn number(&mut self, column: &LinkedColumn, cell: &str) {
        let cell = words::trim(cell);
        if cell.is_empty() {
            return;
        }
        let is_number = cell.bytes().all(|byte| byte.is_ascii_digit());
        match cell.parse().ok().filter(|_| is_number) {
            Some(number) => self.numbers.push((column.column, number)),
            None => {
                self.faults.push(self.error(column, ErrorCode::InvalidNumber, cell, "is no ID, which has digits only"))
            }
        }
    }

    fn interest(&mut self, column: &LinkedColumn, interest: u64, cell: &str) {
        let cell = words::trim(cell);
        let decisions = &self.reader.layout.decisions;
        match words::flag(cell) {
            _ if cell.is_empty() && decisions.ignore_empty => {}
            _ if cell.is_empty() => self.row.interests.push((interest, false)),
            Some(flag) => self.row.interests.push((interest, flag)),
            None => {
                let how = format!("is neither yes nor no; accepted are {FLAGS}");
                let error = self.error(column, ErrorCode::InvalidFlag, cell, &how);
                // An interest which cannot be read is left alone, as no word of the file takes it away.
                match decisions.invalid_values {
                    InvalidValues::Error => self.faults.push(error),
                    InvalidValues::Empty => self.row.emptied.push(error),
                }
            }
        }
    }

    /// The value of a field; `None` if the cell leaves the field alone, or has a fault, which is noted.
    fn value(&mut self, column: &LinkedColumn, field: &LinkedField, cell: Cow<'r, str>) -> Option<FieldCell<'r>> {
        let decisions = &self.reader.layout.decisions;
        let converted = match is_empty(field.field_type, &cell) {
            true => Ok(None),
            false => converted(field, cell.clone()).map(Some),
        };
        let text = converted.unwrap_or_else(|bad| {
            let error = self.error(column, code(bad.code), &cell, &bad.how);
            match decisions.invalid_values {
                InvalidValues::Empty if !self.reader.is_key(column) => self.row.emptied.push(error),
                _ => self.faults.push(error),
            }
            None
        });
        if text.is_none() && decisions.ignore_empty {
            return None;
        }
        let is_empty = text.is_none();
        let text = text.unwrap_or(Cow::Borrowed(field.field_type.empty()));
        self.length += text.len();
        Some(FieldCell { field: field.id, text, is_empty })
    }

    fn error(&self, column: &LinkedColumn, code: ErrorCode, cell: &str, how: &str) -> RowError {
        RowError::unreadable(self.reader.name(column), code, cell, how)
    }

    /// Ends the row: the keys are known, and the first fault in the order of the columns is the row's error.
    fn finish(mut self) -> Result<ProfileRow<'r>, RowError> {
        let mut faults = std::mem::take(&mut self.faults).into_iter();
        if let Some(mut error) = faults.next() {
            for fault in faults {
                error.message.push_str("; ");
                error.message.push_str(&fault.message);
            }
            return Err(error);
        }
        if self.length > MOST_TEXT {
            let message = format!("the text of the row is longer than {MOST_TEXT} bytes");
            return Err(RowError::of_row(ErrorCode::TooLarge, "", message));
        }
        self.row.key = self.key(None, &self.row.cells);
        for at in 0..self.row.subprofiles.len() {
            let SubprofileRow { collection, cells, .. } = &self.row.subprofiles[at];
            let key = self.key(Some(*collection), cells);
            self.row.subprofiles[at].key = key;
        }
        Ok(self.row)
    }

    /// The key by the key fields of the database, or of a collection.
    fn key(&self, collection: Option<u64>, cells: &[FieldCell<'r>]) -> RowKey<'r> {
        let places = self.reader.layout.decisions.keys.iter();
        let columns = places.filter_map(|place| self.reader.column(*place));
        let own = columns.filter(|column| column.target.collection() == collection);
        let value = |column: &LinkedColumn| match &column.target {
            ProfileTarget::Number => {
                let number = self.numbers.iter().find(|(place, _)| *place == column.column);
                number.map(|(_, number)| KeyValue::Number(*number))
            }
            ProfileTarget::Field(field) | ProfileTarget::Subfield { field, .. } => {
                let cell = cells.iter().find(|cell| cell.field == field.id && !cell.is_empty)?;
                let text = as_key(field.field_type, &cell.text)?;
                Some(KeyValue::Field { field: field.id, text: Cow::Owned(text.into_owned()) })
            }
            ProfileTarget::Interest(_) => None,
        };
        let values: Vec<Option<KeyValue<'r>>> = own.map(value).collect();
        match values.is_empty() {
            true => RowKey::Unkeyed,
            false => values.into_iter().collect::<Option<_>>().map_or(RowKey::Nothing, RowKey::Values),
        }
    }
}

/// True for an empty cell. A text of blanks in quotes is a value of a text field.
fn is_empty(field_type: FieldType, cell: &str) -> bool {
    let is_plain = matches!(
        field_type,
        FieldType::Text
            | FieldType::Big
            | FieldType::Phone
            | FieldType::PhoneFax
            | FieldType::PhoneGsm
            | FieldType::ForeignKey
    );
    if is_plain { cell.is_empty() } else { words::trim(cell).is_empty() }
}

/// The stored text of a filled cell.
fn converted<'r>(field: &LinkedField, cell: Cow<'r, str>) -> Result<Cow<'r, str>, BadValue> {
    match field.field_type {
        FieldType::Email => {
            let cell = words::trimmed(cell);
            convert(FieldType::Email, &[], &cell).map(|_| cell)
        }
        // An option may begin with a blank.
        FieldType::Select => {
            let exact = convert(FieldType::Select, &field.options, &cell);
            let found =
                exact.or_else(|bad| convert(FieldType::Select, &field.options, words::trim(&cell)).map_err(|_| bad));
            found.map(Cow::Owned)
        }
        other if other.is_text() => Ok(cell),
        other => convert(other, &field.options, &cell).map(Cow::Owned),
    }
}

fn code(code: BadValueCode) -> ErrorCode {
    match code {
        BadValueCode::Number => ErrorCode::InvalidNumber,
        BadValueCode::Date => ErrorCode::InvalidDate,
        BadValueCode::Email => ErrorCode::InvalidEmail,
        BadValueCode::Option => ErrorCode::InvalidOption,
    }
}
