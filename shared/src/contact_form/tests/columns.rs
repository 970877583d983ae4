//! Tests of finding fields in headers.

use super::*;
use crate::contact_form::can_only_be_contacts;
use crate::id::ImportId;
use crate::table::{HeaderFingerprint, RememberedMapping};

fn names(header: &str) -> Vec<String> {
    header.split(',').map(str::to_owned).collect()
}

#[test]
fn columns_are_found_without_regard_to_case_blanks_hyphens_and_underscores() {
    for header in [
        "first_name,last_name,email,company,title,tags",
        "First Name,Last Name,Email,Company,Job Title,Tags",
        "FIRST-NAME, last  name ,E-Mail,Company Name,JobTitle,Labels",
        "firstname,lastname,E-mail Address,Organisation,Position,Tag List",
        "Given Name,Family Name,E-mail 1 - Value,Organization Name,Organization Title,Labels",
    ] {
        assert_eq!(
            read(format!("{header}\nJo,Field,jo@example.com,Quay,Clerk,a\n")),
            ["Jo | Field | jo@example.com | Quay | Clerk | #a"],
            "{header}"
        );
    }
}

#[test]
fn the_vendors_template_is_read_and_its_other_columns_are_kept_and_said() {
    let file = "First Name,Last Name,Email,Role,Job Title,Company,Send Invitation,Workplace,Manager\n\
                Jo,Field,jo@example.com,Staff,Clerk,Quay,Yes,North,mo@example.com\n";
    assert_eq!(
        read(file),
        ["Jo | Field | jo@example.com | Quay | Clerk | +Role: Staff | +Send Invitation: Yes | +Workplace: North | \
          +Manager: mo@example.com"]
    );
    assert!(
        evidence(file).contains(r#"kept with each person: "Role", "Send Invitation", "Workplace", "Manager""#),
        "{}",
        evidence(file)
    );
}

#[test]
fn a_name_is_a_persons_or_a_companys_by_the_columns_beside_it() {
    assert_eq!(read("Name,Email\nJo Field,jo@example.com\n"), ["Jo | Field | jo@example.com | – | –"]);
    assert_eq!(read("Name,Company\nJo Field,Quay\n"), ["Jo | Field | – | Quay | –"]);
    assert_eq!(read("Name,Industry\nQuay Works,Harbours\n"), ["company Quay Works"]);
    assert_eq!(read("Company,Country\nQuay Works,Norway\n"), ["company Quay Works"]);
    let said = evidence("Company,Country\nQuay Works,Norway\n");
    assert!(said.contains(r#"not kept: a row of companies has a name alone: "Country""#), "{said}");
    for header in ["Name,Phone", "Name,Email,Industry"] {
        let why = refused(format!("{header}\nQuay,1\n"));
        assert!(why.contains(r#""Name" may be the name of people or of companies"#), "{why}");
    }
}

#[test]
fn a_header_without_a_name_an_address_or_a_company_is_refused_with_the_way_out() {
    let why = refused("Phone,City\n1,Oslo\n");
    assert!(why.contains("no column names people or companies") && why.contains("`mapping`"), "{why}");
}

#[test]
fn a_mapping_names_the_columns_of_any_table() {
    let file = "Wer;Firma;Post;Seit\nJo Field;Quay;jo@example.com;2020\n";
    let options = mapping(&[("wer", "name"), ("FIRMA", "company"), ("Post", "email")]);
    assert_eq!(read_with(file.as_bytes(), &options).unwrap(), ["Jo | Field | jo@example.com | Quay | – | +Seit: 2020"]);
    let options = mapping(&[("Firma", "company")]);
    assert_eq!(read_with(file.as_bytes(), &options).unwrap(), ["company Quay"]);
    for (pairs, why) in [
        (&[("Nobody", "name")][..], "there is no column \"Nobody\""),
        (&[("Wer", "title")][..], "it names neither a name, nor an e-mail address, nor a company"),
    ] {
        let refusal = read_with(file.as_bytes(), &mapping(pairs)).unwrap_err().to_string();
        assert!(refusal.contains(why), "{refusal}");
    }
    let wrong = ContactMapping::new([("a".to_owned(), "hours".to_owned())]).unwrap_err().to_string();
    assert_eq!(wrong, "unknown field \"hours\": known are company, name, first_name, last_name, email, title, tags");
}

#[test]
fn a_mapping_that_the_account_remembers_for_the_header_is_used_and_said() {
    let file = "Wer;Post\nJo Field;jo@example.com\n";
    let remember = |columns: &[(&str, &str)]| {
        let columns = columns.iter().map(|&(column, field)| (column.to_owned(), field.to_owned())).collect();
        let header = HeaderFingerprint::of(&["Wer".to_owned(), "Post".to_owned()]);
        let remembered = RememberedMapping { header, columns, import: ImportId(7), since: 0, confirmed_by: None };
        ContactReading { remembered: [remembered].into_iter().collect(), ..ContactReading::default() }
    };
    let options = remember(&[("Wer", "name"), ("Post", "email")]);
    assert_eq!(read_with(file.as_bytes(), &options).unwrap(), ["Jo | Field | jo@example.com | – | –"]);
    let plan = survey(file.as_bytes(), &options, 10, 99).unwrap();
    assert_eq!(plan.recalled().map(|recalled| recalled.import), Some(ImportId(7)));
    assert!(plan.layout.evidence.iter().any(|said| said.contains("import 7")), "{:?}", plan.layout.evidence);
    // A mapping of time entries for the same header is named, and not used.
    let refusal = read_with(file.as_bytes(), &remember(&[("Wer", "date"), ("Post", "hours")])).unwrap_err();
    assert!(refusal.to_string().contains("does not fit any more"), "{refusal}");
    assert!(read_with(file.as_bytes(), &ContactReading::default()).is_err());
}

#[test]
fn contacts_are_told_from_time_entries_by_the_header() {
    for header in [
        "email,city",
        "First Name,Last Name,Phone",
        "Name,Company",
        "Name,Job Title",
        "Company,Industry",
        "model,company,first_name,last_name,email,title",
    ] {
        assert!(can_only_be_contacts(&names(header)), "{header}");
    }
    for header in [
        "date,email,hours",
        "First Name,Last Name,Start Date,End Date",
        "User,Email,Duration",
        "Name,Phone",
        "Company,Project",
        "a,b",
        "Email,Time spent",
    ] {
        assert!(!can_only_be_contacts(&names(header)), "{header}");
    }
}

#[test]
fn the_header_of_a_sheet_is_found_by_the_same_names() {
    use crate::table::Form;
    let columns = |header: &str, options: &ContactReading| Contacts::header_columns(&names(header), options);
    let plain = ContactReading::default();
    assert_eq!(columns("Email,City,Name", &plain), Some([0, 2].into()));
    assert_eq!(columns("model,company,first_name,last_name,email,title", &plain).map(|found| found.len()), Some(6));
    assert_eq!(columns("Report,March", &plain), None);
    assert_eq!(columns("Company,,", &plain), None);
    assert_eq!(columns("Wer,Was", &mapping(&[("Was", "company")])), Some([1].into()));
    assert_eq!(ContactField::COUNT, 7);
}
