//! Tests of sheets, rows and columns that a spreadsheet program does not show.

use proptest::prelude::*;
use rust_xlsxwriter::{FilterCondition, Workbook};

use super::books::Cell::{self, Date, Number, Text};
use super::books::{book, header, write};
use super::{WantedSheet, edited, entries, refusal, table};

const ENTRIES: &[&[Cell]] = &[
    header!["Date", "Person", "Project", "Minutes", "Description"],
    &[Date(2026, 3, 5), Text("Kim"), Text("Quay"), Number(30.0), Text("Draw")],
];
const NOTES: &[&[Cell]] = &[&[Text("Exported in March")], &[Text("Rate"), Number(9.5)]];

/// Makes a workbook in which a sheet may have the state `hidden` or `veryHidden`.
fn hiding(sheets: &[(&str, &str, &[&[Cell]])]) -> Vec<u8> {
    let all: Vec<_> = sheets.iter().map(|(name, _, rows)| (*name, *rows)).collect();
    edited(&book(&all), "xl/workbook.xml", |text| {
        sheets.iter().filter(|(_, state, _)| !state.is_empty()).fold(text.to_owned(), |text, (name, state, _)| {
            text.replace(&format!("name=\"{name}\""), &format!("name=\"{name}\" state=\"{state}\""))
        })
    })
}

fn wanted(sheet: &str) -> WantedSheet {
    WantedSheet { sheet: Some(sheet.to_owned()), ..WantedSheet::default() }
}

#[test]
fn a_hidden_sheet_that_fits_beside_one_that_is_shown_is_named() {
    for state in ["hidden", "veryHidden"] {
        let file = hiding(&[("Old", state, ENTRIES), ("March", "", ENTRIES)]);
        let (_, unpacked) = table(&file, &WantedSheet::default()).unwrap();
        assert_eq!(unpacked.evidence, ["sheet \"March\" of an .xlsx spreadsheet"]);
        assert_eq!(
            unpacked.notes,
            ["the hidden sheet \"Old\" can be imported as well, and is read if `sheet` names it"]
        );
        let (_, unpacked) = table(&file, &wanted("old")).unwrap();
        assert_eq!(unpacked.evidence, ["hidden sheet \"Old\" of an .xlsx spreadsheet"]);
        assert!(unpacked.notes.is_empty());
    }
}

#[test]
fn a_hidden_sheet_that_alone_fits_is_refused_by_its_name() {
    let file = hiding(&[("Cover", "", NOTES), ("Data", "hidden", ENTRIES)]);
    let said = refusal(&file);
    assert_eq!(
        said,
        "the only sheet that can be imported is hidden: \"Data\"; none of the sheets that are shown has the columns of a format: name \
         the sheet with `sheet` (\"Data\") to import it all the same"
    );
    assert_eq!(table(&file, &wanted("Data")).unwrap().0.lines().count(), 2);
    let said = refusal(&hiding(&[("Sheet1", "", &[]), ("A", "veryHidden", ENTRIES), ("B", "hidden", ENTRIES)]));
    assert!(said.contains("\"A\", \"B\"; nothing is written in the sheets that are shown"), "{said}");
}

#[test]
fn a_workbook_of_hidden_notes_is_not_called_empty() {
    let said = refusal(&hiding(&[("Sheet1", "", &[]), ("Notes", "hidden", NOTES)]));
    assert!(said.contains("\"Notes\"") && !said.contains("is empty"), "{said}");
    assert!(refusal(&hiding(&[("Sheet1", "", &[]), ("Sheet2", "hidden", &[])])).contains("is empty"));
}

#[test]
fn a_hidden_sheet_that_cannot_be_read_spoils_none_that_is_shown() {
    let file = hiding(&[("March", "", ENTRIES), ("Old", "hidden", ENTRIES)]);
    let file = edited(&file, "xl/worksheets/sheet2.xml", |text| text.replace("<c r=\"A1\"", "<c r=\"ZZZZZ1\""));
    let (_, unpacked) = table(&file, &WantedSheet::default()).unwrap();
    assert!(unpacked.notes[0].starts_with("the hidden sheet \"Old\" could not be looked at: "), "{:?}", unpacked.notes);
}

/// The content of a sheet in a generated workbook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    Entries,
    Notes,
    Nothing,
}

proptest! {
    #[test]
    fn whatever_sheets_are_hidden_the_one_that_is_read_is_shown_and_others_that_fit_are_named(
        sheets in prop::collection::vec(
            (prop::sample::select(vec![Content::Entries, Content::Notes, Content::Nothing]), prop::sample::select(vec!["", "hidden", "veryHidden"])),
            1..6,
        ),
    ) {
        const NAMES: [&str; 5] = ["Anna", "Bert", "Cleo", "Dora", "Emil"];
        let rows = |content| match content {
            Content::Entries => ENTRIES,
            Content::Notes => NOTES,
            Content::Nothing => &[],
        };
        let all: Vec<_> = NAMES.iter().zip(&sheets).map(|(name, (content, state))| (*name, *state, rows(*content))).collect();
        let read = table(&hiding(&all), &WantedSheet::default());
        let named = |wanted: Content, is_hidden: bool| -> Vec<&str> {
            let fits = |(content, state): (Content, &str)| content == wanted && state.is_empty() != is_hidden;
            NAMES.iter().zip(&sheets).filter(|(_, sheet)| fits(**sheet)).map(|(name, _)| *name).collect()
        };
        let (shown, hidden) = (named(Content::Entries, false), named(Content::Entries, true));
        let said = match (&shown[..], read) {
            ([one], Ok((text, unpacked))) => {
                prop_assert!(text.contains("Kim"));
                prop_assert_eq!(&unpacked.evidence[0], &format!("sheet {one:?} of an .xlsx spreadsheet"));
                unpacked.notes.join("; ")
            }
            ([], Ok((text, _))) => {
                // A sheet of notes is refused for its columns.
                prop_assert!(hidden.is_empty() && !named(Content::Notes, false).is_empty() && !text.contains("Kim"));
                String::new()
            }
            ([_], Err(said)) => return Err(TestCaseError::fail(said)),
            (_, Ok((text, _))) => return Err(TestCaseError::fail(text)),
            (_, Err(said)) => said,
        };
        for name in hidden.iter().chain(shown.iter().filter(|_| shown.len() > 1)) {
            prop_assert!(said.contains(&format!("{name:?}")), "{} does not name {}", said, name);
        }
        prop_assert_eq!(said.contains("`sheet`"), !hidden.is_empty() || shown.len() > 1 || said.contains("hidden ones"));
    }

    #[test]
    fn hidden_rows_and_columns_are_read_and_counted(
        rows in prop::collection::vec(prop::sample::select(vec!["shown", "hidden", "flat", "blank", "hidden and blank"]), 1..40),
        columns in prop::collection::vec(any::<bool>(), 5),
        titles in 0..3_u32,
        is_header_hidden in any::<bool>(),
    ) {
        let mut plain = Workbook::new();
        let sheet = plain.add_worksheet();
        let header = titles * 2;
        for title in 0..titles {
            sheet.write(title, 0, "Report").unwrap();
            sheet.set_row_hidden(title).unwrap();
        }
        write(sheet, header, &ENTRIES[..1]);
        let (mut hidden, mut lines) = (Vec::new(), 0);
        for (row, kind) in (header + 1..).zip(&rows) {
            if !kind.contains("blank") {
                write(sheet, row, &ENTRIES[1..]);
                lines += 1;
            }
            match *kind {
                "hidden" => hidden.push(row + 1),
                "flat" => {
                    sheet.set_row_height(row, 0).unwrap();
                    hidden.push(row + 1);
                }
                _ => {}
            }
            if kind.contains("hidden") {
                sheet.set_row_hidden(row).unwrap();
            }
        }
        for (column, _) in (0..).zip(&columns).filter(|(_, hidden)| **hidden) {
            sheet.set_column_hidden(column).unwrap();
        }
        if is_header_hidden {
            sheet.set_row_hidden(header).unwrap();
        }
        let file = plain.save_to_buffer().unwrap();
        let (text, unpacked) = table(&file, &WantedSheet::default()).unwrap();
        prop_assert_eq!(text.lines().filter(|line| line.contains("Kim")).count(), lines);
        let mut said = Vec::new();
        match &hidden[..] {
            [] => {}
            [one] => said.push(format!("1 row that the spreadsheet hides is read too: row {one}")),
            [first, ..] => said.push(format!("{} rows that the spreadsheet hides are read too, the first is row {first}", hidden.len())),
        }
        let names = ["\"Date\"", "\"Person\"", "\"Project\"", "\"Minutes\"", "\"Description\""];
        let names: Vec<_> = names.iter().zip(&columns).filter(|(_, hidden)| **hidden).map(|(name, _)| *name).collect();
        match names.len() {
            0 => {}
            1 => said.push(format!("1 column that the spreadsheet hides is read too: {}", names[0])),
            count => said.push(format!("{count} columns that the spreadsheet hides are read too: {}", names.join(", "))),
        }
        prop_assert_eq!(unpacked.notes, said);
    }
}

#[test]
fn rows_that_a_filter_leaves_out_are_read_and_said() {
    let mut plain = Workbook::new();
    let sheet = plain.add_worksheet();
    write(sheet, 0, &ENTRIES[..1]);
    let names = ["Kim", "Jo", "Kim", "Jo", "Jo"];
    for (row, name) in (1..).zip(names) {
        let entry: &[Cell] = &[Date(2026, 3, 5), Text(name), Text("Quay"), Number(30.0)];
        write(sheet, row, &[entry]);
    }
    sheet.autofilter(0, 0, 5, 4).unwrap();
    sheet.filter_column(1, &FilterCondition::new().add_list_filter("Kim")).unwrap();
    let file = plain.save_to_buffer().unwrap();
    assert_eq!(entries(&file).len(), 5);
    let (_, unpacked) = table(&file, &WantedSheet::default()).unwrap();
    assert_eq!(unpacked.notes, ["3 rows that the spreadsheet hides are read too, the first is row 3"]);
}

#[test]
fn what_is_hidden_in_one_sheet_is_not_said_of_another() {
    let mut plain = Workbook::new();
    for (name, rows, hidden) in [("Time", ENTRIES, false), ("Notes", NOTES, true)] {
        let sheet = plain.add_worksheet();
        sheet.set_name(name).unwrap();
        write(sheet, 0, rows);
        if hidden {
            sheet.set_row_hidden(1).unwrap().set_column_hidden(0).unwrap();
        }
    }
    let file = plain.save_to_buffer().unwrap();
    assert!(table(&file, &WantedSheet::default()).unwrap().1.notes.is_empty());
    assert_eq!(table(&file, &wanted("Notes")).unwrap().1.notes.len(), 2);
}
