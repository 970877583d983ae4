//! Tests of formulas with and without a stored value.

use super::books::Cell::{self, Date, Nothing, Number, Text};
use super::books::{book, header};
use super::{WantedSheet, edited, entries, refusal, sheet, table};

const SHEET: &str = "xl/worksheets/sheet1.xml";
const ENTRIES: &[&[Cell]] = &[
    header!["Date", "Person", "Project", "Minutes", "Description", "Rounded"],
    &[Date(2026, 3, 5), Text("Kim"), Text("Quay"), Number(30.0), Text("Draw"), Number(45.0)],
    &[Date(2026, 3, 6), Text("Kim"), Text("Quay"), Number(15.0), Text("Look"), Number(15.0)],
];

/// Makes a sheet in which some cells are replaced: `("D2", "<c r=\"D2\"><f>A1*2</f></c>")`.
fn with(cells: &[(&str, &str)]) -> Vec<u8> {
    edited(&book(&[("Notes", &[&[Text("none")]]), ("Time", ENTRIES)]), "xl/worksheets/sheet2.xml", |text| {
        let mut text = text.to_owned();
        for (place, cell) in cells {
            let from = text.find(&format!("<c r=\"{place}\"")).unwrap();
            let to = from + text[from..].find("</c>").unwrap() + 4;
            text.replace_range(from..to, cell);
        }
        text
    })
}

const SAID: &str = "has a formula whose value is not stored in the file";

#[test]
fn a_formula_without_a_value_is_the_error_of_its_row() {
    for formula in [
        "<c r=\"D2\"><f>A1*2</f></c>",
        "<c r=\"D2\"><f>A1*2</f><v/></c>",
        "<c r=\"D2\"><f>A1*2</f><v></v></c>",
        "<c r=\"D2\" s=\"1\"><f>A1*2</f><v> </v></c>",
        "<c r=\"D2\" t=\"n\"><f ca=\"1\">A1&amp;\"x\"</f></c>",
        "<c r=\"D2\" t=\"str\"><f>A1</f></c>",
        "<c r=\"D2\"><f t=\"shared\" si=\"0\"/></c>",
        "<c r=\"D2\"><f t=\"array\" ref=\"D2\">SUM(A1:A2*1)</f></c>",
        "<c r=\"D2\"><v/><f>A1*2</f></c>",
        "<c r=\"D2\"><v>20</v><f>A1*2</f></c>",
        "<c><f>A1*2</f></c>",
    ] {
        let shown = entries(&with(&[("D2", formula)]));
        assert_eq!(shown.len(), 2, "{formula}");
        assert!(shown[0].starts_with("2: Minutes: cell D2 ") && shown[0].contains(SAID), "{formula}: {}", shown[0]);
        assert!(shown[0].contains("save it") && shown[0].contains("paste values"), "{}", shown[0]);
        assert_eq!(shown[1], "3: 2026-03-06 900 s | Kim | Quay | Look | ", "{formula}");
    }
}

#[test]
fn a_formula_with_a_value_is_its_value() {
    for (formula, shown) in [
        ("<c r=\"D2\"><f>A1*2</f><v>20</v></c>", "1200 s"),
        ("<c r=\"D2\" t=\"str\"><f>A1</f><v>20</v></c>", "1200 s"),
        ("<c r=\"D2\"><f t=\"shared\" si=\"0\"/><v>0</v></c>", " 0 s"),
        ("<c r=\"D2\" t=\"e\"><f>A1/0</f><v>#DIV/0!</v></c>", "\"#DIV/0!\""),
        // A stored empty text, as of `=IF(A2="","",A2)`, is a value.
        ("<c r=\"D2\" t=\"str\"><f>A1</f><v></v></c>", " 0 s | Kim"),
        ("<c r=\"D2\" t=\"str\"><f>A1</f><v/></c>", " 0 s | Kim"),
    ] {
        let rows = entries(&with(&[("D2", formula)]));
        assert!(rows[0].contains(shown), "{formula}: {}", rows[0]);
    }
}

#[test]
fn each_column_with_a_role_counts_and_no_other() {
    for (place, column) in [("A2", "Date"), ("B2", "Person"), ("C2", "Project"), ("E2", "Description")] {
        let rows = entries(&with(&[(place, &format!("<c r=\"{place}\"><f>X9</f></c>"))]));
        assert!(rows[0].starts_with(&format!("2: {column}: cell {place} ")), "{}", rows[0]);
    }
    let rows = entries(&with(&[("F2", "<c r=\"F2\"><f>D2*1.5</f></c>")]));
    assert_eq!(rows[0], "2: 2026-03-05 1800 s | Kim | Quay | Draw | ");
    let two = with(&[("C2", "<c r=\"C2\"><f>X9</f></c>"), ("D2", "<c r=\"D2\"><f>X9</f></c>")]);
    let rows = entries(&two);
    assert!(rows[0].contains("Project: cell C2") && rows[0].contains("1 more in this row"), "{}", rows[0]);
}

#[test]
fn every_row_of_a_column_of_formulas_says_so() {
    let cells = [("D2", "<c r=\"D2\"><f>X9</f></c>"), ("D3", "<c r=\"D3\"><f>X9</f></c>")];
    let rows = entries(&with(&cells));
    assert!(rows.iter().all(|row| row.contains(SAID)), "{rows:#?}");
}

#[test]
fn an_array_formula_speaks_for_all_cells_of_its_range() {
    let array = "<c r=\"D2\"><f t=\"array\" ref=\"D2:D4\">X1:X3*2</f></c>";
    let rows = entries(&with(&[("D2", array), ("D3", "<c r=\"D3\"/>")]));
    let starts = ["2: Minutes: cell D2 ", "3: Minutes: cell D3 ", "4: Minutes: cell D4 "];
    assert!(rows.iter().zip(starts).all(|(row, start)| row.starts_with(start)), "{rows:#?}");
    assert_eq!(rows.len(), 3);
    // A cell of the range with a value keeps the value. If the first cell of the range has a value, no cell lacks a
    // value.
    let rows = entries(&with(&[("D2", "<c r=\"D2\"><f t=\"array\" ref=\"D2:D3\">X1:X3*2</f></c>")]));
    assert!(rows[0].contains(SAID) && rows[1].contains("900 s"), "{rows:#?}");
    let stored = "<c r=\"D2\"><f t=\"array\" ref=\"D2:D3\">X1:X3*2</f><v>20</v></c>";
    let rows = entries(&with(&[("D2", stored), ("D3", "<c r=\"D3\"/>")]));
    assert!(rows[0].contains("1200 s") && !rows[1].contains(SAID), "{rows:#?}");
}

#[test]
fn a_formula_in_the_header_is_a_refusal() {
    let said = refusal(&with(&[("F1", "<c r=\"F1\"><f>X9</f></c>")]));
    assert!(said.contains("header of sheet \"Time\"") && said.contains("F1"), "{said}");
    // If no header fits because of the formula, the refusal for the columns names the cell.
    let (_, unpacked) = table(&with(&[("E1", "<c r=\"E1\"><f>X9</f></c>")]), &WantedSheet::default()).unwrap();
    assert!(unpacked.evidence[0].contains("cell E1 of sheet \"Time\" has a formula"), "{:?}", unpacked.evidence);
    let file = with(&[("D1", "<c r=\"D1\"><f>X9</f></c>"), ("A1", "<c r=\"A1\"><f>X9</f></c>")]);
    let wanted = WantedSheet { sheet: Some("Time".to_owned()), ..WantedSheet::default() };
    let (_, unpacked) = table(&file, &wanted).unwrap();
    assert!(unpacked.evidence[0].contains("cell A1 of sheet \"Time\" has a formula"), "{:?}", unpacked.evidence);
}

#[test]
fn totals_and_titles_with_formulas_are_left_out_as_ever() {
    let rows: &[&[Cell]] = &[
        &[Text("of"), Text("March")],
        ENTRIES[0],
        ENTRIES[1],
        ENTRIES[2],
        &[Text("Total"), Nothing, Nothing, Number(45.0)],
    ];
    let file = edited(&book(&[("Time", rows)]), SHEET, |text| {
        let text = text.replace("<c r=\"D5\"><v>45</v></c>", "<c r=\"D5\"><f>SUM(D3:D4)</f></c>");
        let from = text.find("<c r=\"B1\"").unwrap();
        let to = from + text[from..].find("</c>").unwrap() + 4;
        format!("{}<c r=\"B1\"><f>TODAY()</f></c>{}", &text[..from], &text[to..])
    });
    assert!(sheet(&file).contains("Total,,,\u{fdd0}"), "{}", sheet(&file));
    assert_eq!(entries(&file).len(), 2);
}

#[test]
fn cells_of_a_sheet_that_is_not_taken_do_not_matter() {
    let file = edited(&with(&[]), SHEET, |text| text.replace("<v>0</v>", "<f>X9</f>"));
    assert!(entries(&file).iter().all(|row| row.contains(" s | ")));
}

#[test]
fn too_many_formulas_without_a_value_are_refused_before_they_are_held() {
    let said = refusal(&with(&[("D2", "<c r=\"D2\"><f t=\"array\" ref=\"A2:XFD1048576\">X9</f></c>")]));
    assert!(said.contains("more than 4000000 formulas"), "{said}");
}

#[test]
fn a_workbook_that_keeps_its_sheets_elsewhere_is_read_all_the_same() {
    let file = with(&[("D2", "<c r=\"D2\"><f>X9</f></c>")]);
    let file = edited(&file, "xl/_rels/workbook.xml.rels", |text| {
        text.replace("Target=\"worksheets/sheet2.xml\"", "Target=\"/XL/worksheets/Sheet2.xml\"")
    });
    let rows = entries(&file);
    assert!(rows[0].contains(SAID), "{rows:#?}");
}
