//! Spreadsheets that are made to hurt.

use super::books::Cell::{self, Text};
use super::books::{book, header};
use super::{Limits, MAGIC, Wanted, edited, refusal, unpack};
use crate::packed::{Kind, NotUnpacked};

const TIME: &[&[Cell]] = &[header!["Date", "Person", "Project", "Minutes"]];

fn with(part: &str, from: &'static str, to: String) -> String {
    refusal(&edited(&book(&[("Time", TIME)]), part, |text| {
        assert!(text.contains(from), "{text}");
        text.replacen(from, &to, 1)
    }))
}

#[test]
fn a_part_of_zeros_is_a_bomb_before_it_is_unpacked() {
    let said = with("xl/styles.xml", "<fonts", format!("{}<fonts", " ".repeat(100 << 10).repeat(300)));
    assert!(said.contains("longer than a cell"), "{said}");
    let said = with("xl/styles.xml", "<fonts", format!("{}<fonts", "<a/>".repeat(10 << 20)));
    assert!(said.contains("bomb"), "{said}");
}

#[test]
fn what_a_workbook_claims_to_hold_is_not_believed() {
    let said = with("xl/sharedStrings.xml", "uniqueCount=\"4\"", "uniqueCount=\"99999999999999\"".to_owned());
    assert!(said.contains("too many different texts"), "{said}");
}

#[test]
fn styles_that_are_large_times_many_are_refused() {
    let name = "x".repeat(100_000);
    let said = with("xl/styles.xml", "<cellXfs", format!("<numFmt v=\"{name}\"/>{}<cellXfs", "<xf/>".repeat(2_000)));
    assert!(said.contains("too many styles"), "{said}");
}

#[test]
fn cells_far_out_are_refused_and_cells_far_apart_count() {
    let place = |place: &str| {
        let cell = format!("<row r=\"2\"><c r=\"{place}\"><v>1</v></c></row></sheetData>");
        with("xl/worksheets/sheet1.xml", "</sheetData>", cell)
    };
    for far in ["A1048577", "XFE2", "A99999999999", "ZZZZZZZZZ1", "A0", "7"] {
        let said = place(far);
        assert!(said.contains("cannot be read"), "{far}: {said}");
    }
    let rows: String = (2..1_300).map(|row| format!("<row r=\"{row}\"><c r=\"XFD{row}\"><v>1</v></c></row>")).collect();
    let said = with("xl/worksheets/sheet1.xml", "</sheetData>", format!("{rows}</sheetData>"));
    assert!(said.contains("more than 20000000 cells"), "{said}");
}

#[test]
fn rows_out_of_order_are_refused() {
    let rows = "<row r=\"9\"><c r=\"A9\"><v>1</v></c></row><row r=\"3\"><c r=\"A3\"><v>1</v></c></row></sheetData>";
    let said = with("xl/worksheets/sheet1.xml", "</sheetData>", rows.to_owned());
    assert!(said.contains("not in order"), "{said}");
}

#[test]
fn a_sheet_in_a_part_that_is_no_xml_is_not_read_unmeasured() {
    let said = with("xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml", "media/image1.png".to_owned());
    assert!(said.contains("no XML"), "{said}");
}

#[test]
fn what_is_too_large_for_a_door_is_too_large_and_nothing_worse() {
    let many: Vec<&[Cell]> = std::iter::repeat_n(TIME[0], 200_000).collect();
    let file = book(&[("Time", &many)]);
    assert_eq!(Kind::of(&file[..MAGIC]), Some(Kind::Zip));
    let read = unpack(Kind::Zip, file.into(), &Wanted::default(), &Limits::DOOR, &mut |_| Ok(()));
    assert!(matches!(read, Err(NotUnpacked::TooLarge(_))), "{read:?}");
}

#[test]
fn damaged_bytes_anywhere_make_no_panic() {
    let rows: &[&[Cell]] = &[TIME[0], &[Text("2026-03-05"), Text("Kim"), Text("Quay"), Text("5")]];
    let file = book(&[("Time", rows)]);
    for at in (0..file.len()).step_by(7) {
        let mut broken = file.clone();
        broken[at] ^= 0x55;
        let _ = super::table(&broken, &Wanted::default());
    }
}
