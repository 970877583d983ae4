use serde_json::json;

use super::super::read::asked;
use super::super::wrong::Wrong;
use super::*;
use crate::import::ImportType;

fn profiles(fields: Value) -> Result<ProfileOptions, Wrong> {
    let fields = fields.as_object().unwrap().clone();
    asked(ImportType::Profiles, fields, Options::default()).map(|options| options.profiles)
}

fn wrong(fields: Value) -> Vec<String> {
    let wrong = profiles(fields).unwrap_err();
    wrong.into_iter().map(|(name, reasons)| format!("{name} {}", reasons[0])).collect()
}

#[test]
fn options_are_read_and_stored_as_a_flat_list() {
    let options = profiles(json!({
        "database": 5, "action": "update", "key_fields": ["Email", " Pets.Name "], "ignore_empty_fields": true,
        "invalid_values": "empty", "quote": "single", "matches": "all", "update_policy": "fill_empty",
    }))
    .unwrap();
    assert_eq!((options.database, options.action), (Some(OwnerId(5)), ProfileAction::Update));
    assert_eq!(options.key_fields, ["Email", "Pets.Name"]);
    assert_eq!((options.matches, options.update_policy), (Matches::All, UpdatePolicy::FillEmpty));
    let stored = Options { profiles: options, ..Options::default() };
    let read: Options = serde_json::from_value(serde_json::to_value(&stored).unwrap()).unwrap();
    assert_eq!(read, stored);
    // As texts, in the metadata of an object.
    let texts = json!({ "database": "5", "key_fields": "Email, Name", "ignore_empty_fields": "true" });
    let options = profiles(texts).unwrap();
    assert_eq!((options.database, options.key_fields.len()), (Some(OwnerId(5)), 2));
    assert_eq!(profiles(json!({ "database": 5, "key_fields": "[\"a,b\"]" })).unwrap().key_fields, ["a,b"]);
}

#[test]
fn rows_with_a_key_update_or_add_unless_an_action_is_named() {
    let action = |fields: Value| profiles(fields).unwrap().action;
    assert_eq!(action(json!({ "database": 5 })), ProfileAction::Add);
    assert_eq!(action(json!({ "database": 5, "key_fields": ["Email"] })), ProfileAction::UpdateOrAdd);
    assert_eq!(action(json!({ "database": 5, "key_fields": ["Email"], "action": "add" })), ProfileAction::Add);
}

#[test]
fn missing_records_are_a_tenth_at_most_unless_the_caller_names_another_share() {
    let share = |fields: Value| profiles(fields).unwrap().remove_missing_share;
    let keys = json!(["Email", "Pets.Name"]);
    assert_eq!(share(json!({ "database": 5, "key_fields": keys })), None);
    assert_eq!(share(json!({ "database": 5, "key_fields": keys, "remove_missing": true })), Some(0.1));
    let asked = |share: Value| json!({ "database": 5, "key_fields": keys, "remove_missing": "true", "remove_missing_share": share });
    assert_eq!(
        [json!("0.25"), json!(1), json!(0)].map(|given| share(asked(given))),
        [Some(0.25), Some(1.0), Some(0.0)]
    );
}

#[test]
fn options_which_do_not_fit_each_other_are_refused_by_name() {
    for (fields, reason) in [
        (json!({}), "database is needed"),
        (json!({ "database": "customers" }), "database must be the id"),
        (json!({ "database": 5, "action": "update" }), "key_fields is needed for action=update"),
        (json!({ "database": 5, "action": "upsert" }), "action \"upsert\" is none of add, update, update or add"),
        (json!({ "database": 5, "key_fields": 7 }), "key_fields must be a list"),
        (json!({ "database": 5, "delete_target": "subprofile" }), "delete_target belongs to action=delete"),
        (
            json!({ "database": 5, "action": "delete", "key_fields": ["a"], "delete_target": "subprofile" }),
            "key_fields names no field of a collection",
        ),
        (json!({ "database": 5, "update_policy": "skip" }), "update_policy belongs to"),
        (json!({ "database": 5, "matches": "all" }), "matches belongs to"),
        (json!({ "database": 5, "remove_missing": true }), "remove_missing needs key_fields"),
        (
            json!({ "database": 5, "remove_missing": true, "action": "delete", "key_fields": ["Email"] }),
            "remove_missing belongs to the actions",
        ),
        (
            json!({ "database": 5, "remove_missing": true, "key_fields": ["Pets.Name"] }),
            "remove_missing needs a key field of the database",
        ),
        (json!({ "database": 5, "remove_missing_share": 2 }), "remove_missing_share must be a number"),
        (json!({ "database": 5, "remove_missing_share": 0.5 }), "remove_missing_share belongs to remove_missing"),
        (json!({ "database": 5, "duplicates": "skip" }), "duplicates belongs to"),
        (json!({ "database": 5, "import_tags": true }), "import_tags belongs to an import of time entries"),
    ] {
        let wrong = wrong(fields.clone());
        assert!(wrong.iter().any(|wrong| wrong.starts_with(reason)), "{fields}: {wrong:?}");
    }
    for name in OF_PROFILES.into_iter().filter(|name| *name != "update_policy") {
        let fields = json!({ name: "x" }).as_object().unwrap().clone();
        let wrong = asked(ImportType::Contacts, fields, Options::default()).unwrap_err();
        assert!(wrong[name][0].starts_with("belongs to an import of profiles"), "{wrong:?}");
    }
}
