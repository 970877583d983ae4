//! Tests of spreadsheets and gzip files, through the doors and through S3.

use std::io::Write;

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::{Value, json};
use shared::id::{AccountId, ImportId, ThingId};
use shared::import::{Import, ImportType, NewImport, Options, Origin, Status};
use shared::queue::Message;
use shared::source::{Dialect, Splitter};

use crate::dump::{Dump, differences};
use crate::faults::{Fault, Faults};
use crate::files::{FRECKLE, TOGGL, TOGGL_SECONDS, toggl};
use crate::postman::{LONG, Postman};
use crate::stack::{Stack, sent};

fn gzip(bytes: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// Splits a table with commas into records.
fn records(table: &str) -> Vec<Vec<String>> {
    let mut splitter = Splitter::new(
        Dialect { delimiter: b',', spaced: false, backslashes: false, apostrophes: false, sheet: false },
        1,
    );
    let mut records = Vec::new();
    while splitter.scan(table.as_bytes()) {
        records.push(splitter.fields().iter().map(|field| field.cell(table).into_owned()).collect());
    }
    records
}

/// Builds a spreadsheet from a table of Toggl, with sheets of the given names. Dates, times and
/// durations have cell types.
fn spreadsheet(table: &str, sheets: &[&str]) -> anyhow::Result<Vec<u8>> {
    let mut book = Workbook::new();
    let [date, time, span] = ["d.m.yyyy", "h:mm AM/PM", "[h]:mm:ss"].map(|code| Format::new().set_num_format(code));
    let records = records(table);
    for name in sheets {
        let sheet = book.add_worksheet();
        sheet.set_name(*name)?;
        for (row, cells) in (0..).zip(&records) {
            for ((column, cell), header) in (0..).zip(cells).zip(&records[0]) {
                let typed = row > 0 && !cell.is_empty();
                let value = || ExcelDateTime::parse_from_str(cell);
                match header.as_str() {
                    "Start date" | "End date" if typed => sheet.write_with_format(row, column, value()?, &date)?,
                    "Start time" | "End time" if typed => sheet.write_with_format(row, column, value()?, &time)?,
                    "Duration" if typed => sheet.write_with_format(row, column, value()?, &span)?,
                    _ => sheet.write(row, column, cell.as_str())?,
                };
            }
        }
    }
    Ok(book.save_to_buffer()?)
}

/// Builds a spreadsheet whose hidden sheets contain a table, and whose visible sheets are empty.
fn hiding(table: &str, sheets: &[(&str, bool)]) -> anyhow::Result<Vec<u8>> {
    let mut book = Workbook::new();
    for (name, is_hidden) in sheets {
        let sheet = book.add_worksheet();
        sheet.set_name(*name)?.set_hidden(*is_hidden);
        for (row, cells) in (0..).zip(records(table)).filter(|_| *is_hidden) {
            sheet.write_row(row, 0, cells)?;
        }
    }
    Ok(book.save_to_buffer()?)
}

/// The entries of an import, without the fields which differ between two imports.
async fn entries(stack: &Stack, id: u64) -> anyhow::Result<Vec<Value>> {
    let mut entries = stack.pages(&format!("/v2/imports/{id}/entries")).await?;
    for entry in &mut entries {
        for name in ["id", "url", "import", "created_at", "updated_at"] {
            entry.as_object_mut().map(|entry| entry.remove(name));
        }
    }
    Ok(entries)
}

#[tokio::test]
async fn a_spreadsheet_and_a_gzip_give_the_entries_of_their_csv_over_both_ways_in() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let plain = stack.import(TOGGL.as_bytes(), &[]).await?;
    let expected = entries(&stack, plain).await?;
    assert_eq!(expected.len(), 5);
    for (file, from) in [
        (spreadsheet(TOGGL, &["Time entries"])?, "sheet \"Time entries\" of an .xlsx spreadsheet"),
        (gzip(TOGGL.as_bytes())?, "a gzip of "),
    ] {
        let posted = stack.import(&file, &[]).await?;
        let uploaded = stack.upload(file).await?;
        stack.idle().await?;
        for id in [posted, uploaded] {
            let import = stack.native(id).await?;
            let told = ["status", "format", "rows", "seconds"].map(|name| import[name].clone());
            assert_eq!(told, [json!("complete"), json!("toggl"), json!(5), json!(TOGGL_SECONDS)]);
            let first = import["evidence"]["evidence"][0].as_str().unwrap_or_default();
            assert!(first.starts_with(from), "{first}");
            assert_eq!(entries(&stack, id).await?, expected, "{from}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_undo_of_a_packed_import_restores_the_workspace() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let before = stack.workspace().await?;
    for file in [spreadsheet(TOGGL, &["Time"])?, gzip(FRECKLE.as_bytes())?] {
        let id = stack.upload(file).await?;
        stack.idle().await?;
        assert!(stack.workspace().await?.len() > before.len() + 3);
        stack.undo(id).await?;
        assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    }
    Ok(())
}

#[tokio::test]
async fn a_dropped_spreadsheet_skips_the_rows_that_came_as_a_csv_before() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    stack.import(TOGGL.as_bytes(), &[]).await?;
    let before = stack.workspace().await?;
    for (name, file) in [("march.xlsx", spreadsheet(TOGGL, &["Time"])?), ("march.csv.gz", gzip(TOGGL.as_bytes())?)] {
        let put = stack.system.s3().put_object().bucket(stack.system.services().files.bucket());
        put.key(format!("inbox/1/auto/{name}")).body(file.into()).send().await?;
        stack.idle().await?;
    }
    for id in [2, 3] {
        let import = stack.native(id).await?;
        assert_eq!([&import["status"], &import["counts"]["skipped"]], [&json!("complete"), &json!(5)], "{import}");
        stack.undo(id).await?;
    }
    assert_eq!(differences(&stack.workspace().await?, &before), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn rows_that_fail_are_named_by_the_rows_of_the_sheet_and_shown_with_their_cells() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "Report of March")?;
    sheet.write_row(2, 0, ["Date", "Person", "Project", "Minutes", "Description"])?;
    sheet.write_row(3, 0, ["2026-03-05", "Demo User", "Garden", "30", "two\nlines"])?;
    sheet.write_row(5, 0, ["2026-03-06", "Demo User", "Garden", "#REF!", "none"])?;
    let id = stack.upload(book.save_to_buffer()?).await?;
    stack.idle().await?;
    let import = stack.native(id).await?;
    assert_eq!((&import["status"], &import["errors"][0]["line"]), (&json!("partially_complete"), &json!(6)));
    let details = stack.get(&format!("/v2/imports/{id}/details")).await?.expect(200)?;
    assert_eq!(details["line_errors"][0]["line"], 6);
    assert_eq!(details["line_errors"][0]["fields"], json!(["2026-03-06", "Demo User", "Garden", "#REF!", "none"]));
    assert!(details["line_errors"][0]["error"].as_str().is_some_and(|error| error.contains("#REF!")), "{details}");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_unpacked_is_refused_at_the_door_and_unsupported_behind_it() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let packed = gzip(TOGGL.as_bytes())?;
    let file = spreadsheet(TOGGL, &["March", "April"])?;
    let page = b"<html><body><table><tr><td>Date</td></tr></table></body></html>";
    let xml = b"\xef\xbb\xbf<?xml version=\"1.0\"?>\r\n<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\"></Workbook>";
    let hidden = hiding(TOGGL, &[("Cover", false), ("Data", true)])?;
    for (file, said) in [
        (&packed[..packed.len() - 5], "cut off"),
        (&gzip(&packed)?[..], "another gzip"),
        (&gzip(&vec![b','; 30 << 20])?[..], "bomb"),
        (&file[..], "\"March\", \"April\""),
        (&file[..file.len() - 40], "cut off"),
        (&b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"[..], ".xls"),
        (&spreadsheet("name,colour\nrose,red\n", &["Flowers"])?[..], "Flowers"),
        (&gzip(b"")?[..], "empty"),
        (&page[..], "a web page (HTML)"),
        (&xml[..], "an XML Spreadsheet 2003"),
        (&gzip(xml)?[..], "save it as .xlsx"),
        (&hidden[..], "the only sheet that can be imported is hidden: \"Data\""),
    ] {
        let refused = stack.post(file, &[]).await?.expect(422)?;
        let message = refused["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains(said), "{message:?} does not tell of {said:?}");
        let id = stack.upload(file.to_vec()).await?;
        stack.idle().await?;
        let import = stack.native(id).await?;
        assert_eq!(import["status"], "unsupported");
        assert!(import["reasons"].to_string().replace('\\', "").contains(said), "{import}");
    }
    for (file, sheet) in [(&file, "April"), (&hidden, "Data")] {
        let id = stack.import(file, &[("sheet", sheet)]).await?;
        assert_eq!(stack.native(id).await?["rows"], 5);
    }
    Ok(())
}

#[tokio::test]
async fn what_a_spreadsheet_hides_is_said_in_the_evidence_over_both_ways_in() -> anyhow::Result<()> {
    let stack = Stack::start(2).await?;
    let mut book = Workbook::new();
    for (name, is_hidden) in [("Time", false), ("Old", true)] {
        let sheet = book.add_worksheet();
        sheet.set_name(name)?.set_hidden(is_hidden);
        sheet.write_row(0, 0, ["Date", "Person", "Project", "Minutes", "Description"])?;
        for row in 1..6 {
            sheet.write_row(row, 0, ["2026-03-05", "Demo User", "Garden", "30", "x"])?;
        }
        sheet.set_row_hidden(2)?.set_row_hidden(4)?.set_column_hidden(2)?;
    }
    let file = book.save_to_buffer()?;
    let posted = stack.import(&file, &[]).await?;
    let uploaded = stack.upload(file).await?;
    stack.idle().await?;
    for id in [posted, uploaded] {
        let import = stack.native(id).await?;
        assert_eq!([&import["status"], &import["rows"]], [&json!("complete"), &json!(5)], "{import}");
        let evidence = import["evidence"]["evidence"].as_array().cloned().unwrap_or_default();
        assert_eq!(
            evidence[..4],
            [
                json!("sheet \"Time\" of an .xlsx spreadsheet"),
                json!("the hidden sheet \"Old\" can be imported as well, and is read if `sheet` names it"),
                json!("2 rows that the spreadsheet hides are read too, the first is row 3"),
                json!("1 column that the spreadsheet hides is read too: \"Project\""),
            ]
        );
    }
    Ok(())
}

#[tokio::test]
async fn what_is_too_much_for_a_door_is_taken_and_read_by_the_parser() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let mut file = toggl(3, 1, 1);
    file.push_str(&"\n".repeat(33 << 20));
    // The file contains empty gzip members with extra headers, because without them its ratio would mark
    // it as a bomb.
    let mut packed = Vec::new();
    for member in 0..8_u32 {
        let noise: Vec<u8> =
            (0..15_000).flat_map(|n: u32| (n + member).wrapping_mul(2_654_435_761).to_be_bytes()).collect();
        packed.extend(GzBuilder::new().extra(noise).write(Vec::new(), Compression::default()).finish()?);
    }
    packed.extend(gzip(file.as_bytes())?);
    let id = stack.import(&packed, &[]).await?;
    let import = stack.native(id).await?;
    assert_eq!((&import["status"], &import["rows"]), (&json!("complete"), &json!(3)), "{import}");
    Ok(())
}

#[tokio::test]
async fn an_object_in_parts_is_made_once_and_found_again() -> anyhow::Result<()> {
    let stack = Stack::by_hand(1000).await?;
    let files = &stack.system.services().files;
    for size in [3, (8 << 20) + 5, 16 << 20] {
        let bytes: Vec<u8> = (0..size).map(|at| (at % 251) as u8).collect();
        let key = format!("unpacked/1/1/{size}.csv");
        let mut first = files.upload(key.clone());
        for piece in bytes.chunks(3_000_000) {
            first.push(piece).await?;
        }
        let made = first.finish().await?;
        assert_eq!((made.size, files.range(&made, 0..size as u64).await? == bytes), (size as u64, true));
        let mut second = files.upload(key.clone());
        second.push(&vec![b'x'; 9 << 20]).await?;
        assert_eq!(second.finish().await?, made);
        let mut third = files.upload(key.clone());
        third.push(&vec![b'x'; 9 << 20]).await?;
        third.abort().await?;
        assert_eq!(files.head(&key).await?, made);
    }
    Ok(())
}

/// Imports a packed file through a worker which dies at its n-th request and then continues. Returns all tables
/// without times, and true if the worker died.
async fn killed_at(file: &[u8], death: Option<(u64, Fault)>) -> anyhow::Result<(Dump, bool)> {
    let stack = Stack::by_hand(2).await?;
    let (postman, faults) = (Postman::of(&stack.system), Faults::default());
    let worker = faults.connect(&stack.system)?;
    let services = stack.system.services();
    let new = NewImport {
        account: AccountId(1),
        user: ThingId(1),
        import_type: ImportType::TimeEntries,
        options: Options::of_user(ThingId(1)),
        file_name: "packed".to_owned(),
        note: None,
        origin: Origin::Body { token: "packed".to_owned() },
        once: None,
    };
    let import = sent(services, &new, file.to_vec()).await?;
    services.queues.send(&Message::Start { account: import.account, import: import.id }).await?;
    faults.none();
    if let Some((n, fault)) = death {
        faults.at(n, 1, fault);
    }
    let survived = postman.drain(&worker, &faults).await;
    faults.none();
    services.clock.turn(LONG);
    let next_life = faults.connect(&stack.system)?;
    postman.drain_all(&next_life, &faults).await;
    let import = Import::find(services, AccountId(1), ImportId(1)).await?;
    assert_eq!((import.status, import.rows), (Status::Complete, Some(5)), "{death:?}");
    let unpacked = import.unpacked.as_ref().map(|object| (object.key.clone(), object.etag.clone()));
    assert!(unpacked.is_some(), "{death:?}");
    Ok((stack.workspace().await?, !survived))
}

#[tokio::test]
async fn a_parser_that_dies_between_unpacking_and_its_plan_leaves_the_same_workspace() -> anyhow::Result<()> {
    let (file, gzip) = (spreadsheet(TOGGL, &["Time"])?, gzip(TOGGL.as_bytes())?);
    for (file, fault) in [(file, Fault::DeathAfter), (gzip, Fault::DeathBefore)] {
        let (expected, _) = killed_at(&file, None).await?;
        let mut deaths = 0;
        for n in 1.. {
            let (workspace, died) = killed_at(&file, Some((n, fault))).await?;
            assert_eq!(differences(&workspace, &expected), [""; 0], "{fault:?} at {n}");
            if !died {
                break;
            }
            deaths = n;
        }
        assert!(deaths > 10, "{deaths} requests are too few to be the whole of it");
    }
    Ok(())
}
