//! Items as functions of an earlier deployment write them, read and written back.

use serde_json::{Value, json};

use super::*;
use crate::store::{Item, encode};
use crate::things::{UserRole, UserState};

const AT: i64 = 1_709_500_000_000;

/// The attributes that every item has, with the attributes in `more` in addition or instead.
fn attributes(kind: &str, more: Value) -> Value {
    let thing = json!({
        "id": 7, "kind": kind, "key": "meetings", "name": "Meetings", "refs": 2, "created_by": 5, "version": 1,
        "created_at": AT, "updated_at": AT, "billable": true,
    });
    with(thing, more)
}

fn with(mut attributes: Value, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("not attributes: {more}") };
    attributes.as_object_mut().expect("attributes").extend(more);
    attributes
}

/// The attributes of a mark or a sign, which are those of a nameless new thing.
fn blank(kind: &str, more: Value) -> Value {
    with(attributes(kind, json!({ "name": "", "refs": 0, "created_at": 0, "updated_at": 0 })), more)
}

fn item(kind: Kind, attributes: Value) -> Item {
    let key = keys::thing(AccountId(3), kind, ThingId(7));
    encode(&key, &attributes)
}

/// Reads an item, and asserts that writing the slot gives the same item.
#[track_caller]
fn read(kind: Kind, attributes: Value) -> Slot {
    let item = item(kind, attributes);
    let slot: Slot = decode(item.clone()).expect("a slot");
    assert_eq!(encode(&keys::thing(AccountId(3), kind, ThingId(7)), &slot), item);
    assert_eq!(slot.place(), (kind, ThingId(7)));
    slot
}

fn thing(body: Body) -> Thing {
    let new = Thing::new(Kind::Tag, ThingId(7), "meetings".to_owned(), "Meetings".to_owned(), ImportId(5), AT);
    Thing { body, refs: 2, ..new }
}

#[track_caller]
fn assert_is_thing(slot: Slot, thing: Thing) {
    assert_eq!(slot, Slot::Thing(Box::new(thing)));
}

#[test]
fn a_thing_of_each_kind_is_read_and_written_back() {
    let user = json!({ "email": "Robin@Example.com", "first_name": "Robin", "last_name": "Example" });
    let fields = UserFields {
        email: "Robin@Example.com".to_owned(),
        first_name: "Robin".to_owned(),
        last_name: "Example".to_owned(),
        ..UserFields::default()
    };
    assert_is_thing(read(Kind::User, attributes("user", json!({ "user": user }))), thing(Body::User(fields.clone())));
    let mut user = user;
    (user["role"], user["state"]) = (json!("coworker"), json!("disabled"));
    let fields = UserFields { role: UserRole::Coworker, state: UserState::Disabled, ..fields };
    assert_is_thing(read(Kind::User, attributes("user", json!({ "user": user }))), thing(Body::User(fields)));

    assert_is_thing(read(Kind::Client, attributes("client", json!({}))), thing(Body::Client));

    let project = json!({ "enabled": true, "stepping": 1, "color_hex": "#4b6ea8" });
    let stored = attributes("project", json!({ "project": project }));
    assert_is_thing(read(Kind::Project, stored), thing(Body::Project(ProjectFields::default())));
    let project =
        json!({ "client": 9, "enabled": false, "stepping": 15, "color_hex": "#000000", "budget_minutes": 600 });
    let fields = ProjectFields {
        billable: false,
        client: Some(ThingId(9)),
        enabled: false,
        stepping: 15,
        color_hex: "#000000".to_owned(),
        budget_minutes: Some(600),
    };
    let stored = attributes("project", json!({ "project": project, "billable": false }));
    assert_is_thing(read(Kind::Project, stored), thing(Body::Project(fields)));

    assert_is_thing(read(Kind::Tag, attributes("tag", json!({}))), thing(Body::Tag { billable: true }));
    let stored = attributes("tag", json!({ "billable": false, "merges": 1, "touched": 3, "displaced": true }));
    let tag = Thing { merges: 1, touched: 3, displaced: true, ..thing(Body::Tag { billable: false }) };
    assert_is_thing(read(Kind::Tag, stored), tag);
}

#[test]
fn renamed_and_retired_things_are_read_and_written_back() {
    let renamed = Thing { alias_at: Some(ThingId(8)), ..thing(Body::Client) };
    assert_is_thing(read(Kind::Client, attributes("client", json!({ "alias_at": 8 }))), renamed);

    let stored = attributes("tag", json!({ "key": "", "orphan": true, "retired": true, "version": 2 }));
    let tag = thing(Body::Tag { billable: true });
    let retired = Thing { key: String::new(), orphan: true, retired: true, version: 2, ..tag };
    assert_is_thing(read(Kind::Tag, stored), retired);
}

#[test]
fn marks_are_no_things() {
    let project = json!({ "enabled": true, "stepping": 1, "color_hex": "#4b6ea8" });
    let kinds = [
        (Kind::User, json!({})),
        (Kind::Client, json!({})),
        (Kind::Project, json!({ "project": project })),
        (Kind::Tag, json!({})),
    ];
    for (kind, fields) in kinds {
        let mark = blank(kind.name(), json!({ "key": "", "removed": true, "displaced": true }));
        let slot = read(kind, with(mark, fields));
        assert_eq!(slot, Slot::Mark { kind, id: ThingId(7), created_by: ImportId(5) });
        assert_eq!(slot.thing(), None);
    }
}

#[test]
fn signs_are_no_things() {
    for displaced in [false, true] {
        let mut stored = blank("tag", json!({ "created_by": 0, "alias_of": 9 }));
        if displaced {
            stored["displaced"] = json!(true);
        }
        let slot = read(Kind::Tag, stored);
        let (kind, id, to) = (Kind::Tag, ThingId(7), ThingId(9));
        assert_eq!(slot, Slot::Sign { kind, id, key: "meetings".to_owned(), to, displaced });
        assert_eq!(slot.thing(), None);
    }
}

#[test]
fn a_thing_with_the_fields_of_another_kind_is_refused() {
    let project = json!({ "enabled": true, "stepping": 1, "color_hex": "#4b6ea8" });
    for (kind, fields) in [
        (Kind::User, json!({})),
        (Kind::Project, json!({})),
        (Kind::Tag, json!({ "project": project })),
        (Kind::Client, json!({ "user": { "email": "" } })),
    ] {
        let refused = decode::<Slot>(item(kind, attributes(kind.name(), fields)));
        assert!(matches!(refused, Err(StoreError::Shape(_))), "{kind:?}: {refused:?}");
    }
}

#[test]
fn a_company_is_read_and_written_back() {
    let fields = CompanyFields::default();
    assert_is_thing(read(Kind::Company, attributes("company", json!({ "company": {} }))), thing(Body::Company(fields)));
    let company = json!({
        "description": "Grows apples", "due_days": 14, "default_currency": "EUR", "tag_list": ["vip"],
        "custom_fields": { "Region": "North" }, "archived_at": AT,
    });
    let fields = CompanyFields {
        description: Some("Grows apples".to_owned()),
        due_days: Some(14),
        default_currency: Some("EUR".to_owned()),
        tag_list: vec!["vip".to_owned()],
        custom_fields: json!({ "Region": "North" }).as_object().cloned(),
        archived_at: Some(AT),
    };
    let stored = attributes("company", json!({ "company": company }));
    assert_is_thing(read(Kind::Company, stored), thing(Body::Company(fields)));
}
