//! Tests of cells: values, errors, keys, JSON and sheets.

use super::books::{SheetCell, book};
use super::*;

#[test]
fn a_bad_value_is_an_error_of_its_row_or_an_empty_cell_which_the_row_names() {
    let file = "Email,Age,Born,Size,Seen,Score,interest.News\n\
                jo@example.com,4,2024-02-29,small,05-03-2024 14:00,1.50,yes\n\
                jo,four,2024-02-30,Small,yesterday,\"1,5\",maybe\n\
                mo@example.com,1.5,,,,,\n\
                al@example.com,,0000-00-00,,2024-01-01T08:00,,x\n";
    let faults = [
        "Email: \"jo\" is no e-mail address",
        "Age: \"four\" is no whole number",
        "Born: \"2024-02-30\" is no date like 2024-12-31, 2024/12/31, 31-12-2024 or 12/31/2024",
        "Size: \"Small\" is none of the field's options: \"small\", \"large\"",
        "Seen: \"yesterday\" is no date like 2024-12-31, 2024/12/31, 31-12-2024 or 12/31/2024",
        "Score: \"1,5\" is no number with a decimal point",
        "interest.News: \"maybe\" is neither yes nor no; accepted are yes, no, true, false, 1, 0, and the words for yes and no \
         in other languages",
    ];
    let good = "11=jo@example.com | 13=4 | 14=2024-02-29 | 15=small | 16=2024-03-05 14:00:00 | 17=1.5 | i21=true";
    let last = "11=al@example.com | 13=-0 | 14= | 15=- | 16=2024-01-01 08:00:00 | 17=-0 | i21=true";
    assert_eq!(
        read(file, &adding()),
        [
            good,
            &format!("line 3: invalid_email: {}", faults.join("; ")),
            "line 4: invalid_number: Age: \"1.5\" is no whole number",
            last
        ]
    );
    let lenient = ProfileReading { invalid_values: InvalidValues::Empty, ..adding() };
    let emptied = |fault: &&str| format!(" | emptied {fault}");
    assert_eq!(
        read(file, &lenient),
        [
            good,
            &format!(
                "11=- | 13=-0 | 14=- | 15=- | 16=-0000-00-00 00:00:00 | 17=-0{}",
                faults.iter().map(emptied).collect::<String>()
            ),
            &format!(
                "11=mo@example.com | 13=-0 | 14=- | 15=- | 16=-0000-00-00 00:00:00 | 17=-0 | i21=false | emptied {}",
                "Age: \"1.5\" is no whole number"
            ),
            last
        ]
    );
    // A row without a readable key would match nothing, and make a profile.
    let keyed = ProfileReading { key_fields: names(&["Email"]), ..lenient };
    assert!(read(file, &keyed)[1].starts_with("line 3: invalid_email: Email: \"jo\" is no e-mail address"));
}

#[test]
fn an_empty_cell_empties_the_field_or_leaves_the_field_alone() {
    let file = "Email,Name,Age,interest.News,Pets.Name\njo@example.com,,,,\n";
    let options = keyed(ProfileAction::Add, &["Email"]);
    assert_eq!(
        read(file, &options),
        ["[11=jo@example.com] 11=jo@example.com | 12=- | 13=-0 | i21=false | 31: blank 41=-"]
    );
    let ignoring = ProfileReading { ignore_empty: true, ..options };
    assert_eq!(read(file, &ignoring), ["[11=jo@example.com] 11=jo@example.com"]);
    // A cell which cannot be read counts as empty.
    let lenient = ProfileReading { invalid_values: InvalidValues::Empty, ..ignoring };
    assert_eq!(
        read("Email,Age\njo@example.com,x\n", &lenient),
        ["[11=jo@example.com] 11=jo@example.com | emptied Age: \"x\" is no whole number"]
    );
}

#[test]
fn keys_are_compared_without_case_and_blanks_and_an_empty_key_matches_nothing() {
    let options = keyed(ProfileAction::UpdateOrAdd, &["Email", "Age", "Pets.Name"]);
    let file = "Age,Email,Pets.Name\n\
                007,JO@Example.com,\" REX \"\n\
                ,mo@example.com,Rex\n\
                7,,\n\
                0,al@example.com,\"  \"\n";
    assert_eq!(
        read(file, &options),
        [
            "[11=jo@example.com, 13=7] 13=7 | 11=JO@Example.com | 31: [41=rex] 41= REX",
            "[nothing] 13=-0 | 11=mo@example.com | 31: [41=rex] 41=Rex",
            "[nothing] 13=7 | 11=- | 31: blank [nothing] 41=-",
            "[11=al@example.com, 13=0] 13=0 | 11=al@example.com | 31: [nothing] 41=",
        ]
    );
    let by_number = keyed(ProfileAction::Update, &["ID"]);
    assert_eq!(
        read("ID,Name\n 012 ,Jo\n,Mo\n-3,Al\n99999999999999999999,Bo\n", &by_number),
        [
            "[ID=12] 12=Jo",
            "[nothing] 12=Mo",
            "line 4: invalid_number: ID: \"-3\" is no ID, which has digits only",
            "line 5: invalid_number: ID: \"99999999999999999999\" is no ID, which has digits only",
        ]
    );
}

#[test]
fn objects_of_json_tell_absent_from_null_and_empty() {
    let file = "[{\"Email\": \"jo@example.com\", \"Name\": \"\", \"Age\": 4, \"interest.News\": true},\n\
                {\"Email\": \"mo@example.com\", \"Age\": null, \"Pets.Name\": \"Rex\"},\n\
                {\"Name\": \" 'Al' \", \"Score\": 1.50, \"interest.News\": \"no\"},\n\
                {\"Name\": {\"first\": \"Bo\"}},\n\
                {\"Name\": [1]},\n\
                5,\n\
                {\"Email\": \"\", \"Name\": null},\n\
                {\"Email\": \"a@example.com\", \"Email\": \"b@example.com\"}]";
    let options = keyed(ProfileAction::Add, &["Email"]);
    assert_eq!(
        read(file, &options),
        [
            "[11=jo@example.com] 11=jo@example.com | 12=- | 13=4 | i21=true",
            "[11=mo@example.com] 11=mo@example.com | 13=-0 | 31: 41=Rex",
            "[nothing] 12= 'Al'  | 17=1.5 | i21=false",
            "line 5: nested_value: Name: \"{\\\"first\\\": \\\"Bo\\\"}\" is an object or a list; a cell holds a single value",
            "line 6: nested_value: Name: \"[1]\" is an object or a list; a cell holds a single value",
            "line 7: not_an_object: 5 is no object",
            "line 8: missing: the object has no values",
            "line 9: duplicate_key: Email: \"\\\"b@example.com\\\"\" stands beside another value of the same key",
        ]
    );
    let ignoring = ProfileReading { ignore_empty: true, ..options };
    assert_eq!(
        read(file, &ignoring)[..2],
        [
            "[11=jo@example.com] 11=jo@example.com | 13=4 | i21=true",
            "[11=mo@example.com] 11=mo@example.com | 31: 41=Rex",
        ]
    );
    // A single key makes a table of a single column.
    assert_eq!(read("{\"Name\": \"'Jo'\"}\n{\"Name\": \"Mo\"}", &adding()), ["12='Jo'", "12=Mo"]);
}

#[test]
fn cells_of_a_sheet_are_read_as_they_are() {
    let text = |text: &str| SheetCell::Text(text.to_owned());
    let number = |number: f64| SheetCell::Number(number);
    let file = book(&[
        vec![text("Name"), text("age"), text("Score"), text("interest.News"), text("Other")],
        vec![text(" 'Jo', \"x\" "), number(4.0), number(1.25), text("yes"), text("a")],
        vec![text("Mo"), SheetCell::Empty, number(0.1), SheetCell::Empty, SheetCell::Empty],
        vec![text("Al"), number(4.5), SheetCell::Empty, text("no"), SheetCell::Empty],
    ]);
    assert_eq!(
        read(&file, &adding()),
        [
            "12= 'Jo', \"x\"  | 13=4 | 17=1.25 | i21=true",
            "12=Mo | 13=-0 | 17=0.1 | i21=false",
            "line 4: invalid_number: age: \"4.5\" is no whole number",
        ]
    );
    assert_eq!(
        evidence(&file, &adding())[..1],
        ["each row is a profile: \"Name\" is the field \"Name\"; \"age\" is the field \"Age\"; \
         \"Score\" is the field \"Score\"; \"interest.News\" is the interest \"News\""]
    );
}

#[test]
fn rows_of_the_wrong_length_are_errors_unless_their_file_leaves_empty_cells_out() {
    assert_eq!(
        read(
            "Email,Name,Age\njo@example.com,Jo,4\nmo@example.com,Mo,5,6\nal@example.com\nbo@example.com,Bo,1\nx@example.com,,\n",
            &adding()
        )[1..3],
        ["line 3: ragged: the row has 4 cells, the header 3", "line 4: ragged: the row has 1 cell, the header 3"]
    );
    assert_eq!(
        read("Email,Name,Age\njo@example.com,Jo\nmo@example.com\nal@example.com,Al,3\n", &adding()),
        ["11=jo@example.com | 12=Jo | 13=-0", "11=mo@example.com | 12=- | 13=-0", "11=al@example.com | 12=Al | 13=3",]
    );
    let long = format!("Name,Age\n{},1\nJo,2\n", "x".repeat(300_001));
    assert_eq!(
        read(long, &adding()),
        ["line 2: too_large: the text of the row is longer than 300000 bytes", "12=Jo | 13=2"]
    );
}
