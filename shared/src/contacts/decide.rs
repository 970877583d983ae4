//! Decides on the change which a row wants of the person whom the row has found by the address. A pure function.
//!
//! | cell of the row | `overwrite` | `fill_empty` |
//! |---|---|---|
//! | absent or empty | nothing | nothing |
//! | first name, last name, title, company, labels | written | written if the person has no value |
//! | a column without a field | written beside the other custom fields | written if the person has no custom field of the name |
//! | the address, in whichever spelling | nothing | nothing |
//!
//! With `skip` the row wants nothing, and with any policy the person keeps the address, by which the row has found the person.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::Person;
use super::person::field;
use crate::contact_form::PersonRow;
use crate::id::ThingId;
use crate::profile_form::UpdatePolicy;
use crate::records::wanted::Wanted;

/// The change which a row wants of a person; `company` is the company to which the row moves the person, or `None` if the
/// person stays where the person is.
pub fn wanted(policy: UpdatePolicy, row: &PersonRow<'_>, company: Option<ThingId>) -> Wanted {
    let texts = [(field::FIRST_NAME, &row.first_name), (field::LAST_NAME, &row.last_name), (field::TITLE, &row.title)];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name, json!(text.as_deref()?))));
    let tags = (!row.tags.is_empty()).then(|| (field::TAG_LIST, json!(row.tags)));
    let company = company.map(|company| (field::COMPANY, json!(company)));
    let fields = texts.chain(tags).chain(company).map(|(name, value)| (name.to_owned(), Some(value)));
    let cells = row.custom_fields.iter().map(|(column, cell)| (column.clone().into_owned(), json!(cell)));
    let cells: Map<String, Value> = cells.collect();
    let members = (!cells.is_empty()).then(|| (field::CUSTOM_FIELDS.to_owned(), cells));
    Wanted::Change {
        fields: fields.collect(),
        members: members.into_iter().collect::<BTreeMap<_, _>>(),
        links: BTreeSet::new(),
        fills: policy == UpdatePolicy::FillEmpty,
    }
}

/// The name of the company to which a row wants to move a person who is in the company with the key `present`, or `None` if
/// the person stays.
pub fn new_company<'r>(
    policy: UpdatePolicy,
    row: &'r PersonRow<'_>,
    person: &Person,
    is_present: impl Fn(&str) -> bool,
) -> Option<&'r str> {
    let writes = match policy {
        UpdatePolicy::Overwrite => true,
        UpdatePolicy::FillEmpty => person.company.is_none(),
        UpdatePolicy::Skip => false,
    };
    row.company.as_deref().filter(|name| writes && !is_present(name))
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::id::{ImportId, RecordId, Row};
    use crate::records::image::Former;
    use crate::records::record::Writer;
    use crate::records::rules::no_terms;
    use crate::records::wanted::{Due, due};

    /// A person with all fields but a last name.
    fn robin() -> Person {
        Person {
            first_name: Some("Robin".to_owned()),
            email: Some("Robin@Example.com".to_owned()),
            title: Some("Gardener".to_owned()),
            company: Some(ThingId(10)),
            tag_list: vec!["vip".to_owned()],
            custom_fields: json!({ "Role": "Staff" }).as_object().cloned(),
            ..Person::default()
        }
    }

    fn row(cells: &[(&str, &'static str)]) -> PersonRow<'static> {
        let mut row = PersonRow { email: Some(Cow::Borrowed("ROBIN@example.com")), ..PersonRow::default() };
        for &(name, cell) in cells {
            let text = Some(Cow::Borrowed(cell));
            match name {
                "first_name" => row.first_name = text,
                "last_name" => row.last_name = text,
                "title" => row.title = text,
                "company" => row.company = text,
                "tags" => row.tags = cell.split(',').map(Cow::Borrowed).collect(),
                other => row.custom_fields.push((Cow::Owned(other.to_owned()), Cow::Borrowed(cell))),
            }
        }
        row
    }

    /// The fields of a person after a row, or `None` if the row changes nothing.
    fn after(policy: UpdatePolicy, person: &Person, row: &PersonRow<'_>, company: Option<ThingId>) -> Option<Person> {
        let record = person.record(RecordId::of(ImportId(3), Row(1)), 1);
        let wanted = wanted(policy, row, company);
        match due(Some(&record), &wanted, Writer::of(ImportId(7), Row(2)), &no_terms, 5) {
            Due::Write { after, former: Former::Changed { fields, .. } } => {
                let changed = |name: &String| after.fields.get(name) != record.fields.get(name);
                assert!(fields.keys().all(changed), "{fields:?}");
                Person::of(&after).ok()
            }
            Due::Unchanged => None,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_row_overwrites_the_fields_of_its_cells_and_leaves_the_others() {
        let overwrite = |cells: &[(&str, &'static str)], company: Option<u64>| {
            after(UpdatePolicy::Overwrite, &robin(), &row(cells), company.map(ThingId))
        };
        assert_eq!(overwrite(&[], None), None);
        assert_eq!(overwrite(&[("first_name", "Robin"), ("title", "Gardener"), ("tags", "vip")], None), None);
        assert_eq!(overwrite(&[("Role", "Staff")], Some(10)), None);
        let all = [("first_name", "Bob"), ("last_name", "Quay"), ("title", "Baker"), ("tags", "a,b"), ("Desk", "4")];
        let expected = Person {
            first_name: Some("Bob".to_owned()),
            last_name: Some("Quay".to_owned()),
            title: Some("Baker".to_owned()),
            company: Some(ThingId(20)),
            tag_list: vec!["a".to_owned(), "b".to_owned()],
            custom_fields: json!({ "Role": "Staff", "Desk": "4" }).as_object().cloned(),
            ..robin()
        };
        assert_eq!(overwrite(&all, Some(20)), Some(expected));
    }

    #[test]
    fn a_row_fills_fields_without_a_value_and_no_others() {
        let fill = |person: &Person, cells: &[(&str, &'static str)], company: Option<u64>| {
            after(UpdatePolicy::FillEmpty, person, &row(cells), company.map(ThingId))
        };
        let all =
            [("first_name", "Bob"), ("last_name", "Quay"), ("title", "Baker"), ("tags", "a,b"), ("Role", "Chair")];
        let expected = Person { last_name: Some("Quay".to_owned()), ..robin() };
        assert_eq!(fill(&robin(), &all, Some(20)), Some(expected));
        assert_eq!(fill(&robin(), &[("title", "Baker"), ("Role", "Chair")], None), None);
        let empty = Person { email: robin().email, ..Person::default() };
        let expected = Person { title: Some("Baker".to_owned()), company: Some(ThingId(20)), ..empty.clone() };
        assert_eq!(fill(&empty, &[("title", "Baker")], Some(20)), Some(expected));
    }

    #[test]
    fn a_person_moves_only_to_another_company() {
        let moves = |policy, person: &Person, company| {
            let row = row(&[("company", company)]);
            new_company(policy, &row, person, |name| name.eq_ignore_ascii_case("alder")).map(str::to_owned)
        };
        let alone = Person { company: None, ..robin() };
        assert_eq!(moves(UpdatePolicy::Overwrite, &robin(), "Birch"), Some("Birch".to_owned()));
        assert_eq!(moves(UpdatePolicy::Overwrite, &robin(), "ALDER"), None);
        assert_eq!(moves(UpdatePolicy::FillEmpty, &robin(), "Birch"), None);
        assert_eq!(moves(UpdatePolicy::FillEmpty, &alone, "Birch"), Some("Birch".to_owned()));
        assert_eq!(moves(UpdatePolicy::Skip, &alone, "Birch"), None);
        assert_eq!(new_company(UpdatePolicy::Overwrite, &row(&[]), &robin(), |_| false), None);
    }
}
