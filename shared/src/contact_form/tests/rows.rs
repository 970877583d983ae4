//! Tests of rows: names, addresses, labels, and the errors of rows.

use super::*;
use crate::contact_form::check::Rules;

#[test]
fn full_names_are_split_and_parts_go_first() {
    let file = "Name,First Name,Last Name,Email\n\
                Jo van der Field,,,\n\
                \"Field, Jo Ann\",,,\n\
                Jo Field,Jo,Field,\n\
                The Clerk,Jo,Field,\n\
                ,Jo,,\n\
                ,,,jo@example.com\n";
    assert_eq!(
        read(file),
        [
            "Jo | van der Field | – | – | –",
            "Jo Ann | Field | – | – | –",
            "Jo | Field | – | – | –",
            "Jo | Field | – | – | – | +Name: The Clerk",
            "Jo | – | – | – | –",
            "– | – | jo@example.com | – | –",
        ]
    );
}

#[test]
fn blanks_around_and_within_names_do_not_count() {
    let file = "First Name,Last Name,Email,Company,Note\n Jo ,\u{a0}Brook  Field, jo@example.com ,\"Quay\nWorks\",\" a  b \"\n";
    assert_eq!(read(file), ["Jo | Brook Field | jo@example.com | Quay Works | – | +Note: a  b"]);
}

#[test]
fn labels_are_separated_by_commas_or_semicolons() {
    let file = "Email,Tags\na@example.com,\"x, y,X,,\"\nb@example.com,x; y\nc@example.com,\"x;1, y\"\n";
    assert_eq!(
        read(file),
        [
            "– | – | a@example.com | – | – | #x #y",
            "– | – | b@example.com | – | – | #x #y",
            "– | – | c@example.com | – | – | #x;1 #y",
        ]
    );
}

#[test]
fn a_row_that_names_nobody_or_has_a_wrong_address_is_an_error_with_all_its_faults() {
    let long = "x".repeat(501);
    let file = format!(
        "Name,Company,Email,Job Title\n,Quay,,Clerk\nJo,Quay,jo@example,{long}\nMo,,mo(at)example.com,{long}\n\
         {long},Quay,,\nAl Brook,,al@example.com,\n"
    );
    let rows = read(file);
    assert_eq!(rows[0], "line 2: missing: the row names nobody: a name or an e-mail address is needed");
    assert!(rows[1].starts_with("line 3: too_large: Job Title: \"xxx"), "{}", rows[1]);
    assert!(
        rows[2]
            .starts_with("line 4: invalid_email: Email: \"mo(at)example.com\" is no e-mail address; Job Title: \"xxx")
            && rows[2].ends_with("is longer than 500 bytes"),
        "{}",
        rows[2]
    );
    assert!(rows[3].starts_with("line 5: too_large: Name: \"xxx"), "{}", rows[3]);
    assert_eq!(rows[4], "Al | Brook | al@example.com | – | –");
}

#[test]
fn a_column_of_addresses_without_an_address_refuses_the_file_and_a_single_cell_does_not() {
    let why = refused("Name,Email\nJo,yes\nMo,no\n");
    assert!(why.contains("none of 2 cells in \"Email\" is an e-mail address, \"yes\" on line 2 first"), "{why}");
    assert_eq!(
        read("Name,Email\nJo,yes\nMo,\n"),
        ["line 2: invalid_email: Email: \"yes\" is no e-mail address", "Mo | – | – | – | –"]
    );
}

#[test]
fn rows_of_companies_need_a_name() {
    let file = "Company,Country\nQuay,Norway\n,Norway\n";
    assert_eq!(read(file), ["company Quay", "line 3: missing: Company: nothing is written there"]);
}

#[test]
fn a_short_row_is_read_only_if_its_end_proves_that_no_cell_is_lost() {
    let file = "Name,Email,City\nJo,jo@example.com\nMo,mo@example.com,Oslo\nAl,al@example.com,\nKi,ki@example.com,Rome\n\
                Bo,bo@example.com,Rome\nEd\n";
    let rows = read(file);
    assert_eq!(rows[0], "Jo | – | jo@example.com | – | –");
    assert_eq!(rows[5], "line 7: ragged: the row has 1 cell, the header 3");
    // A program which omits empty cells at the end of rows omits them in many.
    assert_eq!(
        read("Name,Company,City\nJo\nMo,Quay\nAl,Quay,Oslo\n")[..2],
        ["Jo | – | – | – | –", "Mo | – | – | Quay | –"]
    );
}

#[test]
fn the_rules_of_import_data_ask_for_a_company_and_a_first_name() {
    let file = "model,company,first_name,last_name,email,title\n\
                company,Quay,,,,\n\
                person,Quay,Jo,Field,jo@example.com,Clerk\n\
                person,,,Field,nobody,\n\
                vessel,Quay,,,,\n";
    let options = ContactReading { rules: Rules::ImportData, ..ContactReading::default() };
    assert_eq!(
        read_with(file.as_bytes(), &options).unwrap(),
        [
            "company Quay",
            "Jo | Field | jo@example.com | Quay | Clerk",
            "line 4: missing: company: nothing is written there; first_name: nothing is written there; \
             email: \"nobody\" is no e-mail address",
            "line 5: unknown_model: model: \"vessel\" is neither company nor person",
        ]
    );
}

#[test]
fn the_text_of_a_row_is_bounded() {
    let file = format!("Name,Email,Note\nJo,,{}\n", "x".repeat(300_001));
    assert!(read(file)[0].starts_with("line 2: too_large: the text of the row is longer"));
}
