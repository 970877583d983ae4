//! Tests of the decisions on rows: a table over actions, matches and keys.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::decide::{Effect, RowWrites, decide};
use super::job::{Job, Values};
use crate::id::{OwnerId, RecordId, Row};
use crate::import::{Import, Options, ProfileOptions};
use crate::profile_form::{
    DeleteTarget, FieldCell, KeyValue, Matches, PinnedCollection, PinnedField, PinnedInterest, PinnedSchema,
    ProfileAction, ProfileRow, RowKey, SubprofileRow, UpdatePolicy,
};
use crate::profiles::planned::{Act, RowPlan};
use crate::store::keys::RecordKind;
use crate::values::profile_value::FieldType;

const NEW: RecordId = RecordId(7_000_000_003);

fn field(id: u64, name: &str, field_type: FieldType, value: &str) -> PinnedField {
    PinnedField { id, name: name.to_owned(), field_type, value: value.to_owned(), indexed: false }
}

fn schema() -> PinnedSchema {
    PinnedSchema {
        fields: vec![
            field(1, "Email", FieldType::Email, ""),
            field(2, "City", FieldType::Text, "Utrecht"),
            field(3, "Points", FieldType::Integer, "0"),
        ],
        interests: vec![PinnedInterest { id: 5, name: "news".to_owned() }],
        collections: vec![PinnedCollection {
            id: 9,
            name: "Pets".to_owned(),
            fields: vec![field(11, "Name", FieldType::Text, ""), field(12, "Kind", FieldType::Text, "cat")],
        }],
    }
}

/// An import whose item says nothing but what profiles need.
fn import(options: ProfileOptions) -> Import {
    let options = Options {
        profiles: ProfileOptions { database: Some(OwnerId(4)), schema: Some(schema()), ..options },
        ..Options::default()
    };
    serde_json::from_value(json!({
        "account": 1, "number": 7, "status": "processing", "type": "ProfileImport", "file_name": "a.csv", "user": 1,
        "options": options, "created_at": 100, "updated_at": 100, "rows_per_chunk": 10,
    }))
    .unwrap()
}

fn options(action: ProfileAction, key_fields: &[&str]) -> ProfileOptions {
    let key_fields = key_fields.iter().map(|&name| name.to_owned()).collect();
    ProfileOptions { action, key_fields, ..ProfileOptions::default() }
}

fn cell(field: u64, text: &'static str) -> FieldCell<'static> {
    FieldCell { field, text: Cow::Borrowed(text), is_empty: text.is_empty() }
}

fn key(field: u64, text: &'static str) -> RowKey<'static> {
    RowKey::Values(vec![KeyValue::Field { field, text: Cow::Borrowed(text) }])
}

/// A row of a profile with the e-mail address as key, no city, and an interest.
fn row() -> ProfileRow<'static> {
    ProfileRow {
        key: key(1, "ada@example.com"),
        cells: vec![cell(1, "Ada@example.com"), cell(2, "")],
        interests: vec![(5, true)],
        ..ProfileRow::default()
    }
}

fn with_pet() -> ProfileRow<'static> {
    let pet = SubprofileRow { collection: 9, key: key(11, "tom"), cells: vec![cell(11, "Tom")] };
    ProfileRow { subprofiles: vec![pet], ..row() }
}

fn found(profiles: &[u64], subprofiles: &[u64]) -> RowPlan {
    let ids = |ids: &[u64]| ids.iter().copied().map(RecordId).collect();
    RowPlan { profiles: ids(profiles), subprofiles: ids(subprofiles), ..RowPlan::default() }
}

fn decided(options: ProfileOptions, row: &ProfileRow<'_>, plan: &RowPlan) -> Result<RowWrites, String> {
    let import = import(options);
    let job = Job::of(&import).unwrap();
    decide(&job, Row(3), row, plan).map_err(|error| error.message)
}

fn values() -> Values {
    BTreeMap::from([
        ("1".to_owned(), Some(json!("Ada@example.com"))),
        ("2".to_owned(), None),
        ("i5".to_owned(), Some(Value::Bool(true))),
    ])
}

/// The effects in words.
fn told(effect: &Effect) -> String {
    match effect {
        Effect::Nothing => "-".to_owned(),
        Effect::Left(reason) => reason.code().to_owned(),
        Effect::Create => "create".to_owned(),
        Effect::Change { records, fills } => {
            format!(
                "{} {:?}",
                if *fills { "fill" } else { "change" },
                records.iter().map(|id| id.0).collect::<Vec<_>>()
            )
        }
        Effect::Delete(records) => format!("delete {:?}", records.iter().map(|id| id.0).collect::<Vec<_>>()),
    }
}

/// Profile, subprofile and parent in words, or the error.
fn both(options: ProfileOptions, row: &ProfileRow<'_>, plan: &RowPlan) -> String {
    match decided(options, row, plan) {
        Ok(writes) => {
            let child = match writes.subprofile {
                Effect::Create => format!(" under {}", writes.parent),
                _ => String::new(),
            };
            format!("{}, {}{child}", told(&writes.profile), told(&writes.subprofile))
        }
        Err(message) => message.split(':').next().unwrap().to_owned(),
    }
}

#[test]
fn a_row_with_a_match_and_a_row_without_follow_the_table_of_actions() {
    for (action, matched, unmatched) in [
        (ProfileAction::Add, "create, -", "create, -"),
        (ProfileAction::Update, "change [5], -", "no_match, -"),
        (ProfileAction::UpdateOrAdd, "change [5], -", "create, -"),
        (ProfileAction::IgnoreOrAdd, "match_kept, -", "create, -"),
        (ProfileAction::Delete, "delete [5], -", "no_match, -"),
    ] {
        let options = options(action, &["Email"]);
        assert_eq!(both(options.clone(), &row(), &found(&[5, 8], &[])), matched, "{action}");
        assert_eq!(both(options, &row(), &RowPlan::default()), unmatched, "{action}");
    }
}

#[test]
fn an_empty_key_matches_nothing() {
    let nothing = ProfileRow { key: RowKey::Nothing, ..row() };
    for (action, outcome) in [
        (ProfileAction::Add, "create, -"),
        (ProfileAction::Update, "key is empty"),
        (ProfileAction::UpdateOrAdd, "create, -"),
        (ProfileAction::IgnoreOrAdd, "create, -"),
        (ProfileAction::Delete, "key is empty"),
    ] {
        assert_eq!(both(options(action, &["Email"]), &nothing, &found(&[5], &[])), outcome, "{action}");
    }
}

#[test]
fn an_id_which_no_profile_has_cannot_be_chosen() {
    let row = ProfileRow { key: RowKey::Values(vec![KeyValue::Number(77)]), ..row() };
    for (action, outcome) in [
        (ProfileAction::Update, "no_match, -"),
        (ProfileAction::UpdateOrAdd, "ID cannot be chosen"),
        (ProfileAction::IgnoreOrAdd, "ID cannot be chosen"),
        (ProfileAction::Delete, "no_match, -"),
    ] {
        assert_eq!(both(options(action, &["ID"]), &row, &RowPlan::default()), outcome, "{action}");
    }
}

#[test]
fn of_several_matches_the_first_or_all_act_or_the_row_is_refused() {
    let update = |matches| ProfileOptions { matches, ..options(ProfileAction::Update, &["Email"]) };
    let plan = found(&[5, 8], &[]);
    assert_eq!(both(update(Matches::First), &row(), &plan), "change [5], -");
    assert_eq!(both(update(Matches::All), &row(), &plan), "change [5, 8], -");
    let refused = decided(update(Matches::Refuse), &row(), &plan).unwrap_err();
    assert_eq!(refused, "the key matches 2 records: 5, 8");
    assert_eq!(both(update(Matches::Refuse), &row(), &found(&[5], &[])), "change [5], -");
    let many: Vec<u64> = (1..=101).collect();
    assert!(decided(update(Matches::All), &row(), &found(&many, &[])).unwrap_err().contains("more than 100 records"));
}

#[test]
fn the_policy_says_what_an_update_does_to_a_match() {
    for (policy, outcome) in [
        (UpdatePolicy::Overwrite, "change [5], -"),
        (UpdatePolicy::FillEmpty, "fill [5], -"),
        (UpdatePolicy::Skip, "policy, -"),
    ] {
        let options = ProfileOptions { update_policy: policy, ..options(ProfileAction::UpdateOrAdd, &["Email"]) };
        assert_eq!(both(options.clone(), &row(), &found(&[5], &[])), outcome, "{policy}");
        assert_eq!(both(options, &row(), &RowPlan::default()), "create, -", "{policy}");
    }
}

#[test]
fn a_subprofile_follows_the_table_among_those_of_its_profile() {
    let keys = ["Email", "Pets.Name"];
    for (action, both_match, profile_matches, none) in [
        (
            ProfileAction::Add,
            "create, create under 7000000003",
            "create, create under 7000000003",
            "create, create under 7000000003",
        ),
        (ProfileAction::Update, "change [5], change [6]", "change [5], no_match", "no_match, -"),
        (
            ProfileAction::UpdateOrAdd,
            "change [5], change [6]",
            "change [5], create under 5",
            "create, create under 7000000003",
        ),
        (
            ProfileAction::IgnoreOrAdd,
            "match_kept, match_kept",
            "match_kept, create under 5",
            "create, create under 7000000003",
        ),
        (ProfileAction::Delete, "delete [5], -", "no_match, -", "no_match, -"),
    ] {
        let options = options(action, &keys);
        assert_eq!(both(options.clone(), &with_pet(), &found(&[5], &[6])), both_match, "{action}");
        assert_eq!(both(options.clone(), &with_pet(), &found(&[5], &[])), profile_matches, "{action}");
        assert_eq!(both(options, &with_pet(), &RowPlan::default()), none, "{action}");
    }
    let target = ProfileOptions { delete_target: DeleteTarget::Subprofile, ..options(ProfileAction::Delete, &keys) };
    assert_eq!(both(target.clone(), &with_pet(), &found(&[5], &[6])), "-, delete [6]");
    assert_eq!(both(target, &with_pet(), &found(&[5], &[])), "no_match, -");
}

#[test]
fn a_row_which_follows_writes_its_subprofile_under_the_profile_of_the_leader() {
    let follows = |plan: RowPlan| RowPlan { act: Act::Follows(Row(9)), ..plan };
    let or_add = options(ProfileAction::UpdateOrAdd, &["Email", "Pets.Name"]);
    assert_eq!(both(or_add.clone(), &with_pet(), &follows(found(&[5], &[]))), "-, create under 5");
    assert_eq!(both(or_add.clone(), &with_pet(), &follows(RowPlan::default())), "-, create under 7000000009");
    assert_eq!(both(or_add, &row(), &follows(RowPlan::default())), "-, -");
    let update = options(ProfileAction::Update, &["Email", "Pets.Name"]);
    assert_eq!(both(update, &with_pet(), &follows(RowPlan::default())), "no_match, -");
    let later = RowPlan { act: Act::YieldsTo(Row(9)), ..found(&[5], &[]) };
    assert_eq!(both(options(ProfileAction::Update, &["Email"]), &row(), &later), "same_key_later, -");
}

#[test]
fn empty_cells_take_values_off_and_new_profiles_have_defaults() {
    let update = decided(options(ProfileAction::Update, &["Email"]), &row(), &found(&[5], &[])).unwrap();
    assert_eq!(update.profile, Effect::Change { records: vec![RecordId(5)], fills: false });
    let import = import(options(ProfileAction::Add, &[]));
    let job = Job::of(&import).unwrap();
    assert_eq!(job.values(RecordKind::Profile, &row(), &RowPlan::default()), values());
    let made = job.new_profile(Row(3), values());
    assert_eq!((made.id, made.owner, made.created_at), (NEW, Some(OwnerId(4)), 100));
    assert_eq!(json!(made.fields), json!({ "1": "Ada@example.com", "i5": true }));
    let unsaid = job.new_profile(Row(3), Values::new());
    assert_eq!(json!(unsaid.fields), json!({ "2": "Utrecht" }));
    let pet = job.new_subprofile(Row(3), RecordId(5), 9, BTreeMap::from([("11".to_owned(), Some(json!("Tom")))]));
    assert_eq!((pet.owner, pet.parent), (Some(OwnerId(9)), Some(RecordId(5))));
    assert_eq!(json!(pet.fields), json!({ "11": "Tom", "12": "cat" }));
}

#[test]
fn a_row_takes_over_the_cells_of_earlier_rows_that_it_lacks() {
    let plan = RowPlan {
        gathered: vec![(3, "12".to_owned()), (12, "dog".to_owned())],
        gathered_interests: vec![(6, false)],
        ..found(&[5], &[6])
    };
    let import = import(options(ProfileAction::Update, &["Email", "Pets.Name"]));
    let job = Job::of(&import).unwrap();
    let [profile, pet] = [RecordKind::Profile, RecordKind::Subprofile].map(|kind| job.values(kind, &with_pet(), &plan));
    let taken = BTreeMap::from([("3".to_owned(), Some(json!("12"))), ("i6".to_owned(), None)]);
    assert_eq!(profile, values().into_iter().chain(taken).collect());
    let dog = [("11".to_owned(), Some(json!("Tom"))), ("12".to_owned(), Some(json!("dog")))];
    assert_eq!(pet, Values::from(dog));
}
