//! What all rows of an import of profiles share: the options, the pinned schema and the defaults of new records.

use std::collections::{BTreeMap, HashMap};

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde_json::Value;

use crate::id::{ImportId, OwnerId, RecordId, Row};
use crate::import::{Import, ProfileOptions};
use crate::profile_form::{FieldCell, PinnedField, ProfileRow};
use crate::profiles::planned::RowPlan;
use crate::records::Record;
use crate::records::record::Fields;
use crate::store::StoreError;
use crate::store::keys::RecordKind;
use crate::values::profile_value::{FieldType, default_of};

/// New values by the names of fields; `None` takes the value off.
pub type Values = BTreeMap<String, Option<Value>>;

/// What all rows of an import share.
pub struct Job<'i> {
    pub import: ImportId,
    pub options: &'i ProfileOptions,
    database: OwnerId,
    /// The time of the import, which every record that it makes has.
    at: i64,
    fields: HashMap<u64, JobField>,
    /// The defaults of a new profile.
    defaults: Fields,
    /// The defaults of a new subprofile, by collection.
    of_collections: BTreeMap<u64, Fields>,
    /// `true` if `ID` is a key field.
    pub finds_by_number: bool,
    /// `true` if a field of a collection is a key field.
    pub finds_subprofiles: bool,
}

/// A field of the database, or of a collection.
struct JobField {
    field_type: FieldType,
    collection: Option<u64>,
}

impl<'i> Job<'i> {
    /// The job of an import whose schema is pinned.
    pub fn of(import: &'i Import) -> Result<Self, StoreError> {
        let options = &import.options.profiles;
        let (Some(database), Some(schema)) = (options.database, &options.schema) else {
            return Err(StoreError::Shape(format!("import {} of profiles has no schema", import.id)));
        };
        // The schema is pinned with converted defaults, and a converted text stays as it is at any moment.
        let now = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
        let mut fields = HashMap::new();
        let mut add = |own: &[PinnedField], collection: Option<u64>| {
            let field = |field: &PinnedField| (field.id, JobField { field_type: field.field_type, collection });
            fields.extend(own.iter().map(field));
        };
        add(&schema.fields, None);
        schema.collections.iter().for_each(|collection| add(&collection.fields, Some(collection.id)));
        let of_collections = schema.collections.iter();
        let keys = || options.key_fields.iter().map(|name| name.trim());
        Ok(Self {
            import: import.id,
            options,
            database,
            at: import.created_at,
            fields,
            defaults: defaults(&schema.fields, &now),
            of_collections: of_collections.map(|own| (own.id, defaults(&own.fields, &now))).collect(),
            finds_by_number: keys().any(|name| name.eq_ignore_ascii_case("id")),
            finds_subprofiles: keys().any(|name| name.contains('.')),
        })
    }

    /// The values which a row gives to its profile, or to its subprofile, with those which the row takes over from earlier rows.
    pub fn values(&self, kind: RecordKind, row: &ProfileRow<'_>, plan: &RowPlan) -> Values {
        if kind == RecordKind::Subprofile {
            let own = row.subprofiles.first();
            return own.map(|own| self.texts(&own.cells, &plan.gathered, Some(own.collection))).unwrap_or_default();
        }
        let mut values = self.texts(&row.cells, &plan.gathered, None);
        let interest = |&(id, has): &(u64, bool)| (format!("i{id}"), has.then_some(Value::Bool(true)));
        values.extend(plan.gathered_interests.iter().chain(&row.interests).map(interest));
        values
    }

    fn texts(&self, cells: &[FieldCell<'_>], gathered: &[(u64, String)], collection: Option<u64>) -> Values {
        let is_own = |id: u64| self.fields.get(&id).is_some_and(|field| field.collection == collection);
        let gathered = gathered.iter().filter(|(field, _)| is_own(*field));
        let gathered = gathered.map(|(field, text)| (field.to_string(), self.value(*field, text)));
        let own = cells.iter().map(|cell| (cell.field.to_string(), self.value(cell.field, &cell.text)));
        gathered.chain(own).collect()
    }

    /// A text as stored, or `None` for the empty value of the field's type, which is not stored.
    fn value(&self, field: u64, text: &str) -> Option<Value> {
        let empty = self.fields.get(&field).map_or("", |field| field.field_type.empty());
        (text != empty).then(|| Value::String(text.to_owned()))
    }

    /// A new profile with the values of a row, and defaults in the other fields.
    pub fn new_profile(&self, row: Row, values: Values) -> Record {
        let id = RecordId::of(self.import, row);
        Record { owner: Some(self.database), ..Record::new(id, over(&self.defaults, values), self.at) }
    }

    /// A new subprofile with the values of a row, and defaults in the other fields.
    pub fn new_subprofile(&self, row: Row, parent: RecordId, collection: u64, values: Values) -> Record {
        let none = Fields::new();
        let defaults = self.of_collections.get(&collection).unwrap_or(&none);
        let (id, owner) = (RecordId::of(self.import, row), Some(OwnerId(collection)));
        Record { owner, parent: Some(parent), ..Record::new(id, over(defaults, values), self.at) }
    }
}

/// The defaults of the fields, without empty ones.
fn defaults(fields: &[PinnedField], now: &Zoned) -> Fields {
    let default = |field: &PinnedField| {
        let text = default_of(field.field_type, &field.value, now);
        (text != field.field_type.empty()).then(|| (field.id.to_string(), Value::String(text)))
    };
    fields.iter().filter_map(default).collect()
}

/// Values in place of the defaults.
fn over(defaults: &Fields, values: Values) -> Fields {
    let mut fields = defaults.clone();
    for (name, value) in values {
        match value {
            Some(value) => drop(fields.insert(name, value)),
            None => drop(fields.remove(&name)),
        }
    }
    fields
}
