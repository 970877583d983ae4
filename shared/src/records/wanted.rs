//! The change or deletion of a record that a row of an import wants, and the write which is still due.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Record;
use super::image::Former;
use super::index::{Terms, is_indexed};
use super::record::{Gone, Writer};
use crate::id::ImportId;

/// The change which a row wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// Other values in some fields.
    Change {
        /// The fields with their new values; `None` takes the value off.
        fields: BTreeMap<String, Option<Value>>,
        /// Fields whose value is an object, with the members to be set in it. All other members stay.
        members: BTreeMap<String, Map<String, Value>>,
        /// Fields without a value, by which a subprofile that the row creates holds its profile: as long as the row
        /// stands, the profile stays when its maker is undone. See [`super::record::subprofiles_field`].
        links: BTreeSet<String>,
        /// `true` if only fields without a value are written, and only members which an object does not have.
        fills: bool,
    },
    /// The record deleted.
    Deletion,
    /// The record deleted, unless somebody, or an undo, wrote to the record at `since` or later, in milliseconds since the
    /// epoch.
    Removal { since: i64 },
}

/// The write which a row owes to a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Due {
    /// None: an earlier try of the row wrote to the record.
    Done,
    /// None: the record was removed, or is deleted.
    Gone,
    /// None: the record has the wanted values, or is to be left alone.
    Unchanged,
    /// The record in its next version, with the image to be stored before.
    Write {
        /// The state of the record before the write.
        former: Former,
        /// The record to be written if the version is still the one before.
        after: Box<Record>,
    },
}

/// Decides on the write that the row `me` owes to a record as read, at the time `at` (milliseconds since the epoch).
/// `terms` tells which values have index items.
///
/// A row writes to a record once. The record tells by `by` that the row has written, also if the answer to the write was
/// lost: imports which write to the same records take turns, and neither people nor undos touch `by`.
pub fn due(record: Option<&Record>, wanted: &Wanted, me: Writer, terms: Terms<'_>, at: i64) -> Due {
    let Some(record) = record else { return Due::Gone };
    let by = (me.import(), me.row());
    if record.by == Some(by) {
        return Due::Done;
    }
    if record.gone.is_some() {
        return Due::Gone;
    }
    if let Wanted::Removal { since } = wanted
        && record.written_at() >= *since
    {
        return Due::Unchanged;
    }
    let mut after = Record { version: record.version + 1, by: Some(by), updated_at: at, ..record.clone() };
    let former = match wanted {
        Wanted::Deletion | Wanted::Removal { .. } => {
            after.gone = Some(Gone { import: me.import(), row: me.row(), at });
            let indexed = record.fields.iter().filter(|(name, value)| is_indexed(terms, record.owner, name, value));
            Former::Deleted { indexed: indexed.map(|(name, _)| (name.clone(), record.written(name))).collect() }
        }
        Wanted::Change { fields, members, links, fills } => {
            let mut former = BTreeMap::new();
            let is_written = |name: &String| !*fills || !record.fields.contains_key(name);
            let changed =
                fields.iter().filter(|(name, value)| is_written(name) && record.fields.get(*name) != value.as_ref());
            let changed = changed.map(|(name, value)| (name, value.clone()));
            let joined = members.iter().map(|(name, new)| (name, joined(record.fields.get(name), new, *fills)));
            let joined = joined.filter(|(name, value)| record.fields.get(*name) != value.as_ref());
            // Nobody needs to hold a record which people hold, or which goes with the row itself.
            let is_held = |import: ImportId| import == ImportId::HAND || import == me.import();
            let links = links.iter().filter(|link| !is_held(record.maker()) && !is_held(record.writer(link).import()));
            for (name, value) in changed.chain(joined) {
                former.insert(name.clone(), record.written(name));
                after.set(name, value, me);
            }
            if former.is_empty() {
                // A link is no change that people see.
                after.updated_at = record.updated_at;
            }
            for link in links {
                former.insert(link.clone(), record.written(link));
                after.set(link, None, me);
            }
            if former.is_empty() {
                return Due::Unchanged;
            }
            let new = former.keys().filter_map(|name| Some((name.clone(), after.fields.get(name)?.clone())));
            let new = new.filter(|(name, value)| is_indexed(terms, record.owner, name, value)).collect();
            Former::Changed { fields: former, indexed: new }
        }
    };
    Due::Write { former, after: Box::new(after) }
}

/// The object with new members, of which only those that it does not have if `fills`. `None` for an object without
/// members.
fn joined(object: Option<&Value>, new: &Map<String, Value>, fills: bool) -> Option<Value> {
    let mut members = object.and_then(Value::as_object).cloned().unwrap_or_default();
    for (name, value) in new {
        if !fills || !members.contains_key(name) {
            members.insert(name.clone(), value.clone());
        }
    }
    (!members.is_empty()).then_some(Value::Object(members))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::id::{RecordId, Row};
    use crate::records::image::WrittenValue;
    use crate::records::rules::no_terms;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn members_of_an_object_are_set_beside_those_it_has() {
        let maker = ImportId(3);
        let custom = json!({ "Role": "Staff", "Since": "2019" });
        let fields = [("custom".to_owned(), custom.clone()), ("title".to_owned(), json!("Baker"))];
        let record = Record::new(RecordId::of(maker, Row(1)), fields.into_iter().collect(), 1);
        let me = Writer::of(ImportId(7), Row(2));
        let due = |members: Value, fills: bool| {
            let members = BTreeMap::from([("custom".to_owned(), object(members))]);
            let wanted = Wanted::Change { fields: BTreeMap::new(), members, links: BTreeSet::new(), fills };
            match due(Some(&record), &wanted, me, &no_terms, 5) {
                Due::Write { former: Former::Changed { fields, .. }, after } => {
                    let before = WrittenValue { value: Some(custom.clone()), writer: Writer::of(maker, Row(1)) };
                    assert_eq!(fields, BTreeMap::from([("custom".to_owned(), before)]));
                    assert_eq!(after.writer("custom"), me);
                    after.fields["custom"].clone()
                }
                other => json!(format!("{other:?}")),
            }
        };
        let new = json!({ "Role": "Chair", "Desk": "4" });
        assert_eq!(due(new.clone(), false), json!({ "Desk": "4", "Role": "Chair", "Since": "2019" }));
        assert_eq!(due(new, true), json!({ "Desk": "4", "Role": "Staff", "Since": "2019" }));
        assert_eq!(due(json!({ "Role": "Staff" }), false), json!("Unchanged"));
        assert_eq!(due(json!({ "Role": "Chair" }), true), json!("Unchanged"));
        assert_eq!(due(json!({}), false), json!("Unchanged"));
    }

    #[test]
    fn a_record_is_removed_as_missing_unless_somebody_or_an_undo_wrote_to_it_since() {
        let me = Writer::of(ImportId(9), Row(7));
        let removal = Wanted::Removal { since: 100 };
        let due = |record: &Record| due(Some(record), &removal, me, &|_| Default::default(), 200);
        let made = |at| Record::new(RecordId(5), [("17".to_owned(), json!("Ada"))].into(), at);
        let old = made(99);
        let Due::Write { former, after } = due(&old) else { panic!("the record stays") };
        assert_eq!(former, Former::Deleted { indexed: BTreeMap::new() });
        let gone = Gone { import: ImportId(9), row: Row(7), at: 200 };
        assert_eq!((after.gone, after.by, after.version), (Some(gone), Some((ImportId(9), Row(7))), 2));
        assert_eq!(due(&made(100)), Due::Unchanged);
        assert_eq!(due(&Record { updated_at: 100, ..old.clone() }), Due::Unchanged);
        assert_eq!(due(&Record { undone_at: Some(100), ..old.clone() }), Due::Unchanged);
        // The row has removed the record before, and its answer was lost.
        assert_eq!(due(&after), Due::Done);
        // Somebody else has.
        assert_eq!(due(&Record { by: None, ..*after }), Due::Gone);
    }
}
