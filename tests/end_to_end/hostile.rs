//! Tests of hostile files during the normal use of the service, and of formulas whose values were never stored.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rust_xlsxwriter::Workbook;
use serde_json::json;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::stack::Stack;

const SHEET: &str = "xl/worksheets/sheet1.xml";

/// Replaces the text of a part within a spreadsheet.
fn edited(file: &[u8], part: &str, edit: impl Fn(&str) -> String) -> anyhow::Result<Vec<u8>> {
    let mut archive = ZipArchive::new(std::io::Cursor::new(file))?;
    let mut made = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let entry = archive.by_index(index)?;
        let name = entry.name()?.into_owned();
        let text = std::io::read_to_string(entry)?;
        made.start_file(name.as_str(), SimpleFileOptions::default())?;
        made.write_all(if name == part { edit(&text) } else { text }.as_bytes())?;
    }
    Ok(made.finish()?.into_inner())
}

/// Builds a sheet with the given number of rows, all of which share a text of the given length.
fn repeated(rows: usize, characters: usize) -> anyhow::Result<Vec<u8>> {
    let mut book = Workbook::new();
    book.add_worksheet().write_row(0, 0, ["Date", "Person", "Project", "Minutes", "Description"])?;
    let file = edited(&book.save_to_buffer()?, SHEET, |text| {
        let row = |row: usize| format!("<row r=\"{row}\"><c r=\"E{row}\" t=\"s\"><v>5</v></c></row>");
        let rows: String = (2..2 + rows).map(row).collect();
        text.replace("</sheetData>", &format!("{rows}</sheetData>"))
    })?;
    edited(&file, "xl/sharedStrings.xml", |text| {
        text.replace("</sst>", &format!("<si><t>{}</t></si></sst>", "x".repeat(characters)))
    })
}

/// Longest acceptable time for another request meanwhile. Normally a request takes some milliseconds, but a machine
/// with two processors which runs other tests may need longer.
const PROMPT: Duration = Duration::from_secs(5);

#[tokio::test]
async fn the_service_answers_promptly_while_it_refuses_files_that_expand_to_gigabytes() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    // The first file expands to 20 GB of text in cells above the limit, and the second to 1 GB in
    // cells below the limit.
    let (long, many) = (repeated(100_000, 200_000)?, repeated(30_000, 32_767)?);
    assert!(long.len().max(many.len()) < 1 << 20, "{} and {} bytes", long.len(), many.len());
    // A smaller packed file may expand to less text, so the door itself recognises this file as a bomb.
    let fewer = repeated(10_000, 32_767)?;
    let ended = AtomicBool::new(false);
    let refused = async {
        let mut taken = Vec::new();
        let posts = [&long, &fewer, &long, &fewer].map(|file| stack.post(file, &[]));
        for (answer, said) in futures::future::join_all(posts).await.into_iter().zip(["cell E2", "bomb"].repeat(2)) {
            let answer = answer?;
            // On a slow machine the time for the survey may run out at the door, and then the
            // parser refuses the file.
            if answer.status == 202 {
                taken.push((answer.json()["id"].as_u64().unwrap_or_default(), said));
                continue;
            }
            let refused = answer.expect(422)?;
            let message = refused["errors"][0]["message"].as_str().unwrap_or_default();
            assert!(message.contains(said), "{message:?} does not tell of {said:?}");
        }
        for (file, said) in [(long, "cell E2"), (many, "bomb")] {
            taken.push((stack.upload(file).await?, said));
        }
        stack.idle().await?;
        ended.store(true, Ordering::Relaxed);
        anyhow::Ok(taken)
    };
    let others = async {
        let (mut asked, mut slowest) = (0, Duration::ZERO);
        while !ended.load(Ordering::Relaxed) {
            let begun = Instant::now();
            stack.get("/v2/imports").await?.expect(200)?;
            slowest = slowest.max(begun.elapsed());
            asked += 1;
        }
        anyhow::Ok((asked, slowest))
    };
    let (taken, (asked, slowest)) = tokio::try_join!(refused, others)?;
    assert!(asked > 20 && slowest < PROMPT, "{asked} requests, the slowest in {slowest:?}");
    for (id, said) in taken {
        let import = stack.native(id).await?;
        assert_eq!(import["status"], "unsupported");
        assert!(import["reasons"].to_string().contains(said), "{import}");
    }
    Ok(())
}

#[tokio::test]
async fn formulas_without_stored_values_are_errors_of_their_rows() -> anyhow::Result<()> {
    let stack = Stack::start(1000).await?;
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(0, 0, ["Date", "Person", "Project", "Minutes", "Description", "Twice"])?;
    for (row, day) in (1..).zip(["2026-03-05", "2026-03-06", "2026-03-07"]) {
        sheet.write_row(row, 0, [day, "Demo User", "Garden"])?;
        sheet.write(row, 3, 30)?;
        sheet.write(row, 4, "digging")?;
        sheet.write(row, 5, 60)?;
    }
    // Scripts write formulas without values. A formula stands in a mapped column here, and another formula
    // in an unknown column.
    let file = edited(&book.save_to_buffer()?, SHEET, |text| {
        let text = text.replace("<c r=\"D3\"><v>30</v></c>", "<c r=\"D3\"><f>15*2</f></c>");
        text.replace("<c r=\"F2\"><v>60</v></c>", "<c r=\"F2\"><f>D2*2</f><v/></c>")
    })?;
    let id = stack.import(&file, &[]).await?;
    let import = stack.native(id).await?;
    assert_eq!((&import["status"], &import["seconds"]), (&json!("partially_complete"), &json!(3600)), "{import}");
    let error = &import["errors"][0];
    assert_eq!((&error["line"], &error["column"]), (&json!(3), &json!("Minutes")), "{import}");
    assert_eq!(error["code"], "formula_without_value");
    assert!(
        error["message"].as_str().is_some_and(|said| said.contains("cell D3") && said.contains("save it")),
        "{error}"
    );
    let details = stack.get(&format!("/v2/imports/{id}/details")).await?.expect(200)?;
    let fields = ["2026-03-06", "Demo User", "Garden", "", "digging", "60"];
    assert_eq!(details["line_errors"][0]["fields"], json!(fields));
    assert_eq!(details["line_errors"].as_array().map(Vec::len), Some(1));
    Ok(())
}
