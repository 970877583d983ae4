//! Tests of the choice of a sheet, and of the messages if no sheet is chosen.

use super::books::Cell::{self, Date, Number, Text};
use super::books::{book, header};
use super::{Bytes, Cancellation, ReadingOptions, WantedSheet, edited, entries, refusal, sheet, table, zipped};

const ENTRIES: &[&[Cell]] = &[
    header!["Date", "Person", "Project", "Minutes", "Description"],
    &[Date(2026, 3, 5), Text("Kim"), Text("Quay"), Number(30.0), Text("Draw")],
];
const NOTES: &[&[Cell]] = &[&[Text("Exported in March")], &[Text("Rate"), Number(9.5)]];

#[test]
fn the_only_sheet_with_a_header_that_fits_is_taken_and_named() {
    let file = book(&[("Notes", NOTES), ("Empty", &[]), ("Time", ENTRIES)]);
    let (text, unpacked) = table(&file, &WantedSheet::default()).unwrap();
    assert_eq!(text, "Date,Person,Project,Minutes,Description\n2026-03-05,Kim,Quay,30,Draw\n");
    assert_eq!(unpacked.evidence, ["sheet \"Time\" of an .xlsx spreadsheet"]);
}

#[test]
fn of_several_sheets_that_fit_none_is_taken_until_one_is_named() {
    let file = book(&[("March", ENTRIES), ("April", ENTRIES)]);
    let said = refusal(&file);
    assert!(said.contains("\"March\", \"April\"") && said.contains("`sheet`"), "{said}");
    let wanted = |sheet: &str| WantedSheet { sheet: Some(sheet.to_owned()), ..WantedSheet::default() };
    let (_, unpacked) = table(&file, &wanted("april ")).unwrap();
    assert_eq!(unpacked.evidence, ["sheet \"April\" of an .xlsx spreadsheet"]);
    let said = table(&file, &wanted("May")).unwrap_err();
    assert!(said.contains("\"May\"") && said.contains("\"March\", \"April\""), "{said}");
}

#[test]
fn a_hidden_sheet_is_taken_only_by_its_name() {
    let file = book(&[("March", ENTRIES), ("Old", ENTRIES)]);
    let file = edited(&file, "xl/workbook.xml", |text| text.replace("name=\"Old\"", "name=\"Old\" state=\"hidden\""));
    assert_eq!(entries(&file).len(), 1);
    let wanted = WantedSheet { sheet: Some("Old".to_owned()), ..WantedSheet::default() };
    assert!(table(&file, &wanted).unwrap().1.evidence[0].contains("Old"));
}

#[test]
fn titles_above_the_header_are_left_out_and_said() {
    let rows: Vec<&[Cell]> = NOTES.iter().chain(ENTRIES).copied().collect();
    let file = book(&[("Time", &rows)]);
    let (text, unpacked) = table(&file, &WantedSheet::default()).unwrap();
    assert!(text.starts_with("\n\nDate,"), "{text}");
    let said = "sheet \"Time\" of an .xlsx spreadsheet, its header in row 3; left out above it: \"Exported in March\", \"Rate\"";
    assert_eq!(unpacked.evidence, [said]);
}

#[test]
fn a_sheet_of_no_format_is_the_first_one_and_its_columns_are_named_later() {
    assert_eq!(sheet(&book(&[("Notes", NOTES)])), "Exported in March\nRate,9.5\n");
}

#[test]
fn a_sheet_of_no_format_is_read_by_the_mapping_that_is_suggested_for_it() {
    let rows: &[&[Cell]] = &[
        &[Text("Zeiten im März")],
        header!["Mitarbeiter", "Datum", "Stunden", "Projekt", "Bemerkung"],
        &[Text("Kim"), Date(2026, 3, 5), Number(1.5), Text("Quay"), Text("Draw")],
    ];
    let file = book(&[("Time", rows)]);
    let survey_of = |options: ReadingOptions| {
        let bytes = Bytes::copy_from_slice(&file);
        super::super::survey(bytes, &WantedSheet { options, sheet: None }, 10, &Cancellation::default())
    };
    let refusal = survey_of(ReadingOptions::default()).unwrap_err().into_refusal();
    let mapping = refusal.considered.suggested_mapping.map(|suggestion| suggestion.mapping);
    assert!(mapping.is_some(), "{:?}", refusal.reasons);
    let plan = survey_of(ReadingOptions { mapping, ..ReadingOptions::default() }).unwrap();
    assert_eq!((plan.rows, plan.layout.headers.len()), (1, 5));
}

#[test]
fn an_empty_workbook_says_so() {
    assert!(refusal(&book(&[("Sheet1", &[]), ("Sheet2", &[])])).contains("empty"));
}

#[test]
fn what_is_no_xlsx_is_refused_by_its_name() {
    let types = ("[Content_Types].xml", b"<Types/>".as_slice());
    for (parts, said) in [
        (vec![("mimetype", b"x".as_slice()), ("content.xml", b"<x/>")], "OpenDocument"),
        (vec![types, ("xl/workbook.bin", b"x")], ".xlsb"),
        (vec![types, ("word/document.xml", b"<x/>")], "no spreadsheet"),
        (vec![("Index/Document.iwa", b"x")], "Numbers"),
        (vec![("report.csv", b"a,b")], "unpack it"),
        (vec![("Time.html", b"<meta>"), ("resources/sheet.css", b"a")], "Google Sheets"),
        (vec![("readme.html", b"<meta>"), ("report.csv", b"a,b")], "unpack it"),
        (vec![], "unpack it"),
    ] {
        let refused = refusal(&zipped(&parts));
        assert!(refused.contains(said), "{refused:?} does not say {said:?}");
    }
    let old = refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on");
    assert!(old.contains(".xls") && old.contains("password"), "{old}");
}

#[test]
fn half_a_spreadsheet_is_none() {
    let file = book(&[("Time", ENTRIES)]);
    for length in [4, 100, file.len() / 2, file.len() - 30] {
        let said = refusal(&file[..length]);
        assert!(said.contains("damaged") || said.contains("cut off"), "{said}");
    }
}

#[test]
fn errors_and_other_cells_are_what_they_show() {
    let file = book(&[("Time", ENTRIES)]);
    let cell = |attributes: &str, value: &str| {
        edited(&file, "xl/worksheets/sheet1.xml", |text| {
            let from = text.find("<c r=\"D2\"").unwrap();
            let to = from + text[from..].find("</c>").unwrap();
            format!("{}<c r=\"D2\"{attributes}><v>{value}</v>{}", &text[..from], &text[to..])
        })
    };
    for (attributes, value, shown) in [
        (" t=\"e\"", "#REF!", "#REF!"),
        (" t=\"b\"", "1", "true"),
        (" t=\"str\"", "1:30 &amp; more", "1:30 & more"),
        ("", "1.5E1", "15"),
        (" t=\"d\"", "2026-03-05T00:00:00", "2026-03-05"),
    ] {
        assert_eq!(sheet(&cell(attributes, value)).lines().nth(1).unwrap().split(',').nth(3), Some(shown));
    }
    let error = &entries(&cell(" t=\"e\"", "#VALUE!"))[0];
    assert!(error.contains("#VALUE!"), "{error}");
}
