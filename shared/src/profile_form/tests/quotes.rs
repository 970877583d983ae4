//! Tests of cells in apostrophes, and of blanks around cells.

use super::*;
use crate::contact_form::{ContactReading, Contacts};
use crate::format::{ReadingOptions, TimeEntries};
use crate::source::QuoteMark;
use crate::table::{Form, Survey};

fn by(quote: QuoteMark) -> ProfileReading {
    ProfileReading { quote: Some(quote), ..keyed(ProfileAction::Add, &["Name"]) }
}

#[test]
fn the_vendors_own_sample_is_read() {
    // A header which is quoted in part, blanks behind commas, apostrophes behind backslashes.
    let file = "'Name', Email, Age, Pets. Name\n\
                'Jo, the first', jo@example.com, 4, Rex\n\
                '\\'s Brook', mo@example.com, 5, \\'t Cat\n\
                'O'Brook', al@example.com , 6,\n";
    let options = keyed(ProfileAction::Add, &["Email"]);
    assert_eq!(
        read(file, &options),
        [
            "[11=jo@example.com] 12=Jo, the first | 11=jo@example.com | 13=4 | 31: 41=Rex",
            "[11=mo@example.com] 12='s Brook | 11=mo@example.com | 13=5 | 31: 41='t Cat",
            "[11=al@example.com] 12=O'Brook | 11=al@example.com | 13=6 | 31: blank 41=-",
        ]
    );
    assert_eq!(
        evidence(file, &options)[3..],
        [
            "cells stand in apostrophes: 3 of 11 filled cells; \"Jo, the first\" on line 2 would be cut by any other reading"
        ]
    );
}

#[test]
fn apostrophes_are_quotes_where_nine_in_ten_cells_or_a_column_have_them_and_something_proves_it() {
    let options = adding();
    // The names of the columns prove it, or a cell with a delimiter or a line break.
    for (file, rows) in [
        ("'Email','Name'\n'jo@example.com','Jo'\n", &["11=jo@example.com | 12=Jo"][..]),
        ("Name;Age\n'Jo; x';1\n'';2\n", &["12=Jo; x | 13=1", "12=- | 13=2"]),
        ("Name\tAge\n'Jo\nBrook'\t'1'\n", &["12=Jo\nBrook | 13=1"]),
        ("Name,Age\n'a, \"b\"',1\n 'it''s' ,2\n", &["12=a, \"b\" | 13=1", "12=it's | 13=2"]),
        (
            "Name,Email\n'\"x\"','a@example.com'\n'y, z','b@example.com'",
            &["12=\"x\" | 11=a@example.com", "12=y, z | 11=b@example.com"],
        ),
    ] {
        assert_eq!(read(file, &options), rows, "{file}");
    }
    let said = evidence("'Email','Name'\n'jo@example.com','Jo'\n", &options);
    assert_eq!(said.last().unwrap(), "cells stand in apostrophes: 2 of 2 filled cells; so do names of columns");
}

#[test]
fn a_file_that_can_be_read_both_ways_is_refused_with_both_readings_until_the_caller_says() {
    let file = "Name,Age\n'Jo',1\n'Mo',2\n";
    assert_eq!(
        refused(file, &adding()),
        "2 of 4 filled cells stand in apostrophes, and nothing else tells whether these are quotes or letters: on line 2, \
         `quote=single` reads \"Jo\" and `quote=double` reads \"'Jo'\""
    );
    assert_eq!(read(file, &by(QuoteMark::Single)), ["[12=jo] 12=Jo | 13=1", "[12=mo] 12=Mo | 13=2"]);
    assert_eq!(read(file, &by(QuoteMark::Double)), ["[12='jo'] 12='Jo' | 13=1", "[12='mo'] 12='Mo' | 13=2"]);
    assert_eq!(evidence(file, &by(QuoteMark::Single)).last().unwrap(), "cells stand in apostrophes, as `quote` says");
}

#[test]
fn the_whole_file_decides_and_not_its_first_rows() {
    // The head has apostrophes, and the rest has none.
    let mut file = "Name,Age\n".to_owned();
    (0..2_000).for_each(|row| file.push_str(&format!("'Jo, {row}',{row}\n")));
    let head = file.clone();
    assert_eq!(read(&head, &adding()).len(), 2_000);
    (0..9_000).for_each(|row| file.push_str(&format!("Mo,{row}\n")));
    assert_eq!(
        refused(&file, &adding()),
        "the first rows have their cells in apostrophes, and the whole file has not: 2000 of 22000 filled cells: on line 2, \
         `quote=single` reads \"Jo, 0\" and `quote=double` reads \"'Jo, 0'\""
    );
    // The head has none, and the rest has.
    let mut file = "Name,Email\n".to_owned();
    (0..1_000).for_each(|row| file.push_str(&format!("Mo the {row}th of a long line,mo@example.com\n")));
    (0..40_000).for_each(|_| file.push_str("'Jo','jo@example.com'\n"));
    let why = refused(&file, &adding());
    assert!(
        why.starts_with("the cells are read by `\"`, and 80000 of 82000 filled cells stand in apostrophes"),
        "{why}"
    );
}

#[test]
fn names_with_apostrophes_are_no_quotes() {
    let file = "Name,Size\n's Brook,small\nO'Brook,'t large'\n\"'Jo'\",\n\"it's, so\",small\n\\'x,small\n";
    let options = ProfileReading { invalid_values: InvalidValues::Empty, ..adding() };
    assert_eq!(
        read(file, &options),
        [
            "12='s Brook | 15=small",
            "12=O'Brook | 15=- | emptied Size: \"'t large'\" is none of the field's options: \"small\", \"large\"",
            "12='Jo' | 15=-",
            "12=it's, so | 15=small",
            "12=\\'x | 15=small",
        ]
    );
}

#[test]
fn two_names_that_begin_and_end_with_an_apostrophe_are_no_cell() {
    let why = refused("Name,Size\n's Brook,small\nJans',large\n", &adding());
    assert!(why.contains("nothing else tells whether these are quotes or letters"), "{why}");
    assert_eq!(
        read("Name,Size\n's Brook,small\nJans',large\n", &by(QuoteMark::Double)),
        ["[12='s brook] 12='s Brook | 15=small", "[12=jans'] 12=Jans' | 15=large"]
    );
    assert_eq!(
        read(
            "Name,Size,Age\n's Brook,small,4'\n",
            &ProfileReading { invalid_values: InvalidValues::Empty, ..adding() }
        )
        .len(),
        1
    );
}

#[test]
fn blanks_outside_of_quotes_are_no_part_of_a_cell() {
    let file = "Name, Email ,Age\n  Jo , \" jo@example.com \" ,4\n\" Mo \"  ,\tmo@example.com, 5\n \"a, b\",,\"\"\n";
    assert_eq!(
        read(file, &adding()),
        ["12=Jo | 11=jo@example.com | 13=4", "12= Mo  | 11=mo@example.com | 13=5", "12=a, b | 11=- | 13=-0"]
    );
}

#[test]
fn an_apostrophe_which_is_never_closed_is_an_error_of_its_row_with_its_lines() {
    let file = "Name,Age\n'Jo, x','1'\n'Mo','2'\n'Al,3\n";
    assert_eq!(
        read(file, &adding())[2],
        "line 4: unclosed_quote: a quote opens in this record and the file ends before it is closed"
    );
    let ragged = "Name,Age\n'Jo, x','1'\n'Mo','2','3'\n";
    assert_eq!(read(ragged, &adding())[1], "line 3: ragged: the row has 3 cells, the header 2");
}

/// The header, the rows and the layout of a file which another form reads.
fn layout_of<F: Form>(file: &str) -> Result<serde_json::Value, String> {
    let mut survey = Survey::<F>::new(F::Options::default(), 100);
    survey.push(file.as_bytes()).map_err(|refusal| refusal.to_string())?;
    let plan = survey.finish().map_err(|refusal| refusal.to_string())?;
    Ok(serde_json::to_value(&plan.layout).unwrap())
}

#[test]
fn files_of_time_entries_and_contacts_never_have_apostrophes_for_quotes() {
    assert_eq!(TimeEntries::text_options(&ReadingOptions::default()).quotes, crate::source::QuoteRules::Usual);
    assert_eq!(Contacts::text_options(&ContactReading::default()).quotes, crate::source::QuoteRules::Usual);
    for file in [
        "first_name,email\n'Jo','jo@example.com'\n'Mo','mo@example.com'\n",
        "'first_name','email'\n'Jo','jo@example.com'\n",
        "first_name,title,email\n'Jo','Clerk',jo@example.com\n'Mo',' x',mo@example.com\n",
    ] {
        let layout = layout_of::<Contacts>(file).unwrap();
        // Stored layouts of other kinds have no trace of the new dialect.
        assert_eq!(
            (layout.get("apostrophes"), layout.get("objects"), layout["spaced"].as_bool()),
            (None, None, Some(false)),
            "{file}"
        );
    }
    let entries = "date,person,hours,description,todo,list,company,project\n\
                   2024-03-04,'Jo','1.5','a','b','c','d','e'\n2024-03-05,'Jo','1.5','a','b','c','d','e'\n";
    assert!(layout_of::<TimeEntries>(entries).is_err());
    let entries = entries.replace("'1.5'", "1.5");
    let layout = layout_of::<TimeEntries>(&entries).unwrap();
    assert_eq!(
        (layout.get("apostrophes"), layout.get("objects"), layout["spaced"].as_bool()),
        (None, None, Some(false))
    );
}
