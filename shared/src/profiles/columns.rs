//! The values of a record as people see them, by the fields of its table.

use std::collections::HashMap;

use jiff::Zoned;
use jiff::tz::TimeZone;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Owned;
use crate::id::PartId;
use crate::records::Record;
use crate::records::record::Fields;
use crate::schema::naming::compared;
use crate::schema::{Field, Interest, Schema};
use crate::store::keys::hex;
use crate::values::profile_value::{convert_by_hand, default_of, options_of};

/// The name of a secret that people chose, among the fields of a record.
pub const SECRET: &str = "secret";
/// The length of a secret that nobody chose, in hexadecimal digits.
const SECRET_LENGTH: usize = 28;

/// A field with everything that reading a value needs.
#[derive(Clone, Debug)]
pub struct Column {
    /// The field.
    pub field: Field,
    /// The name of the value in a record.
    key: String,
    /// The options of a select.
    options: Vec<String>,
}

/// The fields of a table, in the order of the schema, with the present moment in the account's zone.
#[derive(Clone, Debug)]
pub struct Columns {
    /// The fields.
    pub all: Vec<Column>,
    /// The place of each field by its name as compared.
    by_name: HashMap<String, usize>,
    /// The interests of profiles with their names in a record; empty for subprofiles.
    interests: Vec<(Interest, String)>,
    /// The present moment, for dates such as `yesterday`.
    now: Zoned,
}

impl Column {
    fn new(field: &Field) -> Self {
        Self { key: field.key(), options: options_of(&field.value), field: field.clone() }
    }

    /// The value of a record. A text that was stored while the field had another type is shown as the type of today.
    pub fn shown(&self, record: &Record, now: &Zoned) -> String {
        match record.fields.get(&self.key) {
            Some(Value::String(text)) => self.converted(text, now),
            _ => self.field.field_type.empty().to_owned(),
        }
    }

    /// A text as the field stores it.
    pub fn converted(&self, text: &str, now: &Zoned) -> String {
        convert_by_hand(self.field.field_type, &self.options, text, now)
    }

    /// Puts a converted value among the fields of a record; an empty one is taken out.
    fn put(&self, fields: &mut Fields, value: String) {
        match value == self.field.field_type.empty() {
            true => drop(fields.remove(&self.key)),
            false => drop(fields.insert(self.key.clone(), Value::String(value))),
        }
    }
}

impl Columns {
    /// The columns of a table.
    pub fn of(owned: Owned<'_>, now: Zoned) -> Self {
        let all: Vec<Column> = owned.fields().map(Column::new).collect();
        let by_name = all.iter().enumerate().map(|(at, column)| (compared(&column.field.name), at)).collect();
        let interests = match owned.collection {
            Some(_) => Vec::new(),
            None => owned.schema.interests.iter().map(|interest| (interest.clone(), interest.key())).collect(),
        };
        Self { all, by_name, interests, now }
    }

    /// The place among the columns of the field with a name, without regard to case.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.by_name.get(&compared(name)).copied()
    }

    /// The account's zone.
    pub fn zone(&self) -> TimeZone {
        self.now.time_zone().clone()
    }

    /// The value of a record in a column.
    pub fn shown(&self, column: &Column, record: &Record) -> String {
        column.shown(record, &self.now)
    }

    /// A text as the column's field stores it.
    pub fn converted(&self, column: &Column, text: &str) -> String {
        column.converted(text, &self.now)
    }

    /// The column of the field with an id.
    pub fn with_id(&self, id: PartId) -> Option<&Column> {
        self.all.iter().find(|column| column.field.id == id)
    }

    /// `true` if a record has an interest.
    pub fn has_interest(&self, id: PartId, record: &Record) -> bool {
        let known = self.interests.iter().find(|(interest, _)| interest.id == id);
        known.is_some_and(|(_, key)| record.fields.get(key) == Some(&Value::Bool(true)))
    }

    /// The interests of a record, by name.
    pub fn interests_of(&self, record: &Record) -> Vec<&str> {
        let has = |key: &String| record.fields.get(key) == Some(&Value::Bool(true));
        self.interests.iter().filter(|(_, key)| has(key)).map(|(interest, _)| interest.name.as_str()).collect()
    }

    /// The fields of a new record: the default of each field.
    pub fn defaults(&self) -> Fields {
        let mut fields = Fields::new();
        for column in &self.all {
            column.put(&mut fields, default_of(column.field.field_type, &column.field.value, &self.now));
        }
        fields
    }

    /// Puts given values among the fields of `record`. Names without a field are ignored, and of a name that is given twice
    /// the later value counts. A value that is shown already leaves the stored one alone.
    pub fn give(&self, record: &Record, given: &[(String, String)], fields: &mut Fields) {
        let mut last: HashMap<usize, &str> = HashMap::new();
        for (name, text) in given {
            if let Some(&at) = self.by_name.get(&compared(name)) {
                last.insert(at, text);
            }
        }
        for (at, text) in last {
            let column = &self.all[at];
            let value = column.converted(text, &self.now);
            if value != column.shown(record, &self.now) {
                column.put(fields, value);
            }
        }
    }

    /// Gives or takes interests by name. Names without an interest are ignored.
    pub fn interest(&self, given: &[(String, bool)], fields: &mut Fields) {
        for (name, is_set) in given {
            let name = compared(name);
            let Some((_, key)) = self.interests.iter().find(|(interest, _)| compared(&interest.name) == name) else {
                continue;
            };
            match is_set {
                true => drop(fields.insert(key.clone(), Value::Bool(true))),
                false => drop(fields.remove(key)),
            }
        }
    }

    /// Takes every interest of the schema.
    pub fn take_interests(&self, fields: &mut Fields) {
        self.interests.iter().for_each(|(_, key)| drop(fields.remove(key)));
    }
}

/// The secret of a record: the one that people chose, else the first digits of a hash of the database's salt and the id.
pub fn secret(schema: &Schema, record: &Record) -> String {
    if let Some(Value::String(chosen)) = record.fields.get(SECRET) {
        return chosen.clone();
    }
    let mut hash = Sha256::new();
    hash.update(schema.database.salt.as_bytes());
    hash.update(record.id.to_string().as_bytes());
    let mut digits = hex(&hash.finalize());
    digits.truncate(SECRET_LENGTH);
    digits
}
