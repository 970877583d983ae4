//! The fields of a record as people write them, with people as the last writers of the fields that change.

use std::collections::BTreeSet;

use super::Record;
use super::record::{Fields, Writer};

/// The record with other fields, written by people at the time `at` (milliseconds since the epoch), or `None` if every
/// field has its value already. Each field with another value gets people as its last writer, also if the field gets a
/// former value back.
pub fn changed(before: &Record, fields: Fields, at: i64) -> Option<Record> {
    let names = before.fields.keys().chain(fields.keys());
    let differs = |name: &&String| before.fields.get(*name) != fields.get(*name);
    let different: BTreeSet<&String> = names.filter(differs).collect();
    if different.is_empty() {
        return None;
    }
    let mut after = Record { version: before.version + 1, updated_at: at, ..before.clone() };
    for name in different {
        after.set(name, fields.get(name).cloned(), Writer::HAND);
    }
    Some(after)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::id::{ImportId, RecordId, Row};
    use crate::records::ancestry::Ancestry;
    use crate::records::restore::{Step, taken_back};

    fn fields<const N: usize>(fields: [(&str, Value); N]) -> Fields {
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    #[test]
    fn whoever_changes_a_field_is_its_last_writer_even_if_the_former_value_comes_back() {
        let first = fields([("name", json!("Ada")), ("title", json!("Baker"))]);
        let new = Record::new(RecordId::of(ImportId(3), Row(1)), first.clone(), 10);
        assert_eq!(changed(&new, first.clone(), 20), None);
        let mut undone = Ancestry::default();
        undone.add_standing(ImportId(3), true);
        assert_eq!(taken_back(&undone, &new), Ok(Step::Remove));

        let without_title = changed(&new, fields([("name", json!("Ada"))]), 20).expect("a change");
        let by_hand = BTreeMap::from([("title".to_owned(), Writer::HAND)]);
        assert_eq!((&without_title.writers, without_title.version, without_title.updated_at), (&by_hand, 2, 20));

        let back = changed(&without_title, first.clone(), 30).expect("a change");
        assert_eq!((&back.fields, &back.writers, back.version), (&first, &by_hand, 3));
        let kept = Record { orphan: true, version: 4, ..back.clone() };
        assert_eq!(taken_back(&undone, &back), Ok(Step::Put(Box::new(kept.clone()))));
        assert_eq!(taken_back(&undone, &kept), Ok(Step::Leave));
    }

    #[test]
    fn people_are_no_other_writers_of_a_record_made_by_hand() {
        let new = Record::new(RecordId(5), fields([("name", json!("Ada"))]), 10);
        let after = changed(&new, fields([("name", json!("Bea"))]), 20).expect("a change");
        assert_eq!((after.writers.len(), after.version), (0, 2));
    }
}
