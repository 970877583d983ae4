//! `import_data`, the rows which the Productive door takes: a JSON text with an object of arrays, `company` and
//! `person`.
//!
//! ```json
//! {"company": [{"name": "Quay"}], "person": [{"Company": "Quay", "First Name": "Jo", "Email": "jo@example.com"}]}
//! ```
//!
//! 1. [`ImportData::read`] reads the text. The names of columns are compared loosely: trimmed, in lower case, with runs
//!    of blanks, hyphens and underscores as an underscore. Numbers and booleans are their text, and `null` is empty.
//! 2. [`ImportData::check`] finds every fault of every row, by the rules of [`super::check`] and by what the account has
//!    ([`Standing`]). A company that stands is used as it is, and so is a company which a file names twice. Of two people
//!    with an address the first is right.
//! 3. [`ImportData::to_csv`] writes the rows as a table of ours, companies first, which an import then reads like any
//!    file. [`ImportData::place`] tells which row of which model a row of that table is.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::check::{self, Rules, Wrong, humanized};
use super::columns::OURS;
use super::field::ContactField;
use super::options::ContactReading;
use super::row::PersonRow;
use crate::source::Encoding;
use crate::values::compared::{normal, normal_email};
use crate::values::words;
use crate::wire::wire_words;

wire_words! {
    /// A model of `import_data`.
    #[derive(PartialOrd, Ord)]
    Model {
        Company = "company",
        Person = "person",
    }
}

impl Model {
    /// The columns of the model with their fields, in the order in which faults are told.
    fn columns(self) -> &'static [(&'static str, ContactField)] {
        match self {
            Self::Company => &[("name", ContactField::Company)],
            Self::Person => &[
                ("company", ContactField::Company),
                ("first_name", ContactField::FirstName),
                ("last_name", ContactField::LastName),
                ("email", ContactField::Email),
                ("title", ContactField::Title),
            ],
        }
    }

    fn column_of(self, field: ContactField) -> &'static str {
        self.columns().iter().find(|(_, other)| *other == field).map_or("", |(column, _)| column)
    }
}

/// The reason why a text is no `import_data` at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoImportData {
    /// Nothing but blanks is written.
    #[error("can't be blank")]
    Blank,
    /// The text is no JSON object of arrays of objects, or names a model twice.
    #[error("is invalid")]
    Invalid,
    #[error("has an unknown model {0:?}: known are company and person")]
    UnknownModel(String),
}

/// The rows of `import_data`. A model is `None` if it was not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportData {
    companies: Option<Vec<DataRow>>,
    people: Option<Vec<DataRow>>,
}

/// A row as sent: the filled cells by field, and the columns which are wrong by themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct DataRow {
    cells: BTreeMap<ContactField, String>,
    /// Columns which no model has, which are given twice, or whose value is an object or a list, with the messages.
    wrong: Vec<(String, String)>,
}

/// The companies and addresses which the account has, as far as [`ImportData::companies`] and [`ImportData::emails`]
/// ask for these.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Normalised names of companies.
    pub companies: HashSet<String>,
    /// Normalised addresses of people and of users.
    pub emails: HashSet<String>,
}

/// The faults of all rows by model; a model is `None` if it was not sent, and empty if all of its rows are right.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DataFaults {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<Vec<DataFault>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<Vec<DataFault>>,
}

impl DataFaults {
    /// True if no row has a fault.
    pub fn is_empty(&self) -> bool {
        [&self.company, &self.person].into_iter().flatten().all(Vec::is_empty)
    }
}

/// The faults of a column in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DataFault {
    /// The number of the row within its model, from 1.
    pub row: u64,
    /// The column, for example `first_name`.
    pub column: String,
    /// Sentences for people, for example `First name can't be blank`.
    pub messages: Vec<String>,
}

/// The members of a JSON object in their order, also those of the same name.
struct Members<V>(Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Members<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct All<V>(std::marker::PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for All<V> {
            type Value = Members<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<V>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(All(std::marker::PhantomData))
    }
}

impl ImportData {
    /// Reads the text of `import_data`.
    ///
    /// # Errors
    /// The reason why the text has no rows. Faults of rows are no errors here ([`ImportData::check`]).
    pub fn read(text: &str) -> Result<Self, NoImportData> {
        if text.trim().is_empty() {
            return Err(NoImportData::Blank);
        }
        let Members(models) = serde_json::from_str::<Members<Value>>(text).map_err(|_| NoImportData::Invalid)?;
        let mut data = Self::default();
        for (name, rows) in models {
            let (model, slot) = match name.as_str() {
                "company" => (Model::Company, &mut data.companies),
                "person" => (Model::Person, &mut data.people),
                _ => return Err(NoImportData::UnknownModel(name)),
            };
            let rows: Vec<Members<Value>> = serde_json::from_value(rows).map_err(|_| NoImportData::Invalid)?;
            let rows = rows.into_iter().map(|row| DataRow::of(model, row)).collect();
            if slot.replace(rows).is_some() {
                return Err(NoImportData::Invalid);
            }
        }
        Ok(data)
    }

    /// The number of rows over both models.
    pub fn rows(&self) -> usize {
        self.of(Model::Company).len() + self.of(Model::Person).len()
    }

    fn of(&self, model: Model) -> &[DataRow] {
        let rows = match model {
            Model::Company => &self.companies,
            Model::Person => &self.people,
        };
        rows.as_deref().unwrap_or_default()
    }

    /// The normalised names of companies which people have and no row makes, so the account must have these.
    pub fn companies(&self) -> BTreeSet<String> {
        let made = self.made();
        let named = self.of(Model::Person).iter().filter_map(|row| row.cells.get(&ContactField::Company));
        named.map(|name| normal(name)).filter(|name| !made.contains(name)).collect()
    }

    /// The normalised addresses of people, of which the account must have none.
    pub fn emails(&self) -> BTreeSet<String> {
        let emails = self.of(Model::Person).iter().filter_map(|row| row.cells.get(&ContactField::Email));
        emails.map(|email| normal_email(email)).collect()
    }

    /// The normalised names of companies which have rows.
    fn made(&self) -> HashSet<String> {
        self.of(Model::Company)
            .iter()
            .filter_map(|row| row.cells.get(&ContactField::Company))
            .map(|name| normal(name))
            .collect()
    }

    /// Finds the faults of all rows, by row and then by column.
    pub fn check(&self, standing: &Standing) -> DataFaults {
        let made = self.made();
        let company = |(at, row): (usize, &DataRow)| {
            let name = row.cells.get(&ContactField::Company).map(String::as_str).unwrap_or_default();
            let faults = check::company(name).map(|wrong| (ContactField::Company, wrong));
            row.faults(Model::Company, at, faults.into_iter().collect())
        };
        let mut seen = HashSet::new();
        let person = |(at, row): (usize, &DataRow)| {
            let mut faults = check::person(&row.person(), Rules::ImportData);
            let is_right = |faults: &[(ContactField, Wrong)], field| faults.iter().all(|(other, _)| *other != field);
            if let Some(name) =
                row.cells.get(&ContactField::Company).filter(|_| is_right(&faults, ContactField::Company))
            {
                let name = normal(name);
                if !made.contains(&name) && !standing.companies.contains(&name) {
                    faults.push((ContactField::Company, Wrong::MustExist));
                }
            }
            if let Some(email) = row.cells.get(&ContactField::Email).filter(|_| is_right(&faults, ContactField::Email))
            {
                let email = normal_email(email);
                if standing.emails.contains(&email) || seen.contains(&email) {
                    faults.push((ContactField::Email, Wrong::Taken));
                }
                seen.insert(email);
            }
            faults.sort_by_key(|(field, _)| *field);
            row.faults(Model::Person, at, faults)
        };
        let companies = self.companies.as_ref().map(|rows| rows.iter().enumerate().flat_map(company).collect());
        let people = self.people.as_ref().map(|rows| rows.iter().enumerate().flat_map(person).collect());
        DataFaults { company: companies, person: people }
    }

    /// The rows as a table in UTF-8 with commas, companies first; an import with [`reading`] reads the rows back.
    pub fn to_csv(&self) -> Vec<u8> {
        let mut table = OURS.join(",");
        table.push('\n');
        for model in [Model::Company, Model::Person] {
            for row in self.of(model) {
                table.push_str(model.name());
                for field in FIELDS {
                    table.push(',');
                    push_cell(&mut table, row.cells.get(&field).map(String::as_str).unwrap_or_default());
                }
                table.push('\n');
            }
        }
        table.into_bytes()
    }

    /// Reads the rows back from a table of [`to_csv`](Self::to_csv). A model without a row counts as not sent.
    ///
    /// `None` for a table of another origin.
    pub fn of_csv(table: &[u8]) -> Option<Self> {
        let mut lines = std::str::from_utf8(table).ok()?.lines();
        if lines.next()? != OURS.join(",") {
            return None;
        }
        let mut data = Self::default();
        for line in lines {
            let mut cells = cells_of(line).into_iter();
            let (slot, fields): (_, &[ContactField]) = match cells.next()?.as_str() {
                "company" => (&mut data.companies, &FIELDS[..1]),
                "person" => (&mut data.people, &FIELDS),
                _ => return None,
            };
            let filled = fields.iter().copied().zip(cells).filter(|(_, cell)| !cell.is_empty());
            slot.get_or_insert_default().push(DataRow { cells: filled.collect(), wrong: Vec::new() });
        }
        Some(data)
    }

    /// The model, and the number of the row within the model, of a data row of the table; both count from 1.
    pub fn place(&self, row: u64) -> (Model, u64) {
        place(self.of(Model::Company).len() as u64, row)
    }
}

/// The model, and the number of the row within the model, of a data row of a table which begins with `companies` rows of
/// companies; rows count from 1.
pub fn place(companies: u64, row: u64) -> (Model, u64) {
    if row <= companies { (Model::Company, row) } else { (Model::Person, row - companies) }
}

/// The options by which an import reads the table of [`ImportData::to_csv`].
pub fn reading() -> ContactReading {
    ContactReading {
        encoding: Some(Encoding::Utf8),
        delimiter: Some(b','),
        rules: Rules::ImportData,
        ..ContactReading::default()
    }
}

/// The fields of a row of the table, behind the model.
const FIELDS: [ContactField; 5] =
    [ContactField::Company, ContactField::FirstName, ContactField::LastName, ContactField::Email, ContactField::Title];

/// The cells of a line of the table.
fn cells_of(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut is_quoted) = (Vec::new(), String::new(), false);
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => cell.extend(letters.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => cells.push(std::mem::take(&mut cell)),
            letter => cell.push(letter),
        }
    }
    cells.push(cell);
    cells
}

/// Appends a cell, in quotes if the cell has a quote or a comma. A cell has no line break.
fn push_cell(table: &mut String, cell: &str) {
    if cell.contains([',', '"']) {
        table.push('"');
        table.push_str(&cell.replace('"', "\"\""));
        table.push('"');
    } else {
        table.push_str(cell);
    }
}

/// The form in which the names of columns are compared.
fn loose(name: &str) -> String {
    let is_gap = |letter: char| letter.is_whitespace() || matches!(letter, '-' | '_');
    let words: Vec<&str> = name.trim().split(is_gap).filter(|word| !word.is_empty()).collect();
    words.join("_").to_lowercase()
}

impl DataRow {
    fn of(model: Model, Members(members): Members<Value>) -> Self {
        let mut row = Self::default();
        let mut seen = HashSet::new();
        for (name, value) in members {
            let column = loose(&name);
            let field = model.columns().iter().find(|(known, _)| *known == column).map(|(_, field)| *field);
            let text = match value {
                Value::Null => String::new(),
                Value::String(text) => text,
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                Value::Array(_) | Value::Object(_) => {
                    row.wrong.push((column.clone(), format!("{} {}", humanized(&column), Wrong::Invalid.message())));
                    String::new()
                }
            };
            match field {
                None => row.wrong.push((column.clone(), format!("{} is not a column of {model}", humanized(&column)))),
                Some(_) if seen.contains(&column) => {
                    row.wrong.push((column.clone(), format!("{} is given twice", humanized(&column))));
                }
                Some(field) => {
                    let text = words::collapsed(words::trimmed(text.into())).into_owned();
                    if !text.is_empty() {
                        row.cells.insert(field, text);
                    }
                }
            }
            seen.insert(column);
        }
        row
    }

    /// The row as the form reads the row.
    fn person(&self) -> PersonRow<'_> {
        let cell = |field| self.cells.get(&field).map(|text| text.as_str().into());
        PersonRow {
            company: cell(ContactField::Company),
            first_name: cell(ContactField::FirstName),
            last_name: cell(ContactField::LastName),
            email: cell(ContactField::Email),
            title: cell(ContactField::Title),
            ..PersonRow::default()
        }
    }

    /// The faults of the row, which is the row number `at` from 0: those of known columns first, by column.
    fn faults(&self, model: Model, at: usize, faults: Vec<(ContactField, Wrong)>) -> Vec<DataFault> {
        let row = at as u64 + 1;
        let mut told: Vec<DataFault> = Vec::new();
        let mut tell = |column: &str, message: String| match told.iter_mut().find(|fault| fault.column == column) {
            Some(fault) => fault.messages.push(message),
            None => told.push(DataFault { row, column: column.to_owned(), messages: vec![message] }),
        };
        for (field, wrong) in faults {
            // A value which is no text is one fault, not a missing value as well.
            let column = model.column_of(field);
            if wrong != Wrong::Blank || self.wrong.iter().all(|(other, _)| other != column) {
                tell(column, format!("{} {}", humanized(column), wrong.message()));
            }
        }
        for (column, message) in &self.wrong {
            tell(column, message.clone());
        }
        let place = |column: &str| model.columns().iter().position(|(known, _)| *known == column);
        told.sort_by_key(|fault| place(&fault.column).unwrap_or(usize::MAX));
        told
    }
}
