//! Tests of linking columns to the schema, and of key fields.

use super::*;
use crate::table::{Form, StoredLayout};

#[test]
fn columns_are_found_without_regard_to_case_and_blanks_around_the_name_and_the_dot() {
    let options = keyed(ProfileAction::Add, &["Email"]);
    for header in [
        "Email,Name,interest.News,interest.Old Mail,Pets.Name,Pets.Age",
        " EMAIL ,name, Interest.NEWS,interest. old mail,Pets. Name,PETS .age",
        "\"email\",\" Name\",\"INTEREST.news\",interest.OLD MAIL,pets.name,pets . Age",
    ] {
        assert_eq!(
            read(format!("{header}\njo@example.com,Jo,yes,no,Rex,4\n"), &options),
            ["[11=jo@example.com] 11=jo@example.com | 12=Jo | i21=true | i22=false | 31: 41=Rex | 42=4"],
            "{header}"
        );
    }
}

#[test]
fn the_evidence_names_each_column_and_what_is_not_imported() {
    let file = "ID,Email,Shoe size,interest.Golf,Pets.Colour,Name\n7,jo@example.com,42,yes,red,Jo\n";
    assert_eq!(
        evidence(file, &adding()),
        [
            "encoding utf-8: all of it is plain ASCII",
            "delimiter ',': 6 columns in 1 of the first 1 rows",
            "each row is a profile: \"Email\" is the field \"Email\"; \"Name\" is the field \"Name\"",
            "not read: \"ID\"; ID is read as a key field alone",
            "columns without a field in the database are not imported: \"Shoe size\", \"interest.Golf\", \"Pets.Colour\"",
        ]
    );
    assert_eq!(
        evidence(file, &keyed(ProfileAction::Delete, &["id"]))[2..],
        [
            "each row is a profile: \"ID\" is the number of the profile, a key",
            "not read: \"Email\", \"Name\"; a deletion reads the columns of key fields alone",
            "columns without a field in the database are not imported: \"Shoe size\", \"interest.Golf\", \"Pets.Colour\"",
        ]
    );
    assert_eq!(read(file, &keyed(ProfileAction::Delete, &["id"])), ["[ID=7]"]);
}

#[test]
fn a_header_that_fits_no_field_is_refused_with_the_fields_there_are() {
    let why = refused("Mail,Shoe size\nx,42\n", &adding());
    assert_eq!(
        why,
        "no column is a field of the database: found \"Mail\", \"Shoe size\"; the database has \"Email\", \"Name\", \"Age\", \
         \"Born\", \"Size\", \"Seen\", \"Score\", \"Pets.Name\", \"Pets.Age\", \"Orders.Number\""
    );
    let nothing = ProfileReading::default();
    assert!(refused("Mail,Shoe size\nx,42\n", &nothing).ends_with("the database has no fields"));
    // The wrong delimiter leaves a single name, which is no field.
    let comma = ProfileReading { delimiter: Some(b','), ..adding() };
    assert!(refused("Email;Name\njo@example.com;Jo\n", &comma).starts_with("no column is a field"));
}

#[test]
fn two_columns_of_one_field_are_refused_by_their_places() {
    for (header, said) in [
        ("Email,Name,email", "columns 1 and 3, \"Email\" and \"email\", are both the field \"Email\": take one away"),
        ("Email,ID,id ", "columns 2 and 3, \"ID\" and \"id\", are both the number of the profile: take one away"),
        (
            "Email,interest.News,Interest. news",
            "columns 2 and 3, \"interest.News\" and \"Interest. news\", are both the interest \"News\": take one away",
        ),
        (
            "Email,Pets.Name,pets .NAME",
            "columns 2 and 3, \"Pets.Name\" and \"pets .NAME\", are both the field \"Name\" of the collection \"Pets\": take \
             one away",
        ),
    ] {
        assert_eq!(refused(format!("{header}\na@example.com,1,2\n"), &keyed(ProfileAction::Add, &["Email"])), said);
    }
    let keys = "[{\"Email\": \"a@example.com\", \"EMAIL\": \"b@example.com\"}]";
    assert!(refused(keys, &adding()).starts_with("columns 1 and 2"));
}

#[test]
fn a_key_field_is_in_the_schema_and_in_the_file() {
    let file = "Email,Name\njo@example.com,Jo\n";
    for (keys, said) in [
        (&["Emial"][..], "`key_fields` names \"Emial\", which is neither ID nor a field: the database has \"Email\","),
        (&["Pets.Colour"], "`key_fields` names \"Pets.Colour\", which is neither ID nor a field"),
        (&["interest.News"], "`key_fields` names \"interest.News\", and an interest cannot be a key"),
        (&["Email", "Age"], "`key_fields` names \"Age\", and the file has no such column; found \"Email\", \"Name\""),
        (&["id"], "`key_fields` names \"id\", and the file has no such column"),
        (&["Email", "Orders.Number"], "`key_fields` names \"Orders.Number\", and the file has no such column"),
    ] {
        let options = keyed(ProfileAction::UpdateOrAdd, keys);
        assert!(refused(file, &options).starts_with(said), "{}", refused(file, &options));
        let is_known = !said.contains("neither") && !said.contains("cannot");
        assert_eq!(options.check_keys().is_ok(), is_known, "{keys:?}");
    }
    let twice = keyed(ProfileAction::UpdateOrAdd, &["Name", "email", " EMAIL"]);
    assert_eq!(read(file, &twice), ["[12=jo, 11=jo@example.com] 11=jo@example.com | 12=Jo"]);
}

#[test]
fn columns_of_a_collection_need_the_keys_by_which_subprofiles_are_found() {
    use ProfileAction::{Add, Delete, IgnoreOrAdd, Update, UpdateOrAdd};
    let file = "Email,Pets.Name,Pets.Age\njo@example.com,Rex,4\n";
    let no_profile = "`key_fields` names no field of the database";
    let no_pet = "the file has columns of the collection \"Pets\", and `key_fields` names no field of that collection";
    for (action, keys, missing) in [
        (Add, &["Email"][..], &[][..]),
        (Add, &["Pets.Name"], &[no_profile]),
        (Add, &[], &[no_profile]),
        (Update, &["Email"], &[no_pet]),
        (UpdateOrAdd, &["Email"], &[no_pet]),
        (IgnoreOrAdd, &["Email"], &[no_pet]),
        (UpdateOrAdd, &[], &[no_profile, no_pet]),
        (UpdateOrAdd, &["Email", "Pets.Name"], &[]),
        (Delete, &["Email"], &[]),
    ] {
        let read = read_with(file, &keyed(action, keys));
        let said = read.as_ref().err().map(ToString::to_string).unwrap_or_default();
        assert_eq!(read.is_err(), !missing.is_empty(), "{action} {keys:?} {said}");
        assert!(missing.iter().all(|missing| said.contains(missing)), "{action} {keys:?} {said}");
    }
}

#[test]
fn hostile_headers_are_refused_or_read_by_their_names_alone() {
    let long = "x".repeat(40_000);
    for (header, is_read) in [
        ("Email,", true),
        (",,Email", true),
        ("Email,.,interest.,Pets.,.Name,Pets..Name", true),
        ("\u{feff}Email,Name", true),
        ("Email,\u{fdd1}n", true),
        ("Email", true),
        ("interest.News,Name", true),
        ("interest,News", false),
        (".", false),
        ("", false),
        (long.as_str(), false),
    ] {
        let read = read_with(
            format!("{header}\njo@example.com\n"),
            &ProfileReading { encoding: Some(crate::source::Encoding::Utf8), ..adding() },
        );
        assert_eq!(read.is_ok(), is_read, "{header:.40} {read:?}");
    }
    // A title stands above the header, and a list may have a single column.
    assert_eq!(
        read("Our list\n\nEmail,Name,Age,Score\njo@example.com,Jo,4,1\n", &adding()),
        ["11=jo@example.com | 12=Jo | 13=4 | 17=1"]
    );
    let delete = keyed(ProfileAction::Delete, &["Email"]);
    assert_eq!(read("Email\njo@example.com\n\nMO@example.com\n", &delete).len(), 2);
}

#[test]
fn the_header_of_a_sheet_is_found_by_the_same_names() {
    let columns = |header: &[&str]| Profiles::header_columns(&names(header), &adding());
    assert_eq!(columns(&["Shoe size", "email", "Pets. Name"]), Some([1, 2].into()));
    // The survey refuses a header with two columns of one field, by its reason.
    assert_eq!(columns(&["Email", "email"]), Some([0, 1].into()));
    assert_eq!(columns(&["Report", "March"]), None);
    assert_eq!(columns(&[]), None);
}

#[test]
fn a_stored_layout_has_a_version_and_another_version_is_refused() {
    let options = keyed(ProfileAction::UpdateOrAdd, &["Email", "Pets.Name"]);
    let file = table("Email,Size,Pets.Name\njo@example.com,small,Rex\n".as_bytes(), &options);
    let layout = survey(&file, &options, 10, 99).unwrap().layout;
    let stored = StoredLayout::of(&layout);
    assert_eq!(stored.decode::<Profiles>().unwrap(), layout);
    let mut value = serde_json::to_value(&stored).unwrap();
    assert_eq!(value["profile_form"], 1);
    assert_eq!(
        value["columns"][1]["target"],
        serde_json::json!({ "field": { "id": 15, "field_type": "select", "options": ["small", "large"] } })
    );
    value["profile_form"] = 2.into();
    let other: StoredLayout = serde_json::from_value(value).unwrap();
    let why = other.decode::<Profiles>().unwrap_err().to_string();
    assert!(why.contains("a layout of profiles has version 2, and this code reads version 1"), "{why}");
    // A layout of another form is no layout of profiles, and the reverse.
    assert!(stored.decode::<crate::contact_form::Contacts>().is_err());
    assert_eq!(layout.shown()["quote"], "double");
}
