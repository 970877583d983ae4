//! Tests of spreadsheets that are made to exhaust memory or time.

use super::books::Cell::{self, Text};
use super::books::{book, header};
use super::{Cancellation, Limits, MAGIC, WantedSheet, edited, refusal, unpack};
use crate::packed::{NotSurveyed, NotUnpacked, Packing, survey};
use crate::source::MAX_RECORD;
use crate::table::letters;

const LONG_TITLE: &str = match std::str::from_utf8(&[b'x'; 30_000]) {
    Ok(text) => text,
    Err(_) => "",
};
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
    // The commas of empty cells count as bytes of the table.
    let said = with("xl/worksheets/sheet1.xml", "</sheetData>", format!("{rows}</sheetData>"));
    assert!(said.contains("bomb"), "{said}");
    let file =
        edited(&book(&[("Time", TIME)]), SHEET, |text| text.replace("</sheetData>", &format!("{rows}</sheetData>")));
    let limits = Limits { cells: 1_000_000, ..Limits::PARSER };
    let read =
        unpack(Packing::Zip, file.into(), &WantedSheet::default(), &limits, &Cancellation::default(), &mut |_| Ok(()));
    assert!(matches!(&read, Err(NotUnpacked::TooLarge(said)) if said.contains("more than 1000000 cells")), "{read:?}");
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
    assert_eq!(Packing::of(&file[..MAGIC]), Some(Packing::Zip));
    let never = Cancellation::default();
    let read = unpack(Packing::Zip, file.into(), &WantedSheet::default(), &Limits::DOOR, &never, &mut |_| Ok(()));
    assert!(matches!(read, Err(NotUnpacked::TooLarge(_))), "{read:?}");
}

const SHEET: &str = "xl/worksheets/sheet1.xml";

/// Makes a sheet of `rows` rows, each with the same text of `characters` characters in the last column.
fn repeated(rows: usize, characters: usize) -> Vec<u8> {
    let file = edited(&book(&[("Time", TIME)]), SHEET, |text| {
        let row = |row: usize| format!("<row r=\"{row}\"><c r=\"D{row}\" t=\"s\"><v>4</v></c></row>");
        let rows: String = (2..2 + rows).map(row).collect();
        text.replace("</sheetData>", &format!("{rows}</sheetData>"))
    });
    edited(&file, "xl/sharedStrings.xml", |text| {
        text.replace("</sst>", &format!("<si><t>{}</t></si></sst>", "x".repeat(characters)))
    })
}

#[test]
fn a_text_counts_in_each_cell_in_which_it_stands() {
    let file = repeated(3_000, 32_767);
    assert!(file.len() < 100_000, "{}", file.len());
    let mut most = 0;
    let read = unpack(
        Packing::Zip,
        file.into(),
        &WantedSheet::default(),
        &Limits::PARSER,
        &Cancellation::default(),
        &mut |piece| {
            most += piece.len();
            Ok(())
        },
    );
    let said = read.unwrap_err().to_string();
    assert!(said.contains("bomb"), "{said}");
    assert!(most <= 20 << 20, "{most} bytes came out");
    // A file just below the ratio of a bomb is still beyond a limit on the table.
    let limits = Limits { table: 1 << 20, ..Limits::PARSER };
    let file = repeated(40, 32_767).into();
    let read = unpack(Packing::Zip, file, &WantedSheet::default(), &limits, &Cancellation::default(), &mut |_| Ok(()));
    assert!(matches!(read, Err(NotUnpacked::TooLarge(_))), "{read:?}");
}

#[test]
fn a_row_is_held_up_to_the_length_of_a_record() {
    // A full row of 16,380 cells with 32,767 characters each would take half a gigabyte.
    let file = edited(&repeated(0, 32_767), SHEET, |text| {
        let cells: String = (0..400).map(|n| format!("<c r=\"{}2\" t=\"s\"><v>4</v></c>", letters(n))).collect();
        text.replace("</sheetData>", &format!("<row r=\"2\">{cells}</row></sheetData>"))
    });
    let (text, _) = super::table(&file, &WantedSheet::default()).unwrap();
    assert!((MAX_RECORD..MAX_RECORD + 70_000).contains(&text.len()), "{}", text.len());
}

#[test]
fn a_cell_has_no_more_characters_than_a_spreadsheet_allows() {
    let most = 32_767;
    let plain = |count: usize| format!("<is><t>{}</t></is>", "ü".repeat(count));
    let runs = |count: usize| format!("<is><r><t>{}</t></r><r><t>y</t></r></is>", "x".repeat(count - 1));
    let cell = |kind: &str, inside: String| {
        edited(&book(&[("Time", TIME)]), SHEET, |text| {
            let row = format!("<row r=\"7\"><c r=\"C7\" t=\"{kind}\">{inside}</c></row></sheetData>");
            text.replace("</sheetData>", &row)
        })
    };
    let stored = |count: usize| format!("<f>A1</f><v>{}</v>", "x".repeat(count));
    for (long, fits) in [
        (cell("inlineStr", plain(most + 1)), cell("inlineStr", plain(most))),
        (cell("inlineStr", runs(most + 1)), cell("inlineStr", runs(most))),
        (cell("str", stored(most + 1)), cell("str", stored(most))),
    ] {
        let said = refusal(&long);
        assert!(said.contains("cell C7 of sheet \"Time\"") && said.contains("32767 characters"), "{said}");
        super::sheet(&fits);
    }
    let said = refusal(&repeated(1, most + 1));
    assert!(said.contains("cell D2 of sheet \"Time\""), "{said}");
    super::sheet(&repeated(1, most));
    // Runs that together exceed a cell's length are refused before they are joined.
    let run = format!("<r><t>{}</t></r>", "x".repeat(100_000));
    let said = refusal(&cell("inlineStr", format!("<is>{}</is>", run.repeat(6))));
    assert!(said.contains("longer than a cell can be"), "{said}");
}

#[test]
fn tags_in_tags_and_attributes_without_number_are_refused() {
    let deep = format!("{}{}<fonts", "<a>".repeat(300), "</a>".repeat(300));
    let said = with("xl/styles.xml", "<fonts", deep);
    assert!(said.contains("inside each other"), "{said}");
    let attributes: String = (0..1_100).map(|n| format!(" a{n}=\"\"")).collect();
    let said = with("xl/styles.xml", "<fonts", format!("<a{attributes}/><fonts"));
    assert!(said.contains("too many attributes"), "{said}");
}

#[test]
fn things_that_are_held_one_by_one_are_counted() {
    for (part, before, thing, said) in [
        ("xl/styles.xml", "</fonts>", "<font/>", "styles"),
        ("xl/workbook.xml", "</workbook>", "<definedName name=\"a\"/>", "names"),
        ("xl/_rels/workbook.xml.rels", "</Relationships>", "<Relationship/>", "links"),
    ] {
        let refused = with(part, before, format!("{}{before}", thing.repeat(200_001)));
        assert!(refused.contains(&format!("too many {said}")), "{refused}");
    }
}

#[test]
fn sheets_that_share_a_part_are_not_inflated_over_and_over() {
    // Blank cells with styles in no order, which compress badly.
    let cell = |n: u32| format!("<c r=\"A2\" s=\"{}\"/>", n.wrapping_mul(2_654_435_761) >> 12);
    let cells: String = (0..20_000).map(cell).collect();
    let file = edited(&book(&[("Time", &[])]), SHEET, |text| {
        text.replace("<sheetData/>", &format!("<sheetData><row r=\"2\">{cells}</row></sheetData>"))
    });
    let file = edited(&file, "xl/workbook.xml", |text| {
        let sheets: String =
            (2..200).map(|n| format!("<sheet name=\"S{n}\" sheetId=\"{n}\" r:id=\"rId1\"/>")).collect();
        text.replace("</sheets>", &format!("{sheets}</sheets>"))
    });
    let said = refusal(&file);
    assert!(said.contains("share parts"), "{said}");
}

#[test]
fn more_entries_than_a_workbook_has_are_not_opened_whatever_the_directory_says() {
    let mut file = book(&[("Time", TIME)]);
    let end = file.len() - 22;
    file.splice(end..end, b"PK\x01\x02".repeat(10_001));
    assert!(refusal(&file).contains("far from a spreadsheet"));
}

#[test]
fn titles_and_names_without_end_are_cut_where_they_are_told() {
    let mut rows = vec![&[Text(LONG_TITLE)] as &[Cell]];
    rows.extend(TIME);
    let unpacked = super::table(&book(&[("Time", &rows)]), &WantedSheet::default()).unwrap().1;
    assert!(unpacked.evidence[0].len() < 300, "{}", unpacked.evidence[0]);
}

#[test]
fn a_cancelled_work_ends_and_blames_nobody() {
    let cancelled = Cancellation::default();
    drop(cancelled.on_drop());
    let gzip = super::gzips::gzip(b"a,b\n");
    for file in [repeated(10, 10), gzip] {
        let kind = Packing::of(&file).unwrap();
        let read =
            unpack(kind, file.clone().into(), &WantedSheet::default(), &Limits::PARSER, &cancelled, &mut |_| Ok(()));
        assert!(matches!(read, Err(NotUnpacked::Unwanted)), "{read:?}");
    }
    let read = survey(b"date,minutes\n".as_slice().into(), &WantedSheet::default(), 1000, &cancelled);
    assert!(matches!(read, Err(NotSurveyed::NotUnpacked(NotUnpacked::Unwanted))));
    // Cancels the work in the middle, at the first piece.
    let cancellation = Cancellation::default();
    let file = repeated(20_000, 200).into();
    let mut pieces = 0;
    let read = unpack(Packing::Zip, file, &WantedSheet::default(), &Limits::PARSER, &cancellation, &mut |_| {
        pieces += 1;
        cancellation.cancel();
        Ok(())
    });
    assert!(matches!(read, Err(NotUnpacked::Unwanted)), "{read:?}");
    assert_eq!(pieces, 1);
}

#[test]
fn damaged_bytes_anywhere_make_no_panic() {
    let rows: &[&[Cell]] = &[TIME[0], &[Text("2026-03-05"), Text("Kim"), Text("Quay"), Text("5")]];
    let file = book(&[("Time", rows)]);
    for at in (0..file.len()).step_by(7) {
        let mut broken = file.clone();
        broken[at] ^= 0x55;
        let _ = super::table(&broken, &WantedSheet::default());
    }
}
